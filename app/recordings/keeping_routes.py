"""Routes of how long recordings are kept: purpose, holds, and certificates of removal."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Day, Now
from app.database import Db
from app.errors import WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery
from app.recordings import certificates, keeping, queries, retention
from app.recordings.certificates import CertificateFilter
from app.recordings.keeping_schemas import CertificateOut, HoldIn, KeptOut, PurposeIn
from app.recordings.models import Recording
from app.recordings.retention import DeletionReason, HeldFromAbove
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api/admin", tags=["recordings"], route_class=IdempotentRoute)


async def _answer(
    db: AsyncSession, person: PersonCaller, recording: Recording, response: Response, now: datetime
) -> KeptOut:
    kept = await keeping.kept_of(db, person, recording, now=now)
    tag(response, kept)
    return kept.out


@router.get("/sessions/{session_id}/recording/keeping")
async def read_keeping(
    session_id: UUID, response: Response, db: Db, now: Now, person: CurrentInspector
) -> KeptOut:
    """Say until when a recording is kept, what for, who holds it, and how it was removed."""
    recording = await keeping.visible(db, person, session_id)
    return await _answer(db, person, recording, response, now)


@router.put("/sessions/{session_id}/recording/purpose")
@refuses(WrongState)
async def change_purpose(
    *,
    session_id: UUID,
    body: PurposeIn,
    response: Response,
    db: Db,
    now: Now,
    administrator: CurrentAdministrator,
    expected: IfMatch,
) -> KeptOut:
    """Say what a recording is kept for, and so for how long."""
    recording = await queries.administered(db, administrator, session_id)
    seen = await keeping.kept_of(db, administrator, recording, now=now)
    expected.require(seen, current=seen.out)
    await retention.change_purpose(db, recording, body.purpose)
    return await _answer(db, administrator, recording, response, now)


@router.post("/sessions/{session_id}/recording/holds", status_code=201)
@refuses(WrongState)
async def hold_recording(
    *,
    session_id: UUID,
    body: HoldIn,
    response: Response,
    db: Db,
    now: Now,
    administrator: CurrentAdministrator,
) -> KeptOut:
    """Keep a recording from expiring, being withdrawn and being removed, until this is lifted."""
    recording = await queries.administered(db, administrator, session_id)
    keeper = await keeping.keeper_of(db, administrator, recording)
    await retention.hold(db, recording, reason=body.reason, by=keeper, now=now)
    return await _answer(db, administrator, recording, response, now)


@router.post("/sessions/{session_id}/recording/holds/{hold_id}/lift")
@refuses(WrongState, HeldFromAbove)
async def lift_hold(
    *,
    session_id: UUID,
    hold_id: UUID,
    response: Response,
    db: Db,
    now: Now,
    administrator: CurrentAdministrator,
) -> KeptOut:
    """Lift a hold: the recording goes when its time is over, at once if that is past."""
    recording = await queries.administered(db, administrator, session_id)
    keeper = await keeping.keeper_of(db, administrator, recording)
    await retention.lift(db, recording, hold_id, by=keeper, now=now)
    return await _answer(db, administrator, recording, response, now)


def _filter(
    *,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    reason: DeletionReason | None = None,
) -> CertificateFilter:
    return CertificateFilter(first_day, last_day, school_id, reason)


Wanted = Annotated[CertificateFilter, Depends(_filter)]


@router.get("/deletion-certificates")
async def list_certificates(
    db: Db, person: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[CertificateOut]:
    """List the certificates of removed recordings of lessons in scope, the latest first.

    `from`, `to`: days on which all copies were gone. `school_id`: it gave the lesson or was
    invited to it.
    """
    found = await certificates.list_certificates(db, person, wanted, page)
    return found.page(lambda row: row)


@router.get("/deletion-certificates/export", **EXPORT_ROUTE)
async def export_certificates(
    request: Request,
    person: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the certificates, all pages of them."""
    return stream(
        request.app.state.database,
        certificates.certificates_to_export(person, wanted),
        columns=certificates.COLUMNS,
        name="deletion-certificates",
        export_format=export_format,
    )
