"""The file of a whole lesson: made of what the store has, kept there, removed with the rest."""

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from app.jobs import service as jobs
from app.jobs.models import Job, JobState
from app.live import composing
from app.recordings import downloads, purging, retention
from app.recordings.copies import CopyState
from app.recordings.downloads import RecordingDownload
from app.recordings.keys import key_of
from app.recordings.models import DownloadForm, Recording
from app.recordings.purging import Purger
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL, DeletionCertificate
from app.recordings.uploading import LOCAL_GRACE
from tests.app.composed_lessons import PICTURE, SOUND, ask_for, compose, make_recording
from tests.app.store.keeping import Keeping
from tests.app.store.servers import Line, S3Server


async def moved(keeping: Keeping) -> Recording:
    """A recording whose clips lie in the store alone."""
    recording = await make_recording(keeping)
    await keeping.run()
    keeping.clock.now += LOCAL_GRACE
    await keeping.run()
    states = await keeping.states(recording)
    assert {states[name] for name in (PICTURE, SOUND)} == {CopyState.STORED_ONLY}
    return recording


async def made(keeping: Keeping) -> list[RecordingDownload]:
    async with keeping.database.unit_of_work() as db:
        return list((await db.scalars(select(RecordingDownload))).all())


async def job(keeping: Keeping) -> Job:
    async with keeping.database.unit_of_work() as db:
        return (await db.scalars(select(Job).where(Job.kind == downloads.KIND))).one()


async def test_what_the_store_alone_has_is_fetched_and_the_file_is_kept_there_too(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await moved(keeping)
    await ask_for(keeping, recording, DownloadForm.LESSON)
    assert await compose(keeping) == 1
    (download,) = await made(keeping)
    path = keeping.path(recording, download.file)
    assert path.stat().st_size == download.bytes
    assert not keeping.path(recording, PICTURE).exists()
    assert list(keeping.path(recording, "").glob("making-*")) == []
    keeping.clock.now += timedelta(minutes=1)
    await keeping.run()
    assert server.objects()[key_of(recording.folder, download.file)] == path.read_bytes()


async def test_the_file_goes_with_the_recording_and_its_certificate_counts_it(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await make_recording(keeping)
    await ask_for(keeping, recording, DownloadForm.SOUND)
    await compose(keeping)
    await keeping.run()
    before = await keeping.files(recording)
    (download,) = await made(keeping)
    assert download.file in before
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    async with keeping.database.unit_of_work() as db:
        await jobs.enqueue(db, kind=purging.KIND, payload={}, owner=None, now=keeping.clock.now)
    purger = Purger(keeping.root, keeping.store)
    assert await keeping.worker({purging.KIND: purger.run}).run_due() == 1
    assert (server.objects(), await made(keeping)) == ({}, [])
    async with keeping.database.unit_of_work() as db:
        certificate = (await db.scalars(select(DeletionCertificate))).one()
    assert certificate.files == len(before)


@pytest.mark.parametrize(
    ("trouble", "problem"),
    [({"is_cut": True}, "kept-elsewhere"), ({"refuses": 403}, "kept-elsewhere")],
)
async def test_a_store_that_is_away_is_said(
    keeping: Keeping, line: Line, trouble: dict[str, object], problem: str
) -> None:
    recording = await moved(keeping)
    await ask_for(keeping, recording, DownloadForm.SOUND)
    await line.change(**trouble)
    await compose(keeping)
    failed = await job(keeping)
    assert failed.state is JobState.FAILED
    assert failed.problem is not None
    assert failed.problem["type"] == problem
    assert await made(keeping) == []


async def test_what_is_fetched_needs_its_room_too(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await moved(keeping)
    await ask_for(keeping, recording, DownloadForm.SOUND)
    files = await keeping.files(recording)
    to_fetch = sum(files[name].bytes for name in (PICTURE, SOUND))
    monkeypatch.setattr(composing, "FILM_BYTES_A_SECOND", 0)
    monkeypatch.setattr(composing, "LEAVE_BYTES", 10**9)
    free = SimpleNamespace(free=10**9 + to_fetch - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    await compose(keeping)
    assert (await job(keeping)).state is JobState.FAILED
    free.free += 1
    await ask_for(keeping, recording, DownloadForm.SOUND)
    await compose(keeping)
    assert len(await made(keeping)) == 1


@pytest.mark.parametrize("is_lost", [True, False])
async def test_what_the_store_lost_or_changed_is_never_put_into_a_file(
    keeping: Keeping, server: S3Server, *, is_lost: bool
) -> None:
    recording = await moved(keeping)
    key = key_of(recording.folder, SOUND)
    if is_lost:
        await server.lose(key)
    else:
        await server.put(key, server.objects()[key][::-1])
    await ask_for(keeping, recording, DownloadForm.SOUND)
    await compose(keeping)
    failed = await job(keeping)
    assert failed.problem is not None
    assert (failed.state, failed.problem["type"]) == (JobState.FAILED, "clip-file-missing")
    assert list(keeping.path(recording, "").glob("making-*")) == []
