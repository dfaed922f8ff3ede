"""The demonstration county: whole, topped up, never doubled, never among real accounts."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from app import demo
from app.accounts.models import Account, Person
from app.database import Database
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind, LessonState
from app.lessons.queries import day_of, whole_lessons
from app.schools.models import Classroom, Region, School
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import NOON, make_person


async def prepare(database: Database, now: datetime = NOON) -> demo.DemoLinks:
    async with database.unit_of_work() as db:
        return await demo.prepare(db, now=now)


async def lessons_of(database: Database) -> list[Lesson]:
    async with database.unit_of_work() as db:
        rows = await db.scalars(whole_lessons().order_by(Lesson.planned_start, Lesson.id))
        return list(rows)


async def count(database: Database, *models: type) -> list[int]:
    async with database.unit_of_work() as db:
        return [await db.scalar(select(func.count()).select_from(model)) or 0 for model in models]


async def test_county_is_whole(database: Database) -> None:
    await prepare(database)
    assert await count(database, Region, School, Classroom, Person) == [3, 6, 6, 4]
    async with database.unit_of_work() as db:
        schools = {school.name: school for school in await db.scalars(select(School))}
    hub = schools["示范中心小学"]
    points = [school for school in schools.values() if school.parent_id is not None]
    assert len(points) == 5
    assert {point.parent_id for point in points} == {hub.id}


async def test_day_has_a_lesson_of_each_kind_and_one_that_can_start_now(
    database: Database,
) -> None:
    await prepare(database)
    first, *later = await lessons_of(database)
    assert lessons.can_start(first, NOON)
    assert first.kind is LessonKind.DELIVERY
    assert (first.grade, first.subject, first.title) == ("三年级", "音乐", "小雨沙沙")
    assert first.planned_end - first.planned_start == timedelta(minutes=40)
    assert len(first.sites) >= 3
    assert [lesson.kind for lesson in later] == [LessonKind.MASTER, LessonKind.ELITE]
    assert all(lesson.planned_start > NOON for lesson in later)


async def test_run_again_doubles_nothing(database: Database) -> None:
    tables = (Region, School, Classroom, Person, Account, Lesson)
    await prepare(database)
    before = await count(database, *tables)
    await prepare(database, NOON + timedelta(minutes=5))
    assert await count(database, *tables) == before


@pytest.mark.parametrize("state", [LessonState.ENDED, LessonState.CANCELLED])
async def test_when_the_startable_lesson_is_over_a_fresh_one_is_added(
    database: Database, state: LessonState
) -> None:
    await prepare(database)
    async with database.unit_of_work() as db:
        first = (await db.scalars(select(Lesson).order_by(Lesson.planned_start))).first()
        assert first is not None
        first.state = state
    later = NOON + timedelta(minutes=7)
    await prepare(database, later)
    startable = [
        lesson
        for lesson in await lessons_of(database)
        if lesson.title == "小雨沙沙" and lessons.can_start(lesson, later)
    ]
    assert len(startable) == 1
    assert await count(database, Lesson) == [4]


async def test_lesson_nearly_out_of_time_does_not_count_as_startable(database: Database) -> None:
    await prepare(database)
    later = NOON + timedelta(minutes=20)
    await prepare(database, later)
    best = max(
        lesson.planned_end for lesson in await lessons_of(database) if lesson.title == "小雨沙沙"
    )
    assert best - later >= demo.ENOUGH_LEFT


async def test_live_lesson_is_left_alone(database: Database) -> None:
    await prepare(database)
    async with database.unit_of_work() as db:
        first = (await db.scalars(select(Lesson).order_by(Lesson.planned_start))).first()
        assert first is not None
        first.state = LessonState.LIVE
    await prepare(database, NOON + timedelta(minutes=35))
    assert await count(database, Lesson) == [3]


@pytest.mark.parametrize("minute", [0, 29, 50, 59])
async def test_late_in_the_evening_all_lessons_are_still_todays(
    database: Database, minute: int
) -> None:
    late = datetime(2026, 3, 2, 15, minute, tzinfo=UTC)  # 23:xx in Beijing
    await prepare(database, late)
    planned = await lessons_of(database)
    assert len(planned) == 3
    assert {day_of(lesson.planned_start) for lesson in planned} == {day_of(late)}
    assert any(lessons.can_start(lesson, late) for lesson in planned)


@pytest.mark.usefixtures("demonstration")
async def test_links_let_in_teacher_administrator_supervisor_and_classrooms(
    database: Database, open_browser: OpenBrowser, clock: Clock
) -> None:
    links = await prepare(database)
    for path, home in (
        (links.teacher, "/teach"),
        (links.administrator, "/admin"),
        (links.supervisor, "/admin"),
    ):
        browser = await open_browser()
        answer = await browser.post("/api/links/redeem", {"token": path.split("#")[1]})
        assert answer.json()["home"] == home
    assert len(links.classrooms) == 3
    for _ in range(2):  # a tab may be closed and the link opened again
        for name, path in links.classrooms:
            browser = await open_browser()
            answer = await browser.post("/api/devices/enrol", {"code": path.split("#")[1]})
            assert answer.json()["device"]["school"]["name"] == name
            today = (await browser.get("/api/classroom/today")).json()
            assert today["next"]["title"] == "小雨沙沙"
    clock.advance(hours=12, seconds=1)
    answer = await (await open_browser()).post(
        "/api/links/redeem", {"token": links.teacher.split("#")[1]}
    )
    assert answer.status_code == 410


@pytest.mark.usefixtures("demonstration")
async def test_administrator_of_the_demonstration_sees_its_classrooms(
    database: Database, open_browser: OpenBrowser
) -> None:
    links = await prepare(database)
    browser = await open_browser()
    await browser.post("/api/links/redeem", {"token": links.administrator.split("#")[1]})
    items = (await browser.get("/api/classrooms")).json()["items"]
    assert len(items) == 6


async def test_each_link_has_a_host_of_its_own_so_that_cookies_stay_apart(
    database: Database,
) -> None:
    urls = [url for _, url in demo.urls(await prepare(database), 8000)]
    hosts = [urlsplit(url).hostname or "" for url in urls]
    assert len(set(hosts)) == len(urls) == 6
    assert all(host.endswith(".localhost") for host in hosts)
    assert all(urlsplit(url).port == 8000 for url in urls)
    assert all(urlsplit(url).query == "" for url in urls)  # secrets stay in the fragment


async def test_database_with_accounts_of_its_own_is_left_alone(database: Database) -> None:
    async with database.unit_of_work() as db:
        await make_person(db)
    with pytest.raises(demo.NotADemonstration, match="CLASSROOMS_DATABASE_URL"):
        await prepare(database)
    assert await count(database, School) == [0]


async def test_no_account_of_the_demonstration_has_a_password(database: Database) -> None:
    await prepare(database)
    async with database.unit_of_work() as db:
        assert set(await db.scalars(select(Account.password_hash))) == {None}
