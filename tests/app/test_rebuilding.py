"""A replay in which something is missing is made again, and shown when it is better.

Past 400 lines: one recording, from what was missing to what is shown in the end.
"""

import os
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.attendance.seats import HUB
from app.jobs import service as jobs
from app.jobs.models import Job
from app.lessons.models import Lesson, LessonState
from app.live import rebuilding
from app.live.rebuilding import Rebuilder
from app.live.replay_builder import ProcessReplayBuilder
from app.recordings import downloads, leftovers, listing, removal, retention, workplaces
from app.recordings.downloads import RecordingDownload
from app.recordings.finishing import MANIFEST, finish
from app.recordings.keys import REPLAY
from app.recordings.leftovers import REPLACED_KEPT_FOR, RecordingLeftover
from app.recordings.models import DownloadForm, Recording, RecordingClip, RecordingState
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from app.settings import Settings
from media.core.ids import PeerId, Source, TrackKey
from media.recorder.manifest import read_manifest
from media.recorder.places import MARK, SecondPlace
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.store.keeping import Keeping, keeping_of
from tests.app.store.test_purging import purge
from tests.factories import County, make_lesson
from tests.media.recordings import h264_feed, record, vp8_feed

CAMERA, SCREEN = (TrackKey(PeerId(HUB), source) for source in (Source.CAMERA, Source.SCREEN))


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what waits to be rebuilt is a statement."""
    return either_url


@pytest.fixture
def keeping(app: FastAPI, clock: Clock, settings: Settings) -> Keeping:
    return keeping_of(app, clock, settings)


@pytest.fixture
async def recording(keeping: Keeping, county: County) -> Recording:
    """A published recording whose screen cannot be read."""
    recording = await keeping.recording(state=RecordingState.FINALISING, county=county)
    folder = keeping.root / recording.folder
    shutil.rmtree(folder)
    record(folder, {CAMERA: h264_feed(2.0), SCREEN: vp8_feed(2.0)})
    path = screen_of(folder)
    path.rename(path.with_suffix(".away"))
    path.write_bytes(b"not a video")
    await finish(
        keeping.database,
        recording_id=recording.id,
        root=keeping.root,
        builder=ProcessReplayBuilder(),
        clock=keeping.clock,
    )
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        assert row.state is RecordingState.READY
        row.state = RecordingState.PUBLISHED
        db.add(
            RecordingDownload(
                recording_id=row.id,
                form=DownloadForm.LESSON,
                file="lesson-1.mp4",
                bytes=1,
                duration_ms=1,
                speed=1.0,
                made_at=keeping.clock.now,
            )
        )
    return recording


def screen_of(folder: Path) -> Path:
    (part,) = [each for each in read_manifest(folder) if each.source is Source.SCREEN]
    return folder / part.file


def mend(folder: Path) -> None:
    path = screen_of(folder)
    path.with_suffix(".away").replace(path)


@pytest.fixture
async def keeper(county: County, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(county.administrator)


Ask = Callable[[], Awaitable[httpx2.Response]]


@pytest.fixture
def ask(keeper: TestBrowser, recording: Recording) -> Ask:
    async def post() -> httpx2.Response:
        return await keeper.post(f"/api/admin/sessions/{recording.session_id}/recording/rebuild")

    return post


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A second place whose disk is there."""
    second = tmp_path / "second"
    second.mkdir()
    (second / MARK).touch()
    return second


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Below which folders the disk has not a byte for replays; elsewhere there are 1000 GB."""
    places: set[Path] = set()

    def ask(path: Path) -> SimpleNamespace:
        is_full = any(Path(path).is_relative_to(place) for place in places)
        return SimpleNamespace(f_blocks=10**6, f_frsize=10**6, f_bavail=0 if is_full else 10**6)

    monkeypatch.setattr(os, "statvfs", ask)
    return places


async def work(keeping: Keeping, second: Path | None = None) -> int:
    rebuilder = Rebuilder(
        keeping.root,
        keeping.store,
        ProcessReplayBuilder(),
        second=None if second is None else SecondPlace(second),
    )
    return await keeping.worker({rebuilding.KIND: rebuilder.run}).run_due()


async def standing(keeper: TestBrowser, session_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await keeper.get(f"/api/admin/sessions/{session_id}")).json()
    recording: dict[str, Any] = found["recording"]
    return recording


async def clips(keeper: TestBrowser, session_id: UUID) -> dict[str, str]:
    answer = await keeper.get(f"/api/sessions/{session_id}/replay")
    return {each["group"]: each["url"] for each in answer.json()["clips"]}


async def test_what_can_be_read_again_is_shown_and_until_then_nothing_changes(
    keeping: Keeping, recording: Recording, keeper: TestBrowser, ask: Ask
) -> None:
    session_id, folder = recording.session_id, keeping.root / recording.folder
    assert (await standing(keeper, session_id))["rebuild"] is None
    before = await clips(keeper, session_id)
    assert list(before) == ["camera"]
    for _ in range(2):
        assert (await ask()).json()["rebuild"] == "QUEUED"
    assert await work(keeping) == 1
    there = await standing(keeper, session_id)
    assert (there["rebuild"], len(there["missing"])) == ("DONE", 1)
    assert await clips(keeper, session_id) == before
    mend(folder)
    await ask()
    assert await work(keeping) == 1
    there = await standing(keeper, session_id)
    assert (there["state"], there["missing"]) == ("PUBLISHED", [])
    after = await clips(keeper, session_id)
    assert sorted(after) == ["camera", "screen"]
    assert [(await keeper.get(url)).status_code for url in after.values()] == [200, 200]
    assert not list(folder.glob("mending-*"))
    assert before["camera"] not in after.values()
    async with keeping.database.unit_of_work() as db:
        assert (await db.get_one(Recording, recording.id)).files_listed_at is None
        assert (await db.scalars(select(RecordingDownload))).all() == []
        replaced = select(RecordingClip.file).where(RecordingClip.replaced_at.is_not(None))
        (clip,) = (await db.scalars(replaced)).all()
        left = await db.execute(select(RecordingLeftover.name, RecordingLeftover.due_at))
        now = keeping.clock.now
        assert {row.name: row.due_at - now for row in left} == {
            "lesson-1.mp4": REMOVED_AFTER_WITHDRAWAL,
            f"{REPLAY}/{clip}": REPLACED_KEPT_FOR,
        }
        composing = select(Job).where(Job.kind == downloads.KIND)
        assert (await db.scalars(composing)).all() == [], "made again when somebody asks"


async def test_files_that_were_placed_and_never_shown_go_within_the_hour(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really = rebuilding._settle

    def settle_and_die(*given: Any) -> None:
        really(*given)
        raise ConnectionError("the database went away, or the process")

    folder = keeping.root / recording.folder
    before = set((folder / REPLAY).iterdir())
    mend(folder)
    await ask()
    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "_settle", settle_and_die)
        assert await work(keeping) == 1
    astray = set((folder / REPLAY).iterdir()) - before
    assert len(astray) == 2
    keeping.clock.now += jobs.RETRY_AFTER[0]
    assert await work(keeping) == 1
    assert (await standing(keeper, recording.session_id))["missing"] == []
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert not any(path.exists() for path in astray)
    assert before < set((folder / REPLAY).iterdir()), "what was replaced stays for a day"
    shown = await clips(keeper, recording.session_id)
    assert [(await keeper.get(url)).status_code for url in shown.values()] == [200, 200]


async def test_what_took_longer_than_its_files_are_kept_is_not_shown(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def is_kept(*_: object, **__: object) -> bool:
        return False

    mend(keeping.root / recording.folder)
    await ask()
    before = await clips(keeper, recording.session_id)
    with monkeypatch.context() as patch:
        patch.setattr(leftovers, "keep", is_kept)
        assert await work(keeping) == 1
    assert len((await standing(keeper, recording.session_id))["missing"]) == 1
    assert await clips(keeper, recording.session_id) == before
    keeping.clock.now += jobs.RETRY_AFTER[0]
    assert await work(keeping) == 1
    assert (await standing(keeper, recording.session_id))["missing"] == []


async def test_the_small_file_is_made_again_of_what_is_shown_now_if_there_was_one(
    keeping: Keeping, recording: Recording, ask: Ask
) -> None:
    async def composing() -> list[str]:
        async with keeping.database.unit_of_work() as db:
            rows = await db.scalars(select(Job).where(Job.kind == downloads.KIND))
            return [job.payload["form"] for job in rows]

    async with keeping.database.unit_of_work() as db:
        row = (await db.scalars(select(RecordingDownload))).one()
        row.form, row.file = DownloadForm.SMALL, "lesson-1-small.mp4"
    await ask()
    assert await work(keeping) == 1
    assert await composing() == [], "nothing was better, and what was made stays"
    mend(keeping.root / recording.folder)
    await ask()
    assert await work(keeping) == 1
    assert await composing() == ["SMALL"]


async def test_who_watches_it_goes_on_and_nobody_else_sees_what_was_replaced(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    watched = (await clips(keeper, recording.session_id))["camera"]
    content = (await keeper.get(watched)).content
    mend(keeping.root / recording.folder)
    await ask()
    assert await work(keeping) == 1
    assert (await keeper.get(watched)).content == content
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get(watched)).status_code == 404
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    assert (await keeper.get(watched)).status_code == 404


async def test_a_recording_withdrawn_meanwhile_is_not_shown(
    keeping: Keeping, recording: Recording, ask: Ask
) -> None:
    mend(keeping.root / recording.folder)
    await ask()
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = RecordingState.WITHDRAWN
    assert await work(keeping) == 1
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        assert (row.state, len(row.missing)) == (RecordingState.WITHDRAWN, 1)


async def test_it_takes_no_room_that_is_kept(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mend(keeping.root / recording.folder)
    with monkeypatch.context() as patch:
        patch.setattr(workplaces, "spare_bytes", lambda _: 1000)
        await ask()
        assert await work(keeping) == 1
    there = await standing(keeper, recording.session_id)
    assert (there["rebuild"], len(there["missing"])) == ("QUEUED", 1)
    assert there["rebuild_waits"]["waits_for"] == "LESSONS"
    assert await work(keeping) == 0
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await work(keeping) == 1
    assert (await standing(keeper, recording.session_id))["missing"] == []


async def test_one_that_waits_for_lessons_says_until_when(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    county: County,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mend(keeping.root / recording.folder)
    async with keeping.database.unit_of_work() as db:
        start = keeping.clock.now + timedelta(hours=2)
        later = await make_lesson(db, lecturer=county.teacher, hub=county.hub, planned_start=start)
    assert (await ask()).json()["rebuild_waits"] is None
    with monkeypatch.context() as patch:
        patch.setattr(workplaces, "spare_bytes", lambda _: 10**6)
        assert await work(keeping) == 1
    waits = (await standing(keeper, recording.session_id))["rebuild_waits"]
    assert waits["waits_for"] == "LESSONS"
    assert datetime.fromisoformat(waits["until"]) == later.planned_end
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Lesson, later.id)).state = LessonState.CANCELLED
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await work(keeping) == 1
    there = await standing(keeper, recording.session_id)
    assert (there["rebuild_waits"], there["missing"]) == (None, [])


async def test_room_for_one_more_copy_is_enough(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What lies in the folder has its room already: counted again, it would wait for ever."""
    folder = keeping.root / recording.folder
    mend(folder)
    copy = sum(file.bytes for file in listing.recorded_files(folder / MANIFEST).values())

    async def nothing(_: object, **_now: object) -> int:
        return 0

    for free, standing_then in ((copy, "QUEUED"), (copy + 1, "DONE")):
        disk = SimpleNamespace(f_blocks=0, f_frsize=1, f_bavail=free)
        with monkeypatch.context() as patch:
            patch.setattr(rebuilding, "reserved_bytes", nothing)
            patch.setattr(os, "statvfs", lambda _, disk=disk: disk)
            await ask()
            assert await work(keeping) == 1
        there = await standing(keeper, recording.session_id)
        assert (there["missing"] == []) is (standing_then == "DONE")
        if standing_then == "QUEUED":
            assert there["rebuild_waits"] == {"waits_for": "ROOM", "until": None}
        keeping.clock.now += ROOM_LOOKED_FOR_EVERY


