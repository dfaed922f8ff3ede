"""A server of its own for each test."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.school import School
from tests.integration.server import Server


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server not started yet; stopped at the end, and it must not have met a bug."""
    server = Server(
        tmp_path,
        http_port=_free_port(socket.SOCK_STREAM),
        media_port=_free_port(socket.SOCK_DGRAM),
    )
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


@pytest.fixture
async def school(server: Server) -> AsyncIterator[School]:
    """A county with a lesson to be started; the server serves."""
    school = School(*await server.prepare())
    await server.start()
    async with school.open_pages(server):
        yield school
