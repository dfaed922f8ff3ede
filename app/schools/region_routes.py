"""Regions with their labels, and education authorities."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Now
from app.codes.errors import CodeUnknown
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import corrections, region_imports, registry
from app.schools import queries as school_queries
from app.schools import registry_queries as queries
from app.schools.corrections import Corrector
from app.schools.errors import BadRegionCode, NameTaken, RegionCodeUsed, WrongDay
from app.schools.models import Authority, AuthorityLevel, Region, RegionLabel
from app.schools.registry_queries import AuthorityFilter, RegionFilter
from app.schools.registry_schemas import (
    AuthorityEdit,
    AuthorityIn,
    AuthorityOut,
    RegionEdit,
    RegionIn,
    RegionLabelIn,
    RegionLabelOut,
    RegionOut,
)
from app.schools.schemas import Named
from app.schools.words import AUTHORITY_LEVEL
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, PersonCaller, Role

router = APIRouter(prefix="/api", tags=["registry"], route_class=IdempotentRoute)

_ORDER = (Region.path.asc(), Region.id.asc())


def _filter(
    parent_id: UUID | None = None,
    q: Annotated[str, Query(max_length=80, pattern=WITHOUT_NUL)] = "",
) -> RegionFilter:
    return RegionFilter(parent_id, q.strip())


Wanted = Annotated[RegionFilter, Depends(_filter)]


def _out(
    region: Region, labels: list[RegionLabel], schools: int, points: int, *, is_own: bool
) -> RegionOut:
    return RegionOut(
        id=region.id,
        code=region.code,
        name=region.name,
        path=region.path,
        parent_id=region.parent_id,
        labels=[RegionLabelOut.model_validate(each, from_attributes=True) for each in labels],
        schools=schools,
        points=points,
        is_own=is_own,
        version=region.version,
    )


def _code_above(path: str) -> str:
    """Return the code of the region right above the one with this path; "": it is the top."""
    return path.rstrip("/").rpartition("/")[0].rpartition("/")[2]


@router.get("/regions")
async def list_regions(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[RegionOut]:
    """List the regions in scope from the top down, with their open schools."""
    found = await fetch_page(
        db, queries.regions(caller.scope(*INSPECTING), wanted), order=_ORDER, page=page
    )
    ids = [row[0].id for row in found.items]
    labels = await queries.labels_of(db, ids)
    own = await queries.kept_of(db, caller.scope(Role.ADMINISTRATOR), ids)
    return found.page(
        lambda row: _out(row[0], labels[row[0].id], row[1], row[2], is_own=row[0].id in own)
    )


@router.get("/regions/export", **EXPORT_ROUTE)
async def export_regions(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.regions(caller.scope(*INSPECTING), wanted).order_by(*_ORDER),
        columns=(
            Column(region_imports.CODE, lambda row: row[0].code),
            Column(region_imports.NAME, lambda row: row[0].name),
            Column(region_imports.ABOVE, lambda row: _code_above(row[0].path)),
            Column("学校数", lambda row: row[1]),
            Column("教学点数", lambda row: row[2]),
        ),
        name="regions",
        export_format=export_format,
    )


@router.get("/regions/{region_id}")
async def read_region(
    region_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> RegionOut:
    """Return a region with its labels and its open schools."""
    return await _one(db, caller, region_id, response)


async def _one(
    db: AsyncSession, caller: PersonCaller, region_id: UUID, response: Response
) -> RegionOut:
    region, schools, points = await queries.region_row(db, caller.scope(*INSPECTING), region_id)
    labels = await queries.labels_of(db, [region_id])
    own = await queries.kept_of(db, caller.scope(Role.ADMINISTRATOR), [region_id])
    tag(response, region)
    return _out(region, labels[region_id], schools, points, is_own=region_id in own)


@router.post("/regions", status_code=201)
@refuses(BadRegionCode, NameTaken)
async def add_region(body: RegionIn, db: Db, caller: CurrentAdministrator) -> RegionOut:
    """Add a region below one the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    parent = await school_queries.region_within(db, scope, body.parent_id)
    region = await registry.add_region(db, code=body.code, name=body.name, parent=parent)
    return _out(region, [], 0, 0, is_own=True)


