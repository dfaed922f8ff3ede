"""Alliances: their members, their agreement, their term plans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import pairing_queries, pairings, queries, service, tables, tracks
from app.alliances.errors import MembershipOverlaps, TermForeign
from app.alliances.models import Agreement, Alliance, AllianceMember, MemberRole, TermPlan
from app.alliances.queries import MemberFilter
from app.alliances.schemas import (
    AgreementOut,
    AllianceIn,
    AllianceOut,
    MemberChange,
    MemberIn,
    MemberOut,
    TermPlanIn,
    TermPlanOut,
    TermPlans,
)
from app.alliances.shared import (
    FILE_BODY,
    FileName,
    attached,
    files_of,
    kept,
    seen,
    taught_lessons,
)
from app.calendars import queries as calendars
from app.calendars.days import Span, local_day
from app.clock import Day, Now
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.exports import (
    EXPORT_ROUTE,
    Column,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    stream,
    written,
)
from app.files import FileEmpty, FileTypeRefused, file_answer, keep_upload
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.schools.models import School
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api", tags=["alliances"], route_class=IdempotentRoute)

Text = Annotated[
    str | None,
    Query(alias="q", max_length=100, pattern=WITHOUT_NUL, description="Part of the name."),
]
OfSchool = Annotated[
    UUID | None, Query(alias="school_id", description="With this school, now or ever.")
]


def _member_filter(
    q: Annotated[
        str,
        Query(
            max_length=120,
            pattern=WITHOUT_NUL,
            description="Letters of the school's name, as it is written or read.",
        ),
    ] = "",
    role: Annotated[MemberRole | None, Query(description="In this role.")] = None,
    on: Annotated[Day | None, Query(description="Members that day.")] = None,
) -> MemberFilter:
    return MemberFilter(q, role, on)


WantedMembers = Annotated[MemberFilter, Depends(_member_filter)]


async def _described(
    db: AsyncSession, caller: PersonCaller, alliances: list[Alliance], now: Now
) -> list[AllianceOut]:
    """Describe alliances; the statements do not grow with their number."""
    ids, today = [alliance.id for alliance in alliances], local_day(now)
    hubs: dict[UUID, list[School]] = {each: [] for each in ids}
    for alliance_id, hub in await queries.hubs_of(db, ids, day=today):
        hubs[alliance_id].append(hub)
    counts = await queries.member_counts(db, ids, day=today)
    own = set(await db.scalars(queries.alliances_kept(kept(caller)).where(Alliance.id.in_(ids))))
    return [
        AllianceOut.of(
            each, hubs=hubs[each.id], members=counts.get(each.id, 0), is_kept=each.id in own
        )
        for each in alliances
    ]


async def _one_described(
    db: AsyncSession, caller: PersonCaller, alliance_id: UUID, now: Now
) -> AllianceOut:
    alliance = await queries.alliance_seen(db, seen(caller), alliance_id)
    return (await _described(db, caller, [alliance], now))[0]


@router.get("/alliances")
async def list_alliances(
    *,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    page: PageQuery,
    text: Text = None,
    school_id: OfSchool = None,
) -> Page[AllianceOut]:
    """List the alliances one keeps, or has a member school in, names in order."""
    query = queries.alliances_seen(seen(caller), text=text, school_id=school_id)
    found = await fetch_page(db, query, order=(Alliance.name.asc(), Alliance.id.asc()), page=page)
    return Page(
        items=await _described(db, caller, list(found.items), now), next_cursor=found.next_cursor
    )


@router.get("/alliances/export", **EXPORT_ROUTE)
async def export_alliances(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    text: Text = None,
    school_id: OfSchool = None,
) -> ExportResponse:
    """Give the alliances with their members and plans as a file, which can be imported again."""
    found = queries.alliances_seen(seen(caller), text=text, school_id=school_id)
    ids = await db.scalars(
        found.with_only_columns(Alliance.id).order_by(Alliance.name, Alliance.id)
    )
    return written(
        tables.COLUMNS,
        tables.exported_rows(request.app.state.database, ids.all()),
        name="alliances",
        export_format=export_format,
    )


@router.post("/alliances", status_code=201)
async def add_alliance(
    body: AllianceIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> AllianceOut:
    """Found an alliance in a region one administers."""
    await schools.region_within(db, kept(caller), body.region_id)
    alliance = Alliance()
    await service.save_alliance(db, alliance, body)
    tag(response, alliance)
    return await _one_described(db, caller, alliance.id, now)


@router.get("/alliances/{alliance_id}")
async def read_alliance(
    alliance_id: UUID, response: Response, db: Db, now: Now, caller: CurrentInspector
) -> AllianceOut:
    """Describe an alliance."""
    alliance = await queries.alliance_seen(db, seen(caller), alliance_id)
    tag(response, alliance)
    return (await _described(db, caller, [alliance], now))[0]


@router.put("/alliances/{alliance_id}")
async def change_alliance(
    *,
    alliance_id: UUID,
    body: AllianceIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> AllianceOut:
    """Change an alliance one keeps. It stays in a region one administers, or in its own."""
    alliance = await queries.alliance_kept(db, kept(caller), alliance_id)
    expected.require(alliance, current=(await _described(db, caller, [alliance], now))[0])
    if body.region_id != alliance.region_id:
        await schools.region_within(db, kept(caller), body.region_id)
    await service.save_alliance(db, alliance, body)
    await db.refresh(alliance, ["region"])
    tag(response, alliance)
    return (await _described(db, caller, [alliance], now))[0]


@router.get("/alliances/{alliance_id}/members")
async def list_members(
    alliance_id: UUID, db: Db, caller: CurrentInspector, page: PageQuery, wanted: WantedMembers
) -> Page[MemberOut]:
    """List the members, past ones included: hubs first, then by name."""
    await queries.alliance_seen(db, seen(caller), alliance_id)
    found = await fetch_page(
        db,
        queries.members_of(alliance_id, wanted),
        order=(AllianceMember.role.asc(), School.name.asc(), AllianceMember.id.asc()),
        page=page,
    )
    return found.page(lambda row: MemberOut.of(*row))


@router.get("/alliances/{alliance_id}/members/export", **EXPORT_ROUTE)
async def export_members(
    *,
    alliance_id: UUID,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: WantedMembers,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Give the members as a file."""
    await queries.alliance_seen(db, seen(caller), alliance_id)
    return stream(
        request.app.state.database,
        queries.members_of(alliance_id, wanted).order_by(
            AllianceMember.role, School.name, AllianceMember.id
        ),
        columns=[
            Column("学校", lambda row: row[1].name),
            Column("行政区划", lambda row: row[2].name),
            Column("身份", lambda row: tables.ROLE_WORDS[row[0].role]),
            Column("加入", lambda row: row[0].from_on),
            Column("退出", lambda row: row[0].to_on),
            Column("区域外", lambda row: "是" if row[3] else "否"),
        ],
        name="alliance-members",
        export_format=export_format,
    )


