"""What a crash, an old copy of the database or somebody's hand did is found and mended."""

from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from app.jobs import service as jobs
from app.jobs.models import Job, Queue
from app.recordings import reconciling
from app.recordings.copies import CopyState, RecordingFile
from app.recordings.keys import key_of
from app.recordings.models import RecordingState
from app.recordings.reconciling import Reconciler
from app.recordings.uploading import LOCAL_GRACE
from app.recordings.workplaces import COMPOSING, CUTTING, MENDING
from tests.app.store.keeping import CLIP, PART, Keeping
from tests.app.store.servers import Line, S3Server

PLACES = (COMPOSING, CUTTING, MENDING)
ALL = {PART, CLIP, "manifest.jsonl"}


async def reconcile(keeping: Keeping) -> dict[str, object]:
    reconciler = Reconciler(keeping.root, keeping.store)
    async with keeping.database.unit_of_work() as db:
        job = await jobs.enqueue(
            db, kind=reconciling.KIND, payload={}, owner=None, now=keeping.clock.now
        )
    assert await keeping.worker({reconciling.KIND: reconciler.run}).run_due() == 1
    async with keeping.database.unit_of_work() as db:
        result: dict[str, object] | None = await db.scalar(
            select(Job.result).where(Job.id == job.id)
        )
        assert result is not None
        return result


async def test_what_is_as_it_should_be_is_left_alone(keeping: Keeping) -> None:
    recording = await keeping.recording()
    await keeping.run()
    found = await reconcile(keeping)
    assert found == {
        "recordings": 1,
        "new": 0,
        "missing": 0,
        "unknown": 0,
        "unknown_folders": 0,
        "orphans": 0,
    }
    assert await keeping.states(recording) == dict.fromkeys(ALL, CopyState.VERIFIED)


async def test_what_the_store_lost_is_sent_again_while_the_disk_has_it(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    stored = key_of(recording.folder, CLIP)
    content = server.objects()[stored]
    await server.put(stored, content[:-1])
    assert (await reconcile(keeping))["missing"] == 1
    await keeping.run(times=2)
    assert server.objects()[stored] == content
    assert await keeping.states(recording) == dict.fromkeys(ALL, CopyState.VERIFIED)


async def test_what_nobody_has_any_more_is_said_to_be_lost_and_found_when_it_comes_back(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    keeping.clock.now += LOCAL_GRACE
    await keeping.run()
    stored = key_of(recording.folder, PART)
    content = server.objects()[stored]
    await server.lose(stored)
    await reconcile(keeping)
    await keeping.run()
    assert (await keeping.states(recording))[PART] is CopyState.LOST
    await server.put(stored, content)
    await reconcile(keeping)
    await keeping.run()
    assert (await keeping.states(recording))[PART] is CopyState.VERIFIED


async def test_database_from_an_older_copy_learns_what_was_stored_since(keeping: Keeping) -> None:
    recording = await keeping.recording()
    await keeping.run()
    keeping.clock.now += LOCAL_GRACE
    await keeping.run()
    async with keeping.database.unit_of_work() as db:
        await db.execute(delete(RecordingFile).where(RecordingFile.name == PART))
    await reconcile(keeping)
    await keeping.run()
    assert (await keeping.states(recording))[PART] is CopyState.VERIFIED


async def test_what_belongs_to_nothing_is_counted_and_stays(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    stray = key_of(recording.folder, "another.mp4")
    await server.put(stray, b"x")
    (keeping.root / "2026-01/no-such-session").mkdir(parents=True)
    found = await reconcile(keeping)
    assert (found["unknown"], found["unknown_folders"]) == (2, 1)
    assert stray in server.objects()
    assert (keeping.root / "2026-01/no-such-session").exists()


async def test_files_of_a_recording_that_was_removed_are_told_of(keeping: Keeping) -> None:
    recording = await keeping.recording(state=RecordingState.PURGED)
    assert (await reconcile(keeping))["unknown"] == 1
    assert keeping.path(recording, PART).exists()


async def test_what_no_recorder_made_is_neither_sent_nor_in_the_way(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    for name in ("manifest.jsonl~", "1-000001 (1).mp4", "课.mp4", "x" * 230):
        keeping.path(recording, name).write_bytes(b"x")
    await keeping.run(times=2)
    names = {key.rpartition("/")[2] for key in server.objects()}
    assert PART in names
    assert names <= {PART, "manifest.jsonl", "0001-hub-camera.mp4"}


async def test_store_that_is_away_changes_nothing(keeping: Keeping, line: Line) -> None:
    recording = await keeping.recording()
    await keeping.run()
    await line.change(is_cut=True)
    assert "not reached" in str((await reconcile(keeping))["problem"])
    assert await keeping.states(recording) == dict.fromkeys(ALL, CopyState.VERIFIED)


async def test_what_jobs_left_that_are_over_is_removed_and_what_others_make_is_not(
    keeping: Keeping, tmp_path: Path
) -> None:
    recording = await keeping.recording()
    given_up, made_now, elsewhere = [
        keeping.path(recording, f"{name}-{uuid4().hex}-{uuid4().hex}") for name in PLACES
    ]
    second = tmp_path / "second"
    second.mkdir()
    elsewhere.symlink_to(second / elsewhere.name)
    for place in (given_up, made_now, second / elsewhere.name):
        place.mkdir()
        (place / "film.mp4").write_bytes(b"half")
    beside = keeping.path(recording, "making-of")
    beside.mkdir()
    async with keeping.database.unit_of_work() as db:
        now = keeping.clock.now
        db.add(
            Job(
                id=UUID(made_now.name.split("-")[1]),
                kind="x",
                queue=Queue.HEAVY,
                payload={},
                created_at=now,
                run_after=now,
            )
        )
    await reconcile(keeping)
    assert not given_up.exists()
    assert not elsewhere.is_symlink()
    assert list(second.iterdir()) == []
    assert (made_now / "film.mp4").exists()
    assert beside.exists()
