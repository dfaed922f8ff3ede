"""A platform of its own for each lesson."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform_process import Platform


def free_port(kind: socket.SocketKind) -> int:
    """Return a port nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path, free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM))
    running.start()
    try:
        yield running
    finally:
        running.stop()
