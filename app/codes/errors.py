"""What can be refused about codes."""

from app.errors import Problem


class CodeUnknown(Problem):
    """There is no such code, or no longer, or not yet."""

    status, type, title = 422, "code-unknown", "There is no such code"


class CodeInUse(Problem):
    """What a table ends is held beyond its last day; `detail` names the code and by what."""

    status, type, title = 409, "code-in-use", "The code is in use"


class CodeTableMalformed(Problem):
    """A table of codes to be loaded is wrong; `detail` names file, line and column."""

    status, type, title = 422, "code-table-malformed", "This table of codes cannot be loaded"
