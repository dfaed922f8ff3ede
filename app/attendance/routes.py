"""Routes of attendance: the classroom confirms, the administrator reads and exports."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.attendance import lines, listing, queries, settling
from app.attendance.errors import NotToConfirm
from app.attendance.exports import LINE_COLUMNS, attendance_table
from app.attendance.lines import LineFilter
from app.attendance.names import seats_of
from app.attendance.schemas import (
    ClassroomLine,
    EventOut,
    EventsOut,
    HeadcountIn,
    HeadcountOut,
)
from app.clock import Now
from app.database import Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, written
from app.idempotency import IdempotentRoute
from app.paging import MOST_PER_PAGE, Page, PageQuery
from app.security import CurrentDevice, CurrentInspector

router = APIRouter(prefix="/api", tags=["attendance"], route_class=IdempotentRoute)


@router.post("/classroom/lessons/{lesson_id}/headcount")
@refuses(NotToConfirm)
async def confirm_headcount(
    lesson_id: UUID, body: HeadcountIn, db: Db, now: Now, device: CurrentDevice
) -> HeadcountOut:
    """Say how many pupils were in the classroom, after the lesson, and confirm its row.

    With an objection the row is left to an administrator.
    """
    record = await settling.confirm_headcount(
        db,
        lesson_id=lesson_id,
        classroom_id=device.classroom_id,
        count=body.count,
        objection=None if body.objection is None else body.objection.strip(),
        now=now,
    )
    return HeadcountOut(lesson_id=lesson_id, headcount=body.count, state=record.state)


def _lines(
    school_id: UUID | None = None,
    classroom_id: Annotated[
        list[UUID] | None, Query(max_length=MOST_PER_PAGE, description="Of these classrooms.")
    ] = None,
) -> LineFilter:
    return LineFilter(school_id, classroom_id or ())


WantedLines = Annotated[LineFilter, Depends(_lines)]


@router.get("/admin/classroom-lines")
async def classroom_lines(
    *, db: Db, now: Now, person: CurrentInspector, wanted: WantedLines, page: PageQuery
) -> Page[ClassroomLine]:
    """List the lines of the classrooms in scope, as lessons measured them, by school and name."""
    found = await lines.lines_seen(db, person, wanted, page, now=now)
    return found.page(ClassroomLine.of)


@router.get("/admin/classroom-lines/export", **EXPORT_ROUTE)
async def export_classroom_lines(
    *,
    request: Request,
    now: Now,
    person: CurrentInspector,
    wanted: WantedLines,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lines, all pages of them."""
    return written(
        LINE_COLUMNS,
        lines.pages_of_lines(request.app.state.database, person, wanted, now=now),
        name="lines",
        export_format=export_format,
    )


@router.get("/admin/sessions/{session_id}/events")
async def events(
    session_id: UUID,
    db: Db,
    person: CurrentInspector,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> EventsOut:
    """List what happened in a lesson, in the order in which it was written.

    `total` counts all events, also those about seats that the caller may not look at.
    """
    session = await listing.visible_session(db, person, session_id)
    sight = await listing.seats_in_sight(db, person, session.lesson_id)
    rows = await queries.events_after(db, session.id, after=after, limit=limit, seats=sight)
    actors = {row.actor for row in rows if row.actor}
    seats = await seats_of(db, session.lesson_id, session.id, others=actors)
    labels = {seat_id: seat.label for seat_id, seat in seats.items()}
    items = [
        EventOut(
            number=row.number,
            clock_ms=row.clock_ms,
            at=row.written_at,
            type=row.type,
            seat_id=row.seat_id,
            seat_name=labels.get(row.seat_id or ""),
            actor=row.actor,
            actor_name=labels.get(row.actor or ""),
            payload=row.payload,
        )
        for row in rows
    ]
    has_more = len(rows) == limit and rows[-1].number < session.event_count
    return EventsOut(
        items=items, next=rows[-1].number if has_more else None, total=session.event_count
    )


@router.get("/admin/sessions/{session_id}/attendance/export", **EXPORT_ROUTE)
async def export_attendance(
    session_id: UUID,
    db: Db,
    now: Now,
    person: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the attendance of a lesson."""
    session = await listing.visible_session(db, person, session_id)
    sight = await listing.seats_in_sight(db, person, session.lesson_id)
    return await attendance_table(db, session, now=now, sight=sight, export_format=export_format)
