"""Pairings: drafts, steps, agreement and history."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.alliances import pairing_queries, pairings, queries, service
from app.alliances.active_days import active_days
from app.alliances.errors import (
    AgreementMissing,
    AlreadyAgreed,
    NotAMember,
    PairingIncomplete,
    SchoolNotOpen,
)
from app.alliances.models import (
    NEXT_PAIRING_STATE,
    Agreement,
    Pairing,
    PairingKind,
    PairingParty,
    PairingState,
)
from app.alliances.pairing_queries import PairingFilter
from app.alliances.pairing_schemas import (
    ChangeOut,
    DaySpanOut,
    History,
    MoveIn,
    PairingIn,
    PairingOut,
    PartyOut,
)
from app.alliances.pairings import Actor
from app.alliances.schemas import AgreementOut
from app.alliances.shared import (
    FILE_BODY,
    FileName,
    attached,
    files_of,
    kept,
    seen,
)
from app.calendars.days import local_day
from app.clock import Now
from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import WITHOUT_NUL, Db
from app.errors import NotFound, WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.files import FileEmpty, FileTypeRefused, file_answer, keep_upload
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.schools.schemas import Named
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api", tags=["alliances"], route_class=IdempotentRoute)


def _filter(
    *,
    alliance_id: Annotated[UUID | None, Query(description="Of this alliance.")] = None,
    state: Annotated[PairingState | None, Query(description="In this state.")] = None,
    kind: Annotated[PairingKind | None, Query(description="Of this kind.")] = None,
    subject: Annotated[
        str | None,
        Query(max_length=40, pattern=WITHOUT_NUL, description="In this subject, by its code."),
    ] = None,
    school_id: Annotated[UUID | None, Query(description="With this school.")] = None,
    q: Annotated[
        str, Query(max_length=100, pattern=WITHOUT_NUL, description="Words of the name.")
    ] = "",
) -> PairingFilter:
    return PairingFilter(alliance_id, state, kind, subject, school_id, q)


Wanted = Annotated[PairingFilter, Depends(_filter)]


async def described(
    db: AsyncSession, caller: PersonCaller, found: list[Pairing], now: Now
) -> list[PairingOut]:
    """Describe pairings; the statements do not grow with their number."""
    today = local_day(now)
    parties = [party for pairing in found for party in pairing.parties]
    names = await accounts.names_of(db, {p.person_id for p in parties if p.person_id})
    names |= await schools.class_names(db, {p.class_id for p in parties if p.class_id})
    spans = await pairings.days_that_count(db, found, today=today)
    own = await schools.ids_within(db, kept(caller), {party.school_id for party in parties})
    return [
        PairingOut.of(
            pairing,
            hub=PartyOut.of(pairings.hub_of(pairing), names),
            partners=[PartyOut.of(party, names) for party in pairings.partners_of(pairing)],
            active_days=active_days(spans[pairing.id], date.min, today),
            possible=sorted(NEXT_PAIRING_STATE[pairing.state]),
            acts_for=[_named(party) for party in pairing.parties if party.school_id in own],
        )
        for pairing in found
    ]


def _named(party: PairingParty) -> Named:
    return Named(id=party.school.id, name=party.school.name)


async def _one(db: AsyncSession, caller: PersonCaller, pairing_id: UUID, now: Now) -> PairingOut:
    pairing = await pairing_queries.get_pairing(db, pairing_id)
    return (await described(db, caller, [pairing], now))[0]


@router.get("/pairings")
async def list_pairings(
    db: Db, now: Now, caller: CurrentInspector, page: PageQuery, wanted: Wanted
) -> Page[PairingOut]:
    """List the pairings of alliances one keeps and of schools in scope, the newest first."""
    query = pairing_queries.pairings_seen(seen(caller), wanted)
    found = await fetch_page(db, query, order=(Pairing.id.desc(),), page=page)
    return Page(
        items=await described(db, caller, list(found.items), now), next_cursor=found.next_cursor
    )


KINDS = {
    PairingKind.DELIVERY: "专递课堂",
    PairingKind.INTERACTIVE_1N: "1+N 互动课堂",
    PairingKind.SCHOOL_AID: "对口支教",
    PairingKind.TEACHER_MENTOR: "师徒结对",
}
STATES = {
    PairingState.DRAFT: "草稿",
    PairingState.PROPOSED: "待对方同意",
    PairingState.ACCEPTED: "已同意",
    PairingState.ACTIVE: "进行中",
    PairingState.SUSPENDED: "已暂停",
    PairingState.ENDED: "已结束",
    PairingState.ARCHIVED: "已归档",
}


@router.get("/pairings/export", **EXPORT_ROUTE)
async def export_pairings(
    request: Request,
    db: Db,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Give the pairings as a file."""
    words = await codes.catalogue(db)
    query = pairing_queries.pairings_seen(seen(caller), wanted)
    return stream(
        request.app.state.database,
        query.order_by(Pairing.id.desc()),
        columns=[
            Column("结对", lambda row: row[0].name),
            Column("类型", lambda row: KINDS[row[0].kind]),
            Column("主讲学校", lambda row: pairings.hub_of(row[0]).school.name),
            Column(
                "听讲学校",
                lambda row: "、".join(p.school.name for p in pairings.partners_of(row[0])),
            ),
            Column(
                "学科",
                lambda row: "、".join(
                    words.said(CodeKind.SUBJECT, each.subject) for each in row[0].subjects
                ),
            ),
            Column("每周节数", lambda row: row[0].periods_a_week),
            Column("开始", lambda row: row[0].starts_on),
            Column("结束", lambda row: row[0].ends_on),
            Column("状态", lambda row: STATES[row[0].state]),
        ],
        name="pairings",
        export_format=export_format,
    )


