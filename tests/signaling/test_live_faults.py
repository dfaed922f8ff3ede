"""Whole rooms over real WebSockets, when something of ours is broken."""

import pytest

from media.core.ids import PeerId, RoomId, Source, TrackKey
from media.interface import LinkReport
from signaling import runner as runner_module
from signaling.conduct import raise_hand
from tests.signaling.live_server import running_server

ROOM, A = RoomId("room"), PeerId("a")


async def test_a_bug_kills_its_room_only_and_the_next_who_comes_reopens_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        running_server() as server,
        server.client("hub") as hub,
        server.client("a") as a,
        server.client("a", room="other") as other,
    ):
        await hub.send("invite_to_stage", seat_id="a", ref=1)
        await hub.until("done", ref=1)

        def bug(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("signaling.conduct.raise_hand", bug)
        await a.send("raise_hand")
        for client in (hub, a):
            assert await client.until_closed() == (1011, "room_failed")
        monkeypatch.setattr("signaling.conduct.raise_hand", raise_hand)
        await other.send("raise_hand", ref=2)
        await other.until("done", ref=2)
        async with server.client("a") as again:
            assert again.seen[0]["stage"] == ["a"]
        events = server.ledger.events["room"]
        assert {e.seat_id for e in events if e.payload == {"reason": "room_failed"}} == {"hub", "a"}
        assert [e.payload["action"] for e in events if e.type == "incident"] == ["failure"]
        assert [r.message for r in caplog.records if r.exc_info] == ["A room failed"]


async def test_a_media_plane_that_breaks_its_contract_fails_the_room() -> None:
    async with running_server() as server, server.client("a") as a:
        server.sfu.publish_fault = RuntimeError("a bug")
        await a.send("publish", sdp="offer", sources={})
        assert await a.until_closed() == (1011, "room_failed")
        await server.eventually(lambda: server.sfu.closed == ["room"])


async def test_a_backlog_of_media_facts_drops_measurements_first_then_fails_the_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runner_module, "INBOX_FACTS", 20)
    async with running_server() as server, server.client("a") as a:
        room = server.hub._rooms["room"]
        report = LinkReport(rtt_ms=20, loss_up=0.0, loss_down=0.0, kbps_up=1, kbps_down=2)
        for _ in range(50):
            server.hub.link_report(ROOM, A, report)
        assert room.dropped_reports == 39
        await a.send("ping", ref=1)
        await a.until("pong", ref=1)
        for _ in range(30):
            server.hub.track_started(ROOM, TrackKey(A, Source.CAMERA))
        assert await a.until_closed() == (1011, "room_failed")
