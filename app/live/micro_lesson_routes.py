"""Routes of micro-lessons: save a piece of a lesson, watch it, take it along, rename, delete it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.attendance import queries as attendance_queries
from app.clock import Now
from app.database import Db
from app.errors import NotFound, refuses
from app.etags import IfMatch, tag
from app.idempotency import IdempotentRoute
from app.jobs.models import JobState
from app.live import queries, rebuilding
from app.live.download_routes import FILE, STATE_OF, Key, Look, Until, links_for, send_made
from app.live.micro_lesson_schemas import (
    MicroLessonEdit,
    MicroLessonIn,
    MicroLessonOut,
    MicroLessonsOut,
)
from app.live.replay_schemas import DownloadState
from app.recordings import downloads, micro_lessons
from app.recordings import queries as recording_queries
from app.recordings.errors import (
    ClipFileMissing,
    ConsentTakenBack,
    KeptElsewhere,
    RangeNotSatisfiable,
    RecordingNotReady,
)
from app.recordings.links import LinkRefused, Links
from app.recordings.micro_lessons import (
    MarksOutside,
    MarksReversed,
    MicroLesson,
    PieceTooShort,
    ReplayBeingMadeAgain,
    Standing,
    TitleMissing,
    TitleTooLong,
    TooManyMicroLessons,
)
from app.recordings.models import DownloadForm, Recording
from app.recordings.retention import HeldBack
from app.recordings.streaming import attachment, ranged
from app.security import CurrentPerson, PersonCaller

router = APIRouter(prefix="/api", tags=["recordings"], route_class=IdempotentRoute)

#: Not those of other files of recordings: no link to one of them is one to a piece.
PURPOSE = "links to micro-lessons"
FILM = {"video/mp4": FILE["video/mp4"]}
WATCH, TAKE = "film", "file"


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks, and what makes links good for this person alone up to `until`."""

    person: PersonCaller
    links: Links
    until: int
    now: datetime

    def url(self, piece: MicroLesson, what: str) -> str:
        """Return the link to watch a piece, or to take it along."""
        name = _name(self.person, piece, what)
        proof = self.links.query(piece.recording_id, name, self.until)
        return f"/api/micro-lessons/{piece.id}/{what}?{proof}"


def _name(person: PersonCaller, piece: MicroLesson, what: str) -> str:
    """Return what a link names: the file, what it is good for, and whom it was given to."""
    return f"{what}/{piece.id}/{person.person_id}"


LinkMaker = Annotated[Links, Depends(links_for(PURPOSE))]


def _asker(person: CurrentPerson, links: LinkMaker, now: Now) -> _Asker:
    return _Asker(person, links, links.until(now), now)


Asker = Annotated[_Asker, Depends(_asker)]


@router.get("/sessions/{session_id}/micro-lessons")
@refuses(RecordingNotReady, ConsentTakenBack)
async def list_micro_lessons(session_id: UUID, db: Db, asker: Asker) -> MicroLessonsOut:
    """List the pieces of a lesson; those that are not made yet to who may make them."""
    recording = await recording_queries.watchable(db, asker.person, session_id)
    downloads.require_ready(recording)
    may_change = await _may_change(db, asker.person, session_id)
    found = await micro_lessons.of_recording(db, recording.id, now=asker.now)
    return MicroLessonsOut(
        items=[
            _out(standing, recording, asker, may_change=may_change)
            for standing in found
            if may_change or standing.piece.file is not None
        ],
        may_change=may_change,
    )


async def _may_change(db: Db, person: PersonCaller, session_id: UUID) -> bool:
    try:
        await recording_queries.takeable(db, person, session_id)
    except NotFound:
        return False
    return True


