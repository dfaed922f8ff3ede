"""Reads of sessions, events, presence and attendance, for this slice and those above it.

What a caller may see is decided by the lists of schools given (`within`): the hub's school
or an invited classroom's. Functions without it serve services, not routes.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.models import Person
from app.attendance import chain
from app.attendance.evidence import Stay
from app.attendance.minutes import Heard
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
    ClassEvent,
    Incident,
    SeatPresence,
    Session,
)
from app.attendance.seats import HUB, read_seat
from app.lessons.models import Lesson, LessonSite
from app.lessons.ports import AwaitingHeadcount


def record_ids(session_id: UUID) -> Select[UUID]:
    """Return a query of the rows of a session."""
    return select(AttendanceRecord.id).where(AttendanceRecord.session_id == session_id)


async def open_presences(
    db: AsyncSession, session_id: UUID, *, seat_id: str | None = None
) -> Sequence[SeatPresence]:
    """Return the stays nobody ended yet, of one seat or of all."""
    query = select(SeatPresence).where(
        SeatPresence.session_id == session_id, SeatPresence.left_ms.is_(None)
    )
    if seat_id is not None:
        query = query.where(SeatPresence.seat_id == seat_id)
    return (await db.scalars(query.order_by(SeatPresence.joined_ms, SeatPresence.id))).all()


async def presences(db: AsyncSession, session_id: UUID) -> Sequence[SeatPresence]:
    """Return all stays of a session in the order in which they began."""
    query = select(SeatPresence).where(SeatPresence.session_id == session_id)
    return (await db.scalars(query.order_by(SeatPresence.joined_ms, SeatPresence.id))).all()


async def stays_by_site(db: AsyncSession, session_id: UUID) -> dict[UUID, list[Stay]]:
    """Return the stays of each lesson site; one still open lasts until it was last seen."""
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    for presence in await presences(db, session_id):
        if presence.lesson_site_id is not None:
            until = presence.last_seen_ms if presence.left_ms is None else presence.left_ms
            stays[presence.lesson_site_id].append(Stay(presence.joined_ms, until))
    return stays


async def heard_by_site(db: AsyncSession, session_id: UUID) -> dict[UUID, list[Heard]]:
    """Return what each lesson site received, as it was written into the chain of events."""
    heard: dict[UUID, list[Heard]] = defaultdict(list)
    for row in await events_of_types(db, session_id, ("reception",)):
        site_id = read_seat(row.seat_id or "").of_site
        if site_id is not None:
            heard[site_id] += [
                Heard(int(from_ms), int(to_ms), str(word), bool(is_visible))
                for from_ms, to_ms, word, is_visible in row.payload["spans"]
            ]
    return heard


async def amendments_of(db: AsyncSession, record_id: UUID) -> Sequence[AttendanceAmendment]:
    """Return the amendments of an attendance row, in the order in which they were made."""
    query = select(AttendanceAmendment).where(AttendanceAmendment.record_id == record_id)
    return (await db.scalars(query.order_by(AttendanceAmendment.number))).all()


async def amendments_of_session(
    db: AsyncSession, session_id: UUID
) -> dict[UUID, list[AttendanceAmendment]]:
    """Return the amendments of each row of a session that has any, in order."""
    query = (
        select(AttendanceAmendment)
        .join(AttendanceRecord, AttendanceAmendment.record_id == AttendanceRecord.id)
        .where(AttendanceRecord.session_id == session_id)
        .order_by(AttendanceAmendment.record_id, AttendanceAmendment.number)
    )
    found: dict[UUID, list[AttendanceAmendment]] = defaultdict(list)
    for amendment in await db.scalars(query):
        found[amendment.record_id].append(amendment)
    return found


async def locks_of(db: AsyncSession, term_id: UUID) -> Sequence[tuple[AttendanceLock, str]]:
    """Return who locked rows of a term and when, the latest first."""
    rows = await db.execute(
        select(AttendanceLock, Person.name)
        .join(Person, AttendanceLock.person_id == Person.id)
        .where(AttendanceLock.term_id == term_id)
        .order_by(AttendanceLock.at.desc(), AttendanceLock.id)
    )
    return [(lock, name) for lock, name in rows]


async def teaching_now(db: AsyncSession, person_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these people sit at the hub's seat of a running lesson of theirs."""
    rows = await db.scalars(
        select(Lesson.lecturer_id)
        .join(Session, Session.lesson_id == Lesson.id)
        .join(SeatPresence, SeatPresence.session_id == Session.id)
        .where(
            Lesson.lecturer_id.in_(person_ids),
            Session.ended_at.is_(None),
            SeatPresence.seat_id == HUB,
            SeatPresence.left_ms.is_(None),
        )
    )
    return set(rows)


async def lecturer_last_seen_ms(db: AsyncSession, session_id: UUID, seat_id: str) -> int | None:
    """Return when the seat was last heard of on the lesson clock, or None if it never came."""
    query = select(func.max(SeatPresence.last_seen_ms)).where(
        SeatPresence.session_id == session_id, SeatPresence.seat_id == seat_id
    )
    return await db.scalar(query)


