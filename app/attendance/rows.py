"""Lists over attendance rows: the rows themselves, and the hours that teachers gave by them."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceRecord,
    AttendanceState,
)
from app.errors import NotFound
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.schools.models import Classroom, School
from app.schools.queries import schools_within
from app.security import PersonCaller, Role

Hub, Site, Newest = aliased(School), aliased(School), aliased(AttendanceAmendment)

#: What holds of a row: what was closed, or what its newest amendment says instead.
IS_COUNTED = func.coalesce(Newest.new_is_counted, AttendanceRecord.is_counted)
HEADCOUNT = func.coalesce(Newest.new_headcount, AttendanceRecord.headcount)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows; None: whatever. Days are days in the schools' zone, both included."""

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    state: AttendanceState | None = None
    is_counted: bool | None = None


def _newest() -> ColumnElement[bool]:
    number = (
        select(func.max(AttendanceAmendment.number))
        .where(AttendanceAmendment.record_id == AttendanceRecord.id)
        .correlate(AttendanceRecord)
        .scalar_subquery()
    )
    return and_(Newest.record_id == AttendanceRecord.id, Newest.number == number)


def _days(wanted: RowFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.first_day is not None:
        conditions.append(Lesson.planned_start >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        conditions.append(Lesson.planned_start < bounds_of(wanted.last_day)[1])
    return conditions


def rows_seen(person: PersonCaller, wanted: RowFilter) -> Select[*tuple[Any, ...]]:
    """Return a query of the rows of lessons a hub in scope gave or a site in scope had."""
    schools = inspected_schools(person)
    conditions = _days(wanted)
    if wanted.school_id is not None:
        of_school = (Lesson.hub_school_id == wanted.school_id, Site.id == wanted.school_id)
        conditions.append(or_(*of_school))
    if wanted.state is not None:
        conditions.append(AttendanceRecord.state == wanted.state)
    if wanted.is_counted is not None:
        conditions.append(IS_COUNTED.is_(wanted.is_counted))
    return (
        select(
            AttendanceRecord,
            Lesson,
            Hub.name.label("hub"),
            Site.name.label("site"),
            Classroom.name.label("classroom"),
            IS_COUNTED.label("is_counted"),
            HEADCOUNT.label("headcount"),
            func.coalesce(Newest.number, 0).label("amendments"),
        )
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Hub, Lesson.hub_school_id == Hub.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .join(Site, Classroom.school_id == Site.id)
        .outerjoin(Newest, _newest())
        .where(or_(Lesson.hub_school_id.in_(schools), Site.id.in_(schools)), *conditions)
    )


ROW_ORDER = (Lesson.planned_start.desc(), AttendanceRecord.id.desc())


async def record_administered(
    db: AsyncSession, person: PersonCaller, record_id: UUID
) -> AttendanceRecord:
    """Return a row of a site this person administers: who keeps it may correct it."""
    scope = person.scope(Role.ADMINISTRATOR)
    record = await db.scalar(
        select(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            AttendanceRecord.id == record_id,
            Classroom.school_id.in_(schools_within(scope)),
        )
    )
    if record is None:
        raise NotFound
    return record


async def record_seen(db: AsyncSession, person: PersonCaller, record_id: UUID) -> AttendanceRecord:
    """Return a row that is among those this person is shown."""
    found = rows_seen(person, RowFilter()).where(AttendanceRecord.id == record_id)
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    record: AttendanceRecord = row[0]
    return record


def hours_seen(
    person: PersonCaller, *, first_day: date, last_day: date
) -> Select[*tuple[Any, ...]]:
    """Return a query of the hours each teacher of a hub in scope gave, from locked rows alone.

    A lesson is given once, however many sites it reached: it counts with its planned time when it
    counted at one site at least.
    """
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
        .outerjoin(Newest, _newest())
        .where(
            AttendanceRecord.state == AttendanceState.LOCKED,
            IS_COUNTED.is_(True),
            Lesson.hub_school_id.in_(inspected_schools(person)),
            *_days(RowFilter(first_day, last_day)),
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
    return (
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


HOUR_ORDER = (Person.name, Person.id, Hub.id)
