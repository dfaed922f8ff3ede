"""开课 and 下课 over HTTP."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.database import Database
from app.lessons.models import Lesson, LessonState
from app.recordings.models import Recording, RecordingState
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import County


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: one start of two is decided by a statement."""
    return either_url


async def test_starting_makes_session_attendance_and_recording(
    lesson: Lesson, county: County, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    browser = await open_browser(county.teacher)
    answer = await browser.post(f"/api/lessons/{lesson.id}/start")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["lesson"]["state"] == "LIVE"
    assert body["lesson"]["session_id"] == body["session_id"]
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, UUID(body["session_id"]))
        assert session.started_at == clock.now
        records = (await db.scalars(select(AttendanceRecord))).all()
        assert {record.state for record in records} == {AttendanceState.OPEN}
        assert [record.planned_ms for record in records] == [40 * 60_000] * 2
        recording = (await db.scalars(select(Recording))).one()
        assert recording.state is RecordingState.ARMED
        assert recording.folder == f"2026-03/{session.id}"


async def test_starting_twice_and_at_once_makes_one_session(
    lesson: Lesson, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    browser = await open_browser(county.teacher)
    answers = await asyncio.gather(
        *(browser.post(f"/api/lessons/{lesson.id}/start") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(Session.id))) == 1
        assert await db.scalar(select(func.count(AttendanceRecord.id))) == 2


async def test_a_lesson_not_recorded_has_no_recording(
    lesson: Lesson, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(Lesson, lesson.id)).is_recorded = False
    browser = await open_browser(county.teacher)
    assert (await browser.post(f"/api/lessons/{lesson.id}/start")).status_code == 200
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count(Recording.id))) == 0


@pytest.mark.parametrize(
    ("offset_min", "status"), [(-31, 409), (-30, 200), (0, 200), (39, 200), (40, 409)]
)
async def test_a_lesson_starts_from_half_an_hour_before_until_its_planned_end(
    *,
    offset_min: int,
    status: int,
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    clock: Clock,
) -> None:
    browser = await open_browser(county.teacher)
    clock.now = lesson.planned_start + timedelta(minutes=offset_min)
    answer = await browser.post(f"/api/lessons/{lesson.id}/start")
    assert answer.status_code == status, answer.text
    if status == 409:
        assert answer.json()["type"] == "lesson-not-startable"


@pytest.mark.parametrize(
    "state", [LessonState.PLANNED, LessonState.CANCELLED, LessonState.ENDED, LessonState.MISSED]
)
async def test_a_lesson_in_another_state_does_not_start(
    state: LessonState,
    lesson: Lesson,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(Lesson, lesson.id)).state = state
    browser = await open_browser(county.teacher)
    answer = await browser.post(f"/api/lessons/{lesson.id}/start")
    assert (answer.status_code, answer.json()["type"]) == (409, "lesson-not-startable")


async def test_nobody_but_the_lecturer_starts_or_ends_a_lesson(
    lesson: Lesson, county: County, other_county: County, open_browser: OpenBrowser
) -> None:
    for verb in ("start", "end"):
        path = f"/api/lessons/{lesson.id}/{verb}"
        stranger = await open_browser(other_county.teacher)
        assert (await stranger.post(path)).status_code == 404
        administrator = await open_browser(county.administrator)
        assert (await administrator.post(path)).status_code == 403
        device = await open_browser(device=county.credentials[0])
        assert (await device.post(path, acting_as="device")).status_code == 401


async def test_ending_without_an_open_room_closes_everything_and_twice_is_once(
    lesson: Lesson, county: County, open_browser: OpenBrowser, database: Database, clock: Clock
) -> None:
    browser = await open_browser(county.teacher)
    started = (await browser.post(f"/api/lessons/{lesson.id}/start")).json()
    clock.advance(minutes=5)
    first = await browser.post(f"/api/lessons/{lesson.id}/end")
    assert first.status_code == 200, first.text
    assert first.json()["state"] == "ENDED"
    clock.advance(minutes=5)
    assert (await browser.post(f"/api/lessons/{lesson.id}/end")).json()["state"] == "ENDED"
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, UUID(started["session_id"]))
        assert session.end_reason == "ended_by_lecturer"
        assert session.ended_at == session.started_at + timedelta(minutes=5)
        assert session.event_count == 1
        records = (await db.scalars(select(AttendanceRecord))).all()
        assert {record.state for record in records} == {AttendanceState.AUTO_CLOSED}
        assert {record.connected_ms for record in records} == {0}


async def test_a_lesson_that_never_began_cannot_be_ended(
    lesson: Lesson, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    answer = await browser.post(f"/api/lessons/{lesson.id}/end")
    assert (answer.status_code, answer.json()["type"]) == (409, "lesson-not-open")
