"""Little room for recordings is said before a disk is full."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from app.database import Database
from app.live.plane import LivePlane
from app.recordings.room_left import Left, room_left
from app.settings import Settings
from media.recorder.places import MARK

GB = 1000**3


@pytest.mark.parametrize(
    ("free", "whole", "is_little"),
    [
        (10 * GB, 1000 * GB, False),
        (10 * GB - 1, 1000 * GB, True),
        (5 * GB, 50 * GB, False),
        (5 * GB - 1, 50 * GB, True),
        (0, 0, False),
    ],
)
def test_little_is_ten_gigabytes_or_a_tenth_of_a_smaller_disk(
    free: int, whole: int, is_little: bool
) -> None:
    assert Left(free, whole).is_little is is_little


def test_a_folder_not_made_yet_is_asked_of_where_it_will_lie(tmp_path: Path) -> None:
    found = room_left({"first": tmp_path, "second": tmp_path / "not" / "made"})
    disk = os.statvfs(tmp_path)
    assert {left.whole for left in found.values()} == {disk.f_blocks * disk.f_frsize}
    assert list(found) == ["first", "second"]


def test_a_disk_that_cannot_be_asked_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> SimpleNamespace:
        if path == tmp_path:
            raise OSError(5, "Input/output error")
        return SimpleNamespace(f_bavail=1, f_blocks=2, f_frsize=1)

    (tmp_path / "other").mkdir()
    monkeypatch.setattr(os, "statvfs", refuse)
    assert room_left({"first": tmp_path, "second": tmp_path / "other"}) == {"second": Left(1, 2)}


def test_a_folder_that_cannot_even_be_looked_at_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = tmp_path / "sick"
    stat = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path == sick:
            raise OSError(errno.ESTALE, "Stale file handle")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert list(room_left({"first": sick, "second": tmp_path})) == ["second"]


async def test_a_second_place_whose_disk_is_not_mounted_is_said_and_not_counted(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    settings = settings.model_copy(update={"recordings_second_dir": second})
    live = LivePlane(settings, database, database.events)

    async def told() -> tuple[list[str], list[str]]:
        live._left = room_left(await live._places())
        with structlog.testing.capture_logs() as logs:
            live._tell_of_places()
        said = [entry["event"] for entry in logs if entry["log_level"] == "error"]
        return list(live.room_for_recordings()), said

    assert await told() == (["first"], ["recordings_second_place_missing"])
    (second / MARK).touch()
    assert await told() == (["first", "second"], [])
