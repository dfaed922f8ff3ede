"""What can be refused about lessons."""

from app.errors import Problem


class LessonNotStartable(Problem):
    """The lesson cannot be taken live now: too early, over, or cancelled. `detail` says which."""

    status, type, title = 409, "lesson-not-startable", "The lesson cannot be started now"


class LessonClash(Problem):
    """A teacher or a classroom has another lesson at that time.

    `detail` names the first lesson in the way; `clashes` names up to twenty, `count` says how many
    there are. Each has `kind` (PERSON, CLASSROOM), whose `name` it is, the other lesson's `title`
    and times, and which lesson was wanted.
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


class SiteUnfit(Problem):
    """A classroom cannot receive the lesson; `detail` says which and why."""

    status, type, title = 409, "site-unfit", "This classroom cannot receive the lesson"
