"""Films and pieces that no row offers are found by the comparison, and go with every copy."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.recordings import retention
from app.recordings.downloads import RecordingDownload
from app.recordings.leftovers import RecordingLeftover
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import DownloadForm, Recording, RecordingState
from app.recordings.retention import OPERATOR, REMOVED_AFTER_WITHDRAWAL
from tests.app.store.keeping import Keeping
from tests.app.store.servers import S3Server
from tests.app.store.test_purging import purge
from tests.app.store.test_reconciling import reconcile
from tests.factories import make_person

SECOND = timedelta(seconds=1)


def lay(keeping: Keeping, recording: Recording) -> list[Path]:
    """Put files there as jobs name them."""
    names = [f"lesson-{uuid4().hex}{end}" for end in (".mp4", "-small.mp4", ".m4a")]
    paths = [keeping.path(recording, name) for name in (*names, f"micro-{uuid4().hex}.mp4")]
    for path in paths:
        path.write_bytes(b"a film")
    return paths


async def offer(keeping: Keeping, recording: Recording, paths: list[Path]) -> None:
    """Have rows offer them, as their jobs would."""
    async with keeping.database.unit_of_work() as db:
        maker = await make_person(db)
        for form, path in zip(DownloadForm, paths, strict=False):
            db.add(
                RecordingDownload(
                    recording_id=recording.id,
                    form=form,
                    file=path.name,
                    bytes=6,
                    duration_ms=1000,
                    speed=1.0,
                    made_at=keeping.clock.now,
                )
            )
        db.add(
            MicroLesson(
                recording_id=recording.id,
                title="一段",
                from_ms=0,
                until_ms=1000,
                maker_id=maker.person_id,
                saved_at=keeping.clock.now,
                asked_at=keeping.clock.now,
                file=paths[-1].name,
                bytes=6,
                duration_ms=1000,
            )
        )


async def test_what_no_row_offers_goes_when_the_hour_is_over_and_what_one_offers_stays(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    offered, orphans = lay(keeping, recording), lay(keeping, recording)
    await offer(keeping, recording, offered)
    by_hand = keeping.path(recording, "lesson-of-mine.mp4")
    by_hand.write_bytes(b"not of a job")
    await keeping.run(times=2)
    assert sum(path.name in key for path in orphans for key in server.objects()) == 4
    assert (await reconcile(keeping))["orphans"] == 4
    assert (await reconcile(keeping))["orphans"] == 0, "once found they are left over"
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL - SECOND
    await purge(keeping, keeping.store)
    assert all(path.exists() for path in orphans), "a job may be about to offer one"
    keeping.clock.now += SECOND
    await purge(keeping, keeping.store)
    assert not any(path.exists() for path in orphans)
    assert all(path.exists() for path in (*offered, by_hand))
    assert not any(path.name in key for path in orphans for key in server.objects())
    assert not {path.name for path in orphans} & set(await keeping.files(recording))
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
    assert (row.replaced_files, row.replaced_bytes) == (4, 24), "the certificate will count them"


async def test_a_film_that_lies_in_the_store_alone_is_found_by_its_row(
    keeping: Keeping, server: S3Server
) -> None:
    recording = await keeping.recording()
    orphans = lay(keeping, recording)
    await keeping.run(times=2)
    for path in orphans:
        path.unlink()
    assert (await reconcile(keeping))["orphans"] == 4
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert not any(path.name in key for path in orphans for key in server.objects())


@pytest.mark.parametrize("is_held", [True, False])
async def test_what_is_held_stays_and_what_is_hidden_goes_with_the_rest(
    keeping: Keeping, *, is_held: bool
) -> None:
    recording = await keeping.recording()
    orphans = lay(keeping, recording)
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        if is_held:
            await retention.hold(db, row, reason="a dispute", now=keeping.clock.now)
        else:
            row.state, row.hidden_at = RecordingState.WITHDRAWN, keeping.clock.now
    assert (await reconcile(keeping))["orphans"] == (4 if is_held else 0)
    keeping.clock.now += REMOVED_AFTER_WITHDRAWAL
    await purge(keeping, keeping.store)
    assert all(path.exists() is is_held for path in orphans)
    if is_held:
        async with keeping.database.unit_of_work() as db:
            row = await db.get_one(Recording, recording.id)
            assert await retention.lift_all(db, row, by=OPERATOR, now=keeping.clock.now) == 1
        await purge(keeping, keeping.store)
        assert not any(path.exists() for path in orphans)
    async with keeping.database.unit_of_work() as db:
        assert (await db.scalars(select(RecordingLeftover))).all() == []
