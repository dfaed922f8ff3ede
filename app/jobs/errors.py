"""What can be refused about jobs."""

from app.errors import Problem


class WrongState(Problem):
    """The job is past what is asked; `possible` says what it can become."""

    status, type, title = 409, "wrong-state", "Not possible any more"


class NoFile(Problem):
    """The job has no file, or it was deleted since."""

    status, type, title = 410, "no-file", "There is no file any more"
