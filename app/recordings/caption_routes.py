"""Routes of captions: who may have copies of a recording brings them, who watches it reads them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from app.clock import Now
from app.codes.errors import CodeUnknown
from app.database import Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.files import FileTooLarge
from app.idempotency import IdempotentRoute
from app.recordings import access, captions, queries
from app.recordings.access import Viewer
from app.recordings.caption_text import MOST_BYTES
from app.recordings.captions import LABEL_LENGTH, LANGUAGE_LENGTH, MEDIA_TYPE
from app.recordings.errors import CaptionsRefused, CaptionsThere, RecordingNotReady
from app.recordings.retention import HeldBack
from app.recordings.schemas import CaptionsListOut, CaptionsOut
from app.recordings.streaming import attachment
from app.security import CurrentPerson, client_address

router = APIRouter(prefix="/api", tags=["recordings"], route_class=IdempotentRoute)

CaptionsFile = Annotated[
    UploadFile, File(description="WebVTT in UTF-8, or SRT in UTF-8, UTF-16 or GB18030; 1 MiB.")
]
Label = Annotated[
    str,
    Form(
        max_length=LABEL_LENGTH,
        pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$",
        description="What viewers choose them by.",
    ),
]
Language = Annotated[
    str,
    Form(
        min_length=1,
        max_length=LANGUAGE_LENGTH,
        pattern=r"^[0-9A-Za-z-]+$",
        description="BCP 47; one of the `languages` that `GET` answers.",
    ),
]


async def _content(file: UploadFile) -> bytes:
    """Read a file. Raise FileTooLarge."""
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise FileTooLarge("At most 1 MiB: are these captions?", most_bytes=MOST_BYTES)
    return content


@router.get("/sessions/{session_id}/captions")
async def list_captions(session_id: UUID, db: Db, person: CurrentPerson) -> CaptionsListOut:
    """List the captions of a recording for who may change them."""
    recording = await queries.takeable(db, person, session_id)
    found = await captions.of_recording(db, recording.id)
    return CaptionsListOut(
        items=[CaptionsOut.of(each) for each in found], languages=await captions.languages(db)
    )


@router.post("/sessions/{session_id}/captions", status_code=201)
@refuses(RecordingNotReady, CaptionsRefused, CaptionsThere, CodeUnknown, FileTooLarge)
async def add_captions(
    *,
    session_id: UUID,
    file: CaptionsFile,
    language: Language,
    label: Label,
    response: Response,
    db: Db,
    now: Now,
    person: CurrentPerson,
) -> CaptionsOut:
    """Add captions to a replay, in a language it has none in."""
    content = await _content(file)
    recording = await queries.takeable(db, person, session_id)
    made = await captions.add(
        db,
        recording,
        content=content,
        language=language,
        label=label.strip(),
        person_id=person.person_id,
        now=now,
    )
    tag(response, made)
    return CaptionsOut.of(made)


@router.put("/recordings/captions/{captions_id}")
@refuses(RecordingNotReady, HeldBack, CaptionsRefused, CaptionsThere, FileTooLarge)
async def replace_captions(
    *,
    captions_id: UUID,
    file: CaptionsFile,
    label: Label,
    response: Response,
    db: Db,
    now: Now,
    person: CurrentPerson,
    expected: IfMatch,
) -> CaptionsOut:
    """Put other captions of the same language in place of these."""
    content = await _content(file)
    recording, found = await captions.changeable(db, person, captions_id)
    expected.require(found, current=CaptionsOut.of(found))
    await captions.replace(
        db,
        recording,
        found,
        content=content,
        label=label.strip(),
        person_id=person.person_id,
        now=now,
    )
    tag(response, found)
    return CaptionsOut.of(found)


@router.delete("/recordings/captions/{captions_id}", status_code=204)
@refuses(RecordingNotReady, HeldBack)
async def remove_captions(
    captions_id: UUID, db: Db, person: CurrentPerson, expected: IfMatch
) -> None:
    """Take captions away: from then on nobody is shown them."""
    _, found = await captions.changeable(db, person, captions_id)
    expected.require(found, current=CaptionsOut.of(found))
    await db.delete(found)


@router.get(
    "/recordings/captions/{captions_id}",
    response_class=Response,
    responses={
        200: {
            "description": "The captions, on the clock of the lesson.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
    },
)
async def read_captions(
    request: Request, captions_id: UUID, db: Db, now: Now, person: CurrentPerson
) -> Response:
    """Return captions (WebVTT) to who may watch the replay, and write down who reads what was said.

    Who has the replay open is written down already.
    """
    recording, found = await captions.readable(db, person, captions_id)
    viewer = Viewer(client_address(request), person_id=person.person_id)
    await access.log_look_once(db, recording, viewer, now=now)
    answer = Response(found.text, media_type=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "private, no-store"
    name = f"{recording.lesson.planned_start:%Y-%m-%d} {recording.lesson.title}"
    called = attachment("captions.vtt", f"{name}.{found.language}.vtt")
    answer.headers["Content-Disposition"] = called
    tag(answer, found)
    return answer