@router.post("/sessions/{session_id}/micro-lessons", status_code=202)
@refuses(
    RecordingNotReady,
    ReplayBeingMadeAgain,
    TitleMissing,
    TitleTooLong,
    MarksReversed,
    MarksOutside,
    PieceTooShort,
    TooManyMicroLessons,
)
async def save_micro_lesson(
    *,
    session_id: UUID,
    body: MicroLessonIn,
    response: Response,
    db: Db,
    now: Now,
    asker: Asker,
) -> MicroLessonOut:
    """Keep a piece of a lesson under a title of its own, and have it cut."""
    recording = await recording_queries.takeable(db, asker.person, session_id)
    session = await attendance_queries.get_session(db, session_id)
    assert session is not None
    await rebuilding.require_none(db, recording.id)
    piece = await micro_lessons.save(
        db,
        recording,
        title=body.title,
        from_ms=body.from_ms,
        until_ms=body.until_ms,
        length_ms=queries.replay_ms(session, recording, now=now),
        person_id=asker.person.person_id,
        now=now,
    )
    return await _one(db, response, asker, piece.id)


@router.get("/micro-lessons/{micro_lesson_id}")
async def read_micro_lesson(
    micro_lesson_id: UUID, response: Response, db: Db, asker: Asker
) -> MicroLessonOut:
    """Return one piece."""
    piece = await micro_lessons.showable(db, asker.person, micro_lesson_id)
    may_change = await _may_change(db, asker.person, piece.recording.session_id)
    tag(response, piece)
    standing = await micro_lessons.standing_of(db, piece, now=asker.now)
    return _out(standing, piece.recording, asker, may_change=may_change)


@router.patch("/micro-lessons/{micro_lesson_id}")
@refuses(TitleMissing, TitleTooLong)
async def rename_micro_lesson(
    *,
    micro_lesson_id: UUID,
    body: MicroLessonEdit,
    response: Response,
    db: Db,
    asker: Asker,
    expected: IfMatch,
) -> MicroLessonOut:
    """Give a piece another title."""
    piece = await micro_lessons.changeable(db, asker.person, micro_lesson_id)
    expected.require(piece, current=await _one(db, response, asker, piece.id))
    piece.title = micro_lessons.titled(body.title)
    await db.flush()
    return await _one(db, response, asker, piece.id)


@router.post("/micro-lessons/{micro_lesson_id}/cut-again", status_code=202)
@refuses(RecordingNotReady, ReplayBeingMadeAgain)
async def cut_micro_lesson_again(
    *,
    micro_lesson_id: UUID,
    response: Response,
    db: Db,
    now: Now,
    asker: Asker,
) -> MicroLessonOut:
    """Have a piece cut that could not be. One that is there, or being made, is left alone."""
    piece = await micro_lessons.changeable(db, asker.person, micro_lesson_id)
    await rebuilding.require_none(db, piece.recording_id)
    await micro_lessons.cut_again(db, piece, now=now)
    return await _one(db, response, asker, piece.id)


@router.delete("/micro-lessons/{micro_lesson_id}", status_code=204)
@refuses(HeldBack)
async def delete_micro_lesson(
    *,
    micro_lesson_id: UUID,
    response: Response,
    db: Db,
    now: Now,
    asker: Asker,
    expected: IfMatch,
) -> None:
    """Show a piece to nobody from now on, and have its file removed an hour later."""
    piece = await micro_lessons.changeable(db, asker.person, micro_lesson_id)
    expected.require(piece, current=await _one(db, response, asker, piece.id))
    await micro_lessons.remove(db, piece, now=now)


