"""Lessons that a dead server, or a teacher who never came back, left live.

A lesson whose room is open looks after itself (`signaling.room`). This is about the others:
at start every stay is closed at the moment it was last heard of, the lesson stays live for
whoever comes back, and one that nobody comes back to is ended, so that none is live for ever.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries
from app.attendance import service as attendance
from app.attendance.journal import NewEvent
from app.attendance.models import Session
from app.attendance.seats import HUB
from app.database import Database
from app.recordings import service as recordings
from signaling.messages import EndReason
from signaling.ports import EventType

LECTURER_AWAY = timedelta(minutes=10)
LONG_OVER = timedelta(minutes=30)
AWAY_WHEN_LONG_OVER = timedelta(minutes=1)


async def close_lost_stays(database: Database, *, now: datetime) -> None:
    """Say of everybody who was present when the server died that they left."""
    async with database.unit_of_work() as db:
        for session in await queries.unfinished_sessions(db):
            await attendance.close_lost(db, session_id=session.id, now=now)


async def end_abandoned(
    database: Database,
    *,
    now: datetime,
    server_started_at: datetime,
    is_room_open: Callable[[UUID], bool],
) -> list[UUID]:
    """End the live lessons nobody came back to; return their sessions.

    The lecturer has ten minutes since the room was last in use, or since the server came
    back; one minute when the plan was over half an hour ago. The lesson ends where it was
    last alive, so that nobody earns minutes of a lesson that was not there.
    """
    async with database.unit_of_work() as db:
        sessions = await queries.unfinished_sessions(db)
        abandoned = [
            session
            for session in sessions
            if not is_room_open(session.id)
            and await _is_abandoned(db, session, now, server_started_at)
        ]
    ended = []
    for session in abandoned:
        async with database.unit_of_work() as db:
            is_open = await attendance.is_open(db, session_id=session.id)
            # Asked again: from here on a room that opens waits for this transaction, and is told
            # that the lesson is over. One that opened before goes on.
            if not is_open or is_room_open(session.id):
                continue
            reason, clock_ms = EndReason.LECTURER_ABSENT, session.last_alive_ms
            await _end(db, session.id, reason, clock_ms=clock_ms, actor=None, now=now)
        ended.append(session.id)
    return ended


async def _is_abandoned(
    db: AsyncSession, session: Session, now: datetime, server_started_at: datetime
) -> bool:
    seen_ms = await queries.lecturer_last_seen_ms(db, session.id, HUB) or 0
    seen_at = session.started_at + timedelta(milliseconds=seen_ms)
    is_long_over = now > session.lesson.planned_end + LONG_OVER
    bound = AWAY_WHEN_LONG_OVER if is_long_over else LECTURER_AWAY
    return now - max(seen_at, server_started_at) > bound


async def end_in_records(
    database: Database,
    *,
    session_id: UUID,
    reason: EndReason,
    clock_ms: int,
    actor: str | None,
    now: datetime,
) -> None:
    """End a lesson whose room is not open: event, states, attendance, recording."""
    async with database.unit_of_work() as db:
        # The chain is locked first, or two who end the same lesson would both write its end.
        if not await attendance.is_open(db, session_id=session_id):
            return
        await _end(db, session_id, reason, clock_ms=clock_ms, actor=actor, now=now)


async def _end(
    db: AsyncSession,
    session_id: UUID,
    reason: EndReason,
    *,
    clock_ms: int,
    actor: str | None,
    now: datetime,
) -> None:
    ended = NewEvent(EventType.LESSON_ENDED.value, clock_ms, None, actor, {"reason": reason.value})
    await attendance.record_events(db, session_id=session_id, events=[ended], now=now)
    await attendance.close_session(
        db, session_id=session_id, reason=reason.value, clock_ms=clock_ms
    )
    await recordings.begin_finalising(db, session_id=session_id)
