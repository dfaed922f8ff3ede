"""Does the work: claims jobs, runs their handlers, keeps their leases, says what came of them.

One worker runs in the web server, or any number as processes of their own
(`python -m app worker`), on one host or several: the table is all they share.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.database import Database, is_unavailable
from app.errors import Problem
from app.events import EventBus
from app.jobs import queries, service
from app.jobs.context import CancelAsked, Handlers, JobContext, JobResult, LeaseLost
from app.jobs.events import JobQueued
from app.jobs.files import JobFiles
from app.jobs.models import Job, Queue

log = structlog.get_logger(__name__)

#: A third of the lease: two beats may be lost.
BEAT_S: Final = 10.0
#: How soon a job queued by another process is found.
POLL_S: Final = 2.0
#: The same of replays, which somebody waits for in front of a page.
SOON_S: Final = 0.5
#: How long a worker waits for a database that is away before it looks again.
AWAY_S: Final = 5.0
#: How many jobs of a queue one worker runs at a time.
LANES: Mapping[Queue, int] = {
    Queue.LIGHT: 2,
    # Making one copies a file: two keep a disk or two cores busy, and a short lesson need not wait
    # for a long one. More would finish the first as late as the last.
    Queue.REPLAYS: 2,
    Queue.KEEPING: 2,
    Queue.HEAVY: 1,
}


@dataclass(frozen=True, slots=True)
class Periodic:
    """How often a kind of job is queued by itself, by who works for which queue."""

    every: timedelta
    queue: Queue = Queue.LIGHT


class Worker:
    """Runs jobs of some queues until it is stopped. `periodic`: kinds to be queued by themselves.

    A job of a kind without a handler here is left to workers that have one. `is_only_one`: nobody
    else has its name, so that what is RUNNING under it when it begins was left by one that died.
    """

    def __init__(
        self,
        database: Database,
        events: EventBus,
        *,
        handlers: Handlers,
        periodic: Mapping[str, Periodic],
        files: JobFiles,
        queues: frozenset[Queue],
        clock: Callable[[], datetime],
        name: str = "",
        is_only_one: bool = False,
    ) -> None:
        assert set(periodic) <= set(handlers)
        self._database = database
        self._handlers = handlers
        self._periodic = periodic
        self._files = files
        self._clock = clock
        self._name, self._is_only_one = name, is_only_one
        self._queued = {queue: asyncio.Event() for queue in queues}
        self._handling: set[asyncio.Task[None]] = set()
        self._is_stopping = asyncio.Event()
        events.on(JobQueued, self._wake)

    @property
    def kinds(self) -> frozenset[str]:
        """Return which kinds of jobs it can do, of whichever queue."""
        return frozenset(self._handlers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the block runs; at its end what is under way is given back."""
        self._is_stopping.clear()
        if self._is_only_one:
            async with self._database.unit_of_work() as db:
                if count := await service.take_back(db, worker=self._name):
                    log.warning("jobs_taken_back", worker=self._name, count=count)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.run())
            try:
                yield
            finally:
                self.stop()

    def stop(self) -> None:
        """Have `run` return: cancel what is being handled.

        A lane that asks the database is left to hear its answer: cancelled in the middle of
        that, a connection would be lost, and a job claimed for nobody.
        """
        self._is_stopping.set()
        for queued in self._queued.values():
            queued.set()
        for lane in self._handling:
            lane.cancel()

    async def run(self) -> None:
        """Work until stopped; what is under way is then given back."""
        async with asyncio.TaskGroup() as lanes:
            for queue in self._queued:
                for _ in range(LANES[queue]):
                    lanes.create_task(self._run_lane(queue))

    async def run_due(self) -> int:
        """Run what is due now, one after another; return how many jobs that were."""
        count = 0
        for queue in self._queued:
            while await self._run_next(queue):
                count += 1
        return count

    async def _wake(self, event: JobQueued) -> None:
        if event.queue in self._queued:
            self._queued[event.queue].set()

    async def _run_lane(self, queue: Queue) -> None:
        while not self._is_stopping.is_set():
            try:
                await self._queue_periodic(queue)
                if not await self._run_next(queue):
                    await self._wait(queue, SOON_S if queue is Queue.REPLAYS else POLL_S)
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("worker_failed", queue=queue)
                else:
                    log.warning("worker_waits_for_database", error=type(error).__name__)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._is_stopping.wait(), AWAY_S)

    async def _wait(self, queue: Queue, seconds: float) -> None:
        if self._is_stopping.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._queued[queue].wait()
            self._queued[queue].clear()
        except TimeoutError:
            pass

    async def _queue_periodic(self, queue: Queue) -> None:
        due = {kind: each.every for kind, each in self._periodic.items() if each.queue is queue}
        if not due:
            return
        now = self._clock()
        async with self._database.unit_of_work() as db:
            for kind, every in due.items():
                if await queries.is_queued_or_was_since(db, kind, now - every):
                    continue
                job = await service.enqueue(
                    db,
                    kind=kind,
                    payload={},
                    owner=None,
                    dedup_key="periodic",
                    queue=queue,
                    now=now,
                )
                # Another lane or worker may have queued it, and ended it, since it was asked.
                if await queries.is_queued_or_was_since(db, kind, now - every, beside=job.id):
                    await service.take_off(db, job)

    async def _run_next(self, queue: Queue) -> bool:
        async with self._database.unit_of_work() as db:
            job = await service.claim(
                db, queue, list(self._handlers), worker=self._name, now=self._clock()
            )
        if job is None:
            return False
        lane = asyncio.current_task()
        assert lane is not None
        self._handling.add(lane)
        if self._is_stopping.is_set():
            lane.cancel()  # claimed while the worker was stopped: given back before it begins
        try:
            await self._run_job(job)
        finally:
            self._handling.discard(lane)
        return True

    async def _run_job(self, job: Job) -> None:
        assert job.lease is not None
        context = JobContext(
            job_id=job.id,
            lease=job.lease,
            owner_id=job.owner_id,
            payload=job.payload,
            attempt=job.attempts,
            database=self._database,
            files=self._files,
            clock=self._clock,
            before=job.result or {},
        )
        about = {"job_id": str(job.id), "kind": job.kind, "attempt": job.attempts}
        log.info("job_begun", **about)
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._beat(context))
                await self._handle(job, context)
                beating.cancel()
        except* LeaseLost:
            log.warning("job_taken_over", **about)
        except* CancelAsked:
            async with self._database.unit_of_work() as db:
                await service.end_cancelled(
                    db, job_id=job.id, lease=context.lease, now=self._clock()
                )
            log.info("job_cancelled", **about)

    async def _beat(self, context: JobContext) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await context.beat()
            except Exception as error:
                # Until the lease is over the database may come back.
                if not is_unavailable(error):
                    raise
                log.warning("lease_not_prolonged", job_id=str(context.job_id))

    async def _handle(self, job: Job, context: JobContext) -> None:
        """Run the handler and write down how it ended."""
        try:
            result = await self._handlers[job.kind](context)
        except (LeaseLost, CancelAsked):
            raise
        except asyncio.CancelledError:
            await self._give_back(context)
            raise
        except Problem as problem:
            async with self._database.unit_of_work() as db:
                await service.refuse(
                    db, job_id=job.id, lease=context.lease, problem=problem, now=self._clock()
                )
            log.info("job_refused", job_id=str(job.id), kind=job.kind, type=problem.type)
        except Exception as error:
            log.exception("job_failed", job_id=str(job.id), kind=job.kind, attempt=job.attempts)
            async with self._database.unit_of_work() as db:
                await service.fail(
                    db,
                    job_id=job.id,
                    lease=context.lease,
                    attempt=job.attempts,
                    error=error if job.owner_id is None else None,
                    now=self._clock(),
                )
        else:
            await self._finish(context, result)

    async def _finish(self, context: JobContext, result: JobResult) -> None:
        if result.again_at is not None:
            await self._put_off(context, result, until=result.again_at)
            return
        file = {}
        if result.file is not None:
            file = {
                "file_path": self._files.relative(result.file.path),
                "file_name": result.file.name,
                "file_type": result.file.media_type,
                "file_bytes": (await asyncio.to_thread(result.file.path.stat)).st_size,
            }
        async with self._database.unit_of_work() as db:
            is_ours = await service.finish(
                db,
                job_id=context.job_id,
                lease=context.lease,
                result=result.value,
                file=file,
                now=self._clock(),
            )
        if not is_ours:
            raise LeaseLost
        log.info("job_done", job_id=str(context.job_id))

    async def _put_off(self, context: JobContext, result: JobResult, *, until: datetime) -> None:
        async with self._database.unit_of_work() as db:
            is_ours = await service.put_off(
                db, job_id=context.job_id, lease=context.lease, result=result.value, until=until
            )
        if not is_ours:
            raise LeaseLost

    async def _give_back(self, context: JobContext) -> None:
        """Let another worker have the job at once. It stays ours for the lease if this fails.

        Also after a lost lease or a wish to cancel: then nothing is ours to give back, or
        `_run_job` ends it before anybody claims it.
        """
        if context.is_stopped:
            return
        async with self._database.unit_of_work() as db:
            await service.release(
                db,
                job_id=context.job_id,
                lease=context.lease,
                attempt=context.attempt,
                now=self._clock(),
            )
