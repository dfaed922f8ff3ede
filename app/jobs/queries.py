"""Reads of jobs. A job is seen by the person it belongs to, and by nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.errors import NotFound
from app.jobs.models import UNFINISHED, Job, JobState, Queue
from app.paging import Fetched, PageRequest, fetch_page
from app.security import PersonCaller

GIVEN_UP = frozenset({JobState.FAILED, JobState.DEAD})
LATEST_FIRST = (Job.created_at.desc(), Job.id.desc())


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What to list; empty: whatever."""

    kind: str | None = None
    states: frozenset[JobState] = frozenset()


def jobs_of(person: PersonCaller, wanted: JobFilter) -> Select[Job]:
    """Return the query of a person's jobs."""
    return _found(select(Job).where(Job.owner_id == person.person_id), wanted)


def platform_jobs(wanted: JobFilter) -> Select[Job]:
    """Return the query of the platform's own jobs: for who administers all there is."""
    return _found(select(Job).where(Job.owner_id.is_(None)), wanted)


def dead_letters() -> Select[Job]:
    """Return the query of the platform's own jobs that were given up on, or refused, for good.

    Not those whose work was done by a later job: one that ended well, went on later (`put_off`)
    or is at its first attempt again.
    """
    later = aliased(Job)
    goes_well = or_(
        later.state == JobState.DONE,
        and_(
            later.started_at.is_not(None),
            or_(
                and_(later.state == JobState.QUEUED, later.attempts == 0),
                and_(later.state == JobState.RUNNING, later.attempts == 1),
            ),
        ),
    )
    made_good = exists().where(
        later.owner_id.is_(None),
        later.kind == Job.kind,
        later.dedup_key.is_not_distinct_from(Job.dedup_key),
        later.created_at > Job.created_at,
        goes_well,
    )
    return platform_jobs(JobFilter(None, GIVEN_UP)).where(~made_good)


def _found(query: Select[Job], wanted: JobFilter) -> Select[Job]:
    if wanted.kind is not None:
        query = query.where(Job.kind == wanted.kind)
    return query.where(Job.state.in_(wanted.states)) if wanted.states else query


async def list_jobs(
    db: AsyncSession, person: PersonCaller, wanted: JobFilter, page: PageRequest
) -> Fetched[Job]:
    """Return a page of a person's jobs, the latest first. Raise BadCursor."""
    return await fetch_page(db, jobs_of(person, wanted), order=LATEST_FIRST, page=page)


async def get_job(db: AsyncSession, person: PersonCaller, job_id: UUID) -> Job:
    """Return a job of this person. Raise NotFound."""
    job = await db.scalar(
        jobs_of(person, JobFilter())
        .where(Job.id == job_id)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise NotFound
    return job


async def unfinished_with(db: AsyncSession, dedup_key: str) -> Job | None:
    """Return the unfinished job of this key."""
    return await db.scalar(
        select(Job).where(
            Job.dedup_key == dedup_key, Job.state.in_((JobState.QUEUED, JobState.RUNNING))
        )
    )


async def last_with(db: AsyncSession, kind: str, dedup_key: str) -> Job | None:
    """Return the newest job of this kind and key, whatever became of it."""
    query = select(Job).where(Job.kind == kind, Job.dedup_key == dedup_key)
    return await db.scalar(query.order_by(*LATEST_FIRST).limit(1))


async def next_runnable(
    db: AsyncSession, queue: Queue, kinds: Sequence[str], *, now: datetime
) -> Job | None:
    """Return the next job to run: one that is due, or that was left by a worker that died.

    Locked, where the database can: two workers that look at once find two jobs.
    """
    return await db.scalar(
        select(Job)
        .where(
            Job.queue == queue,
            Job.kind.in_(kinds),
            or_(
                and_(Job.state == JobState.QUEUED, Job.run_after <= now),
                and_(Job.state == JobState.RUNNING, Job.lease_until < now),
            ),
        )
        .order_by(Job.run_after, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def ahead_of(db: AsyncSession, job: Job, *, now: datetime) -> int:
    """Return how many jobs of its queue a job that waits for its turn comes after; 0: none.

    One that is put off waits for no turn.
    """
    if job.state is not JobState.QUEUED or job.run_after > now:
        return 0
    is_before = tuple_(Job.run_after, Job.id) < tuple_(job.run_after, job.id)
    query = select(func.count()).where(
        Job.queue == job.queue,
        or_(Job.state == JobState.RUNNING, and_(Job.state == JobState.QUEUED, is_before)),
    )
    return await db.scalar(query) or 0


async def is_cancel_asked(db: AsyncSession, job_id: UUID) -> bool:
    """Return whether somebody wants a job to stop."""
    return await db.scalar(select(Job.is_cancel_asked).where(Job.id == job_id)) or False


async def is_queued_or_was_since(
    db: AsyncSession, kind: str, moment: datetime, *, beside: UUID | None = None
) -> bool:
    """Return whether a job of this kind, other than `beside`, is queued or was after `moment`."""
    is_other = true() if beside is None else Job.id != beside
    is_there = or_(Job.created_at > moment, Job.state.in_(UNFINISHED))
    query = select(exists().where(Job.kind == kind, is_there, is_other))
    return await db.scalar(query) or False


async def in_state(db: AsyncSession, states: Sequence[JobState]) -> Sequence[Job]:
    """Return all jobs in these states, whoever owns them, newest first. For the command line."""
    rows = await db.scalars(select(Job).where(Job.state.in_(states)).order_by(*LATEST_FIRST))
    return rows.all()


async def finished_before(db: AsyncSession, moment: datetime, *, most: int) -> Sequence[UUID]:
    """Return the ids of some jobs that ended before `moment`."""
    rows = await db.scalars(select(Job.id).where(Job.finished_at < moment).limit(most))
    return rows.all()
