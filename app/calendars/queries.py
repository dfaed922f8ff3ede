"""Reads of terms, calendar days and bells. Rights are part of the query."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.calendars.days import (
    LONGEST_TERM_DAYS,
    Bell,
    Bells,
    Calendar,
    Span,
    UnlikeDay,
    narrowest,
    terms_that_hold,
)
from app.calendars.models import BellSchedule, CalendarDay, Period, Term
from app.errors import NotFound
from app.pinyin import is_named
from app.schools.models import Region, School
from app.schools.queries import regions_within, schools_within
from app.security import Scope

T = TypeVar("T")
THE_NATION = 99  # wider than any region


def _codes_of(path: str) -> list[str]:
    """Return the codes of a region and of those it lies in, the nearest first."""
    return path.strip("/").split("/")[::-1]


async def _regions_around(db: AsyncSession, scope: Scope) -> Select[UUID]:
    """Return the regions in scope, and those that what is in scope lies in: their rules hold."""
    own = select(Region.path).where(Region.id.in_(scope.region_ids))
    of_schools = select(Region.path).join(School, School.region_id == Region.id)
    paths = await db.scalars(own.union(of_schools.where(School.id.in_(scope.school_ids))))
    above = {code for path in paths for code in _codes_of(path)}
    return select(Region.id).where(
        or_(Region.code.in_(above), Region.id.in_(regions_within(scope)))
    )


async def terms_seen(db: AsyncSession, scope: Scope, *, text: str = "") -> Select[Term, str]:
    """Return a query of the terms that hold somewhere in scope, with their regions' names.

    `text`: words of their names or of their regions', these as they are written or read.
    """
    query = (
        select(Term, Region.name)
        .join(Region, Term.region_id == Region.id)
        .where(Term.region_id.in_(await _regions_around(db, scope)))
    )
    for word in text.split():
        named = or_(Term.name.icontains(word, autoescape=True), is_named(Region, word))
        query = query.where(named)
    return query


async def term_within(db: AsyncSession, scope: Scope, term_id: UUID) -> Term:
    """Return a term of a region in scope, to be changed."""
    return await _one(
        db, select(Term).where(Term.id == term_id, Term.region_id.in_(regions_within(scope)))
    )


async def term_seen(db: AsyncSession, scope: Scope, term_id: UUID) -> Term:
    """Return a term that holds somewhere in scope. Raise NotFound."""
    return await _one(db, (await terms_seen(db, scope)).where(Term.id == term_id))


async def get_term(db: AsyncSession, term_id: UUID) -> Term:
    """Return a term whoever asks. For callers that check the right themselves."""
    return await _one(db, select(Term).where(Term.id == term_id))


async def terms_of_region(db: AsyncSession, region_id: UUID) -> Sequence[Term]:
    """Return a region's own terms in order."""
    rows = await db.scalars(
        select(Term).where(Term.region_id == region_id).order_by(Term.starts_on, Term.id)
    )
    return rows.all()


async def term_on(db: AsyncSession, region_id: UUID, day: date) -> Term | None:
    """Return the term of a region's own that a day lies in; None: there is none."""
    return await db.scalar(
        select(Term).where(Term.region_id == region_id, Term.starts_on <= day, day <= Term.ends_on)
    )


async def days_seen(
    db: AsyncSession, scope: Scope, *, first: date | None = None, last: date | None = None
) -> Select[CalendarDay, str | None]:
    """Return a query of the calendar days that hold somewhere in scope, with their places' names.

    The nation's are among them, without a name. Only from `first` to `last`, where given.
    """
    statement = (
        select(CalendarDay, func.coalesce(School.name, Region.name))
        .outerjoin(School, CalendarDay.school_id == School.id)
        .outerjoin(Region, CalendarDay.region_id == Region.id)
        .where(
            or_(
                CalendarDay.school_id.in_(schools_within(scope)),
                CalendarDay.region_id.in_(await _regions_around(db, scope)),
                _is_national(),
            )
        )
    )
    if first is not None:
        statement = statement.where(CalendarDay.day >= first)
    return statement if last is None else statement.where(CalendarDay.day <= last)


