"""Whose lesson it was: of several pairings between two schools a lesson counts for one."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import pairing_queries, pairings, tracks
from app.alliances.models import (
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    PairingSubject,
    Side,
)
from app.alliances.ports import TaughtFilter
from app.attendance.models import AttendanceRecord, Session
from app.attendance.taught import AttendedLessons
from app.calendars.days import Span
from app.database import Database
from app.lessons.models import Lesson, LessonKind, LessonSite, SiteMode
from app.paging import PageRequest
from app.schools.models import Classroom, School, SchoolClass
from tests.app.alliance_steps import found, made, pairing, run, teach
from tests.app.conftest import TestBrowser
from tests.app.delivery_rule import Agreed, Delivery, Received, counted, owner
from tests.factories import NOON, County, make_classroom, make_county, make_person, make_school

FIRST = NOON.date()
DAYS = 8
TODAY = FIRST + timedelta(days=DAYS - 1)
WORDS = {
    "音乐": {"music", "arts"},
    "美术": {"fine_art", "arts"},
    "数学": {"maths"},
    "舞龙": set(),
}
PLACES = (
    PairingKind.TEACHER_MENTOR,
    PairingKind.INTERACTIVE_1N,
    PairingKind.DELIVERY,
    PairingKind.SCHOOL_AID,
)


@dataclass
class Schools:
    """Two hubs, three sites with two classes each, two teachers."""

    county: County
    hubs: list[School]
    sites: list[School]
    teachers: list[UUID]
    rooms: dict[UUID, Classroom] = field(default_factory=dict)
    classes: dict[UUID, list[UUID]] = field(default_factory=dict)


async def make_schools(db: AsyncSession) -> Schools:
    county = await make_county(db)
    other = await make_school(db, county.region)
    sites = [*county.points, await make_school(db, county.region, parent=county.hub)]
    people = [county.teacher, await make_person(db, school=county.hub)]
    made = Schools(county, [county.hub, other], sites, [each.person_id for each in people])
    for school in [*made.hubs, *sites]:
        made.rooms[school.id] = await make_classroom(db, school)
        rows = [
            SchoolClass(
                school_id=school.id,
                name=f"三年级{number}班",
                stage="2",
                grade_no=3,
                entry_year=2023,
                pupil_count=9,
                language_of_instruction="zh",
            )
            for number in (1, 2)
        ]
        db.add_all(rows)
        await db.flush()
        made.classes[school.id] = [row.id for row in rows]
    return made


async def make_pairing(db: AsyncSession, schools: Schools, random: Random) -> Agreed:
    kind = random.choice(PLACES)
    hub = random.choice([*schools.hubs, schools.sites[0]])
    others = [site for site in schools.sites if site is not hub]
    partners = random.sample(others, random.randint(1, len(others)))
    mentor = random.choice(schools.teachers) if kind is PairingKind.TEACHER_MENTOR else None
    classes = {
        school.id: random.choice(schools.classes[school.id])
        for school in [hub, *partners]
        if kind is PairingKind.INTERACTIVE_1N
    }
    subjects = random.sample(["music", "maths", "fine_art", "arts"], random.choice((1, 1, 2)))
    if kind is PairingKind.SCHOOL_AID:
        subjects = random.choice(([], subjects))
    starts_on = FIRST + timedelta(days=random.randrange(3))
    rests_on = starts_on + timedelta(days=random.randrange(2, DAYS))
    row = Pairing(
        kind=kind,
        name="结对",
        periods_a_week=2,
        starts_on=starts_on,
        ends_on=random.choice((None, TODAY - timedelta(days=1))),
        state=PairingState.SUSPENDED,
        parties=[
            PairingParty(
                school_id=school.id,
                side=Side.HUB if school is hub else Side.PARTNER,
                person_id=mentor if school is hub else None,
                class_id=classes.get(school.id),
            )
            for school in [hub, *partners]
        ],
        subjects=[PairingSubject(subject=code) for code in subjects],
    )
    db.add(row)
    await db.flush()
    for number, day, state in (
        (1, starts_on, PairingState.ACTIVE),
        (2, rests_on, PairingState.SUSPENDED),
    ):
        db.add(
            PairingChange(
                pairing_id=row.id,
                number=number,
                at=NOON,
                day=day,
                from_state=PairingState.ACCEPTED,
                to_state=state,
                by_person_id=schools.county.administrator.person_id,
            )
        )
    await db.flush()
    last = min(rests_on - timedelta(days=1), TODAY, row.ends_on or date.max)
    return Agreed(
        row.id,
        (PLACES.index(kind), starts_on, row.id),
        hub.id,
        frozenset(school.id for school in partners),
        frozenset(FIRST + timedelta(days=n) for n in range(DAYS)) & _days(starts_on, last),
        frozenset(subjects),
        mentor,
        frozenset(classes[school.id] for school in partners if school.id in classes),
    )


def _days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=n) for n in range((last - first).days + 1))


async def make_lesson(
    db: AsyncSession,
    schools: Schools,
    random: Random,
    agreed: list[Agreed],
    earlier: list[Lesson],
) -> list[Received]:
    """Give a lesson of which some sites count, and return these."""
    hub, word = random.choice(schools.hubs), random.choice(list(WORDS))
    origin = random.choice(earlier) if earlier and random.random() < 0.2 else None
    start = NOON + timedelta(days=random.randrange(DAYS))
    lesson = Lesson(
        kind=LessonKind.DELIVERY,
        title="课",
        subject=word,
        grade="三年级",
        hub_school_id=hub.id,
        lecturer_id=random.choice(schools.teachers),
        planned_start=start,
        planned_end=start + timedelta(minutes=40),
        origin_id=None if origin is None else origin.origin_id or origin.id,
    )
    db.add(lesson)
    await db.flush()
    earlier.append(lesson)
    session = Session(lesson_id=lesson.id, started_at=start)
    db.add(session)
    await db.flush()
    givers = {each.id: each.hub_school_id for each in earlier}
    origin_id = lesson.origin_id or lesson.id
    received: list[Received] = []
    invited = random.sample(schools.sites, random.randint(1, 3))
    for school in invited:
        # The first of the sites passes on to the others what it receives, now and then.
        passes = school is not schools.sites[0] and schools.sites[0] in invited
        giver = schools.sites[0] if passes and random.random() < 0.5 else hub
        site = LessonSite(
            lesson_id=lesson.id,
            classroom_id=schools.rooms[school.id].id,
            class_id=random.choice((None, *schools.classes[school.id])),
            mode=random.choice((SiteMode.LIVE, SiteMode.LIVE, *SiteMode)),
            pairing_id=random.choice((None, None, random.choice(agreed).pairing_id)),
            through_id=None if giver is hub else schools.rooms[giver.id].id,
        )
        db.add(site)
        await db.flush()
        row = AttendanceRecord.of(
            lesson,
            site,
            session_id=session.id,
            planned_ms=2_400_000,
            is_counted=random.random() < 0.9,
        )
        db.add(row)
        await db.flush()
        if row.is_counted and site.mode is not SiteMode.OBSERVE:
            received.append(
                Received(
                    row.id,
                    Delivery(origin_id, givers[origin_id], school.id),
                    giver.id,
                    start.date(),
                    frozenset(WORDS[word]),
                    lesson.lecturer_id,
                    site.class_id,
                    site.pairing_id,
                )
            )
    return received


async def ask(db: AsyncSession, wanted: list[Agreed]) -> tuple[tuple[int, int], int]:
    """Return lessons and deliveries of these pairings, and how many rows their list has."""
    rows = [await pairing_queries.get_pairing(db, each.pairing_id) for each in wanted]
    spans = await pairings.days_that_count(db, rows, today=TODAY)
    lanes = await tracks.lanes_of(db, rows, spans, today=TODAY)
    (counts,) = await AttendedLessons().count(db, lanes, limits=[Span(FIRST, TODAY)])
    page = await AttendedLessons().page(
        db, lanes, TaughtFilter(), page=PageRequest(limit=200, cursor=None)
    )
    return counts, len(page.items)


def figures(rows: list[Received]) -> tuple[tuple[int, int], int]:
    pairs = counted(row.delivery for row in rows)
    return (len({origin for origin, _ in pairs}), len(pairs)), len(rows)


@pytest.mark.parametrize("seed", range(4))
async def test_each_lesson_counts_for_the_pairing_the_plain_rule_says_and_for_no_other(
    either_database: Database, seed: int
) -> None:
    random = Random(seed)
    async with either_database.unit_of_work() as db:
        schools = await make_schools(db)
        agreed = [await make_pairing(db, schools, random) for _ in range(9)]
        given: list[Lesson] = []
        received = [
            row for _ in range(60) for row in await make_lesson(db, schools, random, agreed, given)
        ]
    owners = {row.record_id: owner(row, agreed) for row in received}
    assert len({one for one in owners.values() if one is not None}) > 3
    assert None in owners.values()
    total = 0
    async with either_database.unit_of_work() as db:
        for each in agreed:
            own = [row for row in received if owners[row.record_id] == each.pairing_id]
            answer = await ask(db, [each])
            assert answer == figures(own)
            total += answer[1]
        assert total == sum(one is not None for one in owners.values())
        for size in (2, 5, len(agreed)):
            some = random.sample(agreed, size)
            ids = {each.pairing_id for each in some}
            theirs = [row for row in received if owners[row.record_id] in ids]
            assert await ask(db, some) == figures(theirs)


async def test_two_subjects_between_two_schools_are_two_pairings_lessons(
    keeper: TestBrowser, county: County, database: Database
) -> None:
    point = county.points[0]
    music = await made(keeper, "/api/pairings", pairing(county.hub, point))
    maths = await made(
        keeper, "/api/pairings", pairing(county.hub, point, name="数学专递", subjects=["maths"])
    )
    for one in (music, maths):
        await run(keeper, one, county.hub, point)
    await teach(database, county, [point])
    await teach(database, county, [point], subject="数学", after_hours=1)
    await teach(database, county, [point], subject="数学", after_hours=2)
    await teach(database, county, [point], subject="舞龙", after_hours=3)
    for one, subject, number in ((music, "音乐", 1), (maths, "数学", 2)):
        path = f"/api/pairings/{one['id']}"
        counts = (await found(keeper, f"{path}/tracks"))["counts"]
        assert (counts["lessons"], counts["deliveries"]) == (number, number)
        listed = (await found(keeper, f"{path}/lessons"))["items"]
        assert [each["subject"] for each in listed] == [subject] * number
