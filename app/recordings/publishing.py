"""A recording is shown to the schools that took part in its lesson, if each consents.

Whose pupils can be seen or heard in it is written down when it is published. What these schools
say is asked at every look: one that takes its consent back hides the recording at once.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    Select,
    UniqueConstraint,
    and_,
    exists,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.accounts.queries import inspected_schools
from app.among import Among
from app.database import Base, Id
from app.errors import WrongState
from app.lessons.models import Lesson, LessonSite
from app.recordings.errors import ConsentMissing
from app.recordings.models import NEXT_RECORDING_STATE, Recording, RecordingState
from app.schools.models import Classroom, School
from app.security import PersonCaller


class RecordingPublication(Base):
    """Who published a recording, when."""

    __tablename__ = "recording_publications"

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]


class RecordingSchool(Base):
    """A school whose pupils can be seen or heard in a published recording."""

    __tablename__ = "recording_schools"
    __table_args__ = (UniqueConstraint("recording_id", "school_id"),)

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)


def is_published_to(person: PersonCaller) -> ColumnElement[bool]:
    """Return the condition, on Recording and its Lesson, that this person is shown it.

    Staff of a school that gave the lesson or was invited to it, and who inspects such a school.
    """
    return and_(_is_meant_for(person), ~is_refused())


def is_kept_from(person: PersonCaller) -> ColumnElement[bool]:
    """Return the condition, as above, that she would be shown it but for a consent taken back."""
    return and_(_is_meant_for(person), is_refused())


def is_refused() -> ColumnElement[bool]:
    """Return the condition, on Recording, that a school seen in it has taken its consent back."""
    shown = aliased(School)  # a query may have the hub's school as well
    return exists().where(
        RecordingSchool.recording_id == Recording.id,
        shown.id == RecordingSchool.school_id,
        shown.may_publish_pupils.is_(False),
    )


def _is_meant_for(person: PersonCaller) -> ColumnElement[bool]:
    is_there = Among(LessonSite.classroom_id, _rooms(person))
    return and_(
        Recording.state == RecordingState.PUBLISHED,
        or_(
            Lesson.hub_school_id.in_(_schools(person)),
            exists().where(LessonSite.lesson_id == Lesson.id, is_there),
        ),
    )


def lessons_of(person: PersonCaller) -> CompoundSelect[UUID]:
    """Return a query of the lessons of which whatever is published is meant for this person.

    And of those whose recordings she may watch herself. For lists, which would else ask lesson by
    lesson; what of them is shown now, `is_refused` says.
    """
    lesson = aliased(Lesson)  # as of any lesson, whichever the query is about
    is_hers = lesson.lecturer_id == person.person_id
    given = select(lesson.id).where(or_(Among(lesson.hub_school_id, _schools(person)), is_hers))
    received = select(LessonSite.lesson_id).where(Among(LessonSite.classroom_id, _rooms(person)))
    return union(given, received)


def _schools(person: PersonCaller) -> CompoundSelect[UUID]:
    return union(inspected_schools(person), select(School.id).where(School.id == person.school_id))


def _rooms(person: PersonCaller) -> Select[UUID]:
    return select(Classroom.id).where(Classroom.school_id.in_(_schools(person)))


async def refusing(db: AsyncSession, recording: Recording) -> list[str]:
    """Return which schools keep a published recording from the others, by name."""
    if recording.state is not RecordingState.PUBLISHED:
        return []
    names = await db.scalars(
        select(School.name)
        .join(RecordingSchool, RecordingSchool.school_id == School.id)
        .where(RecordingSchool.recording_id == recording.id, School.may_publish_pupils.is_(False))
        .order_by(School.name)
    )
    return list(names)


async def publish(
    db: AsyncSession,
    recording: Recording,
    *,
    school_ids: Collection[UUID],
    person_id: UUID,
    now: datetime,
) -> None:
    """Show a recording to the schools of its lesson. Raise WrongState, ConsentMissing.

    `school_ids` are those whose pupils can be seen or heard in it.
    """
    possible = NEXT_RECORDING_STATE[recording.state]
    if RecordingState.PUBLISHED not in possible:
        raise WrongState(
            f"The recording is {recording.state}.",
            state=recording.state,
            possible=sorted(possible),
        )
    refusing = await db.scalars(
        select(School.name)
        .where(School.id.in_(school_ids), School.may_publish_pupils.is_(False))
        .order_by(School.name)
    )
    if names := list(refusing):
        raise ConsentMissing(
            "Their pupils can be seen or heard in it. Each of these schools must consent first, "
            "on its own page.",
            schools=names,
        )
    db.add(RecordingPublication(recording_id=recording.id, person_id=person_id, at=now))
    db.add_all(
        RecordingSchool(recording_id=recording.id, school_id=school_id)
        for school_id in sorted(school_ids)
    )
    recording.state = RecordingState.PUBLISHED
    await db.flush()
