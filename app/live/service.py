"""开课, tickets and 下课: what a page asks before and besides the WebSocket."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries as attendance_queries
from app.attendance import service as attendance
from app.attendance.models import Session
from app.attendance.seats import HUB, SeatRole, site_seat, supervisor_seat
from app.errors import NotFound
from app.lessons import queries as lesson_queries
from app.lessons import service as lessons
from app.lessons.models import Lesson
from app.live import queries, tickets
from app.live.errors import Blocked, LessonNotOpen, NotInvited
from app.live.tickets import Holder
from app.recordings import service as recordings
from app.security import DeviceCaller, PersonCaller
from signaling import saved_state


@dataclass(frozen=True, slots=True)
class Ticket:
    """A right to enter one room within thirty seconds."""

    ticket: str
    session_id: UUID
    holder_id: UUID
    planned_end: datetime


async def start_lesson(
    db: AsyncSession, *, lesson_id: UUID, lecturer_id: UUID, now: datetime
) -> Session:
    """Take a lesson live: session, attendance rows and recording, all or nothing.

    Pressing twice gives the same session. Raise NotFound for anybody but the lecturer,
    LessonNotStartable outside the time from 30 minutes before the plan until its end.
    """
    await _lock(db, lesson_id)
    lesson = await lesson_queries.get_taught_by(db, lesson_id, lecturer_id)
    if lesson.state.is_live:
        session = await attendance_queries.session_of_lesson(db, lesson_id)
        assert session is not None
        return session
    lessons.require_startable(lesson, now)
    session = await attendance.open_session(db, lesson=lesson, now=now)
    if lesson.is_recorded:
        await recordings.arm(db, session_id=session.id, lesson_id=lesson.id, now=now)
    return session


async def _lock(db: AsyncSession, lesson_id: UUID) -> None:
    """Let one start of a lesson wait for another: two clicks make one session."""
    await db.execute(update(Lesson).where(Lesson.id == lesson_id).values(state=Lesson.state))


async def lecturer_ticket(
    db: AsyncSession, *, lesson_id: UUID, person: PersonCaller, now: datetime, drawn: str | None
) -> Ticket:
    """Give the lecturer a ticket for the hub's seat. Raise NotFound for anybody else."""
    lesson = await lesson_queries.get_taught_by(db, lesson_id, person.person_id)
    return await _issue(
        db,
        lesson,
        seat_id=HUB,
        role=SeatRole.LECTURER,
        holder=Holder(person.account_id),
        now=now,
        drawn=drawn,
    )


async def classroom_ticket(
    db: AsyncSession, *, lesson_id: UUID, device: DeviceCaller, now: datetime, drawn: str | None
) -> Ticket:
    """Give a classroom's device a ticket for its site's seat. Raise NotInvited."""
    site = await queries.site_of(db, lesson_id, device.classroom_id)
    if site is None:
        if await queries.lesson_exists(db, lesson_id):
            raise NotInvited("This lesson has no seat for this classroom.")
        raise NotFound
    return await _issue(
        db,
        site.lesson,
        seat_id=site_seat(site.id),
        role=SeatRole.CLASSROOM,
        holder=Holder(device_id=device.device_id),
        now=now,
        drawn=drawn,
    )


async def supervisor_ticket(
    db: AsyncSession, *, lesson_id: UUID, person: PersonCaller, now: datetime, drawn: str | None
) -> Ticket:
    """Give somebody whose office it is a ticket to look in (巡课). Raise NotFound."""
    lesson = await queries.inspectable(db, lesson_id, person)
    return await _issue(
        db,
        lesson,
        seat_id=supervisor_seat(person.person_id),
        role=SeatRole.SUPERVISOR,
        holder=Holder(person.account_id),
        now=now,
        drawn=drawn,
    )


async def _issue(
    db: AsyncSession,
    lesson: Lesson,
    *,
    seat_id: str,
    role: SeatRole,
    holder: Holder,
    now: datetime,
    drawn: str | None,
) -> Ticket:
    session = await attendance_queries.session_of_lesson(db, lesson.id)
    if session is None or not lesson.state.is_live:
        raise LessonNotOpen(f"The lesson is {lesson.state}.", state=lesson.state)
    if _is_blocked(session, holder):
        raise Blocked("The lecturer has closed this lesson to you.")
    ticket = await tickets.issue(
        db,
        session_id=session.id,
        seat_id=seat_id,
        role=role,
        holder=holder,
        now=now,
        drawn=drawn,
    )
    holder_id = holder.account_id or holder.device_id
    assert holder_id is not None, "a ticket is somebody's"
    return Ticket(ticket, session.id, holder_id, lesson.planned_end)


def _is_blocked(session: Session, holder: Holder) -> bool:
    """Return whether the lecturer blocked this account or this device, as the room last said.

    The room itself refuses too: its word counts while it has not been saved yet.
    """
    if not session.saved_state:
        return False
    ids = {str(own) for own in (holder.account_id, holder.device_id) if own is not None}
    seats = saved_state.from_json(session.saved_state).seats
    return any(seat.is_blocked and ids & {seat.account_id, seat.device_id} for seat in seats)


async def lesson_to_end(db: AsyncSession, *, lesson_id: UUID, lecturer_id: UUID) -> Session:
    """Return the session a lecturer wants to end. Raise NotFound, LessonNotOpen."""
    lesson = await lesson_queries.get_taught_by(db, lesson_id, lecturer_id)
    session = await attendance_queries.session_of_lesson(db, lesson_id)
    if session is None:
        raise LessonNotOpen(f"The lesson is {lesson.state}.", state=lesson.state)
    return session
