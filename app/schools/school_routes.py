"""Schools and teaching points: the list, a school's page, and what happens to a school."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import Now
from app.codes.errors import CodeUnknown
from app.database import WITHOUT_NUL, Db
from app.errors import WrongState, refuses
from app.etags import Expected, IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import histories, registry
from app.schools import queries as school_queries
from app.schools import registry_queries as queries
from app.schools.errors import (
    NameTaken,
    SchoolCodeMalformed,
    SchoolCodeTaken,
    WrongDay,
    WrongParent,
)
from app.schools.histories import Noting
from app.schools.models import Authority, School
from app.schools.registry import SchoolFacts
from app.schools.registry_queries import SchoolFilter, SchoolRow
from app.schools.registry_schemas import (
    CategoryIn,
    OnDay,
    SchoolChangeOut,
    SchoolCodeOut,
    SchoolDetail,
    SchoolEdit,
    SchoolIn,
    SchoolItem,
)
from app.schools.schemas import Named
from app.security import (
    INSPECTING,
    CurrentAdministrator,
    CurrentInspector,
    PersonCaller,
    Role,
    Scope,
)

router = APIRouter(prefix="/api/schools", tags=["registry"], route_class=IdempotentRoute)

_ORDER = (School.name.asc(), School.id.asc())


def _filter(
    *,
    q: Annotated[str, Query(max_length=120, pattern=WITHOUT_NUL)] = "",
    region_id: UUID | None = None,
    category: Annotated[str | None, Query(max_length=3, pattern=r"^\d+$")] = None,
    urban_rural: Annotated[str | None, Query(max_length=3, pattern=r"^\d+$")] = None,
    parent_id: UUID | None = None,
    is_open: bool | None = None,
) -> SchoolFilter:
    return SchoolFilter(q.strip(), region_id, category, urban_rural, parent_id, is_open)


Wanted = Annotated[SchoolFilter, Depends(_filter)]


def _fields(row: SchoolRow) -> dict[str, Any]:
    school, region, parent, classes, pupils, classrooms = row
    return {
        "id": school.id,
        "name": school.name,
        "category": school.category,
        "moe_code": school.moe_code,
        "local_code": queries.local_code(school, parent),
        "region": Named(id=region.id, name=region.name),
        "parent": None if parent is None else Named(id=parent.id, name=parent.name),
        "urban_rural": school.urban_rural,
        "opened_on": school.opened_on,
        "closed_on": school.closed_on,
        "classes": classes,
        "pupils": pupils,
        "classrooms": classrooms,
    }


async def _detail(
    db: AsyncSession, response: Response, scope: Scope, school_id: UUID
) -> SchoolDetail:
    row = await queries.school_row(db, scope, school_id)
    school = row[0]
    authority = await db.get(Authority, school.authority_id) if school.authority_id else None
    tag(response, school)
    return SchoolDetail(
        **_fields(row),
        local_suffix=school.local_suffix,
        authority=None if authority is None else Named(id=authority.id, name=authority.name),
        latitude=school.latitude,
        longitude=school.longitude,
        altitude_m=school.altitude_m,
        road_note=school.road_note,
        may_record_pupils=school.may_record_pupils,
        may_publish_pupils=school.may_publish_pupils,
        version=school.version,
        codes=[
            SchoolCodeOut.model_validate(each, from_attributes=True)
            for each in await queries.codes_of(db, school_id)
        ],
        changes=[
            SchoolChangeOut.model_validate(each, from_attributes=True)
            for each in await queries.changes_of(db, school_id)
        ],
    )


@router.get("")
async def list_schools(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[SchoolItem]:
    """List the schools in scope by name."""
    found = await fetch_page(
        db, queries.schools(caller.scope(*INSPECTING), wanted), order=_ORDER, page=page
    )
    return found.page(lambda row: SchoolItem(**_fields(row)))


@router.get("/export", **EXPORT_ROUTE)
async def export_schools(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it; the file can be imported again."""
    return stream(
        request.app.state.database,
        queries.schools(caller.scope(*INSPECTING), wanted).order_by(*_ORDER),
        columns=SCHOOL_EXPORT,
        name="schools",
        export_format=export_format,
    )


