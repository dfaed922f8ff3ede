"""From a folder to a replay, and who may play it.

Past 400 lines: one world of folders, from the seal to every refusal to play.
"""

import asyncio
import errno
import hashlib
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select
from starlette.requests import Request

from app.database import Database
from app.lessons.models import Lesson, LessonState
from app.live import replay_builder, service
from app.live.ledger import DatabaseLedger
from app.live.replay_builder import ProcessReplayBuilder
from app.recordings import finishing, removal, workplaces
from app.recordings.builder import Missing, NoRoomNow, ReplayFailed
from app.recordings.finishing import finish
from app.recordings.models import Recording, RecordingClip, RecordingState, RecordingView
from app.recordings.queries import unfinished
from app.recordings.service import UNREADABLE
from app.recordings.streaming import open_local, send_file
from app.settings import Settings
from media.core.ids import Kind, PeerId, Source
from media.recorder.manifest import read_manifest
from media.recorder.timeline import Clip, Group, Unreadable
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock, OpenBrowser
from tests.app.folder_builder import CONTENT, FolderBuilder
from tests.factories import County, make_lesson
from tests.media.recordings import CAMERA, SCREEN, h264_feed, record, vp8_feed

MANIFEST = b'{"a manifest": 1}\n'


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: who may watch is a statement."""
    return either_url


@pytest.fixture
def builder() -> FolderBuilder:
    return FolderBuilder()


@pytest.fixture
async def ended(database: Database, county: County, clock: Clock, settings: Settings) -> UUID:
    """A lesson that is over, whose folder holds a manifest, not queued for a replay."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
        recording = (await db.scalars(select(Recording))).one()
        folder = settings.recordings_dir.absolute() / recording.folder
    folder.mkdir(parents=True)
    (folder / "manifest.jsonl").write_bytes(MANIFEST)
    quiet = Database(settings.database_url, type(database.events)())
    ledger = DatabaseLedger(quiet, clock=clock)
    await ledger.record(str(session.id), [RoomEvent(EventType.SEAT_JOINED, 0, "hub", "hub")])
    await ledger.lesson_ended(str(session.id), EndReason.ENDED_BY_LECTURER, 10_000, "hub")
    await quiet.close()
    return session.id


async def recording_of(database: Database) -> Recording:
    async with database.unit_of_work() as db:
        return (await db.scalars(select(Recording))).one()


Finish = Callable[[], Awaitable[None]]


@pytest.fixture
def make_replay(
    database: Database, ended: UUID, builder: FolderBuilder, settings: Settings, clock: Clock
) -> Finish:
    async def run() -> None:
        await finish(
            database,
            recording_id=(await recording_of(database)).id,
            root=settings.recordings_dir.absolute(),
            builder=builder,
            clock=clock,
        )

    return run


async def clip_path(database: Database) -> str:
    async with database.unit_of_work() as db:
        clip = (await db.scalars(select(RecordingClip))).first()
        assert clip is not None
        return f"/api/recordings/clips/{clip.id}"


# Finishing


async def test_a_finished_recording_is_sealed_by_its_manifest_and_has_its_clips(
    make_replay: Finish, database: Database, clock: Clock
) -> None:
    await make_replay()
    recording = await recording_of(database)
    assert recording.state is RecordingState.READY
    assert recording.manifest_sha256 == hashlib.sha256(MANIFEST).hexdigest()
    assert (recording.duration_ms, recording.bytes) == (9_250, len(CONTENT))
    assert (recording.ready_at, recording.problem) == (clock.now, None)


async def test_what_is_published_is_left_alone(
    make_replay: Finish, database: Database, builder: FolderBuilder
) -> None:
    await make_replay()
    before = await clip_path(database)
    builder.fails_to = "build"
    await make_replay()
    assert await clip_path(database) == before
    assert (await recording_of(database)).state is RecordingState.READY


async def test_a_disk_that_fails_is_said_in_its_words_and_tried_again(
    make_replay: Finish, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Path | None) -> None:
        raise OSError(errno.EIO, "Input/output error", "/srv/recordings")

    with monkeypatch.context() as patch:
        patch.setattr(finishing, "_clear", fail)
        with pytest.raises(OSError, match="Input/output"):
            await make_replay()
    recording = await recording_of(database)
    assert (recording.state, recording.problem) == (RecordingState.BROKEN, "Input/output error")
    await make_replay()
    assert (await recording_of(database)).state is RecordingState.REPAIRED


