"""已上课时: how many periods reached each school in each week; facts beside the rows they follow.

`of_rows` is the one query that says what they are, and `refresh` writes its answer down for some
schools and weeks, in the transaction that changed what holds of their rows. So the facts are
what any recomputation gives.

A period is one origin that counted at a school: by whatever lesson it came and in however many
classrooms, once (docs/adr/0014). Its week, kind, subject and grade are the origin's. What is given
after school (课后服务), by its origin or by whoever passed it on, is outside the timetable and none
(docs/adr/0018).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    SQLColumnExpression,
    Table,
    Uuid,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.attendance.errors import PeriodTooLong
from app.attendance.models import AttendanceLock, AttendanceRecord, AttendanceState
from app.attendance.rows import IS_COUNTED, Newest, newest
from app.calendars.days import local_day, monday_of
from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.codes.models import CodeKind
from app.database import Base
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import bounds_of
from app.schools.models import Classroom, School

#: Null: the lesson's word for its subject or grade is in no code set. No key, for it may be null.
PERIODS = Table(
    "delivered_periods",
    Base.metadata,
    Column("school_id", Uuid, ForeignKey("schools.id"), nullable=False),
    Column("week_on", Date, nullable=False),
    Column("kind", Lesson.__table__.c.kind.type, nullable=False),
    Column("subject_id", Uuid, ForeignKey("codes.id"), nullable=True),
    Column("grade_no", Integer, nullable=True),
    Column("periods", Integer, nullable=False),
    Column("locked_periods", Integer, nullable=False),
    Index("ix_delivered_periods_school_id_week_on", "school_id", "week_on"),
    # A need is for one subject of one grade; a school has what came of all of them.
    Index(
        "ix_delivered_periods_school_id_grade_no_subject_id_week_on",
        *("school_id", "grade_no", "subject_id", "week_on"),
    ),
)

Origin = aliased(Lesson)
ORIGIN_ID = func.coalesce(Lesson.origin_id, Lesson.id)
WEEK = timedelta(days=7)
MOST_WEEKS = 60


def mondays(first: date, last: date) -> list[date]:
    """Return the Mondays of the weeks from a day's to another's."""
    begin, end = monday_of(first), monday_of(last)
    return [begin + WEEK * number for number in range((end - begin).days // 7 + 1)]


def mondays_of(first: date, last: date) -> list[date]:
    """Return the same of a period somebody asks about. Raise PeriodTooLong."""
    found = mondays(first, last)
    if last < first or len(found) > MOST_WEEKS:
        raise PeriodTooLong(f"Give a first and a last day, at most {MOST_WEEKS} weeks apart.")
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """What the words lessons use for their subjects and grades stand for."""

    subjects: Mapping[str, UUID]
    grades: Mapping[str, int]

    @classmethod
    def of(cls, used: Collection[tuple[str, str]], sets: Catalogue) -> "Words":
        """Look up the words of lessons, (subject, grade); those no code set knows are left out.

        So are grades only another set than the stored one has: they have no number.
        """
        subjects = {word: sets.find(CodeKind.SUBJECT, word) for word, _ in used}
        grades = {word: sets.find(CodeKind.GRADE, word) for _, word in used}
        return cls(
            {word: code.id for word, code in subjects.items() if code is not None},
            {word: int(code.code) for word, code in grades.items() if code and code.set.is_stored},
        )


async def words_of(db: AsyncSession, first: date, last: date) -> Words:
    """Look up all words of the lessons of these weeks."""
    rows = await db.execute(
        select(Lesson.subject, Lesson.grade).where(*_within(Lesson, first, last)).distinct()
    )
    return Words.of([(row.subject, row.grade) for row in rows], await codes.catalogue(db))


def _within(lesson: Any, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a lesson, or an alias, lies in the whole weeks of these days."""
    start, _ = bounds_of(monday_of(first))
    end, _ = bounds_of(monday_of(last) + WEEK)
    return lesson.planned_start >= start, lesson.planned_start < end


def _is_locked(as_of: datetime | None) -> ColumnElement[bool]:
    if as_of is None:
        return AttendanceRecord.state == AttendanceState.LOCKED
    return AttendanceRecord.locked_by_id.in_(
        select(AttendanceLock.id).where(AttendanceLock.at <= as_of)
    )


Schools = Select[UUID] | Collection[UUID]


