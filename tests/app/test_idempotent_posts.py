"""Which POSTs take an `Idempotency-Key`, why the others do not, and what it does for some."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app import idempotency
from app.attendance.models import AttendanceRecord
from app.database import Base, Database
from app.idempotency import HEADER, IdempotencyKey
from app.jobs.models import Job
from app.schools.room_tests import RoomTest
from app.security import CSRF_HEADER
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.app.given_lessons import giver
from tests.app.test_importing import HUB, POINT, as_csv, finished, of
from tests.app.test_jobs_pages import enqueue as enqueue_fixture
from tests.app.test_jobs_pages import run
from tests.app.test_room_tests import FIGURES
from tests.factories import County

enqueue = enqueue_fixture

SESSION = "it begins or ends a session: there is no caller before, or none after"
SECRET = "it tells a secret of which only the hash is kept; asked again there is another"
NOTHING_KEPT = "it keeps nothing"
REPEATABLE = "it sets what it is told: sent again it changes nothing"
OF_THE_ROOM = "its effect is in transactions of the room's; sent again it finds the lesson over"
WITHOUT_KEY = {
    "sign_in": SESSION,
    "sign_out": SESSION,
    "redeem_link": SESSION,
    "set_password": SESSION,
    "enrol_device": SESSION,
    "forget_device": SESSION,
    "issue_code": SECRET,
    "issue_ticket": SECRET,
    "renew_my_feed": SECRET,
    "renew_classroom_feed": SECRET,
    "check_media": NOTHING_KEPT,
    "check_upload": NOTHING_KEPT,
    "keep_result": REPEATABLE,
    "start": REPEATABLE,
    "end": OF_THE_ROOM,
    "end_session": OF_THE_ROOM,
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who was first is decided by the database."""
    return either_url


def test_every_post_takes_a_key_or_is_named_here_with_its_reason(app: FastAPI) -> None:
    schema = app.openapi()
    key = {"$ref": f"#/components/parameters/header.{HEADER.lower()}"}
    assert f"header.{HEADER.lower()}" in schema["components"]["parameters"]
    without = {
        operation["operationId"]
        for path in schema["paths"].values()
        for method, operation in path.items()
        if method == "post" and key not in operation.get("parameters", ())
    }
    assert without == set(WITHOUT_KEY)


async def keyed(
    browser: TestBrowser, path: str, *, acting_as: str = "person", key: str = "k", **sent: Any
) -> httpx2.Response:
    token = (await browser.me())[acting_as]["csrf_token"]
    headers = {"Origin": BASE_URL, CSRF_HEADER: token, HEADER: key}
    return await browser.client.post(path, headers=headers, **sent)


async def count(database: Database, model: type[Base]) -> int:
    async with database.unit_of_work() as db:
        return await db.scalar(select(func.count()).select_from(model)) or 0


async def test_a_sound_test_sent_again_by_the_classroom_is_kept_once(
    open_browser: OpenBrowser, county: County, database: Database, clock: Clock
) -> None:
    path = "/api/classroom/room-tests"
    classroom = await open_browser(device=county.credentials[0])
    first = await keyed(classroom, path, acting_as="device", json=FIGURES)
    clock.advance(minutes=1)
    again = await keyed(classroom, path, acting_as="device", json=FIGURES)
    assert (again.status_code, again.json()) == (201, first.json())
    assert await count(database, RoomTest) == 1
    await keyed(classroom, path, acting_as="device", key="other", json=FIGURES)
    assert await count(database, RoomTest) == 2


async def test_a_head_count_sent_again_does_not_undo_the_correction_that_came_between(
    open_browser: OpenBrowser, county: County, database: Database, clock: Clock
) -> None:
    await giver(database, clock)(county, classrooms=county.classrooms[:1])
    clock.advance(minutes=41)
    classroom = await open_browser(device=county.credentials[0])
    today = (await classroom.get("/api/classroom/today")).json()
    path = f"/api/classroom/lessons/{today['to_confirm']['lesson']['id']}/headcount"
    first = await keyed(classroom, path, acting_as="device", json={"count": 13})
    await keyed(classroom, path, acting_as="device", key="corrected", json={"count": 14})
    again = await keyed(classroom, path, acting_as="device", json={"count": 13})
    assert (again.status_code, again.json()) == (200, first.json())
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(AttendanceRecord.headcount))).all() == [14]


async def test_an_import_sent_again_after_it_was_done_is_the_same_job(
    open_browser: OpenBrowser, app: FastAPI, county: County, database: Database
) -> None:
    office = await open_browser(county.administrator)
    content = as_csv(of(county, HUB, POINT))

    async def start(table: bytes, key: str = "k") -> httpx2.Response:
        # The client draws another boundary for each form, as browsers do.
        files = {"file": ("schools.csv", table)}
        return await keyed(office, "/api/imports/schools?dry_run=false", key=key, files=files)

    first = await start(content)
    assert first.status_code == 202, first.text
    await finished(office, app, first.headers["Location"])
    again = await start(content)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert await count(database, Job) == 1
    other = await start(content + b"\n")
    assert (other.status_code, other.json()["type"]) == (422, "idempotency-key-reused")
    assert (await start(content, key="new")).json()["id"] != first.json()["id"]


async def test_a_job_is_cancelled_and_tried_again_once(
    open_browser: OpenBrowser,
    app: FastAPI,
    county: County,
    database: Database,
    clock: Clock,
    enqueue: Any,
) -> None:
    browser = await open_browser(county.administrator)
    path = f"/api/jobs/{await enqueue(county.administrator)}"
    cancelled = await keyed(browser, f"{path}/cancel", key="c")
    assert cancelled.json()["state"] == "CANCELLED"
    queued = await keyed(browser, f"{path}/retry", key="r")
    assert queued.json()["state"] == "QUEUED"
    await run(app, database, clock)
    for step, answer in (("cancel", cancelled), ("retry", queued)):
        again = await keyed(browser, f"{path}/{step}", key=step[0])
        assert (again.status_code, again.json()) == (200, answer.json())
    assert (await browser.get(path)).json()["state"] == "DONE"


async def test_more_than_any_file_is_refused_before_it_is_read_to_its_end(
    open_browser: OpenBrowser,
    county: County,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idempotency, "MOST_BODY_BYTES", 1000)
    office = await open_browser(county.administrator)
    sent = 0

    async def pieces() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 100
            yield b"x" * 100

    answer = await keyed(office, "/api/imports/schools", content=pieces())
    assert (answer.status_code, answer.json()["type"]) == (413, "file-too-large")
    assert sent < 5000
    assert await count(database, IdempotencyKey) == 0


async def test_a_boundary_that_cannot_be_read_is_malformed_input(
    open_browser: OpenBrowser, county: County
) -> None:
    office = await open_browser(county.administrator)
    token = (await office.me())["person"]["csrf_token"]
    answer = await office.client.post(
        "/api/imports/schools",
        content=b"--x--",
        headers={
            CSRF_HEADER: token,
            "Idempotency-Key": "k",
            "Content-Type": "multipart/form-data; boundary*=idna''x%FF",
        },
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")
