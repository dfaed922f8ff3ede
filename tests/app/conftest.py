"""An application on a database of its own, a clock to turn, and browsers to drive it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.models import Account
from app.attendance import rewording
from app.clock import utc_now
from app.codes import service as codes
from app.coverage import code_holders
from app.coverage import seeds as coverage
from app.database import Database
from app.events import EventBus
from app.lessons.models import Lesson
from app.live.gate import DatabaseGate
from app.main import create_app
from app.security import CSRF_HEADER, DEVICE_COOKIE, PERSON_COOKIE
from app.settings import Settings, read_settings
from app.tables import METADATA
from bench.data import postgres
from tests.conftest import next_database
from tests.factories import NOON, County, make_county, make_lesson, sign_in

BASE_URL = "http://classrooms.test"


@dataclass
class Clock:
    """The time the application is given."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class TestBrowser:
    """A browser with its own cookies. Unsafe requests come from our page unless told otherwise."""

    __test__ = False

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def me(self) -> dict[str, Any]:
        answer = await self.client.get("/api/me")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(path, **options)

    async def patch(self, path: str, json: Any, *, etag: str | None = None) -> httpx2.Response:
        """Edit what was read with this ETag."""
        headers = await self._ours() | ({} if etag is None else {"If-Match": etag})
        return await self.client.patch(path, json=json, headers=headers)

    async def act(self, path: str, json: Any, *, etag: str) -> httpx2.Response:
        """Post what changes a thing that was read with this ETag."""
        headers = await self._ours() | {"If-Match": etag}
        return await self.client.post(path, json=json, headers=headers)

    async def _ours(self) -> dict[str, str]:
        token = (await self.me())["person"]["csrf_token"]
        return {"Origin": BASE_URL, CSRF_HEADER: token}

    async def post(
        self,
        path: str,
        json: Any = None,
        *,
        acting_as: str = "person",
        headers: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Post as a page would: with its Origin, and the token of whom it acts as."""
        if headers is None:
            headers = {"Origin": BASE_URL}
            who = (await self.me())[acting_as]
            if who is not None:
                headers[CSRF_HEADER] = who["csrf_token"]
        return await self.client.post(path, json=json, headers=headers)

    async def send(
        self, method: str, path: str, *, etag: str | None = None, **options: Any
    ) -> httpx2.Response:
        """Change something as a page would: with the person's token and what it has seen."""
        who = (await self.me())["person"]
        headers = {"Origin": BASE_URL, CSRF_HEADER: who["csrf_token"]}
        if etag is not None:
            headers["If-Match"] = etag
        return await self.client.request(method, path, headers=headers, **options)


OpenBrowser = Callable[..., Awaitable[TestBrowser]]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows but the code sets', made once."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    engine = create_engine(f"sqlite:///{path}")
    METADATA.create_all(engine)
    engine.dispose()
    asyncio.run(_load_codes(f"sqlite+aiosqlite:///{path}"))
    return path


async def _load_codes(url: str) -> None:
    database = Database(url, EventBus())
    await codes.load_own(database, follow=rewording.follow, holders=code_holders.holders)
    await coverage.load_own(database)
    await database.close()


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: postgres.Server) -> str:
    """The name of a database on the PostgreSQL that is like `empty_database`, made once."""
    name = "empty"
    url = postgres_server.new_database(name)
    # In a thread: the first test that wants it may have a loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _fill(url)).result()
    return name


