"""`classrooms serve` as a process of its own, on a database prepared for one test."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from app import migrations
from app.accounts.models import Account
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.lessons.models import Lesson
from app.security import PERSON_COOKIE
from tests.factories import County, make_county, make_lesson, sign_in

ROOT = Path(__file__).parents[2]
BOUND_S = 30.0


class Server:
    """A server that can be killed and started again on the same folder."""

    def __init__(self, folder: Path, *, http_port: int, media_port: int) -> None:
        self.folder = folder
        self.http_port, self.media_port = http_port, media_port
        self.url = f"http://127.0.0.1:{http_port}"
        self.websocket_url = f"ws://127.0.0.1:{http_port}/api/live"
        self.database_url = f"sqlite+aiosqlite:///{folder}/classrooms.db"
        self._environment = {
            "CLASSROOMS_VAR_DIR": str(folder),
            "CLASSROOMS_HTTP_PORT": str(http_port),
            "CLASSROOMS_MEDIA_PORT": str(media_port),
            "CLASSROOMS_MEDIA_BIND_HOST": "127.0.0.1",
            "CLASSROOMS_MEDIA_HOSTS": "127.0.0.1",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Return what the server has said so far."""
        return (self.folder / "server.log").read_text()

    async def start(self) -> None:
        """Start the process and wait until it serves."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                cwd=ROOT,
                env={**os.environ, **self._environment},  # noqa: TID251 - a child's environment
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        give_up_at = time.monotonic() + BOUND_S
        async with httpx2.AsyncClient(base_url=self.url) as client:
            while not await self._answers(client):
                assert self._process.poll() is None, self.log
                assert time.monotonic() < give_up_at, self.log
                await asyncio.sleep(0.05)

    async def _answers(self, client: httpx2.AsyncClient) -> bool:
        try:
            return (await client.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server as a deployment would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(BOUND_S)
            self._process = None

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Open the server's database beside it."""
        database = Database(self.database_url, EventBus())
        try:
            yield database
        finally:
            await database.close()

    async def prepare(self) -> tuple[County, Lesson]:
        """Make the tables, a county, and a lesson that may be started now."""
        async with self.database() as database:
            await migrations.upgrade(database.engine, backups=self.folder / "backups")
            async with database.unit_of_work() as db:
                county = await make_county(db)
                lesson = await make_lesson(
                    db,
                    lecturer=county.teacher,
                    hub=county.hub,
                    classrooms=county.classrooms,
                    planned_start=utc_now(),
                )
                return county, lesson

    async def signed_in(self, account: Account) -> dict[str, str]:
        """Return the cookie of a person who has signed in."""
        async with self.database() as database, database.unit_of_work() as db:
            return {PERSON_COOKIE: await sign_in(db, await db.merge(account), now=utc_now())}
