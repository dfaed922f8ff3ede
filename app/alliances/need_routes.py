"""Needs with the list of hubs that could answer them, and the offers of hubs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import need_queries, needs
from app.alliances.errors import NotAMember, OfferUnfit, PairingIncomplete, SchoolNotOpen
from app.alliances.models import HubOffer, Need, NeedState
from app.alliances.need_schemas import (
    Accepted,
    AcceptIn,
    CandidateOut,
    MatchList,
    NeedIn,
    NeedOut,
    OfferIn,
    OfferOut,
)
from app.alliances.pairings import Actor
from app.alliances.scoring import MOST_POINTS, ReasonKind
from app.alliances.shared import kept, seen
from app.calendars.days import local_day
from app.calendars.schemas import clock_of
from app.clock import Now
from app.codes import service as codes
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.database import WITHOUT_NUL, Db
from app.errors import WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import (
    EXPORT_ROUTE,
    Cell,
    Column,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    stream,
)
from app.exports import table as small_table
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.schools.models import School
from app.schools.schemas import Named
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api", tags=["alliances"], route_class=IdempotentRoute)

OfSchool = Annotated[UUID | None, Query(alias="school_id", description="Of this school.")]
OfSubject = Annotated[
    str | None,
    Query(alias="subject", max_length=20, pattern=WITHOUT_NUL, description="A code."),
]
InState = Annotated[NeedState | None, Query(alias="state", description="In this state.")]

STATES = {NeedState.OPEN: "待匹配", NeedState.MATCHED: "已匹配", NeedState.WITHDRAWN: "已撤回"}
WEEKDAYS = "一二三四五六日"


async def _described(db: AsyncSession, caller: PersonCaller, found: list[Need]) -> list[NeedOut]:
    """Describe needs; the statements do not grow with their number."""
    own = await schools.ids_within(db, kept(caller), {need.school_id for need in found})
    made = await need_queries.pairings_made_for(db, [need.id for need in found])
    return [
        NeedOut.of(need, pairing_id=made.get(need.id), is_own=need.school_id in own)
        for need in found
    ]


@router.get("/needs")
async def list_needs(
    *,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    page: PageQuery,
    school_id: OfSchool = None,
    state: InState = None,
    subject: OfSubject = None,
) -> Page[NeedOut]:
    """List the needs in scope, and the open ones one's hubs could answer, the newest first."""
    query = need_queries.needs_seen(
        seen(caller), today=local_day(now), school_id=school_id, state=state, subject=subject
    )
    found = await fetch_page(db, query, order=(Need.posted_at.desc(), Need.id.desc()), page=page)
    return Page(
        items=await _described(db, caller, list(found.items)), next_cursor=found.next_cursor
    )


@router.get("/needs/export", **EXPORT_ROUTE)
async def export_needs(
    *,
    request: Request,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    school_id: OfSchool = None,
    state: InState = None,
    subject: OfSubject = None,
) -> ExportResponse:
    """Give the needs as a file."""
    words = await codes.catalogue(db)
    query = need_queries.needs_seen(
        seen(caller), today=local_day(now), school_id=school_id, state=state, subject=subject
    )
    return stream(
        request.app.state.database,
        query.order_by(Need.posted_at.desc(), Need.id.desc()),
        columns=[
            Column("学校", lambda row: row[0].school.name),
            Column("学科", lambda row: words.said(CodeKind.SUBJECT, row[0].subject)),
            Column("年级", lambda row: words.said(CodeKind.GRADE, row[0].grade_no)),
            Column("语言", lambda row: words.said(CodeKind.LANGUAGE, row[0].language)),
            Column("每周节数", lambda row: row[0].periods_a_week),
            Column("星期", lambda row: "、".join(WEEKDAYS[int(d) - 1] for d in row[0].weekdays)),
            Column("最早", lambda row: clock_of(row[0].earliest_minute)),
            Column("最晚", lambda row: clock_of(row[0].latest_minute)),
            Column("开始", lambda row: row[0].starts_on),
            Column("结束", lambda row: row[0].ends_on),
            Column("状态", lambda row: STATES[row[0].state]),
            Column("发布时间", lambda row: row[0].posted_at),
        ],
        name="needs",
        export_format=export_format,
    )


async def _one(db: AsyncSession, caller: PersonCaller, need_id: UUID, now: Now) -> NeedOut:
    need = await need_queries.need_seen(db, seen(caller), need_id, today=local_day(now))
    return (await _described(db, caller, [need]))[0]


