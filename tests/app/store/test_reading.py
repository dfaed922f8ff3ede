"""What left the disk is played from the store by the same routes, and by the same rules."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.recordings.copies import CopyState
from app.recordings.keys import key_of
from app.recordings.models import Recording, RecordingClip, RecordingState
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.store.keeping import CLIP, keeping_of
from tests.app.store.servers import CREDENTIALS, Line, S3Server, noise
from tests.factories import County

CONTENT = noise(700_000)


@pytest.fixture
def settings(settings: Settings, line: Line) -> Settings:
    """Settings that name the store."""
    store = {"store_url": f"http://127.0.0.1:{line.own_port}/bucket"}
    return Settings(
        **settings.model_dump()
        | store
        | {"store_key_id": CREDENTIALS.key_id, "store_secret": CREDENTIALS.secret}
    )


@pytest.fixture
async def browser(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.teacher)


@pytest.fixture
async def recording(app: FastAPI, county: County, clock: Clock, settings: Settings) -> Recording:
    """A recording that is on the disk."""
    keeping = keeping_of(app, clock, settings)
    recording = await keeping.recording({CLIP: CONTENT}, county=county)
    async with keeping.database.unit_of_work() as db:
        db.add(
            RecordingClip(
                recording_id=recording.id,
                seat_id="hub",
                group="camera",
                file=CLIP.partition("/")[2],
                mime="video/mp4",
                start_ms=0,
                duration_ms=1000,
                has_audio=True,
                has_video=True,
                bytes=len(CONTENT),
            )
        )
    return recording


async def moved(app: FastAPI, clock: Clock, settings: Settings, recording: Recording) -> str:
    """Have the recording leave the disk; return the address of its clip."""
    keeping = keeping_of(app, clock, settings)
    before = clock.now
    await keeping.run()
    clock.now += timedelta(days=1)
    await keeping.run()
    clock.now = before  # the browser stays signed in
    assert (await keeping.states(recording))[CLIP] is CopyState.STORED_ONLY
    assert not keeping.path(recording, CLIP).exists()
    async with keeping.database.unit_of_work() as db:
        clip = (await db.scalars(select(RecordingClip))).one()
    return f"/api/recordings/clips/{clip.id}"


async def test_clip_is_played_from_the_store_whole_and_by_range(
    app: FastAPI, clock: Clock, settings: Settings, recording: Recording, browser: TestBrowser
) -> None:
    path = await moved(app, clock, settings, recording)
    whole = await browser.get(path)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["content-length"] == str(len(CONTENT))
    some = await browser.get(path, headers={"Range": "bytes=300000-600000"})
    assert (some.status_code, some.content) == (206, CONTENT[300_000:600_001])
    assert some.headers["content-range"] == f"bytes 300000-600000/{len(CONTENT)}"
    etag = some.headers["etag"]
    same = await browser.get(path, headers={"Range": "bytes=0-0", "If-Range": etag})
    assert (same.status_code, same.content) == (206, CONTENT[:1])
    beyond = await browser.get(path, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert (beyond.status_code, beyond.json()["type"]) == (416, "range-not-satisfiable")
    head = await browser.client.head(path)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(CONTENT)))


@pytest.mark.parametrize("trouble", [{"is_cut": True}, {"refuses": 403}, {"refuses": 500}])
async def test_store_that_is_away_is_said_before_anything_is_sent(
    app: FastAPI,
    clock: Clock,
    settings: Settings,
    recording: Recording,
    browser: TestBrowser,
    line: Line,
    trouble: dict[str, object],
) -> None:
    path = await moved(app, clock, settings, recording)
    await line.change(**trouble)
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["type"]) == (503, "kept-elsewhere")
    assert answer.headers["retry-after"] == "60"
    await line.change()
    assert (await browser.get(path)).status_code == 200


async def test_object_that_is_gone_is_said_to_be_missing(
    app: FastAPI,
    clock: Clock,
    settings: Settings,
    recording: Recording,
    browser: TestBrowser,
    server: S3Server,
) -> None:
    path = await moved(app, clock, settings, recording)
    await server.lose(key_of(recording.folder, CLIP))
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "clip-file-missing")


async def test_server_that_is_told_of_no_store_says_so(
    app: FastAPI, clock: Clock, settings: Settings, recording: Recording, browser: TestBrowser
) -> None:
    path = await moved(app, clock, settings, recording)
    app.state.shelf = type(app.state.shelf)(settings.recordings_dir.absolute(), None)
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["type"]) == (503, "kept-elsewhere")
    assert "CLASSROOMS_STORE_URL" in answer.json()["detail"]


@pytest.mark.parametrize("state", [RecordingState.WITHDRAWN, RecordingState.EXPIRED])
async def test_hidden_recording_is_not_found(
    app: FastAPI,
    clock: Clock,
    settings: Settings,
    recording: Recording,
    browser: TestBrowser,
    state: RecordingState,
) -> None:
    path = await moved(app, clock, settings, recording)
    timeshift = f"/api/sessions/{recording.session_id}/timeshift"
    assert (await browser.get(timeshift)).status_code == 200
    async with app.state.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = state
    assert (await browser.get(path)).status_code == 404
    assert (await browser.get(timeshift)).status_code == 404
