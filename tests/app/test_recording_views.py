"""The log of who looked at recordings: what is a look, and how the schools of a lesson read it."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Person
from app.database import Database
from app.pinyin import readings
from app.recordings.access import ONE_LOOK
from app.recordings.models import Recording, RecordingClip, RecordingView
from app.security import Role
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import CONTENT, Recorded, keep_clip, record
from tests.factories import County, make_county, make_person

VIEWS = "/api/admin/recording-views"


@pytest.fixture
def database_url(either_url: str) -> str:
    return either_url


@pytest.fixture
async def recorded(
    database: Database, county: County, clock: Clock, settings: Settings
) -> Recorded:
    recorded = await record(database, county, clock)
    await keep_clip(recorded, settings)
    return recorded


@pytest.fixture
async def clip(recorded: Recorded) -> str:
    """The address of a clip, as somebody may have kept it."""
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).duration_ms = 2_400_000
        query = select(RecordingClip.id).where(RecordingClip.file == "hub-camera.mp4")
        return f"/api/recordings/clips/{(await db.scalars(query)).one()}"


async def logged(recorded: Recorded) -> int:
    async with recorded.database.unit_of_work() as db:
        return len((await db.scalars(select(RecordingView))).all())


async def test_who_watches_by_an_address_that_was_kept_is_written_down_once_a_look(
    recorded: Recorded, clip: str, clock: Clock, open_browser: OpenBrowser, keeper: TestBrowser
) -> None:
    teacher = await open_browser(recorded.county.teacher, address="10.1.2.3")
    assert (await teacher.client.head(clip)).status_code == 200
    assert await logged(recorded) == 0
    for range_ in ("bytes=0-3", "bytes=4-"):
        answer = await teacher.get(clip, headers={"Range": range_})
        assert answer.status_code == 206
    assert await logged(recorded) == 1
    (view,) = (await keeper.get(VIEWS)).json()["items"]
    assert (view["person_id"], view["address"], view["taken"]) == (
        str(recorded.county.teacher.person_id),
        "10.1.2.3",
        None,
    )
    # It goes on for as long as the lesson is long.
    clock.now += ONE_LOOK + timedelta(minutes=40) - timedelta(seconds=1)
    assert (await teacher.get(clip)).content == CONTENT
    assert await logged(recorded) == 1
    clock.advance(seconds=1)
    assert (await teacher.get(clip)).status_code == 200
    assert await logged(recorded) == 2
    elsewhere = await open_browser(recorded.county.teacher, address="10.9.9.9")
    assert (await elsewhere.get(clip)).status_code == 200
    assert await logged(recorded) == 3


async def test_the_clips_of_a_replay_belong_to_its_look(
    recorded: Recorded, clip: str, open_browser: OpenBrowser
) -> None:
    teacher = await open_browser(recorded.county.teacher)
    assert (await teacher.get(recorded.replay)).status_code == 200
    assert (await teacher.get(clip)).status_code == 200
    assert await logged(recorded) == 1


async def test_who_is_refused_a_clip_has_not_looked(
    recorded: Recorded, clip: str, open_browser: OpenBrowser
) -> None:
    async with recorded.database.unit_of_work() as db:
        stranger = (await make_county(db)).administrator
    for browser, expected in ((await open_browser(stranger), 404), (await open_browser(), 401)):
        assert (await browser.get(clip)).status_code == expected
    assert await logged(recorded) == 0


Look = Callable[..., Awaitable[None]]


@pytest.fixture
def look(database: Database) -> Look:
    async def look(of: Recorded, when: str, **who: Any) -> None:
        async with database.unit_of_work() as db:
            at = datetime.fromisoformat(when)
            db.add(RecordingView(recording_id=of.id, at=at, address="10.0.0.1", **who))

    return look


async def named(database: Database, county: County, name: str) -> dict[str, Any]:
    """Return somebody of this name as who looks."""
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.TEACHER, school=county.hub)
        person = await db.get_one(Person, account.person_id)
        person.name, person.name_readings = name, readings(name)
        return {"person_id": account.person_id}


async def names(browser: TestBrowser, query: str = "", path: str = VIEWS) -> list[str]:
    answer = await browser.get(f"{path}{query}")
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_the_log_is_found_by_day_school_and_who_looked(
    recorded: Recorded, look: Look, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    county, database = recorded.county, recorded.database
    other = await record(database, county, clock)
    async with database.unit_of_work() as db:
        far = await make_county(db)
    await look(recorded, "2026-03-02T23:59:59+08:00", **await named(database, county, "李老师"))
    await look(other, "2026-03-03T00:00:00+08:00", **await named(database, county, "王老师"))
    room = county.classrooms[1]
    await look(recorded, "2026-03-04T09:00:00+08:00", classroom_id=room.id)
    point = f"{county.points[1].name} {room.name}"
    assert await names(keeper) == [point, "王老师", "李老师"]
    for query, found in (
        ("?to=2026-03-02", ["李老师"]),
        ("?from=2026-03-03&to=2026-03-03", ["王老师"]),
        ("?q=wang", ["王老师"]),
        ("?q=李", ["李老师"]),
        (f"?q={county.points[1].name}", [point]),
        (f"?q={room.name}", [point]),
        ("?q=%25", []),
        (f"?session_id={other.session_id}", ["王老师"]),
        (f"?school_id={county.points[0].id}", [point, "王老师", "李老师"]),
        (f"?school_id={far.hub.id}", []),
    ):
        assert await names(keeper, query) == found, query
    assert await names(await open_browser(far.administrator)) == []
    answer = await keeper.get(f"{VIEWS}/export?from=2026-03-03")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["观看人"], row["是否教室"], row["方式"]) for row in rows] == [
        (point, "是", "在线观看"),
        ("王老师", "否", "在线观看"),
    ]
    assert rows[1]["课堂编号"] == str(other.session_id)
    far_away = await (await open_browser(far.administrator)).get(f"{VIEWS}/export")
    assert len(far_away.text.splitlines()) == 1
    assert (await (await open_browser(county.teacher)).get(f"{VIEWS}/export")).status_code == 403


async def test_the_log_of_one_lesson_is_paged(
    recorded: Recorded, look: Look, keeper: TestBrowser, open_browser: OpenBrowser
) -> None:
    who = await named(recorded.database, recorded.county, "李老师")
    for second in range(3):
        await look(recorded, f"2026-03-02T09:00:0{second}+08:00", **who)
    path = f"/api/admin/sessions/{recorded.session_id}/views"
    first = (await keeper.get(f"{path}?limit=2")).json()
    rest = (await keeper.get(f"{path}?limit=2&cursor={first['next_cursor']}")).json()
    shown = [each["at"] for each in first["items"] + rest["items"]]
    assert (len(shown), sorted(shown, reverse=True), rest["next_cursor"]) == (3, shown, None)
    async with recorded.database.unit_of_work() as db:
        stranger = (await make_county(db)).administrator
    assert (await (await open_browser(stranger)).get(path)).status_code == 404


@pytest.mark.parametrize("who", [(), ("person_id", "classroom_id")])
async def test_a_look_is_of_one_viewer(
    recorded: Recorded, look: Look, who: tuple[str, ...]
) -> None:
    county = recorded.county
    ids = {"person_id": county.teacher.person_id, "classroom_id": county.classrooms[0].id}
    with pytest.raises(IntegrityError):
        await look(recorded, "2026-03-02T09:00:00+08:00", **{name: ids[name] for name in who})