@router.post("/needs", status_code=201)
@refuses(CodeUnknown, SchoolNotOpen)
async def post_need(
    body: NeedIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> NeedOut:
    """Post what a school one administers cannot teach itself."""
    await schools.school_within(db, kept(caller), body.school_id)
    need = await needs.post(db, body, person_id=caller.person_id, now=now)
    tag(response, need)
    return await _one(db, caller, need.id, now)


@router.get("/needs/{need_id}")
async def read_need(
    need_id: UUID, response: Response, db: Db, now: Now, caller: CurrentInspector
) -> NeedOut:
    """Describe a need."""
    need = await need_queries.need_seen(db, seen(caller), need_id, today=local_day(now))
    tag(response, need)
    return (await _described(db, caller, [need]))[0]


@router.put("/needs/{need_id}")
@refuses(CodeUnknown, SchoolNotOpen, WrongState)
async def change_need(
    *,
    need_id: UUID,
    body: NeedIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> NeedOut:
    """Change an open need."""
    need = await need_queries.need_within(db, kept(caller), need_id)
    expected.require(need, current=(await _described(db, caller, [need]))[0])
    await schools.school_within(db, kept(caller), body.school_id)
    await needs.change(db, need, body, now=now)
    await db.refresh(need, ["school"])
    tag(response, need)
    return (await _described(db, caller, [need]))[0]


@router.post("/needs/{need_id}/withdraw")
@refuses(WrongState)
async def withdraw_need(
    need_id: UUID, response: Response, db: Db, caller: CurrentAdministrator, expected: IfMatch
) -> NeedOut:
    """Take an open need back."""
    need = await need_queries.need_within(db, kept(caller), need_id)
    expected.require(need, current=(await _described(db, caller, [need]))[0])
    await needs.withdraw(db, need)
    tag(response, need)
    return (await _described(db, caller, [need]))[0]


@router.get("/needs/{need_id}/matches")
async def list_matches(need_id: UUID, db: Db, now: Now, caller: CurrentInspector) -> MatchList:
    """List the hubs that could answer a need, best first, each with its points and why."""
    today = local_day(now)
    need = await need_queries.need_seen(db, seen(caller), need_id, today=today)
    ranked, is_cut = await needs.candidates(db, need, today=today)
    ids = {need.school_id, *(offer.school_id for _, offer in ranked)}
    own = await schools.ids_within(db, kept(caller), ids)
    return MatchList(
        items=[
            CandidateOut.of(
                candidate,
                offer,
                [
                    Named(id=school.id, name=school.name)
                    for school in (need.school, offer.school)
                    if school.id in own
                ],
            )
            for candidate, offer in ranked
        ],
        is_cut=is_cut,
    )


_REASONS = {
    ReasonKind.SUBJECT: "学科年级",
    ReasonKind.LANGUAGE: "教学语言",
    ReasonKind.BELLS: "作息",
    ReasonKind.DISTANCE: "距离",
    ReasonKind.LOAD: "余力",
}


@router.get("/needs/{need_id}/matches/export", **EXPORT_ROUTE)
async def export_matches(
    *,
    need_id: UUID,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Give all hubs that could answer a need as a file, best first, with the points of each."""
    today = local_day(now)
    need = await need_queries.need_seen(db, seen(caller), need_id, today=today)
    ranked, _ = await needs.candidates(db, need, today=today, has_all=True)
    words = await codes.catalogue(db)
    most = (f"{word} (满分 {MOST_POINTS[kind]})" for kind, word in _REASONS.items())
    rows: list[tuple[Cell, ...]] = []
    for place, (candidate, offer) in enumerate(ranked, start=1):
        points = {reason.kind: reason.points for reason in candidate.reasons}
        first, last = (
            words.said(CodeKind.GRADE, each) for each in (offer.grade_from, offer.grade_to)
        )
        said = (place, offer.school.name, f"{first}至{last}", offer.periods_a_week)
        rows.append((*said, candidate.score, *(points[kind] for kind in _REASONS)))
    return small_table(
        ("名次", "学校", "年级", "每周节数", "得分", *most),
        rows,
        name="matches",
        export_format=export_format,
    )


@router.post("/needs/{need_id}/accept", status_code=201)
@refuses(CodeUnknown, NotAMember, OfferUnfit, PairingIncomplete, SchoolNotOpen, WrongState)
async def accept_match(
    *,
    need_id: UUID,
    body: AcceptIn,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> Accepted:
    """Accept an offer for one of the two schools: the pairing is made, the other side agrees.

    The need (`If-Match`) and the offer (`offer_version`) are those that were read, or 412.
    """
    today = local_day(now)
    need = await need_queries.need_seen(db, kept(caller), need_id, today=today)
    expected.require(need, current=(await _described(db, caller, [need]))[0])
    await schools.school_within(db, kept(caller), body.school_id)
    region = (await schools.get_school(db, need.school_id)).region
    offer = await need_queries.offer_near(db, need, region, body.offer_id, today=today)
    pairing = await needs.accept(
        db,
        need,
        offer,
        Actor(caller.person_id, now, body.school_id),
        offer_version=body.offer_version,
        is_own_offer=bool(await schools.ids_within(db, kept(caller), {offer.school_id})),
    )
    return Accepted(pairing_id=pairing.id)


@router.get("/hub-offers")
async def list_offers(
    *,
    db: Db,
    caller: CurrentInspector,
    page: PageQuery,
    school_id: OfSchool = None,
    subject: OfSubject = None,
) -> Page[OfferOut]:
    """List what the schools in scope can give, by school."""
    query = need_queries.offers_seen(seen(caller), school_id=school_id, subject=subject)
    found = await fetch_page(
        db, query, order=(School.name.asc(), HubOffer.subject.asc(), HubOffer.id.asc()), page=page
    )
    own = await schools.ids_within(db, kept(caller), {offer.school_id for offer in found.items})
    return found.page(lambda offer: OfferOut.of(offer, is_own=offer.school_id in own))


@router.get("/hub-offers/export", **EXPORT_ROUTE)
async def export_offers(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    school_id: OfSchool = None,
    subject: OfSubject = None,
) -> ExportResponse:
    """Give the offers as a file."""
    words = await codes.catalogue(db)
    query = need_queries.offers_seen(seen(caller), school_id=school_id, subject=subject)
    return stream(
        request.app.state.database,
        query.order_by(School.name, HubOffer.subject, HubOffer.id),
        columns=[
            Column("学校", lambda row: row[0].school.name),
            Column("学科", lambda row: words.said(CodeKind.SUBJECT, row[0].subject)),
            Column("最低年级", lambda row: words.said(CodeKind.GRADE, row[0].grade_from)),
            Column("最高年级", lambda row: words.said(CodeKind.GRADE, row[0].grade_to)),
            Column("语言", lambda row: words.said(CodeKind.LANGUAGE, row[0].language)),
            Column("每周可供节数", lambda row: row[0].periods_a_week),
            Column("开始", lambda row: row[0].valid_from),
            Column("结束", lambda row: row[0].valid_to),
        ],
        name="hub-offers",
        export_format=export_format,
    )


@router.post("/hub-offers", status_code=201)
@refuses(CodeUnknown)
async def add_offer(
    body: OfferIn, response: Response, db: Db, caller: CurrentAdministrator
) -> OfferOut:
    """Say what a school one administers can give."""
    school = await schools.school_within(db, kept(caller), body.school_id)
    offer = HubOffer(school=school)
    await needs.save_offer(db, offer, body)
    tag(response, offer)
    return OfferOut.of(offer, is_own=True)


@router.get("/hub-offers/{offer_id}")
async def read_offer(
    offer_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> OfferOut:
    """Describe an offer."""
    offer = await need_queries.offer_within(db, seen(caller), offer_id)
    tag(response, offer)
    own = await schools.ids_within(db, kept(caller), {offer.school_id})
    return OfferOut.of(offer, is_own=offer.school_id in own)


@router.put("/hub-offers/{offer_id}")
@refuses(CodeUnknown)
async def change_offer(
    *,
    offer_id: UUID,
    body: OfferIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> OfferOut:
    """Change an offer."""
    offer = await need_queries.offer_within(db, kept(caller), offer_id)
    expected.require(offer, current=OfferOut.of(offer, is_own=True))
    await schools.school_within(db, kept(caller), body.school_id)
    await needs.save_offer(db, offer, body)
    await db.refresh(offer, ["school"])
    tag(response, offer)
    return OfferOut.of(offer, is_own=True)
