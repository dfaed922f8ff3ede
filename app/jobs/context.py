"""What a handler is given and gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.jobs import service
from app.jobs.files import JobFiles

# A bar need not move more often; each move is a transaction.
TOLD_EVERY = timedelta(milliseconds=500)


class LeaseLost(Exception):
    """Another worker has the job now: this one stops, and writes nothing more of it."""


class CancelAsked(Exception):
    """Somebody does not want the job any more."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file of the result. `name` is what the download is called."""

    path: Path
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of a job: `value` is JSON, for the page of this kind of job.

    `again_at`: it is not over but waits until then, as if it were new. It has no file.
    """

    value: dict[str, Any] = field(default_factory=dict)
    file: JobFile | None = None
    again_at: datetime | None = None


@dataclass(slots=True)
class JobContext:
    """One attempt at a job. A handler may be run again from the start at any time.

    So what it does is written in one transaction, or is the same when done twice. A handler
    that computes for long does so in a thread (`asyncio.to_thread`): lessons share its loop.
    """

    job_id: UUID
    lease: UUID
    owner_id: UUID | None
    payload: dict[str, Any]
    attempt: int
    database: Database
    files: JobFiles
    clock: Callable[[], datetime]
    # What an earlier turn left that ended with `again_at`.
    before: dict[str, Any] = field(default_factory=dict)
    # Set before LeaseLost or CancelAsked is raised, by whichever task hears of it.
    is_stopped: bool = False
    _told_at: datetime | None = None

    def now(self) -> datetime:
        """Return the current moment."""
        return self.clock()

    async def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how far it is. `note` is a word the page translates, or a name. Raise CancelAsked.

        May be called as often as is convenient: twice a second is written down, and the end.
        """
        now = self.clock()
        is_end = total is not None and done >= total
        if not is_end and self._told_at is not None and now - self._told_at < TOLD_EVERY:
            return
        self._told_at = now
        async with self.database.unit_of_work() as db:
            is_ours, is_cancel_asked = await service.tell_progress(
                db, job_id=self.job_id, lease=self.lease, done=done, total=total, note=note, now=now
            )
        self._stop_unless(is_ours=is_ours, is_cancel_asked=is_cancel_asked)

    async def beat(self) -> None:
        """Prolong the lease. Called by the worker. Raise LeaseLost or CancelAsked."""
        async with self.database.unit_of_work() as db:
            is_ours, is_cancel_asked = await service.prolong(
                db, job_id=self.job_id, lease=self.lease, now=self.clock()
            )
        self._stop_unless(is_ours=is_ours, is_cancel_asked=is_cancel_asked)

    async def hold(self, db: AsyncSession) -> None:
        """Make a transaction part of this attempt: it cannot commit once another took over.

        Called first in the transaction that writes what the job does. Raise LeaseLost.
        """
        is_ours, _ = await service.prolong(
            db, job_id=self.job_id, lease=self.lease, now=self.clock()
        )
        self._stop_unless(is_ours=is_ours, is_cancel_asked=False)

    async def file(self, name: str) -> Path:
        """Return where to write a file of the result. `name` is plain: no folders."""
        assert Path(name).name == name, name
        return await self.files.place(self.job_id, self.lease, name)

    def _stop_unless(self, *, is_ours: bool, is_cancel_asked: bool) -> None:
        self.is_stopped = not is_ours or is_cancel_asked
        if not is_ours:
            raise LeaseLost
        if is_cancel_asked:
            raise CancelAsked


Handler = Callable[[JobContext], Awaitable[JobResult]]
Handlers = Mapping[str, Handler]
