"""Routes of the device check before class: media, download, upload, delay."""

import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.clock import Now
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.live import queries
from app.live.errors import CheckBusy, CheckRefused, UploadTooLarge
from app.live.ports import LiveRooms
from app.live.schemas import (
    CheckMediaIn,
    CheckMediaOut,
    CheckResultIn,
    RoadsOut,
    TeacherCheckOut,
    UploadedOut,
)
from app.paging import Page, PageQuery, fetch_page
from app.ratelimits import RateLimit
from app.schools import service as schools
from app.schools.models import Road
from app.schools.schemas import LineCheckOut
from app.security import INSPECTING, Callers, CurrentCaller, CurrentInspector, client_address

router = APIRouter(prefix="/api/check", tags=["check"])
admin_router = APIRouter(prefix="/api/admin", tags=["check"])

MOST_DOWN = 4 * 1024 * 1024
MOST_UP = 2 * 1024 * 1024
# Generous for a school whose classrooms share one address; a bound for whoever is after the line.
_MEDIA = Depends(RateLimit("check-media", "180/minute"))
_BULK = Depends(RateLimit("check-bulk", "60/minute"))


def _caller_key(callers: Callers) -> str:
    if callers.device is not None:
        return f"device:{callers.device.device_id}"
    assert callers.person is not None
    return f"person:{callers.person.person_id}"


def _holder(callers: Callers) -> str:
    if callers.device is not None:
        return str(callers.device.device_id)
    assert callers.person is not None
    return str(callers.person.account_id)


@router.post("/media", dependencies=[_MEDIA])
@refuses(CheckRefused, CheckBusy)
async def check_media(body: CheckMediaIn, callers: CurrentCaller, live: LiveRooms) -> CheckMediaOut:
    """Answer an offer in a throw-away room, closed after 20 seconds."""
    key = f"{_caller_key(callers)}/{body.road}"
    answer = await live.checks.answer(key, sdp=body.sdp, sources=body.sources)
    return CheckMediaOut(sdp=answer)


@router.get("/roads")
async def check_roads(callers: CurrentCaller, live: LiveRooms, now: Now) -> RoadsOut:
    """Say which roads there are, for the page to try each of them."""
    port, hosts = live.media_port()
    relays = live.relay.servers(holder=_holder(callers), room="check", ends_at=now)
    return RoadsOut(port=port, hosts=list(hosts), ice_servers=relays)


@router.get(
    "/download",
    dependencies=[_BULK],
    response_class=Response,
    responses={
        200: {
            "description": "So many random bytes.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
async def check_download(
    _callers: CurrentCaller, count: Annotated[int, Query(alias="bytes", ge=1, le=MOST_DOWN)]
) -> Response:
    """Send random bytes: no proxy can make them smaller or keep them."""
    return Response(
        secrets.token_bytes(count),
        media_type="application/octet-stream",
        headers={"Cache-Control": "no-store"},
    )


@router.post("/upload", dependencies=[_BULK])
@refuses(UploadTooLarge)
async def check_upload(request: Request, _callers: CurrentCaller) -> UploadedOut:
    """Take bytes, count them and throw them away; stop reading when there are too many."""
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if received > MOST_UP:
            raise UploadTooLarge(f"At most {MOST_UP} bytes.")
    return UploadedOut(bytes=received)


@router.get("/ping", status_code=204)
async def check_ping(_callers: CurrentCaller) -> None:
    """Answer at once: the page measures the delay."""


@router.post("/result", status_code=204, dependencies=[_MEDIA])
async def keep_result(
    body: CheckResultIn, request: Request, callers: CurrentCaller, db: Db, now: Now
) -> None:
    """Keep what the caller found of its line, so that its county can look."""
    device, person = callers.device, callers.person
    await schools.keep_line_check(
        db,
        schools.FoundLine(**body.model_dump()),
        device_id=None if device is None else device.device_id,
        account_id=person.account_id if device is None and person is not None else None,
        address=client_address(request),
        now=now,
    )


def _filter(
    q: Annotated[
        str,
        Query(
            max_length=120,
            pattern=WITHOUT_NUL,
            description="Words of the teacher's or the school's name.",
        ),
    ] = "",
    school_id: Annotated[UUID | None, Query(description="Of this school.")] = None,
) -> dict[str, Any]:
    return {"text": q, "school_id": school_id}


Wanted = Annotated[dict[str, Any], Depends(_filter)]
_ROADS = {Road.UDP: "UDP", Road.TCP: "TCP", Road.TURN: "TURN", Road.NONE: "不通"}
_COLUMNS = (
    Column("教师", lambda row: row[0]),
    Column("学校", lambda row: row[1]),
    Column("线路", lambda row: _ROADS[row[2].road]),
    Column("下行 kbps", lambda row: row[2].down_kbps),
    Column("上行 kbps", lambda row: row[2].up_kbps),
    Column("往返 ms", lambda row: row[2].rtt_ms),
    Column("检测时间", lambda row: row[2].checked_at),
)


@admin_router.get("/teacher-checks")
async def teacher_checks(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[TeacherCheckOut]:
    """List what the computers of the teachers in scope found of their lines, the newest first."""
    query = queries.teacher_checks_within(caller.scope(*INSPECTING), **wanted)
    found = await fetch_page(db, query, order=queries.CHECK_ORDER, page=page)
    return found.page(
        lambda row: TeacherCheckOut(name=row[0], school=row[1], checked=LineCheckOut.of(row[2]))
    )


@admin_router.get("/teacher-checks/export", **EXPORT_ROUTE)
async def export_teacher_checks(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the checks, all pages of them."""
    query = queries.teacher_checks_within(caller.scope(*INSPECTING), **wanted)
    return stream(
        request.app.state.database,
        query.order_by(*queries.CHECK_ORDER),
        columns=_COLUMNS,
        name="teacher-checks",
        export_format=export_format,
    )
