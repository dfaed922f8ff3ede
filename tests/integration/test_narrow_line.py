"""A line that is narrow carries everything, no faster than it is, and nobody waits for another."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.integration.cut_line import HOST, CutLine

SENT = bytes(range(256)) * 1600
LINE_BPS = 4_000_000
AT_LEAST_S = 2 * len(SENT) * 8 / LINE_BPS - 0.2
"""Of two who fetch it. A line may make good 0.2 s that it was not let work in."""


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Where somebody sends to whoever comes, and hangs up."""

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(SENT)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(send, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_two_who_fetch_share_a_narrow_line(port: int) -> None:
    loop = asyncio.get_running_loop()
    halves: list[float] = []
    ends: list[float] = []

    async def fetch(line: CutLine) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, line.tcp_port)
        first = await reader.readexactly(len(SENT) // 2)
        halves.append(loop.time())
        rest = await reader.read(-1)
        ends.append(loop.time())
        writer.close()
        return first + rest

    async with CutLine.laid(http_port=port, media_port=port) as line:
        line.narrow(LINE_BPS)
        began = loop.time()
        got = await asyncio.gather(fetch(line), fetch(line))
    assert list(got) == [SENT, SENT]
    assert max(ends) - began >= AT_LEAST_S
    # Each in its turn: neither is done before the other has half of it.
    assert max(halves) < min(ends)
