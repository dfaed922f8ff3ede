"""就绪: what a lesson lacks that is about to begin, looked at from ten minutes before the bell.

A lesson is READY while nothing lacks: its lecturer's browser and each classroom that is to listen
live have been heard of just now, and the line each of them tried last was open. Who still gives
another lesson is heard of in its room. Pages ask for what lacks as it is now; the state follows
within a minute, to READY and back (docs/adr/0024).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, SignInSession
from app.jobs.context import JobContext, JobResult
from app.lessons.models import (
    NEXT_LESSON_STATE,
    STARTABLE,
    Lesson,
    LessonSite,
    LessonState,
    SiteMode,
)
from app.lessons.ports import LessonRecords
from app.schools.models import Device, DeviceState, LineCheck, Road

log = structlog.get_logger(__name__)

KIND = "lessons.readiness"
EVERY = timedelta(minutes=1)
AHEAD = timedelta(minutes=10)
# A line that was open a month ago says little of today's.
CHECK_HOLDS = timedelta(days=30)
# A classroom's page asks every 3 s and is written down every 5 s; a slow line may miss a few.
CLASSROOM_WITHIN = timedelta(seconds=20)
# A signed-in browser is written down once a minute (`app.accounts.service.SEEN_EVERY`).
LECTURER_WITHIN = timedelta(minutes=3)
AT_ONCE = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Lack(StrEnum):
    """What a lecturer's browser, or a classroom, lacks.

    AWAY: it was not heard of just now. UNCHECKED: it has not tried its line for a month.
    NO_ROAD: when it last did, no road for sound and picture was open.
    """

    AWAY = "AWAY"
    UNCHECKED = "UNCHECKED"
    NO_ROAD = "NO_ROAD"


@dataclass(frozen=True, slots=True)
class Seen:
    """When one end of a lesson was last heard of, and what it last found of its line.

    None: never.
    """

    heard_at: datetime | None = None
    checked_at: datetime | None = None
    road: str | None = None

    def with_later(self, other: "Seen") -> "Seen":
        """Return the two as one: of each fact the later one."""
        heard = [at for at in (self.heard_at, other.heard_at) if at is not None]
        checked = [each for each in (self, other) if each.checked_at is not None]
        newest = max(checked, key=lambda each: each.checked_at or _LONG_AGO, default=self)
        return Seen(max(heard, default=None), newest.checked_at, newest.road)


def lacks_of(seen: Seen, *, now: datetime, within: timedelta) -> tuple[Lack, ...]:
    """Return what an end lacks; `within`: how long ago it may have been heard of."""
    found = []
    if seen.heard_at is None or now - seen.heard_at > within:
        found.append(Lack.AWAY)
    if seen.checked_at is None or now - seen.checked_at > CHECK_HOLDS:
        found.append(Lack.UNCHECKED)
    elif seen.road == Road.NONE:
        found.append(Lack.NO_ROAD)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a lesson lacks: at its hub, and at each classroom that listens live, by its site."""

    hub: tuple[Lack, ...]
    sites: Mapping[UUID, tuple[Lack, ...]]

    @property
    def is_ready(self) -> bool:
        """Return whether nothing lacks."""
        return not self.hub and not any(self.sites.values())


def is_looked_at(lesson: Lesson, now: datetime) -> bool:
    """Return whether it is time to ask what a lesson lacks: it is near, and nobody began it."""
    return lesson.state in STARTABLE and lesson.planned_start - AHEAD <= now < lesson.planned_end


async def look_at(
    db: AsyncSession, records: LessonRecords, *, lessons: Iterable[Lesson], now: datetime
) -> dict[UUID, Readiness]:
    """Return what those lessons lack of which it is time to ask; five statements, or none."""
    near = [lesson for lesson in lessons if is_looked_at(lesson, now)]
    if not near:
        return {}
    rows = await db.execute(
        select(LessonSite.id, LessonSite.lesson_id, LessonSite.classroom_id).where(
            LessonSite.lesson_id.in_([lesson.id for lesson in near]),
            LessonSite.mode == SiteMode.LIVE,
        )
    )
    sites = rows.all()
    lecturers = {lesson.lecturer_id for lesson in near}
    people = await _people(db, lecturers, now)
    for person_id in await records.teaching_now(db, person_ids=lecturers):
        people[person_id] = replace(people.get(person_id, Seen()), heard_at=now)
    hubs = {lesson.hub_classroom_id for lesson in near} - {None}
    rooms = await _classrooms(db, hubs | {site.classroom_id for site in sites})
    by_lesson: dict[UUID, dict[UUID, tuple[Lack, ...]]] = {lesson.id: {} for lesson in near}
    for site in sites:
        seen = rooms.get(site.classroom_id, Seen())
        by_lesson[site.lesson_id][site.id] = lacks_of(seen, now=now, within=CLASSROOM_WITHIN)
    return {
        lesson.id: Readiness(
            lacks_of(_hub_of(lesson, people, rooms), now=now, within=LECTURER_WITHIN),
            by_lesson[lesson.id],
        )
        for lesson in near
    }


