"""Calendar feeds: what a calendar program reads of a teacher's and a classroom's lessons."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account, AccountState, PostKind, RoleGrant, StaffPost
from app.database import Database
from app.lessons.ical import written
from app.lessons.timetable_queries import Histories
from app.schools.models import School
from app.web import shown_path
from tests.app.alliance_steps import found, made
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, offering_of, plan_one
from tests.factories import NOON, make_class, make_person

COURSES = "/api/course-offerings"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: a feed is read by a statement."""
    return either_url


async def make_address(browser: TestBrowser, of: str = "mine") -> str:
    answer = await browser.post(f"/api/calendar-feeds/{of}")
    assert answer.status_code == 201, answer.text
    path: str = answer.json()["path"]
    return path


async def read(browser: TestBrowser, path: str) -> Calendar:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    assert isinstance(calendar, Calendar)
    return calendar


def events(calendar: Calendar) -> dict[str, Event]:
    return {str(event["uid"]): event for event in calendar.events}


def post_of(school: Timetabled, *, until_on: date | None) -> StaffPost:
    return StaffPost(
        person_id=school.county.teacher.person_id,
        school_id=school.county.hub.id,
        staff_no=f"T{until_on}",
        kind=PostKind.TEACHER,
        until_on=until_on,
    )


@pytest.fixture
async def teacher_page(school: Timetabled, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(school.county.teacher)


@pytest.fixture
async def stranger(open_browser: OpenBrowser) -> TestBrowser:
    """A calendar program: nobody the platform knows."""
    return await open_browser()


async def test_a_lesson_is_read_back_as_it_was_planned(
    lesson: JSON, teacher_page: TestBrowser, stranger: TestBrowser
) -> None:
    calendar = await read(stranger, await make_address(teacher_page))
    (zone,) = calendar.timezones
    assert zone.tz_name == "Asia/Shanghai"
    (event,) = calendar.events
    assert event.start == NOON + HOUR
    assert event.end == NOON + HOUR + timedelta(minutes=40)
    assert event["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert str(event["uid"]) == f"{lesson['id']}@three-classrooms"
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 0)
    assert "三年级音乐" in str(event["summary"])


def test_whatever_a_name_holds_is_one_text_and_the_interval_says_what_it_is() -> None:
    name = "东楼, 二层;\n多媒体教室"
    text = written([], Histories(), name=name, person_id=None, now=NOON)
    lines = text.decode().split("\r\n")
    escaped = r"东楼\, 二层\;\n多媒体教室"  # RFC 5545 section 3.3.11
    for line in (
        f"NAME:{escaped}",
        f"X-WR-CALNAME:{escaped}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",  # RFC 7986 section 5.7
    ):
        assert line in lines


async def test_what_changes_keeps_its_uid_and_counts_on(
    keeper: TestBrowser, lesson: JSON, teacher_page: TestBrowser, stranger: TestBrowser
) -> None:
    path = await make_address(teacher_page)
    (before,) = (await read(stranger, path)).events
    await act(keeper, lesson, "cancel", {"reason": "大雪封路"})
    (after,) = (await read(stranger, path)).events
    assert after["uid"] == before["uid"]
    assert after.sequence > before.sequence
    assert after["status"] == "CANCELLED"
    assert "大雪封路" in str(after["description"])


async def test_a_make_up_is_an_event_of_its_own(
    keeper: TestBrowser, lesson: JSON, teacher_page: TestBrowser, stranger: TestBrowser
) -> None:
    done = await act(keeper, lesson, "cancel", {"reason": "停电"})
    made = await act(keeper, done, "make-up", at(NOON + 24 * HOUR))
    both = events(await read(stranger, await make_address(teacher_page)))
    assert {uid: str(event["status"]) for uid, event in both.items()} == {
        f"{lesson['id']}@three-classrooms": "CANCELLED",
        f"{made['id']}@three-classrooms": "CONFIRMED",
    }


async def test_who_hands_a_lesson_over_has_it_cancelled_and_who_stands_in_has_it(
    keeper: TestBrowser,
    school: Timetabled,
    lesson: JSON,
    teacher_page: TestBrowser,
    stranger: TestBrowser,
) -> None:
    body = {"person_id": school.other_teacher_id, "reason": "病假"}
    await act(keeper, lesson, "substitute", body)
    (event,) = (await read(stranger, await make_address(teacher_page))).events
    assert event["status"] == "CANCELLED"
    assert "代课老师" in str(event["summary"])


async def test_a_classroom_has_what_it_receives_and_no_drafts(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    opened: JSON,
    lesson: JSON,
    stranger: TestBrowser,
) -> None:
    draft = at(NOON + 2 * HOUR, offering_id=opened["id"], is_published=False)
    assert (await keeper.post("/api/lessons", draft)).status_code == 201
    room = school.county.classrooms[0]
    path = await make_address(keeper, f"classrooms/{room.id}")
    assert list(events(await read(stranger, path))) == [f"{lesson['id']}@three-classrooms"]


async def test_a_new_address_ends_the_old_one_and_is_told_once(
    lesson: JSON, teacher_page: TestBrowser, stranger: TestBrowser, database: Database
) -> None:
    assert await found(teacher_page, "/api/calendar-feeds/mine") == {"made_at": None}
    old = await make_address(teacher_page)
    new = await make_address(teacher_page)
    assert (await stranger.get(old)).status_code == 404
    assert len((await read(stranger, new)).events) == 1
    told = await found(teacher_page, "/api/calendar-feeds/mine")
    assert datetime.fromisoformat(told["made_at"]).astimezone(UTC) == NOON
    assert set(told) == {"made_at"}


async def lose_account(db: AsyncSession, school: Timetabled) -> None:
    account = await db.get_one(Account, school.county.teacher.id)
    account.state = AccountState.DISABLED


async def lose_role(db: AsyncSession, school: Timetabled) -> None:
    mine = RoleGrant.person_id == school.county.teacher.person_id
    for grant in await db.scalars(select(RoleGrant).where(mine)):
        grant.until = NOON


async def lose_post(db: AsyncSession, school: Timetabled) -> None:
    db.add(post_of(school, until_on=NOON.date()))


@pytest.mark.parametrize("lose", [lose_account, lose_role, lose_post])
async def test_a_teachers_address_ends_with_her_account_her_role_and_her_last_post(
    *,
    lose: Callable[[AsyncSession, Timetabled], Awaitable[None]],
    school: Timetabled,
    lesson: JSON,
    teacher_page: TestBrowser,
    stranger: TestBrowser,
    database: Database,
) -> None:
    path = await make_address(teacher_page)
    assert (await stranger.get(path)).status_code == 200
    async with database.unit_of_work() as db:
        await lose(db, school)
    assert (await stranger.get(path)).status_code == 404


async def test_an_address_outlives_one_of_two_posts(
    school: Timetabled, teacher_page: TestBrowser, stranger: TestBrowser, database: Database
) -> None:
    path = await make_address(teacher_page)
    async with database.unit_of_work() as db:
        db.add(post_of(school, until_on=NOON.date()))
        db.add(post_of(school, until_on=None))
    assert (await stranger.get(path)).status_code == 200


async def test_a_classrooms_address_ends_with_its_school(
    keeper: TestBrowser, school: Timetabled, stranger: TestBrowser, database: Database
) -> None:
    room = school.county.classrooms[0]
    path = await make_address(keeper, f"classrooms/{room.id}")
    async with database.unit_of_work() as db:
        point = await db.get_one(School, room.school_id)
        point.closed_on = NOON.date()
    assert (await stranger.get(path)).status_code == 404


@pytest.mark.parametrize("whose", ["mine", "classroom"])
async def test_who_withdraws_an_address_has_none(
    whose: str,
    keeper: TestBrowser,
    school: Timetabled,
    teacher_page: TestBrowser,
    stranger: TestBrowser,
) -> None:
    browser, of = teacher_page, "mine"
    if whose == "classroom":
        browser, of = keeper, f"classrooms/{school.county.classrooms[0].id}"
    path = await make_address(browser, of)
    assert (await browser.send("DELETE", f"/api/calendar-feeds/{of}")).status_code == 204
    assert (await stranger.get(path)).status_code == 404
    assert await found(browser, f"/api/calendar-feeds/{of}") == {"made_at": None}
    assert (await browser.send("DELETE", f"/api/calendar-feeds/{of}")).status_code == 404


@pytest.mark.parametrize(
    ("token", "status", "problem"),
    [
        ("no-address-that-was-ever-made", 404, "not-found"),
        ("x" * 20, 404, "not-found"),
        ("x" * 64, 404, "not-found"),
        ("x" * 19, 422, "malformed-input"),
        ("x" * 65, 422, "malformed-input"),
        ("a%20b" * 8, 422, "malformed-input"),
        ("x" * 20 + "%00", 422, "malformed-input"),
    ],
)
async def test_an_address_nobody_made_gives_nothing(
    stranger: TestBrowser, token: str, status: int, problem: str
) -> None:
    answer = await stranger.get(f"/api/calendars/{token}.ics")
    assert (answer.status_code, answer.json()["type"]) == (status, problem)


async def test_who_asks_too_often_waits(stranger: TestBrowser) -> None:
    statuses = {
        (await stranger.get("/api/calendars/no-address-that-was-ever-made.ics")).status_code
        for _ in range(125)
    }
    assert statuses == {404, 429}


async def test_neither_classes_nor_who_helps_them_are_in_it_and_no_address_in_the_log(
    keeper: TestBrowser, school: Timetabled, stranger: TestBrowser, database: Database
) -> None:
    room = school.county.classrooms[0]
    async with database.unit_of_work() as db:
        pupils = await make_class(db, room.school_id, name="三年级小雨班", pupils=12)
        helper = await make_person(db, school=school.county.points[0], name="助教老师")
    site = {"class_id": str(pupils.id), "assistant_id": str(helper.person_id)}
    sites = [{"classroom_id": str(room.id)} | site]
    await plan_one(keeper, await made(keeper, COURSES, offering_of(school, sites=sites)))
    path = await make_address(keeper, f"classrooms/{room.id}")
    (event,) = (await read(stranger, path)).events
    text = event.to_ical().decode()
    assert "三年级音乐" in text
    assert "小雨班" not in text
    assert "助教老师" not in text
    assert shown_path(path) == "/api/calendars/..."
    assert shown_path("/api/me") == "/api/me"
