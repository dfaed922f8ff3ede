"""The county's workbench: today's lessons as they stand, the points' lights, what needs a hand."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.attendance import settling
from app.attendance.models import Session
from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Job, JobState
from app.lessons.models import LessonState
from app.live import hands
from app.recordings.room_left import Left
from app.schools.models import Device
from tests.app.alliance_steps import statements
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.given_lessons import Give, giver
from tests.app.held_lessons import hold
from tests.app.test_jobs_pages import caller
from tests.factories import County, make_classroom, make_lesson, make_school


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what a workbench counts is statements."""
    return either_url


@pytest.fixture
def give(database: Database, clock: Clock) -> Give:
    return giver(database, clock)


async def plan(
    database: Database,
    county: County,
    clock: Clock,
    *,
    hours: float,
    state: LessonState = LessonState.PUBLISHED,
    title: str = "",
) -> None:
    async with database.unit_of_work() as db:
        await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now + timedelta(hours=hours),
            state=state,
            title=title or state.value,
        )


async def read(browser: TestBrowser) -> dict[str, Any]:
    answer = await browser.get("/api/admin/workbench")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_todays_lessons_stand_in_their_groups(
    give: Give, county: County, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    await give(county, ends=False, title="正在上")
    await plan(database, county, clock, hours=-0.2, title="该上了")
    await plan(database, county, clock, hours=1, title="第二节")
    await plan(database, county, clock, hours=0.5, title="下一节")
    await plan(database, county, clock, hours=-2, title="没有人来上")
    await plan(database, county, clock, hours=-1, state=LessonState.CANCELLED)
    await plan(database, county, clock, hours=1, state=LessonState.PLANNED)
    await plan(database, county, clock, hours=30, title="明天")
    body = await read(await open_browser(county.administrator))
    assert body["lessons"] == {
        "RUNNING": 1,
        "LATE": 1,
        "NEXT": 2,
        "MISSED": 1,
        "CANCELLED": 1,
        "OVER": 0,
    }
    by_group: dict[str, list[str]] = {}
    for lesson in body["wall"]:
        by_group.setdefault(lesson["group"], []).append(lesson["title"])
    assert by_group["NEXT"] == ["下一节", "第二节"]
    assert (by_group["LATE"], by_group["MISSED"]) == (["该上了"], ["没有人来上"])
    [running] = [each for each in body["wall"] if each["group"] == "RUNNING"]
    assert running["session_id"] is not None
    assert sorted((s["is_present"], s["headcount"]) for s in running["sites"]) == [
        (False, None),
        (True, 12),
    ]


async def test_points_are_listed_by_their_lights_and_the_last_lesson_that_counted(
    county: County, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    await hold(database, county, clock)
    async with database.unit_of_work() as db:
        seen = clock.now - timedelta(hours=3)
        await db.execute(
            update(Device).where(Device.id == county.devices[0].id).values(last_seen_at=seen)
        )
        await make_classroom(db, await make_school(db, county.region, parent=county.hub))
    browser = await open_browser(county.administrator)
    assert (await read(browser))["points"] == {"ready": 0, "offline": 1, "never": 2}
    rows = (await browser.get("/api/admin/points")).json()["items"]
    assert [row["light"] for row in rows] == ["never", "never", "offline"]
    assert rows[2]["last_lesson_at"] is not None
    offline = (await browser.get("/api/admin/points?light=offline")).json()["items"]
    assert [row["school"] for row in offline] == [county.points[0].name]
    first = (await browser.get("/api/admin/points?limit=1")).json()
    rest = await browser.get(f"/api/admin/points?limit=5&cursor={first['next_cursor']}")
    assert len(rest.json()["items"]) == 2
    export = await browser.get("/api/admin/points/export?light=offline")
    assert "离线" in export.content.decode("utf-8-sig")


async def test_what_waits_for_a_hand_is_counted_and_goes_when_it_is_done(
    app: FastAPI,
    county: County,
    database: Database,
    clock: Clock,
    open_browser: OpenBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = await hold(database, county, clock)
    browser = await open_browser(county.administrator)

    async def waiting() -> dict[str, int]:
        return {each["hand"]: each["count"] for each in (await read(browser))["hands"]}

    monkeypatch.setattr(hands, "LOW_DISK_PERCENT", 0)
    assert await waiting() == {"UNCONFIRMED": 2}
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, held.session_id)
        await settling.confirm_headcount(
            db,
            lesson_id=session.lesson_id,
            classroom_id=county.classrooms[1].id,
            count=3,
            objection="声音一直有",
            now=clock.now,
        )
        job = await jobs.enqueue(
            db, kind="x.y", payload={}, owner=caller(county.administrator), now=clock.now
        )
        await db.execute(update(Job).where(Job.id == job.id).values(state=JobState.DEAD))
    assert await waiting() == {"OBJECTIONS": 1, "UNCONFIRMED": 1, "JOBS": 1}
    monkeypatch.setattr(hands, "LOW_DISK_PERCENT", 101)
    assert next(iter(await waiting())) == "DISK"
    monkeypatch.setattr(hands, "LOW_DISK_PERCENT", 0)
    async with database.unit_of_work() as db:
        await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            planned_start=clock.now + timedelta(hours=1),
        )
    assert "ROOM" not in await waiting()
    left = {"first": Left(10**8, 10**12)}
    monkeypatch.setattr(app.state.live.room_watch, "left", left)
    assert (await waiting())["ROOM"] == 1


async def test_another_countys_workbench_is_empty(
    give: Give, county: County, other_county: County, open_browser: OpenBrowser
) -> None:
    await give(county, ends=False)
    body = await read(await open_browser(other_county.administrator))
    assert set(body["lessons"].values()) == {0}
    assert body["wall"] == []
    assert sum(body["points"].values()) == 2
    theirs = (
        await (await open_browser(other_county.administrator)).get("/api/admin/points")
    ).json()
    assert {row["school"] for row in theirs["items"]} == {p.name for p in other_county.points}


async def test_statements_do_not_grow_with_lessons_and_points(
    give: Give, county: County, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.administrator)
    await give(county, ends=False)
    await plan(database, county, clock, hours=0.1)  # near: what it lacks is asked for

    async def sent() -> tuple[int, int]:
        with statements(database) as wall:
            await read(browser)
        with statements(database) as points:
            await browser.get("/api/admin/points")
        return len(wall), len(points)

    few = await sent()
    for hours in range(1, 9):
        await plan(database, county, clock, hours=hours / 60)
        await plan(database, county, clock, hours=-hours / 4, state=LessonState.CANCELLED)
    async with database.unit_of_work() as db:
        for _ in range(12):
            await make_classroom(db, await make_school(db, county.region, parent=county.hub))
    assert sum((await read(browser))["lessons"].values()) == 18
    assert await sent() == few
