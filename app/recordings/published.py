"""The recordings that are published to somebody: found by what their lessons are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.among import Among
from app.exports import Column
from app.lessons.models import Lesson
from app.lessons.queries import bounds_of, is_of_school
from app.paging import Fetched, PageRequest, fetch_page
from app.pinyin import is_named
from app.recordings import micro_lessons
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import Recording, RecordingState
from app.recordings.publishing import RecordingPublication, is_refused, lessons_of
from app.recordings.schemas import PublishedOut, PublishedPieceOut
from app.schools.models import School
from app.schools.queries import covers_everything
from app.security import INSPECTING, PersonCaller

LATEST_FIRST = (RecordingPublication.id.desc(),)
# Of the rows of `published_to_export`.
COLUMNS = (
    Column("课题", lambda row: row.Lesson.title),
    Column("学科", lambda row: row.Lesson.subject),
    Column("年级", lambda row: row.Lesson.grade),
    Column("主讲学校", lambda row: row.hub),
    Column("主讲教师", lambda row: row.lecturer),
    Column("上课时间", lambda row: row.Lesson.planned_start),
    Column("时长 (分)", lambda row: round(row.Recording.duration_ms / 60_000)),
    Column("发布时间", lambda row: row.RecordingPublication.at),
    Column("课堂编号", lambda row: str(row.Recording.session_id)),
)


@dataclass(frozen=True, slots=True)
class PublishedFilter:
    """What to list; None: whatever. Days of the lesson in the schools' zone, both included.

    `school_id`: it gave the lesson or was invited to it. `text`: words of the title, the subject,
    the grade, the hub school, the lecturer or the title of a micro-lesson.
    """

    first_day: date | None = None
    last_day: date | None = None
    school_id: UUID | None = None
    subject: str | None = None
    grade: str | None = None
    text: str = ""


async def published_to_export(
    db: AsyncSession, person: PersonCaller, wanted: PublishedFilter
) -> Select[Recording, Lesson, RecordingPublication, str, str]:
    """Return the query of all that the filter finds, in the order of the list."""
    return (await _published(db, person, wanted)).order_by(*LATEST_FIRST)


async def list_published(
    db: AsyncSession, person: PersonCaller, wanted: PublishedFilter, page: PageRequest
) -> Fetched[PublishedOut]:
    """Return a page of what is published to this person or was given by her, the latest first.

    Not while a school's consent is taken back. Raise BadCursor.
    """
    query = await _published(db, person, wanted)
    found = await fetch_page(db, query, order=LATEST_FIRST, page=page)
    pieces = await micro_lessons.shown_of(db, [row[0].id for row in found.items])
    return found.map(lambda row: _out(*row, pieces=pieces.get(row[0].id, ())))


def _out(
    recording: Recording,
    lesson: Lesson,
    publication: RecordingPublication,
    hub: str,
    lecturer: str,
    *,
    pieces: Sequence[MicroLesson],
) -> PublishedOut:
    return PublishedOut(
        session_id=recording.session_id,
        title=lesson.title,
        subject=lesson.subject,
        grade=lesson.grade,
        hub=hub,
        lecturer=lecturer,
        planned_start=lesson.planned_start,
        duration_ms=recording.duration_ms,
        published_at=publication.at,
        micro_lessons=[
            PublishedPieceOut(
                id=piece.id, title=piece.title, duration_ms=piece.until_ms - piece.from_ms
            )
            for piece in pieces
        ],
    )


async def _published(
    db: AsyncSession, person: PersonCaller, wanted: PublishedFilter
) -> Select[Recording, Lesson, RecordingPublication, str, str]:
    query = (
        select(
            Recording,
            Lesson,
            RecordingPublication,
            School.name.label("hub"),
            Person.name.label("lecturer"),
        )
        .join_from(Recording, Lesson, Lesson.id == Recording.lesson_id)
        .join(RecordingPublication, RecordingPublication.recording_id == Recording.id)
        .join(School, School.id == Lesson.hub_school_id)
        .join(Person, Person.id == Lesson.lecturer_id)
        .where(
            Recording.state == RecordingState.PUBLISHED,
            # Who gave it still watches it, from the lesson's own page: here it would pass for
            # one that every school consents to.
            ~is_refused(),
        )
    )
    # Of a whole province all lessons would be: then the latest are gone through as they come.
    if not await covers_everything(db, person.scope(*INSPECTING)):
        query = query.where(Among(Lesson.id, lessons_of(person)))
    return query.where(*_matches(wanted))


def _matches(wanted: PublishedFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.first_day is not None:
        yield Lesson.planned_start >= bounds_of(wanted.first_day)[0]
    if wanted.last_day is not None:
        yield Lesson.planned_start < bounds_of(wanted.last_day)[1]
    if wanted.school_id is not None:
        yield is_of_school(wanted.school_id)
    if wanted.subject is not None:
        yield Lesson.subject == wanted.subject
    if wanted.grade is not None:
        yield Lesson.grade == wanted.grade
    if wanted.text:
        yield _is_about(wanted.text)


def _is_about(text: str) -> ColumnElement[bool]:
    """Return the condition that a lesson, or a piece of it, is about it.

    As it is written, and as names are read.
    """

    def holds(column: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.icontains(text, autoescape=True)
        return found

    has_piece = exists().where(
        MicroLesson.recording_id == Recording.id,
        MicroLesson.file.is_not(None),
        holds(MicroLesson.title),
    )
    return or_(
        has_piece,
        holds(Lesson.title),
        holds(Lesson.subject),
        holds(Lesson.grade),
        is_named(School, text),
        is_named(Person, text),
    )
