"""Recordings expire by what they are for, are held, and go with every copy and a certificate."""

import asyncio
import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts.models import Person
from app.errors import WrongState
from app.jobs import service as jobs
from app.recordings import purging, removal, retention
from app.recordings.captions import RecordingCaptions
from app.recordings.copies import CopyState, RecordingFile
from app.recordings.models import (
    NEXT_RECORDING_STATE,
    Recording,
    RecordingPurpose,
    RecordingState,
)
from app.recordings.purging import Purger, fingerprint
from app.recordings.retention import (
    OPERATOR,
    REMOVED_AFTER_WITHDRAWAL,
    DeletionCertificate,
    HeldBack,
)
from app.recordings.uploading import LOCAL_GRACE
from app.store.client import ObjectStore
from tests.app.store.keeping import PART, Keeping
from tests.app.store.servers import Line, S3Server


async def purge(keeping: Keeping, store: ObjectStore | None = None) -> None:
    purger = Purger(keeping.root, store)
    async with keeping.database.unit_of_work() as db:
        await jobs.enqueue(db, kind=purging.KIND, payload={}, owner=None, now=keeping.clock.now)
    assert await keeping.worker({purging.KIND: purger.run}).run_due() == 1


async def state_of(keeping: Keeping, recording: Recording) -> RecordingState:
    async with keeping.database.unit_of_work() as db:
        return (await db.get_one(Recording, recording.id)).state


async def certificate_of(keeping: Keeping, recording: Recording) -> DeletionCertificate | None:
    async with keeping.database.unit_of_work() as db:
        return await db.scalar(
            select(DeletionCertificate).where(DeletionCertificate.recording_id == recording.id)
        )


async def withdraw(keeping: Keeping, recording: Recording) -> None:
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.withdraw(db, row, note="guardian", now=keeping.clock.now)


@pytest.mark.parametrize("is_local_gone", [False, True])
async def test_withdrawn_recording_goes_with_every_copy_and_leaves_a_certificate(
    keeping: Keeping, server: S3Server, store: ObjectStore, *, is_local_gone: bool
) -> None:
    other = await keeping.recording()
    recording = await keeping.recording()
    await keeping.run()
    if is_local_gone:
        keeping.clock.now += LOCAL_GRACE
        await keeping.run()
    expected = fingerprint((await keeping.files(recording)).values())
    size = sum(row.bytes for row in (await keeping.files(recording)).values())
    await withdraw(keeping, recording)
    asked_at = keeping.clock.now
    await purge(keeping, keeping.store)
    assert await state_of(keeping, recording) is RecordingState.WITHDRAWN
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    assert not (keeping.root / recording.folder).exists()
    assert {key.split("/")[2] for key in server.objects()} == {other.folder.split("/")[1]}
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert (certificate.files, certificate.bytes, certificate.note) == (3, size, "guardian")
    assert (certificate.asked_at, certificate.removed_at) == (asked_at, keeping.clock.now)
    assert certificate.rule_number is None
    assert certificate.files_sha256 == expected
    assert certificate.store == store.url
    assert await keeping.files(recording) == {}
    assert await state_of(keeping, other) is RecordingState.READY


