"""A queue for which nobody works is noticed, by what stays undone, and said with what to do."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI

from app.database import Database
from app.jobs import attending, service
from app.jobs.attending import UNATTENDED_AFTER, QueueWatch, unattended
from app.jobs.context import JobContext, JobResult
from app.jobs.models import Queue
from app.jobs.service import LEASE
from app.jobs.worker import Periodic
from app.workers import PERIODIC
from tests.app.conftest import Clock, OpenBrowser
from tests.app.job_office import Office, make_office, report_of_nothing
from tests.factories import County

MINUTE = timedelta(minutes=1)
KEEPING = Periodic(timedelta(minutes=10), Queue.KEEPING)


@pytest.fixture
async def office(either_database: Database, clock: Clock, tmp_path: Path) -> Office:
    return await make_office(either_database, clock, tmp_path / "files")


async def missed(
    office: Office, *, since: datetime | None = None, **periodic: Periodic
) -> dict[Queue, datetime]:
    """Return for which queues nobody works; kinds are named without what they begin with."""
    async with office.database.unit_of_work() as db:
        return await unattended(
            db,
            kinds={"test.report", "test.keep"},
            periodic={f"test.{kind}": each for kind, each in periodic.items()},
            since=since or office.clock.now,
            now=office.clock.now,
        )


async def test_what_is_due_and_stays_undone_says_that_nobody_works(office: Office) -> None:
    queued_at = office.clock.now
    await office.enqueue("report", queue=Queue.HEAVY)
    office.clock.advance(seconds=UNATTENDED_AFTER.total_seconds() - 1)
    assert await missed(office) == {}
    office.clock.advance(seconds=1)
    assert await missed(office) == {Queue.HEAVY: queued_at}
    assert await office.worker(report=report_of_nothing).run_due() == 1
    office.clock.advance(hours=10)
    assert await missed(office) == {}


async def test_work_that_is_not_due_yet_is_missed_by_nobody(office: Office) -> None:
    async def later(context: JobContext) -> JobResult:
        return JobResult(again_at=context.now() + timedelta(hours=1))

    await office.enqueue("report")
    await office.worker(report=later).run_due()
    office.clock.advance(minutes=60)
    assert await missed(office) == {}
    due = office.clock.now
    office.clock.advance(minutes=5)
    assert await missed(office) == {Queue.LIGHT: due}


async def test_who_works_for_long_attends_the_queue_until_its_lease_is_over(
    office: Office,
) -> None:
    for _ in range(2):
        await office.enqueue("report", queue=Queue.HEAVY)
    office.clock.advance(hours=1)
    async with office.database.unit_of_work() as db:
        assert await service.claim(db, Queue.HEAVY, ["test.report"], now=office.clock.now)
    seen = office.clock.now
    for after, is_missed in ((LEASE, False), (UNATTENDED_AFTER, True)):
        office.clock.now = seen + after
        assert await missed(office) == ({Queue.HEAVY: seen} if is_missed else {})


async def test_who_works_through_a_long_queue_attends_it(office: Office) -> None:
    for _ in range(3):
        await office.enqueue("report")
    office.clock.advance(hours=1)
    worker = office.worker(report=report_of_nothing)
    assert await worker._run_next(Queue.LIGHT)
    seen = office.clock.now
    assert await missed(office) == {}
    office.clock.advance(minutes=5)
    assert await missed(office) == {Queue.LIGHT: seen}


async def test_what_is_cancelled_is_no_sign_of_a_worker(office: Office) -> None:
    queued_at = office.clock.now
    await office.enqueue("report")
    other = await office.enqueue("report")
    office.clock.advance(minutes=6)
    await office.cancel(other)
    assert await missed(office) == {Queue.LIGHT: queued_at}


async def test_periodic_work_is_missed_when_nobody_queues_it(office: Office) -> None:
    started_at = office.clock.now
    office.clock.advance(minutes=5)
    assert await missed(office, since=started_at, keep=KEEPING) == {Queue.KEEPING: started_at}
    office.periodic = {"test.keep": KEEPING}
    worker = office.worker(keep=report_of_nothing)
    await worker._queue_periodic(Queue.KEEPING)
    assert await worker.run_due() == 1
    done_at = office.clock.now
    for minutes, is_missed in ((0, False), (14, False), (15, True)):
        office.clock.now = done_at + minutes * MINUTE
        expected = {Queue.KEEPING: done_at + KEEPING.every} if is_missed else {}
        assert await missed(office, since=started_at, keep=KEEPING) == expected


async def test_a_job_that_no_worker_of_this_version_can_do_says_nothing_of_workers(
    office: Office,
) -> None:
    await office.enqueue("retired")
    office.clock.advance(hours=1)
    assert await missed(office) == {}


async def test_it_is_said_at_once_and_every_ten_minutes_until_somebody_works(
    office: Office,
) -> None:
    watch = QueueWatch(office.database, kinds={"test.report"}, periodic={}, clock=office.clock)
    await office.enqueue("report", queue=Queue.KEEPING)
    office.clock.advance(minutes=6)

    async def said() -> list[Any]:
        with structlog.testing.capture_logs() as logs:
            await watch.look()
        return [
            (entry["queue"], entry["minutes"])
            for entry in logs
            if entry["event"] == "queue_unattended"
        ]

    assert await said() == [("KEEPING", 6)]
    office.clock.advance(minutes=9)
    assert await said() == []
    office.clock.advance(minutes=1)
    assert await said() == [("KEEPING", 16)]
    await office.worker(report=report_of_nothing).run_due()
    assert await said() == []
    assert watch.found == {}


async def test_a_server_looks_while_it_runs_and_says_it_to_who_administers(
    app: FastAPI,
    county: County,
    database: Database,
    clock: Clock,
    open_browser: OpenBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attending, "UNATTENDED_AFTER", timedelta())
    monkeypatch.setattr(attending, "LOOK_EVERY_S", 0.01)
    keeping = {kind: each for kind, each in PERIODIC.items() if each.queue is Queue.KEEPING}
    watch = QueueWatch(database, kinds=keeping, periodic=keeping, clock=clock)
    app.state.queue_watch = watch
    browser = await open_browser(county.administrator)
    async with watch.running():
        clock.advance(minutes=90)
        async with asyncio.timeout(20):
            while not watch.found:
                await asyncio.sleep(0.01)
        hands = (await browser.get("/api/admin/workbench")).json()["hands"]
        assert {"hand": "QUEUE_KEEPING", "count": 90} in hands
        assert (await browser.get("/healthz")).json()["unattended_queues"] == "KEEPING"


async def test_each_queue_that_nobody_works_for_is_named_on_the_workbench(
    app: FastAPI, county: County, clock: Clock, open_browser: OpenBrowser
) -> None:
    app.state.queue_watch.found = dict.fromkeys(Queue, clock.now - 7 * MINUTE)
    browser = await open_browser(county.administrator)
    hands = (await browser.get("/api/admin/workbench")).json()["hands"]
    minutes = {each["hand"]: each["count"] for each in hands}
    assert {minutes.get(f"QUEUE_{queue}") for queue in Queue} == {7}
