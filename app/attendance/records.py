"""What lessons ask of this slice: `app.lessons.ports.LessonRecords`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries
from app.lessons.ports import AwaitingHeadcount

ASK_FOR = timedelta(hours=2)


class SessionRecords:
    """Answers from sessions and attendance rows. Holds nothing."""

    async def session_ids(
        self, db: AsyncSession, *, lesson_ids: Collection[UUID]
    ) -> Mapping[UUID, UUID]:
        """Return the session of each lesson that was ever taken live."""
        return await queries.session_ids(db, lesson_ids)

    async def awaiting_headcount(
        self, db: AsyncSession, *, classroom_id: UUID, now: datetime
    ) -> AwaitingHeadcount | None:
        """Return the latest lesson, over for less than two hours, not confirmed yet.

        Only one the classroom came to: of the others there is nobody to count.
        """
        return await queries.awaiting_headcount(
            db, classroom_id=classroom_id, ended_after=now - ASK_FOR
        )

    async def teaching_now(
        self, db: AsyncSession, *, person_ids: Collection[UUID]
    ) -> Collection[UUID]:
        """Return which of these people are in the room of a lesson they give."""
        return await queries.teaching_now(db, person_ids)
