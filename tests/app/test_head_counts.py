"""The head count after a lesson: who is asked for it, who confirms it, until when."""

import csv
import io

import pytest
from sqlalchemy import select, update

from app.attendance.models import AttendanceRecord, AttendanceState
from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.lessons.models import Lesson, LessonSite
from app.live.ledger import DatabaseLedger
from app.security import Role
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.given_lessons import MINUTE, Give, giver
from tests.factories import County, make_person


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: the newest count is a statement."""
    return either_url


@pytest.fixture
def give(database: Database, clock: Clock) -> Give:
    return giver(database, clock)


async def test_the_classroom_confirms_its_head_count_after_the_lesson(
    give: Give, county: County, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    session = await give(county, classrooms=county.classrooms[:1])
    clock.advance(minutes=41)
    browser = await open_browser(device=county.credentials[0])
    today = (await browser.get("/api/classroom/today")).json()
    assert today["to_confirm"]["headcount"] == 12
    lesson = today["to_confirm"]["lesson"]["id"]
    path = f"/api/classroom/lessons/{lesson}/headcount"
    answer = await browser.post(path, {"count": 13}, acting_as="device")
    assert (answer.status_code, answer.json()["state"]) == (200, "CONFIRMED")
    assert (await browser.get("/api/classroom/today")).json()["to_confirm"] is None
    corrected = await browser.post(path, {"count": 14}, acting_as="device")
    assert corrected.json()["headcount"] == 14
    administrator = await open_browser(county.administrator)
    body = (await administrator.get(f"/api/admin/sessions/{session}")).json()
    assert body["attendance"][0]["headcount"] == 14
    assert body["chain"]["is_intact"]
    async with database.unit_of_work() as db:
        (await db.scalars(select(AttendanceRecord))).one().state = AttendanceState.LOCKED
    locked = await browser.post(path, {"count": 15}, acting_as="device")
    assert (locked.status_code, locked.json()["type"]) == (409, "not-to-confirm")


async def test_a_head_count_is_confirmed_by_the_invited_classroom_after_the_end_only(
    give: Give, county: County, other_county: County, open_browser: OpenBrowser, database: Database
) -> None:
    await give(county, ends=False)
    async with database.unit_of_work() as db:
        lesson = (await db.scalars(select(Lesson))).one().id
    path = f"/api/classroom/lessons/{lesson}/headcount"
    mine = await open_browser(device=county.credentials[0])
    early = await mine.post(path, {"count": 3}, acting_as="device")
    assert early.status_code == 409
    for count in (-1, 1000, "many"):
        assert (await mine.post(path, {"count": count}, acting_as="device")).status_code == 422
    stranger = await open_browser(device=other_county.credentials[0])
    assert (await stranger.post(path, {"count": 3}, acting_as="device")).status_code == 404
    teacher = await open_browser(county.teacher)
    assert (await teacher.post(path, {"count": 3})).status_code == 401


async def test_a_classroom_that_never_came_is_not_asked(
    give: Give, county: County, open_browser: OpenBrowser
) -> None:
    await give(county)
    asked = []
    for credential in county.credentials:
        browser = await open_browser(device=credential)
        asked.append((await browser.get("/api/classroom/today")).json()["to_confirm"] is not None)
    assert sorted(asked) == [False, True]


async def assign(database: Database, county: County, name: str) -> None:
    """Have somebody of the first point's school help in its classroom's lessons."""
    async with database.unit_of_work() as db:
        helper = await make_person(db, school=county.points[0], name=name)
        room = county.classrooms[0].id
        its = update(LessonSite).where(LessonSite.classroom_id == room)
        await db.execute(its.values(assistant_id=helper.person_id))


async def reported_by(browser: TestBrowser, session: str) -> list[str | None]:
    """Return who reported a lesson's head count, by its page and by the list of rows."""
    detail = (await browser.get(f"/api/admin/sessions/{session}")).json()
    rows = (await browser.get("/api/admin/attendance")).json()["items"]
    exported = (await browser.get("/api/admin/attendance/export")).text.lstrip("\ufeff")
    [line] = csv.DictReader(io.StringIO(exported))
    [one], [other] = detail["attendance"], rows
    said = {"assistant": "教室报, 辅导教师", "administrator": "管理员"}[other["headcount_source"]]
    name = other["headcount_by"]
    assert line["原报人数人"] == ("" if name is None else f"{name} ({said})")
    assert one["headcount_source"] == other["headcount_source"]
    return [one["headcount_by"], other["headcount_by"]]


async def test_a_head_count_says_who_reported_it_to_those_over_the_school(
    *,
    give: Give,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    session = await give(other_county, classrooms=county.classrooms[:1], ends=False)
    await assign(database, county, "次仁老师")
    async with database.unit_of_work() as db:
        point = await make_person(db, role=Role.ADMINISTRATOR, school=county.points[0])
        lesson = (await db.scalars(select(Lesson))).one().id
        site = site_seat((await db.scalars(select(LessonSite.id))).one())
    giving, above, own = [
        await open_browser(each)
        for each in (other_county.administrator, county.administrator, point)
    ]
    # Nobody was named when the classroom counted in the lesson.
    assert await reported_by(above, session) == [None, None]
    ledger = DatabaseLedger(database, clock=clock)
    count = RoomEvent(EventType.HEADCOUNT, 12 * MINUTE, site, site, {"count": 11})
    await ledger.record(session, [count])
    assert await reported_by(above, session) == ["次仁老师"] * 2
    assert await reported_by(own, session) == ["次仁老师"] * 2
    assert await reported_by(giving, session) == [None, None]
    await ledger.record(session, [RoomEvent(EventType.LESSON_ENDED, 40 * MINUTE, None, HUB)])
    await ledger.lesson_ended(session, EndReason.ENDED_BY_LECTURER, 40 * MINUTE, HUB)
    clock.advance(minutes=41)
    await assign(database, county, "卓玛老师")
    device = await open_browser(device=county.credentials[0])
    path = f"/api/classroom/lessons/{lesson}/headcount"
    body = {"count": 13, "objection": "停过电"}
    assert (await device.post(path, body, acting_as="device")).status_code == 200
    assert await reported_by(above, session) == ["卓玛老师"] * 2
    row = (await above.get("/api/admin/attendance")).json()["items"][0]["id"]
    path = f"/api/admin/attendance/{row}/confirmation"
    assert (await above.post(path, {"headcount": 12})).status_code == 200
    name = (await above.me())["person"]["name"]
    assert await reported_by(above, session) == [name, name]


async def test_who_confirms_a_head_count_as_reported_did_not_report_it(
    give: Give, county: County, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    session = await give(county, classrooms=county.classrooms[:1])
    above = await open_browser(county.administrator)
    row = (await above.get("/api/admin/attendance")).json()["items"][0]["id"]
    path = f"/api/admin/attendance/{row}/confirmation"
    assert (await above.post(path, {"headcount": None})).status_code == 200
    assert await reported_by(above, session) == [None, None]
