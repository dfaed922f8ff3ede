"""Lines that are cut, and servers that end: everybody comes back to what they had."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest

from app.attendance.models import Session
from app.security import DEVICE_COOKIE
from tests.integration.cut_line import CutLine
from tests.integration.school import School, streaming
from tests.integration.seat import Page, Seat
from tests.integration.server import BOUND_S, Server

pytestmark = pytest.mark.slow

# What a page calls itself; the server takes it for the same page by this alone.
NAME = "a-page-of-classroom-one"


@pytest.fixture
async def line(server: Server) -> AsyncIterator[CutLine]:
    async with CutLine.laid(http_port=server.http_port, media_port=server.media_port) as line:
        yield line


@pytest.fixture
async def far(school: School, server: Server, line: CutLine) -> AsyncIterator[Page]:
    """The first classroom's page, at the other end of a line that can be cut."""
    page = Page(server, {DEVICE_COOKIE: school.county.credentials[0]}, line=line)
    yield page
    await page.client.aclose()


async def arrange(school: School, hub: Seat, one: Seat, two: Seat) -> None:
    """Bring the room into a state in which nothing is as it was at first."""
    first = school.sites[0]
    permissions = {"audio": True, "video": True, "text": False, "screen": True}
    permissions |= {"annotate": False, "file": False}
    await hub.do("set_stage_limit", limit=2)
    await hub.do("invite_to_stage", seat_id=first)
    await hub.do("set_permissions", seat_id=first, permissions=permissions)
    await one.do("set_muted", source="camera", is_muted=True)
    await one.do("report_headcount", count=27)
    await two.do("raise_hand")
    await two.do("say", text="听得清楚")
    await one.do("send_quick_message", kind="cannot_see")


def kept(state: dict[str, Any]) -> dict[str, Any]:
    """Return what of a room must be the same before and after, whoever has come back so far."""
    passing = ("is_present", "away_since_ms", "publishing", "stalled", "link", "bad_leg")
    seats = [
        {key: value for key, value in seat.items() if key not in passing} for seat in state["seats"]
    ]
    names = ("is_paused", "class_permissions", "stage", "stage_limit", "hands", "chat")
    return {name: state[name] for name in names} | {"seats": seats}


async def state_of(seat: Seat) -> dict[str, Any]:
    """Return the room as the seat is told now."""
    known = len(seat.messages)
    await seat.send("get_room_state")
    return await seat.until(lambda m: m["type"] == "room_state", after=known)


async def test_a_cut_of_seconds_costs_nothing_but_the_seconds(
    school: School, line: CutLine, far: Page
) -> None:
    """The same seat, the same connections, the same keys; what was said meanwhile is there."""
    session_id = await school.start()
    first, _second = school.sites
    async with AsyncExitStack() as stack:
        hub = await school.enter(stack, school.teacher, "lecturer")
        two = await school.enter(stack, school.classrooms[1], "classroom")
        one = await school.enter(stack, far, "classroom", name=NAME)
        for seat in (hub, one):
            await seat.publish()
        for seat in (hub, one, two):
            await seat.watch()
        async with streaming(hub, one):
            await arrange(school, hub, one, two)
            await two.heard(first, "microphone", 20)
            await one.heard("hub", "microphone", 20)
            before = await state_of(one)
            line.cut()
            await hub.until(_seat(first, is_present=False))
            await hub.do("say", text="请稍等")
            line.mend()
            again = await school.enter(stack, far, "classroom", name=NAME)
            assert again.state["is_resumed"]
            assert again.state["chat"][-1]["text"] == "请稍等"
            after = kept(again.state)
            after["chat"] = after["chat"][:-1]
            assert after == kept(before)
            again.go_on_from(one)
            await again.publish(is_restart=True)
            await again.do("subscribe", is_restart=True)
            await two.heard(first, "microphone", 50)
            await again.heard("hub", "microphone", 50)
            assert len(await _events(school, session_id, "track_stopped")) == 0
            assert [s["seat_id"] for s in (await state_of(hub))["seats"]].count(first) == 1
            await hub.send("end_lesson")
            await again.until_closed()
    left = await _events(school, session_id, "seat_left")
    assert [e["payload"]["reason"] for e in left if e["seat_id"] == first][:1] == ["silent"]


async def test_a_cut_that_outlasts_its_media_begins_them_anew_in_the_same_seat(
    school: School, line: CutLine, far: Page
) -> None:
    await school.start()
    first, _second = school.sites
    async with AsyncExitStack() as stack:
        hub = await school.enter(stack, school.teacher, "lecturer")
        two = await school.enter(stack, school.classrooms[1], "classroom")
        one = await school.enter(stack, far, "classroom", name=NAME)
        await one.publish()
        await two.watch()
        async with streaming(one):
            await arrange(school, hub, one, two)
            await two.heard(first, "microphone", 20)
            before = await state_of(one)
            line.cut()
            gone = _seat(first, publishing=[])
            await hub.until(lambda m: gone(m) and not m["seat"]["is_present"])
        line.mend()
        again = await school.enter(stack, far, "classroom", name=NAME)
        assert not again.state["is_resumed"]
        assert kept(again.state) == kept(before)
        await again.publish()
        async with streaming(again):
            await two.heard(first, "microphone", 50)
            # The stage is still its own, and nobody else's twice.
            assert (await state_of(hub))["stage"] == [first]


