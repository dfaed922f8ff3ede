"""Bells, the days of a school that follow from them, and windows two schools share."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.calendars import queries, service
from app.calendars.days import school_day
from app.calendars.errors import BellsOverlap, TooManyDays
from app.calendars.models import BellSchedule
from app.calendars.rights import kept, own_schools, seen
from app.calendars.schemas import (
    BellsIn,
    BellsOut,
    SchoolDayOut,
    SchoolDays,
    SharedWindowOut,
    SharedWindows,
    clock_of,
)
from app.clock import Day
from app.database import Db
from app.errors import refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.schools.models import School
from app.security import (
    CurrentAdministrator,
    CurrentInspector,
)

router = APIRouter(prefix="/api", tags=["calendars"], route_class=IdempotentRoute)

MOST_DAYS = 62
SchoolId = Annotated[UUID | None, Query(description="Only of this school.")]


@router.get("/bell-schedules")
async def list_bells(
    db: Db, caller: CurrentInspector, page: PageQuery, school_id: SchoolId = None
) -> Page[BellsOut]:
    """List the bells of the schools in scope by school, the newest first."""
    found = await fetch_page(
        db,
        queries.bells_seen(seen(caller), school_id=school_id),
        order=(School.name.asc(), BellSchedule.valid_from.asc(), BellSchedule.id.asc()),
        page=page,
    )
    own = await own_schools(db, caller, [row[0] for row in found.items])
    return found.page(lambda row: BellsOut.of(*row, is_own=row[0].school_id in own))


@router.get("/bell-schedules/export", **EXPORT_ROUTE)
async def export_bells(
    *,
    request: Request,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    school_id: SchoolId = None,
) -> ExportResponse:
    """Give the bells as a file, one row per period."""
    statement = queries.periods_seen(seen(caller), school_id=school_id)
    return stream(
        request.app.state.database,
        statement,
        columns=[
            Column("学校", lambda row: row.school),
            Column("作息表", lambda row: row.name),
            Column("季节开始", lambda row: row.season_from),
            Column("季节结束", lambda row: row.season_to),
            Column("启用", lambda row: row.valid_from),
            Column("停用", lambda row: row.valid_to),
            Column("节次", lambda row: row.number),
            Column("开始", lambda row: clock_of(row.starts_minute)),
            Column("结束", lambda row: clock_of(row.ends_minute)),
        ],
        name="bell-schedules",
        export_format=export_format,
    )


@router.post("/bell-schedules", status_code=201)
@refuses(BellsOverlap)
async def add_bells(
    body: BellsIn, response: Response, db: Db, caller: CurrentAdministrator
) -> BellsOut:
    """Give a school bells."""
    school = await schools.school_within(db, kept(caller), body.school_id)
    schedule = await service.save_bells(db, BellSchedule(periods=[]), body)
    tag(response, schedule)
    return BellsOut.of(schedule, school.name, is_own=True)


@router.get("/bell-schedules/{schedule_id}")
async def read_bells(
    schedule_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> BellsOut:
    """Describe a bell schedule."""
    schedule, name = await queries.bells_within(db, seen(caller), schedule_id)
    tag(response, schedule)
    own = await own_schools(db, caller, [schedule])
    return BellsOut.of(schedule, name, is_own=schedule.school_id in own)


@router.put("/bell-schedules/{schedule_id}")
@refuses(BellsOverlap)
async def change_bells(
    *,
    schedule_id: UUID,
    body: BellsIn,
    response: Response,
    db: Db,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> BellsOut:
    """Change a bell schedule as a whole."""
    schedule, name = await queries.bells_within(db, kept(caller), schedule_id)
    expected.require(schedule, current=BellsOut.of(schedule, name, is_own=True))
    school = await schools.school_within(db, kept(caller), body.school_id)
    await service.save_bells(db, schedule, body)
    tag(response, schedule)
    return BellsOut.of(schedule, school.name, is_own=True)


@router.delete("/bell-schedules/{schedule_id}", status_code=204)
async def remove_bells(
    schedule_id: UUID, db: Db, caller: CurrentAdministrator, expected: IfMatch
) -> None:
    """Take bells away that were entered by mistake; old ones are given a last day instead."""
    schedule, name = await queries.bells_within(db, kept(caller), schedule_id)
    expected.require(schedule, current=BellsOut.of(schedule, name, is_own=True))
    await service.remove(db, schedule)


@router.get("/schools/{school_id}/days")
@refuses(TooManyDays)
async def list_school_days(
    *,
    school_id: UUID,
    db: Db,
    caller: CurrentInspector,
    first: Annotated[Day, Query(alias="from", description="The first day.")],
    last: Annotated[Day, Query(alias="to", description="The last day.")],
) -> SchoolDays:
    """List which periods a school has on each day, with their times, or why it has none."""
    school = await schools.school_within(db, seen(caller), school_id)
    days = _days(first, last)
    calendar = await queries.calendar_of(db, school, first=first, last=last)
    return SchoolDays(items=[SchoolDayOut.of(school_day(calendar, day)) for day in days])


def _days(first: date, last: date) -> list[date]:
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise TooManyDays(f"Ask for 1 to {MOST_DAYS} days, the first one first.")
    return [first + timedelta(days=n) for n in range(count)]


@router.get("/shared-windows")
async def list_shared_windows(
    *,
    db: Db,
    caller: CurrentInspector,
    one: Annotated[UUID, Query(description="A school.")],
    other: Annotated[UUID, Query(description="Another school.")],
    day: Annotated[Day, Query(alias="date")],
    least_minutes: Annotated[int, Query(ge=1, le=120)] = 35,
) -> SharedWindows:
    """List when two schools are both in a lesson period on a day, for long enough."""
    calendars = [
        await service.calendar_on(db, await schools.school_within(db, seen(caller), each), day)
        for each in (one, other)
    ]
    mine, theirs, windows = service.windows_on(
        calendars[0], calendars[1], day, least_minutes=least_minutes
    )
    return SharedWindows(
        one=mine, other=theirs, items=[SharedWindowOut.of(window) for window in windows]
    )
