"""Two jobs look after one recording at once: each file is listed, removed and counted once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs import service as jobs
from app.jobs.context import Handlers
from app.jobs.models import Job, JobState
from app.recordings import leftovers, listing, purging, reconciling, uploading
from app.recordings.copies import CopyState
from app.recordings.leftovers import RecordingLeftover, leave
from app.recordings.listing import FileOnDisk
from app.recordings.models import Recording, RecordingState
from app.recordings.purging import Purger
from app.recordings.reconciling import Reconciler
from app.recordings.removal import remove_file
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL
from app.recordings.uploading import Uploader
from tests.app.store.keeping import CLIP, PART, Keeping
from tests.app.store.servers import S3Server
from tests.app.store.test_purging import certificate_of, withdraw


class Meeting:
    """Has two who come to the same place go on together; whoever comes later is not held up."""

    def __init__(self) -> None:
        self._came = 0
        self._both = asyncio.Event()

    async def wait(self) -> None:
        self._came += 1
        if self._came >= 2:
            self._both.set()
        async with asyncio.timeout(20):
            await self._both.wait()


async def run_both(keeping: Keeping, *kinds_and_handlers: tuple[str, Any]) -> list[Job]:
    """Run two jobs, each by a worker of its own, at once; return them as they ended."""
    async with keeping.database.unit_of_work() as db:
        made = [
            await jobs.enqueue(db, kind=kind, payload={}, owner=None, now=keeping.clock.now)
            for kind, _ in kinds_and_handlers
        ]
    handlers: Handlers = dict(kinds_and_handlers)
    workers = [keeping.worker(handlers) for _ in made]
    assert sum(await asyncio.gather(*(worker.run_due() for worker in workers))) == 2
    async with keeping.database.unit_of_work() as db:
        return [await db.get_one(Job, job.id) for job in made]


def meet_after(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    """Have the first two who have done something wait for each other."""
    meeting, really = Meeting(), getattr(module, name)

    async def done(*args: Any, **named: Any) -> Any:
        result = await really(*args, **named)
        await meeting.wait()
        return result

    monkeypatch.setattr(module, name, done)


@pytest.mark.parametrize("other", ["upload", "reconcile"])
async def test_of_two_jobs_that_find_the_same_files_neither_fails(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    recording = await keeping.recording()
    meet_after(monkeypatch, listing, "look_at")
    first = (uploading.KIND, Uploader(keeping.root, keeping.store).run)
    second = (reconciling.KIND, Reconciler(keeping.root, None).run)
    both = await run_both(keeping, first, first if other == "upload" else second)
    assert [job.problem for job in both] == [None, None]
    assert {job.state for job in both} <= {JobState.QUEUED, JobState.DONE}
    files = await keeping.files(recording)
    assert set(files) == {PART, CLIP, "manifest.jsonl"}
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
    assert row.files_listed_at is not None


@pytest.mark.parametrize("is_kept", [True, False])
async def test_of_two_transactions_that_list_one_file_the_later_sees_the_row(
    keeping: Keeping, *, is_kept: bool
) -> None:
    """Real transactions, both begun before either is over."""
    recording = await keeping.recording()
    folder = keeping.root / recording.folder
    found = await listing.look_at(folder, (), with_replay=True)
    begun = Meeting()

    async def list_it() -> int:
        async with keeping.database.unit_of_work() as db:
            await begun.wait()
            if keeping.database.engine.dialect.name == "sqlite":
                await jobs.enqueue(db, kind="test.x", payload={}, owner=None, now=keeping.clock.now)
            new = await listing.enlist(db, recording, folder, found, now=keeping.clock.now)
            await asyncio.sleep(0.1)
            if not is_kept and new:
                await db.rollback()  # the worker died: nothing of it is left
            return new

    counts = sorted(await asyncio.gather(list_it(), list_it()))
    assert counts == ([0, 3] if is_kept else [3, 3])
    assert len(await keeping.files(recording)) == (3 if is_kept else 0)


async def test_what_was_removed_since_it_was_found_gets_no_row(keeping: Keeping) -> None:
    recording = await keeping.recording()
    folder = keeping.root / recording.folder
    found = await listing.look_at(folder, (), with_replay=True)
    gone_part = FileOnDisk("1-000009.mp4", 9, "0" * 64, is_recorded=True)
    keeping.path(recording, CLIP).unlink()
    async with keeping.database.unit_of_work() as db:
        new = await listing.enlist(
            db, recording, folder, [*found, gone_part], now=keeping.clock.now
        )
    assert new == 3
    # What the manifest says was recorded is looked for all the same.
    assert set(await keeping.files(recording)) == {PART, "manifest.jsonl", gone_part.name}


async def test_of_a_recording_that_is_gone_nothing_is_listed(keeping: Keeping) -> None:
    recording = await keeping.recording()
    folder = keeping.root / recording.folder
    found = await listing.look_at(folder, (), with_replay=True)
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).state = RecordingState.PURGED
    async with keeping.database.unit_of_work() as db:
        assert await listing.enlist(db, recording, folder, found, now=keeping.clock.now) == 0
    assert await keeping.files(recording) == {}


async def test_a_worker_that_dies_while_it_lists_leaves_no_mark(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch, server: S3Server
) -> None:
    recording = await keeping.recording()

    async def die(*_: object) -> bool:
        raise MemoryError("killed")

    with monkeypatch.context() as dying:
        dying.setattr(listing, "is_all_known", die)
        async with keeping.database.unit_of_work() as db:
            await jobs.enqueue(
                db, kind=uploading.KIND, payload={}, owner=None, now=keeping.clock.now
            )
        await keeping.worker({uploading.KIND: Uploader(keeping.root, keeping.store).run}).run_due()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        job = (await db.scalars(select(Job).where(Job.kind == uploading.KIND))).one()
        job.run_after = keeping.clock.now
        assert job.state is JobState.QUEUED
    assert row.files_listed_at is None
    assert await keeping.files(recording) == {}, "rows and mark are of one transaction"
    await keeping.run(times=2)
    assert set((await keeping.states(recording)).values()) == {CopyState.VERIFIED}


async def left_over(keeping: Keeping) -> Recording:
    """Return a recording whose clip is due to be removed."""
    recording = await keeping.recording()
    async with keeping.database.unit_of_work() as db:
        leave(db, recording.id, CLIP, now=keeping.clock.now)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    return recording


def come_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the second begin with a file, which it saw, when the first has taken it away."""
    begin, take = leftovers._begin, remove_file
    loop, taken, came = asyncio.get_running_loop(), asyncio.Event(), list[int]()

    async def begin_late(*args: Any) -> bool:
        came.append(1)
        if len(came) == 2:
            async with asyncio.timeout(20):
                await taken.wait()
        return await begin(*args)

    def tell(path: Path) -> None:
        take(path)
        loop.call_soon_threadsafe(taken.set)

    monkeypatch.setattr(leftovers, "_begin", begin_late)
    monkeypatch.setattr(leftovers, "remove_file", tell)


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("is_listed", [True, False])
async def test_of_two_who_remove_what_is_left_over_one_counts(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch, *, is_late: bool, is_listed: bool
) -> None:
    recording = await left_over(keeping)
    folder = keeping.root / recording.folder
    if is_listed:
        async with keeping.database.unit_of_work() as db:
            found = await listing.look_at(folder, (), with_replay=True)
            await listing.enlist(db, recording, folder, found, now=keeping.clock.now)
    size = keeping.path(recording, CLIP).stat().st_size
    if is_late:
        come_late(monkeypatch)
    else:
        meet_after(monkeypatch, asyncio, "to_thread")  # both have seen how large it is
    job = (purging.KIND, Purger(keeping.root, keeping.store).run)
    both = await run_both(keeping, job, job)
    assert [each.problem for each in both] == [None, None]
    assert sum((each.result or {})["files"] for each in both) == 1
    assert not keeping.path(recording, CLIP).exists()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        assert (row.replaced_files, row.replaced_bytes) == (1, size)
        assert await db.scalar(select(RecordingLeftover)) is None


async def test_of_two_who_remove_a_recording_one_writes_its_certificate(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await keeping.recording()
    await withdraw(keeping, recording)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    meet_after(monkeypatch, listing, "look_at")
    job = (purging.KIND, Purger(keeping.root, keeping.store).run)
    both = await run_both(keeping, job, job)
    assert [each.problem for each in both] == [None, None]
    assert sum((each.result or {})["removed"] for each in both) == 1
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert certificate.files == 3
    assert not (keeping.root / recording.folder).exists()
