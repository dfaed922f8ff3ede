"""What the live slice can tell a caller."""

from app.errors import Problem


class LessonNotOpen(Problem):
    """The lesson is not live: its room cannot be entered, or there is nothing to end."""

    status, type, title = 409, "lesson-not-open", "The lesson is not open"


class TicketTaken(Problem):
    """A page has drawn a ticket that exists: it asked twice with one, or did not draw at random."""

    status, type, title = 409, "ticket-taken", "This ticket exists already"


class NotInvited(Problem):
    """A classroom asks for a lesson it was not invited to."""

    status, type, title = 403, "not-invited", "This classroom is not invited"


class Blocked(Problem):
    """The lecturer has put this account or device out of this lesson."""

    status, type, title = 403, "blocked", "Blocked from this lesson"


class CheckRefused(Problem):
    """What the device check sent is not acceptable; `code` says what about it."""

    status, type, title = 422, "check-refused", "The media check was refused"


class CheckBusy(Problem):
    """Too many device checks at once."""

    status, type, title = 503, "check-busy", "Too many checks at once"


class UploadTooLarge(Problem):
    """A device check sent more than it may."""

    status, type, title = 413, "upload-too-large", "Too much was sent"
