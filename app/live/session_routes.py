"""Routes of sessions: the administrator's list and page, ending from outside, and replay."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.attendance import listing, rows
from app.attendance import queries as attendance_queries
from app.attendance import service as attendance
from app.attendance.exports import SESSION_COLUMNS
from app.attendance.listing import SessionFilter
from app.attendance.seats import supervisor_seat
from app.attendance.standing import duration_ms
from app.clock import Day, Now
from app.database import Db
from app.errors import refuses
from app.exports import (
    EXPORT_ROUTE,
    Column,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    stream,
)
from app.lessons import cards
from app.lessons import queries as lesson_queries
from app.lessons.models import LessonKind, LessonState
from app.lessons.routes import Records
from app.live import queries, replays, views
from app.live.errors import LessonNotOpen
from app.live.ports import LiveRooms
from app.live.replay_schemas import ReplayOut
from app.live.schemas import EndIn, SessionDetail, SessionItem
from app.live.words import RECORDING_STATE
from app.paging import Page, PageQuery
from app.recordings import access
from app.recordings import queries as recording_queries
from app.recordings import service as recordings
from app.recordings.access import Viewer
from app.recordings.errors import ConsentTakenBack, RecordingNotReady
from app.recordings.models import PLAYABLE
from app.recordings.reserved import reserved_until
from app.security import CurrentAdministrator, CurrentInspector, CurrentPerson, client_address
from signaling.messages import WITHOUT_NUL, EndReason

router = APIRouter(prefix="/api", tags=["sessions"])

SESSION_EXPORT = (
    *SESSION_COLUMNS,
    Column("录像", lambda row: RECORDING_STATE.get(row.recording_state)),
)


def _filter(
    *,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    kind: LessonKind | None = None,
    state: LessonState | None = None,
    subject: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL)] = None,
    grade: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL)] = None,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> SessionFilter:
    return SessionFilter(
        first_day, last_day, school_id, kind, state, q.strip(), subject=subject, grade=grade
    )


Wanted = Annotated[SessionFilter, Depends(_filter)]


@router.get("/admin/sessions")
async def list_sessions(
    db: Db, person: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[SessionItem]:
    """List the sessions in the caller's scope, the latest first."""
    found = await listing.list_sessions(db, person, wanted, page)
    kept = await recording_queries.of_sessions(db, [row.session.id for row in found.items])
    return found.page(lambda row: views.item(row, kept.get(row.session.id)))


@router.get("/admin/sessions/export", **EXPORT_ROUTE)
async def export_sessions(
    request: Request,
    person: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    statement = queries.sessions_to_export(person, wanted)
    return stream(
        request.app.state.database,
        statement,
        columns=SESSION_EXPORT,
        name="sessions",
        export_format=export_format,
    )


@router.get("/admin/sessions/{session_id}")
async def session_page(
    *,
    session_id: UUID,
    db: Db,
    now: Now,
    person: CurrentInspector,
    records: Records,
    live: LiveRooms,
) -> SessionDetail:
    """Return everything on a session's page. The chain of events is checked on every look."""
    listed = await listing.get_listed(db, person, session_id)
    lesson = await lesson_queries.get_lesson(db, listed.lesson.id)
    return await views.detail(
        db,
        listed,
        card=await cards.card(db, records, lesson=lesson, now=now),
        recording=await recording_queries.of_session(db, session_id),
        room=live.summary(session_id),
        sight=await listing.seats_in_sight(db, person, lesson.id),
        reporters=await rows.reporters_of(db, person, session_id),
        now=now,
    )


@router.post("/admin/sessions/{session_id}/end")
@refuses(LessonNotOpen)
async def end_session(
    *,
    session_id: UUID,
    body: EndIn,
    db: Db,
    now: Now,
    administrator: CurrentAdministrator,
    live: LiveRooms,
) -> dict[str, UUID]:
    """End a live lesson from outside; who did it and why is written down first."""
    actor = supervisor_seat(administrator.person_id)
    session = await queries.session_administered(db, administrator, session_id)
    if session.ended_at is not None:
        raise LessonNotOpen("The lesson is over.")
    await attendance.add_incident(
        db,
        session_id=session_id,
        action=EndReason.ENDED_BY_ADMINISTRATOR.value,
        actor=actor,
        reason=body.reason,
        now=now,
    )
    # The room writes its end in transactions of its own: this one must not hold the lock.
    await db.commit()
    await live.end_session(
        session_id,
        reason=EndReason.ENDED_BY_ADMINISTRATOR,
        clock_ms=duration_ms(session, now=now),
        actor=actor,
        now=now,
    )
    return {"session_id": session_id}


@router.get("/sessions/{session_id}/replay")
@refuses(RecordingNotReady, ConsentTakenBack)
async def replay(
    request: Request, session_id: UUID, db: Db, now: Now, person: CurrentPerson
) -> ReplayOut:
    """Return a lesson to watch again, and write down who watches it."""
    recording = await recording_queries.watchable(db, person, session_id)
    if recording.state not in PLAYABLE:
        waits = recording.problem == recordings.KEPT_FOR_LESSONS
        until = await reserved_until(db, now=now) if waits else None
        raise RecordingNotReady(
            f"The recording is {recording.state}.",
            state=recording.state,
            problem=recording.problem,
            waits_until=until and until.isoformat(),
            percent=await replays.percent_made(db, recording.id),
        )
    session = await attendance_queries.get_session(db, session_id)
    assert session is not None
    viewer = Viewer(client_address(request), person_id=person.person_id)
    await access.log_look(db, recording, viewer, now=now)
    return await views.replay(db, session, recording, now=now)