async def test_a_nat_that_forgets_and_udp_that_is_blocked_for_a_while_cost_no_negotiation(
    school: School, line: CutLine, far: Page
) -> None:
    await school.start()
    first = school.sites[0]
    async with AsyncExitStack() as stack:
        hub = await school.enter(stack, school.teacher, "lecturer")
        one = await school.enter(stack, far, "classroom", name=NAME)
        for seat in (hub, one):
            await seat.publish()
            await seat.watch()
        async with streaming(hub, one):
            await hub.heard(first, "camera", 10)
            await one.heard("hub", "microphone", 10)
            offers = sum(m["type"] == "subscribe_offer" for m in one.messages)
            line.rebind()
            await hub.heard(first, "camera", 30)
            await one.heard("hub", "microphone", 50)
            line.block_udp(is_blocked=True)
            # Whoever watches is told that it is the line, and keeps the last picture.
            both = ["camera", "microphone"]
            await hub.until(_seat(first, is_present=True, stalled=both))
            told = len(hub.messages)
            line.block_udp(is_blocked=False)
            await hub.until(_seat(first, stalled=[]), after=told)
            await hub.heard(first, "camera", 30)
            await one.heard("hub", "microphone", 50)
            assert sum(m["type"] == "subscribe_offer" for m in one.messages) == offers


@pytest.mark.parametrize("how", ["killed", "told to stop"])
async def test_a_server_that_ends_in_mid_lesson_has_everybody_back(
    school: School, server: Server, how: str, record_property: Any
) -> None:
    """Role, mute, stage, hands, permissions, head counts and chat; the recording goes on."""
    session_id = await school.start()
    first = school.sites[0]
    async with AsyncExitStack() as stack:
        seats = await _take_seats(school, stack)
        hub, one, two, _supervisor = seats
        async with streaming(hub, one):
            await arrange(school, hub, one, two)
            await two.heard("hub", "microphone", 150)
            before = [await state_of(seat) for seat in seats]
            record_property("saved_after_s", await _saved(server, session_id, before[0]))
            await asyncio.to_thread(server.kill if how == "killed" else server.stop)
            codes = [await seat.until_closed() for seat in seats]
            assert codes == [1006 if how == "killed" else 1012] * 4
    await server.start()
    up_at = time.monotonic()
    async with AsyncExitStack() as stack:
        seats = await _take_seats(school, stack)
        hub, one, two, _supervisor = seats
        after = [await state_of(seat) for seat in seats]
        assert [kept(state) for state in after] == [kept(state) for state in before]
        assert [s["you"] for s in after] == [s["you"] for s in before]
        assert [s["role"] for s in after] == [s["role"] for s in before]
        assert after[0]["quick_messages"] == before[0]["quick_messages"]
        assert all(state["clock_ms"] >= before[0]["clock_ms"] for state in after)
        assert not any(state["is_resumed"] for state in after)
        async with streaming(hub, one):
            await two.heard("hub", "microphone", 20)
            await two.heard(first, "microphone", 20)
            record_property("all_back_after_s", round(time.monotonic() - up_at, 2))
            await two.heard("hub", "microphone", 150)
            await hub.send("end_lesson")
            assert [await seat.until_closed() for seat in seats] == [4410] * 4
    body = await school.ready_session(session_id)
    assert body["session"]["epoch"] == 2
    assert body["recording"]["state"] == "READY", body["recording"]
    assert body["chain"]["is_intact"]
    clips = [c for c in (await school.replay(session_id))["clips"] if c["seat_id"] == "hub"]
    assert len({clip["start_ms"] for clip in clips}) >= 2
    assert [row["seat_id"] for row in body["stage"]] == [first]


async def _take_seats(school: School, stack: AsyncExitStack) -> list[Seat]:
    """Let a teacher, two classrooms and a supervisor come, as their pages do."""
    hub = await school.enter(stack, school.teacher, "lecturer")
    one = await school.enter(stack, school.classrooms[0], "classroom")
    two = await school.enter(stack, school.classrooms[1], "classroom")
    supervisor = await school.enter(stack, school.supervisor, "supervisor")
    for seat in (hub, one):
        await seat.publish()
    for seat in (hub, one, two, supervisor):
        await seat.watch()
    return [hub, one, two, supervisor]


async def _saved(server: Server, session_id: str, state: dict[str, Any]) -> float:
    """Wait until the database holds the room as it is; return how long that took."""
    began = time.monotonic()
    async with server.database() as database, asyncio.timeout(BOUND_S):
        while True:
            async with database.unit_of_work() as db:
                session = await db.get_one(Session, UUID(session_id))
                saved: Any = session.saved_state
            if saved is not None and len(saved["quick_messages"]) == len(state["quick_messages"]):
                return round(time.monotonic() - began, 3)
            await asyncio.sleep(0.02)


async def _events(school: School, session_id: str, kind: str) -> list[dict[str, Any]]:
    answer = await school.administrator.get(f"/api/admin/sessions/{session_id}/events")
    items: list[dict[str, Any]] = answer.json()["items"]
    return [event for event in items if event["type"] == kind]


def _seat(seat_id: str, **expected: Any) -> Any:
    """Return whether a message says that this seat is now so."""

    def matches(message: dict[str, Any]) -> bool:
        seat = message.get("seat", {})
        return seat.get("seat_id") == seat_id and all(
            seat[key] == value for key, value in expected.items()
        )

    return matches
