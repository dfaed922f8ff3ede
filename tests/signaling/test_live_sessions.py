"""One WebSocket's bounds, over real sockets."""

import json
import random

import pytest

from media.core.ids import PeerId, RoomId
from media.interface import Direction
from signaling.config import LiveConfig, Rate, RoomConfig, SessionConfig
from signaling.messages import PROTOCOL
from tests.signaling.live_server import running_server


async def test_facts_are_numbered_without_a_gap_per_connection() -> None:
    async with (
        running_server() as server,
        server.client("hub") as hub,
        server.client("a") as a,
    ):
        for number in range(30):
            await hub.send("set_stage_limit", limit=2 + number % 2)
        await a.send("raise_hand")
        await hub.send("pause_all", ref=9)
        await hub.until("done", ref=9)
        await a.send("get_room_state")
        await a.until("room_state")
        for client in (hub, a):
            numbers = [m["seq"] for m in client.seen if "seq" in m]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) > 30


async def test_malformed_frames_are_answered_and_the_session_goes_on() -> None:
    async with running_server() as server, server.client("a") as client:
        for text in ("{", '{"type":"ping","ref":3,"more":1}', '{"type":"no"}', "[" * 5000):
            await client.socket.send(text)
        await client.socket.send(b"\x00\x01")
        refs = [(await client.until("error", code="malformed"))["ref"] for _ in range(5)]
        assert refs == [None, 3, None, None, None]
        await client.send("ping", ref=4)
        await client.until("pong", ref=4)


async def test_too_many_malformed_frames_close() -> None:
    async with running_server() as server, server.client("a") as client:
        for _ in range(21):
            await client.socket.send("{")
        assert await client.until_closed() == (4400, "malformed")
        assert sum(m["type"] == "error" for m in client.seen) == 21


@pytest.mark.parametrize("size", [65_537, 4_000_000])
async def test_a_frame_too_large_after_inflating_closes(size: int) -> None:
    async with running_server() as server, server.client("a") as client:
        await client.socket.send(json.dumps({"type": "say", "text": "x" * size}))
        assert await client.until_closed() == (4400, "frame_too_large")


async def test_the_largest_frame_is_read() -> None:
    async with running_server() as server, server.client("a") as client:
        empty = json.dumps({"type": "publish", "sdp": "", "sources": {}})
        await client.send("publish", sdp="x" * (65_536 - len(empty)), sources={})
        await client.until("publish_answer")


async def test_a_flood_closes() -> None:
    async with running_server() as server, server.client("a") as client:
        for _ in range(100):
            await client.send("ping")
        assert await client.until_closed() == (4429, "too_fast")
        assert sum(m["type"] == "pong" for m in client.seen) >= 60


async def test_a_silent_connection_is_closed_and_its_seat_is_away() -> None:
    config = LiveConfig(session=SessionConfig(silent_after_s=0.2, silent_at_most_s=60))
    async with running_server(config) as server, server.client("a") as client:
        server.hub.peer_connected(RoomId("room"), PeerId("a"), Direction.PUBLISH)
        server.hub.peer_silent(RoomId("room"), PeerId("a"), Direction.PUBLISH)
        assert await client.until_closed() == (4408, "silent")
        await server.eventually(lambda: "seat_left" in server.ledger.types())
        left = next(e for e in server.ledger.events["room"] if e.type == "seat_left")
        assert (left.seat_id, left.payload) == ("a", {"reason": "silent"})


async def test_pings_keep_a_connection() -> None:
    config = LiveConfig(session=SessionConfig(silent_after_s=0.4, silent_at_most_s=0.4))
    async with running_server(config) as server, server.client("a") as client:
        for ref in range(5):
            await server.eventually(lambda: True)
            await client.send("ping", ref=ref)
            await client.until("pong", ref=ref)


@pytest.mark.parametrize(("close_code", "reason"), [(1000, "left"), (3000, "connection_lost")])
async def test_others_are_told_when_a_socket_ends(close_code: int, reason: str) -> None:
    async with running_server() as server, server.client("b") as b:
        async with server.client("a") as a:
            await b.until_seat("a", is_present=True)
            await a.socket.close(close_code)
            await b.until_seat("a", is_present=False, link="away")
        await server.eventually(lambda: "seat_left" in server.ledger.types())
        [left] = [e for e in server.ledger.events["room"] if e.type == "seat_left"]
        assert left.payload == {"reason": reason}


async def test_a_torn_socket_is_told_at_once() -> None:
    async with running_server() as server, server.client("b") as b, server.client("a") as a:
        await b.until_seat("a", is_present=True)
        a.socket.transport.abort()
        await b.until_seat("a", is_present=False)


async def test_a_newer_connection_replaces_the_older() -> None:
    async with running_server() as server, server.client("b") as b, server.client("a") as old:
        async with server.client("a") as new:
            assert await old.until_closed() == (4409, "replaced")
            await new.send("raise_hand", ref=1)
            await new.until("done", ref=1)
            assert (await b.until_seat("a", hand_raised_at_ms=None))["is_present"]
            await b.until("hands_changed", hands=["a"])
        summary = server.hub.room_summary("room")
        assert summary is not None
        joined = [
            e for e in server.ledger.events["room"] if e.seat_id == "a" and e.type != "reception"
        ]
        assert [e.type.value for e in joined[:3]] == ["seat_joined", "seat_left", "seat_joined"]
        assert [seat.seat_id for seat in summary.seats].count("a") == 1


async def test_who_does_not_read_is_closed_and_nobody_else_notices() -> None:
    characters = random.Random(5)
    config = LiveConfig(
        room=RoomConfig(say=Rate(per_s=1000, burst=1000)),
        session=SessionConfig(
            receive=Rate(per_s=1000, burst=1000), send_queue_bytes=50_000, close_timeout_s=0.2
        ),
    )
    async with running_server(config) as server, server.client("hub") as hub:
        words = (PROTOCOL, f"ticket.{server.ticket('a')}")
        async with server.dial(*words, receive_buffer=4096):
            for number in range(1000):
                # Random, or the frames would be compressed to nothing.
                text = "".join(chr(characters.randrange(0x4E00, 0x9FA5)) for _ in range(500))
                await hub.send("say", text=text, ref=number)
                await hub.until("done", ref=number)
                if "seat_left" in server.ledger.types():
                    break
            (left,) = [e for e in server.ledger.events["room"] if e.type == "seat_left"]
            assert (left.seat_id, left.payload) == ("a", {"reason": "too_slow"})
            await hub.send("ping", ref=1000)
            await hub.until("pong", ref=1000)
