"""Minutes added up: what the rows of a filter were heard of, by week and by school.

The rows are those of the list (`app.attendance.rows`), with its filters; the figures are those
they were closed with. A row that was not measured, or is not closed yet, adds to no minutes and
is counted apart.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    cast,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.delivered import mondays_of, week_of
from app.attendance.models import MINUTES, AttendanceRecord
from app.attendance.rows import RowFilter, rows_to_add_up
from app.paging import Order
from app.schools.models import School
from app.security import PersonCaller

NOTHING: Mapping[str, int] = dict.fromkeys(("rows", "unmeasured", *MINUTES), 0)


async def by_week(
    db: AsyncSession, person: PersonCaller, wanted: RowFilter, *, first: date, last: date
) -> list[tuple[date, Mapping[str, int]]]:
    """Return the sums of each week two days lie in or between, by its Monday; all weeks are there.

    Raise PeriodTooLong.
    """
    weeks = mondays_of(first, last)
    found = await _rows(
        db, person, wanted, week_of(AttendanceRecord.held_at, weeks).label("monday")
    )
    rows = await db.execute(select(found.c.monday, *_sums(found)).group_by(found.c.monday))
    sums: dict[date, Mapping[str, int]] = {
        monday: dict(zip(NOTHING, map(int, counts), strict=True)) for monday, *counts in rows
    }
    return [(monday, sums.get(monday, NOTHING)) for monday in weeks]


async def by_school(
    db: AsyncSession, person: PersonCaller, wanted: RowFilter
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the sums of each school that received, and its order.

    Where most was not heard comes first. Columns: id, name, then those of `NOTHING`.
    """
    found = await _rows(db, person, wanted, AttendanceRecord.school_id)
    schools = select(found.c.school_id, *_sums(found)).group_by(found.c.school_id).subquery()
    c = schools.c
    query = select(c.school_id, School.name.label("school"), *(c[name] for name in NOTHING))
    order = (c.degraded_ms + c.lost_ms + c.offline_ms).desc(), c.school_id.desc()
    return query.join(School, School.id == c.school_id), order


async def _rows(
    db: AsyncSession, person: PersonCaller, wanted: RowFilter, key: SQLColumnExpression[Any]
) -> Subquery:
    minutes = (getattr(AttendanceRecord, name) for name in MINUTES)
    return await rows_to_add_up(db, person, wanted, key, *minutes)


def _sums(found: Subquery) -> list[ColumnElement[Any]]:
    """Return the aggregates, in the order of `NOTHING`; whole numbers on both databases."""
    minutes = (
        cast(func.coalesce(func.sum(found.c[name]), 0), BigInteger).label(name) for name in MINUTES
    )
    unmeasured = func.count().filter(found.c.audible_ms.is_(None)).label("unmeasured")
    return [func.count().label("rows"), unmeasured, *minutes]
