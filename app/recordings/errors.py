"""What the recordings slice can tell a caller."""

from app.errors import Problem


class RecordingNotReady(Problem):
    """The recording exists and cannot be played yet, or is broken; `state` says which.

    `problem` `kept_for_lessons`: its replay waits for room on the disk, which is kept until
    `waits_until` for the lessons of today (null: they are over), and is then made by itself.
    `percent`: how much of its replay is written; null: it is not being made now.
    """

    status, type, title = 409, "recording-not-ready", "The recording is not ready"


class ConsentMissing(Problem):
    """Schools whose pupils are in the recording do not allow it to be published; `schools`."""

    status, type, title = 409, "consent-missing", "A school has not consented"


class ConsentTakenBack(Problem):
    """The recording was shown to the caller, until a school took its consent back.

    `hub_school` is who gave the lesson: whom to ask.
    """

    status, type, title = 409, "consent-taken-back", "A school has taken its consent back"


class ClipFileMissing(Problem):
    """The database knows the clip and the disk does not: somebody must look."""

    status, type, title = 404, "clip-file-missing", "The file of this recording is missing"


class RecordingDamaged(Problem):
    """The list of a recording's parts cannot be read any more: somebody must look at the disk."""

    status, type, title = 409, "recording-damaged", "The recording is damaged"


class RangeNotSatisfiable(Problem):
    """The range begins after the end of the file (RFC 9110 section 15.5.17)."""

    status, type, title = 416, "range-not-satisfiable", "No such range"


class KeptElsewhere(Problem):
    """The file lies in the object store alone, and that does not answer: try again soon."""

    status, type, title = 503, "kept-elsewhere", "Where the recording is kept does not answer"


class CaptionsRefused(Problem):
    """The file is no captions for this recording.

    `faults`: of each line that is wrong `line`, `problem` and what to do (`detail`), at most 20;
    `more`: how many there are beside these.
    """

    status, type, title = 422, "captions-refused", "These captions cannot be used"


class CaptionsThere(Problem):
    """The recording has captions in this `language`, or called so (`label`), already."""

    status, type, title = 409, "captions-there", "There are such captions already"


class RetentionTooEarly(Problem):
    """A rule of how long recordings are kept begins on a day to come, and gives notice of less.

    `earliest`: the first day from which it may hold.
    """

    status, type, title = 409, "retention-too-early", "The rule begins too early"
