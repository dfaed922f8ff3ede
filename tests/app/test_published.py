"""课堂回看: the lessons whose recordings are published to one, found, paged and exported."""

import csv
import io
from datetime import datetime, timedelta

import pytest

from app.accounts.models import Person
from app.database import Database
from app.lessons.models import Lesson
from app.recordings.models import Recording
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import Recorded, keep_clip, open_as, publish, record
from tests.factories import County, make_county


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is published is found, sorted and exported by statements."""
    return either_url


@pytest.fixture
async def recorded(
    database: Database, county: County, clock: Clock, settings: Settings
) -> Recorded:
    recorded = await record(database, county, clock)
    await keep_clip(recorded, settings)
    return recorded


@pytest.fixture
async def published(recorded: Recorded, keeper: TestBrowser) -> Recorded:
    await publish(recorded, keeper)
    return recorded


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("teacher", True),
        ("administrator", True),
        ("supervisor", True),
        ("supervisor of one of two counties", True),
        ("hub", True),
        ("invited", True),
        ("elsewhere", False),
    ],
)
async def test_what_is_published_to_one_is_listed_while_it_may_be_watched(
    who: str, sees: bool, published: Recorded, open_browser: OpenBrowser
) -> None:
    who, _, is_of_two = who.partition(" of ")
    if is_of_two:  # whose county is not all there is
        async with published.database.unit_of_work() as db:
            await make_county(db)
    browser = await open_as(open_browser, published, who)

    async def listed(q: str = "") -> list[str]:
        answer = await browser.get("/api/recordings/published", params={"q": q})
        assert answer.status_code == 200, answer.text
        return [each["session_id"] for each in answer.json()["items"]]

    mine = [str(published.session_id)] * sees
    assert await listed() == mine
    shown = (await browser.get(published.replay)).status_code
    assert shown == (200 if sees else 404), "the list says what the page does"
    for about in ("沙沙", "音乐", "三年级", published.county.hub.name):
        assert await listed(f" {about} ") == mine
    assert await listed("体育") == []
    await published.consent(published.county.points[0], says=False)
    assert await listed() == []
    await published.consent(published.county.points[0], says=True)
    assert await listed() == mine
    assert (await browser.get("/api/recordings/published?q=%00")).status_code == 422


async def test_who_gave_it_finds_it_from_her_next_school(
    published: Recorded, open_browser: OpenBrowser
) -> None:
    async with published.database.unit_of_work() as db:
        elsewhere = await make_county(db)
        person = await db.get_one(Person, published.county.teacher.person_id)
        person.school_id = elsewhere.hub.id
    browser = await open_as(open_browser, published, "teacher")
    found = (await browser.get("/api/recordings/published")).json()["items"]
    assert [each["session_id"] for each in found] == [str(published.session_id)]
    assert (await browser.get(published.replay)).status_code == 200


async def test_only_what_is_published_is_listed_the_latest_first(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    later = await record(published.database, published.county, clock)
    invited = await open_as(open_browser, published, "invited")

    async def page(query: str = "") -> tuple[list[str], str | None]:
        body = (await invited.get(f"/api/recordings/published{query}")).json()
        return [each["session_id"] for each in body["items"]], body["next_cursor"]

    assert (await page())[0] == [str(published.session_id)]
    clock.advance(hours=1)
    assert (await keeper.post(f"{later.path}/publish")).status_code == 200
    (first,), cursor = await page("?limit=1")
    (second,), over = await page(f"?limit=1&cursor={cursor}")
    assert [first, second] == [str(later.session_id), str(published.session_id)]
    assert over is None


def move(lesson: Lesson, start: str) -> None:
    lesson.planned_start = datetime.fromisoformat(start)
    lesson.planned_end = lesson.planned_start + timedelta(minutes=40)


async def test_what_is_published_is_found_by_day_school_subject_and_grade_and_exported(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    county, other = published.county, await record(published.database, published.county, clock)
    assert (await keeper.post(f"{other.path}/publish")).status_code == 200
    async with published.database.unit_of_work() as db:
        far = (await make_county(db)).hub
        lesson = await db.get_one(Lesson, (await db.get_one(Recording, other.id)).lesson_id)
        lesson.subject, lesson.grade = "科学", "五年级"
        move(lesson, "2026-03-02T23:59:59+08:00")
        lesson = await db.get_one(Lesson, (await db.get_one(Recording, published.id)).lesson_id)
        move(lesson, "2026-03-03T00:00:00+08:00")
    one, two = str(published.session_id), str(other.session_id)
    invited = await open_as(open_browser, published, "invited")
    for params, found in (
        ({}, {one, two}),
        ({"to": "2026-03-02"}, {two}),
        ({"from": "2026-03-03"}, {one}),
        ({"subject": "科学"}, {two}),
        ({"subject": "科"}, set()),
        ({"grade": "三年级"}, {one}),
        ({"grade": "三年级", "subject": "科学"}, set()),
        ({"school_id": str(county.points[1].id)}, {one, two}),
        ({"school_id": str(far.id)}, set()),
        ({"q": "沙沙", "from": "2026-03-03"}, {one}),
    ):
        for browser in (keeper, invited):
            answer = await browser.get("/api/recordings/published", params=params)
            assert {each["session_id"] for each in answer.json()["items"]} == found, params
            answer = await browser.get("/api/recordings/published/export", params=params)
            rows = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
            assert {row["课堂编号"] for row in rows} == found, params
    stranger = await open_as(open_browser, published, "elsewhere")
    assert len((await stranger.get("/api/recordings/published/export")).text.splitlines()) == 1
    nobody = await open_browser()
    assert (await nobody.get("/api/recordings/published/export")).status_code == 401
