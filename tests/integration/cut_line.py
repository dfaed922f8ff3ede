"""A line between a site and the server that can be cut: a relay for UDP and for TCP, on loopback.

While it is cut nothing passes, and nothing is refused: as on a road where the packets are
lost. TCP connections that were open then never go on; a real one would, after a pause that
grows with the cut, and who counts on that waits too long.

A narrow line carries so many bits a second of TCP down to the site, all connections together and
each in its turn. UDP and the way up stay as wide as they are: for what comes by HTTP alone.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

Address = tuple[str, int]

HOST = "127.0.0.1"
_CHUNK_BYTES = 65536
_DATAGRAM_BYTES = 2048
# A turn of a narrow line: 33 ms of 1 Mbit/s.
_TURN_BYTES = 4096
# What a line did not carry because this process was given no processor is made good up to this.
_MADE_GOOD_S = 0.2


class _Pace:
    """Lets bytes go so fast, whoever sends them; all at once while `bits_per_s` is None."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.bits_per_s: float | None = None
        self._free_at = 0.0

    @property
    def turn_bytes(self) -> int:
        """Return how much of one connection goes before another's turn."""
        return _CHUNK_BYTES if self.bits_per_s is None else _TURN_BYTES

    async def wait_for(self, size: int) -> None:
        """Return when the line has carried so many bytes more."""
        if self.bits_per_s is None:
            return
        now = self._loop.time()
        self._free_at = max(self._free_at, now - _MADE_GOOD_S) + size * 8 / self.bits_per_s
        await asyncio.sleep(self._free_at - now)


class CutLine:
    """Relays while it is whole. `tcp_port` and `udp_port` stand for the server's own."""

    def __init__(self, *, http_port: int, media_port: int) -> None:
        self._http = (HOST, http_port)
        self._media = (HOST, media_port)
        self._loop = asyncio.get_running_loop()
        self._is_cut = False
        self._is_udp_blocked = False
        self._era = 0
        self._down = _Pace(self._loop)
        self._udp = _udp_socket()
        self._udp.bind((HOST, 0))
        self._behind: dict[Address, socket.socket] = {}
        self._pumps: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server
        self.tcp_port = 0
        self.udp_port: int = self._udp.getsockname()[1]

    @classmethod
    @asynccontextmanager
    async def laid(cls, *, http_port: int, media_port: int) -> AsyncIterator[Self]:
        """Lay the line; take it away at the end."""
        line = cls(http_port=http_port, media_port=media_port)
        line._server = await asyncio.start_server(line._accept, HOST, 0)
        line.tcp_port = line._server.sockets[0].getsockname()[1]
        line._loop.add_reader(line._udp.fileno(), line._from_site)
        try:
            yield line
        finally:
            await line._take_away()

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._is_cut = True
        self._era += 1

    def mend(self) -> None:
        """Let everything pass again but what TCP had open."""
        self._is_cut = False

    def block_udp(self, *, is_blocked: bool) -> None:
        """Let no UDP pass, as a new firewall rule would; or let it again."""
        self._is_udp_blocked = is_blocked

    def narrow(self, bits_per_s: float) -> None:
        """Let TCP carry so much down to the site from now on."""
        self._down.bits_per_s = bits_per_s

    def rebind(self) -> None:
        """Reach the server from other ports from now on, as behind a NAT that forgot."""
        for behind in self._behind.values():
            self._loop.remove_reader(behind.fileno())
            behind.close()
        self._behind.clear()

    def through(self, sdp: str) -> str:
        """Return a description of the server that leads through this line."""
        return sdp.replace(f" {self._media[1]} ", f" {self.udp_port} ")

    # UDP

    def _from_site(self) -> None:
        while True:
            try:
                datagram, site = self._udp.recvfrom(_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            if self._is_cut or self._is_udp_blocked:
                continue
            if site not in self._behind:
                self._behind[site] = behind = _udp_socket()
                behind.connect(self._media)
                self._loop.add_reader(behind.fileno(), self._from_server, behind, site)
            self._send(self._behind[site], datagram, None)

    def _from_server(self, behind: socket.socket, site: Address) -> None:
        while True:
            try:
                datagram = behind.recv(_DATAGRAM_BYTES)
            except (BlockingIOError, ConnectionRefusedError):  # the server is not there now
                return
            if not self._is_cut and not self._is_udp_blocked:
                self._send(self._udp, datagram, site)

    def _send(self, through: socket.socket, datagram: bytes, to: Address | None) -> None:
        try:
            if to is None:
                through.send(datagram)
            else:
                through.sendto(datagram, to)
        except (BlockingIOError, ConnectionRefusedError):
            return  # lost, as on any line

    # TCP

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        if self._is_cut:  # what is begun now is lost as well
            return
        try:
            from_server, to_server = await asyncio.open_connection(*self._http)
        except OSError:
            writer.close()
            return
        self._writers.append(to_server)
        for source, sink, pace in ((reader, to_server, None), (from_server, writer, self._down)):
            self._pumps.append(self._loop.create_task(self._pump(source, sink, pace, self._era)))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pace: _Pace | None,
        era: int,
    ) -> None:
        try:
            while data := await reader.read(_CHUNK_BYTES if pace is None else pace.turn_bytes):
                if pace is not None:
                    await pace.wait_for(len(data))
                if era != self._era:
                    return  # neither passed on nor refused
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        if era == self._era:
            writer.close()

    async def _take_away(self) -> None:
        self.rebind()
        self._loop.remove_reader(self._udp.fileno())
        self._udp.close()
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            with suppress(ConnectionError):
                await writer.wait_closed()
        await self._server.wait_closed()


def _udp_socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    return made
