"""What expired before there were rules names the first rule of its purpose, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app import migrations
from app.database import Database
from app.events import EventBus
from app.recordings.models import Recording, RecordingPurpose, RecordingState
from app.recordings.retention import DeletionCertificate, DeletionReason
from tests.app.conftest import Clock
from tests.app.store.keeping import Keeping
from tests.app.test_migrations import go

BEFORE = "202611271351"


def certificate(recording: Recording, reason: DeletionReason, clock: Clock) -> DeletionCertificate:
    return DeletionCertificate(
        recording_id=recording.id,
        reason=reason,
        rule_number=None,
        note="",
        asked_at=clock.now,
        removed_at=clock.now,
        files=1,
        bytes=1,
        files_sha256="a" * 64,
    )


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_what_expired_before_names_the_first_rule_of_its_purpose(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'expired.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    clock = Clock()
    keeping = Keeping(database, clock, tmp_path / "recordings", None)
    try:
        await migrations.upgrade(database.engine)
        expired, removed, withdrawn, kept = [await keeping.recording() for _ in range(4)]
        states = {
            expired.id: (RecordingState.EXPIRED, RecordingPurpose.RESEARCH),
            removed.id: (RecordingState.PURGED, RecordingPurpose.LESSON),
            withdrawn.id: (RecordingState.PURGED, RecordingPurpose.LESSON),
            kept.id: (RecordingState.READY, RecordingPurpose.LESSON),
        }
        async with database.unit_of_work() as db:
            for recording_id, (state, purpose) in states.items():
                row = await db.get_one(Recording, recording_id)
                row.state, row.purpose = state, purpose
                row.hidden_at = None if state is RecordingState.READY else clock.now
            db.add(certificate(removed, DeletionReason.EXPIRED, clock))
            db.add(certificate(withdrawn, DeletionReason.WITHDRAWN, clock))
        await go(database.engine, BEFORE)
        await go(database.engine, "head")
        await database.engine.dispose()  # no connection knows statements of before
        async with database.unit_of_work() as db:
            rows = await db.execute(select(Recording.id, Recording.rule_number))
            assert {each.id: each.rule_number for each in rows} == {
                expired.id: 2,
                removed.id: 1,
                withdrawn.id: None,
                kept.id: None,
            }
            certified = await db.execute(
                select(DeletionCertificate.recording_id, DeletionCertificate.rule_number)
            )
            assert {each.recording_id: each.rule_number for each in certified} == {
                removed.id: 1,
                withdrawn.id: None,
            }
    finally:
        await database.close()
