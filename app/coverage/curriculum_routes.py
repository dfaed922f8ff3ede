"""Routes of curricula and of what sites teach themselves."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Select, select

from app.calendars.days import local_day
from app.calendars.queries import term_seen
from app.clock import Now
from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeUnknown
from app.codes.models import CodeKind
from app.coverage import curriculum, timetable_import
from app.coverage.curriculum_schemas import (
    CurriculumDetail,
    CurriculumEdit,
    CurriculumIn,
    CurriculumItem,
    CurriculumOut,
    LocalTimetableEdit,
    LocalTimetableIn,
    LocalTimetableOut,
)
from app.coverage.errors import GradeUnknown, PlanThere, TimetableThere, TwiceInTable
from app.coverage.models import CurriculumPeriods, CurriculumPlan, LocalPeriods, LocalTimetable
from app.database import WITHOUT_NUL, Db
from app.errors import WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.paging import Page, PageQuery, fetch_page
from app.schools.models import School, SchoolClass
from app.schools.queries import region_within
from app.schools.registry_queries import class_within
from app.schools.school_finder import school_columns
from app.security import INSPECTING, CurrentAdministrator, CurrentInspector, Role, Scope

router = APIRouter(prefix="/api", tags=["coverage"], route_class=IdempotentRoute)

PlanWords = Annotated[str, Query(max_length=120, pattern=WITHOUT_NUL, description="In their name.")]
_PLAN_ORDER = (CurriculumPlan.valid_from.desc(), CurriculumPlan.id.desc())
_TABLE_ORDER = (
    School.name.asc(),
    LocalTimetable.grade_no.asc(),
    SchoolClass.name.asc(),
    LocalTimetable.id.asc(),
)


@router.get("/curriculum-plans")
async def list_curriculum_plans(
    db: Db,
    now: Now,
    caller: CurrentInspector,
    page: PageQuery,
    q: PlanWords = "",
) -> Page[CurriculumItem]:
    """List the nation's curriculum and those of the regions in sight, the latest first."""
    seen = curriculum.plans_seen(caller.scope(*INSPECTING), q.strip())
    found = await fetch_page(db, seen, order=_PLAN_ORDER, page=page)
    forces = await curriculum.forces_of(db, found.items, on=local_day(now))
    return found.page(lambda plan: CurriculumItem.standing(plan, forces[plan.id]))


