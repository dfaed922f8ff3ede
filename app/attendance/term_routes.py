"""Routes of what follows at the end of term: the lock, and the service hours by locked rows."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.attendance import hours, locking, queries
from app.attendance.errors import ObjectionsOpen, TermNotOver
from app.attendance.exports import HOUR_COLUMNS, OWN_HOUR_COLUMNS
from app.attendance.hours import HoursFilter, HoursOrder, ServiceRole
from app.attendance.row_schemas import (
    GivenLesson,
    LockOut,
    OwnHours,
    RoleHours,
    ServiceHours,
    TermAttendance,
)
from app.calendars import queries as calendars
from app.calendars.days import local_day
from app.clock import Day, Now
from app.database import WITHOUT_NUL, Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.jobs import service as jobs
from app.jobs.schemas import JobOut
from app.paging import Fetched, Page, PageQuery, fetch_page
from app.schools.queries import get_region
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, CurrentTeacher, Role

router = APIRouter(prefix="/api", tags=["attendance"], route_class=IdempotentRoute)


@router.get("/admin/terms/{term_id}/attendance")
async def read_term_attendance(
    term_id: UUID, db: Db, now: Now, person: CurrentInspector
) -> TermAttendance:
    """Say how the rows of a term stand at the sites in scope, and who locked it."""
    scope = person.scope(*INSPECTING)
    term = await calendars.term_seen(db, scope, term_id)
    standing = await locking.standing_of(db, term, scope)
    locks = await queries.locks_of(db, term.id)
    return TermAttendance(
        term_id=term.id,
        term=term.name,
        region=(await get_region(db, term.region_id)).name,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        is_over=local_day(now) > term.ends_on,
        rows=standing.rows,
        waiting=standing.waiting,
        objections=standing.objections,
        locks=[LockOut(id=lock.id, at=lock.at, person=name) for lock, name in locks],
    )


@router.post("/admin/terms/{term_id}/attendance-lock", status_code=202)
@refuses(TermNotOver, ObjectionsOpen)
async def lock_attendance(
    term_id: UUID, response: Response, db: Db, now: Now, administrator: CurrentAdministrator
) -> JobOut:
    """Have the attendance of a term that is over locked, at the sites in scope, as a job."""
    scope = administrator.scope(Role.ADMINISTRATOR)
    term = await calendars.term_seen(db, scope, term_id)
    await locking.require_lockable(db, term, scope, today=local_day(now))
    job = await jobs.enqueue(
        db,
        kind=locking.KIND,
        payload=locking.payload_of(term.id, scope),
        owner=administrator,
        dedup_key=str(term.id),
        now=now,
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobOut.of(job)


FirstDay = Annotated[Day, Query(alias="from")]
LastDay = Annotated[Day, Query(alias="to")]
OfRole = Annotated[
    ServiceRole | None, Query(description="As what they served. Left out: as either.")
]


def _hours_filter(
    first_day: FirstDay,
    last_day: LastDay,
    school_id: Annotated[
        UUID | None,
        Query(description="Of lecturers: given at this hub. Of assistants: stood at this school."),
    ] = None,
    q: Annotated[
        str,
        Query(
            max_length=100,
            pattern=WITHOUT_NUL,
            description="Letters of the teacher's name, as it is written or read.",
        ),
    ] = "",
    role: OfRole = None,
) -> HoursFilter:
    return HoursFilter(first_day, last_day, school_id, q.strip(), role)


WantedHours = Annotated[HoursFilter, Depends(_hours_filter)]


@router.get("/admin/service-hours")
async def list_service_hours(
    db: Db,
    person: CurrentInspector,
    wanted: WantedHours,
    page: PageQuery,
    order: Annotated[HoursOrder, Query(description="By name, or who gave most first.")] = (
        HoursOrder.NAME
    ),
) -> Page[ServiceHours]:
    """List what lecturers and assistants gave at schools in scope in some days, by locked rows."""
    statement, columns = hours.hours_seen(person, wanted, order)
    found: Fetched[Any] = await fetch_page(db, statement, order=columns, page=page)
    return found.page(ServiceHours.of)


@router.get("/admin/service-hours/export", **EXPORT_ROUTE)
async def export_service_hours(
    request: Request,
    person: CurrentInspector,
    wanted: WantedHours,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the hours, all pages of them, by name."""
    statement, order = hours.hours_seen(person, wanted)
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=HOUR_COLUMNS,
        name="service-hours",
        export_format=export_format,
    )


@router.get("/teacher/service-hours")
async def read_own_hours(
    db: Db, teacher: CurrentTeacher, first_day: FirstDay, last_day: LastDay
) -> OwnHours:
    """Say what the caller gave between two days, by locked rows, and what is not locked yet."""
    sums = await hours.own_sums(db, teacher.person_id, first_day=first_day, last_day=last_day)
    return OwnHours(
        lecturer=RoleHours.model_validate(sums[ServiceRole.LECTURER]),
        assistant=RoleHours.model_validate(sums[ServiceRole.ASSISTANT]),
    )


@router.get("/teacher/service-hours/lessons")
async def list_own_lessons(
    *,
    db: Db,
    teacher: CurrentTeacher,
    first_day: FirstDay,
    last_day: LastDay,
    page: PageQuery,
    role: OfRole = None,
) -> Page[GivenLesson]:
    """List the lessons the caller served in, the latest first, and what each earned."""
    statement, order = hours.given_by(
        teacher.person_id, first_day=first_day, last_day=last_day, role=role
    )
    found: Fetched[Any] = await fetch_page(db, statement, order=order, page=page)
    return found.page(GivenLesson.of)


@router.get("/teacher/service-hours/lessons/export", **EXPORT_ROUTE)
async def export_own_lessons(
    *,
    request: Request,
    teacher: CurrentTeacher,
    first_day: FirstDay,
    last_day: LastDay,
    role: OfRole = None,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lessons the caller served in, all pages of them."""
    statement, order = hours.given_by(
        teacher.person_id, first_day=first_day, last_day=last_day, role=role
    )
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=OWN_HOUR_COLUMNS,
        name="service-hours",
        export_format=export_format,
    )