@pytest.mark.parametrize(
    ("purpose", "number", "days"),
    [
        (RecordingPurpose.LESSON, 1, 180),
        (RecordingPurpose.RESEARCH, 2, 1095),
        (RecordingPurpose.RESOURCE, 3, None),
    ],
)
async def test_recording_is_kept_as_long_as_the_rule_of_its_purpose_says(
    keeping: Keeping, purpose: RecordingPurpose, number: int, days: int | None
) -> None:
    recording = await keeping.recording()
    async with keeping.database.unit_of_work() as db:
        (await db.get_one(Recording, recording.id)).purpose = purpose
    keeping.clock.now += timedelta(days=days or 20_000, seconds=-1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.READY
    if days is None:
        return
    keeping.clock.advance(seconds=1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.EXPIRED
    assert (keeping.root / recording.folder).exists()
    keeping.clock.now += timedelta(days=7, seconds=-1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.EXPIRED
    keeping.clock.advance(seconds=1)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    assert (certificate.reason.value, certificate.files, certificate.store) == ("EXPIRED", 3, None)
    assert certificate.rule_number == number


async def test_all_that_is_over_expires_at_once_however_much_it_is(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [await keeping.recording() for _ in range(4)]
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recordings[1].id)
        await retention.hold(db, row, reason="a dispute", by=OPERATOR, now=keeping.clock.now)
    monkeypatch.setattr(purging, "AT_ONCE", 2)
    keeping.clock.advance(days=180)
    await purge(keeping)
    assert [await state_of(keeping, each) for each in recordings] == [
        RecordingState.EXPIRED,
        RecordingState.READY,
        RecordingState.EXPIRED,
        RecordingState.EXPIRED,
    ]


async def test_held_recording_neither_expires_nor_goes(keeping: Keeping) -> None:
    recording = await keeping.recording()
    expired = await keeping.recording()
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await retention.hold(db, row, reason="a dispute", by=OPERATOR, now=keeping.clock.now)
        with pytest.raises(HeldBack):
            await retention.withdraw(db, row, note="", now=keeping.clock.now)
    keeping.clock.advance(days=180)
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.READY
    assert await state_of(keeping, expired) is RecordingState.EXPIRED
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, expired.id)
        await retention.hold(db, row, reason="just in time", by=OPERATOR, now=keeping.clock.now)
    keeping.clock.advance(days=365)
    await purge(keeping)
    assert await state_of(keeping, expired) is RecordingState.EXPIRED
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, expired.id)
        assert await retention.lift_all(db, row, by=OPERATOR, now=keeping.clock.now) == 1
    await purge(keeping)
    assert await state_of(keeping, expired) is RecordingState.PURGED


async def test_nothing_is_certified_while_the_store_is_away_or_unknown(
    keeping: Keeping, server: S3Server, line: Line
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    await purge(keeping, store=None)
    assert await state_of(keeping, recording) is RecordingState.WITHDRAWN
    for trouble in ({"is_cut": True}, {"refuses": 403}, {"refuses": 500}):
        await line.change(**trouble)
        await purge(keeping, keeping.store)
        assert await state_of(keeping, recording) is RecordingState.WITHDRAWN
        assert await certificate_of(keeping, recording) is None
    await line.change()
    await purge(keeping, keeping.store)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    assert server.objects() == {}


async def test_upload_under_way_is_forgotten_as_well(
    keeping: Keeping, server: S3Server, store: ObjectStore
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    key = f"rec/{recording.folder}/late.mp4"
    upload_id = await store.begin(key)
    async with keeping.database.unit_of_work() as db:
        db.add(
            RecordingFile(
                recording_id=recording.id,
                name="late.mp4",
                bytes=1,
                sha256="0" * 64,
                state=CopyState.WAITING,
                due_at=keeping.clock.now,
                upload_id=upload_id,
            )
        )
    await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    await purge(keeping, keeping.store)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    assert server.objects() == {}


async def test_hidden_recording_is_not_sent_any_more(keeping: Keeping, server: S3Server) -> None:
    recording = await keeping.recording()
    await withdraw(keeping, recording)
    await keeping.run()
    assert server.objects() == {}


@pytest.mark.parametrize("state", sorted(RecordingState))
async def test_only_what_may_be_withdrawn_is(keeping: Keeping, state: RecordingState) -> None:
    recording = await keeping.recording(state=state)
    if RecordingState.WITHDRAWN in NEXT_RECORDING_STATE[state]:
        await withdraw(keeping, recording)
        assert await state_of(keeping, recording) is RecordingState.WITHDRAWN
    else:
        with pytest.raises(WrongState):
            await withdraw(keeping, recording)
        assert await state_of(keeping, recording) is state


async def test_nothing_is_certified_while_the_disk_is_not_there(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    await keeping.run()
    objects = server.objects()
    await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    away = keeping.root.rename(keeping.root.with_name("not mounted"))
    keeping.root.mkdir()
    for _ in range(2):
        await purge(keeping, keeping.store)
        assert await state_of(keeping, recording) is RecordingState.WITHDRAWN
        assert await certificate_of(keeping, recording) is None
        assert server.objects() == objects
    keeping.root.rmdir()
    away.rename(keeping.root)
    await purge(keeping, keeping.store)
    assert await state_of(keeping, recording) is RecordingState.PURGED
    assert server.objects() == {}
    assert not keeping.path(recording, "").exists()


async def test_removal_that_was_cut_short_after_the_disk_goes_on(keeping: Keeping) -> None:
    recording = await keeping.recording()
    await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        row.removal_begun_at = keeping.clock.now
    shutil.rmtree(keeping.path(recording, ""))
    await purge(keeping)
    assert await state_of(keeping, recording) is RecordingState.PURGED


async def test_hold_that_comes_while_others_are_removed_still_keeps(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [await keeping.recording() for _ in range(2)]
    for recording in recordings:
        await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    folders = [keeping.path(recording, "") for recording in recordings]
    remove_tree = removal.remove_tree
    removed = asyncio.Event()

    def removing(folder: Path) -> None:
        remove_tree(folder)
        if folder in folders:  # not one inside them
            loop.call_soon_threadsafe(removed.set)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(removal, "remove_tree", removing)

    async def hold_the_other() -> Recording:
        await removed.wait()
        (other,) = [one for one in recordings if keeping.path(one, "").exists()]
        async with keeping.database.unit_of_work() as db:
            row = await db.get_one(Recording, other.id)
            await retention.hold(db, row, reason="a dispute", by=OPERATOR, now=keeping.clock.now)
        return other

    _, held = await asyncio.gather(purge(keeping), hold_the_other())
    states = {one.id: await state_of(keeping, one) for one in recordings}
    assert states.pop(held.id) is RecordingState.WITHDRAWN
    assert list(states.values()) == [RecordingState.PURGED]
    assert keeping.path(held, PART).exists()


async def test_what_is_being_removed_cannot_be_held(keeping: Keeping) -> None:
    recording = await keeping.recording()
    await withdraw(keeping, recording)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        row.removal_begun_at = keeping.clock.now
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        with pytest.raises(WrongState, match="being removed"):
            await retention.hold(db, row, reason="too late", by=OPERATOR, now=keeping.clock.now)


async def test_one_that_cannot_be_removed_keeps_no_other(keeping: Keeping) -> None:
    stored = await keeping.recording()
    await keeping.run()
    local = await keeping.recording()
    for recording in (stored, local):
        await withdraw(keeping, recording)
    keeping.clock.advance(days=1)
    await purge(keeping, store=None)
    assert await state_of(keeping, stored) is RecordingState.WITHDRAWN
    assert await state_of(keeping, local) is RecordingState.PURGED


async def test_captions_go_with_their_recording_and_are_counted_in_its_certificate(
    keeping: Keeping,
) -> None:
    recording, other = await keeping.recording(), await keeping.recording()
    text = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n你好\n"
    async with keeping.database.unit_of_work() as db:
        person_id = (await db.scalars(select(Person.id))).first()
        db.add_all(
            RecordingCaptions(
                recording_id=each.id,
                language="zh-Hans",
                label="字幕",
                text=text,
                cues=1,
                brought_by=person_id,
                brought_at=keeping.clock.now,
            )
            for each in (recording, other)
        )
    await withdraw(keeping, recording)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    folder = keeping.root / recording.folder
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths(folder)}
    await purge(keeping)
    certificate = await certificate_of(keeping, recording)
    assert certificate is not None
    files["captions/zh-Hans.vtt"] = text.encode()
    assert certificate.files == len(files) == 4
    assert certificate.bytes == sum(map(len, files.values()))
    lines = sorted(f"{sha256(c).hexdigest()} {len(c)} {name}\n" for name, c in files.items())
    assert certificate.files_sha256 == sha256("".join(lines).encode()).hexdigest()
    async with keeping.database.unit_of_work() as db:
        left = (await db.scalars(select(RecordingCaptions.recording_id))).all()
    assert left == [other.id]


def paths(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
