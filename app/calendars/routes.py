"""Terms with their weeks, and the calendar of holidays and make-up days."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars import queries, service
from app.calendars.days import Span, teaching_weeks
from app.calendars.errors import DayTaken, TermOverlaps
from app.calendars.models import CalendarDay, DayKind, Term
from app.calendars.rights import kept, own_regions, own_schools, seen
from app.calendars.schemas import (
    CalendarDayIn,
    CalendarDayOut,
    TermIn,
    TermOut,
    WeekList,
    WeekOut,
)
from app.clock import Day
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.security import (
    CurrentAdministrator,
    CurrentInspector,
    PersonCaller,
)

router = APIRouter(prefix="/api", tags=["calendars"], route_class=IdempotentRoute)

FirstDay = Annotated[Day | None, Query(alias="from", description="The first day.")]
LastDay = Annotated[Day | None, Query(alias="to", description="The last day.")]
SchoolId = Annotated[UUID | None, Query(description="Only of this school.")]
TermWords = Annotated[
    str,
    Query(
        alias="q",
        max_length=120,
        pattern=WITHOUT_NUL,
        description="Words of the term's or its region's name.",
    ),
]


async def _require_place(
    db: AsyncSession, caller: PersonCaller, *, region_id: UUID | None, school_id: UUID | None
) -> None:
    """Raise NotFound unless the caller administers the region or the school."""
    if region_id is not None:
        await schools.region_within(db, kept(caller), region_id)
    if school_id is not None:
        await schools.school_within(db, kept(caller), school_id)


async def _term_out(db: AsyncSession, caller: PersonCaller, term: Term) -> TermOut:
    region = await schools.get_region(db, term.region_id)
    own = await own_regions(db, caller, [term])
    return TermOut.of(term, region.name, is_own=term.region_id in own)


@router.get("/terms")
async def list_terms(
    db: Db, caller: CurrentInspector, page: PageQuery, text: TermWords = ""
) -> Page[TermOut]:
    """List the terms that hold somewhere in scope, the newest first."""
    found = await fetch_page(
        db,
        await queries.terms_seen(db, seen(caller), text=text),
        order=(Term.starts_on.desc(), Term.id.desc()),
        page=page,
    )
    own = await own_regions(db, caller, [row[0] for row in found.items])
    return found.page(lambda row: TermOut.of(*row, is_own=row[0].region_id in own))


@router.get("/terms/export", **EXPORT_ROUTE)
async def export_terms(
    request: Request,
    db: Db,
    caller: CurrentInspector,
    text: TermWords = "",
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Give the terms as a file."""
    statement = await queries.terms_seen(db, seen(caller), text=text)
    return stream(
        request.app.state.database,
        statement.order_by(Term.starts_on.desc(), Term.id.desc()),
        columns=[
            Column("行政区划", lambda row: row[1]),
            Column("学期", lambda row: row[0].name),
            Column("开始", lambda row: row[0].starts_on),
            Column("结束", lambda row: row[0].ends_on),
        ],
        name="terms",
        export_format=export_format,
    )


@router.post("/terms", status_code=201)
@refuses(TermOverlaps)
async def add_term(
    body: TermIn, response: Response, db: Db, caller: CurrentAdministrator
) -> TermOut:
    """Add a term to a region one administers."""
    await _require_place(db, caller, region_id=body.region_id, school_id=None)
    term = await service.save_term(db, Term(), body)
    tag(response, term)
    return await _term_out(db, caller, term)


@router.get("/terms/{term_id}")
async def read_term(term_id: UUID, response: Response, db: Db, caller: CurrentInspector) -> TermOut:
    """Describe a term."""
    term = await queries.term_seen(db, seen(caller), term_id)
    tag(response, term)
    return await _term_out(db, caller, term)


