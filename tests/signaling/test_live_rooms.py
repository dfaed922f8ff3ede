"""Whole rooms over real WebSockets: media, ledger and endings."""

import asyncio
import gc
import weakref

import pytest

from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.interface import (
    Direction,
    LinkBudget,
    LinkReport,
    NegotiationRefused,
    RecordingStatus,
)
from signaling.config import LiveConfig, RoomConfig
from signaling.messages import PROTOCOL, EndReason
from signaling.ports import RoomSeed
from tests.signaling.live_server import BOUND_S, Server, running_server

ROOM, A, HUB = RoomId("room"), PeerId("a"), PeerId("hub")


def calls(server: Server, name: str) -> list[tuple[object, ...]]:
    return [call[1:] for call in server.sfu.calls if call[0] == name]


# --- Media ------------------------------------------------------------------------------


async def test_publishing_and_subscribing_reach_the_media_plane() -> None:
    async with running_server() as server, server.client("a") as a:
        await a.send("publish", sdp="offer 1", sources={"0": "camera", "1": "microphone"}, ref=1)
        assert (await a.until("publish_answer", ref=1))["sdp"] == "answer to offer 1"
        await a.send("subscribe", ref=2)
        await a.until("done", ref=2)
        offer = next(m for m in [*a.seen, await a.next()] if m["type"] == "subscribe_offer")
        assert (offer["revision"], offer["sdp"]) == (1, "offer")
        await a.send("subscribe_answer", revision=1, sdp="answer", ref=3)
        await a.until("done", ref=3)
        await a.send("subscribe_answer", revision=0, sdp="answer", ref=4)
        assert (await a.until("error", ref=4))["code"] == "stale_answer"
        sources = {"0": Source.CAMERA, "1": Source.MICROPHONE}
        assert calls(server, "publish") == [("a", "offer 1", sources)]
        assert calls(server, "answer") == [("a", 1, "answer")]


async def test_an_offer_the_media_plane_refuses_is_an_error_with_its_code() -> None:
    async with running_server() as server, server.client("a") as a:
        server.sfu.publish_fault = NegotiationRefused("data_channel_refused", "No data here.")
        await a.send("publish", sdp="offer", sources={}, ref=1)
        error = await a.until("error", ref=1)
        assert (error["code"], error["detail"]) == ("data_channel_refused", "No data here.")
        server.sfu.publish_fault = None
        await a.send("publish", sdp="offer", sources={}, ref=2)
        await a.until("publish_answer", ref=2)


async def test_an_offer_is_not_given_to_a_connection_that_did_not_ask() -> None:
    async with running_server() as server, server.client("a") as old:
        await old.send("subscribe")
        await old.until("subscribe_offer")
        async with server.client("a") as new:
            server.sfu.offer("room", "a", 7)
            await new.send("ping", ref=1)
            await new.until("pong", ref=1)
            assert "subscribe_offer" not in {m["type"] for m in new.seen}
            await new.send("subscribe", ref=2)
            await new.until("subscribe_offer", revision=1)
        assert calls(server, "remove")[0] == ("a",)


async def test_a_slow_handshake_holds_up_no_word() -> None:
    async with running_server() as server, server.client("a") as a, server.client("hub") as hub:
        server.sfu.stands_still = True
        await a.send("publish", sdp="offer", sources={}, ref=1)
        await server.eventually(lambda: calls(server, "publish"))
        await hub.send("pause_all", ref=1)
        await hub.until("done", ref=1)
        await a.until("pause_changed", is_paused=True)
        assert set(server.sfu.plans["room"].audience) == {TrackKey(HUB, s) for s in Source}


async def test_what_the_media_plane_reports_is_told() -> None:
    async with running_server() as server, server.client("hub") as hub, server.client("a") as a:
        listener = server.hub
        camera, microphone = TrackKey(A, Source.CAMERA), TrackKey(A, Source.MICROPHONE)
        listener.track_started(ROOM, camera)
        await a.until_seat("a", publishing=["camera"])
        listener.track_started(ROOM, microphone)
        listener.track_stalled(ROOM, camera)
        await a.until_seat("a", link="sound_only")
        listener.track_resumed(ROOM, camera)
        await a.until_seat("a", link="unknown")
        report = LinkReport(rtt_ms=20, loss_up=0.01, loss_down=0.02, kbps_up=1, kbps_down=2)
        listener.link_report(ROOM, A, report)
        await hub.until("link_measured", seat_id="a", link="good", loss_down_percent=2.0)
        listener.layers_wanted(ROOM, A, Source.CAMERA, frozenset({"q"}))
        await a.until("layers_wanted", source="camera", rids=["q"])
        listener.peer_silent(ROOM, A, Direction.PUBLISH)
        await a.until_seat("a", link="weak")
        listener.peer_connected(ROOM, A, Direction.PUBLISH)
        await a.until_seat("a", link="good")
        listener.recording_status(ROOM, RecordingStatus(1.0, 1, False, "disk_full"))
        light = (await a.until("recording_changed"))["recording"]
        assert (light["is_healthy"], light["problem"]) == (False, "disk_full")
        listener.track_started(RoomId("another"), camera)


