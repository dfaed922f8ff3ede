"""What can be refused about schools and their devices."""

from app.errors import Problem


class CodeUsedOrExpired(Problem):
    """The enrolment code is unknown, was used, or is too old."""

    status, type, title = 410, "code-used-or-expired", "This code was used or has expired"


class BadRegionCode(Problem):
    """What was given as a region's code is none."""

    status, type, title = 422, "bad-region-code", "This is no region's code"


class RegionCodeUsed(Problem):
    """The code of a region is part of others' paths or of papers; `used_by` says of which."""

    status, type, title = 409, "region-code-used", "The code of this region is referred to"


class SchoolCodeMalformed(Problem):
    """What was given is no ten-digit code of a school of this category."""

    status, type, title = 422, "school-code-malformed", "This is no code of such a school"


class SchoolCodeTaken(Problem):
    """The code is or was another school's, or is void; none is ever given twice."""

    status, type, title = 409, "school-code-taken", "This code was given before"


class WrongDay(Problem):
    """The day is in the future, or before something later that was already written down."""

    status, type, title = 422, "wrong-day", "This day cannot be"


class WrongParent(Problem):
    """A teaching point needs an open school it belongs to, and nothing else has one."""

    status, type, title = 422, "wrong-parent", "The school it belongs to is not right"


class NameTaken(Problem):
    """Something of this name, code or number is there already."""

    status, type, title = 409, "name-taken", "This is there already"
