"""The list of attendance rows: who may see which, and what holds of each."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import Person
from app.accounts.queries import inspected_schools
from app.accounts.sight import Sight
from app.among import Among
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceRecord,
    AttendanceState,
)
from app.errors import NotFound
from app.lessons.models import Lesson, LessonSite, SiteMode
from app.lessons.queries import bounds_of
from app.schools.models import Classroom, School
from app.schools.queries import covers_everything, schools_within
from app.security import INSPECTING, PersonCaller, Role

Hub, Site, Newest = aliased(School), aliased(School), aliased(AttendanceAmendment)
#: Who reported a head count; told to those alone who may look at the school that did.
Reporter = aliased(Person)

_AS_SAID = func.coalesce(Newest.new_is_counted, AttendanceRecord.is_counted)
#: What holds of a row: what was closed, or what its newest amendment says instead; where the site
#: only observed it does not count, whatever was said. Null: it is not weighed yet. The statement
#: joins the row's LessonSite.
IS_COUNTED = case((LessonSite.mode != SiteMode.OBSERVE, _AS_SAID), (_AS_SAID.is_not(None), false()))
HEADCOUNT = func.coalesce(Newest.new_headcount, AttendanceRecord.headcount)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows; None: whatever. Days are days in the schools' zone, both included."""

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    state: AttendanceState | None = None
    is_counted: bool | None = None
    subject: str | None = None
    waits_for: "WaitsFor | None" = None


class WaitsFor(StrEnum):
    """Whose word a closed row waits for: the assistant's, or the answer to an objection."""

    ASSISTANT = "ASSISTANT"
    ADMINISTRATOR = "ADMINISTRATOR"


def waits(on: WaitsFor) -> ColumnElement[bool]:
    """Return the condition that a row waits for somebody. Where nobody came nobody is asked.

    The state is part of the statement's text, by which the index of such rows is known to serve.
    """
    is_objected = AttendanceRecord.objection.is_not(None)
    state = AttendanceRecord.state
    return and_(
        state == literal(AttendanceState.AUTO_CLOSED, state.type, literal_execute=True),
        AttendanceRecord.first_joined_ms.is_not(None),
        is_objected if on is WaitsFor.ADMINISTRATOR else ~is_objected,
    )


