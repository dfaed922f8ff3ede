"""Routes of signed figures and reports; what takes long is a job."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.errors import FiguresBeingCounted, PeriodTooLong
from app.attendance.recounting import require_counted
from app.clock import Now
from app.coverage import changes, listing, office, queries, sheets
from app.coverage.errors import (
    InputsNotKept,
    NoTeachingWeeks,
    RowsOpen,
    SignedAlready,
    TermBeingLocked,
)
from app.coverage.exports import LESSON_COLUMNS, SHEET_COLUMNS
from app.coverage.lesson_pages import fetch_lessons_page
from app.coverage.models import FigureSheet, Indicator, SheetState
from app.coverage.queries import SheetFilter
from app.coverage.schemas import DeliveredLesson, RegionCode
from app.coverage.sheet_schemas import (
    ReportIn,
    SheetDetail,
    SheetIn,
    SheetNote,
    SheetOut,
    sheet_detail,
)
from app.coverage.sites import Basics
from app.coverage.weeks import period_of
from app.database import Db
from app.errors import WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.jobs.schemas import JobOut
from app.paging import Page, PageQuery, fetch_page
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, PersonCaller, Role

router = APIRouter(prefix="/api/coverage", tags=["coverage"], route_class=IdempotentRoute)

_ORDER = (FigureSheet.computed_at.desc(), FigureSheet.id.desc())


def _filter(
    roster_id: UUID | None = None,
    amends_id: Annotated[UUID | None, Query(description="That amend this sheet.")] = None,
    state: SheetState | None = None,
) -> SheetFilter:
    return SheetFilter(roster_id, amends_id, state)


Wanted = Annotated[SheetFilter, Depends(_filter)]


@router.get("/sheets")
async def list_sheets(
    db: Db, caller: CurrentInspector, page: PageQuery, wanted: Wanted
) -> Page[SheetOut]:
    """List the sheets of figures over rosters in scope, the latest first."""
    seen = queries.sheets_seen(caller.scope(*INSPECTING), wanted)
    return (await fetch_page(db, seen, order=_ORDER, page=page)).page(SheetOut.of)


@router.get("/sheets/export", **EXPORT_ROUTE)
async def export_sheets(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list of sheets."""
    seen = queries.sheets_seen(caller.scope(*INSPECTING), wanted)
    return stream(
        request.app.state.database,
        seen.order_by(*_ORDER),
        columns=SHEET_COLUMNS,
        name="figure-sheets",
        export_format=export_format,
    )


