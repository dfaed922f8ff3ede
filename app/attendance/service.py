"""From live facts to evidence: sessions, events, presence, attendance. All in milliseconds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered, links, queries, rules
from app.attendance.events import SessionClosed
from app.attendance.heads import report_heads
from app.attendance.journal import NewEvent, append, lock, milliseconds, on_clock
from app.attendance.models import (
    AttendanceRecord,
    AttendanceState,
    Incident,
    SeatPresence,
    Session,
)
from app.attendance.seats import SeatRole, read_seat
from app.attendance.standing import MINUTES, weigh_sites
from app.calendars.days import local_day
from app.events import emit
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonSite, LessonState, SiteState

SERVER_LOST = "server_lost"
SHUT_DOWN = "shut_down"


async def open_session(db: AsyncSession, *, lesson: Lesson, now: datetime) -> Session:
    """Take a lesson live: its session, and an open attendance row for every invited site.

    `lesson.sites` must be loaded. The clock of the lesson begins at `now`.
    """
    lessons.move(lesson, LessonState.LIVE)
    lesson.started_at = now
    session = Session(lesson=lesson, started_at=now)
    db.add(session)
    await db.flush()
    planned_ms = milliseconds(lesson.planned_end - lesson.planned_start)
    db.add_all(
        AttendanceRecord.of(lesson, site, session_id=session.id, planned_ms=planned_ms)
        for site in lesson.sites
    )
    return session


async def open_room(db: AsyncSession, *, session_id: UUID, now: datetime) -> Session:
    """Begin a new epoch of a session: its room is opened, or opened again after a crash.

    Whoever was still marked present was lost with the last room.
    """
    session = await lock(db, session_id)
    session.epoch += 1
    await _close_lost(db, session, now)
    return session


async def close_lost(db: AsyncSession, *, session_id: UUID, now: datetime) -> None:
    """End every stay that nobody ended, at the moment it was last heard of, and say so."""
    await _close_lost(db, await lock(db, session_id), now)


async def _close_lost(db: AsyncSession, session: Session, now: datetime) -> None:
    lost = await queries.open_presences(db, session.id)
    if not lost:
        return
    for presence in lost:
        presence.left_ms, presence.leave_reason = presence.last_seen_ms, SERVER_LOST
    left = [
        NewEvent("seat_left", p.last_seen_ms, seat_id=p.seat_id, payload={"reason": SERVER_LOST})
        for p in lost
    ]
    append(db, session, left, now)
    await db.flush()


async def record_events(
    db: AsyncSession,
    *,
    session_id: UUID,
    events: Sequence[NewEvent],
    now: datetime,
    after: int | None = None,
) -> list[NewEvent]:
    """Append events and what follows from them for presence, head counts and incidents.

    `after` is given when an earlier attempt at the same events has an unknown outcome: the
    number of the newest row before that attempt. What it wrote is not written again. Return
    the events that were new.
    """
    alive_ms = max((event.clock_ms for event in events), default=0)
    session = await lock(db, session_id, alive_ms=alive_ms)
    if after is not None and session.event_count > after:
        events = await _not_yet_written(db, session.id, events, after)
    append(db, session, events, now)
    for event in events:
        await _follow(db, session, event, now)
    await db.flush()
    return list(events)


async def is_open(db: AsyncSession, *, session_id: UUID) -> bool:
    """Return whether the session has not ended; it cannot end before this transaction does."""
    return (await lock(db, session_id)).ended_at is None


async def still_present(
    db: AsyncSession, *, session_id: UUID, seat_ids: Sequence[str], clock_ms: int
) -> None:
    """Move on what the seats present have earned. A crash costs them what came after."""
    session = await lock(db, session_id, alive_ms=clock_ms)
    if session.ended_at is not None:
        return
    await db.execute(
        update(SeatPresence)
        .where(
            SeatPresence.session_id == session_id,
            SeatPresence.seat_id.in_(seat_ids),
            SeatPresence.left_ms.is_(None),
            SeatPresence.last_seen_ms < clock_ms,
        )
        .values(last_seen_ms=clock_ms)
    )


async def save_state(db: AsyncSession, *, session_id: UUID, state: Mapping[str, Any]) -> None:
    """Keep what a room needs to be opened again as it was."""
    session = await lock(db, session_id)
    session.saved_state = dict(state)


async def close_session(db: AsyncSession, *, session_id: UUID, reason: str, clock_ms: int) -> bool:
    """End a lesson: states, stays, attendance. Return False when it was over already.

    `clock_ms` is when it ended on the lesson clock; the wall time of the end follows from it.
    """
    session = await lock(db, session_id)
    if session.ended_at is not None:
        return False
    session.last_alive_ms = clock_ms
    session.ended_at = session.started_at + timedelta(milliseconds=clock_ms)
    session.end_reason = reason
    lesson = session.lesson
    lessons.move(lesson, LessonState.STOPPED_INCIDENT if reason == SHUT_DOWN else LessonState.ENDED)
    lesson.ended_at = session.ended_at
    for presence in await queries.open_presences(db, session_id):
        presence.left_ms = presence.last_seen_ms = max(presence.joined_ms, clock_ms)
        presence.leave_reason = "lesson_ended"
    await db.flush()
    await _weigh_sites(db, session, clock_ms)
    await delivered.refresh_of_records(db, queries.record_ids(session_id))
    emit(db, SessionClosed(session_id))
    return True


async def add_incident(
    db: AsyncSession, *, session_id: UUID, action: str, actor: str, reason: str, now: datetime
) -> None:
    """Keep why somebody outside the room ended a lesson."""
    session = await lock(db, session_id)
    clock_ms = on_clock(session, now)
    event = NewEvent("incident", clock_ms, None, actor, {"action": action, "reason": reason})
    append(db, session, [event], now)
    await _follow(db, session, event, now)


async def _not_yet_written(
    db: AsyncSession, session_id: UUID, events: Sequence[NewEvent], after: int
) -> Sequence[NewEvent]:
    """Return what is left of `events` when those found behind row `after` are taken away."""
    written = 0
    for row in await queries.events_after(db, session_id, after=after, limit=None):
        found = NewEvent(row.type, row.clock_ms, row.seat_id, row.actor, row.payload)
        if written < len(events) and found == _plain(events[written]):
            written += 1
    return events[written:]


def _plain(event: NewEvent) -> NewEvent:
    return NewEvent(event.type, event.clock_ms, event.seat_id, event.actor, dict(event.payload))


async def _follow(db: AsyncSession, session: Session, event: NewEvent, now: datetime) -> None:
    """Do what an event means for the tables that are not the event itself."""
    match event.type:
        case "seat_joined" if session.ended_at is None:
            await _join(db, session, event)
        case "seat_left":
            await _leave(db, session, event, str(event.payload.get("reason", "left")))
        case "paused_all" if session.lesson.state is LessonState.LIVE:
            lessons.move(session.lesson, LessonState.PAUSED_ALL)
        case "restored_all" if session.lesson.state is LessonState.PAUSED_ALL:
            lessons.move(session.lesson, LessonState.LIVE)
        case "link_summary":
            assert event.seat_id is not None
            await links.keep(
                db,
                session_id=session.id,
                seat_id=event.seat_id,
                summary=event.payload,
                now=now,
            )
        case "headcount":
            await _count_heads(db, session, event)
        case "incident":
            # Nobody's doing is the server's: a room that failed, events that were lost.
            action = event.payload.get("action", SHUT_DOWN if event.actor else "failure")
            incident = Incident(
                session_id=session.id,
                clock_ms=event.clock_ms,
                at=now,
                action=str(action)[:32],
                actor=event.actor,
                reason=str(event.payload.get("reason", ""))[:500],
            )
            db.add(incident)


async def _join(db: AsyncSession, session: Session, event: NewEvent) -> None:
    assert event.seat_id is not None
    seat = read_seat(event.seat_id)
    await _leave(db, session, event, "replaced")
    site = await db.get(LessonSite, seat.of) if seat.role is SeatRole.CLASSROOM else None
    db.add(
        SeatPresence(
            session_id=session.id,
            seat_id=event.seat_id,
            role=seat.role,
            lesson_site_id=site.id if site else None,
            joined_ms=event.clock_ms,
            last_seen_ms=event.clock_ms,
        )
    )
    # CONNECTED says that the site came; whether it is there now is a matter of presence.
    if site is not None and site.state is SiteState.EXPECTED:
        site.state = SiteState.CONNECTED
    await db.flush()


async def _leave(db: AsyncSession, session: Session, event: NewEvent, reason: str) -> None:
    for presence in await queries.open_presences(db, session.id, seat_id=event.seat_id):
        presence.left_ms = max(presence.joined_ms, event.clock_ms)
        presence.last_seen_ms = presence.left_ms
        presence.leave_reason = reason[:40]


async def _count_heads(db: AsyncSession, session: Session, event: NewEvent) -> None:
    assert event.seat_id is not None
    record = await queries.record_of_site(db, session.id, read_seat(event.seat_id).of)
    if record is not None and record.state is AttendanceState.OPEN:
        await report_heads(db, record, int(event.payload["count"]))


async def _weigh_sites(db: AsyncSession, session: Session, end_ms: int) -> None:
    rule = await rules.in_force(db, local_day(session.lesson.planned_start))
    for standing in await weigh_sites(db, session.id, end_ms=end_ms):
        record, evidence = standing.record, standing.evidence
        verdict = rules.judge(
            standing.minutes, planned_ms=record.planned_ms, rule=rule, mode=record.site.mode
        )
        for name in MINUTES:
            setattr(record, name, getattr(standing.minutes, name))
        record.is_counted, record.not_counted_reason = verdict.is_counted, verdict.reason
        record.rule_number = rule.number
        record.connected_ms = evidence.connected_ms
        record.first_joined_ms = evidence.first_joined_ms
        record.last_left_ms = evidence.last_left_ms
        record.interruptions = evidence.interruptions
        record.state = AttendanceState.AUTO_CLOSED
        record.site.state = SiteState.COUNTED if verdict.is_counted else SiteState.NOT_COUNTED