@router.head("/micro-lessons/{micro_lesson_id}/film", include_in_schema=False)
@router.get(
    "/micro-lessons/{micro_lesson_id}/film",
    response_class=Response,
    responses=ranged("The piece.", FILM),
)
@refuses(ClipFileMissing, KeptElsewhere, LinkRefused, RangeNotSatisfiable)
async def watch_micro_lesson(
    *,
    request: Request,
    micro_lesson_id: UUID,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> Response:
    """Send a piece to a player, or the range it asks for, and write down who watches it."""
    piece = await micro_lessons.showable(db, person, micro_lesson_id)
    name = _name(person, piece, WATCH)
    links.check(piece.recording_id, name, until=until, key=key, now=now)
    return await _send(request, db, person, piece, now, taken=None)


@router.head("/micro-lessons/{micro_lesson_id}/file", include_in_schema=False)
@router.get(
    "/micro-lessons/{micro_lesson_id}/file",
    response_class=Response,
    responses=ranged("The piece.", FILM),
)
@refuses(ClipFileMissing, KeptElsewhere, LinkRefused, RangeNotSatisfiable)
async def take_micro_lesson(
    *,
    request: Request,
    micro_lesson_id: UUID,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> Response:
    """Send a piece to be taken along, or a range of it, and write down who takes it."""
    piece = await micro_lessons.changeable(db, person, micro_lesson_id)
    name = _name(person, piece, TAKE)
    links.check(piece.recording_id, name, until=until, key=key, now=now)
    answer = await _send(request, db, person, piece, now, taken=DownloadForm.LESSON)
    if answer.status_code in (200, 206):
        called = attachment("micro-lesson.mp4", f"{piece.title}.mp4")
        answer.headers["Content-Disposition"] = called
    return answer


async def _send(
    request: Request,
    db: Db,
    person: PersonCaller,
    piece: MicroLesson,
    now: Now,
    *,
    taken: DownloadForm | None,
) -> Response:
    """Answer with the file, and write down who looks. Raise NotFound: it is not cut yet."""
    if piece.file is None:
        raise NotFound
    look = Look(piece.file, "video/mp4", taken=taken, micro_lesson=piece.title)
    return await send_made(request, db, person, piece.recording, look, now=now)


async def _one(db: Db, response: Response, asker: _Asker, piece_id: UUID) -> MicroLessonOut:
    """Return a piece as it is now to who may change it, and say its version."""
    piece = await micro_lessons.changeable(db, asker.person, piece_id)
    tag(response, piece)
    standing = await micro_lessons.standing_of(db, piece, now=asker.now)
    return _out(standing, piece.recording, asker, may_change=True)


def _out(
    standing: Standing, recording: Recording, asker: _Asker, *, may_change: bool
) -> MicroLessonOut:
    piece = standing.piece
    out = MicroLessonOut(
        id=piece.id,
        session_id=recording.session_id,
        title=piece.title,
        from_ms=piece.from_ms,
        until_ms=piece.until_ms,
        maker=piece.maker.name,
        saved_at=piece.saved_at,
        version=piece.version,
        state=DownloadState.READY,
        is_outdated=piece.is_outdated,
        bytes=piece.bytes,
        duration_ms=piece.duration_ms,
    )
    if piece.file is not None:
        out.url = asker.url(piece, WATCH)
        out.take_url = asker.url(piece, TAKE) if may_change else None
        if piece.is_outdated and may_change:
            out.problem = _why_not_anew(standing)
        return out
    return out.model_copy(update=_progress(standing))


def _why_not_anew(standing: Standing) -> str | None:
    """Return why a piece that is shown as it was is not cut anew; None: it is being."""
    told = _progress(standing)
    return str(told.get("problem") or "other") if told["state"] is DownloadState.FAILED else None


def _progress(standing: Standing) -> dict[str, object]:
    """Return how far a piece is that has no file: while it waits for its film, how far that is."""
    job = standing.job
    if job is None:
        return {"state": DownloadState.FAILED}
    problem = job.problem or {}
    waits = (job.result or {}).get("waits") if job.state is JobState.QUEUED else None
    state = STATE_OF[job.state]
    return {
        "state": DownloadState.FAILED if state is DownloadState.NONE else state,
        "step": job.progress_note,
        "done": job.progress_done,
        "total": job.progress_total,
        "ahead": standing.ahead,
        "problem": problem.get("reason") or problem.get("type") or waits,
    }
