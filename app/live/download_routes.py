"""Routes of the one file of a whole lesson: how it stands, have it made, take it along."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.clock import Now
from app.database import Db
from app.errors import refuses
from app.idempotency import IdempotentRoute
from app.jobs.models import JobState
from app.live.replay_schemas import DownloadOut, DownloadsOut, DownloadState
from app.recordings import access, downloads, queries
from app.recordings.access import Viewer
from app.recordings.downloads import MEDIA_TYPE, SUFFIX, Standing
from app.recordings.errors import (
    ClipFileMissing,
    KeptElsewhere,
    RangeNotSatisfiable,
    RecordingNotReady,
)
from app.recordings.links import LinkRefused, Links
from app.recordings.models import DownloadForm, Recording
from app.recordings.queries import may_watch
from app.recordings.reading import Shelf
from app.recordings.streaming import attachment, ranged, send_file
from app.security import CurrentPerson, PersonCaller, client_address

router = APIRouter(prefix="/api", tags=["recordings"], route_class=IdempotentRoute)

#: Not `app.recordings.links.PURPOSE`: no link to a part is one to a whole lesson.
PURPOSE = "links to files of whole lessons"
FILE = {
    media_type: {"schema": {"type": "string", "format": "binary"}}
    for media_type in MEDIA_TYPE.values()
}
STATE_OF = {
    JobState.QUEUED: DownloadState.WAITING,
    JobState.RUNNING: DownloadState.RUNNING,
    JobState.DONE: DownloadState.NONE,  # made once, and not there any more
    JobState.FAILED: DownloadState.FAILED,
    JobState.DEAD: DownloadState.FAILED,
    JobState.CANCELLED: DownloadState.NONE,
}


def links_for(purpose: str) -> Callable[[Request], Links]:
    """Return the dependency that gives a route the maker of links for one purpose."""

    def links_of(request: Request) -> Links:
        return Links(request.app.state.signer().secret(purpose))

    return links_of


@dataclass(frozen=True, slots=True)
class Look:
    """Which file of a recording somebody looks at.

    `taken`: it is taken along in this form; None: it is watched. `micro_lesson`: the title of the
    piece it is; None: it is the whole lesson.
    """

    file: str
    mime: str
    taken: DownloadForm | None = None
    micro_lesson: str | None = None


LinkMaker = Annotated[Links, Depends(links_for(PURPOSE))]
Until = Annotated[int, Query(ge=0, le=2**40)]
Key = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]


def name_in_link(person: PersonCaller, form: DownloadForm) -> str:
    """Return what a link names: the file and whom it was given to."""
    return f"{form}/{person.person_id}"


@router.get("/sessions/{session_id}/downloads")
async def read_downloads(
    *, session_id: UUID, db: Db, now: Now, person: CurrentPerson, links: LinkMaker
) -> DownloadsOut:
    """Say which files of a lesson there are, and how far those are that are being made."""
    recording = await queries.takeable(db, person, session_id)
    return await _answer(db, recording, person, links, now)


@router.post("/sessions/{session_id}/downloads/{form}", status_code=202)
@refuses(RecordingNotReady)
async def make_download(
    *,
    session_id: UUID,
    form: DownloadForm,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> DownloadsOut:
    """Have a file made. Asked again it is the same file, and the same work while it is made."""
    recording = await queries.takeable(db, person, session_id)
    await downloads.ask_for(db, recording, form, now=now)
    return await _answer(db, recording, person, links, now)


async def _answer(
    db: Db, recording: Recording, person: PersonCaller, links: Links, now: datetime
) -> DownloadsOut:
    until = links.until(now)
    items = []
    for standing in await downloads.of_recording(db, recording.id, now=now):
        proof = links.query(recording.id, name_in_link(person, standing.form), until)
        url = f"/api/recordings/{recording.id}/downloads/{standing.form}?{proof}"
        items.append(standing_out(standing, url))
    return DownloadsOut(items=items)


def standing_out(standing: Standing, url: str) -> DownloadOut:
    """Say how it stands with a file, which is at `url` once it is made."""
    if (made := standing.made) is not None:
        return DownloadOut(
            form=standing.form,
            state=DownloadState.READY,
            bytes=made.bytes,
            duration_ms=made.duration_ms,
            speed=made.speed,
            lufs=made.lufs,
            url=url,
        )
    if (job := standing.job) is None:
        return DownloadOut(form=standing.form, state=DownloadState.NONE)
    problem = job.problem or {}
    waits = (job.result or {}).get("waits") if job.state is JobState.QUEUED else None
    return DownloadOut(
        form=standing.form,
        state=STATE_OF[job.state],
        step=job.progress_note,
        done=job.progress_done,
        total=job.progress_total,
        ahead=standing.ahead,
        problem=problem.get("reason") or problem.get("type") or waits,
    )


@router.head("/recordings/{recording_id}/downloads/{form}", include_in_schema=False)
@router.get(
    "/recordings/{recording_id}/downloads/{form}",
    response_class=Response,
    responses=ranged("The file.", FILE),
)
@refuses(ClipFileMissing, KeptElsewhere, LinkRefused, RangeNotSatisfiable)
async def take_download(
    *,
    request: Request,
    recording_id: UUID,
    form: DownloadForm,
    until: Until,
    key: Key,
    db: Db,
    now: Now,
    person: CurrentPerson,
    links: LinkMaker,
) -> Response:
    """Send the file, or a range of it, and write down who takes it along.

    The link is good for whom it was given to, and the right to the recording is asked again.
    """
    recording, made = await downloads.file_of(db, recording_id, form, may_watch(person))
    links.check(recording_id, name_in_link(person, form), until=until, key=key, now=now)
    look = Look(made.file, MEDIA_TYPE[form], taken=form)
    answer = await send_made(request, db, person, recording, look, now=now)
    if answer.status_code in (200, 206):
        answer.headers["Content-Disposition"] = _disposition(recording, form)
    return answer


async def send_made(
    request: Request,
    db: Db,
    person: PersonCaller,
    recording: Recording,
    look: Look,
    *,
    now: datetime,
) -> Response:
    """Send a file, or the range of it that is asked for, and write down who looks.

    Raise ClipFileMissing, KeptElsewhere, RangeNotSatisfiable.
    """
    shelf: Shelf = request.app.state.shelf
    file = await shelf.find(db, recording_id=recording.id, folder=recording.folder, name=look.file)
    if request.method == "GET":
        viewer = Viewer(client_address(request), person_id=person.person_id)
        await access.log_look_once(
            db, recording, viewer, taken=look.taken, micro_lesson=look.micro_lesson, now=now
        )
    return await send_file(request, file, mime=look.mime)


def _disposition(recording: Recording, form: DownloadForm) -> str:
    """Return how the file is called: the day and the title of the lesson."""
    lesson, suffix = recording.lesson, SUFFIX[form]
    day = f"{lesson.planned_start:%Y-%m-%d}"
    return attachment(f"lesson-{day}{suffix}", f"{day} {lesson.title}{suffix}")
