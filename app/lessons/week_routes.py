"""The week's timetable of a teacher, a classroom, a school, and of all schools in scope."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.alliances.shared import kept, seen
from app.calendars.days import local_day, monday_of
from app.clock import Day, Now
from app.database import WITHOUT_NUL, Db
from app.lessons import timetable_queries as queries
from app.lessons.county_weeks import county_week
from app.lessons.lesson_schemas import CountyWeek, SubjectQuery, TimetableWeek, WeekBy
from app.lessons.models import LessonKind, LessonState
from app.lessons.timetable_queries import LessonFilter
from app.lessons.weeks import week_of
from app.paging import PageQuery
from app.schools import queries as schools
from app.security import CurrentInspector, CurrentTeacher, Scope

router = APIRouter(prefix="/api/weeks", tags=["timetable"])

AnyDay = Annotated[
    Day | None, Query(alias="date", description="A day of the week wanted; without it, today's.")
]


@router.get("/mine")
async def my_week(db: Db, now: Now, caller: CurrentTeacher, day: AnyDay = None) -> TimetableWeek:
    """Return the week of the caller: what she gives, helps in, or had given by another."""
    monday = monday_of(day or local_day(now))
    parts = queries.published(queries.given_by(caller.person_id))
    school = caller.school_id and await schools.get_school(db, caller.school_id)
    return await week_of(
        db,
        await queries.lessons_in_week(db, monday, *parts),
        name=caller.name,
        school=school or None,
        monday=monday,
        own=Scope(),
    )


@router.get("/classrooms/{classroom_id}")
async def week_of_classroom(
    *, classroom_id: UUID, db: Db, now: Now, caller: CurrentInspector, day: AnyDay = None
) -> TimetableWeek:
    """Return the week of a classroom in scope."""
    room = await queries.classroom_seen(db, caller, classroom_id)
    monday = monday_of(day or local_day(now))
    return await week_of(
        db,
        await queries.lessons_in_week(db, monday, *queries.held_in(room.id)),
        name=room.name,
        school=room.school,
        monday=monday,
        own=kept(caller),
    )


@router.get("/schools/{school_id}")
async def week_of_school(
    *, school_id: UUID, db: Db, now: Now, caller: CurrentInspector, day: AnyDay = None
) -> TimetableWeek:
    """Return the week of a school in scope: what it gives and what it receives."""
    school = await schools.school_within(db, seen(caller), school_id)
    monday = monday_of(day or local_day(now))
    return await week_of(
        db,
        await queries.lessons_in_week(db, monday, *queries.held_at(school.id)),
        name=school.name,
        school=school,
        monday=monday,
        own=kept(caller),
    )


def _filter(
    *,
    school_id: Annotated[UUID | None, Query(description="The hub, or a site's school.")] = None,
    kind: LessonKind | None = None,
    state: LessonState | None = None,
    subject: SubjectQuery = None,
    q: Annotated[str, Query(max_length=100, pattern=WITHOUT_NUL)] = "",
) -> LessonFilter:
    return LessonFilter(
        school_id=school_id, kind=kind, state=state, text=q.strip(), subject=subject
    )


@router.get("/county")
async def week_of_county(
    *,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    wanted: Annotated[LessonFilter, Depends(_filter)],
    page: PageQuery,
    by: WeekBy = WeekBy.HUB,
    day: AnyDay = None,
) -> CountyWeek:
    """Return the week of all lessons in scope, a page of schools or teachers at a time.

    The list of the same lessons, and its export, are at `/api/lessons`.
    """
    monday = monday_of(day or local_day(now))
    return await county_week(db, caller, wanted, monday=monday, by=by, page=page)
