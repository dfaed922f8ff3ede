"""What an office does with figures in tests: it asks, has jobs done, locks a term and signs."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import update

from app.attendance import delivered
from app.attendance.models import AttendanceLock, AttendanceRecord, AttendanceState
from app.database import Database
from app.jobs.models import Queue
from app.jobs.worker import Worker
from app.workers import make_worker
from tests.app.conftest import Clock, TestBrowser
from tests.app.coverage_world import World, make_world
from tests.app.test_coverage_figures import take_roster

JSON = dict[str, Any]


async def counted_world(database: Database, folder: Path) -> World:
    """Make a world whose facts are counted and whose roster is taken."""
    async with database.unit_of_work() as db:
        made = await make_world(db, 5)
        await delivered.refresh_of_records(db, [row.record_id for row in made.rows])
        made.roster = await take_roster(db, made, folder)
    return made


def asked(world: World, **more: str) -> str:
    parts = {
        "roster_id": world.roster.id,
        "from": world.term.starts_on,
        "to": world.term.ends_on,
        **more,
    }
    return "&".join(f"{name}={value}" for name, value in parts.items())


async def found(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def run_jobs(app: FastAPI, clock: Clock) -> None:
    state = app.state
    worker: Worker = make_worker(
        state.settings,
        state.database,
        state.events,
        queues=frozenset(Queue),
        store=None,
        second=None,
    )
    worker._clock = clock
    while await worker.run_due():
        pass


async def done(
    app: FastAPI, clock: Clock, browser: TestBrowser, path: str, body: JSON, **more: Any
) -> JSON:
    answer = await browser.send("POST", path, json=body, **more)
    assert answer.status_code == 202, answer.text
    await run_jobs(app, clock)
    job: JSON = await found(browser, f"/api/jobs/{answer.json()['id']}")
    return job


async def lock_all(database: Database, world: World, clock: Clock) -> None:
    async with database.unit_of_work() as db:
        lock = AttendanceLock(
            term_id=world.term.id,
            person_id=world.county.administrator.person_id,
            at=clock.now,
        )
        db.add(lock)
        await db.flush()
        await db.execute(
            update(AttendanceRecord)
            .where(AttendanceRecord.state != AttendanceState.LOCKED)
            .values(state=AttendanceState.LOCKED, locked_by_id=lock.id)
        )
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])


async def sign(app: FastAPI, clock: Clock, office: TestBrowser, body: JSON) -> JSON:
    """Compute, check and sign a sheet; each later check is from the rows as they were."""
    job = await done(app, clock, office, "/api/coverage/sheets", body)
    path = f"/api/coverage/sheets/{job['result']['sheet_id']}"
    etag = (await office.get(path)).headers["ETag"]
    checked = await done(app, clock, office, f"{path}/check", {"note": "已核"}, etag=etag)
    assert checked["state"] == "DONE", checked
    etag = (await office.get(path)).headers["ETag"]
    answer = await office.send("POST", f"{path}/sign-off", json={"note": "同意"}, etag=etag)
    assert answer.status_code == 200, answer.text
    signed: JSON = answer.json()
    return signed
