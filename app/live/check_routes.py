"""Routes of the device check before class: media, download, upload, delay."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.clock import Now
from app.live.errors import UploadTooLarge
from app.live.ports import LiveRooms
from app.live.schemas import CheckMediaIn, CheckMediaOut, RoadsOut, UploadedOut
from app.ratelimits import RateLimit
from app.security import Callers, CurrentCaller

router = APIRouter(prefix="/api/check", tags=["check"])

MOST_DOWN = 4 * 1024 * 1024
MOST_UP = 2 * 1024 * 1024
# Generous for a school whose classrooms share one address; a bound for whoever is after the line.
_MEDIA = Depends(RateLimit("check-media", "60/minute"))
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
async def check_media(body: CheckMediaIn, callers: CurrentCaller, live: LiveRooms) -> CheckMediaOut:
    """Answer an offer in a throw-away room, closed after 20 seconds."""
    answer = await live.checks.answer(_caller_key(callers), sdp=body.sdp, sources=body.sources)
    return CheckMediaOut(sdp=answer)


@router.get("/roads")
async def check_roads(callers: CurrentCaller, live: LiveRooms, now: Now) -> RoadsOut:
    """Say which roads there are, for the page to try each of them."""
    port, hosts = live.media_port()
    relays = live.relay.servers(holder=_holder(callers), room="check", ends_at=now)
    return RoadsOut(port=port, hosts=list(hosts), ice_servers=relays)


@router.get("/download", dependencies=[_BULK])
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
