"""What the attendance slice can tell a caller."""

from app.errors import Problem


class NotToConfirm(Problem):
    """The head count of this lesson cannot be confirmed (any more, or yet)."""

    status, type, title = 409, "not-to-confirm", "There is nothing to confirm"
