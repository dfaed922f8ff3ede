"""Routes of attendance rows: the list, corrections, the lock at the end of term, service hours."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.attendance import queries, rows, settling
from app.attendance.errors import NothingAmended, NotToAmend, TermNotOver
from app.attendance.exports import HOUR_COLUMNS, ROW_COLUMNS
from app.attendance.models import AttendanceState
from app.attendance.row_schemas import (
    AmendmentIn,
    AmendmentOut,
    AmendmentsOut,
    AttendanceRowOut,
    LockOut,
    ServiceHours,
)
from app.attendance.rows import HOUR_ORDER, ROW_ORDER, RowFilter
from app.calendars import queries as calendars
from app.clock import Day, Now
from app.database import Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.security import CurrentAdministrator, CurrentInspector, Role

router = APIRouter(prefix="/api/admin", tags=["attendance"], route_class=IdempotentRoute)


def _filter(
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    state: AttendanceState | None = None,
    is_counted: bool | None = None,
) -> RowFilter:
    return RowFilter(first_day, last_day, school_id, state, is_counted)


Wanted = Annotated[RowFilter, Depends(_filter)]


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
        rows.rows_seen(person, wanted).order_by(*ROW_ORDER),
        columns=ROW_COLUMNS,
        name="attendance",
        export_format=export_format,
    )


@router.get("/attendance/{record_id}/amendments")
async def list_amendments(record_id: UUID, db: Db, person: CurrentInspector) -> AmendmentsOut:
    """List the corrections of a row."""
    record = await rows.record_seen(db, person, record_id)
    found = await queries.amendments_of(db, record.id)
    return AmendmentsOut(items=[AmendmentOut.model_validate(each) for each in found])


@router.post("/attendance/{record_id}/amendments", status_code=201)
@refuses(NotToAmend, NothingAmended)
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
    return AmendmentOut.model_validate(amendment)


@router.post("/terms/{term_id}/attendance-lock", status_code=201)
@refuses(TermNotOver)
async def lock_attendance(
    term_id: UUID, db: Db, now: Now, administrator: CurrentAdministrator
) -> LockOut:
    """Lock the attendance of a term that is over, at the sites of its region."""
    term = await calendars.term_within(db, administrator.scope(Role.ADMINISTRATOR), term_id)
    lock, count = await settling.lock_term(
        db, term=term, person_id=administrator.person_id, now=now
    )
    return LockOut(id=lock.id, term_id=term.id, at=lock.at, rows=count)


FirstDay = Annotated[Day, Query(alias="from")]
LastDay = Annotated[Day, Query(alias="to")]


@router.get("/service-hours")
async def list_service_hours(
    db: Db, person: CurrentInspector, first_day: FirstDay, last_day: LastDay, page: PageQuery
) -> Page[ServiceHours]:
    """List the hours that teachers of hubs in scope gave between two days, by locked rows."""
    statement = rows.hours_seen(person, first_day=first_day, last_day=last_day)
    found: Fetched[Any] = await fetch_page(db, statement, order=HOUR_ORDER, page=page)
    return found.page(ServiceHours.of)


@router.get("/service-hours/export", **EXPORT_ROUTE)
async def export_service_hours(
    request: Request,
    person: CurrentInspector,
    first_day: FirstDay,
    last_day: LastDay,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the hours, all pages of them."""
    statement = rows.hours_seen(person, first_day=first_day, last_day=last_day)
    return stream(
        request.app.state.database,
        statement.order_by(*HOUR_ORDER),
        columns=HOUR_COLUMNS,
        name="service-hours",
        export_format=export_format,
    )
