"""What the coverage slice refuses."""

from app.errors import Problem, WrongState


class NoTeachingWeeks(Problem):
    """There is no school in the period: nothing is required, nothing can be lacking."""

    status, type, title = 409, "no-teaching-weeks", "There is no school in this period"


class TwiceInTable(Problem):
    """A subject, or a subject of a grade, stands in a table twice."""

    status, type, title = 422, "twice-in-table", "This stands in the table twice"


class TimetableThere(Problem):
    """The class has a timetable for the term already."""

    status, type, title = 409, "timetable-there", "There is a timetable already"


class PlanThere(Problem):
    """The region has a plan from that day already."""

    status, type, title = 409, "plan-there", "There is a plan from that day already"


class DefinitionsMalformed(Problem):
    """A table of definitions cannot be added; `detail` names line and column."""

    status, type, title = 422, "definitions-malformed", "These definitions cannot be added"


class GradeUnknown(Problem):
    """No curriculum is kept for the grade of the class."""

    status, type, title = 422, "grade-unknown", "This grade has no curriculum"


class RowsOpen(WrongState):
    """Rows the figures would rest on are not locked."""

    type, title = "rows-open", "The attendance of this period is not locked"


class InputsNotKept(WrongState):
    """The sheet is older than the keeping of what sheets are computed with."""

    type, title = "inputs-not-kept", "What this sheet was computed with was not kept"


class SignedAlready(WrongState):
    """Another sheet of the same roster and weeks is in force, and this one does not amend it."""

    type, title = "signed-already", "Figures of this roster and these weeks are signed already"


class TermBeingLocked(WrongState):
    """The rows figures would rest on are being locked at this moment."""

    type, title = "term-being-locked", "The attendance of this term is being locked"


class FiguresDiffer(WrongState):
    """The rows give other figures than the sheet holds."""

    type, title = "figures-differ", "The rows give other figures now"
