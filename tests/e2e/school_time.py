"""When a story with a lesson can begin: on a school day of a usual week, in the daytime.

A lesson of today is in no figure of a holiday week, and one that is planned two minutes before
midnight is tomorrow's. At any other time the server's clock is put forward (`tests.e2e.later`).
"""

import csv
from datetime import date, datetime, time, timedelta

from app.calendars.days import SATURDAY, Calendar, Span, UnlikeDay, school_day
from app.calendars.models import DayKind
from app.calendars.service import NATIONAL_DAYS
from app.clock import DISPLAY_ZONE

OPENS, CLOSES = time(8), time(18)


def ahead_to_school(now: datetime) -> timedelta:
    """Return how far ahead of `now` such a moment lies; nothing: it is one."""
    calendar, here = _calendar(), now.astimezone(DISPLAY_ZONE)
    day = here.date()
    if _is_usual(calendar, day) and OPENS <= here.time() < CLOSES:
        return timedelta(0)
    if here.time() >= OPENS:
        day += timedelta(days=1)
    while not _is_usual(calendar, day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, DISPLAY_ZONE) - now


def _calendar() -> Calendar:
    """Read the national days as every server does when it starts."""
    with NATIONAL_DAYS.open(encoding="utf-8", newline="") as file:
        unlike = {
            date.fromisoformat(row["day"]): UnlikeDay(
                DayKind(row["kind"]), row["name"], int(row["follows"]) if row["follows"] else None
            )
            for row in csv.DictReader(file)
        }
    return Calendar([Span(date.min, None)], unlike, ())


def _is_usual(calendar: Calendar, day: date) -> bool:
    return day.isoweekday() < SATURDAY and school_day(calendar, day).runs is not None