async def test_one_the_first_disk_has_no_room_for_is_made_in_the_second_place(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    second: Path,
    full: set[Path],
) -> None:
    session_id, folder = recording.session_id, keeping.root / recording.folder
    mend(folder)
    full.add(keeping.root)
    before = set((folder / REPLAY).iterdir())
    await ask()
    assert await work(keeping, second) == 1
    assert (await standing(keeper, session_id))["missing"] == []
    shown = await clips(keeper, session_id)
    assert [(await keeper.get(url)).status_code for url in shown.values()] == [200, 200]
    made = {path for path in (folder / REPLAY).iterdir() if path not in before}
    assert {path.name.partition("-")[2] for path in made} >= {"0001-hub-camera.mp4"}
    assert all(path.resolve().is_relative_to(second) for path in made)
    kept = {file.name for file in await listing.look_at(folder, (), with_replay=True)}
    assert kept >= {f"{REPLAY}/{path.name}" for path in made}
    there = second / recording.folder
    assert [each.name for each in there.iterdir()] == [REPLAY]
    assert not list(folder.glob("mending-*"))
    removal.remove_tree(folder)
    assert [path for path in there.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("lacks", ["room", "mark"])
async def test_one_there_is_room_for_nowhere_waits(
    keeping: Keeping,
    recording: Recording,
    keeper: TestBrowser,
    ask: Ask,
    second: Path,
    full: set[Path],
    lacks: str,
) -> None:
    mend(keeping.root / recording.folder)
    full.add(keeping.root)
    if lacks == "room":
        full.add(second)
    else:
        (second / MARK).unlink()
    await ask()
    assert await work(keeping, second) == 1
    there = await standing(keeper, recording.session_id)
    assert (there["rebuild"], len(there["missing"])) == ("QUEUED", 1)
    assert [each.name for each in second.iterdir()] == [MARK] * (lacks == "room")
    full.clear()
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await work(keeping, second) == 1
    assert (await standing(keeper, recording.session_id))["missing"] == []


async def test_one_that_lies_in_the_second_place_stays_there(
    keeping: Keeping, recording: Recording, keeper: TestBrowser, ask: Ask, second: Path
) -> None:
    session_id, folder = recording.session_id, keeping.root / recording.folder
    mend(folder)
    there = second / recording.folder / REPLAY
    there.parent.mkdir(parents=True)
    shutil.move(folder / REPLAY, there)
    (folder / REPLAY).symlink_to(there)
    (second / MARK).rename(second / "the mark")
    await ask()
    assert await work(keeping, second) == 1
    waits = (await standing(keeper, session_id))["rebuild_waits"]
    assert waits == {"waits_for": "PLACE", "until": None}
    (second / "the mark").rename(second / MARK)
    keeping.clock.now += ROOM_LOOKED_FOR_EVERY
    assert await work(keeping, second) == 1
    shown = await clips(keeper, session_id)
    assert sorted(shown) == ["camera", "screen"]
    assert [(await keeper.get(url)).status_code for url in shown.values()] == [200, 200]
    assert (folder / REPLAY).readlink() == there
    assert not any(path.is_symlink() for path in there.iterdir())


async def test_only_who_administers_the_hub_school_has_it_made_again(
    keeping: Keeping,
    recording: Recording,
    ask: Ask,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    path = f"/api/admin/sessions/{recording.session_id}/recording/rebuild"
    for account, status in (
        (county.teacher, 403),
        (county.supervisor, 403),
        (other_county.administrator, 404),
    ):
        assert (await (await open_browser(account)).post(path)).status_code == status
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = RecordingState.BROKEN
    refused = await ask()
    assert (refused.status_code, refused.json()["type"]) == (409, "recording-not-ready")