@router.post("/sheets", status_code=202)
@refuses(PeriodTooLong, NoTeachingWeeks, WrongState, TermBeingLocked)
async def compute_sheet(
    body: SheetIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> JobOut:
    """Have the figures of a roster and a period computed from locked rows, and frozen, as a job."""
    scope = caller.scope(Role.ADMINISTRATOR)
    roster = await queries.roster_within(db, scope, body.roster_id)
    period = await period_of(db, roster.region, first=body.first, last=body.last)
    if body.amends_id is not None:
        amends = await queries.sheet_within(db, scope, body.amends_id)
        sheets.require_amendable(amends, roster, period)
    await sheets.require_no_locking(db, roster.id, period)
    job = await jobs.enqueue(
        db,
        kind=office.COMPUTE,
        payload={**body.model_dump(mode="json"), "by": caller.name},
        owner=caller,
        queue=Queue.HEAVY,
        now=now,
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobOut.of(job)


async def _detail(db: AsyncSession, sheet: FigureSheet, response: Response) -> SheetDetail:
    held = await queries.values_of(db, sheet.id)
    before = [] if sheet.amends_id is None else await queries.values_of(db, sheet.amends_id)
    tag(response, sheet)
    return sheet_detail(
        sheet,
        held,
        before,
        await queries.steps_of(db, sheet.id),
        await changes.since_computed(db, sheet),
        in_force_id=await queries.in_force_id(db, sheet),
    )


@router.get("/sheets/{sheet_id}")
async def read_sheet(
    sheet_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> SheetDetail:
    """Return a sheet: its figures, each beside the one it amends, its rules, and who signed."""
    sheet = await queries.sheet_within(db, caller.scope(*INSPECTING), sheet_id)
    return await _detail(db, sheet, response)


async def _rows_asked(
    db: AsyncSession,
    caller: PersonCaller,
    sheet_id: UUID,
    indicator: Indicator,
    region_code: str,
) -> tuple[Basics, listing.RowsAsked]:
    sheet = await queries.sheet_within(db, caller.scope(*INSPECTING), sheet_id)
    basics = await sheets.basics_as_of(db, sheet, region_code=region_code)
    kinds = basics.kinds_of(indicator)
    return basics, listing.RowsAsked(most_sites=sheet.roster.size, kinds=kinds)


@router.get("/sheets/{sheet_id}/lessons")
@refuses(InputsNotKept, FiguresBeingCounted)
async def list_sheet_lessons(
    *,
    sheet_id: UUID,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    indicator: Indicator = Indicator.PERIOD_RATE,
    region_code: RegionCode = "",
    page: PageQuery,
) -> Page[DeliveredLesson]:
    """List the lessons a figure of a sheet was computed from, as they counted then."""
    basics, wanted = await _rows_asked(db, caller, sheet_id, indicator, region_code)
    found = await fetch_lessons_page(db, basics, wanted, page, now=now)
    return found.page(DeliveredLesson.of)


@router.get("/sheets/{sheet_id}/lessons/export", **EXPORT_ROUTE)
@refuses(InputsNotKept, FiguresBeingCounted)
async def export_sheet_lessons(
    *,
    request: Request,
    sheet_id: UUID,
    db: Db,
    caller: CurrentInspector,
    indicator: Indicator = Indicator.PERIOD_RATE,
    region_code: RegionCode = "",
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lessons a figure of a sheet was computed from."""
    statement, order = listing.lessons(
        *await _rows_asked(db, caller, sheet_id, indicator, region_code)
    )
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=LESSON_COLUMNS,
        name="sheet-lessons",
        export_format=export_format,
    )


@router.post("/sheets/{sheet_id}/check", status_code=202)
@refuses(WrongState)
async def check_sheet(
    *,
    sheet_id: UUID,
    body: SheetNote,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> JobOut:
    """Have a sheet computed again from the rows themselves; it is checked when nothing differs."""
    sheet = await _own(db, caller, sheet_id)
    expected.require(sheet, current=SheetOut.of(sheet))
    if sheet.state is not SheetState.COMPUTED:
        raise WrongState(f"The sheet is {sheet.state}. It was checked already.", possible=[])
    job = await jobs.enqueue(
        db,
        kind=office.CHECK,
        payload={"sheet_id": str(sheet.id), "by": caller.name, "note": body.note},
        owner=caller,
        dedup_key=str(sheet.id),
        queue=Queue.HEAVY,
        now=now,
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobOut.of(job)


@router.post("/sheets/{sheet_id}/sign-off")
@refuses(WrongState, RowsOpen, InputsNotKept, SignedAlready)
async def sign_sheet_off(
    *,
    sheet_id: UUID,
    body: SheetNote,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> SheetDetail:
    """Sign a checked sheet off. What it amends is printed beside it from then on.

    Of a roster and its weeks one sheet is in force: another is signed only as its amendment.
    """
    sheet = await _own(db, caller, sheet_id)
    expected.require(sheet, current=SheetOut.of(sheet))
    by = sheets.Signer(caller.person_id, caller.name, now, body.note)
    await sheets.sign_off(db, sheet, by=by)
    return await _detail(db, sheet, response)


async def _own(db: AsyncSession, caller: PersonCaller, sheet_id: UUID) -> FigureSheet:
    return await queries.sheet_within(db, caller.scope(Role.ADMINISTRATOR), sheet_id)


@router.post("/reports", status_code=202)
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def make_report(
    body: ReportIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> JobOut:
    """Have the report of a roster and a period made as a file, as a job."""
    roster = await queries.roster_within(db, caller.scope(*INSPECTING), body.roster_id)
    await period_of(db, roster.region, first=body.first, last=body.last)
    await require_counted(db)
    job = await jobs.enqueue(
        db,
        kind=office.REPORT,
        payload={**body.model_dump(mode="json"), "by": caller.name},
        owner=caller,
        queue=Queue.HEAVY,
        now=now,
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobOut.of(job)
