"""Service hours of lecturers and of assistants: always the sums of locked rows that count."""

import csv
import io
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.attendance import settling
from app.attendance.models import AttendanceRecord, AttendanceState
from app.database import Database
from app.lessons.models import Lesson, LessonSite
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.coverage_world import FIRST_MONDAY, World, make_world
from tests.app.held_lessons import hold
from tests.factories import County, make_person

SPAN = f"from={FIRST_MONDAY}&to={FIRST_MONDAY + timedelta(weeks=6)}"
HOURS, OWN = f"/api/admin/service-hours?{SPAN}", f"/api/teacher/service-hours?{SPAN}"
LESSONS = f"/api/teacher/service-hours/lessons?{SPAN}"
ROLES = ("LECTURER", "ASSISTANT")
# (person, role, school): lessons, sites, milliseconds.
Sums = dict[tuple[str, str, str], tuple[int, int, int]]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


@pytest.fixture
async def world(database: Database, clock: Clock) -> World:
    """A county at random, in the term's weeks of which the clock stands behind the last."""
    async with database.unit_of_work() as db:
        made = await make_world(db, 7)
    clock.advance(days=60)
    return made


@pytest.fixture
async def helpers(database: Database, world: World) -> dict[UUID, list[Account]]:
    """Have two people of each point help at its sites; one of them gives lessons, too."""
    random = Random(5)
    async with database.unit_of_work() as db:
        people = {
            school.id: [await make_person(db, role=Role.TEACHER, school=school) for _ in range(2)]
            for school in world.schools
        }
        at_once: dict[tuple[UUID, UUID], UUID | None] = {}
        for place, row in enumerate(world.rows):
            record = await db.get_one(AttendanceRecord, row.record_id)
            site = await db.get_one(LessonSite, record.lesson_site_id)
            record.planned_ms = random.choice((2_400_000, 2_700_000))
            one, other = (each.person_id for each in people[row.school_id])
            # Of a point with two classrooms both are hers, and both are locked.
            key = (site.lesson_id, row.school_id)
            if key in at_once:
                record.state = AttendanceState.LOCKED
                world.rows[place] = replace(row, is_locked=True)
            site.assistant_id = at_once.setdefault(key, random.choice((one, one, other, None)))
        passes_on = world.schools[0].id
        for lesson in await db.scalars(select(Lesson).where(Lesson.hub_school_id == passes_on)):
            lesson.lecturer_id = people[passes_on][0].person_id
    return people


async def by_the_rule(database: Database, world: World) -> Sums:
    """Add up in the plainest way: of each lesson somebody served in, what its best row planned."""
    served: dict[tuple[str, str, str], dict[UUID, list[int]]] = {}
    async with database.unit_of_work() as db:
        for row in world.rows:
            if not (row.counts and row.is_locked):
                continue
            record = await db.get_one(AttendanceRecord, row.record_id)
            site = await db.get_one(LessonSite, record.lesson_site_id)
            lesson = await db.get_one(Lesson, site.lesson_id)
            keys = [(str(lesson.lecturer_id), "LECTURER", str(lesson.hub_school_id))]
            if site.assistant_id is not None:
                keys.append((str(site.assistant_id), "ASSISTANT", str(row.school_id)))
            for key in keys:
                served.setdefault(key, {}).setdefault(lesson.id, []).append(record.planned_ms)
    return {
        key: (len(lessons), sum(map(len, lessons.values())), sum(map(max, lessons.values())))
        for key, lessons in served.items()
    }


