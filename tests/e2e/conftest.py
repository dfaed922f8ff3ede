"""A platform of its own for each lesson."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app import migrations
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from tests.e2e.platform_process import Platform
from tests.e2e.school_time import ahead_to_school


def free_port(kind: socket.SocketKind) -> int:
    """Return a port nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    folder: Path,
    *,
    has_history: bool,
    ahead: timedelta = timedelta(0),
    more: dict[str, str] | None = None,
) -> Iterator[Platform]:
    """Run a platform in a folder, its clock so much ahead, with more settings than all have."""
    started = Platform(
        folder,
        free_port(socket.SOCK_STREAM),
        free_port(socket.SOCK_DGRAM),
        has_history=has_history,
        ahead=ahead,
        more=more or {},
    )
    started.start()
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    with running(tmp_path, has_history=True) as started:
        yield started


@pytest.fixture
def school_platform(tmp_path: Path, postgres_url: str) -> Iterator[Platform]:
    """A platform to which it is the daytime of a school day: on PostgreSQL, as a county's is.

    All others here are on SQLite, as a school's is.
    """
    url = asyncio.run(migrated(postgres_url))
    with running(
        tmp_path,
        has_history=True,
        ahead=ahead_to_school(utc_now()),
        more={"CLASSROOMS_DATABASE_URL": url},
    ) as started:
        yield started


async def migrated(url: str) -> str:
    """Make the tables, as `classrooms migrate` does before such a server is started."""
    database = Database(url, EventBus())
    await migrations.upgrade(database.engine)
    await database.close()
    return url


@pytest.fixture
def new_platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform whose county has no lessons behind it."""
    with running(tmp_path, has_history=False) as started:
        yield started
