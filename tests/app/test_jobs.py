"""Jobs are queued, run, refused, cancelled, tried again and in the end forgotten."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from app.database import Database
from app.errors import Problem, WrongState
from app.idempotency import IdempotencyKey
from app.jobs import housekeeping, queries, service
from app.jobs import worker as workers
from app.jobs.context import JobContext, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import NEXT_JOB_STATE, Job, JobState, Queue
from tests.app.conftest import Clock
from tests.app.job_office import Office, make_office, report, report_of_nothing
from tests.factories import NOON


@pytest.fixture
async def office(either_database: Database, clock: Clock, tmp_path: Path) -> Office:
    return await make_office(either_database, clock, tmp_path / "files")


class BadFile(Problem):
    """A refusal of a handler."""

    status, type, title = 422, "bad-file", "Bad file"


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


async def test_a_job_knows_how_many_of_its_queue_come_before_it(office: Office) -> None:
    enqueued = []
    for _ in range(3):
        enqueued.append(await office.enqueue(queue=Queue.HEAVY))
        office.clock.advance(seconds=1)  # ids of one moment are in no order
    first, second, third = enqueued
    await office.enqueue(queue=Queue.LIGHT)

    async def ahead() -> list[int]:
        async with office.database.unit_of_work() as db:
            return [
                await queries.ahead_of(db, await db.get_one(Job, job.id), now=office.clock.now)
                for job in (first, second, third)
            ]

    assert await ahead() == [0, 1, 2]
    async with office.database.unit_of_work() as db:
        await service.claim(db, Queue.HEAVY, ["test.report"], now=office.clock.now)
    assert await ahead() == [0, 1, 2], "what is worked on comes before"
    async with office.database.unit_of_work() as db:
        (await db.get_one(Job, second.id)).run_after += timedelta(minutes=1)
    assert await ahead() == [0, 0, 1], "what is put off waits for no turn, nor anybody for it"


async def test_another_attempt_begins_anew_to_say_how_far_it_is(office: Office) -> None:
    seen: list[tuple[int, int | None, str]] = []

    async def run(context: JobContext) -> JobResult:
        there = await office.job(job)
        seen.append((there.progress_done, there.progress_total, there.progress_note))
        await context.progress(80, 100, "composing")
        raise OSError("this attempt breaks")

    job = await office.enqueue("run")
    await office.worker(run=run).run_due()
    told = await office.job(job)
    assert (told.progress_done, told.progress_total, told.progress_note) == (80, 100, "composing")
    office.clock.advance(seconds=service.RETRY_AFTER[0].total_seconds())
    await office.worker(run=run).run_due()
    assert seen == [(0, None, "")] * 2


@pytest.mark.parametrize("was", ["waiting", "tried", "cancelled"])
async def test_job_is_taken_off_its_queue_unless_it_was_tried_or_is_over(
    office: Office, was: str
) -> None:
    async def breaks(context: JobContext) -> JobResult:
        raise OSError("this attempt breaks")

    job = await office.enqueue("run")
    if was == "tried":
        await office.worker(run=breaks).run_due()
    if was == "cancelled":
        await office.cancel(job)
    async with office.database.unit_of_work() as db:
        await service.take_off(db, await db.get_one(Job, job.id))
    async with office.database.unit_of_work() as db:
        assert (await db.get(Job, job.id) is None) is (was == "waiting")


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


async def test_job_that_goes_on_later_is_put_off_as_if_it_were_new(office: Office) -> None:
    ran: list[int] = []

    async def look(context: JobContext) -> JobResult:
        ran.append(context.attempt)
        return JobResult({"looks": len(ran)}, again_at=context.now() + timedelta(minutes=1))

    job = await office.enqueue("look")
    worker = office.worker(look=look)
    for _ in range(5):
        assert await worker.run_due() == 1
        assert await worker.run_due() == 0
        office.clock.advance(minutes=1)
    waiting = await office.job(job)
    assert ran == [1] * 5
    assert (waiting.state, waiting.lease, waiting.result) == (JobState.QUEUED, None, {"looks": 5})


async def test_job_that_waits_counts_as_queued_however_old_it_is(office: Office) -> None:
    async def look(context: JobContext) -> JobResult:
        is_over = "until" not in context.payload
        return JobResult(again_at=None if is_over else context.now() + timedelta(days=2))

    for payload, is_waiting in ({"until": "for ever"}, True), ({}, False):
        office.clock.advance(days=3)
        job = await office.enqueue("look", payload=payload)
        assert await office.worker(look=look).run_due() >= 1
        office.clock.advance(hours=5)
        async with office.database.unit_of_work() as db:
            await db.execute(delete(Job).where(Job.id != job.id))
            assert is_waiting is await queries.is_queued_or_was_since(
                db, "test.look", office.clock.now - timedelta(hours=1)
            )