def newest(as_of: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition that joins `Newest`, a row's last amendment, to AttendanceRecord.

    `as_of`: the last one there was at that moment.
    """
    number = select(func.max(AttendanceAmendment.number)).where(
        AttendanceAmendment.record_id == AttendanceRecord.id
    )
    if as_of is not None:
        number = number.where(AttendanceAmendment.at <= as_of)
    last = number.correlate(AttendanceRecord).scalar_subquery()
    return and_(Newest.record_id == AttendanceRecord.id, Newest.number == last)


def days_of(
    wanted: RowFilter, moment: SQLColumnExpression[datetime] = Lesson.planned_start
) -> list[ColumnElement[bool]]:
    """Return the conditions that a moment, of the lesson or of its row, is of the days wanted."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.first_day is not None:
        conditions.append(moment >= bounds_of(wanted.first_day)[0])
    if wanted.last_day is not None:
        conditions.append(moment < bounds_of(wanted.last_day)[1])
    return conditions


def rows_seen(person: PersonCaller, wanted: RowFilter) -> Select[*tuple[Any, ...]]:
    """Return a query of the rows of lessons a hub in scope gave or a site in scope had."""
    schools = inspected_schools(person)
    return (
        select(
            AttendanceRecord,
            Lesson,
            Hub.name.label("hub"),
            Site.name.label("site"),
            Classroom.name.label("classroom"),
            IS_COUNTED.label("is_counted"),
            HEADCOUNT.label("headcount"),
            func.coalesce(Newest.number, 0).label("amendments"),
            Reporter.name.label("headcount_by"),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Hub, Lesson.hub_school_id == Hub.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .join(Site, Classroom.school_id == Site.id)
        .outerjoin(Newest, newest())
        .outerjoin(Reporter, _reported(schools))
        .where(or_(Lesson.hub_school_id.in_(schools), Site.id.in_(schools)), *_conditions(wanted))
    )


async def rows_to_add_up(
    db: AsyncSession, person: PersonCaller, wanted: RowFilter, *columns: Any
) -> Subquery:
    """Return columns of the same rows, of their AttendanceRecord alone.

    Of a province's term that is a million: nothing is joined to them but what is asked of, who
    has everything in sight is not asked about each, and of who has less what was given and what
    was received besides are looked for apart. For an "or" over both PostgreSQL would go through
    all there is, unless what is wanted of one school is little enough.
    """
    record = AttendanceRecord
    query = select(*columns).select_from(record).where(*_conditions_on_record(wanted))
    if wanted.subject is not None or wanted.is_counted is not None:
        query = query.join(LessonSite, record.lesson_site_id == LessonSite.id)
    if wanted.subject is not None:
        query = query.join(Lesson, LessonSite.lesson_id == Lesson.id)
    if wanted.is_counted is not None:
        query = query.outerjoin(Newest, newest())
    if await covers_everything(db, person.scope(*INSPECTING)):
        return query.subquery()
    schools = inspected_schools(person)
    given, received = Among(record.hub_school_id, schools), Among(record.school_id, schools)
    if wanted.school_id is not None:
        return query.where(or_(given, received)).subquery()
    return union_all(query.where(given), query.where(received, not_(given))).subquery()


def _conditions_on_record(wanted: RowFilter) -> list[ColumnElement[bool]]:
    """Return `_conditions`, with what the row itself says of its lesson and site."""
    conditions = [*days_of(wanted, AttendanceRecord.held_at), *_conditions_of_rows(wanted)]
    if wanted.school_id is not None:
        conditions.append(_is_of_school(wanted.school_id))
    return conditions


def _conditions(wanted: RowFilter) -> list[ColumnElement[bool]]:
    """Return what is asked of AttendanceRecord, LessonSite, Lesson; by is_counted of Newest too."""
    conditions = [*days_of(wanted), *_conditions_of_rows(wanted)]
    if wanted.school_id is not None:
        conditions.append(_is_of_school(wanted.school_id))
    return conditions


def _conditions_of_rows(wanted: RowFilter) -> list[ColumnElement[bool]]:
    """Return what is asked of a row whenever and wherever it was."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(AttendanceRecord.state == wanted.state)
    if wanted.is_counted is not None:
        conditions.append(IS_COUNTED.is_(wanted.is_counted))
    if wanted.subject is not None:
        conditions.append(Lesson.subject == wanted.subject)
    if wanted.waits_for is not None:
        conditions.append(waits(wanted.waits_for))
    return conditions


def _reported(schools: Select[UUID]) -> ColumnElement[bool]:
    """Return the condition that joins `Reporter` to a row of a site of these schools."""
    return and_(Reporter.id == AttendanceRecord.headcount_by_id, Site.id.in_(schools))


async def reporters_of(db: AsyncSession, person: PersonCaller, session_id: UUID) -> dict[UUID, str]:
    """Return who reported the head counts of a session, by row, as far as she may see that."""
    rows = await db.execute(
        select(AttendanceRecord.id, Reporter.name)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .join(Site, Classroom.school_id == Site.id)
        .join(Reporter, _reported(inspected_schools(person)))
        .where(AttendanceRecord.session_id == session_id)
    )
    return {row[0]: row[1] for row in rows}


def waiting_in_sight(
    sight: Sight, on: WaitsFor, *, first_day: date | None = None
) -> Select[tuple[UUID]]:
    """Return a query of the ids of rows in sight that wait, once each, since a day.

    Of what was received and of what was given apart: either side of an "or" over both would be
    looked for among all rows that wait.
    """
    here = (
        select(AttendanceRecord.id)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .where(waits(on), *days_of(RowFilter(first_day=first_day)))
    )
    found = union(
        here.where(LessonSite.classroom_id.in_(sight.classrooms)),
        here.where(Lesson.hub_school_id.in_(sight.schools)),
    ).subquery()
    return select(found.c.id)


def rows_to_export(person: PersonCaller, wanted: RowFilter) -> Select[*tuple[Any, ...]]:
    """Return the same rows in their order, and of each only what a table shows.

    Their days are asked of the rows as well: a month's are then found without going through all
    there ever were.
    """
    record = AttendanceRecord
    return (
        rows_seen(person, wanted)
        .where(*days_of(wanted, record.held_at))
        .with_only_columns(
            *(Lesson.title, Lesson.subject, Lesson.grade, Lesson.planned_start),
            *(Hub.name.label("hub"), Site.name.label("site"), Classroom.name.label("classroom")),
            *(record.planned_ms, record.connected_ms, record.audible_ms, record.degraded_ms),
            *(record.lost_ms, record.offline_ms, record.visible_ms),
            *(record.state, record.not_counted_reason, record.objection, record.headcount_source),
            IS_COUNTED.label("is_counted"),
            HEADCOUNT.label("headcount"),
            func.coalesce(Newest.number, 0).label("amendments"),
            Reporter.name.label("headcount_by"),
        )
        .order_by(*ROW_ORDER)
    )


def _is_of_school(school_id: UUID) -> ColumnElement[bool]:
    """Return the condition that a row is of a lesson a school gave, or of one it had itself."""
    record = AttendanceRecord
    return or_(record.hub_school_id == school_id, record.school_id == school_id)


ROW_ORDER = (Lesson.planned_start.desc(), AttendanceRecord.id.desc())


async def record_administered(
    db: AsyncSession, person: PersonCaller, record_id: UUID
) -> AttendanceRecord:
    """Return a row of a site this person administers: who keeps it may correct it."""
    scope = person.scope(Role.ADMINISTRATOR)
    record = await db.scalar(
        select(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(
            AttendanceRecord.id == record_id,
            Classroom.school_id.in_(schools_within(scope)),
        )
    )
    if record is None:
        raise NotFound
    return record


async def row_seen(
    db: AsyncSession, person: PersonCaller, record_id: UUID
) -> Row[*tuple[Any, ...]]:
    """Return a row of `rows_seen`. Raise NotFound when it is not among those."""
    found = rows_seen(person, RowFilter()).where(AttendanceRecord.id == record_id)
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row