async def _require_may_draft(db: AsyncSession, caller: PersonCaller, body: PairingIn) -> None:
    """Raise NotFound unless one keeps its alliance or administers one of its schools."""
    ids = {body.hub.school_id, *(partner.school_id for partner in body.partners)}
    await schools.require_schools(db, ids)
    if body.alliance_id is not None and await queries.keeps(db, kept(caller), body.alliance_id):
        return
    if not await schools.ids_within(db, kept(caller), ids):
        raise NotFound("Name a school you administer among the pairing's schools.")
    if body.alliance_id is not None:
        await queries.alliance_seen(db, kept(caller), body.alliance_id)


@router.post("/pairings", status_code=201)
@refuses(CodeUnknown)
async def add_pairing(
    body: PairingIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> PairingOut:
    """Draft a pairing. Nobody has agreed to anything yet."""
    await _require_may_draft(db, caller, body)
    await service.require_named(db, body, kept(caller))
    pairing = await pairings.save_draft(db, pairings.new(), body)
    tag(response, pairing)
    return await _one(db, caller, pairing.id, now)


@router.get("/pairings/{pairing_id}")
async def read_pairing(
    pairing_id: UUID, response: Response, db: Db, now: Now, caller: CurrentInspector
) -> PairingOut:
    """Describe a pairing."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    tag(response, pairing)
    return (await described(db, caller, [pairing], now))[0]


@router.put("/pairings/{pairing_id}")
@refuses(CodeUnknown, WrongState)
async def change_pairing(
    *,
    pairing_id: UUID,
    body: PairingIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> PairingOut:
    """Change a draft."""
    pairing = await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    expected.require(pairing, current=(await described(db, caller, [pairing], now))[0])
    await _require_may_draft(db, caller, body)
    await service.require_named(db, body, kept(caller), pairing)
    pairing = await pairings.save_draft(db, pairing, body)
    tag(response, pairing)
    return await _one(db, caller, pairing.id, now)


STEPS = {
    PairingState.PROPOSED: pairings.propose,
    PairingState.ACCEPTED: pairings.agree,
    PairingState.DRAFT: pairings.decline,
    PairingState.ACTIVE: pairings.activate,
    PairingState.SUSPENDED: pairings.suspend,
    PairingState.ENDED: pairings.end,
    PairingState.ARCHIVED: pairings.archive,
}


@router.post("/pairings/{pairing_id}/moves")
@refuses(AgreementMissing, AlreadyAgreed, NotAMember, PairingIncomplete, SchoolNotOpen, WrongState)
async def move_pairing(
    *,
    pairing_id: UUID,
    body: MoveIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> PairingOut:
    """Take a step: propose, agree, decline, start, suspend, resume, end, archive.

    Who agrees agrees to what was read: a draft that was changed and proposed again meanwhile is
    another version.

    To propose, agree and decline one acts for a school one administers; the other steps are
    also the alliance's keeper's.
    """
    pairing = await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    expected.require(pairing, current=(await described(db, caller, [pairing], now))[0])
    if body.school_id is not None:
        await schools.school_within(db, kept(caller), body.school_id)
    actor = Actor(caller.person_id, now, body.school_id, body.reason)
    await STEPS[body.to](db, pairing, actor)
    tag(response, pairing)
    return await _one(db, caller, pairing.id, now)


@router.get("/pairings/{pairing_id}/history")
async def read_history(pairing_id: UUID, db: Db, now: Now, caller: CurrentInspector) -> History:
    """List every step the pairing has taken, and the days that count because of them."""
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    changes = await pairing_queries.histories(db, [pairing.id])
    people = await accounts.names_of(db, {change.by_person_id for change in changes})
    names = {party.school_id: party.school.name for party in pairing.parties}
    spans = await pairings.days_that_count(db, [pairing], today=local_day(now))
    return History(
        items=[
            ChangeOut.of(
                change,
                people[change.by_person_id],
                names.get(change.for_school_id) if change.for_school_id else None,
            )
            for change in changes
        ],
        active=[DaySpanOut.of(span) for span in spans[pairing.id]],
    )


@router.post("/pairings/{pairing_id}/agreement", status_code=201, openapi_extra=FILE_BODY)
@refuses(FileEmpty, FileTypeRefused)
async def attach_pairing_agreement(
    *,
    pairing_id: UUID,
    name: FileName,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> AgreementOut:
    """Attach the pairing's agreement: a PDF, JPEG or PNG of at most 20 MiB, as the body."""
    pairing = await pairing_queries.pairing_seen(db, kept(caller), pairing_id)
    file = await keep_upload(
        db, files_of(request), request.stream(), name=name, person_id=caller.person_id, now=now
    )
    agreement = await service.attach_agreement(
        db, file, pairing_id=pairing.id, person_id=caller.person_id, now=now
    )
    return AgreementOut.of(agreement)


async def _agreement(db: AsyncSession, caller: PersonCaller, pairing_id: UUID) -> Agreement:
    pairing = await pairing_queries.pairing_seen(db, seen(caller), pairing_id)
    return attached(await pairings.agreement_of(db, pairing))


@router.get("/pairings/{pairing_id}/agreement")
async def read_pairing_agreement(
    pairing_id: UUID, db: Db, caller: CurrentInspector
) -> AgreementOut:
    """Describe the agreement in force: the pairing's own, else its alliance's."""
    return AgreementOut.of(await _agreement(db, caller, pairing_id))


@router.get("/pairings/{pairing_id}/agreement/file", response_class=Response)
async def download_pairing_agreement(
    pairing_id: UUID, request: Request, db: Db, caller: CurrentInspector
) -> Response:
    """Give the agreement's file to be saved."""
    agreement = await _agreement(db, caller, pairing_id)
    return file_answer(files_of(request), agreement.file)
