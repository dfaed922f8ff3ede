"""What is done with jobs: queue, claim, prolong, finish, cancel, try again.

Whoever works on a job holds its `lease`; every write of a worker names it, so that a worker
that was taken for dead changes nothing more when it wakes.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import count_of, is_one
from app.errors import Problem, WrongState
from app.events import emit
from app.jobs import queries
from app.jobs.events import JobQueued
from app.jobs.models import NEXT_JOB_STATE, Job, JobState, Queue
from app.security import PersonCaller

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
MOST_ERROR_CHARACTERS = 500
# Before the second and the third attempt: what failed may mend by itself.
RETRY_AFTER = (timedelta(seconds=10), timedelta(seconds=60))


def _require(job: Job, state: JobState) -> None:
    """Raise WrongState unless the job can come into `state`."""
    possible = NEXT_JOB_STATE[job.state]
    if state not in possible:
        raise WrongState(
            f"The job is {job.state}.",
            state=job.state,
            possible=sorted(each.value for each in possible),
        )


def key_of(kind: str, owner_id: UUID | None, dedup_key: str) -> str:
    """Return what a job has as its `dedup_key` when it was queued with this one."""
    return f"{kind}:{owner_id or ''}:{dedup_key}"


async def enqueue(
    db: AsyncSession,
    *,
    kind: str,
    payload: dict[str, Any],
    owner: PersonCaller | None,
    dedup_key: str | None = None,
    queue: Queue = Queue.LIGHT,
    now: datetime,
) -> Job:
    """Have work done once this transaction has committed, and return its job.

    With `dedup_key`: while the owner has an unfinished job of this kind and key, that one is
    returned instead.
    """
    owner_id = None if owner is None else owner.person_id
    key = None if dedup_key is None else key_of(kind, owner_id, dedup_key)
    job = Job(
        kind=kind,
        queue=queue,
        owner_id=owner_id,
        dedup_key=key,
        payload=payload,
        created_at=now,
        run_after=now,
    )
    try:
        async with db.begin_nested():
            db.add(job)
    except IntegrityError:
        assert key is not None
        there = await queries.unfinished_with(db, key)
        if there is None:  # it ended this very moment
            raise
        return there
    emit(db, JobQueued(queue))
    return job


async def take_off(db: AsyncSession, job: Job) -> None:
    """Take a job off its queue as if nobody had asked for it.

    One that was tried, or is over, stays. To be given back by a worker that stopped is no try.
    """
    await db.execute(
        delete(Job)
        .where(Job.id == job.id, Job.state == JobState.QUEUED, Job.attempts == 0)
        .execution_options(synchronize_session=False)
    )


async def claim(
    db: AsyncSession, queue: Queue, kinds: list[str], *, worker: str = "", now: datetime
) -> Job | None:
    """Take the next job and return it, or None when there is nothing to do.

    `worker`: the name of who takes it (at most 80 characters). A job whose worker died on the last
    attempt is given up on, and the next is looked for.
    """
    while (job := await queries.next_runnable(db, queue, kinds, now=now)) is not None:
        is_given_up = job.attempts >= MOST_ATTEMPTS
        taken = await db.execute(
            update(Job)
            .where(Job.id == job.id, Job.state == job.state, _is_leased(job.lease))
            .values(_given_up(now) if is_given_up else _taken(job, worker, now))
            .execution_options(synchronize_session=False)
        )
        await db.refresh(job)
        if is_one(taken) and not is_given_up:
            return job
    return None


def _is_leased(lease: UUID | None) -> Any:
    return Job.lease.is_(None) if lease is None else Job.lease == lease


def _taken(job: Job, worker: str, now: datetime) -> dict[str, Any]:
    return {
        "state": JobState.RUNNING,
        "worker": worker,
        "lease": uuid4(),
        "lease_until": now + LEASE,
        "attempts": job.attempts + 1,
        "started_at": job.started_at or now,
        # Not how far an earlier attempt came: this one begins anew.
        "progress_done": 0,
        "progress_total": None,
        "progress_note": "",
    }


def _given_up(now: datetime) -> dict[str, Any]:
    problem = {
        "type": "worker-lost",
        "detail": f"The worker died on each of {MOST_ATTEMPTS} attempts.",
    }
    return _ended(JobState.DEAD, now) | {"problem": problem}


def _ended(state: JobState, now: datetime) -> dict[str, Any]:
    return {"state": state, "finished_at": now, "lease": None, "lease_until": None}


async def _change(db: AsyncSession, job_id: UUID, held: UUID, **values: Any) -> bool:
    """Change a job on behalf of who holds its lease; return whether it still is held."""
    return is_one(
        await db.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == JobState.RUNNING, Job.lease == held)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    )


async def take_back(db: AsyncSession, *, worker: str) -> int:
    """Let others have at once what the worker of this name had, which is no more.

    Return how many jobs that were. To die was an attempt. If it lives after all, its leases are
    lost: it changes nothing more.
    """
    taken = await db.execute(
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.worker == worker)
        .values(state=JobState.QUEUED, lease=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return count_of(taken)


async def prolong(
    db: AsyncSession, *, job_id: UUID, lease: UUID, now: datetime
) -> tuple[bool, bool]:
    """Prolong a lease. Return whether it still is held, and whether it is asked to cancel."""
    is_ours = await _change(db, job_id, lease, lease_until=now + LEASE)
    return is_ours, is_ours and await queries.is_cancel_asked(db, job_id)


async def tell_progress(
    db: AsyncSession,
    *,
    job_id: UUID,
    lease: UUID,
    done: int,
    total: int | None,
    note: str,
    now: datetime,
) -> tuple[bool, bool]:
    """Write down how far a job is, and prolong its lease. Return as `prolong` does."""
    is_ours = await _change(
        db,
        job_id,
        lease,
        progress_done=done,
        progress_total=total,
        progress_note=note[:200],
        lease_until=now + LEASE,
    )
    return is_ours, is_ours and await queries.is_cancel_asked(db, job_id)


async def finish(
    db: AsyncSession,
    *,
    job_id: UUID,
    lease: UUID,
    result: dict[str, Any],
    file: dict[str, Any],
    now: datetime,
) -> bool:
    """Write down what came of a job. Return whether it was still ours to do so."""
    return await _change(
        db, job_id, lease, result=result, problem=None, **file, **_ended(JobState.DONE, now)
    )


async def refuse(
    db: AsyncSession, *, job_id: UUID, lease: UUID, problem: Problem, now: datetime
) -> bool:
    """Write down why a job cannot be done: trying again would not help."""
    body = {"type": problem.type, "detail": problem.detail or problem.title, **problem.extra}
    return await _change(db, job_id, lease, problem=body, **_ended(JobState.FAILED, now))


async def fail(
    db: AsyncSession,
    *,
    job_id: UUID,
    lease: UUID,
    attempt: int,
    error: Exception | None = None,
    now: datetime,
) -> bool:
    """Write down that an attempt broke. Another follows, unless it was the last.

    `error` is kept beside it: of the platform's own jobs, which only who runs it all reads.
    """
    problem = {"type": "internal-error", "detail": "It has been written to the server's log."}
    if error is not None:
        problem["error"] = f"{type(error).__name__}: {error}"[:MOST_ERROR_CHARACTERS]
    if attempt >= MOST_ATTEMPTS:
        return await _change(db, job_id, lease, problem=problem, **_ended(JobState.DEAD, now))
    return await _put_back(
        db, job_id, lease, run_after=now + RETRY_AFTER[attempt - 1], problem=problem
    )


async def release(
    db: AsyncSession, *, job_id: UUID, lease: UUID, attempt: int, now: datetime
) -> bool:
    """Give a job back because its worker was told to stop: this was no attempt."""
    return await _put_back(db, job_id, lease, run_after=now, attempts=attempt - 1)


async def put_off(
    db: AsyncSession, *, job_id: UUID, lease: UUID, result: dict[str, Any], until: datetime
) -> bool:
    """Have a job that went well go on later. What failed before is forgotten."""
    return await _put_back(
        db, job_id, lease, run_after=until, attempts=0, result=result, problem=None
    )


async def _put_back(db: AsyncSession, job_id: UUID, lease: UUID, **values: Any) -> bool:
    return await _change(
        db, job_id, lease, state=JobState.QUEUED, lease=None, lease_until=None, **values
    )


async def end_cancelled(db: AsyncSession, *, job_id: UUID, lease: UUID, now: datetime) -> bool:
    """Write down that a job was stopped as asked."""
    return await _change(db, job_id, lease, **_ended(JobState.CANCELLED, now))


async def cancel(db: AsyncSession, job: Job, *, now: datetime) -> None:
    """Stop a job: at once when it waits, else as soon as its worker hears of it.

    Asking twice changes nothing. Raise WrongState when it is over.
    """
    if job.state is JobState.CANCELLED:
        return
    if job.state is JobState.QUEUED:
        cancelled = await db.execute(
            update(Job)
            .where(Job.id == job.id, Job.state == JobState.QUEUED)
            .values(_ended(JobState.CANCELLED, now))
            .execution_options(synchronize_session=False)
        )
        await db.refresh(job)
        if is_one(cancelled):
            return
    _require(job, JobState.CANCELLED)
    job.is_cancel_asked = True


async def retry(db: AsyncSession, job: Job, *, now: datetime) -> None:
    """Have a job that did not come to its end tried again, as if it were new. Raise WrongState."""
    _require(job, JobState.QUEUED)
    again: dict[str, Any] = {
        "state": JobState.QUEUED,
        "attempts": 0,
        "is_cancel_asked": False,
        "run_after": now,
        "started_at": None,
        "finished_at": None,
        "progress_done": 0,
        "progress_total": None,
        "progress_note": "",
        "problem": None,
    }
    try:
        async with db.begin_nested():
            changed = await db.execute(
                update(Job)
                .where(Job.id == job.id, Job.state == job.state)
                .values(again)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        raise WrongState("The same work is under way already.", possible=[]) from None
    await db.refresh(job)
    if is_one(changed):
        emit(db, JobQueued(job.queue))


async def delete_jobs(db: AsyncSession, job_ids: list[UUID]) -> None:
    """Delete jobs that ended long ago."""
    await db.execute(delete(Job).where(Job.id.in_(job_ids)))
