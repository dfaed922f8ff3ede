"""Facts that an upgrade found stale: counted anew while the platform serves, and said so."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.attendance import delivered, recounting
from app.attendance.delivered import PERIODS
from app.attendance.recounting import Recount
from app.database import Database
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.schools.models import School
from app.workers import PERIODIC, job_handlers
from tests.app.conftest import Clock, OpenBrowser
from tests.app.coverage_office import asked, counted_world
from tests.app.coverage_world import World
from tests.app.held_lessons import run_jobs


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is done, and what is refused meanwhile, are statements."""
    return either_url


Facts = list[tuple[Any, ...]]


async def facts(database: Database) -> Facts:
    async with database.unit_of_work() as db:
        return sorted(map(tuple, await db.execute(select(PERIODS))), key=repr)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await counted_world(database, tmp_path)


async def make_stale(database: Database) -> Facts:
    """Have the facts say too much, as an upgrade finds them; return what they should say."""
    right = await facts(database)
    async with database.unit_of_work() as db:
        await db.execute(update(PERIODS).values(periods=PERIODS.c.periods + 5))
        db.add(Recount(what=PERIODS.name))
    assert await facts(database) != right
    return right


async def enqueue(database: Database, clock: Clock) -> Job:
    async with database.unit_of_work() as db:
        return await jobs.enqueue(
            db,
            kind=recounting.KIND,
            payload={},
            owner=None,
            queue=Queue.HEAVY,
            now=clock.now,
        )


async def test_figures_are_refused_until_they_are_counted_and_the_rest_is_served(
    database: Database, world: World, open_browser: OpenBrowser, clock: Clock, tmp_path: Path
) -> None:
    office = await open_browser(world.county.administrator)
    question = asked(world)
    before = (await office.get(f"/api/coverage/figures?{question}")).json()
    await make_stale(database)
    async with database.unit_of_work() as db:
        first = await db.scalar(select(School.id).order_by(School.id).limit(1))
        await db.execute(update(Recount).values(reached_id=first))
        of_first = update(PERIODS).where(PERIODS.c.school_id == first)  # this one has been done
        await db.execute(of_first.values(periods=PERIODS.c.periods - 5))
        schools = len((await db.scalars(select(School.id))).all())
    for path in ("figures", "figures/export", "sites", "sites/export", "gaps", "lessons"):
        answer = await office.get(f"/api/coverage/{path}?{question}")
        assert answer.status_code == 503, path
        said = answer.json()
        assert (said["type"], said["done"]) == ("figures-being-counted", 1), path
        assert said["schools"] == schools
        assert int(answer.headers["Retry-After"]) > 0
    report = await office.post(
        "/api/coverage/reports",
        {
            "roster_id": str(world.roster.id),
            "first": world.term.starts_on.isoformat(),
            "last": world.term.ends_on.isoformat(),
        },
    )
    assert (report.status_code, report.json()["type"]) == (503, "figures-being-counted")
    for path in ("/readyz", "/api/admin/workbench", "/api/admin/attendance", "/api/lessons"):
        assert (await office.get(path)).status_code == 200, path
    await enqueue(database, clock)
    await run_jobs(database, clock, JobFiles(tmp_path))
    assert (await office.get(f"/api/coverage/figures?{question}")).json() == before


async def test_who_is_killed_goes_on_where_it_was(
    database: Database,
    world: World,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = await make_stale(database)
    job = await enqueue(database, clock)
    done: list[UUID] = []
    write = delivered.refresh

    async def refresh(*args: Any, schools: Sequence[UUID], **options: Any) -> None:
        done.extend(schools)
        await write(*args, schools=schools, **options)
        if len(done) == 3:
            raise InterruptedError

    monkeypatch.setattr(recounting, "AT_ONCE", 1)
    monkeypatch.setattr(delivered, "refresh", refresh)
    await run_jobs(database, clock, JobFiles(tmp_path))
    async with database.unit_of_work() as db:
        schools = (await db.scalars(select(School.id).order_by(School.id))).all()
        assert (await db.scalars(select(Recount.reached_id))).all() == [schools[1]]
    assert await facts(database) != right
    clock.advance(minutes=10)
    await run_jobs(database, clock, JobFiles(tmp_path))
    # The third was written, and its transaction was lost: it is done again, and no other.
    assert done == [*schools[:3], *schools[2:]]
    assert await facts(database) == right
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Recount))).all() == []
        assert (await db.get_one(Job, job.id)).state is JobState.DONE


async def test_a_worker_that_begins_counts_by_itself(
    database: Database, world: World, clock: Clock, tmp_path: Path
) -> None:
    right = await make_stale(database)
    worker = Worker(
        database,
        database.events,
        handlers=job_handlers(),
        periodic={recounting.KIND: PERIODIC[recounting.KIND]},
        files=JobFiles(tmp_path),
        queues=frozenset({Queue.HEAVY}),
        clock=clock,
    )
    async with asyncio.timeout(60), worker.running():
        while await is_due(database):
            await asyncio.sleep(0.01)
    assert await facts(database) == right


async def is_due(database: Database) -> bool:
    async with database.unit_of_work() as db:
        return await db.scalar(select(Recount.what)) is not None


async def test_without_lessons_there_is_nothing_to_count(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    async with database.unit_of_work() as db:
        db.add(Recount(what=PERIODS.name))
    job = await enqueue(database, clock)
    await run_jobs(database, clock, JobFiles(tmp_path))
    assert not await is_due(database)
    async with database.unit_of_work() as db:
        assert (await db.get_one(Job, job.id)).result == {"schools": 0}
