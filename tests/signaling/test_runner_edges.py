"""A hub and its rooms without sockets: moments that real connections meet too rarely."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from media.core.ids import PeerId, RoomId
from signaling import messages as m
from signaling import negotiator
from signaling.config import LiveConfig
from signaling.errors import CloseCode, SignalError
from signaling.ports import Refused
from signaling.runner import RoomClosed, RoomRunner
from tests.signaling.live_server import Server


class Line:
    """A Connection that keeps what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.closed: tuple[CloseCode, str] | None = None

    def send(self, text: str) -> None:
        self.texts.append(text)

    def send_fact(self, tail: str) -> None:
        self.texts.append(tail)

    def close(self, code: CloseCode, reason: str) -> None:
        self.closed = code, reason

    def has(self, *words: str) -> bool:
        return any(all(word in text for word in words) for text in self.texts)


@asynccontextmanager
async def running(config: LiveConfig | None = None) -> AsyncIterator[Server]:
    server = Server(config or LiveConfig())
    async with asyncio.timeout(10), server.hub.running(server.sfu):
        yield server


async def enter(server: Server, seat_id: str) -> tuple[RoomRunner, Line]:
    line = Line()
    runner, _ = await server.hub.enter(server.ticket(seat_id), line)
    return runner, line


async def test_a_connection_that_lost_its_seat_is_not_heard() -> None:
    async with running() as server:
        runner, old = await enter(server, "a")
        _, new = await enter(server, "a")
        assert old.closed == (CloseCode.REPLACED, "replaced")
        await runner.receive("a", old, m.RaiseHand())
        runner.leave("a", old, reason="left")
        await runner.receive("a", new, m.Ping(ref=1))
        summary = server.hub.room_summary("room")
        assert summary is not None
        assert summary.hands == ()
        assert next(seat for seat in summary.seats if seat.seat_id == "a").is_present


async def test_a_negotiation_of_a_connection_that_was_replaced_is_not_begun() -> None:
    async with running() as server:
        server.sfu.stands_still = True
        runner, old = await enter(server, "a")
        await runner.receive("a", old, m.Publish(sdp="first", sources={}))
        await runner.receive("a", old, m.Publish(sdp="second", sources={}))
        await enter(server, "a")
        await server.eventually(lambda: server.sfu.calls)
        server.sfu.stands_still = False
        await server.eventually(lambda: ("remove", "a") in server.sfu.calls)
    assert [call[2] for call in server.sfu.calls if call[0] == "publish"] == ["first"]
    assert old.has("answer to first")


async def test_a_negotiation_that_takes_too_long_is_an_error_and_the_next_goes_on() -> None:
    async with running(LiveConfig(media_timeout_s=0.02)) as server:
        runner, line = await enter(server, "a")
        server.sfu.stands_still = True
        await runner.receive("a", line, m.Publish(ref=1, sdp="offer", sources={}))
        await server.eventually(lambda: line.has('"ref":1', "unavailable"))
        server.sfu.stands_still = False
        await runner.receive("a", line, m.Publish(ref=2, sdp="offer", sources={}))
        await server.eventually(lambda: line.has('"ref":2', "publish_answer"))


