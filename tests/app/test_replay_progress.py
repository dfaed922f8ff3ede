"""How far a replay is that is being made: told while it is written, whatever its disk answers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from app.database import Database
from app.events import EventBus
from app.jobs import worker as workers
from app.live.replays import percent_made
from app.recordings import finishing
from app.recordings.builder import ReplayFailed, ReplayIndex
from app.recordings.models import RecordingState
from app.settings import Settings
from tests.app import sealing_scene
from tests.app.conftest import Clock
from tests.app.sealing_scene import Builder, Scene
from tests.factories import County

PART_BYTES, WRITTEN_BYTES = 1_000, 500
REFUSED = "build: the disk"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: progress is written over."""
    return either_url


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The tables without the application: nothing here comes over HTTP."""
    database = Database(settings.database_url, EventBus())
    yield database
    await database.close()


class Writer(Builder):
    """Writes a file, and waits until it may go on."""

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        out.mkdir()
        (out / "a.mp4").write_bytes(bytes(WRITTEN_BYTES))
        await self.may_build.wait()
        return ReplayIndex(self.clips, 1000)


class Refused(Builder):
    """Has no folder that could be looked into, and fails once it was looked at twice."""

    looks = 0

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        out.write_bytes(b"")
        while self.looks < 2:
            await asyncio.sleep(0.01)
        out.unlink()
        raise ReplayFailed(REFUSED)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SOON_S", 0.01)
    monkeypatch.setattr(finishing, "TOLD_EVERY_S", 0.01)


async def rung(scene: Scene, county: County, clock: Clock) -> UUID:
    """End a lesson, and seal what was recorded of it: its replay is to be made."""
    session_id = await scene.end_lesson(county, clock)
    recording = await scene.recording_of(session_id)
    (scene.folder / recording.folder / "1-000001.mp4").write_bytes(bytes(PART_BYTES))
    await scene.sealing._seal(recording.id)
    return session_id


async def percent(scene: Scene, session_id: UUID) -> int | None:
    recording = await scene.recording_of(session_id)
    async with scene.database.unit_of_work() as db:
        return await percent_made(db, recording.id)


async def test_how_much_is_written_is_told_while_it_is_being_made_and_not_after(
    database: Database,
    county: County,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing_scene, "Builder", Writer)
    scene = Scene(database, tmp_path / "made", clock)
    scene.builder.may_build.clear()
    session_id = await rung(scene, county, clock)
    assert await percent(scene, session_id) is None, "nobody makes it yet"
    async with scene.running():
        async with asyncio.timeout(10):
            # The manifest is some bytes more.
            while await percent(scene, session_id) != 100 * WRITTEN_BYTES // (PART_BYTES + 3):
                await asyncio.sleep(0.01)
        scene.builder.may_build.set()
        await scene.until(session_id, RecordingState.READY)
        async with asyncio.timeout(10):
            while await percent(scene, session_id) is not None:
                await asyncio.sleep(0.01)


async def test_a_disk_that_cannot_be_asked_how_far_it_is_stops_nothing(
    database: Database,
    county: County,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the builder itself meets there is what is said of it."""
    monkeypatch.setattr(sealing_scene, "Builder", Refused)
    scene = Scene(database, tmp_path / "made", clock)
    builder = scene.builder
    assert isinstance(builder, Refused)
    really = finishing._bytes_written

    def look(scratch: Path) -> int:
        builder.looks += 1
        return really(scratch)

    monkeypatch.setattr(finishing, "_bytes_written", look)
    session_id = await rung(scene, county, clock)
    async with scene.running():
        await scene.until(session_id, RecordingState.BROKEN)
    assert (await scene.recording_of(session_id)).problem == REFUSED
