"""What can be refused about schools and their devices."""

from app.errors import Problem


class CodeUsedOrExpired(Problem):
    """The enrolment code is unknown, was used, or is too old."""

    status, type, title = 410, "code-used-or-expired", "This code was used or has expired"


class BadRegionCode(Problem):
    """What was given as a region's code is none."""

    status, type, title = 422, "bad-region-code", "This is no region's code"
