"""What the attendance slice can tell a caller."""

from app.errors import Problem


class NotToConfirm(Problem):
    """The head count of this lesson cannot be confirmed (any more, or yet)."""

    status, type, title = 409, "not-to-confirm", "There is nothing to confirm"


class FiguresBeingCounted(Problem):
    """After an upgrade figures are counted anew: of `schools` so many are `done`."""

    status, type, title = 503, "figures-being-counted", "The figures are being counted"


class PeriodTooLong(Problem):
    """The days asked for are in the wrong order or too far apart."""

    status, type, title = 422, "period-too-long", "These days make no period"


class TermNotOver(Problem):
    """A term's attendance is locked when the term is over."""

    status, type, title = 409, "term-not-over", "The term is not over"


class ObjectionsOpen(Problem):
    """A classroom objects to its row, and no administrator has answered; `objections` counts."""

    status, type, title = 409, "objections-open", "Objections are not answered"


class RuleTooEarly(Problem):
    """A rule set begins on a day to come: lessons that were given are judged already."""

    status, type, title = 409, "rule-too-early", "The day is not to come"


class NotToAmend(Problem):
    """The attendance of this lesson is not closed yet."""

    status, type, title = 409, "not-to-amend", "There is nothing to correct yet"


class OnlyObserves(Problem):
    """A classroom that only observes counts for nothing; no correction makes it count."""

    status, type, title = 409, "only-observes", "This classroom only observes"


class NothingAmended(Problem):
    """The amendment says what holds already."""

    status, type, title = 409, "nothing-amended", "The correction changes nothing"
