"""What lessons ask of the slice above them, which knows what happened. `app.main` provides it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class AwaitingHeadcount:
    """A lesson that is over and whose number of pupils the classroom is asked to confirm."""

    lesson_id: UUID
    headcount: int | None
    # What the classroom's row says; None: not measured.
    planned_ms: int
    connected_ms: int
    audible_ms: int | None
    is_counted: bool | None


class LessonRecords(Protocol):
    """The facts of lessons that are not the lesson's own."""

    async def session_ids(
        self, db: AsyncSession, *, lesson_ids: Collection[UUID]
    ) -> Mapping[UUID, UUID]:
        """Return the session of each lesson that was ever taken live."""

    async def awaiting_headcount(
        self, db: AsyncSession, *, classroom_id: UUID, now: datetime
    ) -> AwaitingHeadcount | None:
        """Return the lesson this classroom should confirm its number of pupils for, if any."""

    async def teaching_now(
        self, db: AsyncSession, *, person_ids: Collection[UUID]
    ) -> Collection[UUID]:
        """Return which of these people are in the room of a lesson they give."""
