"""What can be refused about terms, calendar days and bells."""

from app.errors import Problem


class TermOverlaps(Problem):
    """Two terms of one region would hold on one day."""

    status, type, title = 409, "term-overlaps", "The region has a term at that time"


class BellsOverlap(Problem):
    """Two schedules of one school would ring on one day."""

    status, type, title = 409, "bells-overlap", "The school has bells for that time"


class DayTaken(Problem):
    """The calendar of this place says something of this day already."""

    status, type, title = 409, "day-taken", "This day is in the calendar already"


class TooManyDays(Problem):
    """The days asked for are too many, or none."""

    status, type, title = 400, "too-many-days", "Ask for fewer days"
