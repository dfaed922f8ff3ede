"""Teaching points by how their classrooms stand: heard of just now, silent since when, never."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import inspected_schools
from app.attendance.models import AttendanceRecord, Session
from app.attendance.rows import IS_COUNTED, Newest, newest
from app.codes.queries import point_categories
from app.lessons.models import LessonSite
from app.lessons.queries import day_of
from app.lessons.readiness import CLASSROOM_WITHIN
from app.live.wall import last_seen
from app.pinyin import is_named
from app.schools.models import Classroom, Device, Region, School
from app.security import PersonCaller


class PointLight(StrEnum):
    """How the device of a teaching point's classroom stands."""

    READY = "ready"
    OFFLINE = "offline"
    NEVER = "never"


def _light(now: datetime) -> Any:
    seen = last_seen()
    return case(
        (seen.is_(None), PointLight.NEVER.value),
        (seen >= now - CLASSROOM_WITHIN, PointLight.READY.value),
        else_=PointLight.OFFLINE.value,
    )


_LONG_AGO = literal(datetime(2000, 1, 1, tzinfo=UTC), Device.last_seen_at.type)
# Those that were never heard of first, then the longest silent ones.
POINT_ORDER = (func.coalesce(last_seen(), _LONG_AGO), Classroom.id)


def points_seen(
    person: PersonCaller,
    now: datetime,
    *,
    light: PointLight | None = None,
    school_id: UUID | None = None,
    text: str = "",
) -> Select[*tuple[Any, ...]]:
    """Return a query of the classrooms of open teaching points in scope.

    `text`: words of the point's or its region's name, as they are written or read.
    Columns: the classroom, its school and region, its light, the last sign of life, and when the
    last lesson began that counted there.
    """
    today = day_of(now)
    light_now = _light(now)
    last_lesson = (
        select(func.max(Session.started_at))
        .join(AttendanceRecord, AttendanceRecord.session_id == Session.id)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .outerjoin(Newest, newest())
        .where(LessonSite.classroom_id == Classroom.id, IS_COUNTED.is_(True))
        .correlate(Classroom)
        .scalar_subquery()
    )
    query = (
        select(
            Classroom.id,
            Classroom.name.label("classroom"),
            School.id.label("school_id"),
            School.name.label("school"),
            Region.name.label("region"),
            light_now.label("light"),
            last_seen().label("last_seen_at"),
            last_lesson.label("last_lesson_at"),
        )
        .select_from(Classroom)
        .join(School, Classroom.school_id == School.id)
        .join(Region, School.region_id == Region.id)
        .where(
            School.category.in_(point_categories()),
            or_(School.opened_on.is_(None), School.opened_on <= today),
            or_(School.closed_on.is_(None), School.closed_on > today),
            School.id.in_(inspected_schools(person)),
        )
    )
    conditions: list[ColumnElement[bool]] = [
        or_(is_named(School, word), is_named(Region, word)) for word in text.split()
    ]
    if light is not None:
        conditions.append(light_now == light.value)
    if school_id is not None:
        conditions.append(School.id == school_id)
    return query.where(and_(True, *conditions))


async def count_points(
    db: AsyncSession, person: PersonCaller, now: datetime
) -> dict[PointLight, int]:
    """Count the classrooms of teaching points in scope by their lights."""
    seen = points_seen(person, now).with_only_columns(_light(now).label("light")).subquery()
    rows = await db.execute(select(seen.c.light, func.count()).group_by(seen.c.light))
    found = {PointLight(row[0]): int(row[1]) for row in rows}
    return {light: found.get(light, 0) for light in PointLight}