async def got(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(browser: TestBrowser, query: str = "") -> list[Any]:
    """Return all pages of the hours, each row of which stands once."""
    items: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await got(browser, f"{HOURS}&limit=4{query}{cursor}")
        items += page["items"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    keys = {(each["person_id"], each["role"], each["school_id"]) for each in items}
    assert len(keys) == len(items)
    return items


def sums_of(items: Collection[Any]) -> Sums:
    return {
        (each["person_id"], each["role"], each["school_id"]): (
            each["lessons"],
            each["sites"],
            each["planned_ms"],
        )
        for each in items
    }


async def test_hours_are_the_sums_of_locked_rows_that_count(
    database: Database, world: World, helpers: dict[UUID, list[Account]], open_browser: OpenBrowser
) -> None:
    office = await open_browser(world.county.administrator)
    wanted = await by_the_rule(database, world)
    assert {role for _, role, _ in wanted} == set(ROLES)
    helped = {key: sums for key, sums in wanted.items() if key[1] == "ASSISTANT"}
    assert any(sites > lessons for lessons, sites, _ in helped.values()), "nobody had two rooms"
    assert sums_of(await listed(office)) == wanted
    for role in ROLES:
        items = await listed(office, f"&role={role}&order=MOST")
        assert sums_of(items) == {key: sums for key, sums in wanted.items() if key[1] == role}
        given = [each["planned_ms"] for each in items]
        assert given == sorted(given, reverse=True)
    file = await office.get(f"/api/admin/service-hours/export?{SPAN}&role=ASSISTANT")
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert {line["身份"] for line in lines} == {"辅导教师"}
    assert sorted(float(line["服务小时"]) for line in lines) == sorted(
        round(ms / 3_600_000, 2) for *_, ms in helped.values()
    )
    # Each sees the same of herself, and the lessons it is made of.
    for school, place in zip(world.schools[:2], (0, 1), strict=True):
        helper = helpers[school.id][place]
        browser = await open_browser(helper)
        own = await got(browser, OWN)
        for role in ROLES:
            key = (str(helper.person_id), role, str(school.id))
            lessons, sites, ms = wanted.get(key, (0, 0, 0))
            mine = own[role.lower()]
            assert (mine["lessons"], mine["sites"], mine["earned_ms"]) == (lessons, sites, ms)
            rows = (await got(browser, f"{LESSONS}&role={role}&limit=200"))["items"]
            assert {each["role"] for each in rows} <= {role}
            assert sum(each["earned_ms"] for each in rows) == ms
            assert sum(each["earned_ms"] == 0 < each["counted"] for each in rows) == mine["waiting"]
        both = (await got(browser, f"{LESSONS}&limit=200"))["items"]
        assert sum(each["earned_ms"] for each in both) == sum(
            own[role.lower()]["earned_ms"] for role in ROLES
        )


@pytest.mark.usefixtures("helpers")
async def test_hours_follow_a_correction(
    database: Database, world: World, open_browser: OpenBrowser, clock: Clock
) -> None:
    office = await open_browser(world.county.administrator)
    before = sums_of(await listed(office))
    place = next(n for n, row in enumerate(world.rows) if row.counts and row.is_locked)
    for counts in (False, True):
        row = world.rows[place]
        async with database.unit_of_work() as db:
            await settling.amend(
                db,
                record_id=row.record_id,
                person_id=world.county.administrator.person_id,
                is_counted=counts,
                headcount=None,
                reason="设备记录有误",
                now=clock.now,
            )
        world.rows[place] = replace(row, counts=counts)
        after = sums_of(await listed(office))
        assert after == await by_the_rule(database, world)
        assert (after == before) is counts
        assert sums_of(await listed(office)) == after


async def test_an_assistant_is_shown_to_those_over_her_school_alone(
    *,
    database: Database,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    clock: Clock,
) -> None:
    """A lesson goes to two counties: the hub's sees who gave it, each its own who stood there."""
    rooms = (county.classrooms[0], other_county.classrooms[0])
    held = await hold(database, replace(county, classrooms=rooms), clock)
    async with database.unit_of_work() as db:
        helping = {
            room.id: await make_person(db, role=Role.TEACHER, school=one.points[0])
            for one, room in zip((county, other_county), rooms, strict=True)
        }
        for record_id in held.records:
            record = await db.get_one(AttendanceRecord, record_id)
            record.state, record.is_counted = AttendanceState.LOCKED, True
            site = await db.get_one(LessonSite, record.lesson_site_id)
            site.assistant_id = helping[site.classroom_id].person_id
        principals = [
            await make_person(db, role=Role.ADMINISTRATOR, school=school)
            for school in county.points
        ]
    lecturer = (str(county.teacher.person_id), "LECTURER", str(county.hub.id))
    here, there = (
        (str(helping[room.id].person_id), "ASSISTANT", str(one.points[0].id))
        for one, room in zip((county, other_county), rooms, strict=True)
    )
    for caller, seen in (
        (county.administrator, {lecturer, here}),
        (county.supervisor, {lecturer, here}),
        (other_county.administrator, {there}),
        (principals[0], {here}),
        (principals[1], set()),
    ):
        browser = await open_browser(caller)
        assert sums_of(await listed(browser)).keys() == seen
        file = await browser.get(f"/api/admin/service-hours/export?{SPAN}")
        assert len(list(csv.DictReader(io.StringIO(file.text)))) == len(seen)
        of_school = await listed(browser, f"&school_id={other_county.points[0].id}")
        assert sums_of(of_school).keys() == seen & {there}
    mine = await open_browser(helping[rooms[0].id])
    own = await got(mine, OWN)
    assert (own["lecturer"]["lessons"], own["assistant"]["lessons"]) == (0, 1)
    assert (await mine.get(HOURS)).status_code == 403