def counted_rows(
    first: date, last: date, *, schools: Schools | None = None, as_of: datetime | None = None
) -> Select[*tuple[Any, ...]]:
    """Return a query of the rows that hold as counted in these weeks, of lessons in school hours.

    Columns: record_id, amendment (0: none), school_id, origin_id, locked (0 or 1); from the record
    with its LessonSite, Lesson and Classroom. `as_of`: by the corrections and locks there were at
    that moment.
    """
    in_weeks = select(Origin.id).where(
        *_within(Origin, first, last), Origin.is_after_school.is_(False)
    )
    query = (
        select(
            AttendanceRecord.id.label("record_id"),
            func.coalesce(Newest.number, 0).label("amendment"),
            Classroom.school_id,
            ORIGIN_ID.label("origin_id"),
            case((_is_locked(as_of), 1), else_=0).label("locked"),
        )
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .outerjoin(Newest, newest(as_of))
        .where(
            IS_COUNTED.is_(True),
            Lesson.is_after_school.is_(False),
            ORIGIN_ID.in_(in_weeks),
        )
    )
    return query if schools is None else query.where(Classroom.school_id.in_(schools))


def deliveries(
    first: date, last: date, *, schools: Schools | None = None, as_of: datetime | None = None
) -> Select[*tuple[Any, ...]]:
    """Return a query of (school_id, origin_id, locked), each pair once, the giver never."""
    rows = counted_rows(first, last, schools=schools, as_of=as_of).subquery()
    return (
        select(rows.c.school_id, rows.c.origin_id, func.max(rows.c.locked).label("locked"))
        .join(Origin, Origin.id == rows.c.origin_id)
        .where(Origin.hub_school_id != rows.c.school_id)
        .group_by(rows.c.school_id, rows.c.origin_id)
    )


def of_rows(
    first: date,
    last: date,
    words: Words,
    *,
    schools: Schools | None = None,
    as_of: datetime | None = None,
) -> Select[*tuple[Any, ...]]:
    """Return the query of what `PERIODS` holds of these weeks, with its columns in its order."""
    pairs = deliveries(first, last, schools=schools, as_of=as_of).subquery()
    placed = (
        select(
            pairs.c.school_id,
            week_of(Origin.planned_start, mondays(first, last)).label("week_on"),
            Origin.kind,
            _looked_up(Origin.subject, words.subjects, Uuid()).label("subject_id"),
            _looked_up(Origin.grade, words.grades, Integer()).label("grade_no"),
            pairs.c.locked,
        )
        .join(Origin, Origin.id == pairs.c.origin_id)
        .subquery()
    )
    keys = [placed.c[name] for name in ("school_id", "week_on", "kind", "subject_id", "grade_no")]
    counts = (func.count().label("periods"), func.sum(placed.c.locked).label("locked_periods"))
    return select(*keys, *counts).group_by(*keys)


def week_of(moment: SQLColumnExpression[datetime], weeks: Sequence[date]) -> ColumnElement[date]:
    """Return in which of some weeks a moment lies; no database is asked what a Monday is."""
    ends = [(moment < bounds_of(week + WEEK)[0], literal(week)) for week in weeks]
    return case(*ends, else_=literal(weeks[-1]))


def _looked_up(
    word: Any, known: Mapping[str, Any], kind: Uuid[Any] | Integer
) -> ColumnElement[Any]:
    if not known:
        return cast(null(), kind)
    found = {text: literal(value, kind) for text, value in known.items()}
    return case(found, value=word, else_=cast(null(), kind))


async def refresh(db: AsyncSession, *, schools: Schools, first: date, last: date) -> None:
    """Write down what reached these schools in the whole weeks of these days.

    To be called last in every transaction that changes what holds of a row, for its school and
    its day. Two at once come one after the other: the second sees the first one's rows.
    """
    await codes.hold(db)
    locking = select(School.id).where(School.id.in_(schools)).order_by(School.id)
    await db.execute(locking.with_for_update(key_share=True))  # SQLite has one writer anyhow
    await db.flush()
    words = await words_of(db, first, last)
    await db.execute(
        delete(PERIODS).where(
            PERIODS.c.school_id.in_(schools),
            PERIODS.c.week_on.between(monday_of(first), monday_of(last)),
        )
    )
    rows = of_rows(first, last, words, schools=schools)
    await db.execute(insert(PERIODS).from_select([column.name for column in PERIODS.c], rows))


async def refresh_of_records(db: AsyncSession, record_ids: Select[UUID] | Collection[UUID]) -> None:
    """Write down anew what rests on these rows: their schools, in their origins' weeks."""
    await db.flush()
    rows = await db.execute(
        select(Classroom.school_id, func.min(Origin.planned_start), func.max(Origin.planned_start))
        .select_from(AttendanceRecord)
        .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
        .join(Lesson, LessonSite.lesson_id == Lesson.id)
        .join(Origin, Origin.id == ORIGIN_ID)
        .join(Classroom, LessonSite.classroom_id == Classroom.id)
        .where(AttendanceRecord.id.in_(record_ids))
        .group_by(Classroom.school_id)
    )
    found = rows.all()
    if found:
        await refresh(
            db,
            schools=[row[0] for row in found],
            first=local_day(min(row[1] for row in found)),
            last=local_day(max(row[2] for row in found)),
        )
