"""Jobs on both databases: queued, run once, retried, cancelled, given up on, taken over."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.clock import utc_now
from app.database import Database
from app.errors import Problem, WrongState
from app.idempotency import IdempotencyKey
from app.jobs import housekeeping, service
from app.jobs import worker as workers
from app.jobs.context import Handler, JobContext, JobFile, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import NEXT_JOB_STATE, Job, JobState, Queue
from app.jobs.worker import Worker
from app.security import PersonCaller
from app.settings import HOME
from tests.app.conftest import Clock
from tests.factories import NOON, make_person


class BadFile(Problem):
    """A refusal of a handler."""

    status, type, title = 422, "bad-file", "Bad file"


@dataclass
class Office:
    """A database with a person whose jobs they are, and workers on it."""

    database: Database
    clock: Clock
    owner: PersonCaller
    folder: Path
    periodic: dict[str, timedelta] = field(default_factory=dict)

    def worker(self, *, clock: Callable[[], Any] | None = None, **handlers: Handler) -> Worker:
        return Worker(
            self.database,
            self.database.events,
            handlers={f"test.{name}": handler for name, handler in handlers.items()},
            periodic=self.periodic,
            files=JobFiles(self.folder),
            queues=frozenset(Queue),
            clock=clock or self.clock,
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


@pytest.fixture
async def office(either_database: Database, clock: Clock, tmp_path: Path) -> Office:
    async with either_database.unit_of_work() as db:
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
    return Office(either_database, clock, owner, tmp_path / "files")


async def report(context: JobContext) -> JobResult:
    path = await context.file("report.txt")
    await asyncio.to_thread(path.write_text, f"report on {context.payload['about']}")
    await context.progress(1, 1, "written")
    return JobResult({"lines": 1}, JobFile(path, "报告.txt", "text/plain"))


async def test_job_is_run_and_its_result_kept(office: Office) -> None:
    job = await office.enqueue(payload={"about": "county"})
    assert job.state is JobState.QUEUED
    assert await office.worker(report=report).run_due() == 1
    done = await office.job(job)
    assert (done.state, done.attempts, done.result) == (JobState.DONE, 1, {"lines": 1})
    assert (done.progress_done, done.progress_total, done.progress_note) == (1, 1, "written")
    assert done.finished_at == office.clock.now
    assert done.file_path is not None
    assert (office.folder / done.file_path).read_text() == "report on county"
    assert (done.file_name, done.file_bytes) == ("报告.txt", 16)
    assert await office.worker(report=report).run_due() == 0


async def test_job_is_not_seen_before_its_transaction_commits(office: Office) -> None:
    async with office.database.unit_of_work() as db:
        await service.enqueue(db, kind="test.report", payload={}, owner=None, now=NOON)
        await db.rollback()
    assert await office.worker(report=report).run_due() == 0


async def test_worker_leaves_what_it_cannot_do_to_others(office: Office) -> None:
    job = await office.enqueue("other")
    assert await office.worker(report=report).run_due() == 0
    assert (await office.job(job)).state is JobState.QUEUED


async def test_many_workers_run_each_job_once(office: Office) -> None:
    ran: list[UUID] = []

    async def count(context: JobContext) -> JobResult:
        ran.append(context.job_id)
        await asyncio.sleep(0)
        return JobResult()

    jobs = [await office.enqueue("count") for _ in range(12)]
    await asyncio.gather(*(office.worker(count=count).run_due() for _ in range(4)))
    assert sorted(ran) == sorted(job.id for job in jobs)


async def test_refusal_ends_a_job_at_once_and_says_why(office: Office) -> None:
    async def refuse(context: JobContext) -> JobResult:
        raise BadFile("Row 3: no such school.", row=3)

    job = await office.enqueue("refuse")
    assert await office.worker(refuse=refuse).run_due() == 1
    refused = await office.job(job)
    assert (refused.state, refused.attempts) == (JobState.FAILED, 1)
    assert refused.problem == {"type": "bad-file", "detail": "Row 3: no such school.", "row": 3}


async def test_bug_is_tried_three_times_with_growing_pauses_and_given_up_on(
    office: Office,
) -> None:
    async def fail(context: JobContext) -> JobResult:
        raise RuntimeError("the password is hunter2")

    job = await office.enqueue("fail")
    worker = office.worker(fail=fail)
    for pause in (10, 60):
        assert await worker.run_due() == 1
        assert (await office.job(job)).state is JobState.QUEUED
        office.clock.advance(seconds=pause - 1)
        assert await worker.run_due() == 0
        office.clock.advance(seconds=1)
    assert await worker.run_due() == 1
    dead = await office.job(job)
    assert (dead.state, dead.attempts) == (JobState.DEAD, 3)
    assert "hunter2" not in str(dead.problem)
    assert await worker.run_due() == 0
    await office.retry(job)
    assert await office.worker(fail=report_of_nothing).run_due() == 1
    assert (await office.job(job)).state is JobState.DONE


async def report_of_nothing(context: JobContext) -> JobResult:
    return JobResult()


async def test_same_work_is_queued_once_while_it_is_unfinished(office: Office) -> None:
    first = await office.enqueue("same", dedup_key="2026-03")
    assert (await office.enqueue("same", dedup_key="2026-03")).id == first.id
    others = [
        await office.enqueue("same", dedup_key="2026-04"),
        await office.enqueue("other", dedup_key="2026-03"),
        await office.enqueue("same", dedup_key="2026-03", owner=None),
    ]
    assert len({first.id, *(job.id for job in others)}) == 4
    await office.worker(same=report_of_nothing).run_due()
    assert (await office.enqueue("same", dedup_key="2026-03")).id != first.id


async def test_work_that_was_asked_for_anew_is_not_retried_beside_it(office: Office) -> None:
    first = await office.enqueue("same", dedup_key="k")
    await office.cancel(first)
    await office.enqueue("same", dedup_key="k")
    with pytest.raises(WrongState, match="under way"):
        await office.retry(first)


async def test_waiting_job_is_cancelled_at_once(office: Office) -> None:
    job = await office.enqueue()
    await office.cancel(job)
    await office.cancel(job)
    assert (await office.job(job)).state is JobState.CANCELLED
    assert await office.worker(report=report).run_due() == 0


@pytest.mark.parametrize("how", ["step", "beat"])
async def test_running_job_is_cancelled_at_its_next_step_or_beat(
    office: Office, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "BEAT_S", 0.01)
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> JobResult:
        begun.set()
        await cancelled.wait()
        if how == "step":
            await context.progress(1)
        await asyncio.Event().wait()
        raise AssertionError

    job = await office.enqueue("run")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(office.worker(run=run).run_due())
        await begun.wait()
        await office.cancel(job)
        cancelled.set()
    ended = await office.job(job)
    assert (ended.state, ended.finished_at) == (JobState.CANCELLED, office.clock.now)


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


async def test_periodic_work_queues_itself_once_per_period(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "POLL_S", 0.01)
    ran: list[object] = []

    async def tick(context: JobContext) -> JobResult:
        ran.append(context.now())
        return JobResult()

    office.periodic = {"test.tick": timedelta(hours=1)}
    async with office.worker(tick=tick).running():
        for count in (1, 2, 3):
            async with asyncio.timeout(30):
                while len(ran) < count:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # it looks again, several times
            assert len(ran) == count
            office.clock.advance(hours=1)


async def test_housekeeping_deletes_what_is_old_with_its_files(office: Office) -> None:
    old = await office.enqueue(payload={"about": "old"})
    await office.worker(report=report).run_due()
    file = office.folder / str((await office.job(old)).file_path)
    files = JobFiles(office.folder)
    await files.give(old.id, b"a table")
    assert await files.given(old.id) == b"a table"
    async with office.database.unit_of_work() as db:
        db.add(
            IdempotencyKey(caller="x", key="k", request_hash="", attempt=uuid4(), claimed_at=NOON)
        )
    office.clock.advance(days=29)
    kept = await office.enqueue(payload={"about": "new"})
    await office.worker(report=report).run_due()
    office.clock.advance(days=1, seconds=1)
    await office.enqueue("house")
    await office.worker(house=housekeeping.keep_house).run_due()
    async with office.database.unit_of_work() as db:
        left = set(await db.scalars(select(Job.id).where(Job.kind == "test.report")))
        assert left == {kept.id}
        assert (await db.scalars(select(IdempotencyKey))).all() == []
    assert not file.exists()
    with pytest.raises(FileNotFoundError):
        await files.given(old.id)
    assert (office.folder / str((await office.job(kept)).file_path)).exists()


@given(st.sampled_from(JobState), st.sampled_from(JobState))
def test_states_that_are_over_lead_only_to_a_new_try(before: JobState, after: JobState) -> None:
    if before in {JobState.DONE, JobState.FAILED, JobState.DEAD, JobState.CANCELLED}:
        assert (after in NEXT_JOB_STATE[before]) == (
            after is JobState.QUEUED and before is not JobState.DONE
        )


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.DEAD])
async def test_job_that_is_over_cannot_be_cancelled(office: Office, state: JobState) -> None:
    job = await office.enqueue()
    async with office.database.unit_of_work() as db:
        await db.execute(update(Job).values(state=state))
    with pytest.raises(WrongState) as refused:
        await office.cancel(job)
    assert refused.value.extra["state"] is state


def test_lease_is_three_beats() -> None:
    assert service.LEASE.total_seconds() == workers.BEAT_S * 3
