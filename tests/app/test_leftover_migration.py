"""Clips that were replaced become files left over, and both keep their time, on both databases."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from app import migrations
from app.database import Database, UtcDateTime
from app.events import EventBus
from app.recordings.keys import clip_name
from app.recordings.leftovers import REPLACED_KEPT_FOR, RecordingLeftover, leave
from app.recordings.models import RecordingClip
from tests.app.conftest import Clock
from tests.app.store.keeping import Keeping
from tests.app.test_migrations import go

BEFORE = "202611272030"
PIECE, REPLACED, SHOWN = "micro-1.mp4", "0001-hub-camera.mp4", "ab12cd34-0001-hub-camera.mp4"
_EARLIER = sa.table("recording_leftovers", sa.column("name"), sa.column("since", UtcDateTime()))


def clip(recording_id: UUID, file: str, replaced_at: datetime | None) -> RecordingClip:
    return RecordingClip(
        recording_id=recording_id,
        seat_id="hub",
        group="camera",
        file=file,
        mime="video/mp4",
        start_ms=0,
        duration_ms=1000,
        has_audio=True,
        has_video=True,
        bytes=1,
        replaced_at=replaced_at,
    )


@pytest.mark.parametrize("url", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_each_is_removed_when_it_would_have_been(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = f"sqlite+aiosqlite:///{tmp_path / 'left.db'}"
    database = Database(
        where if url == "sqlite" else request.getfixturevalue("postgres_url"), EventBus()
    )
    clock = Clock()
    now = clock.now
    keeping = Keeping(database, clock, tmp_path / "recordings", None)

    async def due() -> dict[str, timedelta]:
        async with database.unit_of_work() as db:
            rows = await db.execute(select(RecordingLeftover.name, RecordingLeftover.due_at))
            return {row.name: row.due_at - now for row in rows}

    try:
        await migrations.upgrade(database.engine)
        recording = await keeping.recording()
        async with database.unit_of_work() as db:
            leave(db, recording.id, PIECE, now=now)
            leave(db, recording.id, clip_name(REPLACED), now=now, after=REPLACED_KEPT_FOR)
            for file, replaced_at in ((REPLACED, now), (SHOWN, None)):
                db.add(clip(recording.id, file, replaced_at))
        there = await due()
        assert there == {PIECE: timedelta(hours=1), clip_name(REPLACED): timedelta(days=1)}
        await go(database.engine, BEFORE)
        await database.engine.dispose()  # no connection knows statements of before
        async with database.unit_of_work() as db:
            rows = (await db.execute(select(_EARLIER))).all()
        assert [(row.name, row.since) for row in rows] == [(PIECE, now)]
        await go(database.engine, "head")
        await database.engine.dispose()
        assert await due() == there
    finally:
        await database.close()
