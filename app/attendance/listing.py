"""The list of sessions: who may see which, filtered, paged, in a stable order."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.accounts.sight import Sight, any_sight, sight_of
from app.attendance.models import AttendanceRecord, SeatPresence, Session
from app.attendance.rows import HEADCOUNT, Newest, newest
from app.attendance.seats import HUB, site_seat, supervisor_seat
from app.errors import NotFound
from app.lessons.models import Lesson, LessonKind, LessonSite, LessonState
from app.lessons.queries import bounds_of, is_in_sight, is_of_school, is_visible
from app.paging import Fetched, PageRequest, fetch_page
from app.pinyin import is_named
from app.schools.models import Classroom, School
from app.security import PersonCaller


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """What to list; None: whatever. Days are days in the schools' zone, both included.

    `text` is looked for in the title, the subject, the grade, and the hub school's and the
    lecturer's name, as they are written and as they are read.
    """

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    kind: LessonKind | None = None
    state: LessonState | None = None
    text: str = ""
    session_id: UUID | None = None
    subject: str | None = None
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class ListedSession:
    """One session as the list shows it. `headcount_total` is None while nobody has counted."""

    session: Session
    lesson: Lesson
    hub_school: str
    lecturer: str
    sites_total: int
    sites_attended: int
    headcount_total: int | None


async def visible_session(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Session:
    """Return a session this person may look at, with its lesson. Raise NotFound."""
    session = await db.scalar(
        select(Session)
        .join(Session.lesson)
        .where(Session.id == session_id, is_visible(person))
        .options(joinedload(Session.lesson))
    )
    if session is None:
        raise NotFound
    return session


async def seats_in_sight(
    db: AsyncSession, person: PersonCaller, lesson_id: UUID
) -> frozenset[str] | None:
    """Return the seats whose doings this person may look at; None: all (docs/adr/0004).

    All of them for whoever inspects the hub's school. Whoever inspects invited schools only
    sees those schools' classrooms, the hub, and herself.
    """
    schools = inspected_schools(person)
    is_hub = exists().where(Lesson.id == lesson_id, Lesson.hub_school_id.in_(schools))
    if await db.scalar(select(is_hub)):
        return None
    sites = await db.scalars(
        select(LessonSite.id)
        .join(Classroom, Classroom.id == LessonSite.classroom_id)
        .where(LessonSite.lesson_id == lesson_id, Classroom.school_id.in_(schools))
    )
    return frozenset({HUB, supervisor_seat(person.person_id), *map(site_seat, sites)})


LATEST_FIRST = (Session.started_at.desc(), Session.id.desc())


def sessions_of(
    sight: Sight, wanted: SessionFilter
) -> Select[Session, Lesson, str, str, int, int, int | None]:
    """Return the query of the sessions the filter finds: what a `ListedSession` is made of."""
    attended = (
        select(func.count(SeatPresence.lesson_site_id.distinct()))
        .where(SeatPresence.session_id == Session.id)
        .scalar_subquery()
        .label("sites_attended")
    )
    records = AttendanceRecord.session_id == Session.id
    total = select(func.count(AttendanceRecord.id)).where(records).scalar_subquery()
    heads = (
        select(func.sum(HEADCOUNT))
        .select_from(AttendanceRecord)
        .outerjoin(Newest, newest())
        .where(records)
        .scalar_subquery()
    )
    return (
        select(
            Session,
            Lesson,
            School.name.label("hub_school"),
            Person.name.label("lecturer"),
            total.label("sites_total"),
            attended,
            heads.label("headcount_total"),
        )
        .join_from(Session, Lesson, Session.lesson_id == Lesson.id)
        .join(School, School.id == Lesson.hub_school_id)
        .join(Person, Person.id == Lesson.lecturer_id)
        .where(_matches(sight, wanted))
    )


async def list_sessions(
    db: AsyncSession, person: PersonCaller, wanted: SessionFilter, page: PageRequest
) -> Fetched[ListedSession]:
    """Return a page of sessions, the latest first. Raise BadCursor."""
    sight = await sight_of(db, person)
    found = await fetch_page(db, sessions_of(sight, wanted), order=LATEST_FIRST, page=page)
    return found.map(lambda row: ListedSession(*row))


async def get_listed(db: AsyncSession, person: PersonCaller, session_id: UUID) -> ListedSession:
    """Return one session as the list shows it. Raise NotFound."""
    wanted = SessionFilter(session_id=session_id)
    row = (await db.execute(sessions_of(any_sight(person), wanted))).one_or_none()
    if row is None:
        raise NotFound
    return ListedSession(*row)


def _matches(sight: Sight, wanted: SessionFilter) -> ColumnElement[bool]:
    conditions = [_is_found(sight, wanted), *_on_days(wanted)]
    if wanted.session_id is not None:
        conditions.append(Session.id == wanted.session_id)
    if wanted.school_id is not None:
        conditions.append(is_of_school(wanted.school_id))
    if wanted.kind is not None:
        conditions.append(Lesson.kind == wanted.kind)
    if wanted.state is not None:
        conditions.append(Lesson.state == wanted.state)
    if wanted.subject is not None:
        conditions.append(Lesson.subject == wanted.subject)
    if wanted.grade is not None:
        conditions.append(Lesson.grade == wanted.grade)
    return and_(*conditions)


def _on_days(wanted: SessionFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.first_day is not None:
        conditions.append(Session.started_at >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        conditions.append(Session.started_at < bounds_of(wanted.last_day)[1])
    return conditions


def _is_found(sight: Sight, wanted: SessionFilter) -> ColumnElement[bool]:
    """Return the condition that a lesson is in sight and, where there is a text, about it.

    Sessions are read in order until a page is full, which a rare word never fills: not among all
    sessions of a province. So where schools are named, theirs are looked up, and searched alone.
    """
    if not wanted.text:
        return is_in_sight(sight)
    if isinstance(sight.schools, Select):
        return and_(_is_about(Lesson, wanted.text), is_in_sight(sight))
    mine = (
        select(
            Session.id,
            Lesson.title,
            Lesson.subject,
            Lesson.grade,
            Lesson.hub_school_id,
            Lesson.lecturer_id,
        )
        .join(Session.lesson)
        .where(is_in_sight(replace(sight, is_small=True)), *_on_days(wanted))
        .cte("mine")
        # Else PostgreSQL looks for the words in the lessons of all others as well.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return Session.id.in_(select(mine.c.id).where(_is_about(mine.c, wanted.text)))


def _is_about(lesson: Any, text: str) -> ColumnElement[bool]:
    """Return the condition on a lesson's own columns: it goes before who may see the lesson."""

    def holds(column: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.icontains(text, autoescape=True)
        return found

    return or_(
        holds(lesson.title),
        holds(lesson.subject),
        holds(lesson.grade),
        lesson.hub_school_id.in_(select(School.id).where(is_named(School, text))),
        lesson.lecturer_id.in_(select(Person.id).where(is_named(Person, text))),
    )