async def day_within(db: AsyncSession, scope: Scope, day_id: UUID) -> CalendarDay:
    """Return a calendar day of a region or a school in scope, to be changed."""
    return await _one(
        db,
        select(CalendarDay).where(
            CalendarDay.id == day_id,
            or_(
                CalendarDay.school_id.in_(schools_within(scope)),
                CalendarDay.region_id.in_(regions_within(scope)),
            ),
        ),
    )


async def day_seen(db: AsyncSession, scope: Scope, day_id: UUID) -> tuple[CalendarDay, str | None]:
    """Return a calendar day that holds somewhere in scope, with its place's name."""
    rows = await db.execute((await days_seen(db, scope)).where(CalendarDay.id == day_id))
    for row, name in rows:
        return row, name
    raise NotFound


def bells_seen(scope: Scope, *, school_id: UUID | None = None) -> Select[BellSchedule, str]:
    """Return a query of the bell schedules of the schools in scope, with periods and names."""
    statement = (
        select(BellSchedule, School.name)
        .join(School, BellSchedule.school_id == School.id)
        .where(BellSchedule.school_id.in_(schools_within(scope)))
        .options(selectinload(BellSchedule.periods))
    )
    if school_id is not None:
        statement = statement.where(BellSchedule.school_id == school_id)
    return statement


def periods_seen(scope: Scope, *, school_id: UUID | None = None) -> Select[*tuple[Any, ...]]:
    """Return a query of all periods of the schools in scope, in order, for a file."""
    statement = (
        select(
            School.name.label("school"),
            BellSchedule.name,
            BellSchedule.season_from,
            BellSchedule.season_to,
            BellSchedule.valid_from,
            BellSchedule.valid_to,
            Period.number,
            Period.starts_minute,
            Period.ends_minute,
        )
        .join(BellSchedule, BellSchedule.school_id == School.id)
        .join(Period, Period.bell_schedule_id == BellSchedule.id)
        .where(BellSchedule.school_id.in_(schools_within(scope)))
        .order_by(School.name, BellSchedule.valid_from, BellSchedule.id, Period.starts_minute)
    )
    if school_id is not None:
        statement = statement.where(BellSchedule.school_id == school_id)
    return statement


async def bells_within(
    db: AsyncSession, scope: Scope, schedule_id: UUID
) -> tuple[BellSchedule, str]:
    """Return a bell schedule of a school in scope, with its periods and its school's name."""
    rows = await db.execute(bells_seen(scope).where(BellSchedule.id == schedule_id))
    for row, name in rows:
        return row, name
    raise NotFound


async def schedules_of_school(db: AsyncSession, school_id: UUID) -> Sequence[BellSchedule]:
    """Return all schedules of one school, with their periods."""
    rows = await db.scalars(
        select(BellSchedule)
        .where(BellSchedule.school_id == school_id)
        .options(selectinload(BellSchedule.periods))
        .order_by(BellSchedule.valid_from, BellSchedule.id)
    )
    return rows.all()


def as_bells(schedule: BellSchedule) -> Bells:
    """Return a schedule as the pure rules take it."""
    season = None
    if schedule.season_from is not None and schedule.season_to is not None:
        season = (schedule.season_from, schedule.season_to)
    return Bells(
        schedule.name,
        Span(schedule.valid_from, schedule.valid_to),
        season,
        tuple(
            Bell(each.number, each.kind, each.starts_minute, each.ends_minute)
            for each in schedule.periods
        ),
    )


async def bells_of(
    db: AsyncSession, school_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Bells]]:
    """Return the bells of each school; a teaching point without any rings with its 中心校."""
    parents = {
        row.id: row.parent_id
        for row in await db.execute(
            select(School.id, School.parent_id).where(School.id.in_(school_ids))
        )
    }
    asked = {*parents, *(parent for parent in parents.values() if parent is not None)}
    rows = await db.scalars(
        select(BellSchedule)
        .where(BellSchedule.school_id.in_(asked))
        .options(selectinload(BellSchedule.periods))
        .order_by(BellSchedule.valid_from, BellSchedule.id)
    )
    found: dict[UUID, list[Bells]] = defaultdict(list)
    for schedule in rows:
        found[schedule.school_id].append(as_bells(schedule))
    return {
        school: found[school] or (found[parent] if parent is not None else [])
        for school, parent in parents.items()
    }


