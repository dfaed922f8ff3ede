"""声音测试: a classroom keeps what it measured, its administrator sees the newest."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from app.database import Database
from app.schools.room_tests import RoomTest
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County

PATH = "/api/classroom/room-tests"
FIGURES: dict[str, Any] = {
    "noise_db": -58.5,
    "heard_db": -31.0,
    "voice_db": -24.0,
    "clipped_percent": 0.0,
    "echo_db": -40.0,
    "echo_delay_ms": 180,
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: results are rows."""
    return either_url


@pytest.fixture
def device(county: County) -> str:
    """The credential of a device in the first classroom."""
    return county.credentials[0]


async def keep(browser: TestBrowser, figures: dict[str, Any]) -> httpx2.Response:
    return await browser.post(PATH, figures, acting_as="device")


async def newest(browser: TestBrowser) -> dict[str, Any]:
    items = (await browser.get("/api/classrooms")).json()["items"]
    return {item["id"]: item["room_test"] for item in items}


async def test_the_administrator_sees_the_newest_test_of_a_classroom_with_its_date(
    open_browser: OpenBrowser, county: County, device: str, clock: Clock
) -> None:
    administrator = await open_browser(county.administrator)
    one, two = (str(classroom.id) for classroom in county.classrooms)
    assert await newest(administrator) == {one: None, two: None}
    browser = await open_browser(device=device)
    first = await keep(browser, FIGURES)
    assert first.status_code == 201, first.text
    assert await newest(administrator) == {one: first.json(), two: None}
    clock.advance(minutes=5)
    calm = FIGURES | {"echo_db": None, "echo_delay_ms": None}
    second = (await keep(browser, calm)).json()
    assert second["taken_at"] > first.json()["taken_at"]
    assert await newest(administrator) == {one: second, two: None}
    assert {key: second[key] for key in calm} == calm


async def test_another_county_sees_nothing_of_it(
    open_browser: OpenBrowser, other_county: County, device: str
) -> None:
    await keep(await open_browser(device=device), FIGURES)
    stranger = await open_browser(other_county.administrator)
    assert set((await newest(stranger)).values()) == {None}


@pytest.mark.parametrize(
    "change",
    [
        {"noise_db": 1},
        {"noise_db": -121.0},
        {"noise_db": None},
        {"heard_db": "-30"},
        {"voice_db": True},
        {"clipped_percent": 100.5},
        {"clipped_percent": -0.1},
        {"echo_delay_ms": 5001},
        {"echo_delay_ms": 1.5},
        {"echo_db": None},
        {"echo_delay_ms": None},
        {"room": "ours"},
    ],
)
async def test_what_is_no_measurement_is_refused_and_nothing_kept(
    open_browser: OpenBrowser, database: Database, device: str, change: dict[str, Any]
) -> None:
    browser = await open_browser(device=device)
    answer = await keep(browser, FIGURES | change)
    assert answer.status_code == 422
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(RoomTest)) == 0


async def test_only_a_classrooms_own_page_keeps_a_test(
    open_browser: OpenBrowser, county: County, device: str
) -> None:
    assert (await (await open_browser()).post(PATH, FIGURES)).status_code in {401, 403}
    person = await open_browser(county.administrator)
    assert (await person.post(PATH, FIGURES)).status_code in {401, 403}
    foreign = await open_browser(device=device)
    answer = await foreign.post(PATH, FIGURES, headers={"X-CSRF-Token": "wrong"})
    assert answer.status_code == 403


async def test_a_page_that_tests_without_end_is_held_back(
    open_browser: OpenBrowser, device: str
) -> None:
    browser = await open_browser(device=device)
    codes = [(await keep(browser, FIGURES)).status_code for _ in range(61)]
    assert codes == [201] * 60 + [429]
