"""The room that today's lessons need, which nothing else that is made of recordings may take."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.lessons.models import Lesson, LessonState
from app.lessons.queries import bounds_of, day_of

BYTES_A_MINUTE: Final = 19 * 1000**2
"""What a minute of a lesson takes: 0.75 GB in forty (docs/operations.md)."""
ROOM_LOOKED_FOR_EVERY: Final = timedelta(minutes=10)
"""How often what waits for room looks whether there is some."""
_TO_COME = (
    LessonState.PUBLISHED,
    LessonState.READY,
    LessonState.LIVE,
    LessonState.PAUSED_ALL,
)
_MINUTE: Final = timedelta(minutes=1)


async def reserved_bytes(db: AsyncSession, *, now: datetime) -> int:
    """Return how much the lessons will take that are recorded from now until the day is over.

    Of each what is left of its planned time. One that runs longer has what is kept free beside.
    """
    rows = await db.execute(
        select(Lesson.planned_start, Lesson.planned_end).where(_is_to_be_recorded(now))
    )
    left = sum(((end - max(start, now)) for start, end in rows), start=timedelta())
    return round(left / _MINUTE * BYTES_A_MINUTE)


async def reserved_until(db: AsyncSession, *, now: datetime) -> datetime | None:
    """Return when the last of these lessons is over; None: none is to come today."""
    return await db.scalar(select(func.max(Lesson.planned_end)).where(_is_to_be_recorded(now)))


def _is_to_be_recorded(now: datetime) -> ColumnElement[bool]:
    """Return the condition that something of a lesson is recorded from now until the day ends."""
    _, midnight = bounds_of(day_of(now))
    return and_(
        Lesson.is_recorded,
        Lesson.state.in_(_TO_COME),
        Lesson.planned_start < midnight,
        Lesson.planned_end > now,
    )
