"""ICE over TCP, the passive side (RFC 6544): for networks that let no UDP through.

A stream carries the datagrams of UDP, each behind its length in two bytes (RFC 4571 section 2).
Whoever connects has to authenticate with a connectivity check before anything else; what comes
then goes the way of datagrams. The sockets are non-blocking and read in small pieces, so that
one fast sender leaves time for others, and written through a bounded queue: media that waits is
worth less than media that comes.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from media.config import TcpLimits
from media.ice import StrangerLimit, StreamAddress, source_of

log = logging.getLogger(__name__)

# One wake-up accepts at most so many: other work of the loop goes on in a flood.
_ACCEPT_BATCH = 16
_BACKLOG = 128
_READ_BYTES = 8 * 1024
_SWEEP_S = 0.5
# No file descriptor was free; every wake-up until one is would fail again.
_ACCEPT_PAUSE_S = 1.0

# What the kernel holds back unsent, at most: the queue that we can still choose from is ours.
_UNSENT_BYTES = 16 * 1024
_TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)  # missing from socket until 3.13


class Reader(Protocol):
    """What a queue must know of datagrams to the peer that reads it."""

    def is_picture(self, datagram: bytes | memoryview) -> bool:
        """Return whether it is a piece of a picture: sound and reports may not be left out."""

    def may_have(self, datagram: bytes | memoryview) -> bool:
        """Return whether the peer may still have it: it has waited."""


class FrameTaker(Protocol):
    """What the data plane does with what comes in streams; nothing is raised."""

    def receive_check(self, frame: bytes, address: StreamAddress) -> bool:
        """Answer a connectivity check; return False if it did not authenticate."""

    def receive_frame(self, frame: memoryview, address: StreamAddress) -> None:
        """Take what is no check, of a stream on which one has authenticated."""

    def stream_closed(self, address: StreamAddress) -> None:
        """Forget the address: nothing can be sent there any more."""

    def count(self, name: str) -> None:
        """Add one to a counter of the node."""


class Stream:
    """One connection. `sends` and `receives` are frames; `deadline` is when it is given up."""

    def __init__(self, listener: "StreamListener", connected: socket.socket, number: int) -> None:
        host, port = connected.getpeername()[:2]
        self.address = StreamAddress(host, port, number)
        self.source = source_of(host)
        self.is_authenticated = False
        self.is_closed = False
        self._listener = listener
        self._limits = listener.limits
        self._socket = connected
        self._buffer = bytearray(_READ_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._rest: bytes | memoryview = b""
        self._queue: deque[tuple[bytes, bool, Reader]] = deque()
        self._queued_bytes = 0
        self._omits_pictures = False
        self.deadline = listener.now() + self._limits.first_check_s
        #: Since when the kernel has taken nothing, None when it takes all.
        self.blocked_since: float | None = None

    # -- receiving -----------------------------------------------------------------

    def readable(self) -> None:
        """Read one piece and take the whole frames in it."""
        try:
            count = self._socket.recv_into(self._view[self._filled :])
        except BlockingIOError:
            return
        except OSError:
            self.close("tcp_reset")
            return
        if not count:
            self.close()
            return
        self._filled += count
        at = self._take_frames()
        if not self.is_closed and at:
            self._filled -= at
            self._buffer[: self._filled] = self._buffer[at : at + self._filled]

    def _take_frames(self) -> int:
        """Take what is whole; return where the rest begins."""
        at = 0
        while not self.is_closed and self._filled - at >= 2:
            end = at + 2 + int.from_bytes(self._view[at : at + 2])
            if end - at - 2 > self._limits.frame_bytes:
                self.close("tcp_oversize_frame")
                break
            if end > self._filled:
                break
            self._take(self._view[at + 2 : end])
            at = end
        return at

    def _take(self, frame: memoryview) -> None:
        taker = self._listener.taker
        if len(frame) and frame[0] < 4:
            if taker.receive_check(bytes(frame), self.address):
                self._listener.authenticated(self)
                self.deadline = self._listener.now() + self._limits.consent_s
            else:
                self.close("tcp_unauthenticated")
        elif self.is_authenticated:
            taker.receive_frame(frame, self.address)
        else:
            self.close("tcp_unauthenticated")

    # -- sending -------------------------------------------------------------------

    def send(self, datagram: bytes | memoryview, reader: Reader) -> bool:
        """Send a frame or queue it; return False if from now on pictures are left out.

        A decoder can do nothing with what follows a gap, so they stay out, and what waits of
        them is dropped, until the sender has somewhere to begin anew: `resume_pictures`.
        """
        frame = len(datagram).to_bytes(2) + datagram
        if self.blocked_since is None and not self._omits_pictures:
            self._write(frame)
            return True
        picture = reader.is_picture(datagram)
        if picture and self._omits_pictures:
            self._listener.taker.count("tcp_pictures_dropped")
            return True
        if self.blocked_since is None:
            self._write(frame)
            return True
        has_begun = False
        if self._queued_bytes + len(frame) > self._limits.queue_bytes:
            has_begun, self._omits_pictures = not self._omits_pictures, True
            self._drop_pictures()
            if picture:
                self._listener.taker.count("tcp_pictures_dropped")
                return False
            if self._queued_bytes + len(frame) > self._limits.queue_bytes:
                self.close("tcp_too_slow")
                return True
        self._queue.append((frame, picture, reader))
        self._queued_bytes += len(frame)
        return not has_begun

    @property
    def is_drained(self) -> bool:
        """Return whether nothing waits to be sent."""
        return self.blocked_since is None

    def resume_pictures(self) -> None:
        """Send pictures again: what comes begins with a keyframe."""
        self._omits_pictures = False

    def _drop_pictures(self) -> None:
        kept = [entry for entry in self._queue if not entry[1]]
        for _ in range(len(self._queue) - len(kept)):
            self._listener.taker.count("tcp_pictures_dropped")
        self._queue = deque(kept)
        self._queued_bytes = sum(len(frame) for frame, _, _ in kept)

    def _write(self, frame: bytes | memoryview) -> None:
        try:
            sent = self._socket.send(frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close("tcp_reset")
            return
        if sent < len(frame):
            self._rest = memoryview(frame)[sent:]
            if self.blocked_since is None:
                self._listener.wait_to_write(self._socket, self.writable)
            if self.blocked_since is None or sent:
                self.blocked_since = self._listener.now()

    def writable(self) -> None:
        """Go on with what waits, as far as the kernel takes it and the peer may still have it."""
        rest, self._rest = self._rest, b""
        if rest:
            self._write(rest)
        while self._queue and not self._rest and not self.is_closed:
            frame, _, reader = self._queue.popleft()
            self._queued_bytes -= len(frame)
            if reader.may_have(memoryview(frame)[2:]):
                self._write(frame)
            else:
                self._listener.taker.count("tcp_forbidden_dropped")
        if not self._rest and not self.is_closed:
            self.blocked_since = None
            self._listener.stop_waiting(self._socket)

    # -- the end ---------------------------------------------------------------------

    def is_overdue(self, now: float) -> bool:
        """Return whether the peer has not authenticated, or not read, for too long."""
        is_stuck = self.blocked_since is not None and (
            now - self.blocked_since > self._limits.stuck_s
        )
        return is_stuck or now > self.deadline

    def close(self, reason: str | None = None) -> None:
        """Close at once, whatever is queued; count `reason`. The plane forgets the address."""
        if self.is_closed:
            return
        self.is_closed = True
        if reason is not None:
            self._listener.taker.count(reason)
        self._queue.clear()
        self._listener.forget(self, self._socket)
        self._socket.close()
        if self.is_authenticated:
            self._listener.taker.stream_closed(self.address)


class StreamListener:
    """All streams of a node: accepts them within limits, finds them by address, ends them.

    Whoever has not authenticated yet is a stranger: few per source, few in all, and when
    there are too many in all the one that has been one for longest makes room.
    """

    def __init__(self, taker: FrameTaker, limits: TcpLimits) -> None:
        self.taker = taker
        self.limits = limits
        self._sockets: list[socket.socket] = []
        self._streams: dict[StreamAddress, Stream] = {}
        self._strangers: dict[StreamAddress, Stream] = {}
        self._arrivals = StrangerLimit(per_second=limits.arrivals_per_source)
        self._sweeper: asyncio.TimerHandle | None = None
        self._last_number = 0

    # -- life ------------------------------------------------------------------------

    def open(self, host: str, port: int) -> None:
        """Listen on the running loop. Raise OSError, also when the port is taken."""
        is_v6 = ":" in host
        listening = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setblocking(False)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if is_v6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listening.bind((host, port))
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
        self._loop = asyncio.get_running_loop()
        self._sockets.append(listening)
        self._loop.add_reader(listening, self._acceptable, listening)
        self._arm()

    def close(self) -> None:
        """Close every stream and stop listening."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            listening.close()
        self._sockets.clear()
        for stream in list(self._streams.values()):
            stream.close()

    def now(self) -> float:
        """Return the loop's time."""
        return self._loop.time()

    def _arm(self) -> None:
        self._sweeper = self._loop.call_later(_SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        now = self.now()
        for stream in [each for each in self._streams.values() if each.is_overdue(now)]:
            if now > stream.deadline:
                stream.close("tcp_silent" if stream.is_authenticated else "tcp_unauthenticated")
            else:
                stream.close("tcp_too_slow")
        self._arm()

    # -- accepting -------------------------------------------------------------------

    def _acceptable(self, listening: socket.socket) -> None:
        for _ in range(_ACCEPT_BATCH):
            try:
                connected, peer = listening.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            except OSError:
                self.taker.count("tcp_accept_failed")
                self._loop.remove_reader(listening)
                self._loop.call_later(_ACCEPT_PAUSE_S, self._accept_again, listening)
                return
            if self._is_too_many(peer[0]):
                self.taker.count("tcp_refused")
                connected.close()
            else:
                self._admit(connected)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._acceptable, listening)

    def _is_too_many(self, host: str) -> bool:
        limits, source = self.limits, source_of(host)
        if not self._arrivals.allows(host, self.now()) or len(self._streams) >= limits.streams:
            return True
        strangers = sum(stream.source == source for stream in self._strangers.values())
        if strangers >= limits.strangers_per_source:
            return True
        of_source = sum(stream.source == source for stream in self._streams.values())
        return of_source >= limits.streams_per_source

    def _admit(self, connected: socket.socket) -> None:
        if len(self._strangers) >= self.limits.strangers:
            next(iter(self._strangers.values())).close("tcp_refused")
        self._last_number += 1
        try:
            connected.setblocking(False)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
            stream = Stream(self, connected, self._last_number)
        except OSError:  # gone before it was looked at
            connected.close()
            return
        self._streams[stream.address] = self._strangers[stream.address] = stream
        self._loop.add_reader(connected, stream.readable)

    # -- what streams tell -------------------------------------------------------------

    def authenticated(self, stream: Stream) -> None:
        """Note that a stream's peer knows the password of a connection."""
        stream.is_authenticated = True
        self._strangers.pop(stream.address, None)

    def forget(self, stream: Stream, connected: socket.socket) -> None:
        """Drop a stream that closes."""
        self._loop.remove_reader(connected)
        self._loop.remove_writer(connected)
        self._streams.pop(stream.address, None)
        self._strangers.pop(stream.address, None)

    def wait_to_write(self, connected: socket.socket, writable: Callable[[], None]) -> None:
        """Call `writable` when the kernel takes more."""
        self._loop.add_writer(connected, writable)

    def stop_waiting(self, connected: socket.socket) -> None:
        """All has been written."""
        self._loop.remove_writer(connected)

    # -- what the plane asks -----------------------------------------------------------

    def send(self, address: StreamAddress, datagram: bytes | memoryview, reader: Reader) -> bool:
        """See Stream.send; a stream that is gone loses the datagram, as a dead line would."""
        stream = self._streams.get(address)
        if stream is None:
            self.taker.count("send_failed")
            return True
        return stream.send(datagram, reader)

    def resume_pictures(self, address: StreamAddress) -> bool:
        """Send pictures to `address` again; return False while there is still much to read."""
        stream = self._streams.get(address)
        if stream is None or not stream.is_drained:
            return False
        stream.resume_pictures()
        return True

    def close_stream(self, address: StreamAddress) -> None:
        """Close a stream whose connection has ended."""
        stream = self._streams.get(address)
        if stream is not None:
            stream.close()
