"""The head count after a lesson: who is asked for it, who confirms it, until when."""

import pytest
from sqlalchemy import select

from app.attendance.models import AttendanceRecord, AttendanceState
from app.database import Database
from app.lessons.models import Lesson
from tests.app.conftest import Clock, OpenBrowser
from tests.app.given_lessons import Give, giver
from tests.factories import County


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
