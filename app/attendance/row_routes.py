"""Routes of attendance rows: the list, corrections, the lock at the end of term, service hours."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.attendance import queries, rows, settling, words
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceRecord,
    AttendanceState,
    NotCounted,
)
from app.attendance.rows import HOUR_ORDER, ROW_ORDER, RowFilter
from app.calendars import queries as calendars
from app.clock import Day, Now
from app.database import Db
from app.exports import (
    EXPORT_ROUTE,
    Column,
    ExportFormat,
    ExportQuery,
    ExportResponse,
    stream,
)
from app.idempotency import IdempotentRoute
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.security import CurrentAdministrator, CurrentInspector, Role

router = APIRouter(prefix="/api/admin", tags=["attendance"], route_class=IdempotentRoute)


class AttendanceRowOut(BaseModel):
    """One row. The figures are as closed; `is_counted`, `headcount` as amended. Null: unknown."""

    id: UUID
    session_id: UUID
    title: str
    planned_start: datetime
    hub: str
    site: str
    classroom: str
    state: AttendanceState
    planned_ms: int
    connected_ms: int
    audible_ms: int | None
    degraded_ms: int | None
    lost_ms: int | None
    offline_ms: int | None
    visible_ms: int | None
    is_counted: bool | None
    not_counted_reason: NotCounted | None
    rule_number: int | None
    headcount: int | None
    amendments: int

    @classmethod
    def of(cls, row: Any) -> "AttendanceRowOut":
        """Describe a row of `rows.rows_seen`."""
        record, lesson, hub, site, classroom, is_counted, headcount, amendments = row
        figures = {name: getattr(record, name) for name in _FIGURES}
        return cls(
            **figures,
            title=lesson.title,
            planned_start=lesson.planned_start,
            hub=hub,
            site=site,
            classroom=classroom,
            is_counted=is_counted,
            not_counted_reason=_reason(record, is_counted=is_counted),
            headcount=headcount,
            amendments=amendments,
        )


_FIGURES = (
    *("id", "session_id", "state", "planned_ms", "connected_ms", "audible_ms", "degraded_ms"),
    *("lost_ms", "offline_ms", "visible_ms", "rule_number"),
)


def _reason(record: AttendanceRecord, *, is_counted: bool | None) -> NotCounted | None:
    if is_counted is not False:
        return None
    return record.not_counted_reason or NotCounted.AMENDED


def _reason_in_words(row: Any) -> str | None:
    reason = _reason(row.AttendanceRecord, is_counted=row.is_counted)
    return None if reason is None else words.NOT_COUNTED[reason]


class AmendmentIn(BaseModel):
    """What should hold of a row instead, and why; null: as it is."""

    model_config = ConfigDict(extra="forbid")

    is_counted: bool | None = None
    headcount: Annotated[int | None, Field(ge=0, le=999)] = None
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")]


class AmendmentOut(BaseModel):
    """One correction, with what held before."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    person_id: UUID
    at: datetime
    reason: str
    old_is_counted: bool | None
    new_is_counted: bool | None
    old_headcount: int | None
    new_headcount: int | None


class AmendmentsOut(BaseModel):
    """The corrections of a row, the first one first."""

    items: list[AmendmentOut]


class LockOut(BaseModel):
    """What was locked."""

    id: UUID
    term_id: UUID
    at: datetime
    rows: int


class ServiceHours(BaseModel):
    """What a teacher gave of lessons that counted, by locked rows."""

    person_id: UUID
    name: str
    hub_id: UUID
    hub: str
    lessons: int
    sites: int
    planned_ms: int

    @classmethod
    def of(cls, row: Any) -> "ServiceHours":
        """Describe a row of `rows.hours_seen`."""
        person_id, name, hub_id, hub, lessons, planned_ms, sites = row
        return cls(
            person_id=person_id,
            name=name,
            hub_id=hub_id,
            hub=hub,
            lessons=lessons,
            sites=sites,
            planned_ms=planned_ms,
        )


def _filter(
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: UUID | None = None,
    state: AttendanceState | None = None,
    is_counted: bool | None = None,
) -> RowFilter:
    return RowFilter(first_day, last_day, school_id, state, is_counted)


Wanted = Annotated[RowFilter, Depends(_filter)]

ROW_COLUMNS = (
    Column("课题", lambda row: row.Lesson.title),
    Column("计划开始", lambda row: row.Lesson.planned_start),
    Column("主讲学校", lambda row: row.hub),
    Column("学校", lambda row: row.site),
    Column("教室", lambda row: row.classroom),
    Column("计划分钟", lambda row: words.minutes(row.AttendanceRecord.planned_ms)),
    Column("在线分钟", lambda row: words.minutes(row.AttendanceRecord.connected_ms)),
    Column("听清分钟", lambda row: words.some_minutes(row.AttendanceRecord.audible_ms)),
    Column("不清分钟", lambda row: words.some_minutes(row.AttendanceRecord.degraded_ms)),
    Column("未听到分钟", lambda row: words.some_minutes(row.AttendanceRecord.lost_ms)),
    Column("离线分钟", lambda row: words.some_minutes(row.AttendanceRecord.offline_ms)),
    Column("看到分钟", lambda row: words.some_minutes(row.AttendanceRecord.visible_ms)),
    Column("计入", lambda row: words.COUNTED[row.is_counted]),
    Column("未计入原因", _reason_in_words),
    Column("人数", lambda row: row.headcount),
    Column("更正次数", lambda row: row.amendments),
    Column("状态", lambda row: words.ATTENDANCE_STATE[row.AttendanceRecord.state]),
)
HOUR_COLUMNS = (
    Column("教师", lambda row: row.name),
    Column("主讲学校", lambda row: row.hub),
    Column("课节数", lambda row: row.lessons),
    Column("计入教室次数", lambda row: row.sites),
    Column("服务小时", lambda row: round(row.planned_ms / 3_600_000, 2)),
)


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
    found = (await queries.amendments_of(db, [record.id])).get(record.id, [])
    return AmendmentsOut(items=[AmendmentOut.model_validate(each) for each in found])


@router.post("/attendance/{record_id}/amendments", status_code=201)
async def add_amendment(
    record_id: UUID, body: AmendmentIn, db: Db, now: Now, administrator: CurrentAdministrator
) -> AmendmentOut:
    """Correct a row of a site in scope, beside what was closed."""
    record = await rows.record_administered(db, administrator, record_id)
    amendment: AttendanceAmendment = await settling.amend(
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
