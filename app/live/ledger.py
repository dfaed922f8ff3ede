"""What happened, kept: `signaling.ports.RoomLedger`, written into the slices' tables.

A write whose outcome is unknown (the connection broke during the commit) is repeated by
signalling. The ledger remembers before which row such a write began, and so finds what is
there already and writes nothing twice.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import service as attendance
from app.attendance.journal import NewEvent
from app.attendance.models import Session
from app.database import Database, is_unavailable
from app.recordings import service as recordings
from signaling.messages import EndReason
from signaling.ports import LedgerAway, RoomEvent


class DatabaseLedger:
    """Writes each call in one transaction. `clock` gives the wall time."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        # Per room whose last write did not return: the newest row before it. One entry per
        # room in trouble, gone with the next write that returns.
        self._in_doubt: dict[str, int] = {}

    async def record(self, room_id: str, events: Sequence[RoomEvent]) -> None:
        """Append events; presence, head counts, incidents and recording states follow."""
        session_id = UUID(room_id)
        after = self._in_doubt.get(room_id)
        if after is None:
            self._in_doubt[room_id] = await self._newest_row(session_id)
        async with self._work() as db:
            new = await attendance.record_events(
                db,
                session_id=session_id,
                events=[_as_new(event) for event in events],
                now=self._clock(),
                after=after,
            )
            for event in new:
                await recordings.follow_recorder(
                    db,
                    session_id=session_id,
                    event_type=event.type,
                    problem=_text_or_none(event.payload.get("problem")),
                )
        del self._in_doubt[room_id]

    async def save_state(self, room_id: str, state: Mapping[str, JsonValue]) -> None:
        """Keep what must survive a restart."""
        async with self._work() as db:
            await attendance.save_state(db, session_id=UUID(room_id), state=state)

    async def still_present(self, room_id: str, seat_ids: Sequence[str], clock_ms: int) -> None:
        """Move on what those present have earned."""
        async with self._work() as db:
            await attendance.still_present(
                db, session_id=UUID(room_id), seat_ids=seat_ids, clock_ms=clock_ms
            )

    async def lesson_ended(
        self,
        room_id: str,
        reason: EndReason,
        clock_ms: int,
        actor: str | None,  # noqa: ARG002 - part of the port; the event before it names the actor
    ) -> None:
        """Close the lesson in the records. Repeating it changes nothing."""
        session_id = UUID(room_id)
        async with self._work() as db:
            await attendance.close_session(
                db, session_id=session_id, reason=reason.value, clock_ms=clock_ms
            )
            await recordings.begin_finalising(db, session_id=session_id)

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[AsyncSession]:
        """Give a unit of work. Raise LedgerAway when it failed for want of a database."""
        try:
            async with self._database.unit_of_work() as db:
                yield db
        except Exception as error:
            if is_unavailable(error):
                raise LedgerAway(type(error).__name__) from error
            raise

    async def _newest_row(self, session_id: UUID) -> int:
        async with self._work() as db:
            return (await db.get_one(Session, session_id)).event_count


def _as_new(event: RoomEvent) -> NewEvent:
    return NewEvent(
        event.type.value, event.clock_ms, event.seat_id, event.actor, dict(event.payload)
    )


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
