"""Micro-lessons in the object store: kept there, and removed with the rest or before."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.recordings import micro_lessons, retention
from app.recordings.copies import CopyState
from app.recordings.keys import key_of
from app.recordings.leftovers import RecordingLeftover
from app.recordings.models import Recording
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL, DeletionCertificate
from app.recordings.uploading import LOCAL_GRACE, LOOK_EVERY
from tests.app.composed_lessons import make_recording
from tests.app.micro.studio import cut, give_film, pieces, purge, save
from tests.app.store.keeping import Keeping
from tests.app.store.servers import Line, S3Server
from tests.factories import County, make_county


@pytest.fixture
async def county(keeping: Keeping) -> County:
    async with keeping.database.unit_of_work() as db:
        return await make_county(db)


@pytest.fixture
async def recording(keeping: Keeping, county: County) -> Recording:
    """One of which a piece was cut."""
    recording = await make_recording(keeping, county)
    await give_film(keeping, recording)
    assert county.teacher.person_id is not None
    await save(keeping, recording, county.teacher.person_id)
    assert await cut(keeping) == 1
    return recording


async def delete(keeping: Keeping) -> str:
    """Delete the one piece; return its file's name."""
    async with keeping.database.unit_of_work() as db:
        (piece,) = await pieces(keeping)
        assert piece.file is not None
        await micro_lessons.remove(db, await db.merge(piece), now=keeping.clock.now)
        return piece.file


async def test_a_piece_is_sent_to_the_store_and_cut_out_of_a_film_that_is_there_alone(
    keeping: Keeping, recording: Recording, county: County, server: S3Server
) -> None:
    await keeping.run()
    keeping.clock.now += LOCAL_GRACE
    await keeping.run()
    (piece,) = await pieces(keeping)
    assert piece.file is not None
    states = await keeping.states(recording)
    assert {states[name] for name in (piece.file, "lesson-1.mp4")} == {CopyState.STORED_ONLY}
    assert len(server.objects()[key_of(recording.folder, piece.file)]) == piece.bytes
    await save(keeping, recording, county.teacher.person_id)
    assert await cut(keeping) == 1
    both = await pieces(keeping)
    assert both[0].bytes == both[1].bytes


async def test_a_piece_goes_with_its_recording_whose_certificate_counts_it(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    await keeping.run()
    before = await keeping.files(recording)
    (piece,) = await pieces(keeping)
    assert piece.file in before
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert (server.objects(), await pieces(keeping)) == ({}, [])
    async with keeping.database.unit_of_work() as db:
        certificate = (await db.scalars(select(DeletionCertificate))).one()
    assert certificate.files == len(before)


async def test_what_was_deleted_is_not_sent_any_more(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    name, before = await delete(keeping), keeping.clock.now
    await keeping.run()
    assert (await keeping.states(recording))[name] is CopyState.WAITING
    assert set(server.objects()) == {
        key_of(recording.folder, other) for other in await keeping.files(recording) if other != name
    }
    assert keeping.clock.now - before == LOOK_EVERY  # nothing is due: the job rests
    keeping.clock.now = before + REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    await keeping.run()
    assert not keeping.path(recording, name).exists()
    assert name not in await keeping.files(recording)


async def test_what_was_deleted_is_counted_once_by_the_certificate_of_its_lesson(
    keeping: Keeping, recording: Recording
) -> None:
    await keeping.run()
    (piece,) = await pieces(keeping)
    await delete(keeping)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    await purge(keeping)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    async with keeping.database.unit_of_work() as db:
        certificate = (await db.scalars(select(DeletionCertificate))).one()
    assert (certificate.replaced_files, certificate.replaced_bytes) == (1, piece.bytes)


async def test_a_store_that_is_away_keeps_what_was_deleted_until_it_is_back(
    keeping: Keeping, recording: Recording, server: S3Server, line: Line
) -> None:
    await keeping.run()
    name = await delete(keeping)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await line.change(is_cut=True)
    await purge(keeping)
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingLeftover.name))).all() == [name]
    assert keeping.path(recording, name).exists()
    await line.change(is_cut=False)
    keeping.clock.now += timedelta(hours=1)
    await purge(keeping)
    assert not keeping.path(recording, name).exists()
    assert key_of(recording.folder, name) not in server.objects()


async def test_a_disk_that_is_not_mounted_keeps_what_was_deleted(
    keeping: Keeping, recording: Recording
) -> None:
    name = await delete(keeping)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    there = keeping.path(recording, "")
    away = there.rename(there.with_name("away"))
    await purge(keeping)
    away.rename(there)
    assert keeping.path(recording, name).exists()
    await purge(keeping)
    assert not keeping.path(recording, name).exists()


async def test_what_was_deleted_goes_with_a_recording_that_goes_first(
    keeping: Keeping, recording: Recording, server: S3Server
) -> None:
    await keeping.run()
    await delete(keeping)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping)
    assert server.objects() == {}
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingLeftover))).all() == []
