"""Rosters: taken, listed, shown with their check, exported. None is ever changed."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from app.clock import Day, Now
from app.codes.errors import CodeUnknown
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries, rosters
from app.schools.errors import WrongDay
from app.schools.registry_schemas import Incoming, Name
from app.schools.roster_models import RosterEntry, RosterSnapshot
from app.schools.rosters import RosterFilter
from app.schools.schemas import Named
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role
from app.signing import Signer

router = APIRouter(prefix="/api/rosters", tags=["registry"], route_class=IdempotentRoute)

PointWords = Annotated[
    str,
    Query(
        max_length=120,
        pattern=WITHOUT_NUL,
        description="Words of the name of point, region or school, or a code's beginning.",
    ),
]
_ORDER = (RosterSnapshot.taken_on.desc(), RosterSnapshot.id.desc())


def _filter(
    q: Annotated[str, Query(max_length=120, pattern=WITHOUT_NUL)] = "", *, is_own: bool = False
) -> RosterFilter:
    return RosterFilter(q.strip(), is_own)


Wanted = Annotated[RosterFilter, Depends(_filter)]


class RosterIn(Incoming):
    """Whose points to freeze, and as of which day."""

    region_id: UUID
    name: Name
    taken_on: Day


class RosterOut(BaseModel):
    """A roster in a list."""

    id: UUID
    name: str
    region: Named
    taken_on: date
    made_at: datetime
    made_by_name: str
    size: int


class RosterDetail(RosterOut):
    """A roster with its signature, checked on every look. Hex: digest, signature, public key."""

    is_intact: bool
    digest: str
    key_id: str
    public_key: str
    signature: str


class SignedRoster(BaseModel):
    """A roster to be kept elsewhere.

    `signature`: Ed25519 (RFC 8032) by `public_key` over the UTF-8 bytes of `content`, whose
    SHA-256 is `digest`; all of them in hex.
    """

    content: str
    digest: str
    key_id: str
    public_key: str
    signature: str


class RosterEntryOut(BaseModel):
    """A teaching point as it stood on the list."""

    position: int
    school_id: UUID
    name: str
    moe_code: str
    local_code: str
    region_code: str
    region_name: str
    parent_name: str


def _out(snapshot: RosterSnapshot) -> RosterOut:
    return RosterOut(
        id=snapshot.id,
        name=snapshot.name,
        region=Named(id=snapshot.region.id, name=snapshot.region.name),
        taken_on=snapshot.taken_on,
        made_at=snapshot.made_at,
        made_by_name=snapshot.made_by_name,
        size=snapshot.size,
    )


def _signer(request: Request) -> Signer:
    signer: Signer = request.app.state.signer()
    return signer


@router.get("")
async def list_rosters(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[RosterOut]:
    """List the rosters of the regions in sight, the latest day first."""
    found = await fetch_page(
        db, rosters.snapshots(caller.scope(*INSPECTING), wanted), order=_ORDER, page=page
    )
    return found.page(_out)


@router.post("", status_code=201)
@refuses(WrongDay, CodeUnknown)
async def take_roster(
    body: RosterIn, request: Request, db: Db, now: Now, caller: CurrentAdministrator
) -> RosterOut:
    """Freeze the teaching points open in a region at the end of a day, and sign the list."""
    scope = caller.scope(Role.ADMINISTRATOR)
    region = await queries.region_within(db, scope, body.region_id)
    snapshot = await rosters.take(
        db,
        region=region,
        name=body.name,
        on=body.taken_on,
        by=caller,
        signer=_signer(request),
        now=now,
    )
    return _out(snapshot)


@router.get("/export", **EXPORT_ROUTE)
async def export_rosters(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        rosters.snapshots(caller.scope(*INSPECTING), wanted).order_by(*_ORDER),
        columns=(
            Column("名称", lambda row: row[0].name),
            Column("行政区划", lambda row: row[0].region.name),
            Column("日期", lambda row: row[0].taken_on),
            Column("教学点数", lambda row: row[0].size),
            Column("摘要", lambda row: row[0].digest),
            Column("签名", lambda row: row[0].signature),
        ),
        name="rosters",
        export_format=export_format,
    )


@router.get("/{roster_id}")
async def read_roster(roster_id: UUID, db: Db, caller: CurrentInspector) -> RosterDetail:
    """Return a roster with its signature; it is checked against the rows on every look."""
    snapshot = await rosters.snapshot_within(db, caller.scope(*INSPECTING), roster_id)
    checked = await rosters.verify(db, snapshot)
    return RosterDetail(
        **_out(snapshot).model_dump(),
        is_intact=checked.is_intact,
        digest=snapshot.digest,
        key_id=snapshot.key_id,
        public_key=checked.public_key,
        signature=snapshot.signature,
    )


@router.get("/{roster_id}/signed")
async def read_signed(
    roster_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> SignedRoster:
    """Return the list as it was signed, with what checks it without this server."""
    snapshot = await rosters.snapshot_within(db, caller.scope(*INSPECTING), roster_id)
    content = rosters.canonical(snapshot, await rosters.entries_of(db, snapshot.id))
    checked = await rosters.verify(db, snapshot)
    response.headers["Content-Disposition"] = f'attachment; filename="roster-{snapshot.id}.json"'
    return SignedRoster(
        content=content.decode(),
        digest=snapshot.digest,
        key_id=snapshot.key_id,
        public_key=checked.public_key,
        signature=snapshot.signature,
    )


@router.get("/{roster_id}/entries")
async def list_entries(
    roster_id: UUID, db: Db, caller: CurrentInspector, page: PageQuery, q: PointWords = ""
) -> Page[RosterEntryOut]:
    """List the teaching points of a roster."""
    snapshot = await rosters.snapshot_within(db, caller.scope(*INSPECTING), roster_id)
    order = (RosterEntry.position.asc(), RosterEntry.id.asc())
    found = await fetch_page(db, rosters.entries(snapshot.id, q), order=order, page=page)
    return found.page(lambda row: RosterEntryOut.model_validate(row, from_attributes=True))


@router.get("/{roster_id}/entries/export", **EXPORT_ROUTE)
async def export_entries(
    *,
    roster_id: UUID,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    q: PointWords = "",
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the teaching points of a roster, all pages of it."""
    snapshot = await rosters.snapshot_within(db, caller.scope(*INSPECTING), roster_id)
    return stream(
        request.app.state.database,
        rosters.entries(snapshot.id, q).order_by(RosterEntry.position),
        columns=(
            Column("序号", lambda row: row[0].position),
            Column("教学点", lambda row: row[0].name),
            Column("学校标识码", lambda row: row[0].moe_code),
            Column("校内编号", lambda row: row[0].local_code),
            Column("行政区划代码", lambda row: row[0].region_code),
            Column("行政区划", lambda row: row[0].region_name),
            Column("所属学校", lambda row: row[0].parent_name),
        ),
        name="roster",
        export_format=export_format,
    )
