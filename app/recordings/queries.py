"""Reads of recordings. Who may see one is part of the query.

It is the lesson's lecturer, and whoever administers the hub school: the school's own
administrator, and the county's; once it is published, the staff of the schools that took part.
While the lesson runs a classroom that is invited to it may look back at what it could see.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.queries import administered_schools
from app.errors import NotFound
from app.lessons.models import Lesson, LessonSite
from app.recordings.errors import ConsentTakenBack
from app.recordings.models import (
    HIDDEN,
    PLAYABLE,
    Recording,
    RecordingClip,
    RecordingState,
)
from app.recordings.publishing import is_kept_from, is_published_to
from app.schools.models import School
from app.security import Callers, PersonCaller


def may_watch(person: PersonCaller) -> ColumnElement[bool]:
    """Return the condition that a person may watch the recording of a (joined) lesson."""
    return or_(
        Lesson.lecturer_id == person.person_id,
        Lesson.hub_school_id.in_(administered_schools(person)),
    )


def is_shown_to(person: PersonCaller) -> ColumnElement[bool]:
    """Return the condition that a person may watch it, or is shown it now it is published."""
    return or_(may_watch(person), is_published_to(person))


async def of_session(db: AsyncSession, session_id: UUID) -> Recording | None:
    """Return the recording of a session, whoever asks. For services."""
    return await db.scalar(select(Recording).where(Recording.session_id == session_id))


async def of_sessions(db: AsyncSession, session_ids: Collection[UUID]) -> dict[UUID, Recording]:
    """Return the recordings of sessions the caller was already given, by session."""
    rows = await db.scalars(select(Recording).where(Recording.session_id.in_(session_ids)))
    return {recording.session_id: recording for recording in rows}


async def watchable(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Recording:
    """Return a recording this person may watch, with its lesson and clips.

    Raise NotFound, or ConsentTakenBack to whom it was published.
    """
    try:
        return await _only(db, session_id, is_shown_to(person))
    except NotFound:
        hub_school = await db.scalar(
            select(School.name)
            .select_from(Recording)
            .join(Recording.lesson)
            .join(School, School.id == Lesson.hub_school_id)
            .where(Recording.session_id == session_id, is_kept_from(person))
        )
        if hub_school is None:
            raise
        raise ConsentTakenBack(
            f"A school whose pupils are in it has taken its consent back. Ask {hub_school}.",
            hub_school=hub_school,
        ) from None


async def takeable(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Recording:
    """Return a recording this person may take copies of, with its lesson and clips.

    Not whom it is published to: a copy knows of no consent that is taken back. Raise NotFound.
    """
    return await _only(db, session_id, may_watch(person))


async def _only(db: AsyncSession, session_id: UUID, is_allowed: ColumnElement[bool]) -> Recording:
    recording = await db.scalar(
        select(Recording)
        .join(Recording.lesson)
        .where(Recording.session_id == session_id, is_allowed)
        .options(joinedload(Recording.lesson), selectinload(Recording.clips))
    )
    if recording is None:
        raise NotFound
    return recording


async def administered(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Recording:
    """Return a recording of a school this person administers, to be changed. Raise NotFound.

    With its lesson and clips.
    """
    recording = await db.scalar(
        select(Recording)
        .join(Recording.lesson)
        .where(
            Recording.session_id == session_id,
            Lesson.hub_school_id.in_(administered_schools(person)),
        )
        .options(joinedload(Recording.lesson), selectinload(Recording.clips))
        .with_for_update(of=Recording)
    )
    if recording is None:
        raise NotFound
    return recording


async def watchable_clip(
    db: AsyncSession, person: PersonCaller, clip_id: UUID
) -> tuple[Recording, RecordingClip]:
    """Return a clip of a playable recording this person may watch. Raise NotFound."""
    row = (
        await db.execute(
            select(Recording, RecordingClip)
            .join(RecordingClip, RecordingClip.recording_id == Recording.id)
            .join(Recording.lesson)
            .where(
                RecordingClip.id == clip_id,
                Recording.state.in_(PLAYABLE),
                is_shown_to(person),
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def shiftable(
    db: AsyncSession,
    callers: Callers,
    *,
    recording_id: UUID | None = None,
    session_id: UUID | None = None,
) -> tuple[Recording, bool]:
    """Return a recording whose parts these callers may play, with its lesson, and whether all.

    Not all is what a classroom has of it, whoever is signed in at its computer. Raise NotFound.
    """
    watches: ColumnElement[bool] = false()
    if callers.person is not None:
        watches = may_watch(callers.person)
    receives: ColumnElement[bool] = false()
    if callers.device is not None:
        is_invited = exists().where(
            LessonSite.lesson_id == Lesson.id,
            LessonSite.classroom_id == callers.device.classroom_id,
        )
        receives = is_invited & Lesson.ended_at.is_(None)
    which = Recording.id == recording_id if recording_id else Recording.session_id == session_id
    found = await db.execute(
        select(Recording, watches)
        .join(Recording.lesson)
        .where(which, Recording.state.not_in(HIDDEN), or_(watches, receives))
        .options(joinedload(Recording.lesson))
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def unfinished(db: AsyncSession) -> Sequence[UUID]:
    """Return the recordings whose lesson is over and whose replay is not made yet."""
    rows = await db.scalars(
        select(Recording.id)
        .join(Recording.lesson)
        .where(
            Lesson.ended_at.is_not(None),
            or_(
                Recording.state.in_(
                    [RecordingState.FINALISING, RecordingState.SEALED, RecordingState.PROCESSING]
                ),
                # Nothing was recorded: trying again would find nothing again.
                (Recording.state == RecordingState.BROKEN) & (Recording.problem != "no_media"),
            ),
        )
        .order_by(Recording.started_at, Recording.id)
    )
    return rows.all()