async def test_recording_starts_with_the_room_and_a_failure_is_shown() -> None:
    async with running_server() as server:
        async with server.client("a"):
            (target,) = server.sfu.targets
            assert (target.epoch, str(target.folder)) == (1, "recordings/lesson-1")
        server.sfu.recording_fault = OSError("no disk")
        async with server.client("a", room="other") as a:
            recording = a.seen[0]["recording"]
            assert (recording["is_recording"], recording["problem"]) == (False, "io_error")
            await a.send("raise_hand", ref=1)
            await a.until("done", ref=1)


async def test_a_revoked_device_loses_socket_and_media() -> None:
    async with running_server() as server, server.client("a") as a, server.client("b") as b:
        await a.send("publish", sdp="offer", sources={}, ref=1)
        await a.until("publish_answer", ref=1)
        await server.hub.revoke(device_id="device-a")
        assert await a.until_closed() == (4403, "revoked")
        await b.until_seat("a", is_present=False)
        await server.eventually(lambda: calls(server, "remove") == [("a",)])


class SlowLoading:
    """Rooms load no further than `reading` until `go_on` is set."""

    def __init__(self, server: Server) -> None:
        self.reading, self.go_on = asyncio.Event(), asyncio.Event()
        self._load_room = server.gate.load_room
        server.gate.load_room = self._load  # type: ignore[method-assign]  # a slow database

    async def _load(self, room_id: str) -> RoomSeed:
        self.reading.set()
        await self.go_on.wait()
        return await self._load_room(room_id)


async def test_whoever_is_revoked_on_the_way_in_is_refused() -> None:
    async with running_server() as server:
        slow = SlowLoading(server)
        async with (
            asyncio.timeout(BOUND_S),
            asyncio.TaskGroup() as tasks,
            server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as a,
        ):
            await slow.reading.wait()
            tasks.create_task(server.hub.revoke(device_id="device-a"))
            await asyncio.sleep(0)
            slow.go_on.set()
            assert await a.until_closed() == (4401, "ticket_invalid")
        async with server.client("a"):  # let in again: nothing is held against it
            assert server.hub.holders().device_ids == {"device-a"}


async def test_a_line_declared_on_the_way_in_counts_for_the_seat_that_comes() -> None:
    async with running_server() as server:
        server.gate.changes = {"budget_down_kbps": 4000, "budget_up_kbps": 1000}
        slow = SlowLoading(server)
        async with (
            asyncio.timeout(BOUND_S),
            server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as a,
            server.dial(PROTOCOL, f"ticket.{server.ticket('b')}") as b,
        ):
            await slow.reading.wait()
            while len(server.hub._entries) < 2:
                await asyncio.sleep(0.001)
            server.hub.declare_line("room", "a", LinkBudget(512, None))
            server.hub.declare_line("another", "b", LinkBudget(64, 64))
            slow.go_on.set()
            await a.until("room_state")
            await b.until("room_state")
            assert server.sfu.budgets == {"a": LinkBudget(512, None), "b": LinkBudget(4000, 1000)}
        assert server.hub._entries == []


async def test_a_room_still_being_opened_keeps_no_revoked_seat_in_another() -> None:
    async with running_server() as server, server.client("a") as a:
        slow = SlowLoading(server)
        async with (
            asyncio.timeout(BOUND_S),
            asyncio.TaskGroup() as tasks,
            server.dial(PROTOCOL, f"ticket.{server.ticket('b', room='other')}") as b,
        ):
            await slow.reading.wait()
            rooms = server.hub._rooms
            rooms["room"] = rooms.pop("room")  # visited after the one being opened
            tasks.create_task(server.hub.revoke(device_id="device-a"))
            assert await a.until_closed() == (4403, "revoked")
            slow.go_on.set()
            await b.until("room_state")


# --- The ledger -------------------------------------------------------------------------


async def test_presence_and_state_are_written_while_a_lesson_lives() -> None:
    config = LiveConfig(room=RoomConfig(presence_interval_s=0.02))
    async with running_server(config) as server, server.client("hub"), server.client("a") as a:
        await a.send("raise_hand", ref=1)
        await a.until("done", ref=1)
        await server.eventually(lambda: server.ledger.state()["hands"] == ["a"])
        here = ("hub", "a")
        await server.eventually(lambda: server.ledger.present.get("room", ((), 0))[0] == here)


async def test_a_ledger_out_of_order_does_not_stop_the_lesson() -> None:
    async with running_server() as server, server.client("hub") as hub:
        server.ledger.fault = ConnectionError("no database")
        async with server.client("a") as a:
            for number in range(8):
                await a.send("raise_hand" if number % 2 == 0 else "lower_hand", ref=number)
                await a.until("done", ref=number)
        await hub.until_seat("a", is_present=False)
        await server.eventually(lambda: server.ledger.refused)
        server.ledger.fault = None
        await server.eventually(lambda: "reception" in server.ledger.types())
        expected = ["seat_joined", *["hand_raised", "hand_lowered"] * 4, "seat_left", "reception"]
        of_a = [e.type.value for e in server.ledger.events["room"] if e.seat_id == "a"]
        assert of_a == expected


