"""The four tracks of a pairing: counts, entered events with their evidence."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.alliances import pairing_queries, pairings, tracks
from app.alliances.active_days import active_days, within
from app.alliances.errors import NotYet
from app.alliances.models import Track
from app.alliances.pairing_schemas import DaySpanOut
from app.alliances.shared import FILE_BODY, FileName, files_of, kept, seen, taught_lessons
from app.alliances.track_schemas import (
    EnteredOut,
    EvidenceOut,
    TrackEventIn,
    TrackEventOut,
    TracksOut,
    WithdrawIn,
)
from app.calendars.days import Span, local_day
from app.clock import Day, Now
from app.database import Db
from app.errors import WrongState, refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.files import FileEmpty, FileTypeRefused, file_answer, keep_upload
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.security import CurrentAdministrator, CurrentInspector

router = APIRouter(prefix="/api", tags=["alliances"], route_class=IdempotentRoute)
FirstDay = Annotated[Day | None, Query(alias="from", description="The first day.")]
LastDay = Annotated[Day | None, Query(alias="to", description="The last day.")]


@router.get("/pairings/{pairing_id}/tracks")
async def read_tracks(
    *,
    pairing_id: UUID,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    first: FirstDay = None,
    last: LastDay = None,
) -> TracksOut:
    """Count the four tracks (四同步) between two days, on the days that count."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    today = local_day(now)
    limits = Span(first or pairing.starts_on, last or today)
    days = await pairings.days_that_count(db, [pairing], today=today)
    (counts,) = await tracks.count(
        db, taught_lessons(request), [pairing], days=days, limits=[limits], today=today
    )
    active = within(days[pairing.id], limits)
    return TracksOut(
        first=limits.first,
        last=last or today,
        active_days=active_days(active, date.min, date.max),
        active=[DaySpanOut.of(span) for span in active],
        counts=counts,
    )


@router.get("/pairings/{pairing_id}/events/{track}")
async def list_events(
    *,
    pairing_id: UUID,
    track: Track,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    page: PageQuery,
) -> Page[TrackEventOut]:
    """List the entered events of a track, the newest first, each with its evidence."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    table = tracks.table_of(track)
    spans = (await pairings.days_that_count(db, [pairing], today=local_day(now)))[pairing.id]
    found: Fetched[tuple[Any, ...]] = await fetch_page(
        db,
        tracks.events_of(pairing.id, track),
        order=(table.held_on.desc(), table.id.desc()),
        page=page,
    )
    return found.page(lambda row: TrackEventOut.of(track, *row, spans=spans))


@router.get("/pairings/{pairing_id}/events/{track}/export", **EXPORT_ROUTE)
async def export_events(
    *,
    pairing_id: UUID,
    track: Track,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Give the events of a track as a file."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    table = tracks.table_of(track)
    return stream(
        request.app.state.database,
        tracks.events_of(pairing.id, track).order_by(table.held_on.desc(), table.id.desc()),
        columns=[
            Column("日期", lambda row: row[0].held_on),
            Column("内容", lambda row: row[0].title),
            Column("人数", lambda row: row[0].people),
            Column("佐证链接", lambda row: row[0].link),
            Column("佐证文件", lambda row: row[2]),
            Column("填报人", lambda row: row[1]),
            Column("填报时间", lambda row: row[0].entered_at),
            Column("撤回原因", lambda row: row[3]),
        ],
        name=f"{track.lower()}-events",
        export_format=export_format,
    )


@router.post("/pairings/{pairing_id}/evidence", status_code=201, openapi_extra=FILE_BODY)
@refuses(FileEmpty, FileTypeRefused)
async def hand_in_evidence(
    *,
    pairing_id: UUID,
    name: FileName,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> EvidenceOut:
    """Hand in the file that is an event's evidence; the event then names it by its id."""
    await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    file = await keep_upload(
        db, files_of(request), request.stream(), name=name, person_id=caller.person_id, now=now
    )
    return EvidenceOut(file_id=file.id, name=file.name, sha256=file.sha256)


@router.post("/pairings/{pairing_id}/events/{track}", status_code=201)
@refuses(NotYet, WrongState)
async def add_event(
    *,
    pairing_id: UUID,
    track: Track,
    body: TrackEventIn,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> EnteredOut:
    """Enter an event of a track with its evidence."""
    pairing = await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    entered = await tracks.enter(db, pairing, track, body, person_id=caller.person_id, now=now)
    return EnteredOut(id=entered)


@router.get("/pairings/{pairing_id}/events/{track}/{event_id}/file", response_class=Response)
async def download_evidence(
    *,
    pairing_id: UUID,
    track: Track,
    event_id: UUID,
    request: Request,
    db: Db,
    caller: CurrentInspector,
) -> Response:
    """Give the file that is an event's evidence."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    file = await tracks.file_of(db, pairing, track, event_id)
    return file_answer(files_of(request), file)


@router.post("/pairings/{pairing_id}/events/{track}/{event_id}/withdraw", status_code=204)
@refuses(WrongState)
async def withdraw_event(
    *,
    pairing_id: UUID,
    track: Track,
    event_id: UUID,
    body: WithdrawIn,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> None:
    """Take an event back; it stays in the list with the reason, and counts no more."""
    pairing = await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    await tracks.withdraw(
        db,
        pairing,
        track,
        event_id,
        reason=body.reason,
        person_id=caller.person_id,
        now=now,
    )
