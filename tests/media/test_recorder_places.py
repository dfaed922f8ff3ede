"""What one disk refuses goes to another, whole; the last of a disk is kept for sound."""

import errno
import os
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.recorder.manifest import PartRecord, read_manifest
from media.recorder.places import MARK, Places, SecondPlace, is_marked, remove
from media.recorder.recovery import damaged_parts, recover
from media.recorder.replay import build_replay
from tests.hanging import dead_mount
from tests.media.decoding import decoded_times
from tests.media.recorder_bench import CODECS, ENCODE, Bench
from tests.media.rtp_source import TimedPacket, packetize

SECONDS = 9.0


class Disks:
    """Lets writes through, but for the files of the folders told."""

    def __init__(self) -> None:
        self.broken: dict[str, int] = {}
        self.failures_left: int | None = None
        self._write, self._sync = os.write, os.fdatasync

    def write(self, descriptor: int, data: Any) -> int:
        self._check(descriptor)
        return self._write(descriptor, data)

    def fdatasync(self, descriptor: int) -> None:
        self._check(descriptor)
        self._sync(descriptor)

    def _check(self, descriptor: int) -> None:
        folder = str(Path(f"/proc/self/fd/{descriptor}").readlink().parent)
        error = self.broken.get(folder)
        if error is None or self.failures_left == 0:
            return
        if self.failures_left is not None:
            self.failures_left -= 1
        raise OSError(error, os.strerror(error))


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disks]:
    disks = Disks()
    monkeypatch.setattr(os, "write", disks.write)
    monkeypatch.setattr(os, "fdatasync", disks.fdatasync)
    yield disks
    disks.broken.clear()


def frames(folder: Path, parts: list[PartRecord]) -> list[float]:
    """When each frame of the parts is due on the lesson clock, decoded strictly."""
    return [
        part.zero_s + at_s
        for part in parts
        if part.bytes
        for at_s in decoded_times(folder / part.file)
    ]


def feed(bench: Bench, packets: list[TimedPacket], *, until_s: float, from_s: float = 0.0) -> None:
    """Feed with a wait for the disk every half second, as the recorder's thread does."""
    next_sync_s = from_s
    for packet in packets:
        if not from_s <= packet.at_s < until_s:
            continue
        bench.feed([packet])
        if packet.at_s >= next_sync_s:
            bench.recorder.sync()
            next_sync_s = packet.at_s + 0.5


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("codec", CODECS)
@given(breaks_s=st.floats(0.3, 8.5))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_disk_that_fails_for_good_costs_nothing_where_there_is_another(
    tmp_path_factory: pytest.TempPathFactory, disks: Disks, codec: str, error: int, breaks_s: float
) -> None:
    home, second = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("second")
    disks.broken.clear()
    packets = packetize(codec, ENCODE[codec](SECONDS))
    bench = Bench(home, codec, second=second)
    feed(bench, packets, until_s=breaks_s)
    disks.broken[str(home)] = error
    feed(bench, packets, from_s=breaks_s, until_s=SECONDS)
    parts = bench.finish()
    due = frames(home, parts)
    assert due == sorted(due)
    expected = len(ENCODE[codec](SECONDS))
    assert len(due) == len(set(due)) == expected
    assert any((home / part.file).is_symlink() for part in parts if part.bytes)
    whole = [part for part in parts if part.bytes]
    for before, after in pairwise(whole):
        assert after.start_s == pytest.approx(before.end_s, abs=0.05)
    assert damaged_parts(home) == []


@pytest.mark.parametrize("codec", CODECS)
def test_a_passing_fault_costs_nothing_even_without_another_disk(
    tmp_path: Path, disks: Disks, codec: str
) -> None:
    packets = packetize(codec, ENCODE[codec](SECONDS))
    bench = Bench(tmp_path, codec)
    feed(bench, packets, until_s=4.4)
    disks.broken[str(tmp_path)], disks.failures_left = errno.EIO, 1
    feed(bench, packets, from_s=4.4, until_s=SECONDS)
    assert disks.failures_left == 0
    due = frames(tmp_path, bench.finish())
    assert len(due) == len(set(due)) == len(ENCODE[codec](SECONDS))


