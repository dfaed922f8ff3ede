"""A recorded lesson over a slow line: who may watch its small file, and when that is made."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Job, JobState, Queue
from app.recordings import downloads, retention
from app.recordings.downloads import RecordingDownload
from app.recordings.models import DownloadForm, Recording, RecordingState, RecordingView
from app.schools.models import School
from app.settings import Settings
from tests.app.composed_lessons import compose, make_recording
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.recorded_lessons import Recorded, open_as, publish, record
from tests.app.store.keeping import Keeping
from tests.factories import County

FILE = b"a small picture, and sound"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Ask both databases."""
    return either_url


@pytest.fixture
async def recorded(
    database: Database, county: County, clock: Clock, settings: Settings
) -> Recorded:
    """A recording that is ready, both of whose files for slow lines are made."""
    recorded = await record(database, county, clock)
    folder = settings.recordings_dir.absolute() / (await recorded.row()).folder
    folder.mkdir(parents=True)
    async with database.unit_of_work() as db:
        for form in DownloadForm:
            name = f"lesson-{form}"
            (folder / name).write_bytes(FILE)
            db.add(
                RecordingDownload(
                    recording_id=recorded.id,
                    form=form,
                    file=name,
                    bytes=len(FILE),
                    duration_ms=1000,
                    lufs=-16.0,
                    speed=1.0,
                    made_at=clock.now,
                )
            )
    return recorded


@pytest.fixture
async def published(recorded: Recorded, keeper: TestBrowser) -> Recorded:
    await publish(recorded, keeper)
    return recorded


async def light(browser: TestBrowser, session_id: UUID) -> dict[str, dict[str, Any]]:  # Any: JSON
    answer = await browser.get(f"/api/sessions/{session_id}/replay/light")
    assert answer.status_code == 200, answer.text
    return {each["form"]: each for each in answer.json()["items"]}


async def looks(recorded: Recorded) -> list[tuple[UUID | None, DownloadForm | None]]:
    async with recorded.database.unit_of_work() as db:
        rows = await db.scalars(select(RecordingView).order_by(RecordingView.at))
        return [(row.person_id, row.taken) for row in rows]


async def jobs_of(database: Database) -> list[Job]:
    async with database.unit_of_work() as db:
        query = select(Job).where(Job.kind == downloads.KIND).order_by(Job.created_at)
        return list((await db.scalars(query)).all())


async def test_whom_a_lesson_is_published_to_watches_its_small_file_and_takes_nothing(
    published: Recorded, open_browser: OpenBrowser
) -> None:
    invited = await open_as(open_browser, published, "invited")
    found = await light(invited, published.session_id)
    assert set(found) == {"SMALL", "SOUND"}
    for form, mime in (("SMALL", "video/mp4"), ("SOUND", "audio/mp4")):
        url = found[form]["url"]
        answer = await invited.get(url)
        assert (answer.status_code, answer.content) == (200, FILE)
        assert answer.headers["content-type"] == mime
        assert answer.headers["cache-control"] == "private, no-store"
        assert "content-disposition" not in answer.headers
        taken = url.replace("/light/", "/downloads/")
        assert (await invited.get(taken)).status_code == 404
    path = f"/api/sessions/{published.session_id}/downloads"
    assert (await invited.get(path)).status_code == 404
    assert (await invited.post(f"{path}/SMALL")).status_code == 404


async def test_link_to_watch_is_none_to_take_along(
    recorded: Recorded, county: County, open_browser: OpenBrowser
) -> None:
    teacher = await open_browser(county.teacher)
    url = (await light(teacher, recorded.session_id))["SMALL"]["url"]
    answer = await teacher.get(url.replace("/light/", "/downloads/"))
    assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
    path = f"/api/sessions/{recorded.session_id}/downloads"
    items = (await teacher.get(path)).json()["items"]
    taken = next(each["url"] for each in items if each["form"] == "SMALL")
    answer = await teacher.get(taken.replace("/downloads/", "/light/"))
    assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")