@router.get("/curriculum-plans/export", **EXPORT_ROUTE)
async def export_curriculum_plans(
    request: Request,
    caller: CurrentInspector,
    q: PlanWords = "",
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export what all of them require, one line for a grade and a subject."""
    found = curriculum.plans_seen(caller.scope(*INSPECTING), q.strip())
    seen = found.with_only_columns(CurriculumPlan.id)
    sets = await _sets(request)
    statement = (
        select(CurriculumPlan, CurriculumPeriods)
        .join(CurriculumPeriods, CurriculumPeriods.plan_id == CurriculumPlan.id)
        .where(CurriculumPlan.id.in_(seen), CurriculumPeriods.replaced_at.is_(None))
        .order_by(*_PLAN_ORDER, CurriculumPeriods.grade_no, CurriculumPeriods.id)
    )
    columns = (
        Column("课程计划", lambda row: row.CurriculumPlan.name),
        Column("自", lambda row: row.CurriculumPlan.valid_from),
        Column("年级", lambda row: sets.said(CodeKind.GRADE, row.CurriculumPeriods.grade_no)),
        Column("学科", lambda row: sets.label(row.CurriculumPeriods.subject_id)),
        Column("周课时", lambda row: row.CurriculumPeriods.tenths_a_week / 10),
    )
    return stream(
        request.app.state.database,
        statement,
        columns=columns,
        name="curricula",
        export_format=export_format,
    )


async def _sets(request: Request) -> Catalogue:
    async with request.app.state.database.unit_of_work() as db:
        return await codes.catalogue(db)


async def _whole(db: Db, plan: CurriculumPlan, response: Response) -> CurriculumDetail:
    tag(response, plan)
    return CurriculumDetail.whole(
        plan, await curriculum.cells_of(db, plan.id), await codes.catalogue(db)
    )


@router.post("/curriculum-plans", status_code=201)
@refuses(TwiceInTable, CodeUnknown, PlanThere)
async def add_curriculum_plan(
    body: CurriculumIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> CurriculumDetail:
    """Add the curriculum of a region; from its first day it goes before those of wider ones."""
    region = await region_within(db, caller.scope(Role.ADMINISTRATOR), body.region_id)
    plan = CurriculumPlan(region=region, **body.model_dump(exclude={"region_id", "cells"}))
    plan.region_id = region.id
    await curriculum.save_plan(db, plan, body.cells, by=caller.person_id, now=now)
    return await _whole(db, plan, response)


@router.get("/curriculum-plans/{plan_id}")
async def read_curriculum_plan(
    plan_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> CurriculumDetail:
    """Return a curriculum with all that it requires."""
    plan = await curriculum.plan_seen(db, caller.scope(*INSPECTING), plan_id)
    return await _whole(db, plan, response)


@router.put("/curriculum-plans/{plan_id}")
@refuses(TwiceInTable, CodeUnknown, PlanThere)
async def edit_curriculum_plan(
    *,
    plan_id: UUID,
    body: CurriculumEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> CurriculumDetail:
    """Change a curriculum; figures that are signed off keep what was required then."""
    plan = await curriculum.plan_within(db, caller.scope(Role.ADMINISTRATOR), plan_id)
    expected.require(plan, current=CurriculumOut.of(plan))
    for name, value in body.model_dump(exclude={"cells"}).items():
        setattr(plan, name, value)
    await curriculum.save_plan(db, plan, body.cells, by=caller.person_id, now=now)
    return await _whole(db, plan, response)


class TimetableFilter:
    """Which timetables: of a school, of a term; without, all."""

    def __init__(self, school_id: UUID | None = None, term_id: UUID | None = None) -> None:
        self.school_id, self.term_id = school_id, term_id


Wanted = Annotated[TimetableFilter, Depends(TimetableFilter)]


def _seen(
    caller: CurrentInspector, wanted: TimetableFilter
) -> Select[LocalTimetable, School, SchoolClass]:
    return curriculum.timetables_seen(
        caller.scope(*INSPECTING), school_id=wanted.school_id, term_id=wanted.term_id
    )


@router.get("/local-timetables")
async def list_local_timetables(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[LocalTimetableOut]:
    """List what classes are taught by their own schools, school by school."""
    found = await fetch_page(db, _seen(caller, wanted), order=_TABLE_ORDER, page=page)
    rows = await curriculum.periods_of(db, [row[0].id for row in found.items])
    sets = await codes.catalogue(db)
    return found.page(lambda row: LocalTimetableOut.of(*row, rows=rows[row[0].id], sets=sets))


def _subject(row: LocalPeriods | None, sets: Catalogue) -> str:
    return "" if row is None else sets.label(row.subject_id)


def _periods(row: LocalPeriods | None) -> float | None:
    return None if row is None else row.tenths_a_week / 10


@router.get("/local-timetables/export", **EXPORT_ROUTE)
async def export_local_timetables(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the timetables as a table that can be imported: a class, a term, a subject a line."""
    sets = await _sets(request)
    statement = curriculum.exported_timetables(
        caller.scope(*INSPECTING), school_id=wanted.school_id, term_id=wanted.term_id
    ).order_by(*_TABLE_ORDER, LocalPeriods.id)
    columns = (
        *school_columns(1),
        Column(timetable_import.TERM, lambda row: row.Term.name),
        Column(timetable_import.CLASS, lambda row: row.SchoolClass.name),
        Column(timetable_import.ENTRY, lambda row: row.SchoolClass.entry_year),
        Column("年级", lambda row: sets.said(CodeKind.GRADE, row.LocalTimetable.grade_no)),
        Column(timetable_import.SUBJECT, lambda row: _subject(row.LocalPeriods, sets)),
        Column(timetable_import.PERIODS, lambda row: _periods(row.LocalPeriods)),
    )
    return stream(
        request.app.state.database,
        statement,
        columns=columns,
        name="local-timetables",
        export_format=export_format,
    )


@router.post("/local-timetables", status_code=201)
@refuses(TwiceInTable, CodeUnknown, TimetableThere, GradeUnknown, WrongState)
async def add_local_timetable(
    body: LocalTimetableIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> LocalTimetableOut:
    """Hand in what a class is taught by its own school in a term."""
    school_class = await class_within(db, caller.scope(Role.ADMINISTRATOR), body.class_id)
    at_school = Scope(school_ids=frozenset({school_class.school_id}))
    term = await term_seen(db, at_school, body.term_id)
    timetable = await curriculum.add_timetable(db, school_class=school_class, term=term, now=now)
    rows = await curriculum.save_periods(db, timetable, body.periods, by=caller.person_id, now=now)
    tag(response, timetable)
    return LocalTimetableOut.of(
        timetable, school_class.school, school_class, rows=rows, sets=await codes.catalogue(db)
    )


@router.get("/local-timetables/{timetable_id}")
async def read_local_timetable(
    timetable_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> LocalTimetableOut:
    """Return a timetable."""
    scope = caller.scope(*INSPECTING)
    found = await curriculum.timetable_within(db, scope, timetable_id)
    rows = await curriculum.periods_of(db, [timetable_id])
    tag(response, found[0])
    return LocalTimetableOut.of(*found, rows=rows[timetable_id], sets=await codes.catalogue(db))


@router.put("/local-timetables/{timetable_id}")
@refuses(TwiceInTable, CodeUnknown)
async def edit_local_timetable(
    *,
    timetable_id: UUID,
    body: LocalTimetableEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LocalTimetableOut:
    """Change what a class is taught; figures signed off keep what was said then."""
    scope = caller.scope(Role.ADMINISTRATOR)
    timetable, school, school_class = await curriculum.timetable_within(db, scope, timetable_id)
    sets = await codes.catalogue(db)
    held = (await curriculum.periods_of(db, [timetable.id]))[timetable.id]
    now_is = LocalTimetableOut.of(timetable, school, school_class, rows=held, sets=sets)
    expected.require(timetable, current=now_is)
    rows = await curriculum.save_periods(db, timetable, body.periods, by=caller.person_id, now=now)
    tag(response, timetable)
    return LocalTimetableOut.of(timetable, school, school_class, rows=rows, sets=sets)
