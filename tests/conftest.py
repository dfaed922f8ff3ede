"""What holds for every test: repeatable properties, no other machine, and a real PostgreSQL."""

import gc
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import count
from typing import Any

import ifaddr
import pytest
import structlog
from hypothesis import HealthCheck, settings

from bench.data import postgres
from tests.analysed import analyse_routes_once, compile_statements_once

# Repeatable: the same examples each time. No deadline: two cores are shared by the whole suite.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

analyse_routes_once()
compile_statements_once()


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of each search for garbage.

    It is a gigabyte of what lives until the end, and each search of all took two seconds and more.
    """
    gc.collect()
    gc.freeze()


# The default prints every frame's variables of a bug, for longer than the watchdog waits.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)

_OWN = {
    ip.ip if isinstance(ip.ip, str) else ip.ip[0]
    for adapter in ifaddr.get_adapters()
    for ip in adapter.ips
}


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise when a test connects to anything but this machine (an audit hook, PEP 578)."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if not isinstance(address, tuple):  # a Unix socket
        return
    host = address[0]
    try:
        is_own = ip_address(host).is_loopback or host in _OWN
    except ValueError:
        is_own = host in {"", "localhost"}
    if not is_own:
        raise RuntimeError(f"a test tried to reach {address!r}; tests stay on this machine")


sys.addaudithook(_refuse_other_machines)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL, started once. That it cannot start is a failure, not a reason to skip."""
    with postgres.running(postgres.memory_or_disk()) as server:
        server.wait_for_no_disk()
        yield server


_databases = count(1)


def next_database() -> str:
    """Name a database that no other test has."""
    return f"test_{next(_databases)}"


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> str:
    """An empty PostgreSQL database for one test, as SQLAlchemy wants its address."""
    return postgres_server.new_database(next_database())