async def test_a_replay_goes_where_there_is_room_and_is_removed_with_its_recording(
    database: Database,
    ended: UUID,
    builder: FolderBuilder,
    settings: Settings,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording = await recording_of(database)
    root, second = settings.recordings_dir.absolute(), tmp_path / "second"
    folder = root / recording.folder
    free = {folder: 100}
    monkeypatch.setattr(
        os,
        "statvfs",
        lambda path: SimpleNamespace(
            f_blocks=1_000, f_frsize=1_000_000, f_bavail=free.get(path, 1_000)
        ),
    )
    for _ in range(2):  # what was left of the first attempt is not in the way of the second
        builder.fails_to = None
        await finish(
            database,
            recording_id=recording.id,
            root=root,
            second_root=second,
            builder=builder,
            clock=clock,
        )
        async with database.unit_of_work() as db:
            again = await db.get_one(Recording, recording.id)
            assert again.state is RecordingState.READY
            again.state = RecordingState.FINALISING
    [clip] = (folder / "replay").iterdir()
    assert clip.read_bytes() == CONTENT
    assert [each.name for each in (second / recording.folder).iterdir()] == ["replay"]
    part = second / recording.folder / "1-000009.mp4"
    part.write_bytes(b"pupils")
    (folder / "second-1").symlink_to(part.parent)
    (folder / "1-000009.mp4").symlink_to("second-1/1-000009.mp4")
    removal.remove_file(folder / "1-000009.mp4")
    assert not part.exists()
    part.write_bytes(b"pupils")
    (folder / "1-000009.mp4").symlink_to("second-1/1-000009.mp4")
    removal.remove_tree(folder)
    assert not folder.exists()
    assert not part.exists()
    assert list(second.rglob("*.mp4")) == []


@pytest.mark.parametrize("step", ["recover", "build"])
async def test_a_failure_is_said_and_the_next_attempt_begins_anew(
    step: str, make_replay: Finish, database: Database, builder: FolderBuilder
) -> None:
    builder.fails_to = step
    for _ in range(2):
        with pytest.raises(ReplayFailed):
            await make_replay()
        recording = await recording_of(database)
        assert recording.state is RecordingState.BROKEN
        assert recording.problem is not None
        assert recording.problem.startswith(step)
    async with database.unit_of_work() as db:
        assert await unfinished(db) == [recording.id]
    builder.fails_to = None
    await make_replay()
    assert (await recording_of(database)).state is RecordingState.REPAIRED
    async with database.unit_of_work() as db:
        assert await unfinished(db) == []


@pytest.mark.parametrize(
    "state", [RecordingState.FINALISING, RecordingState.SEALED, RecordingState.PROCESSING]
)
async def test_a_server_killed_at_any_step_finishes_after_its_restart(
    state: RecordingState,
    make_replay: Finish,
    database: Database,
    settings: Settings,
) -> None:
    async with database.unit_of_work() as db:
        recording = (await db.scalars(select(Recording))).one()
        recording.state = state
        folder = settings.recordings_dir / recording.folder
    left_over = folder / "replay-0123"
    left_over.mkdir()
    (left_over / "half.mp4.tmp").write_bytes(b"half")
    async with database.unit_of_work() as db:
        assert await unfinished(db) == [recording.id]
    await make_replay()
    assert (await recording_of(database)).state is RecordingState.READY
    assert not left_over.exists()
    assert (folder / "replay" / "0001-hub-camera.mp4").exists()


async def test_a_lesson_in_which_nobody_sent_anything_says_so_and_is_not_tried_again(
    make_replay: Finish, database: Database, builder: FolderBuilder, settings: Settings
) -> None:
    folder = settings.recordings_dir / (await recording_of(database)).folder
    (folder / "manifest.jsonl").unlink()
    await make_replay()
    recording = await recording_of(database)
    assert (recording.state, recording.problem) == (RecordingState.BROKEN, "no_media")
    async with database.unit_of_work() as db:
        assert await unfinished(db) == []
    assert builder.recovered == 0


async def test_a_manifest_without_media_says_so_too(
    make_replay: Finish, database: Database, builder: FolderBuilder
) -> None:
    builder.clips = 0
    with pytest.raises(ReplayFailed):
        await make_replay()
    assert (await recording_of(database)).problem == "no_media"


async def test_what_cannot_be_read_is_said_to_who_watches_and_who_looks_after_it(
    *,
    make_replay: Finish,
    ended: UUID,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
    builder: FolderBuilder,
) -> None:
    builder.missing = (Missing("hub", "screen", "video", 2_000, 8_500),)
    await make_replay()
    assert (await recording_of(database)).state is RecordingState.READY
    teacher = await open_browser(county.teacher)
    administrator = await open_browser(county.administrator)
    watched = (await teacher.get(f"/api/sessions/{ended}/replay")).json()["missing"]
    shown = (await administrator.get(f"/api/admin/sessions/{ended}")).json()["recording"]["missing"]
    assert watched == shown
    (one,) = shown
    assert one["name"].startswith("老师")
    assert (one["group"], one["kind"], one["from_ms"], one["to_ms"]) == (
        "screen",
        "video",
        2_000,
        8_500,
    )


async def test_a_recording_of_which_nothing_can_be_read_is_tried_again(
    make_replay: Finish, database: Database, builder: FolderBuilder
) -> None:
    """It is not as one in which nobody sent anything: a disk may come back."""
    builder.clips, builder.missing = 0, (Missing("hub", "camera", "audio", 0, 8_000),)
    with pytest.raises(ReplayFailed):
        await make_replay()
    recording = await recording_of(database)
    assert (recording.state, recording.problem) == (
        RecordingState.BROKEN,
        UNREADABLE,
    )
    async with database.unit_of_work() as db:
        assert await unfinished(db) == [recording.id]


async def test_the_process_builder_says_what_it_could_not_read(tmp_path: Path) -> None:
    record(tmp_path / "rec", {CAMERA: h264_feed(2.0), SCREEN: vp8_feed(2.0)})
    (screen,) = [part for part in read_manifest(tmp_path / "rec") if part.source is Source.SCREEN]
    (tmp_path / "rec" / screen.file).write_bytes(b"not a video")
    index = await ProcessReplayBuilder().build(tmp_path / "rec", tmp_path / "rec" / "replay-1")
    assert [clip.group for clip in index.clips] == ["camera"]
    assert [(each.seat_id, each.group, each.kind) for each in index.missing] == [
        (screen.peer_id, "screen", "video")
    ]


def test_parts_that_follow_one_another_are_missing_as_one() -> None:
    def lost(kind: Kind, start_s: float, end_s: float) -> Unreadable:
        return Unreadable("1.mp4", PeerId("hub"), Group.CAMERA, kind, start_s, end_s)

    missing = replay_builder._missing(
        [
            lost(Kind.VIDEO, 6.02, 12.0),
            lost(Kind.VIDEO, 0.0, 6.0),
            lost(Kind.AUDIO, 0.0, 6.0),
            lost(Kind.VIDEO, 30.0, 36.0),
        ]
    )
    assert [(each.kind, each.start_ms, each.end_ms) for each in missing] == [
        ("audio", 0, 6_000),
        ("video", 0, 12_000),
        ("video", 30_000, 36_000),
    ]


async def test_the_process_builder_says_what_went_wrong(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text("this is no manifest\n{}\n")
    with pytest.raises(ReplayFailed) as failure:
        await ProcessReplayBuilder().build(tmp_path, tmp_path / "out")
    assert failure.value.problem.startswith("build: ")
    assert len(failure.value.problem) > len("build: ")


async def test_a_clip_that_is_no_plain_name_is_never_served(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "/etc/passwd", "", ".hidden", "a/b.mp4"):
        clip = Clip(PeerId("hub"), Group.CAMERA, name, "video/mp4", 0.0, 1.0, True, True)
        with pytest.raises(ValueError, match="plain name"):
            replay_builder._built(tmp_path, clip)


# Watching


async def test_a_replay_names_its_clips_and_is_written_down(
    *,
    make_replay: Finish,
    ended: UUID,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
    clock: Clock,
) -> None:
    await make_replay()
    browser = await open_browser(county.teacher, address="10.1.2.3")
    body = (await browser.get(f"/api/sessions/{ended}/replay")).json()
    assert (body["state"], body["duration_ms"], body["attended"]) == ("READY", 10_000, 0)
    (clip,) = body["clips"]
    assert (clip["seat_id"], clip["group"], clip["start_ms"]) == ("hub", "camera", 250)
    assert body["chapters"] == []
    assert clip["name"].startswith("老师")
    assert clip["url"] == await clip_path(database)
    assert (await browser.get(clip["url"])).content == CONTENT
    administrator = await open_browser(county.administrator)
    (view,) = (await administrator.get(f"/api/admin/sessions/{ended}/views")).json()["items"]
    assert view["person_id"] == str(county.teacher.person_id)
    assert view["address"] == "10.1.2.3"
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingView))).one().at == clock.now


