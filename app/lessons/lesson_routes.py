"""Planned lessons: list, plan one, move, publish, cancel, have another give it, make it up."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.accounts.sight import any_sight, sight_of
from app.alliances.shared import kept, seen
from app.clock import Day, Now
from app.codes import service as codes
from app.codes.models import CodeKind
from app.database import WITHOUT_NUL, Db
from app.errors import NotFound, WrongState, refuses
from app.etags import IfMatch, tag
from app.exports import EXPORT_ROUTE, Column, ExportFormat, ExportQuery, ExportResponse, stream
from app.idempotency import IdempotentRoute
from app.lessons import changes, offering_queries, offerings
from app.lessons import timetable_queries as queries
from app.lessons.changes import By
from app.lessons.errors import (
    LessonClash,
    LessonInThePast,
    LessonNotChangeable,
    SameTeacher,
    SiteUnfit,
)
from app.lessons.lesson_schemas import (
    CancelIn,
    LessonEdit,
    LessonIn,
    LessonOut,
    MakeUpIn,
    SubjectQuery,
    SubstituteIn,
)
from app.lessons.models import Lesson, LessonKind, LessonState
from app.lessons.timetable import LessonPlan, SitePlan
from app.lessons.timetable_queries import LessonFilter
from app.lessons.weeks import described
from app.lessons.words import KIND, LESSON_STATE, receivers
from app.paging import Page, PageQuery, fetch_page
from app.schools import queries as schools
from app.schools.schemas import Named
from app.security import CurrentAdministrator, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api", tags=["timetable"], route_class=IdempotentRoute)
ORDER = (Lesson.planned_start.asc(), Lesson.id.asc())


def _filter(
    *,
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
    school_id: Annotated[UUID | None, Query(description="The hub, or a site's school.")] = None,
    offering_id: UUID | None = None,
    kind: LessonKind | None = None,
    state: LessonState | None = None,
    subject: SubjectQuery = None,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> LessonFilter:
    return LessonFilter(
        first_day, last_day, school_id, offering_id, kind, state, q.strip(), subject
    )


Wanted = Annotated[LessonFilter, Depends(_filter)]


async def _described(
    db: AsyncSession, caller: PersonCaller, found: Sequence[Lesson]
) -> list[LessonOut]:
    return await described(db, found, own=kept(caller))


async def _answer(
    db: AsyncSession, caller: PersonCaller, response: Response, lesson_id: UUID
) -> LessonOut:
    lesson = await queries.lesson_seen(db, caller, lesson_id)
    tag(response, lesson)
    return (await _described(db, caller, [lesson]))[0]


@router.get("/lessons")
async def list_planned_lessons(
    db: Db, caller: CurrentInspector, wanted: Wanted, page: PageQuery
) -> Page[LessonOut]:
    """List the lessons given or received in scope, in order of time."""
    seen = queries.lessons_seen(await sight_of(db, caller), wanted)
    found = await fetch_page(db, seen, order=ORDER, page=page)
    rows = await _described(db, caller, list(found.items))
    return Page(items=rows, next_cursor=found.next_cursor)


@router.get("/lessons/export", **EXPORT_ROUTE)
async def export_lessons(
    request: Request,
    caller: CurrentInspector,
    wanted: Wanted,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list, all pages of it."""
    return stream(
        request.app.state.database,
        queries.lessons_seen(any_sight(caller), wanted).order_by(*ORDER),
        columns=LESSON_EXPORT,
        name="lessons",
        export_format=export_format,
    )


LESSON_EXPORT = (
    Column("课题", lambda row: row[0].title),
    Column("课堂类型", lambda row: KIND[row[0].kind]),
    Column("学科", lambda row: row[0].subject),
    Column("年级", lambda row: row[0].grade),
    Column("主讲学校", lambda row: row[0].hub_school.name),
    Column("主讲教师", lambda row: row[0].lecturer.name),
    Column("计划开始", lambda row: row[0].planned_start),
    Column("计划结束", lambda row: row[0].planned_end),
    Column("状态", lambda row: LESSON_STATE[row[0].state]),
    Column("听课教室", lambda row: receivers(row[0].sites)),
)


@router.post("/lessons", status_code=201)
@refuses(NotFound, LessonClash, LessonInThePast, WrongState)
async def plan_lesson(
    body: LessonIn, response: Response, db: Db, now: Now, caller: CurrentAdministrator
) -> LessonOut:
    """Plan one lesson of an offering, beside those a plan has."""
    offering = await offering_queries.offering_kept(db, kept(caller), body.offering_id)
    row = LessonPlan(changes.single_slot(), body.starts_at, body.ends_at, title=body.title)
    made = await changes.add_lesson(db, offering, row, publish=body.is_published, now=now)
    return await _answer(db, caller, response, made.id)


