"""The device check before class."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.live import check
from app.live.check import CheckRooms
from app.live.errors import CheckBusy, CheckRefused
from app.schools import queries
from app.schools.models import LineCheck
from media.core.ids import PeerId, RoomId, Source
from media.interface import NegotiationRefused, SfuPort
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.factories import County


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: results are rows."""
    return either_url


class OpenRooms:
    """The part of the media plane a check uses; it keeps which rooms are open."""

    def __init__(self) -> None:
        self.rooms: list[RoomId] = []
        self.refuses = False
        self.closed = asyncio.Event()

    def open_room(self, room_id: RoomId) -> None:
        assert room_id not in self.rooms
        self.rooms.append(room_id)

    async def close_room(self, room_id: RoomId) -> None:
        self.rooms.remove(room_id)
        self.closed.set()

    async def publish(
        self, room_id: RoomId, _peer: PeerId, *, offer: str, sources: Mapping[str, Source]
    ) -> str:
        assert room_id in self.rooms
        await asyncio.sleep(0)
        if self.refuses:
            raise NegotiationRefused("sdp_malformed", "no")
        return f"answer to {offer}"


@asynccontextmanager
async def checking(lifetime_s: float = 60.0) -> AsyncIterator[tuple[CheckRooms, OpenRooms]]:
    sfu, checks = OpenRooms(), CheckRooms(lifetime_s=lifetime_s)
    async with checks.running(cast(SfuPort, sfu)):
        yield checks, sfu
    assert sfu.rooms == []


async def test_a_check_is_answered_in_a_room_of_its_own_and_closed_at_the_end() -> None:
    async with checking() as (checks, sfu):
        assert await checks.answer("a", sdp="x", sources={}) == "answer to x"
        assert await checks.answer("b", sdp="y", sources={}) == "answer to y"
        assert len(set(sfu.rooms)) == 2
        assert all(room.startswith("check:") for room in sfu.rooms)


async def test_a_caller_has_one_room_even_when_asking_at_once() -> None:
    async with checking() as (checks, sfu):
        await asyncio.gather(*(checks.answer("a", sdp="x", sources={}) for _ in range(5)))
        assert len(sfu.rooms) == 1


async def test_a_room_is_closed_after_its_time() -> None:
    async with checking(lifetime_s=0.01) as (checks, sfu):
        await checks.answer("a", sdp="x", sources={})
        await asyncio.wait_for(sfu.closed.wait(), 5)
        assert sfu.rooms == []
        await checks.answer("a", sdp="x", sources={})
        assert len(sfu.rooms) == 1


async def test_a_refused_offer_leaves_no_room_behind() -> None:
    async with checking() as (checks, sfu):
        sfu.refuses = True
        with pytest.raises(CheckRefused) as refused:
            await checks.answer("a", sdp="x", sources={})
        assert refused.value.extra == {"code": "sdp_malformed"}
        assert sfu.rooms == []


async def test_the_number_of_rooms_is_bounded() -> None:
    async with checking() as (checks, sfu):
        for number in range(check.MOST_ROOMS):
            await checks.answer(str(number), sdp="x", sources={})
        with pytest.raises(CheckBusy):
            await checks.answer("one more", sdp="x", sources={})
        await checks.answer("0", sdp="again", sources={})
        assert len(sfu.rooms) == check.MOST_ROOMS


async def test_a_server_that_is_not_running_is_busy() -> None:
    checks = CheckRooms()
    with pytest.raises(CheckBusy):
        await checks.answer("a", sdp="x", sources={})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(checks.running(cast(SfuPort, OpenRooms())))
    with pytest.raises(CheckBusy):
        await checks.answer("a", sdp="x", sources={})


