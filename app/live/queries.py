"""What the bridge to the live rooms reads. Rights are part of the query."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import Account, AccountState, Person
from app.accounts.queries import administered_schools
from app.accounts.sight import any_sight
from app.attendance import listing
from app.attendance.listing import SessionFilter
from app.attendance.models import Session
from app.attendance.standing import duration_ms
from app.errors import NotFound
from app.lessons.models import Lesson, LessonSite
from app.lessons.queries import is_visible
from app.pinyin import is_named
from app.recordings.models import Recording
from app.schools.models import Classroom, Device, DeviceState, LineCheck, School
from app.schools.queries import schools_within
from app.security import PersonCaller, Scope


async def inspectable(db: AsyncSession, lesson_id: UUID, person: PersonCaller) -> Lesson:
    """Return a lesson this person may look in on (巡课). Raise NotFound.

    It is one whose hub school, or one of whose invited schools, is in the person's scope.
    """
    lesson = await db.scalar(select(Lesson).where(Lesson.id == lesson_id, is_visible(person)))
    if lesson is None:
        raise NotFound
    return lesson


def sessions_to_export(person: PersonCaller, wanted: SessionFilter) -> Select[Any]:
    """Return the query of all sessions the filter finds, with their recordings' states."""
    state = select(Recording.state).where(Recording.session_id == Session.id).scalar_subquery()
    return (
        listing.sessions_of(any_sight(person), wanted)
        .add_columns(state.label("recording_state"))
        .order_by(*listing.LATEST_FIRST)
    )


def replay_ms(session: Session, recording: Recording, *, now: datetime) -> int:
    """Return how long a lesson to watch again is, and the film of it: its clock ends there."""
    return max(duration_ms(session, now=now), recording.duration_ms)


CHECK_ORDER = (LineCheck.checked_at.desc(), LineCheck.id.desc())


def teacher_checks_within(
    scope: Scope, *, text: str = "", school_id: UUID | None = None
) -> Select[str, str, LineCheck]:
    """Return a query of name, school and line check of the people of schools in scope.

    `text`: words of the person's or the school's name, as they are written or read.
    """
    query = (
        select(Person.name, School.name.label("school"), LineCheck)
        .join(Account, LineCheck.account_id == Account.id)
        .join(Person, Account.person_id == Person.id)
        .join(School, Person.school_id == School.id)
        .where(School.id.in_(schools_within(scope)))
    )
    for word in text.split():
        query = query.where(or_(is_named(Person, word), is_named(School, word)))
    return query if school_id is None else query.where(School.id == school_id)


async def site_of(db: AsyncSession, lesson_id: UUID, classroom_id: UUID) -> LessonSite | None:
    """Return the invitation of a classroom to a lesson, with the lesson."""
    return await db.scalar(
        select(LessonSite)
        .where(LessonSite.lesson_id == lesson_id, LessonSite.classroom_id == classroom_id)
        .options(joinedload(LessonSite.lesson))
    )


async def lesson_exists(db: AsyncSession, lesson_id: UUID) -> bool:
    """Return whether there is such a lesson."""
    return await db.scalar(select(exists().where(Lesson.id == lesson_id))) or False


async def session_to_open(db: AsyncSession, session_id: UUID) -> Session | None:
    """Return a session with all that its room is made of."""
    return await db.scalar(
        select(Session)
        .where(Session.id == session_id)
        .options(
            joinedload(Session.lesson).options(
                joinedload(Lesson.hub_school),
                joinedload(Lesson.lecturer),
                selectinload(Lesson.sites)
                .joinedload(LessonSite.classroom)
                .joinedload(Classroom.school),
            )
        )
    )


async def seat_site(db: AsyncSession, lesson_site_id: UUID) -> LessonSite:
    """Return a lesson site with its classroom and school."""
    return await db.get_one(
        LessonSite,
        lesson_site_id,
        options=[joinedload(LessonSite.classroom).joinedload(Classroom.school)],
    )


async def account_holder(db: AsyncSession, account_id: UUID) -> tuple[Person, str] | None:
    """Return the person of an account that may act, and the name of the person's school."""
    row = (
        await db.execute(
            select(Person, School.name)
            .join(Account, Account.person_id == Person.id)
            .outerjoin(School, School.id == Person.school_id)
            .where(Account.id == account_id, Account.state == AccountState.ACTIVE)
        )
    ).one_or_none()
    return (row[0], row[1] or "") if row else None


async def is_device_in_use(db: AsyncSession, device_id: UUID) -> bool:
    """Return whether a device exists and was not revoked."""
    query = select(exists().where(Device.id == device_id, Device.state != DeviceState.REVOKED))
    return await db.scalar(query) or False


async def shut_out(
    db: AsyncSession, *, account_ids: Collection[UUID], device_ids: Collection[UUID]
) -> tuple[set[UUID], set[UUID]]:
    """Return those of the accounts and of the devices that may hold no seat any more."""
    accounts = await db.scalars(
        select(Account.id).where(Account.id.in_(account_ids), Account.state == AccountState.ACTIVE)
    )
    devices = await db.scalars(
        select(Device.id).where(Device.id.in_(device_ids), Device.state != DeviceState.REVOKED)
    )
    return set(account_ids) - set(accounts), set(device_ids) - set(devices)


async def live_seats_of(db: AsyncSession, classroom_id: UUID) -> list[tuple[UUID, UUID]]:
    """Return the sessions under way that a classroom is invited to, each with its site."""
    rows = await db.execute(
        select(Session.id, LessonSite.id)
        .join(LessonSite, LessonSite.lesson_id == Session.lesson_id)
        .where(LessonSite.classroom_id == classroom_id, Session.ended_at.is_(None))
    )
    return [(row[0], row[1]) for row in rows]


async def session_administered(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Session:
    """Return a session whose hub school this person administers. Raise NotFound."""
    session = await db.scalar(
        select(Session)
        .join(Session.lesson)
        .where(Session.id == session_id, Lesson.hub_school_id.in_(administered_schools(person)))
    )
    if session is None:
        raise NotFound
    return session
