"""Writing into the chain of a lesson's events. Times in milliseconds on the lesson clock.

Every use case that writes begins with `lock`. That takes the row's lock of the session on
PostgreSQL and the write lock on SQLite, so that numbers stay gapless and the chain straight
whoever else writes to the same lesson.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.attendance import chain
from app.attendance.models import ClassEvent, Session
from app.errors import NotFound

#: Who reports head counts from the classroom.
ASSISTANT = "assistant"
ADMINISTRATOR = "administrator"


class RowEventType(StrEnum):
    """What is said of attendance rows after the lesson. Kept for ever, as `EventType` is."""

    ATTENDANCE_CONFIRMED = "attendance_confirmed"
    ATTENDANCE_AMENDED = "attendance_amended"
    ATTENDANCE_LOCKED = "attendance_locked"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened and is to be written; the fields of `signaling.ports.RoomEvent`."""

    type: str
    clock_ms: int
    seat_id: str | None = None
    actor: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


async def lock(db: AsyncSession, session_id: UUID, *, alive_ms: int = 0) -> Session:
    """Lock a session for this transaction and return it with its lesson. Raise NotFound."""
    later = case((Session.last_alive_ms < alive_ms, alive_ms), else_=Session.last_alive_ms)
    await db.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(
            last_alive_ms=case((Session.ended_at.is_(None), later), else_=Session.last_alive_ms)
        )
    )
    session = await db.scalar(
        select(Session)
        .where(Session.id == session_id)
        .options(joinedload(Session.lesson))
        .execution_options(populate_existing=True)
    )
    if session is None:
        raise NotFound
    return session


def append(db: AsyncSession, session: Session, events: Sequence[NewEvent], now: datetime) -> None:
    """Append events to the chain of a session that is locked."""
    for event in events:
        number = session.event_count + 1
        link = chain.Link(
            session_id=session.id,
            number=number,
            clock_ms=event.clock_ms,
            written_at=now,
            type=event.type,
            seat_id=event.seat_id,
            actor=event.actor,
            payload=event.payload,
            previous_hash=session.event_head or chain.GENESIS,
        )
        digest = chain.hash_of(link)
        db.add(
            ClassEvent(
                session_id=session.id,
                number=number,
                clock_ms=event.clock_ms,
                written_at=now,
                type=event.type,
                seat_id=event.seat_id,
                actor=event.actor,
                payload=dict(event.payload),
                previous_hash=link.previous_hash,
                hash=digest,
            )
        )
        session.event_count, session.event_head = number, digest


def on_clock(session: Session, now: datetime) -> int:
    """Return where `now` is on the lesson clock, which stands still from the lesson's end on.

    What is said of a lesson may come weeks later; when it was written stands beside it.
    """
    until = now if session.ended_at is None else min(now, session.ended_at)
    return milliseconds(until - session.started_at)


def milliseconds(span: timedelta) -> int:
    """Return a span in whole milliseconds."""
    return span // timedelta(milliseconds=1)
