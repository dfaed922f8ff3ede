"""What can be refused about lessons."""

from app.errors import Problem


class LessonNotStartable(Problem):
    """The lesson cannot be taken live now: too early, over, or cancelled. `detail` says which."""

    status, type, title = 409, "lesson-not-startable", "The lesson cannot be started now"