async def test_up_and_down_are_measured_within_bounds(
    county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(device=county.credentials[0])
    down = await browser.get("/api/check/download?bytes=100000")
    assert len(down.content) == 100_000
    assert len(set(down.content)) == 256
    assert down.headers["cache-control"] == "no-store"
    token = (await browser.me())["device"]["csrf_token"]
    headers = {"Origin": BASE_URL, "X-CSRF-Token": token}
    up = await browser.client.post("/api/check/upload", content=b"x" * 5000, headers=headers)
    assert up.json() == {"bytes": 5000}
    too_much = b"x" * (2 * 1024 * 1024 + 1)
    refused = await browser.client.post("/api/check/upload", content=too_much, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (413, "upload-too-large")
    assert (await browser.get("/api/check/ping")).status_code == 204


@pytest.mark.parametrize("count", ["0", "-1", "4194305", "many"])
async def test_a_download_out_of_bounds_is_refused(
    count: str, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    assert (await browser.get(f"/api/check/download?bytes={count}")).status_code == 422


async def test_strangers_measure_nothing(open_browser: OpenBrowser) -> None:
    browser = await open_browser()
    assert (await browser.get("/api/check/ping")).status_code == 401
    assert (await browser.get("/api/check/download?bytes=1")).status_code == 401
    answer = await browser.post("/api/check/media", {"sdp": "x", "sources": {}})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sdp": "", "sources": {}},
        {"sdp": "x" * 65_537, "sources": {}},
        {"sdp": "x", "sources": {"0": "telescope"}},
        {"sdp": "x", "sources": {str(mid): "camera" for mid in range(5)}},
        {"sdp": "x", "sources": {}, "and": "more"},
        {"sdp": "x", "sources": {}, "road": "none"},
    ],
)
async def test_a_check_that_makes_no_sense_is_refused(
    body: dict[str, object], county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    assert (await browser.post("/api/check/media", body)).status_code == 422


FOUND = {
    "is_udp_open": False,
    "is_tcp_open": True,
    "is_turn_open": None,
    "rtt_ms": 42,
    "down_kbps": 3800,
    "up_kbps": 900,
}


async def _classroom_of(inspector: TestBrowser, county: County, number: int) -> dict[str, Any]:
    listed = (await inspector.get("/api/classrooms")).json()["items"]
    [found] = [room for room in listed if room["id"] == str(county.classrooms[number].id)]
    return dict(found)


async def test_what_a_classroom_found_is_seen_beside_its_declared_line(
    county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    inspector = await open_browser(county.supervisor)
    assert (await _classroom_of(inspector, county, 0))["checked"] is None
    device = await open_browser(device=county.credentials[0])
    answer = await device.post("/api/check/result", FOUND, acting_as="device")
    assert answer.status_code == 204
    checked = (await _classroom_of(inspector, county, 0))["checked"]
    assert (checked["road"], checked["down_kbps"], checked["rtt_ms"]) == ("tcp", 3800, 42)
    assert (await _classroom_of(inspector, county, 1))["checked"] is None

    clock.advance(seconds=60)
    again = FOUND | {"is_udp_open": True, "is_turn_open": True, "rtt_ms": None, "up_kbps": None}
    assert (await device.post("/api/check/result", again, acting_as="device")).status_code == 204
    newer = (await _classroom_of(inspector, county, 0))["checked"]
    assert (newer["road"], newer["up_kbps"], newer["is_turn_open"]) == ("udp", None, True)
    assert newer["checked_at"] > checked["checked_at"]


@pytest.mark.parametrize(
    ("found", "road"),
    [
        ({"is_tcp_open": False}, "none"),
        ({"is_tcp_open": False, "is_turn_open": False}, "none"),
        ({"is_tcp_open": False, "is_turn_open": True}, "turn"),
        ({"is_udp_open": True, "is_turn_open": True}, "udp"),
    ],
)
async def test_what_a_teacher_found_is_seen_by_her_county_and_nobody_else(
    found: dict[str, bool],
    road: str,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    teacher = await open_browser(county.teacher)
    assert (await teacher.post("/api/check/result", FOUND | found)).status_code == 204
    inspector = await open_browser(county.supervisor)
    [item] = (await inspector.get("/api/admin/teacher-checks")).json()["items"]
    assert (item["school"], item["checked"]["road"]) == (county.hub.name, road)
    assert (await teacher.get("/api/admin/teacher-checks")).status_code == 403
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get("/api/admin/teacher-checks")).json()["items"] == []


async def test_another_county_sees_no_check_of_a_classroom(
    county: County, other_county: County, open_browser: OpenBrowser
) -> None:
    device = await open_browser(device=county.credentials[0])
    assert (await device.post("/api/check/result", FOUND, acting_as="device")).status_code == 204
    stranger = await open_browser(other_county.administrator)
    listed = (await stranger.get("/api/classrooms")).json()["items"]
    assert listed
    assert all(room["checked"] is None for room in listed)


async def test_of_two_results_at_once_the_later_one_is_kept(
    county: County, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = await open_browser(county.teacher)
    assert (await teacher.post("/api/check/result", FOUND)).status_code == 204
    look, looks = queries.line_check_of, iter([True, False])

    async def too_early(
        db: AsyncSession, *, device_id: UUID | None, account_id: UUID | None
    ) -> LineCheck | None:
        return None if next(looks) else await look(db, device_id=device_id, account_id=account_id)

    monkeypatch.setattr(queries, "line_check_of", too_early)
    answer = await teacher.post("/api/check/result", FOUND | {"rtt_ms": 77})
    assert answer.status_code == 204, answer.text
    inspector = await open_browser(county.supervisor)
    [item] = (await inspector.get("/api/admin/teacher-checks")).json()["items"]
    assert item["checked"]["rtt_ms"] == 77


@pytest.mark.parametrize(
    "change",
    [{"rtt_ms": -1}, {"down_kbps": 10**9}, {"road": "udp"}, {"is_udp_open": None}],
)
async def test_a_result_that_makes_no_sense_is_not_kept(
    change: dict[str, object], county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    assert (await browser.post("/api/check/result", FOUND | change)).status_code == 422
    stranger = await open_browser()
    assert (await stranger.post("/api/check/result", FOUND)).status_code == 401
