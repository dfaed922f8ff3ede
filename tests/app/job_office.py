"""An office whose jobs are tested: its database, a clock, and workers on it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.database import Database
from app.jobs import service
from app.jobs.context import Handler, JobContext, JobFile, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import Job, Queue
from app.jobs.worker import Periodic, Worker
from app.security import PersonCaller
from tests.app.conftest import Clock
from tests.factories import make_person


@dataclass
class Office:
    """A database with a person whose jobs they are, and workers on it."""

    database: Database
    clock: Clock
    owner: PersonCaller
    folder: Path
    periodic: dict[str, Periodic] = field(default_factory=dict)

    def worker(
        self,
        *,
        clock: Callable[[], Any] | None = None,
        name: str = "",
        is_only_one: bool = False,
        **handlers: Handler,
    ) -> Worker:
        return Worker(
            self.database,
            self.database.events,
            handlers={f"test.{kind}": handler for kind, handler in handlers.items()},
            periodic=self.periodic,
            files=JobFiles(self.folder),
            queues=frozenset(Queue),
            clock=clock or self.clock,
            name=name,
            is_only_one=is_only_one,
        )

    async def enqueue(self, name: str = "report", **options: Any) -> Job:
        async with self.database.unit_of_work() as db:
            given: dict[str, Any] = {"payload": {}, "owner": self.owner, "now": self.clock.now}
            return await service.enqueue(db, kind=f"test.{name}", **(given | options))

    async def job(self, job: Job) -> Job:
        async with self.database.unit_of_work() as db:
            return await db.get_one(Job, job.id)

    async def cancel(self, job: Job) -> None:
        async with self.database.unit_of_work() as db:
            await service.cancel(db, await db.get_one(Job, job.id), now=self.clock.now)

    async def retry(self, job: Job) -> None:
        async with self.database.unit_of_work() as db:
            await service.retry(db, await db.get_one(Job, job.id), now=self.clock.now)


async def make_office(database: Database, clock: Clock, folder: Path) -> Office:
    async with database.unit_of_work() as db:
        account = await make_person(db)
    owner = PersonCaller(
        person_id=account.person_id,
        account_id=account.id,
        session_id=uuid4(),
        name="",
        school_id=None,
        csrf_token="",
        is_restricted=False,
        grants=(),
    )
    return Office(database, clock, owner, folder)


async def report(context: JobContext) -> JobResult:
    path = await context.file("report.txt")
    await asyncio.to_thread(path.write_text, f"report on {context.payload['about']}")
    await context.progress(1, 1, "written")
    return JobResult({"lines": 1}, JobFile(path, "报告.txt", "text/plain"))


async def report_of_nothing(context: JobContext) -> JobResult:
    return JobResult()
