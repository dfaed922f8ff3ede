"""What a classroom's line is declared to carry: who says so, within what, and who hears of it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app import migrations
from app.attendance.seats import site_seat
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.live.plane import LivePlane
from app.schools.events import LineDeclared
from app.schools.models import Classroom
from app.security import Role
from media.core.ids import PeerId, RoomId
from media.interface import LinkBudget
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.test_shut_out import Socket
from tests.factories import County, make_county, make_lesson, make_person

LINE = {"budget_down_kbps": 4000, "budget_up_kbps": 1000}


def path_of(county: County, number: int = 0) -> str:
    return f"/api/admin/classrooms/{county.classrooms[number].id}/line"


async def lines(browser: TestBrowser) -> dict[str, tuple[int | None, int | None]]:
    items = (await browser.get("/api/classrooms")).json()["items"]
    return {item["id"]: (item["budget_down_kbps"], item["budget_up_kbps"]) for item in items}


async def declare(browser: TestBrowser, path: str, body: Any) -> httpx2.Response:
    """Declare a line over what is read of the classroom now."""
    items = (await browser.get("/api/classrooms")).json().get("items", ())
    versions = [item["version"] for item in items if item["id"] in path]
    return await browser.act(path, body, etag=f'"{versions[0] if versions else 1}"')


async def test_a_line_is_declared_seen_and_taken_back(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.administrator)
    one, two = (str(classroom.id) for classroom in county.classrooms)
    assert await lines(browser) == {one: (None, None), two: (None, None)}
    answer = await declare(browser, path_of(county), LINE)
    assert (answer.status_code, answer.json()) == (200, LINE)
    assert await lines(browser) == {one: (4000, 1000), two: (None, None)}
    await declare(browser, path_of(county), {"budget_down_kbps": None, "budget_up_kbps": 64})
    assert await lines(browser) == {one: (None, 64), two: (None, None)}


async def test_a_line_is_declared_over_what_was_seen_of_the_classroom(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.administrator)
    path = path_of(county)
    assert (await browser.post(path, LINE)).status_code == 428
    first = await browser.act(path, LINE, etag='"1"')
    assert first.status_code == 200
    stale = await browser.act(path, LINE | {"budget_up_kbps": 64}, etag='"1"')
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"] == LINE
    again = await browser.act(path, LINE | {"budget_up_kbps": 64}, etag=first.headers["ETag"])
    assert again.json()["budget_up_kbps"] == 64


@pytest.mark.parametrize("field", LINE)
@pytest.mark.parametrize("value", [63, 1_000_001, 0, -4000, 4.5, "4000", True, [], 10**400])
async def test_what_is_no_line_is_refused(
    open_browser: OpenBrowser, county: County, field: str, value: Any
) -> None:
    browser = await open_browser(county.administrator)
    answer = await declare(browser, path_of(county), LINE | {field: value})
    assert answer.status_code == 422, value
    assert set((await lines(browser)).values()) == {(None, None)}


@pytest.mark.parametrize("body", [{}, {"budget_down_kbps": 4000}, LINE | {"name": "x"}, None])
async def test_a_declaration_is_whole_and_nothing_else(
    open_browser: OpenBrowser, county: County, body: Any
) -> None:
    browser = await open_browser(county.administrator)
    assert (await declare(browser, path_of(county), body)).status_code == 422


@pytest.mark.parametrize("value", [64, 1_000_000])
async def test_the_bounds_themselves_are_lines(
    open_browser: OpenBrowser, county: County, value: int
) -> None:
    browser = await open_browser(county.administrator)
    answer = await declare(browser, path_of(county), LINE | {"budget_up_kbps": value})
    assert answer.status_code == 200


@pytest.mark.parametrize("who", ["teacher", "supervisor"])
async def test_only_an_administrator_declares(
    open_browser: OpenBrowser, county: County, who: str
) -> None:
    browser = await open_browser(getattr(county, who))
    assert (await declare(browser, path_of(county), LINE)).status_code == 403


async def test_what_is_not_yours_is_not_found(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    browser = await open_browser(other_county.administrator)
    for path in (path_of(county), f"/api/admin/classrooms/{uuid4()}/line"):
        answer = await declare(browser, path, LINE)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    administrator = await open_browser(county.administrator)
    assert set((await lines(administrator)).values()) == {(None, None)}


async def test_a_schools_administrator_declares_for_its_teaching_points(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
        of_a_point = await make_person(db, role=Role.ADMINISTRATOR, school=county.points[0])
    browser = await open_browser(account)
    assert (await declare(browser, path_of(county, 1), LINE)).status_code == 200
    neighbour = await open_browser(of_a_point)
    assert (await declare(neighbour, path_of(county, 0), LINE)).status_code == 200
    assert (await declare(neighbour, path_of(county, 1), LINE)).status_code == 404


async def test_the_same_line_once_more_is_no_news(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    told: list[LineDeclared] = []

    async def hear(event: LineDeclared) -> None:
        told.append(event)

    database.events.on(LineDeclared, hear)
    browser = await open_browser(county.administrator)
    for _ in range(2):
        await declare(browser, path_of(county), LINE)
    assert told == [LineDeclared(county.classrooms[0].id, 4000, 1000)]


async def _refuses(database: Database, column: str) -> None:
    async with database.unit_of_work() as db:
        county = await make_county(db)
    for value in (63, 1_000_001):
        with pytest.raises(IntegrityError):
            async with database.unit_of_work() as db:
                (await db.get_one(Classroom, county.classrooms[0].id)).__setattr__(column, value)
    async with database.unit_of_work() as db:
        statement = f"UPDATE classrooms SET {column} = 64"
        await db.execute(text(statement))


@pytest.mark.parametrize("column", LINE)
async def test_the_database_refuses_what_is_no_line(database: Database, column: str) -> None:
    await _refuses(database, column)


@pytest.mark.parametrize("column", LINE)
async def test_a_migrated_database_refuses_it_too(tmp_path: Path, column: str) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'migrated.db'}", EventBus())
    await migrations.upgrade(database.engine)
    await _refuses(database, column)
    await database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("column", LINE)
async def test_postgresql_refuses_it_too(postgres_url: str, column: str) -> None:
    database = Database(postgres_url, EventBus())
    await migrations.upgrade(database.engine)
    await _refuses(database, column)
    await database.close()


async def test_a_lesson_keeps_to_the_line_from_the_entry_on_and_when_it_changes(
    *,
    app: FastAPI,
    database: Database,
    county: County,
    open_browser: OpenBrowser,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.now = utc_now()  # the gate looks at the wall clock
    plane: LivePlane = app.state.live
    set_budgets: list[tuple[RoomId, PeerId, LinkBudget]] = []
    real = plane.hub._sfu
    assert real is not None
    keep = real.set_budget

    def note(room_id: RoomId, peer_id: PeerId, budget: LinkBudget) -> None:
        keep(room_id, peer_id, budget)
        set_budgets.append((room_id, peer_id, budget))

    monkeypatch.setattr(real, "set_budget", note)
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now,
        )
    administrator = await open_browser(county.administrator)
    await declare(administrator, path_of(county), LINE)
    teacher = await open_browser(county.teacher)
    started = await teacher.post(f"/api/lessons/{lesson.id}/start")
    device = await open_browser(device=county.credentials[0])
    answer = await device.post(
        f"/api/lessons/{lesson.id}/tickets", {"as": "classroom"}, acting_as="device"
    )
    runner, admission = await plane.hub.enter(answer.json()["ticket"], Socket())
    site = next(s for s in lesson.sites if s.classroom_id == county.classrooms[0].id)
    room, seat = RoomId(started.json()["session_id"]), PeerId(site_seat(site.id))
    assert (runner.room_id, admission.seat_id) == (room, seat)
    assert set_budgets == [(room, seat, LinkBudget(4000, 1000))]

    await declare(
        administrator, path_of(county), {"budget_down_kbps": 2000, "budget_up_kbps": None}
    )
    await plane.hub.revoke(account_id="nobody")  # comes after it in the room's inbox
    assert set_budgets[1:] == [(room, seat, LinkBudget(2000, None))]