@router.get("/{school_id}")
async def read_school(
    school_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> SchoolDetail:
    """Return a school with its codes and what happened to it."""
    return await _detail(db, response, caller.scope(*INSPECTING), school_id)


@router.post("", status_code=201)
@refuses(CodeUnknown, NameTaken, SchoolCodeMalformed, SchoolCodeTaken, WrongDay, WrongParent)
async def register_school(
    body: SchoolIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> SchoolDetail:
    """Register a school or teaching point in a region the caller administers."""
    scope = caller.scope(Role.ADMINISTRATOR)
    region = await school_queries.region_within(db, scope, body.region_id)
    await _require_own(db, scope, body.parent_id, body.authority_id)
    facts = SchoolFacts(**body.model_dump(exclude={"region_id"}), region=region)
    school = await registry.register_school(db, facts, Noting.today(now, caller.person_id))
    return await _detail(db, response, scope, school.id)


async def _require_own(
    db: AsyncSession, scope: Scope, parent_id: UUID | None, authority_id: UUID | None
) -> None:
    """Raise NotFound unless what a school refers to is the caller's too."""
    if parent_id is not None:
        await school_queries.school_within(db, scope, parent_id)
    if authority_id is not None:
        await queries.authority_within(db, scope, authority_id)


@router.patch("/{school_id}")
@refuses(CodeUnknown, NameTaken, SchoolCodeMalformed, SchoolCodeTaken, WrongParent, WrongState)
async def edit_school(
    *,
    school_id: UUID,
    body: SchoolEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SchoolDetail:
    """Change what is said of a school; a name, place or parent of before stays on record."""
    scope = caller.scope(Role.ADMINISTRATOR)
    school = await school_queries.school_within(db, scope, school_id)
    expected.require(school, current=await _detail(db, response, scope, school_id))
    changes = body.model_dump(exclude_unset=True)
    await _require_own(db, scope, changes.get("parent_id"), changes.get("authority_id"))
    region_id = changes.pop("region_id", None)
    region = await school_queries.region_within(db, scope, region_id) if region_id else None
    noting = Noting.today(now, caller.person_id)
    await registry.edit_school(db, school, changes, noting, region=region)
    return await _detail(db, response, scope, school_id)


async def _own_school(
    db: AsyncSession, caller: PersonCaller, school_id: UUID, expected: Expected
) -> School:
    school = await school_queries.school_within(db, caller.scope(Role.ADMINISTRATOR), school_id)
    expected.require(school)
    return school


def _noting(body: OnDay, now: datetime, caller: PersonCaller) -> Noting:
    today = Noting.today(now, caller.person_id)
    return today if body.on is None else Noting(body.on, now, caller.person_id)


@router.post("/{school_id}/close")
@refuses(WrongDay, WrongState)
async def close_school(
    *,
    school_id: UUID,
    body: OnDay,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SchoolDetail:
    """Close a school from a day on: its code is void, rosters of before stay as they are."""
    school = await _own_school(db, caller, school_id, expected)
    await histories.close(db, school, _noting(body, now, caller))
    return await _detail(db, response, caller.scope(Role.ADMINISTRATOR), school_id)


@router.post("/{school_id}/reopen")
@refuses(WrongDay, WrongParent, WrongState, CodeUnknown)
async def reopen_school(
    *,
    school_id: UUID,
    body: OnDay,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SchoolDetail:
    """Open a closed school again: it regains its code."""
    school = await _own_school(db, caller, school_id, expected)
    await histories.reopen(db, school, _noting(body, now, caller))
    return await _detail(db, response, caller.scope(Role.ADMINISTRATOR), school_id)


@router.post("/{school_id}/category")
@refuses(CodeUnknown, WrongDay, WrongParent, WrongState)
async def change_category(
    *,
    school_id: UUID,
    body: CategoryIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SchoolDetail:
    """Make it a school of another category: its code is void."""
    scope = caller.scope(Role.ADMINISTRATOR)
    school = await _own_school(db, caller, school_id, expected)
    await _require_own(db, scope, body.parent_id, None)
    await histories.change_category(
        db,
        school,
        _noting(body, now, caller),
        category=body.category,
        parent_id=body.parent_id,
    )
    return await _detail(db, response, scope, school_id)


SCHOOL_EXPORT = (
    Column("学校名称", lambda row: row[0].name),
    Column("办学类型代码", lambda row: row[0].category),
    Column("行政区划代码", lambda row: row[1].code),
    Column("学校标识码", lambda row: row[0].moe_code),
    Column("所属学校", lambda row: row[2] and (row[2].moe_code or row[2].name)),
    Column("校内编号", lambda row: row[0].local_suffix),
    Column("城乡分类代码", lambda row: row[0].urban_rural),
    Column("开办日期", lambda row: row[0].opened_on),
    Column("停办日期", lambda row: row[0].closed_on),
    Column("纬度", lambda row: row[0].latitude),
    Column("经度", lambda row: row[0].longitude),
    Column("海拔", lambda row: row[0].altitude_m),
    Column("道路说明", lambda row: row[0].road_note),
)