async def test_one_range_is_sent_and_none_past_the_end(
    recorded: Recorded, county: County, open_browser: OpenBrowser
) -> None:
    teacher = await open_browser(county.teacher)
    url = (await light(teacher, recorded.session_id))["SMALL"]["url"]
    part = await teacher.get(url, headers={"Range": "bytes=2-6"})
    assert (part.status_code, part.content) == (206, FILE[2:7])
    several = await teacher.get(url, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, FILE)
    beyond = await teacher.get(url, headers={"Range": f"bytes={len(FILE)}-"})
    assert (beyond.status_code, beyond.json()["type"]) == (416, "range-not-satisfiable")


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        ("teacher", 200, 200),
        ("administrator", 200, 200),
        ("supervisor", 404, 200),
        ("hub", 404, 200),
        ("invited", 404, 200),
        ("elsewhere", 404, 404),
    ],
)
async def test_who_may_watch_it_is_who_may_watch_the_replay(
    *,
    who: str,
    before: int,
    after: int,
    recorded: Recorded,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
) -> None:
    browser = await open_as(open_browser, recorded, who)
    path = f"/api/sessions/{recorded.session_id}/replay/light"

    async def asked() -> set[int]:
        answers = [await browser.get(path), await browser.post(f"{path}/SOUND")]
        return {200 if one.status_code == 202 else one.status_code for one in answers}

    assert await asked() == {before}
    await recorded.consent(recorded.county.hub, recorded.county.points[0])
    assert (await keeper.post(f"{recorded.path}/publish")).status_code == 200
    assert await asked() == {after}
    url = (await light(keeper, recorded.session_id))["SMALL"]["url"]
    if after == 200:
        url = (await light(browser, recorded.session_id))["SMALL"]["url"]
    assert (await browser.get(url)).status_code == after


async def test_consent_taken_back_ends_watching_at_once(
    published: Recorded, open_browser: OpenBrowser
) -> None:
    invited = await open_as(open_browser, published, "invited")
    url = (await light(invited, published.session_id))["SMALL"]["url"]
    await published.consent(published.county.points[0], says=False)
    assert (await invited.get(url)).status_code == 404
    path = f"/api/sessions/{published.session_id}/replay/light"
    for answer in (await invited.get(path), await invited.post(f"{path}/SMALL")):
        assert (answer.status_code, answer.json()["type"]) == (409, "consent-taken-back")
    await published.consent(published.county.points[0])
    assert (await invited.get(url)).status_code == 200


