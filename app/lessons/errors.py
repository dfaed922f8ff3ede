"""What can be refused about lessons."""

from enum import StrEnum

from app.errors import Problem


class LessonNotStartable(Problem):
    """The lesson cannot be taken live now: too early, over, or cancelled. `detail` says which."""

    status, type, title = 409, "lesson-not-startable", "The lesson cannot be started now"


class LessonClash(Problem):
    """A teacher, a classroom or a class has another lesson at that time, or a line no room.

    `detail` names the first lesson in the way; `clashes` names up to twenty, `count` says how many
    there are. Each has `kind` (PERSON, CLASSROOM, CLASS; LINE: of a school), whose `name` it is,
    how many lessons it can have `at_once`, the other lesson's `title` and times, and which lesson
    was wanted.
    """

    status, type, title = 409, "lesson-clash", "There is another lesson at that time"


class LessonNotChangeable(Problem):
    """The lesson has begun, is over, or is given up: its time and its sites are facts now."""

    status, type, title = 409, "lesson-not-changeable", "The lesson cannot be changed any more"


class LessonInThePast(Problem):
    """A lesson was to be planned at a time that has passed."""

    status, type, title = 409, "lesson-in-the-past", "That time has passed"


class SameTeacher(Problem):
    """Whoever is to stand in gives the lesson already."""

    status, type, title = 409, "same-teacher", "This teacher gives the lesson already"


class Misfit(StrEnum):
    """Why a classroom cannot receive a lesson.

    CIRCLE: it would come from its own school, or from one it passes it on to. NOT_A_SITE: who is to
    pass it on does not receive it. NOT_LIVE: it is to pass on what it does not receive live.
    TOO_FAR: the lesson would be passed on too often. NOT_PAIRED: no running pairing with who gives
    it. OTHER_PAIRING: the one named is not theirs, or does not run. OTHER_SUBJECT: nor about this.
    NOT_SERVED: it is to play a recording, or parts of one, which no classroom's screen does.
    """

    CIRCLE = "CIRCLE"
    NOT_A_SITE = "NOT_A_SITE"
    NOT_LIVE = "NOT_LIVE"
    TOO_FAR = "TOO_FAR"
    NOT_PAIRED = "NOT_PAIRED"
    OTHER_PAIRING = "OTHER_PAIRING"
    OTHER_SUBJECT = "OTHER_SUBJECT"
    NOT_SERVED = "NOT_SERVED"


class SiteUnfit(Problem):
    """A classroom cannot receive the lesson: `classroom_id` says which, `reason` why (Misfit)."""

    status, type, title = 409, "site-unfit", "This classroom cannot receive the lesson"