@router.get("/lessons/{lesson_id}")
async def read_lesson(
    lesson_id: UUID, response: Response, db: Db, caller: CurrentInspector
) -> LessonOut:
    """Describe a planned lesson and what became of it."""
    return await _answer(db, caller, response, lesson_id)


async def _to_change(
    db: AsyncSession, caller: PersonCaller, lesson_id: UUID, expected: IfMatch
) -> Lesson:
    lesson = await queries.lesson_kept(db, caller, lesson_id)
    expected.require(lesson, current=(await _described(db, caller, [lesson]))[0])
    return lesson


@router.put("/lessons/{lesson_id}")
@refuses(LessonClash, LessonInThePast, LessonNotChangeable, SiteUnfit)
async def change_lesson(
    *,
    lesson_id: UUID,
    body: LessonEdit,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LessonOut:
    """Change a lesson that has not begun: its title, time, classroom and sites."""
    lesson = await _to_change(db, caller, lesson_id, expected)
    hub = lesson.hub_school_id
    if body.hub_classroom_id is not None:
        await offerings.require_classroom_of(db, body.hub_classroom_id, school_id=hub)
    words = await codes.catalogue(db)
    shown = await offerings.require_fit(
        db,
        body.sites,
        hub_school_id=hub,
        subjects=words.over(words.find(CodeKind.SUBJECT, lesson.subject)),
        scope=kept(caller),
        known={site.classroom_id: SitePlan.of(site) for site in lesson.sites},
    )
    await changes.edit(
        db,
        lesson,
        title=body.title,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        hub_classroom_id=body.hub_classroom_id,
        sites=[
            SitePlan.of(site)
            for site in offerings.with_assistants(body.sites, lesson.sites, shown=shown)
        ],
        now=now,
    )
    return await _answer(db, caller, response, lesson_id)


@router.post("/lessons/{lesson_id}/publish")
@refuses(LessonNotChangeable, WrongState)
async def publish_lesson(
    *,
    lesson_id: UUID,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LessonOut:
    """Let teachers and classrooms see a draft."""
    lesson = await _to_change(db, caller, lesson_id, expected)
    changes.publish(lesson, now)
    await db.flush()
    return await _answer(db, caller, response, lesson_id)


@router.post("/lessons/{lesson_id}/cancel")
@refuses(WrongState)
async def cancel_lesson(
    *,
    lesson_id: UUID,
    body: CancelIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LessonOut:
    """Cancel a lesson that has not begun, and say why."""
    lesson = await _to_change(db, caller, lesson_id, expected)
    await changes.cancel(db, lesson, reason=body.reason, by=By(caller.person_id, now))
    return await _answer(db, caller, response, lesson_id)


@router.post("/lessons/{lesson_id}/substitute")
@refuses(LessonClash, LessonNotChangeable, SameTeacher)
async def substitute_teacher(
    *,
    lesson_id: UUID,
    body: SubstituteIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
    expected: IfMatch,
) -> LessonOut:
    """Have another teacher of the hub school give a lesson that has not begun."""
    lesson = await _to_change(db, caller, lesson_id, expected)
    await accounts.require_person_of(db, body.person_id, school_id=lesson.hub_school_id)
    await changes.substitute(
        db, lesson, to_person_id=body.person_id, reason=body.reason, by=By(caller.person_id, now)
    )
    return await _answer(db, caller, response, lesson_id)


@router.post("/lessons/{lesson_id}/make-up", status_code=201)
@refuses(LessonClash, LessonInThePast, WrongState)
async def make_up_lesson(
    *,
    lesson_id: UUID,
    body: MakeUpIn,
    response: Response,
    db: Db,
    now: Now,
    caller: CurrentAdministrator,
) -> LessonOut:
    """Plan the lesson that stands in for a cancelled or missed one."""
    lesson = await queries.lesson_kept(db, caller, lesson_id)
    if body.lecturer_id is not None:
        await accounts.require_person_of(db, body.lecturer_id, school_id=lesson.hub_school_id)
    made = await changes.make_up(
        db,
        lesson,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        lecturer_id=body.lecturer_id,
        now=now,
    )
    return await _answer(db, caller, response, made.id)


@router.get("/schools/{school_id}/teachers")
async def list_teachers(school_id: UUID, db: Db, caller: CurrentInspector) -> list[Named]:
    """List who may be named to give a lesson of a school: the people who belong to it."""
    await schools.school_within(db, seen(caller), school_id)
    people = await queries.people_of(db, school_id)
    return [Named(id=person.id, name=person.name) for person in people]
