"""Whoever inspects sees the same lessons, in whichever way the database is asked for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.sight import FEW, NAMED, Sight, any_sight, sight_of
from app.attendance import listing
from app.attendance.models import Session
from app.database import Database
from app.lessons import timetable_queries
from app.lessons.models import Lesson
from app.lessons.queries import bounds_of
from app.lessons.timetable_queries import LessonFilter
from app.paging import PageRequest, fetch_page
from app.schools.models import Classroom, Region, School
from app.security import Grant, PersonCaller, Role
from tests.factories import (
    NOON,
    make_classroom,
    make_lesson,
    make_person,
    make_region,
    make_school,
    unlike,
)

LESSONS = 30
#: Ways to ask, as limits of `sight_of`: looked up, each asked with names, each asked with a query.
WAYS = {"few": (1000, 1000), "named": (0, 1000), "query": (0, 0)}


@dataclass(frozen=True, slots=True)
class World:
    """A city of two counties; a county has a school, its point and one without classrooms."""

    city: Region
    counties: Sequence[Region]
    schools: Sequence[School]
    #: Of each lesson, in order of time: its id, and the schools that give or receive it.
    lessons: Sequence[tuple[UUID, frozenset[UUID]]]
    #: Of each lesson what a search looks in: its title, who gives it, of which school.
    words: Mapping[UUID, Sequence[str]]

    def about(self, text: str) -> set[UUID]:
        """Return the lessons of which any of these has the text in it, whatever its case."""
        return {
            lesson_id
            for lesson_id, words in self.words.items()
            if any(text.lower() in word.lower() for word in words)
        }

    def seen_by(self, caller: PersonCaller) -> list[UUID]:
        """Return the lessons this caller may look at, by what requirements say and no query."""
        scope = caller.scope(Role.ADMINISTRATOR, Role.SUPERVISOR)
        is_whole_city = self.city.id in scope.region_ids
        mine = {
            school.id
            for school in self.schools
            if is_whole_city
            or school.region_id in scope.region_ids
            or {school.id, school.parent_id} & scope.school_ids
        }
        return [lesson_id for lesson_id, schools in self.lessons if schools & mine]


async def build(db: AsyncSession) -> World:
    chance = Random(20261126)
    city = await make_region(db)
    counties = [await make_region(db, parent=city) for _ in range(2)]
    schools: list[School] = []
    rooms: list[Classroom] = []
    for county in counties:
        school = await make_school(db, county)
        schools += [
            school,
            await make_school(db, county, parent=school),
            await make_school(db, county),
        ]
        rooms += [await make_classroom(db, each) for each in (school, school, schools[-2])]
    teachers = [
        await make_person(db, role=Role.TEACHER, school=each, name=unlike("Wang"))
        for each in schools[::3]
    ]
    lessons, words = [], {}
    for number in range(LESSONS):
        hub, invited = chance.choice(schools), chance.sample(rooms, chance.randint(0, 3))
        lesson = await make_lesson(
            db, lecturer=teachers[number % 2], hub=hub, classrooms=invited, title=unlike("课"),
            planned_start=NOON + timedelta(hours=number),
        )  # fmt: skip
        db.add(Session(lesson_id=lesson.id, started_at=lesson.planned_start))
        words[lesson.id] = (lesson.title, lesson.lecturer.name, hub.name)
        lessons.append((lesson.id, frozenset({hub.id, *(room.school_id for room in invited)})))
    await db.flush()
    return World(city, counties, schools, lessons, words)


def callers(world: World) -> list[PersonCaller]:
    """Return people with every grant there can be, and with every two of them."""
    places: list[tuple[UUID | None, UUID | None]] = [
        *((region.id, None) for region in (world.city, *world.counties)),
        *((None, school.id) for school in world.schools),
    ]
    roles = (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.TEACHER)
    one = [(Grant(roles[n % 3], *place),) for n, place in enumerate(places * 3)]
    two = [
        (Grant(Role.ADMINISTRATOR, *a), Grant(Role.SUPERVISOR, *b))
        for a, b in combinations(places, 2)
    ]
    person = world.city.id  # whose id it is does not matter
    return [
        PersonCaller(
            person_id=person, account_id=person, session_id=person, name="", school_id=None,
            csrf_token="", is_restricted=False, grants=grants,
        )
        for grants in ((), *one, *two)
    ]  # fmt: skip


async def sessions_in(db: AsyncSession, sight: Sight, text: str = "") -> list[UUID]:
    """Return the lessons of the sessions in sight, read page by page, the first one first."""
    found: list[UUID] = []
    page = PageRequest(limit=11)
    while True:
        statement = listing.sessions_of(sight, listing.SessionFilter(text=text))
        fetched = await fetch_page(db, statement, order=listing.LATEST_FIRST, page=page)
        found += [row[1].id for row in fetched.items]
        if fetched.next_cursor is None:
            return found[::-1]
        page = PageRequest(limit=11, cursor=fetched.next_cursor)


@pytest.mark.parametrize("way", WAYS)
async def test_every_caller_sees_exactly_what_is_hers(either_database: Database, way: str) -> None:
    few, named = WAYS[way]
    async with either_database.unit_of_work() as db:
        world = await build(db)
        seen = set()
        for caller in callers(world):
            sight = await sight_of(db, caller, few=few, named=named)
            expected = world.seen_by(caller)
            assert await sessions_in(db, sight) == expected
            planned = timetable_queries.lessons_seen(sight, LessonFilter())
            ids = await db.scalars(
                planned.with_only_columns(Lesson.id).order_by(Lesson.planned_start)
            )
            assert list(ids) == expected
            seen.add(len(expected))
    assert {0, LESSONS} < seen, "some see nothing, some all, some a part"


@pytest.mark.parametrize("way", WAYS)
async def test_a_search_finds_exactly_what_is_hers_and_has_the_words(
    either_database: Database, way: str
) -> None:
    few, named = WAYS[way]
    chance = Random(20261126)
    async with either_database.unit_of_work() as db:
        world = await build(db)
        title, teacher, school = world.words[world.lessons[LESSONS // 2][0]]
        # Of one lesson, of some, of all, of none; what a pattern would take for any is a letter.
        texts = [title, teacher, teacher.upper(), school, "课", "WANG", "没有这样的课", "%", "_"]
        found = dict.fromkeys(texts, 0)
        for caller in callers(world):
            sight = await sight_of(db, caller, few=few, named=named)
            seen = world.seen_by(caller)
            # Whoever sees all looks for everything, the others for some of it.
            for text in texts if len(seen) == LESSONS else chance.sample(texts, 2):
                about = world.about(text)
                expected = [each for each in seen if each in about]
                assert await sessions_in(db, sight, text) == expected
                found[text] = max(found[text], len(expected))
    assert found["课"] == found["WANG"] == LESSONS
    assert found["没有这样的课"] == found["%"] == found["_"] == 0
    assert all(0 < found[text] < LESSONS for text in (title, teacher, teacher.upper(), school))


async def test_a_search_keeps_to_its_days(either_database: Database) -> None:
    async with either_database.unit_of_work() as db:
        world = await build(db)
        caller = next(each for each in callers(world) if len(world.seen_by(each)) == LESSONS)
        last = (NOON + timedelta(hours=LESSONS - 1)).date()
        wanted = listing.SessionFilter(text="课", first_day=last, last_day=last)
        counts = set()
        for few, named in WAYS.values():
            sight = await sight_of(db, caller, few=few, named=named)
            rows = await db.execute(listing.sessions_of(sight, wanted))
            starts = [row[1].planned_start for row in rows]
            assert {bounds_of(last)[0] <= start < bounds_of(last)[1] for start in starts} == {True}
            counts.add(len(starts))
        assert len(counts) == 1
        assert counts < set(range(1, LESSONS)), "some of the lessons are of another day"


async def test_schools_are_named_up_to_a_bound_and_then_asked_for(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        world = await build(db)
        caller = next(each for each in callers(world) if len(world.seen_by(each)) == LESSONS)
        rows = 8  # of six schools two have two classrooms
        asked = [await sight_of(db, caller, named=named) for named in (rows, rows - 1)]
        schools, classrooms = asked[0].schools, asked[0].classrooms
        assert isinstance(schools, list)
        assert isinstance(classrooms, list)
        assert [len(schools), len(classrooms)] == [6, 6]
        assert str(asked[1].schools) == str(any_sight(caller).schools)
        small = [(await sight_of(db, caller, few=few)).is_small for few in (rows, rows - 1)]
        assert small == [True, False]
    assert FEW < NAMED
