"""Service hours: what teachers gave of lessons that counted, from locked rows alone.

A lesson is given once, however many sites it reached: it counts with its planned time when a
locked row of it counts at one site at least.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.attendance.rows import IS_COUNTED, Hub, Newest, RowFilter, days_of, newest
from app.lessons.models import Lesson, LessonSite
from app.pinyin import is_named
from app.security import PersonCaller

_IS_EARNED = and_(AttendanceRecord.state == AttendanceState.LOCKED, IS_COUNTED.is_(True))


@dataclass(frozen=True, slots=True)
class HoursFilter:
    """Whose hours. `first_day`, `last_day`: of the lessons, both included.

    `hub_id`: given at this hub; None: at any. `text`: letters of the teacher's name, as it is
    written or read.
    """

    first_day: date
    last_day: date
    hub_id: UUID | None = None
    text: str = ""


def hours_seen(person: PersonCaller, wanted: HoursFilter) -> Select[*tuple[Any, ...]]:
    """Return a query of the hours each teacher of a hub in scope gave."""
    of_hub = [] if wanted.hub_id is None else [Lesson.hub_school_id == wanted.hub_id]
    given = (
        select(
            Lesson.id,
            Lesson.lecturer_id,
            Lesson.hub_school_id,
            func.max(AttendanceRecord.planned_ms).label("planned_ms"),
            func.count().label("sites"),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .outerjoin(Newest, newest())
        .where(
            _IS_EARNED,
            Lesson.hub_school_id.in_(inspected_schools(person)),
            *of_hub,
            *days_of(RowFilter(wanted.first_day, wanted.last_day)),
        )
        .group_by(Lesson.id, Lesson.lecturer_id, Lesson.hub_school_id)
        .subquery()
    )
    sums = (
        select(
            given.c.lecturer_id,
            given.c.hub_school_id,
            func.count().label("lessons"),
            func.sum(given.c.planned_ms).label("planned_ms"),
            func.sum(given.c.sites).label("sites"),
        )
        .group_by(given.c.lecturer_id, given.c.hub_school_id)
        .subquery()
    )
    query = (
        select(
            Person.id,
            Person.name,
            Hub.id.label("hub_id"),
            Hub.name.label("hub"),
            sums.c.lessons,
            sums.c.planned_ms,
            sums.c.sites,
        )
        .join(sums, sums.c.lecturer_id == Person.id)
        .join(Hub, sums.c.hub_school_id == Hub.id)
    )
    return query if wanted.text == "" else query.where(is_named(Person, wanted.text))


HOUR_ORDER = (Person.name, Person.id, Hub.id)


def given_by(person_id: UUID, *, first_day: date, last_day: date) -> Select[*tuple[Any, ...]]:
    """Return a query of the lessons a teacher gave, each with its sites and what it earned."""
    per_session = (
        select(
            AttendanceRecord.session_id,
            func.count().label("sites"),
            func.count().filter(IS_COUNTED.is_(True)).label("counted"),
            func.count().filter(AttendanceRecord.state == AttendanceState.LOCKED).label("locked"),
            func.coalesce(func.max(case((_IS_EARNED, AttendanceRecord.planned_ms))), 0).label(
                "earned_ms"
            ),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .join(Session, AttendanceRecord.session_id == Session.id)
        .join(Lesson, Session.lesson_id == Lesson.id)
        .where(Lesson.lecturer_id == person_id, *days_of(RowFilter(first_day, last_day)))
        .group_by(AttendanceRecord.session_id)
        .subquery()
    )
    return (
        select(
            Lesson,
            Session.id.label("session_id"),
            per_session.c.sites,
            per_session.c.counted,
            per_session.c.locked,
            per_session.c.earned_ms,
        )
        .join(Session, Session.lesson_id == Lesson.id)
        .join(per_session, per_session.c.session_id == Session.id)
    )


GIVEN_ORDER = (Lesson.planned_start.desc(), Lesson.id.desc())


@dataclass(frozen=True, slots=True)
class OwnSums:
    """What a teacher gave in some days; `waiting` lessons count somewhere, not locked yet."""

    lessons: int
    sites: int
    earned_ms: int
    waiting: int


async def own_sums(
    db: AsyncSession, person_id: UUID, *, first_day: date, last_day: date
) -> OwnSums:
    """Add up what a teacher gave, as the list of it shows it."""
    given = given_by(person_id, first_day=first_day, last_day=last_day).subquery()
    is_earned = given.c.earned_ms > 0
    row = (
        await db.execute(
            select(
                func.count().filter(is_earned),
                func.coalesce(func.sum(given.c.counted).filter(is_earned), 0),
                func.coalesce(func.sum(given.c.earned_ms), 0),
                func.count().filter(~is_earned, given.c.counted > 0),
            ).select_from(given)
        )
    ).one()
    return OwnSums(*map(int, row))
