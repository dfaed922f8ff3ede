"""Reads of lessons and invitations. Rights are part of the query: not yours is not found."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.accounts.sight import Sight, any_sight
from app.clock import DISPLAY_ZONE
from app.errors import NotFound
from app.lessons.models import Lesson, LessonSite, LessonState
from app.schools.models import Classroom
from app.security import PersonCaller

LIVE_STATES = tuple(state for state in LessonState if state.is_live)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in the schools' zone."""
    return moment.astimezone(DISPLAY_ZONE).date()


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day in the schools' zone, and of the day after."""
    start = datetime.combine(day, time(), DISPLAY_ZONE)
    return start, datetime.combine(day + timedelta(days=1), time(), DISPLAY_ZONE)


def is_visible(person: PersonCaller) -> ColumnElement[bool]:
    """Return the condition, on Lesson, that this person may look at its evidence.

    The hub school or an invited classroom's school is in the person's scope. For one lesson;
    lists take `is_in_sight(await sight_of(db, person))`, which is the same condition.
    """
    return is_in_sight(any_sight(person))


def is_in_sight(sight: Sight) -> ColumnElement[bool]:
    """Return the condition, on Lesson, that its hub or an invited classroom is in sight.

    Few schools' lessons are looked up; of many schools each lesson is asked about.
    """
    is_given = Lesson.hub_school_id.in_(sight.schools)
    is_received = LessonSite.classroom_id.in_(sight.classrooms)
    if sight.is_small:
        given = select(Lesson.id).where(is_given)
        return Lesson.id.in_(union(given, select(LessonSite.lesson_id).where(is_received)))
    return or_(is_given, exists().where(LessonSite.lesson_id == Lesson.id, is_received))


def is_of_school(school_id: UUID) -> ColumnElement[bool]:
    """Return the condition, on Lesson, that a school gives it or is invited to it.

    A union, which is looked up from the school's few lessons, and not lesson by lesson.
    """
    given = select(Lesson.id).where(Lesson.hub_school_id == school_id)
    received = (
        select(LessonSite.lesson_id)
        .join(Classroom, Classroom.id == LessonSite.classroom_id)
        .where(Classroom.school_id == school_id)
    )
    return Lesson.id.in_(union(given, received))


def whole_lessons() -> Select[Lesson]:
    """Return a query of lessons that loads all a card shows."""
    return select(Lesson).options(
        selectinload(Lesson.hub_school),
        selectinload(Lesson.lecturer),
        selectinload(Lesson.sites)
        .selectinload(LessonSite.classroom)
        .selectinload(Classroom.school),
    )


async def _one(db: AsyncSession, query: Select[Lesson]) -> Lesson:
    lesson = await db.scalar(query)
    if lesson is None:
        raise NotFound("There is no such lesson for you.")
    return lesson


async def get_lesson(db: AsyncSession, lesson_id: UUID) -> Lesson:
    """Return a lesson whoever asks. For callers that check the right themselves."""
    return await _one(db, whole_lessons().where(Lesson.id == lesson_id))


async def get_taught_by(db: AsyncSession, lesson_id: UUID, person_id: UUID) -> Lesson:
    """Return a lesson of which this person is the lecturer."""
    return await _one(
        db, whole_lessons().where(Lesson.id == lesson_id, Lesson.lecturer_id == person_id)
    )


async def taught_on(db: AsyncSession, person_id: UUID, day: date) -> Sequence[Lesson]:
    """Return the lessons this person gives on a day, in order."""
    return await _taught(db, person_id, _is_planned_on(day))


async def taught_today(db: AsyncSession, person_id: UUID, now: datetime) -> Sequence[Lesson]:
    """Return the lessons this person gives today, and any live now: it may be past midnight."""
    today = _is_planned_on(day_of(now))
    return await _taught(db, person_id, or_(today, Lesson.state.in_(LIVE_STATES)))


async def _taught(
    db: AsyncSession, person_id: UUID, wanted: ColumnElement[bool]
) -> Sequence[Lesson]:
    rows = await db.scalars(
        whole_lessons()
        .where(Lesson.lecturer_id == person_id, wanted)
        .order_by(Lesson.planned_start, Lesson.id)
    )
    return rows.all()


def _is_planned_on(day: date) -> ColumnElement[bool]:
    start, end = bounds_of(day)
    return and_(Lesson.planned_start >= start, Lesson.planned_start < end)


async def received_on(db: AsyncSession, classroom_id: UUID, day: date) -> Sequence[Lesson]:
    """Return the published lessons a classroom is invited to on a day, and any live now."""
    invited = select(LessonSite.lesson_id).where(LessonSite.classroom_id == classroom_id)
    rows = await db.scalars(
        whole_lessons()
        .where(
            Lesson.id.in_(invited),
            Lesson.state != LessonState.PLANNED,
            or_(_is_planned_on(day), Lesson.state.in_(LIVE_STATES)),
        )
        .order_by(Lesson.planned_start, Lesson.id)
    )
    return rows.all()
