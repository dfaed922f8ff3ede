"""The active side of ICE over TCP: one connection that carries datagrams (RFC 6544, RFC 4571).

It connects at the first frame sent and keeps what cannot be written yet. A connection that
the other side refuses or closes is simply gone, as a browser sees it.
"""

import asyncio
import socket
from collections.abc import Callable

_READ_BYTES = 64 * 1024


class FramedStream:
    """A connection from `host` to `server`; `on_frame` is called for every frame that comes."""

    def __init__(
        self, host: str, server: tuple[str, int], on_frame: Callable[[memoryview], None]
    ) -> None:
        self.is_closed = False
        self.frames_received = 0
        self._on_frame = on_frame
        self._loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""
        self._unsent = b""
        self._socket.connect_ex(server)
        self._loop.add_writer(self._socket, self._writable)
        self._loop.add_reader(self._socket, self._readable)

    def send(self, datagram: bytes | memoryview) -> None:
        """Send one frame, now or when the connection is made."""
        if self.is_closed:
            return
        self._unsent += len(datagram).to_bytes(2) + datagram
        self._loop.add_writer(self._socket, self._writable)

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are: a piece of a frame, or none."""
        self._unsent += data
        self._loop.add_writer(self._socket, self._writable)

    def stop_reading(self) -> None:
        """Read no more, as a line does that is full."""
        self._loop.remove_reader(self._socket)

    def read_on(self) -> None:
        """Read again after `stop_reading`."""
        if not self.is_closed:
            self._loop.add_reader(self._socket, self._readable)

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._unread += data
        at = 0
        view = memoryview(self._unread)
        while len(view) - at >= 2:
            end = at + 2 + int.from_bytes(view[at : at + 2])
            if end > len(view):
                break
            self.frames_received += 1
            self._on_frame(view[at + 2 : end])
            at = end
        self._unread = bytes(view[at:])

    def close(self) -> None:
        """Close the connection."""
        if self.is_closed:
            return
        self.is_closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
