"""A replay that is made again has the parts the disk has lost from the store."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from app.live import rebuilding
from app.live.rebuilding import Rebuilder
from app.recordings import listing
from app.recordings.builder import ReplayIndex
from app.recordings.copies import CopyState
from app.recordings.keys import key_of
from app.recordings.models import Recording
from tests.app.store.keeping import PART, Keeping
from tests.app.store.servers import noise

OTHER = "1-000002.mp4"
GONE = "1-000003.mp4"
FILES = {PART: noise(40_000), OTHER: noise(30_000, 3), GONE: noise(20_000, 4)}


class Reader:
    """Satisfies `ReplayBuilder`; says which parts it was given as they were recorded."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.whole: set[str] = set()

    async def recover(self, folder: Path) -> None:
        raise AssertionError("what is sealed is not changed any more")

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        recorded = listing.recorded_files(folder / "manifest.jsonl")
        self.there = {name for name in recorded if (folder / name).exists()}
        self.whole = {
            name
            for name, file in recorded.items()
            if (folder / name).exists() and listing.sha256_of(folder / name) == file.sha256
        }
        return ReplayIndex((), 0)


@pytest.mark.parametrize("becomes", ["damaged", "unreadable", "given up"])
async def test_parts_the_disk_has_lost_come_from_the_store(keeping: Keeping, becomes: str) -> None:
    recording = await keeping.recording(FILES)
    await keeping.run(times=8)
    assert (await keeping.files(recording))[PART].state is CopyState.VERIFIED
    if becomes == "given up":
        keeping.clock.now += timedelta(hours=25)
        await keeping.run(times=3)
        assert not keeping.path(recording, PART).exists()
    else:
        keeping.path(recording, PART).unlink()
        if becomes == "damaged":
            keeping.path(recording, PART).write_bytes(b"not what was recorded")
        else:
            keeping.path(recording, PART).mkdir()
    reader = Reader()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await rebuilding.ask_for(db, row, now=keeping.clock.now)
    rebuilder = Rebuilder(keeping.root, keeping.store, reader)
    assert await keeping.worker({rebuilding.KIND: rebuilder.run}).run_due() == 1
    assert reader.whole == set(FILES)


async def test_a_part_that_is_nowhere_keeps_no_other_from_being_shown(keeping: Keeping) -> None:
    recording = await keeping.recording(FILES)
    keeping.path(recording, GONE).unlink()
    reader = Reader()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await rebuilding.ask_for(db, row, now=keeping.clock.now)
    rebuilder = Rebuilder(keeping.root, keeping.store, reader)
    assert await keeping.worker({rebuilding.KIND: rebuilder.run}).run_due() == 1
    assert reader.whole == {PART, OTHER}


async def test_a_copy_that_is_another_is_not_built_into_it(keeping: Keeping) -> None:
    recording = await keeping.recording(FILES)
    await keeping.run(times=8)
    keeping.path(recording, PART).unlink()
    another = noise(len(FILES[PART]), 9)
    assert keeping.store is not None
    await keeping.store.put(
        key_of(recording.folder, PART), another, hashlib.sha256(another).hexdigest()
    )
    reader = Reader()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await rebuilding.ask_for(db, row, now=keeping.clock.now)
    rebuilder = Rebuilder(keeping.root, keeping.store, reader)
    assert await keeping.worker({rebuilding.KIND: rebuilder.run}).run_due() == 1
    assert reader.there == reader.whole == {OTHER, GONE}