async def test_media_that_cannot_be_removed_fails_the_room(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(LiveConfig(media_timeout_s=0.02)) as server:
        runner, line = await enter(server, "a")
        await runner.receive("a", line, m.Subscribe())
        await server.eventually(lambda: server.sfu.calls)
        server.sfu.stands_still = True
        _, other = await enter(server, "b")
        await runner.revoke(account_id="account-a", device_id=None)
        await runner.finished.wait()
        assert other.closed == (CloseCode.INTERNAL, "room_failed")
        assert [record.message for record in caplog.records] == ["A room failed"]


async def test_more_negotiations_than_can_wait_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(negotiator, "MAX_WAITING", 1)
    async with running() as server:
        runner, line = await enter(server, "a")
        server.sfu.stands_still = True
        await runner.receive("a", line, m.Publish(ref=1, sdp="offer", sources={}))
        await server.eventually(lambda: server.sfu.calls)
        await runner.receive("a", line, m.Publish(ref=2, sdp="offer", sources={}))
        await runner.receive("a", line, m.Publish(ref=3, sdp="offer", sources={}))
        assert line.has('"ref":3', "unavailable")
        assert not line.has('"ref":2')


async def test_a_subscription_without_a_ref_is_not_acknowledged() -> None:
    async with running() as server:
        runner, line = await enter(server, "a")
        await runner.receive("a", line, m.Subscribe())
        await server.eventually(lambda: line.has("subscribe_offer"))
        assert not line.has('"done"')


async def test_a_closed_room_takes_no_more_work() -> None:
    async with running() as server:
        runner, line = await enter(server, "a")
        await runner.end(m.EndReason.SHUT_DOWN, actor=None)
        await runner.finished.wait()
        with pytest.raises(RoomClosed):
            await runner.receive("a", line, m.Ping())
        await runner.revoke(account_id="account-a", device_id=None)
        assert not await runner.end(m.EndReason.SHUT_DOWN, actor=None)
        runner.leave("a", line, reason="left")
        runner.stop()
        server.hub.peer_heard(RoomId("room"), PeerId("a"), None)  # type: ignore[arg-type]  # dropped
        server.sfu.offer("room", "a", 1)


async def test_who_comes_in_the_moment_of_the_end_is_told_that_it_is_over() -> None:
    async with running() as server:
        runner, _ = await enter(server, "hub")
        runner.post(lambda room, now: room.end(m.EndReason.SHUT_DOWN, actor=None, now=now))
        with pytest.raises(Refused) as refused:
            await enter(server, "a")
        assert refused.value.code == "lesson_over"


async def test_a_room_that_failed_is_reopened_only_after_it_is_written_down() -> None:
    config = dataclasses.replace(LiveConfig(), reopen_wait_s=0.02, drain_s=0.05)
    async with running(config) as server:
        runner, line = await enter(server, "a")
        server.ledger.fault = ConnectionError("no database")

        def bug(*_: object) -> tuple[()]:
            raise ZeroDivisionError

        runner.post(bug)
        await server.eventually(lambda: line.closed)
        with pytest.raises(Refused) as refused:
            await enter(server, "a")
        assert refused.value.code == "unavailable"
        assert server.gate.loads == 1
        server.ledger.fault = None
        await runner.finished.wait()
        await enter(server, "a")
        assert server.gate.loads == 2


async def test_work_that_was_waiting_when_a_bug_struck_is_turned_away() -> None:
    async with running() as server:
        runner, line = await enter(server, "a")

        def bug(*_: object) -> tuple[()]:
            raise ZeroDivisionError

        runner.post(bug)
        with pytest.raises(RoomClosed):
            await runner.receive("a", line, m.Ping())


async def test_a_command_that_meets_a_bug_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as server:
        runner, line = await enter(server, "a")

        def bug(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("signaling.conduct.raise_hand", bug)
        with pytest.raises(RoomClosed):
            await runner.receive("a", line, m.RaiseHand())


async def test_a_fact_about_a_seat_that_never_was_is_a_bug() -> None:
    async with running() as server:
        runner, line = await enter(server, "a")
        runner.post(lambda room, now: room.published("nobody", (), now=now))
        await runner.finished.wait()
        assert line.closed == (CloseCode.INTERNAL, "room_failed")


async def test_whoever_gives_up_waiting_does_not_disturb_the_room() -> None:
    async with running() as server:
        runner, line = await enter(server, "a")
        for command in (m.RaiseHand(), m.InviteToStage(seat_id="a")):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await runner.receive("a", line, command)
        await runner.receive("a", line, m.Ping())
        with pytest.raises(SignalError):
            await runner.receive("a", line, m.InviteToStage(seat_id="a"))


async def test_media_that_does_not_close_is_logged_and_the_end_is_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as server:
        runner, _ = await enter(server, "hub")
        server.sfu.close_fault = RuntimeError("a bug")
        await runner.end(m.EndReason.SHUT_DOWN, actor=None)
        await runner.finished.wait()
        assert server.ledger.ended["room"][0] is m.EndReason.SHUT_DOWN
        assert [r.message for r in caplog.records] == ["A room's media did not close"]


async def test_a_stop_does_not_wait_for_a_ledger_that_stays_out_of_order(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(LiveConfig(drain_s=0.02)) as server:
        await enter(server, "a")
        server.ledger.fault = ConnectionError("no database")
    assert "The ledger did not take the rest of a room" in caplog.text


async def test_ending_a_room_does_not_wait_for_a_ledger_for_ever() -> None:
    async with running(LiveConfig(drain_s=0.02)) as server:
        await enter(server, "a")
        server.ledger.fault = ConnectionError("no database")
        assert await server.hub.end_room("room", m.EndReason.SHUT_DOWN, actor=None)
        assert server.ledger.ended == {}
        server.ledger.fault = None
        await server.eventually(lambda: server.ledger.ended)