@router.put("/regions/{region_id}")
@refuses(BadRegionCode, NameTaken, RegionCodeUsed)
async def correct_region(
    *,
    region_id: UUID,
    body: RegionEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> RegionOut:
    """Correct the name of a region the caller administers, or its code while nothing refers to it.

    What it was is written down.
    """
    region = await school_queries.region_within(db, caller.scope(Role.ADMINISTRATOR), region_id)
    expected.require(region, current=await _one(db, caller, region_id, response))
    by = Corrector(caller.person_id, now)
    await corrections.correct_region(db, region, code=body.code, name=body.name, by=by)
    return await _one(db, caller, region_id, response)


@router.post("/regions/{region_id}/labels", status_code=201)
@refuses(CodeUnknown, NameTaken, WrongDay)
async def label_region(
    region_id: UUID, body: RegionLabelIn, db: Db, caller: CurrentAdministrator
) -> RegionLabelOut:
    """Say what a region counts as, from a day to a day."""
    region = await school_queries.region_within(db, caller.scope(Role.ADMINISTRATOR), region_id)
    label = await registry.label_region(
        db,
        region,
        code_id=body.code_id,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
    )
    return RegionLabelOut.model_validate(label, from_attributes=True)


@router.put("/region-labels/{region_label_id}")
@refuses(CodeUnknown, NameTaken, WrongDay)
async def correct_region_label(
    *,
    region_label_id: UUID,
    body: RegionLabelIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> RegionLabelOut:
    """Correct a label of a region, or end it: a last day may be given whenever it is known."""
    label = await queries.label_within(db, caller.scope(Role.ADMINISTRATOR), region_label_id)
    was = RegionLabelOut.model_validate(label, from_attributes=True)
    expected.require(label, current=was)
    by = Corrector(caller.person_id, now)
    await corrections.correct_label(db, label, **body.model_dump(), by=by)
    tag(response, label)
    return RegionLabelOut.model_validate(label, from_attributes=True)


def _authority_out(authority: Authority, region: Region, *, is_own: bool = True) -> AuthorityOut:
    return AuthorityOut(
        id=authority.id,
        name=authority.name,
        level=authority.level,
        region=Named(id=region.id, name=region.name),
        is_own=is_own,
        version=authority.version,
    )


_AUTHORITY_ORDER = (Region.path.asc(), Authority.name.asc(), Authority.id.asc())


def _authority_filter(
    q: Annotated[
        str,
        Query(
            max_length=120, pattern=WITHOUT_NUL, description="Words of its or its region's name."
        ),
    ] = "",
    level: AuthorityLevel | None = None,
) -> AuthorityFilter:
    return AuthorityFilter(q, level)


WantedAuthorities = Annotated[AuthorityFilter, Depends(_authority_filter)]


@router.get("/authorities")
async def list_authorities(
    db: Db, caller: CurrentInspector, wanted: WantedAuthorities, page: PageQuery
) -> Page[AuthorityOut]:
    """List the education authorities of the regions in scope."""
    found = await fetch_page(
        db,
        queries.authorities(caller.scope(*INSPECTING), wanted),
        order=_AUTHORITY_ORDER,
        page=page,
    )
    regions = {row[1].id for row in found.items}
    own = await queries.kept_of(db, caller.scope(Role.ADMINISTRATOR), regions)
    return found.page(lambda row: _authority_out(*row, is_own=row[1].id in own))


@router.get("/authorities/export", **EXPORT_ROUTE)
async def export_authorities(
    request: Request,
    caller: CurrentInspector,
    wanted: WantedAuthorities,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.authorities(caller.scope(*INSPECTING), wanted).order_by(*_AUTHORITY_ORDER),
        columns=(
            Column("名称", lambda row: row[0].name),
            Column("级别", lambda row: AUTHORITY_LEVEL[row[0].level]),
            Column("行政区划代码", lambda row: row[1].code),
            Column("行政区划", lambda row: row[1].name),
        ),
        name="authorities",
        export_format=export_format,
    )


@router.post("/authorities", status_code=201)
@refuses(NameTaken)
async def add_authority(body: AuthorityIn, db: Db, caller: CurrentAdministrator) -> AuthorityOut:
    """Add the education authority of a region the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    region = await school_queries.region_within(db, scope, body.region_id)
    authority = await registry.add_authority(db, region, name=body.name, level=body.level)
    return _authority_out(authority, region)


@router.put("/authorities/{authority_id}")
@refuses(NameTaken)
async def correct_authority(
    *,
    authority_id: UUID,
    body: AuthorityEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> AuthorityOut:
    """Correct the name or the level of the authority of a region the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    authority, region = await queries.own_authority(db, scope, authority_id)
    expected.require(authority, current=_authority_out(authority, region))
    by = Corrector(caller.person_id, now)
    await corrections.correct_authority(db, authority, name=body.name, level=body.level, by=by)
    tag(response, authority)
    return _authority_out(authority, region)
