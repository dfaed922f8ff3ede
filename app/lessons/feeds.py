"""Calendar feeds: a teacher's and a classroom's lessons for any calendar program.

A feed's address holds a token of 256 random bits and is all one needs to read it: the platform
keeps its hash only. Making a new address ends the old one, and so does withdrawing it. A feed says
nothing of pupils.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, or_, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from app.accounts.models import Account, AccountState, RoleGrant
from app.accounts.queries import has_lost_every_post, is_in_force
from app.calendars.days import local_day
from app.errors import NotFound
from app.lessons import timetable_queries as queries
from app.lessons.models import CalendarFeed, Lesson
from app.schools.models import Classroom, School
from app.security import Role, hash_token, new_token

# A calendar program keeps nothing it is told no more: last term's lessons stay for a while.
BEFORE, AHEAD = timedelta(days=120), timedelta(days=250)
MOST_EVENTS = 3000


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose lessons a feed has: a person's or a classroom's."""

    person_id: UUID | None = None
    classroom_id: UUID | None = None


async def made_at(db: AsyncSession, holder: Holder) -> datetime | None:
    """Return when the holder's address was made; None: there is none."""
    row = await _feed_of(db, holder)
    return None if row is None else row.made_at


async def renew(db: AsyncSession, holder: Holder, *, now: datetime) -> str:
    """Make the holder's address, or a new one in place of the old; return its token, once.

    Of two that are made at once the later one stays, as of two made one after the other.
    """
    token = new_token()
    facts = {"token_hash": hash_token(token), "made_at": now}
    if await _feed_of(db, holder) is None and await _is_first(db, holder, facts):
        return token
    await db.execute(update(CalendarFeed).where(_is_of(holder)).values(facts))
    return token


async def _is_first(db: AsyncSession, holder: Holder, facts: dict[str, Any]) -> bool:
    """Write the holder's address down, unless somebody did this moment; say whether it was so."""
    row = CalendarFeed(person_id=holder.person_id, classroom_id=holder.classroom_id, **facts)
    try:
        async with db.begin_nested():
            db.add(row)
    except IntegrityError:
        return False
    return True


async def _feed_of(db: AsyncSession, holder: Holder) -> CalendarFeed | None:
    return await db.scalar(select(CalendarFeed).where(_is_of(holder)))


async def withdraw(db: AsyncSession, holder: Holder) -> None:
    """Have the holder's address give nothing any more. Raise NotFound: there is none."""
    gone = await db.execute(delete(CalendarFeed).where(_is_of(holder)).returning(CalendarFeed.id))
    if gone.first() is None:
        raise NotFound("There is no address to withdraw.")


def _is_of(holder: Holder) -> ColumnElement[bool]:
    if holder.person_id is not None:
        return CalendarFeed.person_id == holder.person_id
    return CalendarFeed.classroom_id == holder.classroom_id


async def calendar_of(db: AsyncSession, token: str, *, now: datetime) -> bytes:
    """Return what the address with this token gives. Raise NotFound: there is no such, any more.

    It gives what its holder might still read: the feed of a teacher ends with her account, her
    role and her last post, a classroom's with its school.
    """
    feed = await db.scalar(
        select(CalendarFeed)
        .where(CalendarFeed.token_hash == hash_token(token), _is_alive(now))
        .options(
            joinedload(CalendarFeed.person),
            joinedload(CalendarFeed.classroom).joinedload(Classroom.school),
        )
    )
    if feed is None:
        raise NotFound("This calendar's address is not valid any more. Ask for a new one.")
    if feed.person_id is not None:
        parts = queries.given_by(feed.person_id)
        name = feed.person.name if feed.person else ""
    else:
        assert feed.classroom_id is not None
        parts = queries.held_in(feed.classroom_id)
        name = f"{feed.classroom.school.name} {feed.classroom.name}" if feed.classroom else ""
    lessons = await _lessons(db, queries.published(parts), now=now)
    became = await queries.histories(db, lessons)
    # In a thread: there may be thousands of events, and the loop is the lessons'.
    return await asyncio.to_thread(_written, lessons, became, name, feed.person_id, now)


def _written(
    lessons: Sequence[Lesson],
    became: queries.Histories,
    name: str,
    person_id: UUID | None,
    now: datetime,
) -> bytes:
    from app.lessons.ical import written  # noqa: PLC0415 - its library is loaded by who asks first

    return written(lessons, became, name=name, person_id=person_id, now=now)


def _is_alive(now: datetime) -> ColumnElement[bool]:
    today = local_day(now)
    teaching = (
        select(Account.person_id)
        .join(RoleGrant, RoleGrant.person_id == Account.person_id)
        .where(
            Account.state.in_([AccountState.ACTIVE, AccountState.RESTRICTED]),
            RoleGrant.role == Role.TEACHER,
            is_in_force(now),
            ~has_lost_every_post(Account.person_id, today),
        )
    )
    standing = (
        select(Classroom.id)
        .join(School, Classroom.school_id == School.id)
        .where(or_(School.closed_on.is_(None), School.closed_on > today))
    )
    return or_(CalendarFeed.person_id.in_(teaching), CalendarFeed.classroom_id.in_(standing))


async def _lessons(
    db: AsyncSession, parts: Iterable[Select[UUID]], *, now: datetime
) -> Sequence[Lesson]:
    within = Lesson.planned_start.between(now - BEFORE, now + AHEAD)
    ids = union(*(part.where(within) for part in parts)).subquery()
    hub = aliased(School)
    rows = await db.scalars(
        select(Lesson)
        .join(hub, Lesson.hub_school_id == hub.id)
        .where(Lesson.id.in_(select(ids.c.id)))
        .options(
            joinedload(Lesson.hub_school),
            joinedload(Lesson.hub_classroom),
            joinedload(Lesson.lecturer),
        )
        .order_by(Lesson.planned_start.desc(), Lesson.id)
        .limit(MOST_EVENTS)
    )
    return rows.all()[::-1]
