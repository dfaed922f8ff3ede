"""One WebSocket: bounds on what comes in and on what waits to go out.

A session knows no web framework: it is given a `Socket`. It reads commands and hands them
to the room one at a time, so a client cannot have two under way; it sends what the room
queued in its `Outbox`, and ends when either side is done.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from signaling import wire
from signaling.config import SessionConfig
from signaling.errors import CloseCode, SignalError
from signaling.messages import AnyClientMessage, Error
from signaling.rates import TokenBucket
from signaling.runner import RoomClosed

_LEFT_CODES: Final = frozenset({CloseCode.NORMAL, CloseCode.GOING_AWAY})
# How often a silent connection is looked at: its media may fall silent a little later.
_LOOK_S: Final = 0.25


class SocketGone(Exception):
    """The other side is gone; `code` is that of its close frame, 1006 when there was none."""

    def __init__(self, code: int) -> None:
        super().__init__(f"The socket is gone ({code}).")
        self.code = code


class Socket(Protocol):
    """An accepted WebSocket."""

    async def receive(self) -> str | None:
        """Return the next text frame, or None for a binary one. Raise SocketGone."""

    async def send(self, text: str) -> None:
        """Send; wait while the peer does not read. Raise SocketGone."""

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame. Raise SocketGone."""


class Outbox:
    """What waits to go out. Full, it gives up the connection rather than the room's memory.

    `closing` is set when the connection is to end, and `code` and `reason` then say why;
    `ended` when nothing more will or can be sent.
    """

    def __init__(self, config: SessionConfig) -> None:
        self._config = config
        self._queue: deque[str] = deque()
        self._queued_bytes = 0
        self._seq = 0
        self._news = asyncio.Event()
        self.closing = asyncio.Event()
        self.ended = asyncio.Event()
        self.code: CloseCode | None = None
        self.reason = ""

    def send(self, text: str) -> None:
        """Queue a message; on a connection that is closing it is dropped."""
        if self.code is not None:
            return
        size = len(text.encode())
        is_full = (
            len(self._queue) >= self._config.send_queue_messages
            or self._queued_bytes + size > self._config.send_queue_bytes
        )
        if is_full:
            self.give_up(CloseCode.TOO_SLOW_OR_FAST, "too_slow")
            return
        self._queue.append(text)
        self._queued_bytes += size
        self._news.set()

    def send_fact(self, tail: str) -> None:
        """Queue a fact with this connection's next `seq`."""
        self._seq += 1
        self.send(wire.with_seq(tail, self._seq))

    def close(self, code: CloseCode, reason: str) -> None:
        """Close after what is queued. The first reason stands."""
        if self.code is None:
            self.code, self.reason = code, reason
            self.closing.set()
            self._news.set()

    def give_up(self, code: CloseCode, reason: str) -> None:
        """Close without sending what is queued."""
        self.close(code, reason)
        self._queue.clear()
        self.ended.set()

    async def next(self) -> str | None:
        """Return the next text to send, or None when the connection is to be closed."""
        while not self._queue:
            if self.code is not None:
                return None
            self._news.clear()
            await self._news.wait()
        text = self._queue.popleft()
        self._queued_bytes -= len(text.encode())
        return text


class Session:
    """Carry one connection from its first message to its close frame.

    `is_line_cut` says whether the seat's media has fallen silent.
    """

    def __init__(
        self,
        socket: Socket,
        outbox: Outbox,
        config: SessionConfig,
        *,
        receive: Callable[[AnyClientMessage], Awaitable[None]],
        is_line_cut: Callable[[], bool],
    ) -> None:
        self._socket = socket
        self._outbox = outbox
        self._config = config
        self._receive = receive
        self._is_line_cut = is_line_cut
        self._loop = asyncio.get_running_loop()
        self._bucket = TokenBucket(config.receive)
        self._malformed_at: deque[float] = deque()
        #: Since when the peer is listened to in vain; None while a command is carried out.
        self._silent_since: float | None = None

    async def run(self) -> str:
        """Run until nothing more is read or sent; return the reason, for the record.

        The close frame is not sent yet: first the caller gives up the seat, which must not
        wait for a peer that may be gone.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read())
                writing = tasks.create_task(self._write())
                watching = tasks.create_task(self._watch())
                await self._until_ended()
                for task in (reading, writing, watching):
                    task.cancel()
        finally:
            self._outbox.give_up(CloseCode.INTERNAL, "session_failed")
        return self._outbox.reason

    async def _until_ended(self) -> None:
        """Wait for the end; what is queued then has `close_timeout_s` to go out."""
        await self._outbox.closing.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._config.close_timeout_s):
                await self._outbox.ended.wait()

    async def _write(self) -> None:
        try:
            while (text := await self._outbox.next()) is not None:
                await self._socket.send(text)
        except SocketGone:
            self._outbox.close(CloseCode.NORMAL, "connection_lost")
        self._outbox.ended.set()

    async def _read(self) -> None:
        while self._outbox.code is None:
            self._silent_since = self._loop.time()
            try:
                text = await self._socket.receive()
            except SocketGone as gone:
                reason = "left" if gone.code in _LEFT_CODES else "connection_lost"
                self._outbox.give_up(CloseCode.NORMAL, reason)
            else:
                self._silent_since = None
                await self._take(text)

    async def _watch(self) -> None:
        """Give the peer up when it has been silent for too long."""
        config = self._config
        while self._outbox.code is None:
            now = self._loop.time()
            silent_s = 0.0 if self._silent_since is None else now - self._silent_since
            limit_s = config.silent_after_s if self._is_line_cut() else config.silent_at_most_s
            if silent_s >= limit_s:
                self._outbox.give_up(CloseCode.SILENT, "silent")
                return
            await asyncio.sleep(max(_LOOK_S, config.silent_after_s - silent_s))

    async def _take(self, text: str | None) -> None:
        """Take one frame: refuse it, or have it carried out before the next is read."""
        if not self._bucket.take(self._loop.time()):
            self._outbox.close(CloseCode.TOO_SLOW_OR_FAST, "too_fast")
            return
        if text is not None and wire.is_too_large(text):
            self._outbox.close(CloseCode.MALFORMED, "frame_too_large")
            return
        try:
            if text is None:
                raise wire.MalformedMessage("Messages are text.")
            command = wire.decode(text)
        except wire.MalformedMessage as malformed:
            self._refuse(malformed, malformed.ref)
            self._count_malformed()
            return
        try:
            await self._receive(command)
        except SignalError as refusal:
            self._refuse(refusal, command.ref)
        except RoomClosed:
            self._outbox.close(CloseCode.INTERNAL, "room_closed")

    def _refuse(self, refusal: SignalError, ref: int | None) -> None:
        error = Error(ref=ref, code=refusal.code, detail=refusal.detail)
        self._outbox.send(wire.encode(error))

    def _count_malformed(self) -> None:
        now = self._loop.time()
        self._malformed_at.append(now)
        while self._malformed_at[0] <= now - 60:
            self._malformed_at.popleft()
        if len(self._malformed_at) > self._config.malformed_per_minute:
            self._outbox.close(CloseCode.MALFORMED, "malformed")


async def close_politely(socket: Socket, outbox: Outbox, config: SessionConfig) -> None:
    """Send the close frame, without waiting long for a peer that does not read it."""
    assert outbox.code is not None
    with suppress(SocketGone, TimeoutError):
        async with asyncio.timeout(config.close_timeout_s):
            await socket.close(outbox.code, outbox.reason)