async def test_one_that_waits_for_room_says_until_when(
    ended: UUID,
    make_replay: Finish,
    database: Database,
    county: County,
    clock: Clock,
    open_browser: OpenBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with database.unit_of_work() as db:
        start = clock.now + timedelta(hours=2)
        later = await make_lesson(db, lecturer=county.teacher, hub=county.hub, planned_start=start)
    monkeypatch.setattr(workplaces, "spare_bytes", lambda _: 1)
    with pytest.raises(NoRoomNow):
        await make_replay()
    browser = await open_browser(county.teacher)
    path = f"/api/sessions/{ended}/replay"
    told = (await browser.get(path)).json()
    assert (told["state"], told["problem"]) == ("PROCESSING", "kept_for_lessons")
    assert datetime.fromisoformat(told["waits_until"]) == later.planned_end
    async with database.unit_of_work() as db:
        (await db.get_one(Lesson, later.id)).state = LessonState.CANCELLED
    assert (await browser.get(path)).json()["waits_until"] is None
    await make_replay()
    assert (await browser.get(path)).status_code == 200
    assert (await recording_of(database)).problem is None


async def test_a_recording_not_ready_says_in_which_state_it_is(
    ended: UUID, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.teacher)
    answer = await browser.get(f"/api/sessions/{ended}/replay")
    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["state"]) == ("recording-not-ready", "FINALISING")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("teacher", 200),
        ("administrator", 200),
        ("supervisor", 404),
        ("other teacher", 404),
        ("other administrator", 404),
        ("device", 401),
        ("nobody", 401),
    ],
)
async def test_only_the_lecturer_and_the_hubs_administrators_watch(
    *,
    who: str,
    status: int,
    make_replay: Finish,
    ended: UUID,
    county: County,
    other_county: County,
    open_browser: OpenBrowser,
    database: Database,
) -> None:
    await make_replay()
    place = other_county if who.startswith("other ") else county
    word = who.removeprefix("other ")
    if word == "device":
        browser = await open_browser(device=place.credentials[0])
    elif word == "nobody":
        browser = await open_browser()
    else:
        browser = await open_browser(getattr(place, word))
    assert (await browser.get(f"/api/sessions/{ended}/replay")).status_code == status
    path = await clip_path(database)
    assert (await browser.get(path)).status_code == status
    assert (await browser.client.head(path)).status_code == status


