"""Routes of recordings: their files, and who looked at them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.paging import Page, PageQuery
from app.recordings import published, queries
from app.recordings.errors import ClipFileMissing, KeptElsewhere, RangeNotSatisfiable
from app.recordings.finishing import REPLAY
from app.recordings.reading import Shelf
from app.recordings.schemas import PublishedOut, ViewOut, ViewsOut
from app.recordings.streaming import send_file
from app.security import CurrentInspector, CurrentPerson

CLIP = {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}

router = APIRouter(prefix="/api")


@router.head("/recordings/clips/{clip_id}", include_in_schema=False)
@router.get(
    "/recordings/clips/{clip_id}",
    response_class=Response,
    responses={
        200: {"description": "The clip.", "content": CLIP},
        206: {"description": "The range that was asked for.", "content": CLIP},
    },
)
@refuses(ClipFileMissing, KeptElsewhere, RangeNotSatisfiable)
async def clip(request: Request, clip_id: UUID, db: Db, person: CurrentPerson) -> Response:
    """Send a clip, or the range of it a player asks for."""
    recording, found = await queries.watchable_clip(db, person, clip_id)
    shelf: Shelf = request.app.state.shelf
    file = await shelf.find(
        db, recording_id=recording.id, folder=recording.folder, name=f"{REPLAY}/{found.file}"
    )
    return await send_file(request, file, mime=found.mime)


@router.get("/recordings/published")
async def list_published(
    db: Db,
    person: CurrentPerson,
    page: PageQuery,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> Page[PublishedOut]:
    """List the lessons whose recordings are published to the caller, the latest first.

    `q`: words of the title, the subject, the grade, the hub school or the lecturer.
    """
    found = await published.list_published(db, person, q.strip(), page)
    return found.page(
        lambda row: PublishedOut(
            session_id=row[0].session_id,
            title=row[1].title,
            subject=row[1].subject,
            grade=row[1].grade,
            hub=row[3],
            lecturer=row[4],
            planned_start=row[1].planned_start,
            duration_ms=row[0].duration_ms,
            published_at=row[2].at,
        )
    )


@router.get("/admin/sessions/{session_id}/views")
async def views(session_id: UUID, db: Db, person: CurrentInspector) -> ViewsOut:
    """Say who looked at the recording of a session."""
    rows = await queries.views(db, person, session_id)
    return ViewsOut(
        items=[
            ViewOut(
                person_id=view.person_id,
                name=name,
                at=view.at,
                address=view.address,
                taken=view.taken,
            )
            for view, name in rows
        ]
    )