async def calendar_of(db: AsyncSession, school: School, *, first: date, last: date) -> Calendar:
    """Return what decides the days of a school from `first` to `last`. Its region is loaded."""
    return (await calendars_of(db, [school], first=first, last=last))[school.id]


async def calendars_of(
    db: AsyncSession, schools: Sequence[School], *, first: date, last: date
) -> dict[UUID, Calendar]:
    """Return what decides the days of each school; as many statements for many as for one."""
    ids = [school.id for school in schools]
    paths = [school.region.path for school in schools]
    terms, unlike = await _rules(db, paths, ids, first=first, last=last)
    bells = await bells_of(db, ids)
    return {
        school.id: _calendar(school.region.path, school.id, terms, unlike, bells[school.id])
        for school in schools
    }


async def calendar_of_region(
    db: AsyncSession, region: Region, *, first: date, last: date
) -> Calendar:
    """Return what decides the days of a region; it has no bells, so its days have no periods."""
    terms, unlike = await _rules(db, [region.path], [], first=first, last=last)
    return _calendar(region.path, None, terms, unlike, ())


_Terms = list[tuple[str, Span]]
_Unlike = list[tuple[CalendarDay, str | None]]


async def _rules(
    db: AsyncSession,
    paths: Iterable[str],
    school_ids: Collection[UUID],
    *,
    first: date,
    last: date,
) -> tuple[_Terms, _Unlike]:
    """Return the terms and the days of these schools and regions, with their regions' codes."""
    codes = {code for path in paths for code in _codes_of(path)}
    around = timedelta(days=LONGEST_TERM_DAYS)
    terms = await db.execute(
        select(Term, Region.code)
        .join(Region, Term.region_id == Region.id)
        .where(
            Region.code.in_(codes),
            Term.starts_on <= last + around,
            Term.ends_on >= first - around,
        )
    )
    unlike = await db.execute(
        select(CalendarDay, Region.code)
        .outerjoin(Region, CalendarDay.region_id == Region.id)
        .where(
            CalendarDay.day.between(first, last),
            or_(
                CalendarDay.school_id.in_(school_ids),
                Region.code.in_(codes),
                _is_national(),
            ),
        )
    )
    kept = [(code, Span(term.starts_on, term.ends_on)) for term, code in terms]
    return kept, [(row, code) for row, code in unlike]


def _calendar(
    path: str, school_id: UUID | None, terms: _Terms, unlike: _Unlike, bells: Sequence[Bells]
) -> Calendar:
    """Return the calendar of one school or region out of the rules of many."""
    widths = {code: width for width, code in enumerate(_codes_of(path), start=1)}
    own = [
        (row, code)
        for row, code in unlike
        if (code is None or code in widths) and row.school_id in {None, school_id}
    ]
    return Calendar(
        terms=terms_that_hold((widths[code], term) for code, term in terms if code in widths),
        exceptions=narrowest(
            (row.day, _width(row, code, widths), UnlikeDay(row.kind, row.name, row.follows))
            for row, code in own
        ),
        bells=bells,
    )


def _width(row: CalendarDay, code: str | None, widths: Mapping[str, int]) -> int:
    if row.school_id is not None:
        return 0
    return THE_NATION if code is None else widths[code]


def _is_national() -> ColumnElement[bool]:
    return CalendarDay.region_id.is_(None) & CalendarDay.school_id.is_(None)


async def national_days(db: AsyncSession, days: Iterable[date]) -> set[date]:
    """Return which of these days the national calendar already says something of."""
    rows = await db.scalars(
        select(CalendarDay.day).where(_is_national(), CalendarDay.day.in_(list(days)))
    )
    return set(rows)


async def _one(db: AsyncSession, query: Select[T, *tuple[Any, ...]]) -> T:
    row: T | None = await db.scalar(query)
    if row is None:
        raise NotFound
    return row