async def test_a_clip_of_a_recording_withdrawn_is_gone(
    make_replay: Finish, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    await make_replay()
    path = await clip_path(database)
    async with database.unit_of_work() as db:
        (await db.scalars(select(Recording))).one().state = RecordingState.BROKEN
    browser = await open_browser(county.teacher)
    assert (await browser.get(path)).status_code == 404
    assert (await browser.get(f"/api/recordings/clips/{UUID(int=4)}")).status_code == 404


# Ranges over HTTP


async def test_a_clip_is_served_whole_in_part_and_by_head(
    make_replay: Finish, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    await make_replay()
    path = await clip_path(database)
    browser = await open_browser(county.teacher)
    whole = await browser.get(path)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-type"] == 'video/mp4; codecs="avc1.42e01f,opus"'
    assert whole.headers["content-length"] == str(len(CONTENT))
    assert whole.headers["cache-control"] == "private, no-store"
    etag = whole.headers["etag"]

    head = await browser.client.head(path, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(CONTENT))
    assert head.headers["etag"] == etag

    part = await browser.get(path, headers={"Range": "bytes=300000-300009"})
    assert (part.status_code, part.content) == (206, CONTENT[300000:300010])
    assert part.headers["content-range"] == f"bytes 300000-300009/{len(CONTENT)}"
    assert part.headers["content-length"] == "10"

    tail = await browser.get(path, headers={"Range": "bytes=-5"})
    assert (tail.status_code, tail.content) == (206, CONTENT[-5:])
    rest = await browser.get(path, headers={"Range": "bytes=7-", "If-Range": etag})
    assert (rest.status_code, rest.content) == (206, CONTENT[7:])
    changed = await browser.get(path, headers={"Range": "bytes=7-", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, CONTENT)
    several = await browser.get(path, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, CONTENT)

    beyond = await browser.get(path, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert beyond.json()["type"] == "range-not-satisfiable"


async def test_a_clip_whose_file_is_missing_is_said_to_be_missing(
    make_replay: Finish,
    county: County,
    open_browser: OpenBrowser,
    database: Database,
    settings: Settings,
) -> None:
    await make_replay()
    path = await clip_path(database)
    folder = settings.recordings_dir / (await recording_of(database)).folder / "replay"
    (folder / "0001-hub-camera.mp4").unlink()
    browser = await open_browser(county.teacher)
    answer = await browser.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "clip-file-missing")


async def test_a_player_that_goes_away_does_not_keep_the_file_open(
    make_replay: Finish, database: Database, settings: Settings
) -> None:
    await make_replay()
    folder = settings.recordings_dir / (await recording_of(database)).folder / "replay"
    gone = asyncio.Event()
    sent: list[int] = []

    async def receive() -> dict[str, str]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sent.append(len(body))
        if body:
            gone.set()
            await asyncio.Event().wait()  # a client that takes no more

    scope = {
        "type": "http",
        "method": "GET",
        "headers": [],
        "path": "/",
        "query_string": b"",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
    }
    file = await open_local(folder / "0001-hub-camera.mp4")
    assert file is not None
    response = await send_file(Request(scope), file, mime="video/mp4")
    await response(scope, receive, send)  # type: ignore[arg-type]  # plain dicts do here
    assert sum(sent) == 256 * 1024
    assert response._file.closed  # type: ignore[attr-defined]  # what the test is about
