"""Which weeks a figure is about, and which of them are teaching weeks (教学周)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.delivered import WEEK, mondays, mondays_of
from app.calendars.days import Calendar, Span, school_day
from app.calendars.queries import calendar_of_region
from app.coverage.errors import NoTeachingWeeks
from app.schools.models import Region

THURSDAY = timedelta(days=3)  # a week is of the month, and the year, its Thursday is in (ISO 8601)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole weeks, from a Monday to a Sunday. `teaching`: the Mondays of the teaching weeks."""

    first: date
    last: date
    teaching: tuple[date, ...]

    @property
    def middle(self) -> date:
        """Return the day whose term, timetables and curriculum hold for the period."""
        return self.first + (self.last - self.first) // 2


def is_taught(calendar: Calendar, monday: date) -> bool:
    """Return whether a week has a school day at all; a make-up day is one."""
    days = (monday + timedelta(days=number) for number in range(7))
    return any(school_day(calendar, day).runs is not None for day in days)


async def teaching_weeks(
    db: AsyncSession, region: Region, *, first: date, last: date
) -> tuple[date, ...]:
    """Return the Mondays of the weeks that have a school day, by the calendar of a region."""
    calendar = await calendar_of_region(db, region, first=first, last=last)
    return tuple(each for each in mondays(first, last) if is_taught(calendar, each))


async def period_of(db: AsyncSession, region: Region, *, first: date, last: date) -> Period:
    """Return the whole weeks around two days, by the calendar of a region.

    Raise PeriodTooLong, also when it ends before it begins, and NoTeachingWeeks.
    """
    weeks = mondays_of(first, last)
    begin, end = weeks[0], weeks[-1] + WEEK - timedelta(days=1)
    teaching = await teaching_weeks(db, region, first=begin, last=end)
    if not teaching:
        raise NoTeachingWeeks(
            f"{region.name} has no school day between {begin} and {end}. Enter the term first."
        )
    return Period(begin, end, teaching)


def months_of(term: Span) -> Sequence[tuple[str, date, date]]:
    """Return ("2026-03", its first Monday, its last Sunday) for each month of a term."""
    assert term.last is not None
    found: dict[str, list[date]] = {}
    for monday in mondays(term.first, term.last):
        found.setdefault((monday + THURSDAY).isoformat()[:7], []).append(monday)
    return [(name, weeks[0], weeks[-1] + WEEK - timedelta(days=1)) for name, weeks in found.items()]