@router.put("/terms/{term_id}")
@refuses(TermOverlaps)
async def change_term(
    *,
    term_id: UUID,
    body: TermIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> TermOut:
    """Change a term; the teaching weeks follow."""
    term = await queries.term_within(db, kept(caller), term_id)
    expected.require(term, current=await _term_out(db, caller, term))
    await _require_place(db, caller, region_id=body.region_id, school_id=None)
    await service.save_term(db, term, body)
    tag(response, term)
    return await _term_out(db, caller, term)


@router.get("/terms/{term_id}/weeks")
async def list_weeks(term_id: UUID, db: Db, caller: CurrentInspector) -> WeekList:
    """List the teaching weeks of a term."""
    term = await queries.term_seen(db, seen(caller), term_id)
    weeks = teaching_weeks(Span(term.starts_on, term.ends_on))
    return WeekList(items=[WeekOut.of(week) for week in weeks])


@router.get("/calendar-days")
async def list_calendar_days(
    *,
    db: Db,
    caller: CurrentInspector,
    page: PageQuery,
    first: FirstDay = None,
    last: LastDay = None,
) -> Page[CalendarDayOut]:
    """List the holidays and make-up days that hold somewhere in scope, in order."""
    statement = await queries.days_seen(db, seen(caller), first=first, last=last)
    found = await fetch_page(
        db, statement, order=(CalendarDay.day.asc(), CalendarDay.id.asc()), page=page
    )
    days = [row[0] for row in found.items]
    own = await _own_places(db, caller, days)
    return found.page(lambda row: CalendarDayOut.of(*row, is_own=_place_of(row[0]) in own))


async def _own_places(
    db: AsyncSession, caller: PersonCaller, days: Sequence[CalendarDay]
) -> set[UUID | None]:
    """Return which places of these days the caller administers."""
    return {
        *await own_regions(db, caller, days),
        *await own_schools(db, caller, days),
    }


def _place_of(day: CalendarDay) -> UUID | None:
    """Return the region's or school's id; None: the nation's, which nobody administers here."""
    return day.region_id or day.school_id


KINDS = {DayKind.HOLIDAY: "放假", DayKind.MAKE_UP: "补课"}
WEEKDAYS = "一二三四五六日"


@router.get("/calendar-days/export", **EXPORT_ROUTE)
async def export_calendar_days(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    first: FirstDay = None,
    last: LastDay = None,
) -> ExportResponse:
    """Give the calendar as a file."""
    statement = await queries.days_seen(db, seen(caller), first=first, last=last)
    return stream(
        request.app.state.database,
        statement.order_by(CalendarDay.day, CalendarDay.id),
        columns=[
            Column("日期", lambda row: row[0].day),
            Column("类型", lambda row: KINDS[row[0].kind]),
            Column("名称", lambda row: row[0].name),
            Column(
                "上周几的课",
                lambda row: f"周{WEEKDAYS[row[0].follows - 1]}" if row[0].follows else None,
            ),
            Column("适用范围", lambda row: row[1] or "全国"),
        ],
        name="calendar-days",
        export_format=export_format,
    )


@router.post("/calendar-days", status_code=201)
@refuses(DayTaken)
async def add_calendar_day(
    body: CalendarDayIn, response: Response, db: Db, caller: CurrentAdministrator
) -> CalendarDayOut:
    """Say of a day that it is a holiday, or which weekday's timetable it runs."""
    await _require_place(db, caller, region_id=body.region_id, school_id=body.school_id)
    day = await service.save_day(db, CalendarDay(), body)
    tag(response, day)
    return await _day_out(db, caller, day.id)


async def _day_out(db: AsyncSession, caller: PersonCaller, day_id: UUID) -> CalendarDayOut:
    day, place = await queries.day_seen(db, seen(caller), day_id)
    own = await _own_places(db, caller, [day])
    return CalendarDayOut.of(day, place, is_own=_place_of(day) in own)


@router.get("/calendar-days/{day_id}")
async def read_calendar_day(
    day_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> CalendarDayOut:
    """Describe a day of the calendar."""
    day, _ = await queries.day_seen(db, seen(caller), day_id)
    tag(response, day)
    return await _day_out(db, caller, day_id)


@router.put("/calendar-days/{day_id}")
@refuses(DayTaken)
async def change_calendar_day(
    *,
    day_id: UUID,
    body: CalendarDayIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> CalendarDayOut:
    """Change a day of a region or school one administers; the nation's stay as they are."""
    day = await queries.day_within(db, kept(caller), day_id)
    expected.require(day, current=await _day_out(db, caller, day_id))
    await _require_place(db, caller, region_id=body.region_id, school_id=body.school_id)
    await service.save_day(db, day, body)
    tag(response, day)
    return await _day_out(db, caller, day_id)


@router.delete("/calendar-days/{day_id}", status_code=204)
async def remove_calendar_day(
    day_id: UUID, db: Db, caller: CurrentAdministrator, expected: IfMatch
) -> None:
    """Take a day out of the calendar: it is again what its weekday says."""
    day = await queries.day_within(db, kept(caller), day_id)
    expected.require(day, current=await _day_out(db, caller, day_id))
    await service.remove(db, day)
