"""Routes of a live lesson: start it, get a ticket for it, end it."""

from uuid import UUID

from fastapi import APIRouter, Request

from app.attendance.seats import HUB, SeatRole
from app.attendance.standing import duration_ms
from app.clock import Now
from app.database import Database, Db
from app.errors import NotFound, refuses
from app.lessons import cards
from app.lessons import queries as lesson_queries
from app.lessons.errors import LessonNotStartable
from app.lessons.routes import Records
from app.lessons.schemas import LessonCard
from app.live import service, tickets
from app.live.errors import Blocked, LessonNotOpen, NotInvited, TicketTaken
from app.live.ports import LiveRooms
from app.live.schemas import StartedOut, TicketIn, TicketOut
from app.security import CurrentCaller, CurrentTeacher
from signaling.messages import PROTOCOL, EndReason

router = APIRouter(prefix="/api/lessons", tags=["live"])

WEBSOCKET = "/api/live"


@router.post("/{lesson_id}/start")
@refuses(LessonNotStartable)
async def start(
    lesson_id: UUID, db: Db, now: Now, teacher: CurrentTeacher, records: Records
) -> StartedOut:
    """Take a lesson live (开课). Only its lecturer may; pressing twice is the same as once."""
    session = await service.start_lesson(
        db, lesson_id=lesson_id, lecturer_id=teacher.person_id, now=now
    )
    lesson = await lesson_queries.get_taught_by(db, lesson_id, teacher.person_id)
    card = await cards.card(db, records, lesson=lesson, now=now)
    return StartedOut(lesson=card, session_id=session.id)


@router.post("/{lesson_id}/tickets", status_code=201)
@refuses(LessonNotOpen, NotInvited, Blocked, TicketTaken)
async def issue_ticket(
    *, lesson_id: UUID, body: TicketIn, db: Db, now: Now, callers: CurrentCaller, live: LiveRooms
) -> TicketOut:
    """Give the caller a ticket to the lesson's room, for thirty seconds and one use.

    A page that opens its WebSocket meanwhile names the ticket it has drawn for that.
    With it come credentials of the relay; a lesson that runs over is given more of them.
    """
    person, device = callers.person, callers.device
    if body.role is SeatRole.CLASSROOM and device is not None:
        given = await service.classroom_ticket(
            db, lesson_id=lesson_id, device=device, now=now, drawn=body.ticket
        )
    elif body.role is SeatRole.LECTURER and person is not None:
        given = await service.lecturer_ticket(
            db, lesson_id=lesson_id, person=person, now=now, drawn=body.ticket
        )
    elif body.role is SeatRole.SUPERVISOR and person is not None:
        given = await service.supervisor_ticket(
            db, lesson_id=lesson_id, person=person, now=now, drawn=body.ticket
        )
    else:
        raise NotFound("This browser cannot enter as that.")
    return TicketOut(
        ticket=given.ticket,
        session_id=given.session_id,
        websocket=WEBSOCKET,
        protocol=PROTOCOL,
        expires_in_s=round(tickets.LIFETIME.total_seconds()),
        ice_servers=live.relay.servers(
            holder=str(given.holder_id),
            room=str(given.session_id),
            ends_at=max(given.planned_end, now),
        ),
    )


@router.post("/{lesson_id}/end")
@refuses(LessonNotOpen)
async def end(
    *,
    request: Request,
    lesson_id: UUID,
    db: Db,
    now: Now,
    teacher: CurrentTeacher,
    records: Records,
    live: LiveRooms,
) -> LessonCard:
    """End a lesson (下课) when the WebSocket cannot be had. Ending it twice changes nothing."""
    session = await service.lesson_to_end(db, lesson_id=lesson_id, lecturer_id=teacher.person_id)
    if session.ended_at is None:
        await live.end_session(
            session.id,
            reason=EndReason.ENDED_BY_LECTURER,
            clock_ms=duration_ms(session, now=now),
            actor=HUB,
            now=now,
        )
    database: Database = request.app.state.database
    async with database.unit_of_work() as after:
        lesson = await lesson_queries.get_taught_by(after, lesson_id, teacher.person_id)
        return await cards.card(after, records, lesson=lesson, now=now)
