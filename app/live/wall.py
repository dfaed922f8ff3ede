"""The live wall of a county: today's lessons as they stand, with their classrooms.

The number of statements does not depend on how many lessons there are; of each group so many are
shown, and all are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    SQLColumnExpression,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.attendance.models import AttendanceRecord, SeatPresence, Session
from app.attendance.rows import HEADCOUNT, IS_COUNTED, Newest, newest
from app.lessons.models import STARTABLE, Lesson, LessonSite, LessonState
from app.lessons.queries import LIVE_STATES, bounds_of, day_of, is_visible
from app.schools.models import Classroom, Device, DeviceState, School
from app.security import PersonCaller

SHOWN = 24


class Group(StrEnum):
    """How a lesson of today stands. LATE: it should have begun, and may still be."""

    RUNNING = "RUNNING"
    LATE = "LATE"
    NEXT = "NEXT"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"
    OVER = "OVER"


def group_of(now: datetime) -> SQLColumnExpression[str]:
    """Return how a lesson stands at `now`, as an expression on Lesson."""
    is_to_come = Lesson.state.in_(STARTABLE)
    return case(
        (Lesson.state.in_(LIVE_STATES), Group.RUNNING.value),
        (Lesson.state.in_((LessonState.CANCELLED, LessonState.MADE_UP)), Group.CANCELLED.value),
        (Lesson.state == LessonState.MISSED, Group.MISSED.value),
        (and_(is_to_come, Lesson.planned_end <= now), Group.MISSED.value),
        (and_(is_to_come, Lesson.planned_start <= now), Group.LATE.value),
        (is_to_come, Group.NEXT.value),
        else_=Group.OVER.value,
    )


def _todays(person: PersonCaller, now: datetime) -> ColumnElement[bool]:
    start, end = bounds_of(day_of(now))
    is_today = and_(Lesson.planned_start >= start, Lesson.planned_start < end)
    return and_(
        or_(is_today, Lesson.state.in_(LIVE_STATES)),
        Lesson.state != LessonState.PLANNED,
        is_visible(person),
    )


async def counts_of(db: AsyncSession, person: PersonCaller, now: datetime) -> dict[Group, int]:
    """Count the lessons of today in scope, as they stand."""
    standing = select(group_of(now).label("group")).where(_todays(person, now)).subquery("standing")
    rows = await db.execute(select(standing.c.group, func.count()).group_by(standing.c.group))
    found = {Group(row[0]): int(row[1]) for row in rows}
    return {group: found.get(group, 0) for group in Group}


@dataclass(frozen=True, slots=True)
class WallLesson:
    """A lesson of the wall."""

    group: Group
    lesson: Lesson
    hub: str
    lecturer: str
    session_id: UUID | None
    started_at: datetime | None


async def lessons_of(db: AsyncSession, person: PersonCaller, now: datetime) -> list[WallLesson]:
    """Return today's lessons, at most SHOWN of each group: the next soonest, else the latest."""
    group = group_of(now)
    soonest = case((group == Group.NEXT.value, Lesson.planned_start))
    place = func.row_number().over(
        partition_by=group, order_by=(soonest, Lesson.planned_start.desc(), Lesson.id)
    )
    ranked = (
        select(Lesson.id, group.label("group"), place.label("place"))
        .where(_todays(person, now))
        .subquery("ranked")
    )
    rows = await db.execute(
        select(ranked.c.group, Lesson, School.name, Person.name, Session.id, Session.started_at)
        .join(ranked, ranked.c.id == Lesson.id)
        .join(School, Lesson.hub_school_id == School.id)
        .join(Person, Lesson.lecturer_id == Person.id)
        .outerjoin(Session, Session.lesson_id == Lesson.id)
        .where(ranked.c.place <= SHOWN)
        .order_by(ranked.c.place)
    )
    return [WallLesson(Group(row[0]), *row[1:]) for row in rows]


@dataclass(frozen=True, slots=True)
class WallSite:
    """A classroom of a lesson of the wall. `is_present`: in the room now."""

    lesson_id: UUID
    site_id: UUID
    school: str
    classroom: str
    last_seen_at: datetime | None
    is_present: bool
    has_come: bool
    headcount: int | None
    is_counted: bool | None


def last_seen() -> ScalarSelect[datetime | None]:
    """Return when a Classroom's device was last heard of, as a part of a query on it."""
    return (
        select(func.max(Device.last_seen_at))
        .where(Device.classroom_id == Classroom.id, Device.state != DeviceState.REVOKED)
        .correlate(Classroom)
        .scalar_subquery()
    )


async def sites_of(
    db: AsyncSession, person: PersonCaller, lesson_ids: Sequence[UUID]
) -> list[WallSite]:
    """Return the classrooms of these lessons that the person may look at (docs/adr/0004)."""
    schools = inspected_schools(person)
    stays = (
        select(func.count())
        .select_from(SeatPresence)
        .where(
            SeatPresence.lesson_site_id == LessonSite.id,
            SeatPresence.session_id == AttendanceRecord.session_id,
        )
        .correlate(LessonSite, AttendanceRecord)
    )
    rows = await db.execute(
        select(
            LessonSite.lesson_id,
            LessonSite.id,
            School.name,
            Classroom.name,
            last_seen(),
            stays.where(SeatPresence.left_ms.is_(None)).scalar_subquery() > 0,
            stays.scalar_subquery() > 0,
            HEADCOUNT,
            IS_COUNTED,
        )
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .join(School, Classroom.school_id == School.id)
        .outerjoin(AttendanceRecord, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .where(
            LessonSite.lesson_id.in_(lesson_ids),
            or_(Lesson.hub_school_id.in_(schools), School.id.in_(schools)),
        )
        .order_by(School.name, Classroom.name, LessonSite.id)
    )
    return [WallSite(*row) for row in rows]
