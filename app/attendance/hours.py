"""Service hours: what teachers gave of lessons that counted, from locked rows alone.

A lecturer (主讲教师) gives a lesson once, however many sites it reached: it counts with its planned
time when a locked row of it counts at one site at least. An assistant (辅导教师) stood at the sites
that named her when the lesson began: it counts for her, once, when a locked row of one of those
does. The two are listed apart and never added up: in a chain one may be both in the same hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.among import Among
from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.attendance.rows import IS_COUNTED, Newest, RowFilter, days_of, newest
from app.lessons.models import Lesson, LessonSite
from app.paging import Order
from app.pinyin import is_named
from app.schools.models import Classroom, School
from app.security import PersonCaller

_IS_EARNED = and_(AttendanceRecord.state == AttendanceState.LOCKED, IS_COUNTED.is_(True))


class ServiceRole(StrEnum):
    """As what somebody served in a lesson."""

    LECTURER = "LECTURER"
    ASSISTANT = "ASSISTANT"


class HoursOrder(StrEnum):
    """How service hours are listed: by name, or who gave most first."""

    NAME = "NAME"
    MOST = "MOST"


@dataclass(frozen=True, slots=True)
class HoursFilter:
    """Whose hours. `first_day`, `last_day`: of the lessons, both included.

    `school_id`: of a lecturer, the hub she gave them at; of an assistant, the school she stood at;
    None: any. `text`: letters of the teacher's name, as it is written or read. `role` None: both.
    """

    first_day: date
    last_day: date
    school_id: UUID | None = None
    text: str = ""
    role: ServiceRole | None = None


@dataclass(frozen=True, slots=True)
class _Served:
    """Who serves in a role, by a row of a lesson at a site, and at which school."""

    person_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]
    school_id: InstrumentedAttribute[UUID]


_SERVED = {
    ServiceRole.LECTURER: _Served(Lesson.lecturer_id, Lesson.hub_school_id),
    ServiceRole.ASSISTANT: _Served(LessonSite.assistant_id, Classroom.school_id),
}


def hours_seen(
    person: PersonCaller, wanted: HoursFilter, order: HoursOrder = HoursOrder.NAME
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the hours each teacher gave at a school in scope, and its order.

    One row per person, school and role. Columns: id, name, role, school_id, school, lessons,
    planned_ms, sites.
    """
    roles = ServiceRole if wanted.role is None else (wanted.role,)
    sums = union_all(*(_sums_of(role, person, wanted) for role in roles)).subquery("sums")
    query = (
        select(
            Person.id,
            Person.name,
            sums.c.role,
            School.id.label("school_id"),
            School.name.label("school"),
            sums.c.lessons,
            sums.c.planned_ms,
            sums.c.sites,
        )
        .join(sums, sums.c.person_id == Person.id)
        .join(School, sums.c.school_id == School.id)
    )
    if wanted.text:
        query = query.where(is_named(Person, wanted.text))
    if order is HoursOrder.MOST:
        descending = (sums.c.planned_ms, Person.id, School.id, sums.c.role)
        return query, tuple(column.desc() for column in descending)
    return query, (Person.name, Person.id, School.id, sums.c.role)


def _sums_of(
    role: ServiceRole, person: PersonCaller, wanted: HoursFilter
) -> Select[*tuple[Any, ...]]:
    """Return a query of what each person gave in a role: first each lesson once, then all."""
    served = _SERVED[role]
    of_school = [] if wanted.school_id is None else [served.school_id == wanted.school_id]
    given = (
        select(
            Lesson.id,
            served.person_id.label("person_id"),
            served.school_id.label("school_id"),
            func.max(AttendanceRecord.planned_ms).label("planned_ms"),
            func.count().label("sites"),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .outerjoin(Newest, newest())
        .where(
            _IS_EARNED,
            served.person_id.is_not(None),
            Among(served.school_id, inspected_schools(person)),
            *of_school,
            *days_of(RowFilter(wanted.first_day, wanted.last_day)),
        )
        .group_by(Lesson.id, served.person_id, served.school_id)
    )
    if role is ServiceRole.ASSISTANT:
        given = given.join(Classroom, LessonSite.classroom_id == Classroom.id)
    each = given.subquery()
    return select(
        each.c.person_id,
        each.c.school_id,
        _named(role),
        func.count().label("lessons"),
        cast(func.sum(each.c.planned_ms), BigInteger).label("planned_ms"),
        cast(func.sum(each.c.sites), BigInteger).label("sites"),
    ).group_by(each.c.person_id, each.c.school_id)


def _named(role: ServiceRole) -> ColumnElement[str]:
    return literal(role.value, String).label("role")


def given_by(
    person_id: UUID, *, first_day: date, last_day: date, role: ServiceRole | None = None
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the lessons somebody served in, the latest first, and its order.

    One row per lesson and role (None: both), with the sites she served, how many of them count
    and are locked, and what it earned. Columns: Lesson, session_id, role, sites, counted, locked,
    earned_ms.
    """
    served = _given(person_id, (role,) if role else ServiceRole, first_day, last_day)
    query = (
        select(
            Lesson,
            Session.id.label("session_id"),
            served.c.role,
            served.c.sites,
            served.c.counted,
            served.c.locked,
            served.c.earned_ms,
        )
        .join(Session, Session.lesson_id == Lesson.id)
        .join(served, served.c.session_id == Session.id)
    )
    return query, (Lesson.planned_start.desc(), Lesson.id.desc(), served.c.role.desc())


def _given(
    person_id: UUID, roles: Iterable[ServiceRole], first_day: date, last_day: date
) -> Subquery:
    each = (
        select(
            AttendanceRecord.session_id,
            _named(role),
            func.count().label("sites"),
            func.count().filter(IS_COUNTED.is_(True)).label("counted"),
            func.count().filter(AttendanceRecord.state == AttendanceState.LOCKED).label("locked"),
            func.count().filter(_IS_EARNED).label("earned"),
            func.coalesce(func.max(case((_IS_EARNED, AttendanceRecord.planned_ms))), 0).label(
                "earned_ms"
            ),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .join(Session, AttendanceRecord.session_id == Session.id)
        .join(Lesson, Session.lesson_id == Lesson.id)
        .where(_SERVED[role].person_id == person_id, *days_of(RowFilter(first_day, last_day)))
        .group_by(AttendanceRecord.session_id)
        for role in roles
    )
    return union_all(*each).subquery("served")


@dataclass(frozen=True, slots=True)
class OwnSums:
    """What somebody gave in a role; `waiting` lessons count somewhere, not locked yet."""

    lessons: int = 0
    sites: int = 0
    earned_ms: int = 0
    waiting: int = 0


async def own_sums(
    db: AsyncSession, person_id: UUID, *, first_day: date, last_day: date
) -> dict[ServiceRole, OwnSums]:
    """Add up what somebody gave in each role, as the list of it shows it."""
    given = _given(person_id, ServiceRole, first_day, last_day)
    is_earned = given.c.earned > 0
    rows = await db.execute(
        select(
            given.c.role,
            func.count().filter(is_earned),
            func.sum(given.c.earned),
            func.sum(given.c.earned_ms),
            func.count().filter(~is_earned, given.c.counted > 0),
        ).group_by(given.c.role)
    )
    found = {ServiceRole(role): OwnSums(*map(int, sums)) for role, *sums in rows}
    return {role: found.get(role, OwnSums()) for role in ServiceRole}