def test_a_second_place_that_fails_too_leaves_what_was_whole(tmp_path: Path, disks: Disks) -> None:
    home, second = tmp_path / "home", tmp_path / "second"
    for place in (home, second):
        place.mkdir()
    packets = packetize("opus", ENCODE["opus"](SECONDS))
    bench = Bench(home, "opus", second=second)
    feed(bench, packets, until_s=4.4)
    disks.broken = {str(home): errno.EIO, str(second): errno.ENOSPC}
    feed(bench, packets, from_s=4.4, until_s=SECONDS)
    assert bench.recorder.problem in {"io_error", "disk_full"}
    disks.broken.clear()
    parts = bench.finish()
    due = frames(home, parts)
    assert max(due) >= 3.3
    assert len(due) == len(set(due))
    assert [each.name for each in second.iterdir()] == [MARK]
    assert [each.name for each in home.iterdir() if each.is_symlink()] == ["second-1"]


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """How many of 100 MB are free, by folder."""
    shares: dict[str, float] = {}
    monkeypatch.setattr(
        os,
        "statvfs",
        lambda path: SimpleNamespace(
            f_blocks=100, f_frsize=1_000_000, f_bavail=shares.get(str(path), 50)
        ),
    )
    return shares


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_pictures_leave_a_disk_that_is_nearly_full_and_come_back(
    tmp_path: Path, free: dict[str, float], codec: str
) -> None:
    home, second = tmp_path / "home", tmp_path / "second"
    packets = packetize(codec, ENCODE[codec](22.0))
    bench = Bench(home, codec, second=second)
    feed(bench, packets, until_s=4.0)
    free[str(home)] = 5
    feed(bench, packets, from_s=4.0, until_s=12.0)
    free[str(home)] = 9  # more than the reserve, less than what they come back for
    feed(bench, packets, from_s=12.0, until_s=13.0)
    free[str(home)] = 50
    feed(bench, packets, from_s=13.0, until_s=22.0)
    parts = bench.finish()
    where = [(home / part.file).is_symlink() for part in parts]
    assert [is_second for is_second, _ in groupby(where)] == [False, True, False]
    assert len(set(frames(home, parts))) == len(ENCODE[codec](22.0))


def test_sound_has_the_last_of_a_disk_and_pictures_wait(
    tmp_path: Path, free: dict[str, float]
) -> None:
    free[str(tmp_path)] = 5
    sound = Bench(tmp_path, "opus")
    feed(sound, packetize("opus", ENCODE["opus"](SECONDS)), until_s=SECONDS)
    assert sound.recorder.problem is None
    pictures = Bench(tmp_path, "H264")
    packets = packetize("H264", ENCODE["H264"](SECONDS))
    feed(pictures, packets, until_s=2.0)
    assert pictures.recorder.problem == "disk_full"
    assert not pictures.is_writing()
    free[str(tmp_path)] = 50
    feed(pictures, packets, from_s=2.0, until_s=SECONDS)
    sound.recorder.end_part("stopped")
    parts = [part for part in pictures.finish() if part.bytes]
    assert {part.codec for part in parts} == {"opus", "H264"}
    [shown] = [part for part in parts if part.codec == "H264"]
    assert shown.start_s <= 6.5


def test_a_second_place_whose_disk_is_not_mounted_takes_nothing(
    tmp_path: Path, free: dict[str, float]
) -> None:
    """Else the disk it is mounted on would fill up: pictures wait as if there was none."""
    home, second = tmp_path / "home", tmp_path / "second"
    free[str(home)] = 5
    packets = packetize("H264", ENCODE["H264"](SECONDS))
    bench = Bench(home, "H264", second=second)
    (second / MARK).rename(tmp_path / "the mark")
    feed(bench, packets, until_s=4.0)
    assert bench.recorder.problem == "disk_full"
    assert list(second.iterdir()) == []
    (tmp_path / "the mark").rename(second / MARK)
    feed(bench, packets, from_s=4.0, until_s=SECONDS)
    [shown] = [part for part in bench.finish() if part.bytes]
    assert (home / shown.file).is_symlink()


def answers(place: SecondPlace | None) -> None:
    """Wait until it is known that a place answers again."""
    assert place is not None
    while not place.is_there():
        pass


@pytest.mark.parametrize("codec", CODECS)
def test_a_second_place_that_does_not_answer_holds_up_no_writing(
    tmp_path: Path, free: dict[str, float], codec: str
) -> None:
    """It is taken for one that is not there, until it answers: then it is used at once."""
    home, second = tmp_path / "home", tmp_path / "second"
    packets = packetize(codec, ENCODE[codec](22.0))
    bench = Bench(home, codec, second=second)
    with dead_mount(second):
        feed(bench, packets, until_s=14.0)
        assert bench.recorder.problem is None
    answers(bench.second)
    feed(bench, packets, from_s=14.0, until_s=16.0)
    free[str(home)] = 5
    feed(bench, packets, from_s=16.0, until_s=22.0)
    parts = bench.finish()
    where = [(home / part.file).is_symlink() for part in parts]
    assert [is_second for is_second, _ in groupby(where)] == [False, True][: 1 + (codec != "opus")]
    assert len(set(frames(home, parts))) == len(ENCODE[codec](22.0))


