"""Use cases of calendars: keep terms, calendar days and bells; no two that contradict."""

import csv
from datetime import date
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.calendars import queries
from app.calendars.days import Calendar, SharedWindow, clash, school_day, shared_windows
from app.calendars.errors import BellsOverlap, DayTaken, TermOverlaps
from app.calendars.models import BellSchedule, CalendarDay, DayKind, Period, Term
from app.calendars.schemas import BellsIn, CalendarDayIn, TermIn, minutes_of
from app.database import Database, hold_row
from app.schools.models import Region, School

# Our own table: the notices of the State Council for 2025 and 2026; for 2027 the days that the
# law itself names. Which weekday a make-up day follows the schools decide; the table has the
# weekday it makes up for, and a region or a school can say otherwise in a row of its own.
NATIONAL_DAYS = Path(__file__).parent / "data" / "national_days.csv"


async def load_national_days(database: Database) -> int:
    """Add the national days that are missing; return how many. What is there stays as it is.

    Every process does so when it starts; of two that start at once the second finds them there.
    """
    try:
        async with database.unit_of_work() as db:
            return await _add_national_days(db)
    except IntegrityError:
        async with database.unit_of_work() as db:
            return await _add_national_days(db)


async def _add_national_days(db: AsyncSession) -> int:
    with NATIONAL_DAYS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = await queries.national_days(db, [date.fromisoformat(row["day"]) for row in rows])
    missing = [row for row in rows if date.fromisoformat(row["day"]) not in known]
    db.add_all(
        CalendarDay(
            day=date.fromisoformat(row["day"]),
            kind=DayKind(row["kind"]),
            name=row["name"],
            follows=int(row["follows"]) if row["follows"] else None,
        )
        for row in missing
    )
    await db.flush()
    return len(missing)


async def save_term(db: AsyncSession, term: Term, body: TermIn) -> Term:
    """Make a new term, or an old one, what `body` says. Raise TermOverlaps."""
    await hold_row(db, Region, body.region_id)
    for other in await queries.terms_of_region(db, body.region_id):
        if other is not term and (
            body.starts_on <= other.ends_on and other.starts_on <= body.ends_on
        ):
            raise TermOverlaps(
                f"{other.name} runs from {other.starts_on} to {other.ends_on}: change the dates "
                "of one of the two.",
                other=other.name,
            )
    for name, value in body.model_dump().items():
        setattr(term, name, value)
    db.add(term)
    await db.flush()
    return term


async def save_day(db: AsyncSession, day: CalendarDay, body: CalendarDayIn) -> CalendarDay:
    """Make a new calendar day, or an old one, what `body` says. Raise DayTaken."""
    try:
        async with db.begin_nested():
            for name, value in body.model_dump().items():
                setattr(day, name, value)
            db.add(day)
    except IntegrityError:
        raise DayTaken(f"Change the entry of {body.day} instead of adding another.") from None
    return day


async def save_bells(db: AsyncSession, schedule: BellSchedule, body: BellsIn) -> BellSchedule:
    """Make a new schedule, or an old one, what `body` says. Raise BellsOverlap.

    Its periods must be loaded when it is an old one: they are replaced as a whole.
    """
    wanted = _schedule_of(body)
    await hold_row(db, School, body.school_id)
    for other in await queries.schedules_of_school(db, body.school_id):
        if other is schedule:
            continue
        day = clash(queries.as_bells(wanted), queries.as_bells(other))
        if day is not None:
            raise BellsOverlap(
                f"On {day} both these bells and {other.name} would ring: let one of them end "
                "before the other begins.",
                other=other.name,
                day=day.isoformat(),
            )
    for name in ("school_id", "name", "season_from", "season_to", "valid_from", "valid_to"):
        setattr(schedule, name, getattr(wanted, name))
    by_number = {period.number: period for period in schedule.periods}
    schedule.periods = [
        _take_over(by_number.get(period.number), period) for period in wanted.periods
    ]
    # A new version also when nothing but a period has changed.
    flag_modified(schedule, "name")
    db.add(schedule)
    await db.flush()
    return schedule


def _schedule_of(body: BellsIn) -> BellSchedule:
    return BellSchedule(
        **body.model_dump(exclude={"periods"}),
        periods=[
            Period(
                number=period.number,
                kind=period.kind,
                starts_minute=minutes_of(period.starts),
                ends_minute=minutes_of(period.ends),
            )
            for period in sorted(body.periods, key=lambda each: minutes_of(each.starts))
        ],
    )


def _take_over(old: Period | None, new: Period) -> Period:
    """Return the period that is there already, as it is to be: its number stays unique."""
    if old is None:
        return Period(
            number=new.number,
            kind=new.kind,
            starts_minute=new.starts_minute,
            ends_minute=new.ends_minute,
        )
    old.kind, old.starts_minute, old.ends_minute = new.kind, new.starts_minute, new.ends_minute
    return old


async def remove(db: AsyncSession, row: CalendarDay | BellSchedule) -> None:
    """Delete a calendar day or a schedule: what was taught is written down elsewhere."""
    await db.delete(row)
    await db.flush()


def windows_on(
    one: Calendar, other: Calendar, day: date, *, least_minutes: int
) -> tuple[str | None, str | None, list[SharedWindow]]:
    """Return the names of the bells two schools keep to on a day and the windows they share.

    No window when one of them has no school that day.
    """
    mine = next((bells for bells in one.bells if bells.is_in_force(day)), None)
    theirs = next((bells for bells in other.bells if bells.is_in_force(day)), None)
    names = (mine.name if mine else None, theirs.name if theirs else None)
    if mine is None or theirs is None or not _both_open(one, other, day):
        return (*names, [])
    shared = shared_windows(mine.periods, theirs.periods, least_minutes=least_minutes)
    return (*names, shared)


def _both_open(one: Calendar, other: Calendar, day: date) -> bool:
    return all(school_day(each, day).runs is not None for each in (one, other))


async def calendar_on(db: AsyncSession, school: School, day: date) -> Calendar:
    """Return what decides one day of a school. Its region is loaded."""
    return await queries.calendar_of(db, school, first=day, last=day)
