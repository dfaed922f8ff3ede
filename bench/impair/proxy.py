"""The road where the kernel gives no namespaces: a proxy on the loopback interface.

UDP goes through the same lines as between namespaces, each datagram counted with the headers
it would have. TCP is delayed and stands still during a cut; it is neither lost nor limited,
because a proxy cannot lose a segment of somebody else's connection. A move gives every UDP
client another port towards the server.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import cast

from bench.impair.line import Conditions, Line
from bench.impair.road import RoadFailed

LOOPBACK = "127.0.0.1"
_HEADERS = bytes(28)  # IPv4 and UDP
_CHUNK = 16_384
_WAITING_CHUNKS = 64

Address = tuple[str, int]


@dataclass(slots=True)
class _Way:
    """One way of a site: its line, what comes out of it, and the timer that lets it out."""

    line: Line
    waiting: dict[int, Callable[[bytes], None]] = field(default_factory=dict)
    number: int = 0
    timer: asyncio.TimerHandle | None = None

    def put(self, data: bytes, send: Callable[[bytes], None]) -> None:
        """Take a datagram; `send` is called with it at the other end."""
        # The line carries bytes; whose they are travels in front, in the headers' place.
        self.number += 1
        self.waiting[self.number] = send
        head = self.number.to_bytes(8, "big") + _HEADERS[8:]
        self.line.put(head + data, asyncio.get_running_loop().time(), is_udp=True)
        self.let_out()

    def let_out(self) -> None:
        """Send what has arrived and come again when more will have."""
        loop = asyncio.get_running_loop()
        for packet in self.line.take(loop.time()):
            send = self.waiting[int.from_bytes(packet[:8], "big")]
            send(packet[len(_HEADERS) :])
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        deadline = self.line.deadline()
        if deadline is None:
            self.waiting.clear()
        else:
            self.timer = loop.call_at(deadline, self.let_out)


class _Outer:
    """The socket towards the server of one client."""

    def __init__(self, site: "ProxySite", client: Address, media_port: int) -> None:
        self._site = site
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect((LOOPBACK, media_port))
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            data = self._socket.recv(65_535)
            inner = self._site.inner
            self._site.down.put(data, lambda packet: inner.sendto(packet, self._client))

    def send(self, data: bytes) -> None:
        """Send to the server; nobody there, or no room, is a lost datagram."""
        if self._socket.fileno() >= 0:
            with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
                self._socket.send(data)

    def close(self) -> None:
        """Free the socket."""
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()


class _Inner(asyncio.DatagramProtocol):
    """The socket that the site's clients take for the server."""

    def __init__(self, site: "ProxySite") -> None:
        self._site = site

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._site.from_client(data, addr)


class ProxySite:
    """A site's two lines, and the sockets at their ends."""

    def __init__(self, name: str, *, seed: int, media_port: int) -> None:
        self.down = _Way(Line(random.Random(f"{seed} {name} down")))
        self.up = _Way(Line(random.Random(f"{seed} {name} up")))
        self.inner: asyncio.DatagramTransport
        self.udp_port = 0
        self.tcp_port = 0
        self.may_pass = asyncio.Event()
        self.may_pass.set()
        self._media_port = media_port
        self._outer: dict[Address, _Outer] = {}

    def from_client(self, data: bytes, client: Address) -> None:
        """Take a datagram of a client, and open its own way to the server if it has none."""
        outer = self._outer.get(client)
        if outer is None:
            outer = self._outer[client] = _Outer(self, client, self._media_port)
        self.up.put(data, outer.send)

    def move(self) -> None:
        """Forget every mapping: the next datagram of a client gets another port."""
        for outer in self._outer.values():
            outer.close()
        self._outer.clear()

    def close(self) -> None:
        """Close all sockets."""
        self.move()
        self.inner.close()
        for way in (self.down, self.up):
            if way.timer is not None:
                way.timer.cancel()


class ProxyRoad:
    """The road of `proxy_road`; a `bench.impair.road.Road`."""

    kind = "a proxy on the loopback interface: UDP through the lines, TCP delayed and cut only"
    carries_all = False

    def __init__(self, sites: dict[str, ProxySite]) -> None:
        self.sites = sites

    async def set(self, site: str, *, down: Conditions, up: Conditions) -> None:
        """Give a site's line these conditions from now on."""
        now = asyncio.get_running_loop().time()
        at = self.sites[site]
        for way, conditions in ((at.down, down), (at.up, up)):
            way.line.change(conditions, now)
            way.let_out()
        if down.is_cut or up.is_cut:
            at.may_pass.clear()
        else:
            at.may_pass.set()

    async def move(self, site: str, *, to_other_address: bool) -> None:
        """Let the site's clients appear from other ports."""
        if to_other_address:
            raise RoadFailed("a proxy has no other address")
        self.sites[site].move()

    async def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return what became of the datagrams: by site, by `down` and `up`, by name."""
        return {
            name: {"down": asdict(site.down.line.counts), "up": asdict(site.up.line.counts)}
            for name, site in self.sites.items()
        }

    def through(self, site: str, sdp: str, *, media_port: int) -> str:
        """Return the server's SDP with the proxy's port in its UDP candidates, no others."""
        port = self.sites[site].udp_port
        kept = [
            line
            for line in sdp.splitlines()
            if not line.startswith("a=candidate:") or " udp " in line.lower()
        ]
        text = "\r\n".join(kept) + "\r\n"
        return text.replace(f" {LOOPBACK} {media_port} ", f" {LOOPBACK} {port} ")


@asynccontextmanager
async def proxy_road(
    names: Sequence[str], *, http_port: int, media_port: int, seed: int = 1
) -> AsyncIterator[ProxyRoad]:
    """Open a UDP and a TCP port for each site, in front of a server on the loopback interface."""
    loop = asyncio.get_running_loop()
    sites = {name: ProxySite(name, seed=seed, media_port=media_port) for name in names}
    servers = []
    for site in sites.values():
        inner, _ = await loop.create_datagram_endpoint(
            lambda site=site: _Inner(site),  # type: ignore[misc]  # bound at definition
            local_addr=(LOOPBACK, 0),
        )
        site.inner = inner
        site.udp_port = cast("int", inner.get_extra_info("sockname")[1])
        pumps = _Pumps(site, http_port)
        server = await asyncio.start_server(pumps.accept, LOOPBACK, 0)
        site.tcp_port = server.sockets[0].getsockname()[1]
        servers.append((server, pumps))
    try:
        yield ProxyRoad(sites)
    finally:
        for server, pumps in servers:
            server.close()
            await pumps.stop()
        for site in sites.values():
            site.close()


class _Pumps:
    """The TCP connections of one site."""

    def __init__(self, site: ProxySite, http_port: int) -> None:
        self._site = site
        self._http_port = http_port
        self._running: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._running.add(task)
        try:
            await self._site.may_pass.wait()
            out_reader, out_writer = await asyncio.open_connection(LOOPBACK, self._http_port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, out_writer, self._site.up))
                    group.create_task(self._pump(out_reader, writer, self._site.down))
            finally:
                out_writer.transport.abort()
        except* (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._running.discard(task)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way
    ) -> None:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING_CHUNKS)

        async def read() -> None:
            while data := await reader.read(_CHUNK):
                await waiting.put((loop.time(), data))
            await waiting.put((loop.time(), b""))

        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            while True:
                came_at, data = await waiting.get()
                due = came_at + way.line.conditions.delay_ms / 1000
                await asyncio.sleep(max(0.0, due - loop.time()))
                await self._site.may_pass.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def stop(self) -> None:
        """End every connection."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
