"""Routes of attendance rows: the list, what is said of a row afterwards, and corrections."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.queries import names_of
from app.attendance import queries, rows, settling, sums
from app.attendance.delivered import mondays_of
from app.attendance.errors import NothingAmended, NotToAmend, OnlyObserves, PeriodTooLong
from app.attendance.exports import ROW_COLUMNS, SCHOOL_MINUTE_COLUMNS
from app.attendance.models import AttendanceState
from app.attendance.row_schemas import (
    AmendmentIn,
    AmendmentOut,
    AmendmentsOut,
    AttendanceRowOut,
    ConfirmationIn,
    ConfirmedOut,
    SchoolMinutes,
    WeekMinutes,
)
from app.attendance.rows import ROW_ORDER, RowFilter, WaitsFor
from app.clock import Day, Now
from app.database import Db
from app.errors import WrongState, refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.security import CurrentAdministrator, CurrentInspector

router = APIRouter(prefix="/api/admin", tags=["attendance"], route_class=IdempotentRoute)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which rows of whatever days."""

    school_id: UUID | None
    state: AttendanceState | None
    is_counted: bool | None
    subject: str | None
    waits_for: WaitsFor | None


def _narrowed(
    *,
    school_id: UUID | None = None,
    state: AttendanceState | None = None,
    is_counted: bool | None = None,
    subject: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]+$")] = None,
    waits_for: WaitsFor | None = None,
) -> Narrowed:
    return Narrowed(school_id, state, is_counted, subject, waits_for)


Narrowing = Annotated[Narrowed, Depends(_narrowed)]


def _filter(
    narrowed: Narrowing,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
) -> RowFilter:
    return RowFilter(first_day, last_day, **asdict(narrowed))


Wanted = Annotated[RowFilter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class SumFilter:
    """Rows are added up between two days, not over all there ever were."""

    first: date
    last: date
    wanted: RowFilter


def _between(
    narrowed: Narrowing,
    first_day: Annotated[Day, Query(alias="from")],
    last_day: Annotated[Day, Query(alias="to")],
) -> SumFilter:
    return SumFilter(first_day, last_day, RowFilter(first_day, last_day, **asdict(narrowed)))


Between = Annotated[SumFilter, Depends(_between)]


@router.get("/attendance")
async def list_attendance(
    db: Db, person: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[AttendanceRowOut]:
    """List the attendance rows in the caller's scope, the latest lessons first."""
    statement = rows.rows_seen(person, wanted)
    found: Fetched[Any] = await fetch_page(db, statement, order=ROW_ORDER, page=page)
    return found.page(AttendanceRowOut.of)


@router.get("/attendance/export", **EXPORT_ROUTE)
async def export_rows(
    request: Request,
    person: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the attendance rows, all pages of them."""
    return stream(
        request.app.state.database,
        rows.rows_to_export(person, wanted),
        columns=ROW_COLUMNS,
        name="attendance",
        export_format=export_format,
    )


@router.get("/attendance/weeks")
@refuses(PeriodTooLong)
async def sum_attendance_by_week(
    db: Db, person: CurrentInspector, between: Between
) -> list[WeekMinutes]:
    """Add up what was heard in the rows in the caller's scope, week by week, the first one first.

    Of the first and the last week only the days asked for. A week without rows is there, empty.
    """
    found = await sums.by_week(db, person, between.wanted, first=between.first, last=between.last)
    return [WeekMinutes(monday=monday, **counts) for monday, counts in found]


@router.get("/attendance/schools")
@refuses(PeriodTooLong)
async def sum_attendance_by_school(
    db: Db, person: CurrentInspector, between: Between, page: PageQuery
) -> Page[SchoolMinutes]:
    """Add up what was heard at each school that received; where most was not heard comes first."""
    mondays_of(between.first, between.last)
    statement, order = await sums.by_school(db, person, between.wanted)
    found: Fetched[Any] = await fetch_page(db, statement, order=order, page=page)
    return found.page(SchoolMinutes.of)


@router.get("/attendance/schools/export", **EXPORT_ROUTE)
@refuses(PeriodTooLong)
async def export_attendance_by_school(
    request: Request,
    db: Db,
    person: CurrentInspector,
    between: Between,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export what was heard at each school that received, all pages of it."""
    mondays_of(between.first, between.last)
    statement, order = await sums.by_school(db, person, between.wanted)
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=SCHOOL_MINUTE_COLUMNS,
        name="attendance-schools",
        export_format=export_format,
    )


@router.get("/attendance/{record_id}")
async def read_attendance_row(
    record_id: UUID, db: Db, person: CurrentInspector
) -> AttendanceRowOut:
    """Return one row."""
    return AttendanceRowOut.of(await rows.row_seen(db, person, record_id))


@router.get("/attendance/{record_id}/amendments")
async def list_amendments(record_id: UUID, db: Db, person: CurrentInspector) -> AmendmentsOut:
    """List the corrections of a row, the first one first."""
    await rows.row_seen(db, person, record_id)
    found = await queries.amendments_of(db, record_id)
    names = await names_of(db, {each.person_id for each in found})
    return AmendmentsOut(items=[AmendmentOut.of(each, names) for each in found])


@router.post("/attendance/{record_id}/amendments", status_code=201)
@refuses(NotToAmend, OnlyObserves, NothingAmended)
async def add_amendment(
    record_id: UUID, body: AmendmentIn, db: Db, now: Now, administrator: CurrentAdministrator
) -> AmendmentOut:
    """Correct a row of a site in scope, beside what was closed."""
    record = await rows.record_administered(db, administrator, record_id)
    amendment = await settling.amend(
        db,
        record_id=record.id,
        person_id=administrator.person_id,
        is_counted=body.is_counted,
        headcount=body.headcount,
        reason=body.reason.strip(),
        now=now,
    )
    return AmendmentOut.of(amendment, {administrator.person_id: administrator.name})


@router.post("/attendance/{record_id}/confirmation")
@refuses(WrongState)
async def confirm_attendance_row(
    record_id: UUID, body: ConfirmationIn, db: Db, now: Now, administrator: CurrentAdministrator
) -> ConfirmedOut:
    """Confirm a row as it is, for a classroom that did not confirm it, or objects to it."""
    found = await rows.record_administered(db, administrator, record_id)
    record = await settling.confirm_row(
        db,
        record_id=found.id,
        person_id=administrator.person_id,
        headcount=body.headcount,
        now=now,
    )
    return ConfirmedOut(id=record.id, state=record.state, headcount=record.headcount)
