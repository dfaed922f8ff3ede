"""Workers that stop, hang, die or are many: each job is done by one of them, and none is lost."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts.models import Account
from app.clock import utc_now
from app.database import Database
from app.jobs import service
from app.jobs import worker as workers
from app.jobs.context import JobContext, JobResult
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Periodic
from app.recordings import purging, reconciling, uploading
from app.settings import HOME
from app.workers import PERIODIC
from tests.app.conftest import Clock
from tests.app.job_office import Office, make_office, report, report_of_nothing


@pytest.fixture
async def office(either_database: Database, clock: Clock, tmp_path: Path) -> Office:
    return await make_office(either_database, clock, tmp_path / "files")


async def test_worker_told_to_stop_gives_its_job_back_uncounted(office: Office) -> None:
    begun = asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    job = await office.enqueue("run")
    async with office.worker(run=run).running():
        await begun.wait()
    given_back = await office.job(job)
    assert (given_back.state, given_back.attempts, given_back.lease) == (JobState.QUEUED, 0, None)
    assert await office.worker(run=report_of_nothing).run_due() == 1


async def test_job_stopped_in_the_middle_of_writing_is_given_back(office: Office) -> None:
    """Wherever in it: what it held of the database is free for the worker, which writes next."""
    begun = asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            begun.set()
            while True:  # it is always the database that it waits for
                await db.execute(select(Account))

    for steps in range(20):
        begun.clear()
        job = await office.enqueue("run")
        async with asyncio.timeout(5), office.worker(run=run).running():
            await begun.wait()
            for _ in range(steps):
                await asyncio.sleep(0)
        stopped = await office.job(job)
        assert (stopped.state, stopped.attempts, stopped.lease) == (JobState.QUEUED, 0, None)
        await office.cancel(job)


async def test_worker_hears_of_a_job_of_its_own_process_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "POLL_S", 1000.0)
    ran = asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        ran.set()
        return JobResult()

    async with office.worker(run=run).running():
        await asyncio.sleep(0.3)  # by now it waits
        await office.enqueue("run")
        async with asyncio.timeout(20):
            await ran.wait()


async def test_beats_keep_a_slow_job_from_being_taken_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BEAT_S", 0.01)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        begun.set()
        await go_on.wait()
        return JobResult()

    job = await office.enqueue("run")
    other = office.worker(run=run)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(office.worker(run=run).run_due())
        await begun.wait()
        for _ in range(3):
            office.clock.advance(seconds=20)
            before = (await office.job(job)).lease_until
            async with asyncio.timeout(20):
                while (await office.job(job)).lease_until == before:
                    await asyncio.sleep(0.01)
            assert await other.run_due() == 0
        go_on.set()
    assert (await office.job(job)).attempts == 1


async def test_worker_that_was_taken_for_dead_changes_nothing_more(office: Office) -> None:
    """The first hangs for longer than its lease, wakes, and finds that its turn is over."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    wrote: list[str] = []

    async def hang(context: JobContext) -> JobResult:
        begun.set()
        await go_on.wait()
        async with context.database.unit_of_work() as db:
            wrote.append("first")
            await context.hold(db)
        return JobResult({"by": "first"})

    async def take_over(context: JobContext) -> JobResult:
        async with context.database.unit_of_work() as db:
            wrote.append("second")
            await context.hold(db)
        return JobResult({"by": "second"})

    job = await office.enqueue("run")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(office.worker(run=hang).run_due())
        await begun.wait()
        office.clock.advance(seconds=31)
        assert await office.worker(run=take_over).run_due() == 1
        go_on.set()
    done = await office.job(job)
    assert (done.state, done.attempts, done.result) == (JobState.DONE, 2, {"by": "second"})
    assert wrote == ["second", "first"]


async def test_what_a_server_left_that_died_is_taken_back_when_it_begins_again(
    office: Office,
) -> None:
    """At once, while nobody else's is touched; and to die was an attempt."""
    left, others = [await office.enqueue("run") for _ in range(2)]
    async with office.database.unit_of_work() as db:
        for name in ("server", "another:1"):
            assert await service.claim(
                db, Queue.LIGHT, ["test.run"], worker=name, now=office.clock.now
            )
    ran = asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        ran.set()
        return JobResult()

    async with office.worker(name="server", is_only_one=True, run=run).running():
        async with asyncio.timeout(20):
            while (done := await office.job(left)).state is not JobState.DONE:
                await asyncio.sleep(0.01)
    assert ran.is_set()
    assert (done.attempts, done.worker) == (2, "server")
    untouched = await office.job(others)
    assert (untouched.state, untouched.attempts) == (JobState.RUNNING, 1)
    assert untouched.worker == "another:1"


async def test_worker_that_was_taken_back_though_it_lives_changes_nothing_more(
    office: Office,
) -> None:
    job = await office.enqueue("run")
    async with office.database.unit_of_work() as db:
        claimed = await service.claim(
            db, Queue.LIGHT, ["test.run"], worker="server", now=office.clock.now
        )
        assert claimed is not None
        assert claimed.lease is not None
        lease = claimed.lease
        assert await service.take_back(db, worker="server") == 1
    async with office.database.unit_of_work() as db:
        assert not await service.finish(
            db, job_id=job.id, lease=lease, result={}, file={}, now=office.clock.now
        )
    assert (await office.job(job)).state is JobState.QUEUED