async def records_of_session(db: AsyncSession, session_id: UUID) -> Sequence[AttendanceRecord]:
    """Return the attendance rows of a session with their sites, in a stable order."""
    query = (
        select(AttendanceRecord)
        .where(AttendanceRecord.session_id == session_id)
        .options(joinedload(AttendanceRecord.site))
        .order_by(AttendanceRecord.lesson_site_id)
    )
    return (await db.scalars(query)).all()


async def record_of_site(
    db: AsyncSession, session_id: UUID, lesson_site_id: UUID | None
) -> AttendanceRecord | None:
    """Return the attendance row of one site of a session."""
    query = select(AttendanceRecord).where(
        AttendanceRecord.session_id == session_id,
        AttendanceRecord.lesson_site_id == lesson_site_id,
    )
    return await db.scalar(query)


async def record_of_classroom(
    db: AsyncSession, lesson_id: UUID, classroom_id: UUID
) -> AttendanceRecord | None:
    """Return the attendance row of one classroom in one lesson that has begun."""
    query = (
        select(AttendanceRecord)
        .join(AttendanceRecord.site)
        .where(LessonSite.lesson_id == lesson_id, LessonSite.classroom_id == classroom_id)
    )
    return await db.scalar(query)


async def events_after(
    db: AsyncSession,
    session_id: UUID,
    *,
    after: int,
    limit: int | None,
    seats: Collection[str] | None = None,
) -> Sequence[ClassEvent]:
    """Return events with numbers above `after`, in order.

    With `seats`, only those that are about one of these seats or about none.
    """
    query = select(ClassEvent).where(ClassEvent.session_id == session_id, ClassEvent.number > after)
    if seats is not None:
        query = query.where(or_(ClassEvent.seat_id.is_(None), ClassEvent.seat_id.in_(seats)))
    return (await db.scalars(query.order_by(ClassEvent.number).limit(limit))).all()


async def events_of_types(
    db: AsyncSession, session_id: UUID, types: Collection[str]
) -> Sequence[ClassEvent]:
    """Return the events of some types, in order."""
    query = (
        select(ClassEvent)
        .where(ClassEvent.session_id == session_id, ClassEvent.type.in_(types))
        .order_by(ClassEvent.number)
    )
    return (await db.scalars(query)).all()


async def incidents(db: AsyncSession, session_id: UUID) -> Sequence[Incident]:
    """Return the incidents of a session in order."""
    query = select(Incident).where(Incident.session_id == session_id)
    return (await db.scalars(query.order_by(Incident.clock_ms, Incident.id))).all()


async def check_chain(db: AsyncSession, session: Session) -> chain.ChainCheck:
    """Check every event of a session against the chain and the head kept with the session."""
    rows = await events_after(db, session.id, after=-1, limit=None)
    links = (
        chain.Link(
            session_id=row.session_id,
            number=row.number,
            clock_ms=row.clock_ms,
            written_at=row.written_at,
            type=row.type,
            seat_id=row.seat_id,
            actor=row.actor,
            payload=row.payload,
            previous_hash=row.previous_hash,
            hash=row.hash,
        )
        for row in rows
    )
    return chain.verify(links, count=session.event_count, head=session.event_head)


async def get_session(db: AsyncSession, session_id: UUID) -> Session | None:
    """Return a session with its lesson, whoever asks."""
    query = select(Session).where(Session.id == session_id).options(joinedload(Session.lesson))
    return await db.scalar(query)


async def session_of_lesson(db: AsyncSession, lesson_id: UUID) -> Session | None:
    """Return the session of a lesson, if it has begun."""
    query = (
        select(Session).where(Session.lesson_id == lesson_id).options(joinedload(Session.lesson))
    )
    return await db.scalar(query)


async def unfinished_sessions(db: AsyncSession) -> Sequence[Session]:
    """Return every session that has not ended."""
    query = select(Session).where(Session.ended_at.is_(None)).options(joinedload(Session.lesson))
    return (await db.scalars(query.order_by(Session.started_at, Session.id))).all()


async def session_ids(db: AsyncSession, lesson_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the session ids of those of the lessons that have begun, by lesson."""
    rows = await db.execute(
        select(Session.lesson_id, Session.id).where(Session.lesson_id.in_(lesson_ids))
    )
    return {row.lesson_id: row.id for row in rows}


async def awaiting_headcount(
    db: AsyncSession, *, classroom_id: UUID, ended_after: datetime
) -> AwaitingHeadcount | None:
    """Return the latest lesson the classroom came to it has neither confirmed nor objected to."""
    row = (
        await db.execute(
            select(Session.lesson_id, AttendanceRecord)
            .join(AttendanceRecord, AttendanceRecord.session_id == Session.id)
            .join(AttendanceRecord.site)
            .where(
                LessonSite.classroom_id == classroom_id,
                AttendanceRecord.state == AttendanceState.AUTO_CLOSED,
                AttendanceRecord.first_joined_ms.is_not(None),
                AttendanceRecord.objection.is_(None),
                Session.ended_at > ended_after,
            )
            .order_by(Session.ended_at.desc(), Session.id)
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    lesson_id, record = row
    return AwaitingHeadcount(
        lesson_id=lesson_id,
        headcount=record.headcount,
        planned_ms=record.planned_ms,
        connected_ms=record.connected_ms,
        audible_ms=record.audible_ms,
        is_counted=record.is_counted,
    )
