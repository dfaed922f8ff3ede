"""Routes by which a school publishes the recording of its lesson, or takes it from everybody."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.seats import read_seat
from app.clock import Now
from app.database import Db
from app.errors import WrongState, refuses
from app.idempotency import IdempotentRoute
from app.lessons.models import LessonSite
from app.live import rebuilding, views
from app.live.schemas import RecordingOut, WithdrawIn
from app.recordings import light, queries, retention
from app.recordings.errors import ConsentMissing, RecordingNotReady
from app.recordings.models import Recording
from app.recordings.retention import HeldBack
from app.schools.models import Classroom
from app.security import CurrentAdministrator
from media.recorder.timeline import Group

router = APIRouter(prefix="/api", tags=["recordings"], route_class=IdempotentRoute)


@router.post("/admin/sessions/{session_id}/recording/publish")
@refuses(WrongState, ConsentMissing)
async def publish(
    session_id: UUID, db: Db, now: Now, administrator: CurrentAdministrator
) -> RecordingOut:
    """Show the recording to the staff of the schools that took part, if each consents."""
    recording = await queries.administered(db, administrator, session_id)
    await light.publish(
        db,
        recording,
        school_ids=await _schools_in(db, recording),
        person_id=administrator.person_id,
        now=now,
    )
    return await views.recording_out(db, recording, now=now)


@router.post("/admin/sessions/{session_id}/recording/withdraw")
@refuses(WrongState, HeldBack)
async def withdraw(
    session_id: UUID, body: WithdrawIn, db: Db, now: Now, administrator: CurrentAdministrator
) -> RecordingOut:
    """Show the recording to nobody from now on, and have every copy removed an hour later."""
    recording = await queries.administered(db, administrator, session_id)
    await retention.withdraw(db, recording, note=body.reason, now=now)
    return await views.recording_out(db, recording, now=now)


@router.post("/admin/sessions/{session_id}/recording/rebuild", status_code=202)
@refuses(RecordingNotReady)
async def rebuild(
    session_id: UUID, db: Db, now: Now, administrator: CurrentAdministrator
) -> RecordingOut:
    """Have the replay made again: what could not be read may be readable now."""
    recording = await queries.administered(db, administrator, session_id)
    await rebuilding.ask_for(db, recording, now=now)
    return await views.recording_out(db, recording, now=now)


async def _schools_in(db: AsyncSession, recording: Recording) -> frozenset[UUID]:
    """Return the schools whose pupils can be seen or heard: the hub's, and those on stage.

    A shared screen shows no pupils. What cannot be read now counts: it is shown once the replay
    is made again (`app.live.rebuilding`).
    """
    shown = [(clip.seat_id, clip.group) for clip in recording.clips]
    shown += [(each["seat_id"], each["group"]) for each in recording.missing]
    sites = {read_seat(seat_id).of_site for seat_id, group in shown if group != Group.SCREEN.value}
    rows = await db.scalars(
        select(Classroom.school_id)
        .join(LessonSite, LessonSite.classroom_id == Classroom.id)
        .where(LessonSite.id.in_(site for site in sites if site is not None))
    )
    return frozenset(rows) | {recording.lesson.hub_school_id}
