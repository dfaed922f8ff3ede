"""Plannings: ask for one, see its plans side by side, accept one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from app.calendars import queries as calendars
from app.clock import Now
from app.database import Db
from app.errors import NotFound, WrongState, refuses
from app.etags import tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.lessons.errors import LessonClash
from app.lessons.models import CourseOffering
from app.paging import Page, PageQuery, fetch_page
from app.planning import queries, service
from app.planning.errors import CannotPlan, NoSuchPlan, PlanOutdated
from app.planning.jobs import KIND
from app.planning.models import Planning, PlanningState
from app.planning.schemas import (
    PlanAcceptIn,
    PlannedOfferingOut,
    PlanningCard,
    PlanningIn,
    PlanningOut,
    hubs_of,
)
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role

router = APIRouter(prefix="/api/plannings", tags=["timetable"], route_class=IdempotentRoute)

OfTerm = Annotated[UUID | None, Query(alias="term_id", description="Of this term.")]
STATES = {
    PlanningState.PLANNING: "排课中",
    PlanningState.ANSWERED: "待选择",
    PlanningState.ACCEPTED: "已采用",
}


def _out(planning: Planning, response: Response) -> PlanningOut:
    tag(response, planning)
    return PlanningOut.of(planning, service.answer_to(planning))


@router.get("")
async def list_plannings(
    *, db: Db, caller: CurrentInspector, page: PageQuery, term_id: OfTerm = None
) -> Page[PlanningCard]:
    """List the plannings whose hubs all lie in scope, the latest first."""
    query = queries.plannings_within(caller.scope(*INSPECTING), term_id=term_id)
    found = await fetch_page(db, query, order=queries.LATEST_FIRST, page=page)
    return found.page(PlanningCard.of)


@router.get("/offerings")
async def list_plannable_offerings(
    *, db: Db, caller: CurrentInspector, page: PageQuery, term_id: UUID
) -> Page[PlannedOfferingOut]:
    """List the offerings of a term that one may have planned, by name."""
    query = queries.plannable_within(caller.scope(Role.ADMINISTRATOR), term_id)
    order = (CourseOffering.name.asc(), CourseOffering.id.asc())
    found = await fetch_page(db, query, order=order, page=page)
    return found.page(PlannedOfferingOut.of)


@router.get("/export", **EXPORT_ROUTE)
async def export_plannings(
    *,
    request: Request,
    caller: CurrentInspector,
    export_format: ExportQuery = ExportFormat.CSV,
    term_id: OfTerm = None,
) -> ExportResponse:
    """Export the list."""
    query = queries.plannings_within(caller.scope(*INSPECTING), term_id=term_id)
    return stream(
        request.app.state.database,
        query.order_by(*queries.LATEST_FIRST),
        columns=[
            Column("学期", lambda row: row[0].term.name),
            Column("主讲学校", lambda row: "、".join(hub.name for hub in hubs_of(row[0]))),
            Column("课程数", lambda row: len(row[0].courses)),
            Column("状态", lambda row: STATES[row[0].state]),
            Column("提交时间", lambda row: row[0].asked_at),
            Column("提交人", lambda row: row[0].asker.name),
            Column("采用时间", lambda row: row[0].accepted_at),
        ],
        name="plannings",
        export_format=export_format,
    )


@router.post("", status_code=202)
@refuses(NotFound, CannotPlan)
async def ask_for_plan(
    *, body: PlanningIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> PlanningOut:
    """Have offerings of one's hubs planned, as a job; the planning shows its plans when it ends."""
    scope = caller.scope(Role.ADMINISTRATOR)
    courses = await queries.offerings_within(db, scope, body.offering_ids)
    term = await calendars.term_seen(db, scope, body.term_id)
    await queries.require_kept_free(db, scope, courses, {each.school_id for each in body.kept_free})
    planning = service.ask(db, body, courses, term, person_id=caller.person_id, now=now)
    await db.flush()
    job = await jobs.enqueue(
        db,
        kind=KIND,
        payload={"planning_id": str(planning.id)},
        owner=caller,
        queue=Queue.HEAVY,
        now=now,
    )
    planning.job_id = job.id
    await db.flush()
    response.headers["Location"] = f"/api/plannings/{planning.id}"
    return _out(await queries.planning_within(db, scope, planning.id), response)


@router.get("/{planning_id}")
async def read_planning(
    planning_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> PlanningOut:
    """Describe a planning with its plans and what stands against them."""
    scope = caller.scope(*INSPECTING)
    return _out(await queries.planning_within(db, scope, planning_id), response)


@router.post("/{planning_id}/accept")
@refuses(NotFound, NoSuchPlan, WrongState, PlanOutdated, LessonClash)
async def accept_plan(
    *,
    planning_id: UUID,
    body: PlanAcceptIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> PlanningOut:
    """Write the lessons of a plan with their sites, all or none; the same plan again: nothing."""
    scope = caller.scope(Role.ADMINISTRATOR)
    planning = await queries.planning_within(db, scope, planning_id)
    await service.accept(
        db, planning, body.plan, publish=body.publish, person_id=caller.person_id, now=now
    )
    await db.flush()
    return _out(await queries.planning_within(db, scope, planning_id), response)
