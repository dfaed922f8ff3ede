"""Devices and lines of classrooms, for their administrator."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.clock import Now
from app.database import Db
from app.etags import IfMatch, tag
from app.idempotency import IdempotentRoute
from app.schools import queries, registry_queries, service
from app.schools.models import DeviceKind
from app.schools.schemas import DeviceOut, IssuedCode, LineIn, LineOut
from app.security import CurrentAdministrator, Role

router = APIRouter(prefix="/api/admin", tags=["schools"], route_class=IdempotentRoute)
# A code is a secret: an answer that tells one is not kept for whoever asks again.
codes_router = APIRouter(prefix="/api/admin", tags=["schools"])


@codes_router.post("/classrooms/{classroom_id}/enrolment-codes", status_code=201)
async def issue_code(
    *,
    classroom_id: UUID,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    kind: Annotated[
        DeviceKind, Query(description="What the device is that will use it.")
    ] = DeviceKind.BROWSER,
) -> IssuedCode:
    """Issue a one-time code for one more device of a classroom."""
    scope = caller.scope(Role.ADMINISTRATOR)
    classroom = await registry_queries.classroom_within(db, scope, classroom_id)
    lifetime = timedelta(minutes=request.app.state.settings.enrolment_code_minutes)
    code, expires_at = await service.issue_code(
        db, classroom_id=classroom.id, lifetime=lifetime, now=now, kind=kind
    )
    return IssuedCode(code=code, expires_at=expires_at)


@router.post("/classrooms/{classroom_id}/line")
async def declare_line(
    *,
    classroom_id: UUID,
    body: LineIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LineOut:
    """Declare what a classroom's line carries; a lesson under way keeps to it from now on."""
    scope = caller.scope(Role.ADMINISTRATOR)
    classroom = await registry_queries.classroom_within(db, scope, classroom_id)
    expected.require(classroom, current=LineOut.model_validate(classroom, from_attributes=True))
    service.declare_line(
        db, classroom=classroom, down_kbps=body.budget_down_kbps, up_kbps=body.budget_up_kbps
    )
    await db.flush()
    tag(response, classroom)
    return LineOut(**body.model_dump())


@router.post("/devices/{device_id}/revoke")
async def revoke_device(device_id: UUID, db: Db, caller: CurrentAdministrator) -> DeviceOut:
    """Shut a device out for good."""
    device = await queries.device_within(db, caller.scope(Role.ADMINISTRATOR), device_id)
    service.revoke(db, device=device)
    return DeviceOut.of(device)
