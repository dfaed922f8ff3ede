"""Calendar feeds: a teacher's and a classroom's lessons for any calendar program (RFC 5545).

A feed's address holds a token of 256 random bits and is all one needs to read it: the platform
keeps its hash only. Making a new address ends the old one, and so does withdrawing it. A feed says
nothing of pupils.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vText
from sqlalchemy import ColumnElement, Select, delete, or_, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from app.accounts.models import Account, AccountState, RoleGrant
from app.accounts.queries import has_lost_every_post, is_in_force
from app.calendars.days import local_day
from app.clock import DISPLAY_ZONE
from app.errors import NotFound
from app.lessons import timetable_queries as queries
from app.lessons.models import CalendarFeed, Lesson
from app.lessons.timetable_queries import Histories
from app.schools.models import Classroom, School
from app.security import Role, hash_token, new_token

# A calendar program keeps nothing it is told no more: last term's lessons stay for a while.
BEFORE, AHEAD = timedelta(days=120), timedelta(days=250)
MOST_EVENTS = 3000
PRODUCT = "-//Three Classrooms//Timetable//ZH"
# Calendar programs ask again after this (RFC 7986 section 5.7).
REFRESH = timedelta(hours=1)
CHINA_HAS = timedelta(hours=8)
GIVEN_UP_WORD = {"CANCELLED": "停课", "MISSED": "没有上课", "MADE_UP": "另行补课"}


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
    return written(lessons, became, name=name, person_id=feed.person_id, now=now)


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


def written(
    lessons: Iterable[Lesson],
    became: Histories,
    *,
    name: str,
    person_id: UUID | None,
    now: datetime,
) -> bytes:
    """Return the iCalendar object of some lessons. Pure.

    `person_id`: whose feed it is; a lesson she was to give and another gives is cancelled to her.
    """
    calendar = Calendar()
    for key, value in (
        ("prodid", PRODUCT),
        ("version", "2.0"),
        ("method", "PUBLISH"),
        # Said to be texts: the library knows neither as one, and would not escape them.
        ("name", vText(name)),
        ("x-wr-calname", vText(name)),
        ("x-wr-timezone", DISPLAY_ZONE.key),
    ):
        calendar.add(key, value)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add_component(_china())
    for lesson in lessons:
        calendar.add_component(_event(lesson, became, person_id, now))
    text: bytes = calendar.to_ical()
    return text


def _china() -> Timezone:
    """China Standard Time, without summer time since the autumn of 1991 (IANA Asia/Shanghai)."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", DISPLAY_ZONE.key)
    standard.add("dtstart", datetime(1991, 9, 15))  # noqa: DTZ001 - local, as RFC 5545 3.6.5 asks
    standard.add("tzname", "CST")
    standard.add("tzoffsetfrom", CHINA_HAS)
    standard.add("tzoffsetto", CHINA_HAS)
    zone.add_component(standard)
    return zone


def _event(lesson: Lesson, became: Histories, person_id: UUID | None, now: datetime) -> Event:
    word = GIVEN_UP_WORD.get(lesson.state)
    steps = became.substitutions.get(lesson.id, ())
    was_to_give = any(step.from_person_id == person_id for step, _, _ in steps)
    is_handed_over = was_to_give and lesson.lecturer_id != person_id
    if is_handed_over:
        word = f"{lesson.lecturer.name}代课"
    room = lesson.hub_classroom
    event = Event()
    event.add("uid", f"{lesson.id}@three-classrooms")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", lesson.planned_start.astimezone(DISPLAY_ZONE))
    event.add("dtend", lesson.planned_end.astimezone(DISPLAY_ZONE))
    event.add("sequence", lesson.version - 1)
    event.add("status", "CONFIRMED" if word is None else "CANCELLED")
    event.add("summary", lesson.title if word is None else f"[{word}] {lesson.title}")
    event.add("location", lesson.hub_school.name + (f" {room.name}" if room else ""))
    event.add("description", "\n".join(_lines(lesson, became)))
    return event


def _lines(lesson: Lesson, became: Histories) -> list[str]:
    lines = [f"{lesson.subject} · {lesson.grade}", f"主讲: {lesson.lecturer.name}"]
    if lesson.id in became.cancelled:
        lines.append(f"停课: {became.cancelled[lesson.id]}")
    if lesson.id in became.made_up_by:
        when = became.made_up_by[lesson.id].planned_start.astimezone(DISPLAY_ZONE)
        lines.append(f"补课: {when:%Y-%m-%d %H:%M}")
    return lines
