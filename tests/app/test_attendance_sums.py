"""Minutes added up by week and by school are those of the rows, and lead to them."""

import csv
import io
from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.attendance.models import AttendanceRecord
from app.attendance.sums import NOTHING
from app.calendars.days import local_day, monday_of
from app.database import Database
from app.lessons.models import Lesson, LessonSite
from app.schools.models import Classroom, School
from app.security import Role
from tests.app.alliance_steps import statements
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.coverage_world import FIRST_MONDAY, World, make_world
from tests.factories import make_county, make_person

JSON = dict[str, Any]
MINUTES = ("audible_ms", "degraded_ms", "lost_ms", "offline_ms")
HEADINGS = ("听清分钟", "不清分钟", "未听到分钟", "离线分钟")
LAST = FIRST_MONDAY + timedelta(weeks=6, days=-1)
ALL_DAYS = f"from={FIRST_MONDAY}&to={LAST}"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


@pytest.fixture
async def world(database: Database, clock: Clock) -> World:
    """A county in which four rows of five were measured."""
    random = Random(7)
    async with database.unit_of_work() as db:
        made = await make_world(db, 7)
        for record in await db.scalars(select(AttendanceRecord).order_by(AttendanceRecord.id)):
            if random.random() < 0.8:
                for name in MINUTES:
                    setattr(record, name, random.randrange(1_000_000))
    clock.advance(days=60)
    return made


@pytest.fixture
async def office(open_browser: OpenBrowser, world: World) -> TestBrowser:
    return await open_browser(world.county.administrator)


async def found(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(f"/api/admin/attendance{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def summed(database: Database, key: Any) -> dict[Any, dict[str, int]]:
    """Add the rows up one by one, by what `key` says of (lesson, school)."""
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict(NOTHING))
    async with database.unit_of_work() as db:
        rows = await db.execute(
            select(AttendanceRecord, Lesson, School)
            .join(LessonSite, AttendanceRecord.lesson_site_id == LessonSite.id)
            .join(Lesson, LessonSite.lesson_id == Lesson.id)
            .join(Classroom, LessonSite.classroom_id == Classroom.id)
            .join(School, Classroom.school_id == School.id)
        )
        for record, lesson, school in rows:
            one = sums[key(lesson, school)]
            one["rows"] += 1
            one["unmeasured"] += record.audible_ms is None
            for name in MINUTES:
                one[name] += getattr(record, name) or 0
    return dict(sums)


def counts_of(item: JSON) -> dict[str, int]:
    return {name: item[name] for name in NOTHING}


async def test_weeks_are_the_rows_added_up_and_none_is_left_out(
    office: TestBrowser, world: World, database: Database
) -> None:
    weeks = await found(office, f"/weeks?{ALL_DAYS}")
    assert [date.fromisoformat(each["monday"]) for each in weeks] == [
        FIRST_MONDAY + timedelta(weeks=number) for number in range(6)
    ]
    wanted = await summed(
        database, lambda lesson, _: monday_of(local_day(lesson.planned_start)).isoformat()
    )
    assert {each["monday"]: counts_of(each) for each in weeks if each["rows"]} == wanted
    assert counts_of(weeks[-1]) == NOTHING  # the world's lessons lie in five weeks
    assert all(each["unmeasured"] < each["rows"] for each in weeks[:-1])


async def test_a_sum_leads_to_the_rows_it_was_made_of(office: TestBrowser, world: World) -> None:
    for narrowed in ("", "&is_counted=true", "&is_counted=false", "&subject=音乐"):
        for week in await found(office, f"/weeks?{ALL_DAYS}{narrowed}"):
            sunday = date.fromisoformat(week["monday"]) + timedelta(days=6)
            days = f"from={week['monday']}&to={sunday}{narrowed}&limit=200"
            rows = (await found(office, f"?{days}"))["items"]
            assert len(rows) == week["rows"]
            for name in MINUTES:
                assert sum(row[name] or 0 for row in rows) == week[name]
            schools = (await found(office, f"/schools?{days}"))["items"]
            assert sum(each["rows"] for each in schools) == week["rows"]


async def test_only_the_days_asked_for_are_in_a_week(office: TestBrowser, world: World) -> None:
    tuesday = FIRST_MONDAY + timedelta(days=1)
    [week] = await found(office, f"/weeks?from={tuesday}&to={tuesday}")
    rows = (await found(office, f"?from={tuesday}&to={tuesday}&limit=200"))["items"]
    whole = (await found(office, f"/weeks?{ALL_DAYS}"))[0]
    assert (week["monday"], week["rows"]) == (str(FIRST_MONDAY), len(rows))
    assert week["rows"] < whole["rows"]


async def test_schools_come_where_most_was_missed_first_page_by_page(
    office: TestBrowser, world: World, database: Database
) -> None:
    paged: list[JSON] = []
    cursor = ""
    while True:
        page = await found(office, f"/schools?{ALL_DAYS}&limit=2{cursor}")
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    wanted = await summed(database, lambda _, school: str(school.id))
    assert {each["school"]["id"]: counts_of(each) for each in paged} == wanted
    assert len(paged) == len(wanted) > 2
    missed = [sum(each[name] for name in MINUTES[1:]) for each in paged]
    assert missed == sorted(missed, reverse=True)
    file = await office.get(f"/api/admin/attendance/schools/export?{ALL_DAYS}")
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(line["学校"], int(line["记录数"]), int(line["未测量"])) for line in lines] == [
        (each["school"]["name"], each["rows"], each["unmeasured"]) for each in paged
    ]
    for heading, name in zip(HEADINGS, MINUTES, strict=True):
        wanted_minutes = [pytest.approx(each[name] / 60_000, abs=0.051) for each in paged]
        assert [float(line[heading]) for line in lines] == wanted_minutes