@router.post("/alliances/{alliance_id}/members", status_code=201)
@refuses(MembershipOverlaps)
async def add_member(
    *,
    alliance_id: UUID,
    body: MemberIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
) -> MemberOut:
    """Add a school, also one of another region: of that its lessons are seen and nothing else."""
    alliance = await queries.alliance_kept(db, kept(caller), alliance_id)
    school = (
        await schools.school_within(db, kept(caller), body.school_id)
        if body.school_id is not None
        else await schools.school_by_code(db, body.moe_code or "")
    )
    member = await service.add_member(db, alliance, school, body)
    tag(response, member)
    return MemberOut.of(*await queries.member_row(db, member))


@router.put("/alliance-members/{member_id}")
@refuses(MembershipOverlaps)
async def change_member(
    *,
    member_id: UUID,
    body: MemberChange,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> MemberOut:
    """Change a member's role, or let its membership end."""
    member = await queries.member_kept(db, kept(caller), member_id)
    expected.require(member, current=MemberOut.of(*await queries.member_row(db, member)))
    await service.change_member(db, member, body)
    tag(response, member)
    return MemberOut.of(*await queries.member_row(db, member))


@router.post("/alliances/{alliance_id}/agreement", status_code=201, openapi_extra=FILE_BODY)
@refuses(FileEmpty, FileTypeRefused)
async def attach_agreement(
    *,
    alliance_id: UUID,
    name: FileName,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> AgreementOut:
    """Attach the agreement: a PDF, JPEG or PNG of at most 20 MiB, as the request's body."""
    alliance = await queries.alliance_kept(db, kept(caller), alliance_id)
    file = await keep_upload(
        db, files_of(request), request.stream(), name=name, person_id=caller.person_id, now=now
    )
    agreement = await service.attach_agreement(
        db, file, alliance_id=alliance.id, person_id=caller.person_id, now=now
    )
    return AgreementOut.of(agreement)


async def _agreement(db: AsyncSession, caller: PersonCaller, alliance_id: UUID) -> Agreement:
    await queries.alliance_seen(db, seen(caller), alliance_id)
    return attached(await queries.newest_agreement(db, alliance_id=alliance_id))


@router.get("/alliances/{alliance_id}/agreement")
async def read_agreement(alliance_id: UUID, db: Db, caller: CurrentInspector) -> AgreementOut:
    """Describe the agreement in force."""
    return AgreementOut.of(await _agreement(db, caller, alliance_id))


@router.get("/alliances/{alliance_id}/agreement/file", response_class=Response)
async def download_agreement(
    alliance_id: UUID, request: Request, db: Db, caller: CurrentInspector
) -> Response:
    """Give the agreement's file to be saved."""
    agreement = await _agreement(db, caller, alliance_id)
    return file_answer(files_of(request), agreement.file)


@router.get("/alliances/{alliance_id}/term-plans")
async def list_plans(
    alliance_id: UUID, request: Request, db: Db, now: Now, caller: CurrentInspector
) -> TermPlans:
    """List the term plans, each with what has come of it until today."""
    await queries.alliance_seen(db, seen(caller), alliance_id)
    plans = await queries.plans_of(db, alliance_id)
    return TermPlans(items=await _plans_described(db, request, alliance_id, plans, now))


async def _plans_described(
    db: AsyncSession, request: Request, alliance_id: UUID, plans: Sequence[TermPlan], now: Now
) -> list[TermPlanOut]:
    """Describe plans of one alliance; the statements do not grow with their number."""
    paired = await pairing_queries.pairings_of_alliance(db, alliance_id)
    today = local_day(now)
    days = await pairings.days_that_count(db, paired, today=today)
    terms = [Span(plan.term.starts_on, plan.term.ends_on) for plan in plans]
    counts = await tracks.count(
        db, taught_lessons(request), paired, days=days, limits=terms, today=today
    )
    return [TermPlanOut.of(*each) for each in zip(plans, counts, strict=True)]


@router.put("/alliances/{alliance_id}/term-plans/{term_id}")
@refuses(TermForeign)
async def save_plan(
    *,
    alliance_id: UUID,
    term_id: UUID,
    body: TermPlanIn,
    request: Request,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> TermPlanOut:
    """Write the plan of a term; `If-Match: "0"` for the first one."""
    alliance = await queries.alliance_kept(db, kept(caller), alliance_id)
    around = replace(kept(caller), region_ids=kept(caller).region_ids | {alliance.region_id})
    term = await calendars.term_seen(db, around, term_id)
    await service.require_term_of(db, alliance, term)
    plan = await queries.plan_of(db, alliance_id, term_id)
    expected.require(plan or service.NO_PLAN_YET)
    plan = await service.save_plan(db, alliance, term, plan, body)
    tag(response, plan)
    return (await _plans_described(db, request, alliance_id, [plan], now))[0]