async def test_withdrawn_lesson_is_neither_watched_nor_made(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    teacher = await open_browser(published.county.teacher)
    url = (await light(teacher, published.session_id))["SMALL"]["url"]
    async with published.database.unit_of_work() as db:
        row = await db.get_one(Recording, published.id)
        await retention.withdraw(db, row, note="guardian", now=clock.now)
    assert (await teacher.get(url)).status_code == 404
    answer = await teacher.post(f"/api/sessions/{published.session_id}/replay/light/SMALL")
    assert (answer.status_code, answer.json()["type"]) == (409, "recording-not-ready")


async def test_link_is_good_for_whom_and_what_it_was_given_and_for_some_hours(
    published: Recorded, keeper: TestBrowser, open_browser: OpenBrowser, clock: Clock
) -> None:
    invited = await open_as(open_browser, published, "invited")
    url = (await light(invited, published.session_id))["SMALL"]["url"]
    assert (await keeper.get(url)).json()["type"] == "link-refused"
    assert (await (await open_browser()).get(url)).status_code == 401
    for changed in (url[:-1] + ("A" if url[-1] != "A" else "B"), url.replace("SMALL", "SOUND")):
        answer = await invited.get(changed)
        assert (answer.status_code, answer.json()["type"]) == (403, "link-refused")
    assert (await invited.get(url.replace("SMALL", "LESSON"))).status_code == 422
    clock.now += timedelta(hours=8)
    fresh = await open_browser(published.county.teacher)
    assert (await fresh.get(url)).json()["type"] == "link-refused"


async def test_watching_is_written_down_once_for_all_that_is_asked_of_it(
    recorded: Recorded, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    teacher = await open_browser(county.teacher)
    url = (await light(teacher, recorded.session_id))["SMALL"]["url"]
    assert (await teacher.client.head(url)).status_code == 200
    assert await looks(recorded) == []
    for span in ("bytes=0-4", "bytes=5-"):
        assert (await teacher.get(url, headers={"Range": span})).status_code == 206
    assert await looks(recorded) == [(county.teacher.person_id, None)]
    clock.now += timedelta(minutes=11)
    await teacher.get(url)
    assert await looks(recorded) == [(county.teacher.person_id, None)] * 2


async def test_small_file_is_made_when_a_lesson_is_published_and_before_that_for_who_asks(
    *,
    app: FastAPI,
    database: Database,
    county: County,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    clock: Clock,
    settings: Settings,
) -> None:
    keeping = Keeping(database, clock, settings.recordings_dir.absolute(), app.state.store)
    recording = await make_recording(keeping, county)
    session_id = recording.session_id
    teacher = await open_browser(county.teacher)
    assert {each["state"] for each in (await light(teacher, session_id)).values()} == {"NONE"}
    assert await jobs_of(database) == []
    async with database.unit_of_work() as db:
        (await db.get_one(School, county.hub.id)).may_publish_pupils = True
    published = await keeper.post(f"/api/admin/sessions/{session_id}/recording/publish")
    assert published.status_code == 200
    (job,) = await jobs_of(database)
    assert (job.queue, job.payload["form"]) == ("HEAVY", "SMALL")
    for _ in range(2):
        answer = await teacher.post(f"/api/sessions/{session_id}/replay/light/SMALL")
        assert answer.status_code == 202
    assert len(await jobs_of(database)) == 1
    assert await compose(keeping) == 1
    ready = (await light(teacher, session_id))["SMALL"]
    assert (ready["state"], ready["duration_ms"]) == ("READY", 3_000)
    assert len((await teacher.get(ready["url"])).content) == ready["bytes"]
    assert (await teacher.post(f"/api/sessions/{session_id}/replay/light/SOUND")).status_code == 202
    waiting = (await light(teacher, session_id))["SOUND"]
    assert (waiting["state"], waiting["ahead"]) == ("WAITING", 0)
    async with database.unit_of_work() as db:
        before = clock.now - timedelta(minutes=1)
        await jobs.enqueue(db, kind="x", payload={}, owner=None, queue=Queue.HEAVY, now=before)
    assert (await light(teacher, session_id))["SOUND"]["ahead"] == 1
    assert [each.state for each in await jobs_of(database)] == [JobState.DONE, JobState.QUEUED]


@pytest.mark.parametrize("form", ["LESSON", "small", "FILM"])
async def test_no_other_file_is_watched(
    form: str, recorded: Recorded, county: County, open_browser: OpenBrowser
) -> None:
    teacher = await open_browser(county.teacher)
    path = f"/api/sessions/{recorded.session_id}/replay/light/{form}"
    assert (await teacher.post(path)).status_code == 422


async def test_what_has_no_replay_yet_is_not_made(
    recorded: Recorded, county: County, open_browser: OpenBrowser
) -> None:
    teacher = await open_browser(county.teacher)
    async with recorded.database.unit_of_work() as db:
        (await db.get_one(Recording, recorded.id)).state = RecordingState.PROCESSING
    answer = await teacher.post(f"/api/sessions/{recorded.session_id}/replay/light/SMALL")
    assert (answer.status_code, answer.json()["type"]) == (409, "recording-not-ready")
