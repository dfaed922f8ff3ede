"""Routes of recordings: their files, and who looked at them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.clock import Day, Now
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.paging import Page, PageQuery
from app.recordings import access, published, queries
from app.recordings.access import Viewer, ViewFilter
from app.recordings.errors import ClipFileMissing, KeptElsewhere, RangeNotSatisfiable
from app.recordings.keys import clip_name
from app.recordings.published import PublishedFilter
from app.recordings.reading import Shelf
from app.recordings.schemas import PublishedOut, ViewOfOut
from app.recordings.streaming import ranged, send_file
from app.security import CurrentInspector, CurrentPerson, client_address

CLIP = {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}

router = APIRouter(prefix="/api")


@router.head("/recordings/clips/{clip_id}", include_in_schema=False)
@router.get(
    "/recordings/clips/{clip_id}",
    response_class=Response,
    responses=ranged("The clip.", CLIP),
)
@refuses(ClipFileMissing, KeptElsewhere, RangeNotSatisfiable)
async def clip(
    request: Request, clip_id: UUID, db: Db, now: Now, person: CurrentPerson
) -> Response:
    """Send a clip, or the range of it a player asks for, and write down who watches by it.

    Its address is good for as long as the recording is shown: it may be opened without a player.
    """
    recording, found = await queries.watchable_clip(db, person, clip_id)
    shelf: Shelf = request.app.state.shelf
    file = await shelf.find(
        db, recording_id=recording.id, folder=recording.folder, name=clip_name(found.file)
    )
    if request.method == "GET":
        viewer = Viewer(client_address(request), person_id=person.person_id)
        await access.log_look_once(db, recording, viewer, now=now)
    return await send_file(request, file, mime=found.mime)


def _published(
    *,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    subject: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL)] = None,
    grade: Annotated[str | None, Query(max_length=40, pattern=WITHOUT_NUL)] = None,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> PublishedFilter:
    return PublishedFilter(first_day, last_day, school_id, subject, grade, q.strip())


WantedPublished = Annotated[PublishedFilter, Depends(_published)]


@router.get("/recordings/published")
async def list_published(
    db: Db, person: CurrentPerson, wanted: WantedPublished, page: PageQuery
) -> Page[PublishedOut]:
    """List the lessons whose recordings are published to the caller, the latest first.

    `school_id`: it gave the lesson or was invited to it. `q`: words of the title, the subject, the
    grade, the hub school, the lecturer, or the title of one of its micro-lessons.
    """
    return (await published.list_published(db, person, wanted, page)).page(lambda row: row)


@router.get("/recordings/published/export", **EXPORT_ROUTE)
async def export_published(
    request: Request,
    db: Db,
    person: CurrentPerson,
    wanted: WantedPublished,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it: what there is, not the recordings."""
    return stream(
        request.app.state.database,
        await published.published_to_export(db, person, wanted),
        columns=published.COLUMNS,
        name="published-recordings",
        export_format=export_format,
    )


@router.get("/admin/sessions/{session_id}/views")
async def views(
    session_id: UUID, db: Db, person: CurrentInspector, page: PageQuery
) -> Page[ViewOfOut]:
    """List who looked at the recording of a session, newest first."""
    return (await access.views_of(db, person, session_id, page)).page(lambda row: row)


def _filter(
    *,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    session_id: UUID | None = None,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> ViewFilter:
    return ViewFilter(first_day, last_day, school_id, q.strip(), session_id)


Wanted = Annotated[ViewFilter, Depends(_filter)]


@router.get("/admin/recording-views")
async def recording_views(
    db: Db, person: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[ViewOfOut]:
    """List who looked at recordings of lessons the caller's schools took part in, newest first.

    `school_id`: it gave the lesson or was invited to it. `q`: letters of who looked.
    """
    return (await access.all_views(db, person, wanted, page)).page(lambda row: row)


@router.get("/admin/recording-views/export", **EXPORT_ROUTE)
async def export_recording_views(
    request: Request,
    person: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export who looked at recordings, all pages of it."""
    return stream(
        request.app.state.database,
        access.views_to_export(person, wanted),
        columns=access.COLUMNS,
        name="recording-views",
        export_format=export_format,
    )
