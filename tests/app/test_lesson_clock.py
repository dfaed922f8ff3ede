"""The lesson clock after a restart: whatever was done to the wall clock meanwhile."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.database import Database
from app.live import lesson_clock, service
from app.live.gate import DatabaseGate
from media.config import RecordingTarget
from media.recorder.folder import RecordingFolder
from tests.app.conftest import Clock
from tests.factories import County, make_lesson


def record(folder: Path, epoch: int, elapsed_s: float) -> None:
    """Begin an epoch as the room does when the lesson has run so long."""
    target = RecordingTarget(folder, epoch, elapsed_s, metadata=lesson_clock.tie(elapsed_s))
    RecordingFolder(target).prepare()


def test_the_newest_epoch_says_how_long_the_lesson_has_run(tmp_path: Path) -> None:
    record(tmp_path, 1, 0.0)
    record(tmp_path, 2, 600.0)
    found = lesson_clock.elapsed_s(tmp_path)
    assert found is not None
    assert 600.0 <= found < 660.0


def test_a_recording_of_another_run_of_the_machine_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, 1, 600.0)
    monkeypatch.setattr(lesson_clock, "_boot_id", lambda: "another")
    assert lesson_clock.elapsed_s(tmp_path) is None


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "",
        "not json\n",
        '{"type": "epoch_opened", "epoch": 1, "offset_s": 0.0, "metadata": {}}\n',
    ],
)
def test_a_recording_that_does_not_say_it_says_nothing(
    tmp_path: Path, manifest: str | None
) -> None:
    if manifest is not None:
        (tmp_path / "manifest.jsonl").write_text(manifest)
    assert lesson_clock.elapsed_s(tmp_path) is None


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_wall_clock_that_was_set_moves_no_lesson(
    database: Database, county: County, clock: Clock, tmp_path: Path, hours: int
) -> None:
    async with database.unit_of_work() as db:
        lesson = await make_lesson(db, lecturer=county.teacher, hub=county.hub)
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    gate = DatabaseGate(database, recordings_dir=tmp_path, clock=clock)
    seed = await gate.load_room(str(session.id))
    assert seed.recording_folder is not None
    target = RecordingTarget(
        seed.recording_folder, seed.epoch, seed.elapsed_s, metadata=dict(seed.recording_metadata)
    )
    RecordingFolder(target).prepare()
    clock.now += timedelta(hours=hours)
    again = await gate.load_room(str(session.id))
    assert 0.0 <= again.elapsed_s < 60.0
    assert again.zero_at is not None
    assert abs((clock.now - again.zero_at).total_seconds() - again.elapsed_s) < 0.001