def test_pictures_wait_for_a_second_place_that_does_not_answer_as_if_there_was_none(
    tmp_path: Path, free: dict[str, float]
) -> None:
    home, second = tmp_path / "home", tmp_path / "second"
    free[str(home)] = 5
    packets = packetize("H264", ENCODE["H264"](SECONDS))
    bench = Bench(home, "H264", second=second)
    with dead_mount(second):
        feed(bench, packets, until_s=4.0)
        assert bench.recorder.problem == "disk_full"
    answers(bench.second)
    feed(bench, packets, from_s=4.0, until_s=SECONDS)
    [shown] = [part for part in bench.finish() if part.bytes]
    assert (home / shown.file).is_symlink()


def test_all_lessons_together_ask_a_place_that_does_not_answer_once(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    place = SecondPlace(tmp_path)
    lessons = [place.below(f"2026-11/{number}") for number in range(20)]
    assert all(each.is_there() for each in lessons)
    assert place.silent_s() == 0.0
    with dead_mount(tmp_path) as mount:
        assert not any(each.is_there() for each in lessons)
        assert place.silent_s() > 0.0
        mount.is_back.set()
        answers(place)
    assert mount.held == 1
    assert all(each.is_there() for each in lessons)


def test_the_mark_of_a_place_is_looked_for_above_a_lessons_folder_in_it(tmp_path: Path) -> None:
    place = tmp_path / "second"
    lesson = place / "2026-11" / "0193"
    assert not is_marked(lesson)
    place.mkdir()
    assert not is_marked(lesson)
    (place / MARK).mkdir()
    assert not is_marked(lesson)
    (place / MARK).rmdir()
    (place / MARK).touch()
    assert is_marked(lesson)
    assert is_marked(place)


def test_a_disk_that_cannot_be_asked_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / MARK).touch()
    assert is_marked(tmp_path)
    monkeypatch.setattr(Path, "is_file", refuse)
    assert not is_marked(tmp_path)


def test_a_place_that_is_not_there_now_does_not_cost_the_part(tmp_path: Path) -> None:
    home, second, away = tmp_path / "home", tmp_path / "second", tmp_path / "away"
    bench = Bench(home, "opus", second=second)
    bench.feed(packetize("opus", ENCODE["opus"](3.5)))
    bench.recorder.sync()
    [part] = read_manifest(home)
    path = home / part.file
    bench.recorder._close("stopped")
    manifest = home / "manifest.jsonl"
    kept = [line for line in manifest.read_text().splitlines() if "part_closed" not in line]
    manifest.write_text("\n".join(kept) + "\n")
    path.rename(second / part.file)
    path.symlink_to(second / part.file)
    second.rename(away)
    assert recover(home) == []
    away.rename(second)
    [closed] = recover(home)
    assert closed.bytes
    assert build_replay(home, tmp_path / "out").clips


def test_a_name_taken_in_the_second_place_is_not_written_over(tmp_path: Path) -> None:
    home, second = tmp_path / "home", tmp_path / "second"
    home.mkdir()
    second.mkdir()
    (second / "1-000001.mp4").write_text("another's")
    places = Places(home, SecondPlace(second), epoch=1)
    with pytest.raises(FileExistsError):
        places.create("1-000001.mp4", is_second=True)
    assert (second / "1-000001.mp4").read_text() == "another's"
    assert not (home / "1-000001.mp4").is_symlink()


def test_what_is_removed_is_removed_in_both_places(tmp_path: Path) -> None:
    home, second = tmp_path / "home", tmp_path / "second"
    home.mkdir()
    places = Places(home, SecondPlace(second), epoch=1)
    places.prepare()
    target = places.create("a.mp4", is_second=True)
    target.write_text("pupils")
    assert places.is_in_second("a.mp4")
    places.remove("a.mp4")
    assert [each.name for each in home.iterdir()] == ["second-1"]
    assert list(second.iterdir()) == []
    remove(home / "a.mp4")  # nothing there is nothing to do


def test_a_disk_that_cannot_be_asked_is_written_to(tmp_path: Path) -> None:
    assert Places(tmp_path / "not made yet", None, epoch=1).has_room_for_pictures()
