"""What is left over goes when it is due, with every copy; nothing else does.

Clips that were replaced stay for a day.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from app.recordings import leftovers, retention
from app.recordings.copies import CopyState
from app.recordings.keys import key_of
from app.recordings.leftovers import (
    REPLACED_KEPT_FOR,
    RecordingLeftover,
    keep,
    leave,
)
from app.recordings.models import Recording, RecordingClip
from app.recordings.retention import OPERATOR, REMOVED_AFTER_WITHDRAWAL
from app.store.client import ObjectStore
from tests.app.store.keeping import CLIP, PART, Keeping
from tests.app.store.servers import Line, S3Server, noise
from tests.app.store.test_purging import certificate_of, purge, withdraw

NEW = "replay/ab12cd34-0001-hub-camera.mp4"
FILES = {PART: noise(40_000), CLIP: noise(30_000, 2), NEW: noise(50_000, 3)}
SECOND = timedelta(seconds=1)


@pytest.fixture
async def recording(keeping: Keeping) -> Recording:
    """A recording whose replay was made again just now."""
    recording = await keeping.recording(FILES)
    async with keeping.database.unit_of_work() as db:
        for name, replaced_at in ((CLIP, keeping.clock.now), (NEW, None)):
            db.add(
                RecordingClip(
                    recording_id=recording.id,
                    seat_id="hub",
                    group="camera",
                    file=name.partition("/")[2],
                    mime="video/mp4",
                    start_ms=0,
                    duration_ms=1000,
                    has_audio=True,
                    has_video=True,
                    bytes=len(FILES[name]),
                    replaced_at=replaced_at,
                )
            )
        leave(db, recording.id, CLIP, now=keeping.clock.now, after=REPLACED_KEPT_FOR)
    return recording


async def clips_of(keeping: Keeping, recording: Recording) -> set[str]:
    async with keeping.database.unit_of_work() as db:
        files = await db.scalars(
            select(RecordingClip.file).where(RecordingClip.recording_id == recording.id)
        )
        return {f"replay/{file}" for file in files}


def objects_of(server: S3Server) -> set[str]:
    """Return which of our files the store has."""
    return {name for key in server.objects() for name in FILES if key.endswith(f"/{name}")}


async def all_sent(keeping: Keeping, recording: Recording) -> None:
    """Have the store have it all, as it has what was replaced after it was sent."""
    left = select(RecordingLeftover).where(RecordingLeftover.recording_id == recording.id)
    async with keeping.database.unit_of_work() as db:
        due_at = (await db.scalars(left)).one().due_at
        await db.execute(delete(RecordingLeftover))
    await keeping.run(times=2)
    assert set((await keeping.states(recording)).values()) == {CopyState.VERIFIED}
    async with keeping.database.unit_of_work() as db:
        db.add(RecordingLeftover(recording_id=recording.id, name=CLIP, due_at=due_at))


async def test_what_was_replaced_a_day_ago_goes_from_disk_and_store(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    replaced_at = keeping.clock.now
    await all_sent(keeping, recording)
    keeping.clock.now = replaced_at + REPLACED_KEPT_FOR - SECOND
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    assert objects_of(server) == set(FILES)
    keeping.clock.now = replaced_at + REPLACED_KEPT_FOR
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {NEW}
    assert objects_of(server) == {PART, NEW}
    assert [keeping.path(recording, name).exists() for name in FILES] == [True, False, True]
    assert CLIP not in await keeping.files(recording)


async def test_a_held_recording_keeps_what_was_replaced(
    keeping: Keeping, recording: Recording
) -> None:
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)
    keeping.clock.now += REPLACED_KEPT_FOR
    await purge(keeping)
    assert keeping.path(recording, CLIP).exists()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        assert await retention.lift_all(db, row, by=OPERATOR, now=keeping.clock.now) == 1
    await purge(keeping)
    assert not keeping.path(recording, CLIP).exists()


async def test_what_was_to_be_sent_is_not_sent_and_goes(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    replaced_at = keeping.clock.now
    await keeping.run(times=2)
    assert (await keeping.states(recording))[CLIP] is CopyState.WAITING
    assert objects_of(server) == {PART, NEW}
    keeping.clock.now = replaced_at + REPLACED_KEPT_FOR
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {NEW}
    assert not keeping.path(recording, CLIP).exists()


async def test_what_lies_on_another_disk_that_is_away_is_waited_for(
    keeping: Keeping, recording: Recording, tmp_path: Path
) -> None:
    replay, second = keeping.path(recording, "replay"), tmp_path / "second"
    second.mkdir()
    there = replay.rename(second / "replay")
    replay.symlink_to(there)
    away = second.rename(tmp_path / "away")
    keeping.clock.now += REPLACED_KEPT_FOR
    await purge(keeping)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    away.rename(second)
    await purge(keeping)
    assert await clips_of(keeping, recording) == {NEW}
    assert [f"replay/{path.name}" for path in there.iterdir()] == [NEW]


async def test_a_hold_that_comes_while_others_are_removed_still_keeps(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [await keeping.recording() for _ in range(2)]
    async with keeping.database.unit_of_work() as db:
        leave(db, first.id, CLIP, now=keeping.clock.now - SECOND)
        leave(db, second.id, CLIP, now=keeping.clock.now)
    really, deleted = ObjectStore.delete, list[str]()

    async def delete_and_hold(store: ObjectStore, key: str) -> None:
        await really(store, key)
        deleted.append(key)
        async with keeping.database.unit_of_work() as db:
            row = await db.get_one(Recording, second.id)
            await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)

    monkeypatch.setattr(ObjectStore, "delete", delete_and_hold)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert deleted == [key_of(first.folder, CLIP)]
    assert not keeping.path(first, CLIP).exists()
    assert keeping.path(second, CLIP).exists()


@pytest.mark.parametrize(("early", "is_kept"), [(SECOND, True), (0 * SECOND, False)])
async def test_what_was_announced_is_kept_until_it_is_due(
    keeping: Keeping, early: timedelta, *, is_kept: bool
) -> None:
    recording, now = await keeping.recording(), keeping.clock.now
    async with keeping.database.unit_of_work() as db:
        leave(db, recording.id, "micro-1.mp4", now=now)
    async with keeping.database.unit_of_work() as db:
        then = now + REMOVED_AFTER_WITHDRAWAL - early
        assert await keep(db, recording.id, "micro-1.mp4", now=then) is is_kept
    async with keeping.database.unit_of_work() as db:
        names = (await db.scalars(select(RecordingLeftover.name))).all()
    assert names == ([] if is_kept else ["micro-1.mp4"])


async def test_what_a_store_has_of_which_the_server_is_not_told_is_not_forgotten(
    keeping: Keeping, recording: Recording
) -> None:
    await all_sent(keeping, recording)
    keeping.clock.now += REPLACED_KEPT_FOR
    await purge(keeping, None)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    assert keeping.path(recording, CLIP).exists()


async def test_a_store_that_is_away_and_a_disk_that_is_are_waited_for(
    keeping: Keeping, recording: Recording, line: Line, server: S3Server
) -> None:
    await all_sent(keeping, recording)
    keeping.clock.now += REPLACED_KEPT_FOR
    folder = keeping.root / recording.folder
    folder.rename(folder.with_suffix(".away"))
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    folder.with_suffix(".away").rename(folder)
    await line.change(is_cut=True)
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    await line.change(is_cut=False)
    await purge(keeping, keeping.store)
    assert await clips_of(keeping, recording) == {NEW}
    assert objects_of(server) == {PART, NEW}


async def test_what_was_removed_before_is_counted_by_the_certificate_once(
    keeping: Keeping, recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.clock.now += REPLACED_KEPT_FOR

    def die_after(path: Path) -> None:
        path.unlink()
        raise OSError("no more is done")

    with monkeypatch.context() as dying:
        dying.setattr(leftovers, "remove_file", die_after)
        await purge(keeping)
    assert await clips_of(keeping, recording) == {CLIP, NEW}
    for _ in range(2):
        await purge(keeping)
    assert await clips_of(keeping, recording) == {NEW}
    await withdraw(keeping, recording)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert (certificate.replaced_files, certificate.replaced_bytes) == (1, len(FILES[CLIP]))
    assert certificate.files == 3, "part, clip and manifest"


async def test_a_recording_that_is_removed_takes_with_it_what_was_replaced(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    await all_sent(keeping, recording)
    await withdraw(keeping, recording)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert not (keeping.root / recording.folder).exists()
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert (certificate.files, certificate.replaced_files) == (4, 0), "it was still there"
    assert objects_of(server) == set()
    assert await clips_of(keeping, recording) == set()
