"""What can be refused about jobs."""

from app.errors import Problem


class NoFile(Problem):
    """The job has no file, or it was deleted since."""

    status, type, title = 410, "no-file", "There is no file any more"
