"""What a classroom's screen announces: the lessons of today and of the days after it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.lessons.models import Lesson, LessonSite, LessonState
from app.lessons.queries import bounds_of, day_of
from app.lessons.schemas import ClassroomWeek, ComingLesson
from app.lessons.timetable_queries import Histories, histories

DAYS = 7


async def coming_week(db: AsyncSession, classroom_id: UUID, *, now: datetime) -> ClassroomWeek:
    """Return what a classroom receives from today on; what was given up or moved is said to be.

    What was moved out of these days is announced where it was, lest somebody wait for it. Drafts
    are not announced: they may still change.
    """
    today = day_of(now)
    first, last = bounds_of(today)[0], bounds_of(today + timedelta(days=DAYS - 1))[1]
    rows = await db.scalars(
        select(Lesson)
        .join(LessonSite, LessonSite.lesson_id == Lesson.id)
        .where(
            LessonSite.classroom_id == classroom_id,
            Lesson.state != LessonState.PLANNED,
            or_(
                and_(Lesson.planned_start >= first, Lesson.planned_start < last),
                and_(Lesson.moved_from >= first, Lesson.moved_from < last),
            ),
        )
        .options(joinedload(Lesson.hub_school), joinedload(Lesson.lecturer))
    )
    lessons = rows.all()
    became = await histories(db, lessons)
    found = [_announced(each, _place(each, first, last), became) for each in lessons]
    return ClassroomWeek(today=today, lessons=sorted(found, key=_in_order))


def _place(lesson: Lesson, first: datetime, last: datetime) -> datetime:
    """Return when a lesson begins, or was to: whichever of them lies between the two moments."""
    if first <= lesson.planned_start < last:
        return lesson.planned_start
    assert lesson.moved_from is not None
    return lesson.moved_from


def _in_order(lesson: ComingLesson) -> tuple[datetime, UUID]:
    return lesson.planned_start, lesson.id


def _announced(lesson: Lesson, begins: datetime, became: Histories) -> ComingLesson:
    """Say what there is to say of a lesson at one of the two places it had."""
    steps = became.substitutions.get(lesson.id, ())
    handed_over = steps[0] if steps else None
    if handed_over is not None and handed_over[0].from_person_id == lesson.lecturer_id:
        handed_over = None  # back to who gave it away
    original = None if lesson.makes_up_id is None else became.originals[lesson.makes_up_id]
    again = became.made_up_by.get(lesson.id) if lesson.state is LessonState.MADE_UP else None
    return ComingLesson(
        id=lesson.id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub_school=lesson.hub_school.name,
        lecturer=lesson.lecturer.name,
        planned_start=begins,
        planned_end=begins + (lesson.planned_end - lesson.planned_start),
        day=day_of(begins),
        state=lesson.state,
        moved_from=lesson.moved_from if begins == lesson.planned_start else None,
        moved_to=None if begins == lesson.planned_start else lesson.planned_start,
        cancelled_because=became.cancelled.get(lesson.id),
        instead_of=None if handed_over is None else handed_over[1],
        makes_up=None if original is None else original.planned_start,
        made_up_on=None if again is None else again.planned_start,
    )
