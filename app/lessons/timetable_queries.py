"""Reads of planned lessons with what became of them, by list and by week."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.accounts.models import Person
from app.accounts.queries import administered_schools
from app.accounts.sight import Sight
from app.errors import NotFound
from app.lessons.models import (
    Cancellation,
    Lesson,
    LessonKind,
    LessonSite,
    LessonState,
    Substitution,
)
from app.lessons.queries import bounds_of, is_in_sight, is_of_school, is_visible
from app.pinyin import is_named
from app.schools.models import Classroom, School
from app.schools.queries import schools_within
from app.security import INSPECTING, PersonCaller

A_WEEK = timedelta(days=7)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LessonFilter:
    """What to list; None: whatever. Days are days in the schools' zone, both included.

    `text` is looked for in the title, the hub school's and the lecturer's name.
    """

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    offering_id: UUID | None = None
    kind: LessonKind | None = None
    state: LessonState | None = None
    text: str = ""
    subject: str | None = None


def lessons_seen(sight: Sight, wanted: LessonFilter) -> Select[Lesson]:
    """Return a query of the lessons given or received where this person inspects, whole."""
    return _narrowed(planned_lessons(), sight, wanted)


def ids_seen(sight: Sight, wanted: LessonFilter) -> Select[UUID]:
    """Return a query of the ids of the same lessons, for `.in_(...)`."""
    return _narrowed(select(Lesson.id), sight, wanted)


def _narrowed(query: Select[T], sight: Sight, wanted: LessonFilter) -> Select[T]:
    query = query.where(is_in_sight(sight))
    if wanted.first_day is not None:
        query = query.where(Lesson.planned_start >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        query = query.where(Lesson.planned_start < bounds_of(wanted.last_day)[1])
    if wanted.school_id is not None:
        query = query.where(is_of_school(wanted.school_id))
    for column, value in (
        (Lesson.offering_id, wanted.offering_id),
        (Lesson.kind, wanted.kind),
        (Lesson.state, wanted.state),
        (Lesson.subject, wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.text:
        hub, lecturer = aliased(School), aliased(Person)
        query = (
            query.join(hub, Lesson.hub_school_id == hub.id)
            .join(lecturer, Lesson.lecturer_id == lecturer.id)
            .where(
                or_(
                    Lesson.title.icontains(wanted.text, autoescape=True),
                    is_named(hub, wanted.text),
                    is_named(lecturer, wanted.text),
                )
            )
        )
    return query


def planned_lessons() -> Select[Lesson]:
    """Return a query of lessons with all that a timetable shows of them."""
    site = selectinload(Lesson.sites)
    return select(Lesson).options(
        joinedload(Lesson.hub_school),
        joinedload(Lesson.hub_classroom),
        joinedload(Lesson.lecturer),
        site.joinedload(LessonSite.classroom).joinedload(Classroom.school),
        site.joinedload(LessonSite.school_class),
        site.joinedload(LessonSite.assistant),
    )


async def lesson_seen(db: AsyncSession, person: PersonCaller, lesson_id: UUID) -> Lesson:
    """Return a lesson given or received where this person inspects."""
    return await _one(db, planned_lessons().where(Lesson.id == lesson_id, is_visible(person)))


async def lesson_kept(db: AsyncSession, person: PersonCaller, lesson_id: UUID) -> Lesson:
    """Return a lesson whose hub this person administers, to be changed."""
    return await _one(
        db,
        planned_lessons().where(
            Lesson.id == lesson_id, Lesson.hub_school_id.in_(administered_schools(person))
        ),
    )


async def _one(db: AsyncSession, query: Select[Lesson]) -> Lesson:
    found = await db.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such lesson for you.")
    return found


@dataclass(slots=True)
class Histories:
    """What became of some lessons, by the id of each."""

    cancelled: dict[UUID, str] = field(default_factory=dict)
    substitutions: dict[UUID, list[tuple[Substitution, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    made_up_by: dict[UUID, Lesson] = field(default_factory=dict)
    originals: dict[UUID, Lesson] = field(default_factory=dict)


async def histories(db: AsyncSession, lessons: Collection[Lesson]) -> Histories:
    """Return what became of these lessons: three statements, however many they are."""
    found = Histories()
    ids = [lesson.id for lesson in lessons]
    rows = await db.execute(
        select(Cancellation.lesson_id, Cancellation.reason).where(Cancellation.lesson_id.in_(ids))
    )
    found.cancelled = {row.lesson_id: row.reason for row in rows}
    before, after = aliased(Person), aliased(Person)
    steps = await db.execute(
        select(Substitution, before.name, after.name)
        .join(before, Substitution.from_person_id == before.id)
        .join(after, Substitution.to_person_id == after.id)
        .where(Substitution.lesson_id.in_(ids))
        .order_by(Substitution.lesson_id, Substitution.number)
    )
    for step, from_name, to_name in steps:
        found.substitutions[step.lesson_id].append((step, from_name, to_name))
    wanted = [lesson.makes_up_id for lesson in lessons if lesson.makes_up_id is not None]
    others = await db.scalars(
        select(Lesson)
        .where(or_(Lesson.makes_up_id.in_(ids), Lesson.id.in_(wanted)))
        .order_by(Lesson.id)
    )
    for other in others:
        found.originals[other.id] = other
        if other.makes_up_id is not None:  # of several, the one that was planned last
            found.made_up_by[other.makes_up_id] = other
    return found


async def lessons_in_week(db: AsyncSession, monday: date, *parts: Select[UUID]) -> Sequence[Lesson]:
    """Return the lessons of a week whose ids one of `parts` gives, in order of time, whole."""
    start, end = bounds_of(monday)[0], bounds_of(monday + A_WEEK)[0]
    within = (Lesson.planned_start >= start, Lesson.planned_start < end)
    ids = union(*(part.where(*within) for part in parts)).subquery()
    rows = await db.scalars(
        planned_lessons()
        .where(Lesson.id.in_(select(ids.c.id)))
        .order_by(Lesson.planned_start, Lesson.id)
    )
    return rows.all()


def given_by(person_id: UUID) -> list[Select[UUID]]:
    """Return queries of the lessons a person gives, helps in, or had given by another."""
    return [
        select(Lesson.id).where(Lesson.lecturer_id == person_id),
        select(Lesson.id).join(LessonSite).where(LessonSite.assistant_id == person_id),
        select(Lesson.id)
        .join(Substitution, Substitution.lesson_id == Lesson.id)
        .where(Substitution.from_person_id == person_id),
    ]


def held_in(classroom_id: UUID) -> list[Select[UUID]]:
    """Return queries of the lessons given or received in a classroom."""
    return [
        select(Lesson.id).where(Lesson.hub_classroom_id == classroom_id),
        select(Lesson.id).join(LessonSite).where(LessonSite.classroom_id == classroom_id),
    ]


def held_at(school_id: UUID) -> list[Select[UUID]]:
    """Return queries of the lessons given or received by a school."""
    rooms = select(Classroom.id).where(Classroom.school_id == school_id)
    return [
        select(Lesson.id).where(Lesson.hub_school_id == school_id),
        select(Lesson.id).join(LessonSite).where(LessonSite.classroom_id.in_(rooms)),
    ]


def published(parts: Iterable[Select[UUID]]) -> list[Select[UUID]]:
    """Leave out the drafts: who teaches and who listens is not shown what may still change."""
    shown: ColumnElement[bool] = Lesson.state != LessonState.PLANNED
    return [part.where(shown) for part in parts]


async def classroom_seen(db: AsyncSession, person: PersonCaller, classroom_id: UUID) -> Classroom:
    """Return a classroom of a school this person inspects, with its school."""
    found = await db.scalar(
        select(Classroom)
        .where(
            Classroom.id == classroom_id,
            Classroom.school_id.in_(schools_within(person.scope(*INSPECTING))),
        )
        .options(joinedload(Classroom.school).joinedload(School.region))
    )
    if found is None:
        raise NotFound("There is no such classroom for you.")
    return found


async def people_of(db: AsyncSession, school_id: UUID) -> Sequence[Person]:
    """Return the people who belong to a school, by name."""
    rows = await db.scalars(
        select(Person).where(Person.school_id == school_id).order_by(Person.name, Person.id)
    )
    return rows.all()
