"""The proxy that stands in where there are no namespaces."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from bench.impair import judge
from bench.impair.lesson import lesson_by_proxy
from bench.impair.line import Conditions
from bench.impair.proxy import LOOPBACK, ProxyRoad, proxy_road
from bench.impair.road import RoadFailed
from bench.impair.trace import wall_s


class Echo(asyncio.DatagramProtocol):
    """Answers with the port it saw."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(data + b" from " + str(addr[1]).encode(), addr)


@asynccontextmanager
async def echoes() -> AsyncIterator[ProxyRoad]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=(LOOPBACK, 0))

    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data.upper())
        writer.close()

    server = await asyncio.start_server(upper, LOOPBACK, 0)
    async with proxy_road(
        ["a", "b"],
        http_port=server.sockets[0].getsockname()[1],
        media_port=transport.get_extra_info("sockname")[1],
    ) as road:
        yield road
    server.close()
    transport.close()


class Client:
    """A UDP client of a site."""

    def __init__(self, road: ProxyRoad, site: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((LOOPBACK, road.sites[site].udp_port))

    async def ask(self, data: bytes, *, within_s: float = 3.0) -> bytes | None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.socket, data)
        try:
            async with asyncio.timeout(within_s):
                return await loop.sock_recv(self.socket, 1000)
        except TimeoutError:
            return None


@pytest.fixture
async def road() -> AsyncIterator[ProxyRoad]:
    async with echoes() as road:
        yield road


async def test_datagrams_meet_the_delay_and_the_cut_of_their_site(road: ProxyRoad) -> None:
    client, other = Client(road, "a"), Client(road, "b")
    slow = Conditions(delay_ms=60)
    await road.set("a", down=slow, up=slow)
    began = time.monotonic()
    assert await client.ask(b"hello") is not None
    assert time.monotonic() - began >= 0.12
    await road.set("a", down=Conditions(is_cut=True), up=slow)
    assert await client.ask(b"hello", within_s=0.3) is None
    assert await other.ask(b"hello") is not None
    counts = (await road.counts())["a"]
    assert (counts["up"]["delivered"], counts["down"]["cut"]) == (2, 1)
    client.socket.close()
    other.socket.close()


async def test_a_move_changes_the_port_the_server_sees(road: ProxyRoad) -> None:
    client = Client(road, "a")
    first, again = await client.ask(b"x"), await client.ask(b"x")
    await road.move("a", to_other_address=False)
    after = await client.ask(b"x")
    assert first is not None
    assert first == again
    assert after is not None
    assert after != first
    with pytest.raises(RoadFailed):
        await road.move("a", to_other_address=True)
    client.socket.close()


async def test_tcp_is_delayed_and_stands_still_during_a_cut(road: ProxyRoad) -> None:
    slow = Conditions(delay_ms=50)
    await road.set("a", down=slow, up=slow)
    reader, writer = await asyncio.open_connection(LOOPBACK, road.sites["a"].tcp_port)
    began = time.monotonic()
    writer.write(b"one")
    assert await reader.readexactly(3) == b"ONE"
    assert time.monotonic() - began >= 0.1
    await road.set("a", down=Conditions(is_cut=True), up=Conditions(is_cut=True))
    writer.write(b"two")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await reader.readexactly(3)
    await road.set("a", down=slow, up=slow)
    assert await reader.readexactly(3) == b"TWO", "what was sent during the cut comes after it"
    writer.close()


async def test_candidates_name_the_proxy_and_tcp_ones_are_gone(road: ProxyRoad) -> None:
    sdp = (
        "v=0\r\na=candidate:1 1 udp 5 127.0.0.1 7882 typ host\r\n"
        "a=candidate:2 1 tcp 4 127.0.0.1 7882 typ host tcptype passive\r\nm=audio 7882 x 1\r\n"
    )
    changed = road.through("b", sdp, media_port=7882)
    port = road.sites["b"].udp_port
    assert f"udp 5 127.0.0.1 {port} typ host" in changed
    assert "tcptype" not in changed


@pytest.mark.slow
async def test_a_lesson_is_held_through_it(tmp_path: Path) -> None:
    line = Conditions(delay_ms=20, loss=0.05)
    async with lesson_by_proxy(["site"], folder=tmp_path, lines={"site": line}, seed=1) as lesson:
        camera = lesson.camera("site")
        begin_s = wall_s()
        async with asyncio.timeout(60):
            while len(camera.sent_between(begin_s, wall_s())) < 400:
                await asyncio.sleep(0.1)
            end_s = wall_s()
            # Every loss of 5 % of the packets is asked for until it has come.
            while judge.residual_loss(camera.got, begin_s=begin_s, end_s=end_s)[0] > 4:
                await asyncio.sleep(0.1)
        assert lesson.shown("site")
        assert (await lesson.road.counts())["site"]["down"]["lost"] >= 5
