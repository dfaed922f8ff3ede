"""A session against a socket of our own, for what a real one does too rarely."""

import asyncio
from collections.abc import Callable

import pytest

from signaling.config import SessionConfig
from signaling.errors import CloseCode
from signaling.messages import AnyClientMessage, PauseChanged
from signaling.runner import RoomClosed
from signaling.session import Outbox, Session, SocketGone, close_politely
from signaling.wire import encode_fact_tail

TAIL = encode_fact_tail(PauseChanged(seq=0, is_paused=True))


class Wire:
    """A socket: gives what it is told to, then nothing; may stop taking."""

    def __init__(self, *frames: str | Exception | None, takes: bool = True) -> None:
        self.frames = list(frames)
        self.takes = takes
        self.is_gone = False
        self.sent: list[str] = []
        self.closed: tuple[int, str] | None = None

    async def receive(self) -> str | None:
        if not self.frames:
            await asyncio.Event().wait()
        frame = self.frames.pop(0)
        if isinstance(frame, Exception):
            raise frame
        return frame

    async def send(self, text: str) -> None:
        if self.is_gone:
            raise SocketGone(1006)
        if not self.takes:
            await asyncio.Event().wait()
        self.sent.append(text)

    async def close(self, code: int, reason: str) -> None:
        await self.send("")
        self.closed = code, reason


async def nothing(_: AnyClientMessage) -> None:
    return


async def run(
    wire: Wire,
    act: Callable[[Outbox], None] = lambda _: None,
    *,
    config: SessionConfig | None = None,
    receive: Callable[[AnyClientMessage], object] = nothing,
    is_line_cut: Callable[[], bool] = lambda: False,
) -> tuple[str, Outbox]:
    config = config or SessionConfig(silent_after_s=2, close_timeout_s=0.05)
    outbox = Outbox(config)
    act(outbox)
    async with asyncio.timeout(5):
        session = Session(
            wire,
            outbox,
            config,
            receive=receive,  # type: ignore[arg-type]  # any awaitable
            is_line_cut=is_line_cut,
        )
        reason = await session.run()
        await close_politely(wire, outbox, config)
    return reason, outbox


async def test_silence_ends_a_connection_whose_media_is_silent_too_and_later_any_other() -> None:
    lasted = {}
    for is_cut in (True, False):
        config = SessionConfig(silent_after_s=0.1, silent_at_most_s=1.5)
        began = asyncio.get_running_loop().time()
        reason, outbox = await run(Wire(), config=config, is_line_cut=lambda cut=is_cut: cut)  # type: ignore[misc]  # bound here
        assert (reason, outbox.code) == ("silent", CloseCode.SILENT)
        lasted[is_cut] = asyncio.get_running_loop().time() - began
    assert lasted[True] < lasted[False]


async def test_media_that_falls_silent_later_ends_a_silent_connection_then() -> None:
    looks = iter([False, False, True])
    config = SessionConfig(silent_after_s=0.05, silent_at_most_s=60)
    reason, _ = await run(Wire(), config=config, is_line_cut=lambda: next(looks))
    assert reason == "silent"


async def test_a_command_that_takes_long_is_no_silence() -> None:
    async def slowly(_: AnyClientMessage) -> None:
        await asyncio.sleep(0.6)

    config = SessionConfig(silent_after_s=0.3, silent_at_most_s=0.3, close_timeout_s=0.05)
    wire = Wire('{"type": "ping"}', SocketGone(1000))
    reason, _ = await run(wire, config=config, receive=slowly, is_line_cut=lambda: True)
    assert reason == "left"


async def test_what_is_queued_goes_out_before_the_close() -> None:
    wire = Wire()

    def act(outbox: Outbox) -> None:
        outbox.send_fact(TAIL)
        outbox.send("answer")
        outbox.close(CloseCode.LESSON_OVER, "ended_by_lecturer")
        outbox.send("too late")
        outbox.close(CloseCode.SILENT, "a second reason")

    reason, _ = await run(wire, act)
    assert reason == "ended_by_lecturer"
    assert wire.sent[:2] == ['{"seq":1,' + TAIL, "answer"]
    assert wire.closed == (4410, "ended_by_lecturer")


async def test_a_full_queue_gives_the_connection_up() -> None:
    wire = Wire(takes=False)
    config = SessionConfig(send_queue_messages=5, close_timeout_s=0.01)

    def act(outbox: Outbox) -> None:
        for _ in range(6):
            outbox.send_fact(TAIL)

    reason, outbox = await run(wire, act, config=config)
    assert (reason, outbox.code) == ("too_slow", CloseCode.TOO_SLOW_OR_FAST)
    assert wire.closed is None


async def test_bytes_are_bounded_in_utf8() -> None:
    outbox = Outbox(SessionConfig(send_queue_bytes=100))
    outbox.send("课" * 33)
    assert outbox.code is None
    outbox.send("xx")
    assert outbox.reason == "too_slow"


async def test_bytes_that_went_out_make_room() -> None:
    outbox = Outbox(SessionConfig(send_queue_bytes=100))
    for _ in range(50):
        outbox.send("课" * 33)
        assert await outbox.next() == "课" * 33
    assert outbox.code is None


async def test_a_peer_that_stops_taking_does_not_hold_up_a_close() -> None:
    wire = Wire(takes=False)

    def act(outbox: Outbox) -> None:
        outbox.send("one")
        outbox.close(CloseCode.REPLACED, "replaced")

    reason, _ = await run(wire, act)
    assert reason == "replaced"


async def test_a_socket_that_breaks_while_sending_is_a_lost_connection() -> None:
    wire = Wire()
    wire.is_gone = True
    reason, _ = await run(wire, lambda outbox: outbox.send("one"))
    assert reason == "connection_lost"


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, "left"), (1001, "left"), (1006, "connection_lost")]
)
async def test_why_a_socket_ended_is_kept(code: int, reason: str) -> None:
    assert (await run(Wire(SocketGone(code))))[0] == reason


async def test_commands_are_carried_out_one_at_a_time() -> None:
    under_way = 0

    async def receive(_: AnyClientMessage) -> None:
        nonlocal under_way
        under_way += 1
        assert under_way == 1
        await asyncio.sleep(0)
        under_way -= 1

    frames = ['{"type":"ping"}'] * 20
    reason, _ = await run(Wire(*frames, SocketGone(1000)), receive=receive)
    assert reason == "left"


async def test_a_room_that_closed_ends_the_session() -> None:
    async def receive(_: AnyClientMessage) -> None:
        raise RoomClosed

    wire = Wire('{"type":"ping"}')
    assert (await run(wire, receive=receive))[0] == "room_closed"
    assert wire.closed == (1011, "room_closed")


async def test_a_bug_in_a_session_is_not_hidden() -> None:
    async def receive(_: AnyClientMessage) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as failed:
        await run(Wire('{"type":"ping"}'), receive=receive)
    assert failed.group_contains(ZeroDivisionError)


async def test_malformed_frames_are_counted_over_a_minute_only() -> None:
    config = SessionConfig(malformed_per_minute=2, close_timeout_s=0.05)
    wire = Wire("{", "{", None)
    reason, outbox = await run(wire, config=config)
    assert (reason, outbox.code) == ("malformed", CloseCode.MALFORMED)
