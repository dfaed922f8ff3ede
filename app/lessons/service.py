"""Use cases of lessons: plan one, say when it may start, move it along its states."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import DISPLAY_ZONE
from app.errors import WrongState
from app.lessons.errors import LessonNotStartable
from app.lessons.models import (
    NEXT_LESSON_STATE,
    STARTABLE,
    Lesson,
    LessonKind,
    LessonSite,
    LessonState,
)

START_BEFORE = timedelta(minutes=30)


def start_window(lesson: Lesson) -> tuple[datetime, datetime]:
    """Return from when until when the lesson may be taken live."""
    return lesson.planned_start - START_BEFORE, lesson.planned_end


def can_start(lesson: Lesson, now: datetime) -> bool:
    """Return whether its lecturer may take it live now."""
    start, end = start_window(lesson)
    return lesson.state in STARTABLE and start <= now < end


def require_startable(lesson: Lesson, now: datetime) -> None:
    """Raise LessonNotStartable, saying why and, when too early, from when on."""
    start, end = start_window(lesson)
    if lesson.state not in STARTABLE:
        raise LessonNotStartable(f"The lesson is {lesson.state}.", state=lesson.state)
    if now < start:
        clock = start.astimezone(DISPLAY_ZONE).strftime("%H:%M")
        raise LessonNotStartable(
            f"The lesson can be started from {clock}.", can_start_from=start.isoformat()
        )
    if now >= end:
        raise LessonNotStartable("The lesson's planned time is over.")


def move(lesson: Lesson, state: LessonState) -> None:
    """Change the lesson's state along its table. Raise WrongState, saying what is possible."""
    if state not in NEXT_LESSON_STATE[lesson.state]:
        raise WrongState(
            f"The lesson is {lesson.state}.",
            state=lesson.state,
            possible=sorted(NEXT_LESSON_STATE[lesson.state]),
        )
    lesson.state = state


async def plan_lesson(
    db: AsyncSession,
    *,
    kind: LessonKind,
    title: str,
    subject: str,
    grade: str,
    hub_school_id: UUID,
    lecturer_id: UUID,
    classroom_ids: Iterable[UUID],
    planned_start: datetime,
    planned_end: datetime,
    passes_on: Lesson | None = None,
) -> Lesson:
    """Add a published lesson and invite its classrooms.

    `passes_on`: the lesson the hub receives itself and broadcasts to its own sites; however long
    the chain, all its lessons name the one at its beginning, so that no site counts twice.
    """
    lesson = Lesson(
        kind=kind,
        title=title,
        subject=subject,
        grade=grade,
        hub_school_id=hub_school_id,
        lecturer_id=lecturer_id,
        planned_start=planned_start,
        planned_end=planned_end,
        state=LessonState.PUBLISHED,
        origin_id=None if passes_on is None else passes_on.origin_id or passes_on.id,
    )
    db.add(lesson)
    await db.flush()
    db.add_all(LessonSite(lesson_id=lesson.id, classroom_id=each) for each in classroom_ids)
    await db.flush()
    return lesson
