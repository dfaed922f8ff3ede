"""Jobs as their owner sees them, and nobody else; the commands."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from app.accounts.models import Account
from app.database import Database
from app.events import EventBus
from app.jobs import service
from app.jobs.context import JobContext, JobFile, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.security import PersonCaller
from app.settings import HOME
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import NOON, County


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: lists and rights are statements."""
    return either_url


def caller(account: Account) -> PersonCaller:
    return PersonCaller(
        person_id=account.person_id,
        account_id=account.id,
        session_id=account.id,
        name="",
        school_id=None,
        csrf_token="",
        is_restricted=False,
        grants=(),
    )


@pytest.fixture
def enqueue(database: Database, clock: Clock) -> Any:
    async def enqueue(account: Account | None, kind: str = "test.report") -> UUID:
        async with database.unit_of_work() as db:
            owner = None if account is None else caller(account)
            job = await service.enqueue(db, kind=kind, payload={}, owner=owner, now=clock.now)
        clock.advance(seconds=1)
        return job.id

    return enqueue


async def run(app: FastAPI, database: Database, clock: Clock) -> None:
    async def report(context: JobContext) -> JobResult:
        path = await context.file("out.txt")
        await asyncio.to_thread(path.write_text, "六个教学点")
        return JobResult({"points": 6}, JobFile(path, "报告 1.txt", "text/plain; charset=utf-8"))

    files: JobFiles = app.state.job_files
    worker = Worker(
        database,
        database.events,
        handlers={"test.report": report},
        periodic={},
        files=files,
        queues=frozenset(Queue),
        clock=clock,
    )
    await worker.run_due()


async def test_owner_watches_a_job_and_fetches_its_file(
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    enqueue: Any,
    open_browser: OpenBrowser,
) -> None:
    job = await enqueue(county.administrator)
    browser = await open_browser(county.administrator)
    waiting = (await browser.get(f"/api/jobs/{job}")).json()
    assert (waiting["state"], waiting["file"], waiting["can_cancel"]) == ("QUEUED", None, True)
    assert (await browser.get(f"/api/jobs/{job}/file")).status_code == 410
    await run(app, database, clock)
    done = (await browser.get(f"/api/jobs/{job}")).json()
    assert (done["state"], done["result"]) == ("DONE", {"points": 6})
    assert (done["can_cancel"], done["can_retry"]) == (False, False)
    sent = await browser.get(done["file"]["url"])
    assert sent.text == "六个教学点"
    assert len(sent.content) == done["file"]["bytes"]
    assert "utf-8''%E6%8A%A5" in sent.headers["content-disposition"]
    path: Path = next(Path(app.state.settings.files_dir).rglob("out.txt"))
    path.unlink()
    assert (await browser.get(done["file"]["url"])).json()["type"] == "no-file"


async def test_jobs_are_their_owners_alone(
    county: County, enqueue: Any, open_browser: OpenBrowser, database: Database
) -> None:
    job, system = await enqueue(county.administrator), await enqueue(None)
    other = await open_browser(county.supervisor)
    for path in ("", "/file"):
        for each in (job, system, UUID(int=1)):
            assert (await other.get(f"/api/jobs/{each}{path}")).status_code == 404
    for act in ("cancel", "retry"):
        assert (await other.post(f"/api/jobs/{job}/{act}")).status_code == 404
    assert (await other.get("/api/jobs")).json()["items"] == []
    assert len((await other.get("/api/jobs/export")).content.splitlines()) == 1
    device = await open_browser(device=county.credentials[0])
    assert (await device.get("/api/jobs")).status_code == 401


async def test_list_is_paged_filtered_and_exported(
    county: County, enqueue: Any, open_browser: OpenBrowser, database: Database
) -> None:
    jobs = [await enqueue(county.teacher, kind) for kind in ("a.b", "a.b", "c")]
    async with database.unit_of_work() as db:
        await db.execute(
            update(Job)
            .where(Job.id == jobs[0])
            .values(state=JobState.DEAD, problem={"type": "t", "detail": "=because"})
        )
    browser = await open_browser(county.teacher)
    first = (await browser.get("/api/jobs?limit=2")).json()
    rest = (await browser.get(f"/api/jobs?limit=2&cursor={first['next_cursor']}")).json()
    shown = [item["id"] for item in first["items"] + rest["items"]]
    assert shown == [str(job) for job in reversed(jobs)]
    dead = (await browser.get("/api/jobs?state=DEAD&state=FAILED&kind=a.b")).json()["items"]
    assert [(item["id"], item["problem"]["detail"]) for item in dead] == [(shown[2], "=because")]
    table = (await browser.get("/api/jobs/export?state=DEAD")).content.decode("utf-8-sig")
    assert table.splitlines()[1].startswith("a.b,已放弃,2026-03-02 10:00:00,")
    assert table.splitlines()[1].endswith(",'=because")


async def test_owner_cancels_and_tries_again(
    county: County, enqueue: Any, open_browser: OpenBrowser
) -> None:
    job = await enqueue(county.administrator)
    browser = await open_browser(county.administrator)
    cancelled = await browser.post(f"/api/jobs/{job}/cancel")
    assert (cancelled.json()["state"], cancelled.json()["can_retry"]) == ("CANCELLED", True)
    again = await browser.post(f"/api/jobs/{job}/retry")
    assert again.json()["state"] == "QUEUED"
    twice = await browser.post(f"/api/jobs/{job}/retry")
    assert (twice.status_code, twice.json()["type"]) == (409, "wrong-state")
    assert twice.json()["possible"] == ["CANCELLED", "RUNNING"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


async def test_worker_command_does_the_periodic_work_and_stops_when_told(tmp_path: Path) -> None:
    environment = {"CLASSROOMS_VAR_DIR": str(tmp_path), "CLASSROOMS_LOG_JSON": "true"}
    process = await asyncio.create_subprocess_exec(
        *command("worker", "--queue", "LIGHT"),
        cwd=HOME,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    printed = b""
    try:
        async with asyncio.timeout(60):
            while b"job_done" not in printed:
                line = await process.stdout.readline()
                assert line, printed
                printed += line
        process.terminate()
        async with asyncio.timeout(30):
            assert await process.wait() == 0, printed
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert b"The worker waits for jobs." in printed


def test_dead_letters_are_listed_and_tried_again(tmp_path: Path) -> None:
    environment = {"CLASSROOMS_VAR_DIR": str(tmp_path)}

    def jobs(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            command("jobs", *arguments),
            cwd=HOME,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    code, said = jobs()
    assert code == 0
    assert "No job was given up on." in said
    code, said = jobs("--retry", str(UUID(int=1)))
    assert code == 2
    assert "was given up on" in said

    async def kill_one() -> UUID:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'classrooms.db'}", EventBus())
        async with database.unit_of_work() as db:
            job = await service.enqueue(db, kind="x.y", payload={}, owner=None, now=NOON)
            await db.execute(update(Job).values(state=JobState.DEAD))
        await database.close()
        return job.id

    job = asyncio.run(kill_one())
    assert f"{job}  x.y  2026-03-02 02:00" in jobs()[1]
    assert "will be tried again" in jobs("--retry", str(job))[1]
    assert "No job was given up on." in jobs()[1]