def _hub_of(lesson: Lesson, people: Mapping[UUID, Seen], rooms: Mapping[Any, Seen]) -> Seen:
    """Return what is known of the lecturer; a check at the classroom's own computer is hers too."""
    room = rooms.get(lesson.hub_classroom_id, Seen())
    checked = Seen(None, room.checked_at, room.road)
    return people.get(lesson.lecturer_id, Seen()).with_later(checked)


async def _people(db: AsyncSession, person_ids: set[UUID], now: datetime) -> dict[UUID, Seen]:
    """Return when these people's browsers were heard of, and what they found of their lines."""
    heard = await db.execute(
        select(Account.person_id, SignInSession.last_seen_at)
        .join(SignInSession, SignInSession.account_id == Account.id)
        .where(
            Account.person_id.in_(person_ids),
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
        )
    )
    checked = await db.execute(
        select(Account.person_id, LineCheck.checked_at, LineCheck.road)
        .join(LineCheck, LineCheck.account_id == Account.id)
        .where(Account.person_id.in_(person_ids))
    )
    return _together(
        [
            *((row[0], Seen(heard_at=row[1])) for row in heard),
            *((row[0], Seen(None, row[1], row[2])) for row in checked),
        ]
    )


async def _classrooms(db: AsyncSession, classroom_ids: set[Any]) -> dict[UUID, Seen]:
    """Return when the devices of these classrooms were heard of, and what they found."""
    rows = await db.execute(
        select(Device.classroom_id, Device.last_seen_at, LineCheck.checked_at, LineCheck.road)
        .outerjoin(LineCheck, LineCheck.device_id == Device.id)
        .where(Device.classroom_id.in_(classroom_ids), Device.state != DeviceState.REVOKED)
    )
    return _together((row[0], Seen(*row[1:])) for row in rows)


def _together(rows: Iterable[tuple[UUID, Seen]]) -> dict[UUID, Seen]:
    found: dict[UUID, Seen] = {}
    for key, seen in rows:
        found[key] = found.get(key, Seen()).with_later(seen)
    return found


@dataclass(frozen=True, slots=True)
class Follower:
    """Has the state of lessons follow what they lack."""

    records: LessonRecords

    async def run(self, context: JobContext) -> JobResult:
        """Bring the lessons about to begin to READY, and those that lack something back.

        A READY lesson that was moved away goes back too. A job's handler.
        """
        changed, last = {LessonState.READY: 0, LessonState.PUBLISHED: 0}, None
        while True:
            async with context.database.unit_of_work() as db:
                await context.hold(db)
                now = context.now()
                query = (
                    select(Lesson)
                    .where(
                        Lesson.state.in_(STARTABLE),
                        Lesson.planned_end > now,
                        or_(Lesson.planned_start <= now + AHEAD, Lesson.state == LessonState.READY),
                    )
                    .order_by(Lesson.id)
                    .limit(AT_ONCE)
                )
                rows = await db.scalars(query if last is None else query.where(Lesson.id > last))
                lessons = rows.all()
                for state, count in (await _follow(db, self.records, lessons, now)).items():
                    changed[state] += count
            if len(lessons) < AT_ONCE:
                return JobResult(
                    {
                        "lessons_ready": changed[LessonState.READY],
                        "lessons_no_longer_ready": changed[LessonState.PUBLISHED],
                    }
                )
            last = lessons[-1].id


async def _follow(
    db: AsyncSession, records: LessonRecords, lessons: Sequence[Lesson], now: datetime
) -> dict[LessonState, int]:
    looked = await look_at(db, records, lessons=lessons, now=now)
    ready = {lesson_id for lesson_id, found in looked.items() if found.is_ready}
    up = [row.id for row in lessons if row.state is LessonState.PUBLISHED and row.id in ready]
    down = [row.id for row in lessons if row.state is LessonState.READY and row.id not in ready]
    came = await _move(db, up, LessonState.PUBLISHED, LessonState.READY)
    for lesson_id in came:
        log.info("lesson_ready", lesson_id=str(lesson_id))
    gone = await _move(db, down, LessonState.READY, LessonState.PUBLISHED)
    for lesson_id in gone:
        found = looked.get(lesson_id)
        log.info(
            "lesson_no_longer_ready",
            lesson_id=str(lesson_id),
            hub=[] if found is None else list(found.hub),
            sites={} if found is None else {str(k): list(v) for k, v in found.sites.items() if v},
        )
    return {LessonState.READY: len(came), LessonState.PUBLISHED: len(gone)}


async def _move(
    db: AsyncSession, ids: Sequence[UUID], before: LessonState, after: LessonState
) -> Sequence[UUID]:
    """Move the lessons that still are where they were; return which.

    Who begins one in this moment is not undone by that, and who edits one is not refused: what
    a lesson lacks is no edit of it, and leaves its version.
    """
    assert after in NEXT_LESSON_STATE[before]
    moved = await db.scalars(
        update(Lesson)
        .where(Lesson.id.in_(ids), Lesson.state == before)
        .values(state=after)
        .returning(Lesson.id)
        .execution_options(synchronize_session=False)
    )
    return moved.all()