async def _fill(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    await engine.dispose()
    await _load_codes(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_url(
    request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path
) -> Iterator[str]:
    """Run the test twice: on a SQLite file and on a PostgreSQL, each with all tables and codes."""
    if request.param == "sqlite":
        shutil.copy(empty_database, tmp_path / "either.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'either.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = next_database()
    yield server.new_database(name, like=request.getfixturevalue("empty_postgres"))
    server.drop_database(name)  # each takes 12 MB of the disk, and there are many hundred tests


@pytest.fixture
async def either_database(either_url: str) -> AsyncIterator[Database]:
    """Run the test twice: on SQLite and on PostgreSQL."""
    database = Database(either_url, EventBus())
    yield database
    await database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database_url(tmp_path: Path, empty_database: Path) -> str:
    """Where the application keeps its tables: a SQLite file.

    A module whose statements are the risk has it be both, one after the other: there the fixture
    of this name is `either_url`.
    """
    shutil.copy(empty_database, tmp_path / "classrooms.db")
    return f"sqlite+aiosqlite:///{tmp_path / 'classrooms.db'}"


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings for one test: files in its folder, passwords cheap, any free media port."""
    return read_settings(
        {},
        var_dir=tmp_path,
        database_url=database_url,
        frontend_dir=tmp_path / "dist",
        password_memory_kib=8,
        password_rounds=1,
        media_bind_host="127.0.0.1",
        media_hosts="127.0.0.1",
        media_port=0,
        jobs_in_server="",  # a test of jobs runs them itself
        watchdog=False,  # it would end pytest itself; a dead loop is named by the test's time limit
    )


@pytest.fixture
async def app(settings: Settings, clock: Clock) -> AsyncIterator[FastAPI]:
    """The whole application, serving."""
    app = create_app(settings)
    app.dependency_overrides[utc_now] = clock
    async with _held_open(app.router.lifespan_context(app)):
        yield app


class _held_open:  # noqa: N801 - reads as the context manager it is
    """Enter and leave a context in one task: pytest runs the two halves of a fixture in two."""

    def __init__(self, context: AbstractAsyncContextManager[Any]) -> None:
        self._context = context
        self._opened, self._leave = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._hold())
        opened = asyncio.get_running_loop().create_task(self._opened.wait())
        await asyncio.wait({self._task, opened}, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if self._task.done():
            await self._task

    async def __aexit__(self, *_: object) -> None:
        self._leave.set()
        await self._task

    async def _hold(self) -> None:
        async with self._context:
            self._opened.set()
            await self._leave.wait()


@pytest.fixture
def demonstration(app: FastAPI) -> None:
    """Have the application be a demonstration, as `classrooms demo` does."""
    app.state.settings = app.state.settings.model_copy(update={"demo": True})


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database


@pytest.fixture
async def open_browser(
    app: FastAPI, database: Database, clock: Clock
) -> AsyncIterator[OpenBrowser]:
    """Open browsers: `await open_browser(account, device=credential, address="10.0.0.1")`."""
    clients: list[httpx2.AsyncClient] = []

    async def open_one(
        account: Account | None = None,
        *,
        device: str | None = None,
        address: str = "127.0.0.1",
        base_url: str = BASE_URL,
    ) -> TestBrowser:
        transport = httpx2.ASGITransport(app, client=(address, 40000))
        client = httpx2.AsyncClient(transport=transport, base_url=base_url)
        clients.append(client)
        if account is not None:
            async with database.unit_of_work() as db:
                account = await db.merge(account)
                client.cookies.set(PERSON_COOKIE, await sign_in(db, account, now=clock.now))
        if device is not None:
            client.cookies.set(DEVICE_COOKIE, device)
        return TestBrowser(client)

    yield open_one
    for client in clients:
        await client.aclose()


@pytest.fixture
async def county(database: Database) -> County:
    async with database.unit_of_work() as db:
        return await make_county(db)


@pytest.fixture
async def keeper(open_browser: OpenBrowser, county: County) -> TestBrowser:
    """The page of the county's administrator."""
    return await open_browser(county.administrator)


@pytest.fixture
async def lesson(database: Database, county: County) -> Lesson:
    """A lesson of the county that has not begun."""
    async with database.unit_of_work() as db:
        return await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )


@pytest.fixture
async def teacher(lesson: Lesson, county: County, open_browser: OpenBrowser) -> TestBrowser:
    """The lecturer's browser; the lesson is live."""
    browser = await open_browser(county.teacher)
    assert (await browser.post(f"/api/lessons/{lesson.id}/start")).status_code == 200
    return browser


@pytest.fixture
def gate(database: Database, clock: Clock, tmp_path: Path) -> DatabaseGate:
    """What a room asks who may enter."""
    return DatabaseGate(database, recordings_dir=tmp_path, clock=clock)


@pytest.fixture
async def other_county(database: Database) -> County:
    """Another tenant in the same database."""
    async with database.unit_of_work() as db:
        return await make_county(db)


@pytest.fixture
def built_pages(settings: Settings) -> Path:
    """A built single-page application."""
    folder = settings.frontend_dir
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>三个课堂</title>" + " " * 2000)
    (folder / "assets" / "app-1a2b3c.js").write_text("export const x = 1;\n" * 100)
    (folder / "favicon.svg").write_text("<svg/>")
    return folder