async def test_job_that_kills_every_server_is_given_up_on(office: Office) -> None:
    job = await office.enqueue("run")
    for _ in range(3):
        async with office.database.unit_of_work() as db:
            assert await service.claim(
                db, Queue.LIGHT, ["test.run"], worker="server", now=office.clock.now
            )
            await service.take_back(db, worker="server")
    assert await office.worker(run=report_of_nothing).run_due() == 0
    assert (await office.job(job)).state is JobState.DEAD


async def test_job_that_goes_on_later_is_given_what_it_left(office: Office) -> None:
    met: list[object] = []

    async def run(context: JobContext) -> JobResult:
        met.append(context.before)
        again_at = context.now() if len(met) < 3 else None
        return JobResult({"turns": len(met)}, again_at=again_at)

    await office.enqueue("run")
    assert await office.worker(run=run).run_due() == 3
    assert met == [{}, {"turns": 1}, {"turns": 2}]


async def test_job_that_kills_every_worker_is_given_up_on(office: Office) -> None:
    job = await office.enqueue("run")
    for _ in range(3):
        async with office.database.unit_of_work() as db:
            assert await service.claim(db, Queue.LIGHT, ["test.run"], now=office.clock.now)
        office.clock.advance(seconds=31)
    assert await office.worker(run=report_of_nothing).run_due() == 0
    dead = await office.job(job)
    assert (dead.state, dead.attempts) == (JobState.DEAD, 3)
    assert dead.problem is not None
    assert dead.problem["type"] == "worker-lost"


@asynccontextmanager
async def stalled_worker(url: str, folder: Path) -> AsyncIterator[None]:
    """Run a worker process up to where it stalls; kill it, as by the kernel, at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.app.slow_worker", url, str(folder)),
        cwd=HOME,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while (line := await process.stdout.readline()) != b"stalled\n":
                assert line, "it ended"
        yield
    finally:
        os.kill(process.pid, signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL


async def test_job_of_a_killed_worker_process_is_taken_over(
    office: Office, either_url: str
) -> None:
    before = utc_now() - timedelta(minutes=1)
    job = await office.enqueue(queue=Queue.HEAVY, payload={"about": "county"}, now=before)
    async with stalled_worker(either_url, office.folder):
        running = await office.job(job)
    assert (running.state, running.progress_note) == (JobState.RUNNING, "stalled")
    over = running.lease_until
    assert over is not None
    assert over - before > service.LEASE

    early = office.worker(clock=lambda: over - timedelta(seconds=1), report=report)
    assert await early.run_due() == 0
    late = office.worker(clock=lambda: over + timedelta(seconds=1), report=report)
    assert await late.run_due() == 1
    done = await office.job(job)
    assert (done.state, done.attempts) == (JobState.DONE, 2)
    assert done.file_path is not None
    assert (office.folder / done.file_path).read_text() == "report on county"


@pytest.mark.parametrize("queue", list(Queue))
async def test_periodic_work_queues_itself_once_per_period(
    office: Office, monkeypatch: pytest.MonkeyPatch, queue: Queue
) -> None:
    monkeypatch.setattr(workers, "POLL_S", 0.01)
    ran: list[object] = []

    async def tick(context: JobContext) -> JobResult:
        ran.append(context.now())
        return JobResult()

    office.periodic = {"test.tick": Periodic(timedelta(hours=1), queue)}
    async with office.worker(tick=tick).running():
        for count in (1, 2, 3):
            async with asyncio.timeout(30):
                while len(ran) < count:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # it looks again, several times
            assert len(ran) == count
            office.clock.advance(hours=1)
    async with office.database.unit_of_work() as db:
        assert set(await db.scalars(select(Job.queue))) == {queue}


async def test_keeping_recordings_for_hours_holds_up_no_import(office: Office) -> None:
    """However many of its kind wait: each queue has lanes of its own."""
    sending = [await office.enqueue("send", queue=Queue.KEEPING) for _ in range(4)]
    light = await office.enqueue("report")
    is_sent = asyncio.Event()

    async def send(_: JobContext) -> JobResult:
        await is_sent.wait()
        return JobResult()

    async with asyncio.timeout(30), office.worker(send=send, report=report_of_nothing).running():
        while (await office.job(light)).state is not JobState.DONE:
            await asyncio.sleep(0.01)
        states = {(await office.job(each)).state for each in sending}
        assert JobState.DONE not in states
        is_sent.set()
        for each in sending:
            while (await office.job(each)).state is not JobState.DONE:
                await asyncio.sleep(0.01)


def test_what_keeps_recordings_has_a_queue_of_its_own() -> None:
    kept = {kind for kind, each in PERIODIC.items() if each.queue is Queue.KEEPING}
    assert kept == {uploading.KIND, reconciling.KIND, purging.KIND}
