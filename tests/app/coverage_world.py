"""A county at random: lessons passed on, corrected and locked, timetables, needs.

What it holds is kept beside the database as plain values, for rules that ask no database.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.models import Need, NeedState
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
    Session,
)
from app.calendars.models import Term
from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.models import LocalPeriods, LocalTimetable
from app.database import uuid7
from app.lessons.models import Lesson, LessonKind, LessonSite, LessonState, SiteMode
from app.schools.models import Classroom, Region, School
from tests.factories import County, make_class, make_classroom, make_county, make_school

FIRST_MONDAY = date(2026, 3, 2)
WEEKS = 5
SUBJECTS = {"音乐": "music", "美术": "fine_art", "英语": "english", "数学": "maths", "舞龙": None}
GRADES = {"三年级": 3, "四年级": 4, "全校": None}
LOCAL = ("chinese", "maths", "english", "music", "pe", "science", "japanese")
SAVED = datetime(2026, 2, 1, tzinfo=UTC)
MODES = (*[SiteMode.LIVE] * 4, *SiteMode)
KINDS = (LessonKind.DELIVERY, LessonKind.DELIVERY, LessonKind.ELITE, LessonKind.MASTER)


@dataclass(frozen=True, slots=True)
class Taught:
    """A row of attendance, as it was closed and corrected. `origin`: the lesson's own, if any.

    `counts`: as it was said; where the site only observed it does not, whatever was said.
    `is_after_school`: the lesson by which it came, or its origin, is.
    """

    record_id: UUID
    school_id: UUID
    origin_id: UUID
    giver_id: UUID
    at: datetime
    kind: LessonKind
    subject: str
    grade: str
    counts: bool
    is_locked: bool
    is_after_school: bool


@dataclass
class World:
    county: County
    schools: list[School]
    term: Term
    rows: list[Taught] = field(default_factory=list)
    # (school, grade, class, subject's code) -> tenths a week; a class without any is there too.
    local: dict[tuple[UUID, int, UUID], dict[str, int]] = field(default_factory=dict)
    needs: list[Need] = field(default_factory=list)
    roster: Any = None  # a RosterSnapshot, where a test takes one


async def make_world(db: AsyncSession, seed: int, *, parent: Region | None = None) -> World:
    """Make a county of a hub and five points, one of which passes on what it receives."""
    random = Random(seed)
    county = await make_county(db, parent=parent)
    points = [*county.points]
    points += [await make_school(db, county.region, parent=county.hub) for _ in range(3)]
    term = Term(
        region_id=county.region.id,
        name="本学期",
        starts_on=FIRST_MONDAY,
        ends_on=FIRST_MONDAY + timedelta(weeks=WEEKS, days=-3),
    )
    db.add(term)
    await db.flush()
    world = World(county, points, term)
    await _lessons(db, world, random)
    await _timetables(db, world, random)
    _needs(world, random)
    db.add_all(world.needs)
    await db.flush()
    return world


async def _lessons(db: AsyncSession, world: World, random: Random) -> None:
    rooms: dict[UUID, list[Classroom]] = {}
    for school in world.schools:
        rooms[school.id] = [await make_classroom(db, school) for _ in range(random.choice((1, 2)))]
    lock = AttendanceLock(
        term_id=world.term.id,
        person_id=world.county.administrator.person_id,
        at=SAVED,
    )
    db.add(lock)
    await db.flush()
    for _ in range(30):
        origin = await _lesson(db, world, random, hub=world.county.hub)
        chain = [origin]
        if random.random() < 0.4:
            chain.append(await _lesson(db, world, random, hub=world.schools[0], origin=origin))
        for lesson in chain:
            for school in random.sample(world.schools, random.randint(1, 4)):
                for room in rooms[school.id]:
                    await _row(db, world, random, lesson, origin, room, lock)


async def _lesson(
    db: AsyncSession, world: World, random: Random, *, hub: School, origin: Lesson | None = None
) -> Lesson:
    day = FIRST_MONDAY + timedelta(weeks=random.randrange(WEEKS), days=random.randrange(7))
    # Beijing's Monday morning is Sunday evening elsewhere: some lessons lie on that edge.
    midnight = datetime.combine(day, time(), DISPLAY_ZONE)
    start = midnight + timedelta(hours=random.choice((0, 2, 9, 23)))
    lesson = Lesson(
        kind=random.choice(KINDS),
        title="课",
        subject=random.choice(list(SUBJECTS)),
        grade=random.choice(list(GRADES)),
        hub_school_id=hub.id,
        lecturer_id=world.county.teacher.person_id,
        planned_start=start,
        planned_end=start + timedelta(minutes=40),
        state=LessonState.ENDED,
        origin_id=None if origin is None else origin.id,
        is_after_school=random.random() < 0.2,
    )
    db.add(lesson)
    await db.flush()
    db.add(Session(id=uuid7(), lesson_id=lesson.id, started_at=lesson.planned_start))
    await db.flush()
    return lesson


async def _row(
    db: AsyncSession,
    world: World,
    random: Random,
    lesson: Lesson,
    origin: Lesson,
    room: Classroom,
    lock: AttendanceLock,
) -> None:
    site = LessonSite(lesson_id=lesson.id, classroom_id=room.id, mode=random.choice(MODES))
    db.add(site)
    await db.flush()
    is_locked = random.random() < 0.5
    counted = random.choice((True, True, False, None))
    session_id = await _session_of(db, lesson.id)
    record = AttendanceRecord.of(
        lesson,
        site,
        session_id=session_id,
        planned_ms=2_400_000,
        is_counted=counted,
        state=AttendanceState.LOCKED if is_locked else AttendanceState.AUTO_CLOSED,
        locked_by_id=lock.id if is_locked else None,
    )
    db.add(record)
    await db.flush()
    holds = counted
    for number in range(1, random.choice((1, 1, 2, 3))):
        new = random.choice((True, False))
        db.add(
            AttendanceAmendment(
                record_id=record.id,
                number=number,
                person_id=world.county.administrator.person_id,
                at=lock.at,
                reason="更正",
                old_is_counted=holds,
                new_is_counted=new,
            )
        )
        holds = new
    await db.flush()
    world.rows.append(
        Taught(
            record.id,
            room.school_id,
            origin.id,
            origin.hub_school_id,
            origin.planned_start,
            origin.kind,
            origin.subject,
            origin.grade,
            holds is True and site.mode is not SiteMode.OBSERVE,
            is_locked,
            lesson.is_after_school or origin.is_after_school,
        )
    )


async def _session_of(db: AsyncSession, lesson_id: UUID) -> UUID:
    return (await db.execute(select(Session.id).where(Session.lesson_id == lesson_id))).scalar_one()


async def _timetables(db: AsyncSession, world: World, random: Random) -> None:
    sets = await codes.catalogue(db)
    for school in world.schools[:-1]:  # the last one hands none in
        for grade_no in random.sample((3, 4, 5), random.choice((1, 2, 3))):
            for number in range(random.choice((1, 1, 2))):
                pupils = await make_class(
                    db, school.id, name=f"{grade_no}年级{number}班", grade_no=grade_no
                )
                timetable = LocalTimetable(
                    school_id=school.id,
                    term_id=world.term.id,
                    class_id=pupils.id,
                    grade_no=grade_no,
                    saved_at=SAVED,
                )
                db.add(timetable)
                await db.flush()
                taught = {
                    code: random.choice((5, 10, 20, 40, 80))
                    for code in random.sample(LOCAL, random.randint(0, len(LOCAL)))
                }
                world.local[school.id, grade_no, pupils.id] = taught
                db.add_all(
                    LocalPeriods(
                        timetable_id=timetable.id,
                        subject_id=sets.stored(CodeKind.SUBJECT, code).id,
                        tenths_a_week=tenths,
                        saved_at=SAVED,
                    )
                    for code, tenths in taught.items()
                )
    await db.flush()


def _needs(world: World, random: Random) -> None:
    for school in world.schools:
        for _ in range(random.choice((0, 1, 2))):
            first = FIRST_MONDAY + timedelta(days=random.randrange(20))
            world.needs.append(
                Need(
                    school_id=school.id,
                    subject=random.choice(("music", "fine_art", "english")),
                    grade_no=random.choice((3, 4)),
                    language="zh",
                    periods_a_week=random.choice((1, 2)),
                    weekdays="12345",
                    earliest_minute=480,
                    latest_minute=960,
                    starts_on=first,
                    ends_on=first + timedelta(days=random.randrange(1, 25)),
                    state=random.choice((NeedState.OPEN, NeedState.MATCHED, NeedState.WITHDRAWN)),
                    posted_at=SAVED,
                    posted_by=world.county.administrator.person_id,
                )
            )