# --- Ending -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"type_": "end_lesson"}, EndReason.ENDED_BY_LECTURER),
        ({"type_": "shut_down", "reason": "强行闯入"}, EndReason.SHUT_DOWN),
    ],
)
async def test_the_end_is_told_then_closed_then_written(
    command: dict[str, str], reason: EndReason
) -> None:
    async with running_server() as server, server.client("hub") as hub, server.client("a") as a:
        await hub.send(**command, ref=1)
        for client in (hub, a):
            assert await client.until_closed() == (4410, reason)
            assert client.seen[-1]["type"] == "lesson_ended"
        assert {"type": "done", "ref": 1} in hub.seen
        await server.eventually(lambda: not server.hub.open_room_ids())
        assert server.sfu.closed == ["room"]
        assert server.sfu.plans["room"].audience == {}
        events = server.ledger.events["room"]
        assert server.ledger.ended["room"] == (reason, "hub", len(events))
        assert events[-1].type == "lesson_ended"


async def test_a_room_that_ended_is_gone_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        async with running_server() as server:
            async with server.client("hub") as hub, server.client("a") as a:
                await a.send("subscribe")
                await a.until("subscribe_offer")
                runner = server.hub._rooms["room"]
                references = [weakref.ref(each) for each in (runner, runner._room)]
                del runner
                await hub.send("end_lesson")
                await hub.until_closed()
                await a.until_closed()
            await server.eventually(lambda: not [each for each in references if each() is not None])
    finally:
        gc.enable()


async def test_the_application_is_told_when_the_last_room_has_gone() -> None:
    async with running_server() as server, server.client("hub", room="other") as other:
        async with server.client("hub") as hub:
            await hub.send("end_lesson")
            await hub.until_closed()
        await server.eventually(lambda: "room" not in server.hub._rooms)
        assert server.emptied == 0
        await other.send("end_lesson")
        await other.until_closed()
        await server.eventually(lambda: server.emptied == 1)
        assert not server.hub._rooms


async def test_nobody_enters_a_lesson_whose_end_is_not_written_yet() -> None:
    async with running_server() as server, server.client("hub") as hub:
        server.ledger.fault = ConnectionError("no database")
        await hub.send("end_lesson")
        await hub.until_closed()
        async with server.dial(PROTOCOL, f"ticket.{server.ticket('a')}") as late:
            assert await late.until_closed() == (4410, "lesson_over")
        assert server.gate.loads == 1
        server.ledger.fault = None
        await server.eventually(lambda: server.ledger.ended)


async def test_the_application_ends_a_room_once() -> None:
    async with running_server() as server, server.client("a") as a:
        reason = EndReason.ENDED_BY_ADMINISTRATOR
        assert not await server.hub.end_room("elsewhere", reason, actor="admin")
        assert await server.hub.end_room("room", reason, actor="admin")
        assert server.ledger.ended["room"][:2] == (reason, "admin")
        assert not await server.hub.end_room("room", reason, actor="admin")
        assert await a.until_closed() == (4410, "ended_by_administrator")


async def test_a_room_is_summed_up_while_it_is_open() -> None:
    async with running_server() as server:
        assert server.hub.room_summary("room") is None
        async with server.client("a"):
            summary = server.hub.room_summary("room")
            assert summary is not None
            assert [seat.seat_id for seat in summary.seats if seat.is_present] == ["a"]
            assert server.hub.open_room_ids() == ("room",)


async def test_a_server_that_stops_leaves_the_lesson_live() -> None:
    async with running_server() as server:
        closing: list[tuple[int, str]] = []
        async with server.client("a") as a, asyncio.TaskGroup() as tasks:
            server.hub._rooms["room"].stop()  # what leaving `running` does first
            tasks.create_task(_note_closing(a, closing))
        assert closing == [(1012, "server_stopped")]
        await server.eventually(lambda: server.sfu.closed)
        await server.eventually(lambda: "recording_stopped" in server.ledger.types())
        assert server.ledger.events["room"][-3].payload == {"reason": "server_stopped"}
        assert server.ledger.ended == {}
        async with server.client("a"):
            assert server.gate.loads == 2
            assert server.ledger.types().count("lesson_started") == 1


async def _note_closing(client, closing: list[tuple[int, str]]) -> None:  # type: ignore[no-untyped-def]  # a Client
    closing.append(await client.until_closed())


async def test_leaving_running_writes_down_who_left() -> None:
    async with running_server() as server, server.client("a"):
        pass
    assert server.ledger.types()[-3:] == ["seat_left", "reception", "recording_stopped"]
    assert server.sfu.closed == ["room"]
