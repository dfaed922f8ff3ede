"""Little room for recordings is said before a disk is full."""

import errno
import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from app.live.room_watch import RoomWatch
from app.recordings.room_left import Left, room_left
from app.settings import Settings
from media.recorder.places import MARK, SecondPlace
from tests.app.conftest import Clock
from tests.hanging import dead_mount

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
    found = [room_left(tmp_path), room_left(tmp_path / "not" / "made")]
    disk = os.statvfs(tmp_path)
    assert {left and left.whole for left in found} == {disk.f_blocks * disk.f_frsize}


def test_a_disk_that_cannot_be_asked_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> SimpleNamespace:
        if path == tmp_path:
            raise OSError(5, "Input/output error")
        return SimpleNamespace(f_bavail=1, f_blocks=2, f_frsize=1)

    (tmp_path / "other").mkdir()
    monkeypatch.setattr(os, "statvfs", refuse)
    assert (room_left(tmp_path), room_left(tmp_path / "other")) == (None, Left(1, 2))


def test_a_folder_that_cannot_even_be_looked_at_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick = tmp_path / "sick"
    stat = Path.stat

    def refuse(path: Path, **options: bool) -> os.stat_result:
        if path == sick:
            raise OSError(errno.ESTALE, "Stale file handle")
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert room_left(sick) is None
    assert room_left(tmp_path) is not None


@pytest.fixture
def second(tmp_path: Path) -> Path:
    second = tmp_path / "second"
    second.mkdir()
    return second


@pytest.fixture
def watch(settings: Settings, second: Path, clock: Clock) -> RoomWatch:
    return RoomWatch(settings.recordings_dir, SecondPlace(second), clock=clock)


def told(watch: RoomWatch) -> tuple[list[str], list[str]]:
    """Return which places are there, and what is said of them."""
    watch.look()
    with structlog.testing.capture_logs() as logs:
        watch.tell()
    return list(watch.left), [entry["event"] for entry in logs if entry["log_level"] == "error"]


def test_a_second_place_whose_disk_is_not_mounted_is_said_and_not_counted(
    watch: RoomWatch, second: Path, clock: Clock
) -> None:
    since = clock.now
    for _ in range(2):
        assert told(watch) == (["first"], ["recordings_second_place_missing"])
        assert watch.second_away_since == since
        clock.now += timedelta(minutes=5)
    (second / MARK).touch()
    assert told(watch) == (["first", "second"], [])
    assert watch.second_away_since is None


def test_a_second_place_that_does_not_answer_is_said_and_holds_up_nobody(
    watch: RoomWatch, second: Path
) -> None:
    (second / MARK).touch()
    assert told(watch) == (["first", "second"], [])
    with dead_mount(second) as mount:
        for _ in range(3):
            assert told(watch) == (["first"], ["recordings_second_place_silent"])
    while told(watch) != (["first", "second"], []):
        pass
    assert mount.held == 1


def test_where_there_is_to_be_no_second_place_none_is_missed(
    settings: Settings, clock: Clock
) -> None:
    watch = RoomWatch(settings.recordings_dir, None, clock=clock)
    assert told(watch) == (["first"], [])
    assert watch.second_away_since is None
