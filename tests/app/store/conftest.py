"""A store, the line to it, and recordings that are kept in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.database import Database
from app.events import EventBus
from app.settings import Settings
from app.store.client import ObjectStore
from tests.app.conftest import Clock
from tests.app.store.keeping import Keeping
from tests.app.store.servers import Line, S3Server


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: which file waits for what is a statement."""
    return either_url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    server = S3Server(tmp_path / "served")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def line(server: S3Server) -> AsyncIterator[Line]:
    line = Line(server.port)
    await line.open()
    yield line
    await line.close()


@pytest.fixture
async def store(line: Line) -> AsyncIterator[ObjectStore]:
    store = line.store()
    yield store
    await store.close()


@pytest.fixture
async def keeping(
    settings: Settings, clock: Clock, tmp_path: Path, store: ObjectStore
) -> AsyncIterator[Keeping]:
    """Recordings of lessons, and the job that looks after their files: nothing over HTTP."""
    database = Database(settings.database_url, EventBus())
    yield Keeping(database, clock, tmp_path / "recordings", store)
    await database.close()