async def test_sums_are_of_the_callers_rows_alone(
    open_browser: OpenBrowser, office: TestBrowser, world: World, database: Database
) -> None:
    async with database.unit_of_work() as db:
        other = await make_county(db)
    theirs = await open_browser(other.administrator)
    site: UUID = world.schools[0].id
    for narrowed in ("", f"&school_id={site}"):
        assert (await found(theirs, f"/schools?{ALL_DAYS}{narrowed}"))["items"] == []
        file = await theirs.get(f"/api/admin/attendance/schools/export?{ALL_DAYS}{narrowed}")
        assert len(file.text.splitlines()) == 1
        weeks = await found(theirs, f"/weeks?{ALL_DAYS}{narrowed}")
        assert [counts_of(each) for each in weeks] == [NOTHING] * 6
        assert sum(each["rows"] for each in await found(office, f"/weeks?{ALL_DAYS}{narrowed}")) > 0


@pytest.mark.parametrize("place", [0, 1])
async def test_a_school_adds_up_what_it_gave_and_what_it_received_each_row_once(
    open_browser: OpenBrowser, world: World, database: Database, place: int
) -> None:
    own = world.schools[place]  # the first one gives lessons too, and receives some of them
    async with database.unit_of_work() as db:
        keeper = await make_person(db, role=Role.ADMINISTRATOR, school=own)
    theirs = await open_browser(keeper)

    def school_seen(lesson: Lesson, school: School) -> str | None:
        return str(school.id) if own.id in (lesson.hub_school_id, school.id) else None

    wanted = await summed(database, school_seen)
    del wanted[None]
    assert (len(wanted) > 1) is (place == 0)
    for narrowed in ("", f"&school_id={own.id}"):
        schools = (await found(theirs, f"/schools?{ALL_DAYS}{narrowed}"))["items"]
        assert {each["school"]["id"]: counts_of(each) for each in schools} == wanted
        weeks = await found(theirs, f"/weeks?{ALL_DAYS}{narrowed}")
        for name in NOTHING:
            assert sum(week[name] for week in weeks) == sum(each[name] for each in wanted.values())


@pytest.mark.parametrize("path", ["/weeks", "/schools", "/schools/export"])
async def test_rows_are_added_up_between_two_days_alone(office: TestBrowser, path: str) -> None:
    for days, kind in (
        ("", "malformed-input"),
        (f"from={FIRST_MONDAY}", "malformed-input"),
        (f"from={LAST}&to={FIRST_MONDAY}", "period-too-long"),
        (f"from={FIRST_MONDAY}&to={FIRST_MONDAY + timedelta(weeks=60)}", "period-too-long"),
    ):
        answer = await office.get(f"/api/admin/attendance{path}?{days}")
        assert (answer.status_code, answer.json()["type"]) == (422, kind), days


async def test_a_year_is_added_up_in_as_many_statements_as_a_week(
    office: TestBrowser, world: World, database: Database
) -> None:
    asked = (
        f"from={FIRST_MONDAY}&to={FIRST_MONDAY}",
        f"from={FIRST_MONDAY}&to={FIRST_MONDAY + timedelta(weeks=59)}",
    )
    for path in ("/weeks", "/schools"):
        sent = []
        for days in asked:
            with statements(database) as each:
                await found(office, f"{path}?{days}")
            sent.append(len(each))
        assert sent[0] == sent[1]
