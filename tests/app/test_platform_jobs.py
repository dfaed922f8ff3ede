"""The platform's own jobs: what was given up on is seen, and tried again, by who runs it all."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.database import Database
from app.jobs import service
from app.jobs.context import JobContext, JobResult
from app.jobs.files import JobFiles
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.live import hands
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import record
from tests.app.test_jobs_pages import caller
from tests.factories import County, make_county, make_person, make_region

PATH = "/api/admin/platform-jobs"
OPEN = f"{PATH}?is_open=true"


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


async def enqueue(database: Database, clock: Clock, **options: Any) -> UUID:
    async with database.unit_of_work() as db:
        given: dict[str, Any] = {
            "kind": "test.keep",
            "payload": {},
            "owner": None,
            "dedup_key": "periodic",
        }
        job = await service.enqueue(db, **(given | options), now=clock.now)
    clock.advance(seconds=1)
    return job.id


async def work(app: FastAPI, database: Database, clock: Clock, *, times: int = 1) -> None:
    """Have every job break that is due."""

    async def breaks(_: JobContext) -> JobResult:
        raise OSError(28, "No space left on device")

    files: JobFiles = app.state.job_files
    worker = Worker(
        database,
        database.events,
        handlers={"test.keep": breaks},
        periodic={},
        files=files,
        queues=frozenset(Queue),
        clock=clock,
    )
    for _ in range(times):
        assert await worker.run_due() == 1
        clock.advance(minutes=5)


async def put(database: Database, job_id: UUID, **values: Any) -> None:
    async with database.unit_of_work() as db:
        job = await db.get_one(Job, job_id)
        for name, value in values.items():
            setattr(job, name, value)


async def listed(browser: TestBrowser, path: str = OPEN) -> list[dict[str, Any]]:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_what_was_given_up_on_says_why_and_is_tried_again(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser
) -> None:
    job_id = await enqueue(database, clock)
    await work(app, database, clock, times=2)
    assert await listed(keeper) == []  # a third attempt follows
    await work(app, database, clock)
    (one,) = await listed(keeper)
    assert (one["id"], one["state"], one["attempts"]) == (str(job_id), "DEAD", 3)
    assert one["error"] == "OSError: [Errno 28] No space left on device"
    assert (one["session_id"], one["title"], one["can_retry"]) == (None, None, True)
    again = await keeper.post(f"{PATH}/{job_id}/retry")
    assert (again.status_code, again.json()["state"], again.json()["error"]) == (
        200,
        "QUEUED",
        None,
    )
    assert await listed(keeper) == []
    twice = await keeper.post(f"{PATH}/{job_id}/retry")
    assert (twice.status_code, twice.json()["type"]) == (409, "wrong-state")


async def test_what_broke_an_owners_job_is_for_the_log_alone(
    app: FastAPI, database: Database, clock: Clock, county: County, keeper: TestBrowser
) -> None:
    job_id = await enqueue(database, clock, owner=caller(county.administrator))
    await work(app, database, clock, times=3)
    shown = (await keeper.get(f"/api/jobs/{job_id}")).json()
    assert (shown["state"], shown["problem"]["type"]) == ("DEAD", "internal-error")
    assert "No space" not in str(shown)
    assert await listed(keeper, PATH) == []
    assert (await keeper.post(f"{PATH}/{job_id}/retry")).status_code == 404


async def test_the_recording_a_job_is_about_is_named(
    database: Database, clock: Clock, county: County, keeper: TestBrowser
) -> None:
    recorded = await record(database, county, clock)
    job_id = await enqueue(database, clock, payload={"recording_id": str(recorded.id)})
    await put(database, job_id, state=JobState.DEAD)
    (one,) = await listed(keeper)
    assert (one["session_id"], bool(one["title"])) == (str(recorded.session_id), True)


@pytest.mark.parametrize(
    ("later", "is_made_good"),
    [
        ({"state": JobState.DONE}, True),
        ({"state": JobState.QUEUED, "attempts": 0}, False),  # it has not begun
        ({"state": JobState.QUEUED, "attempts": 0, "started_at": 1}, True),  # it goes on later
        ({"state": JobState.QUEUED, "attempts": 1, "started_at": 1}, False),  # it broke once
        ({"state": JobState.RUNNING, "attempts": 1, "started_at": 1}, True),
        ({"state": JobState.RUNNING, "attempts": 2, "started_at": 1}, False),
        ({"state": JobState.CANCELLED}, False),
        ({"state": JobState.DONE, "kind": "test.other"}, False),
        ({"state": JobState.DONE, "dedup_key": "test.keep::another"}, False),
    ],
)
async def test_what_a_later_job_has_done_needs_no_hand(
    database: Database,
    clock: Clock,
    keeper: TestBrowser,
    later: dict[str, Any],
    *,
    is_made_good: bool,
) -> None:
    dead = await enqueue(database, clock)
    await put(database, dead, state=JobState.DEAD, finished_at=clock.now)
    if "started_at" in later:
        later = later | {"started_at": clock.now}
    await put(database, await enqueue(database, clock), **later)
    assert [each["id"] for each in await listed(keeper)] == ([] if is_made_good else [str(dead)])
    found = await listed(keeper, f"{PATH}?state=DEAD")
    assert [each["id"] for each in found] == [str(dead)]


async def test_a_job_cannot_be_tried_again_while_the_same_work_is_under_way(
    database: Database, clock: Clock, keeper: TestBrowser
) -> None:
    dead = await enqueue(database, clock)
    await put(database, dead, state=JobState.DEAD)
    await enqueue(database, clock)
    answer = await keeper.post(f"{PATH}/{dead}/retry")
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")


async def test_only_who_administers_all_there_is_sees_them(
    database: Database, clock: Clock, county: County, open_browser: OpenBrowser, keeper: TestBrowser
) -> None:
    job_id = await enqueue(database, clock)
    await put(database, job_id, state=JobState.DEAD)

    async def statuses(browser: TestBrowser) -> set[int]:
        asked = [await browser.get(path) for path in (PATH, f"{PATH}/export")]
        return {
            *(answer.status_code for answer in asked),
            (await browser.post(f"{PATH}/{job_id}/retry")).status_code,
        }

    async with database.unit_of_work() as db:
        head = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    for account in (county.teacher, county.supervisor, head):
        assert await statuses(await open_browser(account)) == {403}
    assert await statuses(await open_browser()) == {401}
    assert len(await listed(keeper)) == 1
    async with database.unit_of_work() as db:
        await make_county(db)
    assert await statuses(keeper) == {403}
    async with database.unit_of_work() as db:
        assert (await db.get_one(Job, job_id)).state is JobState.DEAD


async def test_they_are_paged_and_exported_as_they_are_found(
    database: Database, clock: Clock, keeper: TestBrowser
) -> None:
    ids = [await enqueue(database, clock, dedup_key=str(number)) for number in range(3)]
    await put(database, ids[0], state=JobState.DEAD, problem={"type": "x", "detail": "磁盘满"})
    await put(database, ids[1], state=JobState.FAILED)
    first = (await keeper.get(f"{PATH}?limit=2")).json()
    rest = await listed(keeper, f"{PATH}?limit=2&cursor={first['next_cursor']}")
    assert [each["id"] for each in first["items"] + rest] == [str(each) for each in reversed(ids)]
    answer = await keeper.get(f"{PATH}/export?is_open=true&state=DEAD")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["状态"], row["原因"]) for row in rows] == [("已放弃", "磁盘满")]


async def test_the_workbench_counts_them_for_who_sees_them(
    database: Database,
    clock: Clock,
    county: County,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hands, "LOW_DISK_PERCENT", 0)

    async def waiting(browser: TestBrowser) -> dict[str, int]:
        answer = await browser.get("/api/admin/workbench")
        return {each["hand"]: each["count"] for each in answer.json()["hands"]}

    job_id = await enqueue(database, clock)
    assert await waiting(keeper) == {}
    await put(database, job_id, state=JobState.DEAD)
    assert await waiting(keeper) == {"PLATFORM_JOBS": 1}
    assert await waiting(await open_browser(county.supervisor)) == {}
    async with database.unit_of_work() as db:
        await make_region(db)
    assert await waiting(keeper) == {}
