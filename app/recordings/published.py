"""The recordings that are published to somebody: found by what their lessons are about."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.lessons.models import Lesson
from app.paging import Fetched, PageRequest, fetch_page
from app.pinyin import is_named
from app.recordings.models import Recording, RecordingState
from app.recordings.publishing import RecordingPublication, is_published_to, is_refused
from app.recordings.queries import may_watch
from app.schools.models import School
from app.security import PersonCaller

Listed = tuple[Recording, Lesson, RecordingPublication, str, str]


async def list_published(
    db: AsyncSession, person: PersonCaller, text: str, page: PageRequest
) -> Fetched[Listed]:
    """Return a page of what is published to this person or was given by her, the latest first.

    Not while a school's consent is taken back. With the lesson, the hub school's and the
    lecturer's name. Raise BadCursor.
    """
    query = (
        select(Recording, Lesson, RecordingPublication, School.name, Person.name)
        .join(Lesson, Lesson.id == Recording.lesson_id)
        .join(RecordingPublication, RecordingPublication.recording_id == Recording.id)
        .join(School, School.id == Lesson.hub_school_id)
        .join(Person, Person.id == Lesson.lecturer_id)
        .where(
            Recording.state == RecordingState.PUBLISHED,
            or_(is_published_to(person), may_watch(person)),
            # Who gave it still watches it, from the lesson's own page: here it would pass for
            # one that every school consents to.
            ~is_refused(),
        )
    )
    if text:
        query = query.where(_is_about(text))
    return await fetch_page(db, query, order=(RecordingPublication.id.desc(),), page=page)


def _is_about(text: str) -> ColumnElement[bool]:
    """Return the condition that a lesson is about it, as it is written and as names are read."""

    def holds(column: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.icontains(text, autoescape=True)
        return found

    return or_(
        holds(Lesson.title),
        holds(Lesson.subject),
        holds(Lesson.grade),
        is_named(School, text),
        is_named(Person, text),
    )
