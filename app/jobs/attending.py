"""Whether anybody works for each queue: what is due and stays undone says that nobody does.

A worker takes what is due within seconds, and queues periodic work itself, but leaves no other
trace: who works for a queue is known by what becomes of its jobs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database, is_unavailable
from app.jobs.models import UNFINISHED, Job, JobState, Queue
from app.jobs.service import LEASE
from app.jobs.worker import Periodic

log = structlog.get_logger(__name__)

UNATTENDED_AFTER: Final = timedelta(minutes=5)
"""Longer than a server or a worker takes to be started anew."""
LOOK_EVERY_S: Final = 60.0
_TOLD_EVERY: Final = timedelta(minutes=10)
_ENDED_BY_WORKER = (JobState.DONE, JobState.FAILED, JobState.DEAD)


async def unattended(
    db: AsyncSession,
    *,
    kinds: Collection[str],
    periodic: Mapping[str, Periodic],
    since: datetime,
    now: datetime,
) -> dict[Queue, datetime]:
    """Return for which queues nobody works, and since when at least.

    `kinds`: those that workers of this version do. Periodic work that was never done is missed
    from `since` on.
    """
    due = await _due(db, kinds, now)
    for kind, at in (await _missed(db, periodic, since)).items():
        queue = periodic[kind].queue
        due[queue] = min(at, due.get(queue, at))
    seen = await _last_seen(db, min(due.values(), default=now)) if due else {}
    found = {queue: max(at, seen.get(queue, at)) for queue, at in due.items()}
    return {queue: at for queue, at in found.items() if now - at >= UNATTENDED_AFTER}


async def _due(db: AsyncSession, kinds: Collection[str], now: datetime) -> dict[Queue, datetime]:
    """Return since when the oldest job of each queue waits: for its turn, or to be taken over."""
    at = case((Job.state == JobState.QUEUED, Job.run_after), else_=Job.lease_until)
    rows = await db.execute(
        select(Job.queue, func.min(at))
        .where(Job.state.in_(UNFINISHED), Job.kind.in_(kinds), at <= now)
        .group_by(Job.queue)
    )
    return {row[0]: row[1] for row in rows}


async def _missed(
    db: AsyncSession, periodic: Mapping[str, Periodic], since: datetime
) -> dict[str, datetime]:
    """Return when each kind of periodic work is to be queued next, of those not under way."""
    of_these = Job.kind.in_(periodic)
    rows = await db.execute(
        select(Job.kind, func.max(Job.created_at)).where(of_these).group_by(Job.kind)
    )
    last = {row[0]: row[1] for row in rows}
    under_way = await db.scalars(select(Job.kind).where(of_these, Job.state.in_(UNFINISHED)))
    return {
        kind: last[kind] + periodic[kind].every if kind in last else since
        for kind in periodic.keys() - set(under_way)
    }


async def _last_seen(db: AsyncSession, since: datetime) -> dict[Queue, datetime]:
    """Return when somebody last worked for each queue, of those where it was after `since`."""
    is_running, has_ended = Job.state == JobState.RUNNING, Job.state.in_(_ENDED_BY_WORKER)
    leased_until = func.max(case((is_running, Job.lease_until)))
    ended_at = func.max(case((has_ended, Job.finished_at)))
    rows = await db.execute(
        select(Job.queue, leased_until, ended_at)
        .where(or_(is_running, has_ended & (Job.finished_at > since)))
        .group_by(Job.queue)
    )
    return {
        queue: max(each for each in (leased and leased - LEASE, ended) if each is not None)
        for queue, leased, ended in rows
    }


class QueueWatch:
    """Looks from time to time who works, and says in the log for which queues nobody does.

    `found`: what it saw last, as `unattended` says it.
    """

    def __init__(
        self,
        database: Database,
        *,
        kinds: Collection[str],
        periodic: Mapping[str, Periodic],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._periodic = periodic
        self._clock = clock
        self._started_at = clock()
        self._told: dict[Queue, datetime] = {}
        self.found: dict[Queue, datetime] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look while the block runs."""
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._run())
            try:
                yield
            finally:
                looking.cancel()

    async def _run(self) -> None:
        """Look; first when whoever is started together with this server had time to work."""
        await asyncio.sleep(UNATTENDED_AFTER.total_seconds())
        while True:
            try:
                await self.look()
            except Exception as error:
                # The database may be away: then nobody can work, and it says so elsewhere.
                if not is_unavailable(error):
                    log.exception("queues_not_watched")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once, and say what is new or was not said for a while."""
        now = self._clock()
        async with self._database.unit_of_work() as db:
            self.found = await unattended(
                db, kinds=self._kinds, periodic=self._periodic, since=self._started_at, now=now
            )
        self._told = {queue: at for queue, at in self._told.items() if queue in self.found}
        for queue, since in self.found.items():
            if queue in self._told and now - self._told[queue] < _TOLD_EVERY:
                continue
            self._told[queue] = now
            log.error(
                "queue_unattended",
                queue=queue.value,
                minutes=(now - since) // timedelta(minutes=1),
                remedy=f"Name {queue.value} in CLASSROOMS_JOBS_IN_SERVER, or start "
                f"classrooms worker --queue {queue.value}.",
            )
