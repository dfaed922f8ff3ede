"""The week of all lessons in scope, by who gives them, who teaches them or who receives them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.accounts.sight import sight_of
from app.alliances.shared import kept
from app.lessons import timetable_queries as queries
from app.lessons.lesson_schemas import CountyWeek, CountyWeekRow, WeekBy
from app.lessons.models import Lesson, LessonSite
from app.lessons.timetable_queries import A_WEEK, LessonFilter
from app.lessons.weeks import described
from app.paging import OrderPart, PageRequest, fetch_page
from app.schools.models import Classroom, School
from app.security import PersonCaller


async def county_week(
    db: AsyncSession,
    person: PersonCaller,
    wanted: LessonFilter,
    *,
    monday: date,
    by: WeekBy,
    page: PageRequest,
) -> CountyWeek:
    """Return a page of the rows that have a lesson of the week, and those lessons.

    The number of statements does not grow with the rows. Raise BadCursor.
    """
    last = monday + A_WEEK - timedelta(days=1)
    sight = await sight_of(db, person)
    ids = queries.ids_seen(sight, replace(wanted, first_day=monday, last_day=last))
    statement, order = _rows(by, ids, person)
    found = await fetch_page(db, statement, order=order, page=page)
    row_ids = [row[0] for row in found.items]
    lessons = await _lessons(db, ids, by, row_ids)
    of = _by_row(lessons, by)
    return CountyWeek(
        items=[
            CountyWeekRow(id=row_id, name=name, detail=detail, lesson_ids=of[row_id])
            for row_id, name, detail in found.items
        ],
        next_cursor=found.next_cursor,
        first_day=monday,
        lessons=await described(db, lessons, own=kept(person)),
    )


def _rows(
    by: WeekBy, ids: Select[UUID], person: PersonCaller
) -> tuple[Select[UUID, str, str], tuple[OrderPart, ...]]:
    """Return a query of (id, name, detail), and its order."""
    if by is WeekBy.TEACHER:
        lecturers = select(Lesson.lecturer_id).where(Lesson.id.in_(ids))
        teachers = (
            select(Person.id, Person.name, func.coalesce(School.name, ""))
            .outerjoin(School, Person.school_id == School.id)
            .where(Person.id.in_(lecturers))
        )
        return teachers, (Person.name, Person.id)
    where: ColumnElement[bool]
    if by is WeekBy.HUB:
        where = School.id.in_(select(Lesson.hub_school_id).where(Lesson.id.in_(ids)))
    else:
        receiving = (
            select(Classroom.school_id)
            .join(LessonSite, LessonSite.classroom_id == Classroom.id)
            .where(
                LessonSite.lesson_id.in_(ids), Classroom.school_id.in_(inspected_schools(person))
            )
        )
        where = School.id.in_(receiving)
    schools = select(School.id, School.name, literal("")).where(where)
    return schools, (School.name, School.id)


async def _lessons(
    db: AsyncSession, ids: Select[UUID], by: WeekBy, row_ids: Collection[UUID]
) -> Sequence[Lesson]:
    """Return the lessons of the week that are of one of these rows, whole and in order."""
    query = queries.planned_lessons().where(Lesson.id.in_(ids))
    column: dict[WeekBy, InstrumentedAttribute[UUID]] = {
        WeekBy.HUB: Lesson.hub_school_id,
        WeekBy.TEACHER: Lesson.lecturer_id,
    }
    if by is WeekBy.POINT:
        received = (
            select(LessonSite.lesson_id)
            .join(Classroom, LessonSite.classroom_id == Classroom.id)
            .where(Classroom.school_id.in_(row_ids))
        )
        query = query.where(Lesson.id.in_(received))
    else:
        query = query.where(column[by].in_(row_ids))
    return (await db.scalars(query.order_by(Lesson.planned_start, Lesson.id))).all()


def _by_row(lessons: Sequence[Lesson], by: WeekBy) -> defaultdict[UUID, list[UUID]]:
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for lesson in lessons:
        match by:
            case WeekBy.HUB:
                of = {lesson.hub_school_id}
            case WeekBy.TEACHER:
                of = {lesson.lecturer_id}
            case WeekBy.POINT:
                of = {site.classroom.school_id for site in lesson.sites}
        for row_id in of:
            found[row_id].append(lesson.id)
    return found
