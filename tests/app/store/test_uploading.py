"""Files of recordings reach the store whatever the line does, and leave the disk only then."""

import errno
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.jobs.models import Job
from app.recordings import listing, uploading
from app.recordings.copies import CopyState, RecordingFile
from app.recordings.keys import key_of
from app.recordings.listing import FileOnDisk
from app.recordings.models import Recording, RecordingState
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from app.recordings.uploading import LOCAL_GRACE, LONGEST_PAUSE, SHORTEST_PAUSE, pause_after
from app.store.client import ObjectStore, Piece
from tests.app.store.keeping import CLIP, PART, Keeping
from tests.app.store.servers import Line, S3Server, noise
from tests.app.store.test_purging import purge, state_of, withdraw

ALL = {PART, CLIP, "manifest.jsonl"}


async def test_files_are_stored_proved_and_a_day_later_on_the_disk_no_more(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    content = {name: keeping.path(recording, name).read_bytes() for name in ALL}
    await keeping.run()
    assert await keeping.states(recording) == dict.fromkeys(ALL, CopyState.VERIFIED)
    assert server.objects() == {
        f"rec/{recording.folder}/{name}": body for name, body in content.items()
    }
    keeping.clock.advance(hours=23)
    await keeping.run()
    assert all(keeping.path(recording, name).exists() for name in ALL)
    keeping.clock.advance(hours=1)
    await keeping.run()
    assert not keeping.path(recording, PART).exists()
    assert not keeping.path(recording, CLIP).exists()
    assert await keeping.states(recording) == {
        PART: CopyState.STORED_ONLY,
        CLIP: CopyState.STORED_ONLY,
        "manifest.jsonl": CopyState.VERIFIED,
    }
    assert keeping.path(recording, "manifest.jsonl").exists()


@pytest.mark.parametrize(
    ("state", "is_sent"),
    [
        (RecordingState.RECORDING, False),
        (RecordingState.FINALISING, False),
        (RecordingState.SEALED, True),
        (RecordingState.BROKEN, True),
    ],
)
async def test_only_what_is_sealed_is_sent_and_what_is_not_ready_stays_on_the_disk(
    keeping: Keeping, server: S3Server, state: RecordingState, *, is_sent: bool
) -> None:
    recording = await keeping.recording({PART: noise(1000)}, state=state)
    await keeping.run()
    assert bool(server.objects()) is is_sent
    keeping.clock.now += 2 * LOCAL_GRACE
    await keeping.run()
    assert keeping.path(recording, PART).exists()


async def test_recording_that_broke_before_it_was_sealed_waits(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording(state=RecordingState.BROKEN)
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).manifest_sha256 = None
    await keeping.run()
    assert server.objects() == {}


async def test_replay_made_after_the_parts_were_sent_follows(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording({PART: noise(1000)}, state=RecordingState.SEALED)
    await keeping.run()
    assert f"rec/{recording.folder}/{PART}" in server.objects()
    keeping.path(recording, "replay").mkdir()
    keeping.path(recording, CLIP).write_bytes(noise(2000))
    keeping.path(recording, "replay-0a1b").mkdir()
    keeping.path(recording, "replay-0a1b/half.mp4").write_bytes(noise(10))
    async with keeping.database.unit_of_work() as db:
        row = await db.merge(recording)
        row.state, row.ready_at = RecordingState.READY, keeping.clock.now
    await keeping.run()
    assert set(await keeping.states(recording)) == ALL
    assert f"rec/{recording.folder}/{CLIP}" in server.objects()


async def test_large_file_goes_on_where_the_line_broke(
    keeping: Keeping, server: S3Server, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PIECE_BYTES", 100_000)
    recording = await keeping.recording({CLIP: (content := noise(950_000))})
    await line.change(up_bytes=430_000)
    await keeping.run(times=2)
    assert (await keeping.files(recording))[CLIP].upload_id is not None
    await line.change()
    await keeping.run(times=2)
    assert (await keeping.files(recording))[CLIP].state is CopyState.VERIFIED
    assert server.objects()[f"rec/{recording.folder}/{CLIP}"] == content
    begun = [one for one in line.requests if one.startswith("POST") and one.endswith("?uploads=")]
    sent = [one for one in line.requests if "partNumber=" in one]
    assert len(begun) == 1
    # Each piece arrived once; one more was under way whenever the line broke.
    assert 10 <= len(sent) <= 13
    assert len(set(sent)) == 10


async def test_store_that_forgot_an_upload_is_sent_all_of_it_again(
    keeping: Keeping, server: S3Server, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "PIECE_BYTES", 100_000)
    recording = await keeping.recording({CLIP: (content := noise(950_000))})
    await line.change(up_bytes=430_000)
    await keeping.run()
    await line.change()
    server.restart()
    await keeping.run(times=4)
    assert (await keeping.files(recording))[CLIP].state is CopyState.VERIFIED
    assert server.objects()[f"rec/{recording.folder}/{CLIP}"] == content


async def test_what_is_offered_while_others_are_read_is_sent_by_the_next_run(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await keeping.recording()
    film = keeping.path(recording, "lesson-1.mp4")
    really = listing.look_at

    async def look_at(
        folder: Path, known: Collection[str], *, with_replay: bool
    ) -> list[FileOnDisk]:
        found = await really(folder, known, with_replay=with_replay)
        film.write_bytes(noise(10_000, 3))
        async with keeping.database.unit_of_work() as db:
            (await db.get_one(Recording, recording.id)).files_listed_at = None
        return found

    with monkeypatch.context() as patch:
        patch.setattr(listing, "look_at", look_at)
        await keeping.run()
    assert set(await keeping.states(recording)) == ALL
    await keeping.run(times=2)
    assert await keeping.states(recording) == dict.fromkeys(ALL | {film.name}, CopyState.VERIFIED)
    async with keeping.database.unit_of_work() as db:
        assert (await db.get_one(Recording, recording.id)).files_listed_at is not None


Meanwhile = Callable[[], Awaitable[None]]


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> Callable[[Meanwhile], list[int]]:
    """Have something happen while the second piece is sent; return the numbers of those sent."""
    monkeypatch.setattr(uploading, "PIECE_BYTES", 100_000)
    really, sent = ObjectStore.put_piece, list[int]()

    def while_the_second_is_sent(meanwhile: Meanwhile) -> list[int]:
        async def send(
            store: ObjectStore, key: str, upload_id: str, number: int, body: bytes
        ) -> Piece:
            piece = await really(store, key, upload_id, number, body)
            sent.append(number)
            if number == 2:
                await meanwhile()
            return piece

        monkeypatch.setattr(ObjectStore, "put_piece", send)
        return sent

    return while_the_second_is_sent


async def test_what_is_withdrawn_while_it_is_sent_is_sent_no_further(
    keeping: Keeping, server: S3Server, pieces: Callable[[Meanwhile], list[int]]
) -> None:
    recording = await keeping.recording({CLIP: noise(950_000)})
    sent = pieces(lambda: withdraw(keeping, recording))
    withdrawn_at = keeping.clock.now
    await keeping.run()
    assert sent == [1, 2]
    assert key_of(recording.folder, CLIP) not in server.objects()
    keeping.clock.now = withdrawn_at + REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert server.objects() == {}
    assert await state_of(keeping, recording) is RecordingState.PURGED


async def test_what_is_removed_while_it_is_sent_is_no_failure_of_the_job(
    keeping: Keeping, server: S3Server, pieces: Callable[[Meanwhile], list[int]]
) -> None:
    recording = await keeping.recording({CLIP: noise(950_000)})

    async def remove() -> None:
        async with keeping.database.unit_of_work() as db:
            await db.execute(delete(RecordingFile).where(RecordingFile.name == CLIP))

    sent = pieces(remove)
    await keeping.run()
    assert sent == [1, 2]
    assert await keeping.states(recording) == {"manifest.jsonl": CopyState.VERIFIED}
    async with keeping.database.unit_of_work() as db:
        job = (await db.scalars(select(Job).where(Job.kind == uploading.KIND))).one()
    assert job.problem is None


@pytest.mark.parametrize("trouble", [{"is_cut": True}, {"refuses": 403}, {"refuses": 503}])
async def test_store_that_is_away_is_asked_for_ever_and_ever_more_seldom(
    keeping: Keeping, server: S3Server, line: Line, trouble: dict[str, object]
) -> None:
    recording = await keeping.recording()
    await line.change(**trouble)
    began = keeping.clock.now
    await keeping.run(times=40)
    standing = await keeping.standing()
    assert standing is not None
    assert standing.away_since == began
    assert standing.problem
    # The job itself looks at the disk once a minute; the store is asked each ten at most.
    assert 10 <= standing.failures <= 20
    assert standing.due_at - keeping.clock.now <= LONGEST_PAUSE
    assert set((await keeping.states(recording)).values()) == {CopyState.WAITING}
    assert all(keeping.path(recording, name).exists() for name in ALL)
    await line.change()
    await keeping.run(times=12)
    assert set((await keeping.states(recording)).values()) == {CopyState.VERIFIED}
    standing = await keeping.standing()
    assert standing is not None
    assert (standing.away_since, standing.failures) == (None, 0)


async def test_what_cannot_be_read_back_whole_is_not_proved(
    keeping: Keeping, server: S3Server, line: Line
) -> None:
    recording = await keeping.recording({CLIP: noise(400_000)})
    await line.change(down_bytes=200_000)
    await keeping.run(times=6)
    states = await keeping.states(recording)
    assert states[CLIP] is CopyState.SENT
    keeping.clock.now += 2 * LOCAL_GRACE
    await keeping.run()
    assert keeping.path(recording, CLIP).exists()
    await line.change()
    await keeping.run(times=12)
    assert (await keeping.states(recording))[CLIP] is CopyState.VERIFIED


async def test_slow_store_is_waited_for(keeping: Keeping, line: Line) -> None:
    recording = await keeping.recording()
    await line.change(pause_s=0.05)
    await keeping.run()
    assert set((await keeping.states(recording)).values()) == {CopyState.VERIFIED}


async def test_what_the_store_changed_is_sent_again(
    keeping: Keeping, server: S3Server, line: Line
) -> None:
    recording = await keeping.recording({PART: (content := noise(5000))})
    await line.change(down_bytes=3000)  # what was sent cannot be read back yet
    await keeping.run(times=3)
    assert (await keeping.states(recording))[PART] is CopyState.SENT
    stored = key_of(recording.folder, PART)
    await server.put(stored, noise(5000, seed=7))
    await line.change()
    await keeping.run(times=12)
    assert (await keeping.states(recording))[PART] is CopyState.VERIFIED
    assert server.objects()[stored] == content


async def test_local_file_stays_when_the_store_lost_the_other(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording({PART: (content := noise(5000))})
    await keeping.run()
    stored = key_of(recording.folder, PART)
    await server.lose(stored)
    keeping.clock.now += LOCAL_GRACE
    await keeping.run()
    assert keeping.path(recording, PART).exists()
    await keeping.run(times=4)
    assert server.objects()[stored] == content


async def test_changed_file_on_the_disk_is_not_stored_for_what_was_recorded(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    keeping.path(recording, PART).write_bytes(noise(40_000, seed=9))
    await keeping.run(times=2)
    row: RecordingFile = (await keeping.files(recording))[PART]
    assert (row.state, bool(row.problem)) == (CopyState.LOST, True)
    assert f"rec/{recording.folder}/{PART}" not in server.objects()
    assert (await keeping.states(recording))[CLIP] is CopyState.VERIFIED


async def test_file_the_disk_lost_is_found_in_the_store(keeping: Keeping, server: S3Server) -> None:
    """A database brought back from a copy believes that nothing was sent yet."""
    recording = await keeping.recording({PART: (content := noise(5000))})
    stored = key_of(recording.folder, PART)
    await server.put(stored, content)
    keeping.path(recording, PART).unlink()
    await keeping.run()
    assert (await keeping.states(recording)).get(PART) is CopyState.VERIFIED


@given(st.integers(1, 2000), st.floats(0.5, 1.0))
def test_pauses_grow_from_a_second_to_ten_minutes(failures: int, draw: float) -> None:
    pause = pause_after(failures, lambda low, high: min(max(draw, low), high))
    assert SHORTEST_PAUSE / 2 <= pause <= LONGEST_PAUSE
    assert pause <= pause_after(failures + 1, lambda _low, high: high)
    assert pause_after(1, lambda _low, high: high) == timedelta(seconds=1)
    assert pause_after(11, lambda _low, high: high) == timedelta(minutes=10)


async def test_file_the_disk_cannot_read_waits_alone(
    keeping: Keeping, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await keeping.recording()
    read = listing.sha256_of

    def fail_for_the_clip(path: Path) -> str:
        if path.suffix == ".mp4" and path.parent.name == "replay":
            raise OSError(errno.EIO, "Input/output error")
        return read(path)

    await line.change(is_cut=True)
    await keeping.run()  # gives the files their rows
    await line.change()
    monkeypatch.setattr(listing, "sha256_of", fail_for_the_clip)
    await keeping.run(times=3)
    states = await keeping.states(recording)
    assert (states[PART], states[CLIP]) == (CopyState.VERIFIED, CopyState.WAITING)
    assert (await keeping.files(recording))[CLIP].problem == "disk: Input/output error"
    monkeypatch.undo()
    await keeping.run(times=3)
    assert (await keeping.states(recording))[CLIP] is CopyState.VERIFIED


@pytest.mark.parametrize(
    "state", [RecordingState.SEALED, RecordingState.PROCESSING, RecordingState.BROKEN]
)
async def test_a_replay_that_is_not_shown_yet_is_not_sent(
    keeping: Keeping, state: RecordingState
) -> None:
    """Its database was away when it was made: the next attempt gives other files its names."""
    recording = await keeping.recording(state=state)
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).ready_at = None
    await keeping.run(times=2)
    assert set(await keeping.files(recording)) == {PART, "manifest.jsonl"}
    another = noise(70_000, 9)
    keeping.path(recording, CLIP).write_bytes(another)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        row.state, row.ready_at = RecordingState.READY, keeping.clock.now
    await keeping.run(times=2)
    files = await keeping.files(recording)
    assert files[CLIP].sha256 == sha256(another).hexdigest()
    assert {file.state for file in files.values()} == {CopyState.VERIFIED}
