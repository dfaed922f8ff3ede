"""What a crash leaves, and what is made of it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest

from media.config import RecordingTarget
from media.core.ids import TrackKey
from media.recorder.__main__ import main
from media.recorder.containers import head_length, whole_length
from media.recorder.manifest import FILE_NAME, PartRecord, read_manifest
from media.recorder.recovery import damaged_parts, hash_file, recover
from media.recorder.room import RoomRecorder
from tests.media.decoding import lesson_times
from tests.media.recordings import (
    CAMERA,
    MICROPHONE,
    SCREEN,
    h264_feed,
    opus_feed,
    record,
    vp8_feed,
)

ROOT = Path(__file__).parents[2]


def crash(folder: Path) -> None:
    """Take the close records away, as if the process had died before them."""
    path = folder / FILE_NAME
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "closed" not in line), encoding="utf-8")


def decoded_s(folder: Path, part: PartRecord) -> float:
    """How long after its beginning the last frame of a part is due."""
    return max(lesson_times(folder, part)) - part.start_s


FEEDS = [(CAMERA, h264_feed), (SCREEN, vp8_feed), (MICROPHONE, opus_feed)]


@pytest.mark.parametrize(("track", "feed"), FEEDS)
def test_a_part_cut_anywhere_is_cut_back_to_whole_media(
    tmp_path: Path, track: TrackKey, feed: object
) -> None:
    assert callable(feed)
    record(tmp_path, {track: feed(4.0)})
    crash(tmp_path)
    (part,) = read_manifest(tmp_path)
    path = tmp_path / part.file
    whole = path.read_bytes()
    manifest = (tmp_path / FILE_NAME).read_bytes()
    rng = random.Random(1)
    ends = []
    for length in sorted(rng.randrange(len(whole) + 1) for _ in range(25)):
        path.write_bytes(whole[:length])
        (tmp_path / FILE_NAME).write_bytes(manifest)
        (closed,) = recover(tmp_path)
        assert closed.recovered
        assert closed.reason == "crashed"
        assert read_manifest(tmp_path) == [closed]
        assert closed.end_s is not None
        ends.append(closed.end_s)
        if closed.bytes:
            assert closed.bytes == path.stat().st_size <= length
            assert closed.sha256 == hash_file(path)
            assert closed.head_bytes == head_length(path)
            assert decoded_s(tmp_path, closed) == pytest.approx(
                closed.end_s - part.start_s, abs=0.04
            )
        else:
            assert not path.exists()
            assert closed.end_s == part.start_s
        assert recover(tmp_path) == []
    assert ends == sorted(ends)
    assert ends[-1] - part.start_s > 1.9


@pytest.mark.parametrize(("track", "feed"), FEEDS)
def test_a_closed_part_is_whole_to_its_last_byte(
    tmp_path: Path, track: TrackKey, feed: object
) -> None:
    assert callable(feed)
    record(tmp_path, {track: feed(2.5)})
    (part,) = read_manifest(tmp_path)
    assert whole_length(tmp_path / part.file) == part.bytes
    assert head_length(tmp_path / part.file) == part.head_bytes
    assert recover(tmp_path) == []


def test_a_part_without_a_file_is_closed_as_empty(tmp_path: Path) -> None:
    record(tmp_path, {MICROPHONE: opus_feed(1.5)})
    crash(tmp_path)
    (part,) = read_manifest(tmp_path)
    (tmp_path / part.file).unlink()
    (closed,) = recover(tmp_path)
    assert (closed.bytes, closed.sha256) == (0, None)


def test_noise_in_place_of_a_part_is_closed_as_empty(tmp_path: Path) -> None:
    record(tmp_path, {MICROPHONE: opus_feed(1.5), SCREEN: vp8_feed(1.5)})
    crash(tmp_path)
    rng = random.Random(2)
    for part in read_manifest(tmp_path):
        (tmp_path / part.file).write_bytes(rng.randbytes(5000))
    assert [part.bytes for part in recover(tmp_path)] == [0, 0]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_any_bytes_have_a_whole_length(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(7)
    heads = [
        b"",
        b"\x00\x00\x00\x01mdat" + bytes(8),
        b"\x00\x00\x00\x01mdat" + b"\x00" * 7 + b"\x10",
        b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff",
        b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff",
        b"\x1f\x43\xb6",
        b"\x1f\x43\xb6\x75",
        b"\x1f\x43\xb6\x75\x40",
        b"\x1f\x43\xb6\x75\x00",
    ]
    for head in heads:
        for _ in range(20):
            path = tmp_path / f"noise{suffix}"
            path.write_bytes(head + rng.randbytes(rng.randrange(60)))
            assert 0 <= whole_length(path) <= path.stat().st_size
        path.write_bytes(head)
        assert whole_length(path) == 0


def test_an_epoch_that_still_records_is_left_alone(tmp_path: Path) -> None:
    record(tmp_path, {MICROPHONE: opus_feed(1.5)}, epoch=1)
    record(tmp_path, {MICROPHONE: opus_feed(1.5)}, epoch=2, offset_s=60.0)
    crash(tmp_path)
    assert [part.epoch for part in recover(tmp_path, before_epoch=2)] == [1]
    assert [part.is_closed for part in read_manifest(tmp_path)] == [True, False]


def test_a_part_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    codec, packets = opus_feed(2.5)
    recorder = RoomRecorder(RecordingTarget(tmp_path, 1, 0.0), on_status=lambda _: None)
    recorder.add_track(MICROPHONE, codec, 48_000)
    started_s = time.monotonic()
    for at_s, packet in packets:
        recorder.write(MICROPHONE, packet, started_s + at_s)
    give_up_at = started_s + 10
    while not read_manifest(tmp_path):
        assert time.monotonic() < give_up_at
        time.sleep(0.01)
    assert recover(tmp_path) == []
    assert recorder.close()
    assert [part.reason for part in read_manifest(tmp_path)] == ["stopped"]


def test_gaps_of_a_crashed_part_are_found_again(tmp_path: Path) -> None:
    codec, packets = opus_feed(5.0)
    kept = [packet for packet in packets if not 2.0 <= packet.at_s < 3.0]
    record(tmp_path, {MICROPHONE: (codec, kept)})
    crash(tmp_path)
    (closed,) = recover(tmp_path)
    ((start_s, end_s),) = closed.gaps
    assert (start_s - closed.start_s, end_s - closed.start_s) == pytest.approx((2.0, 3.0), abs=0.01)


def test_the_command_recovers_verifies_and_builds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "rec", tmp_path / "out"
    record(folder, {MICROPHONE: opus_feed(1.5)})
    crash(folder)
    assert main(["recover", str(folder)]) == 0
    assert main(["verify", str(folder)]) == 0
    assert main(["build", str(folder), str(out)]) == 0
    (part,) = read_manifest(folder)
    path = folder / part.file
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert damaged_parts(folder) == [part]
    assert main(["verify", str(folder)]) == 1
    assert f"damaged {part.file}" in capsys.readouterr().out


CHILD = """
import sys, time
from pathlib import Path
from media.config import RecordingTarget
from media.recorder.room import RoomRecorder
from tests.media.recordings import CAMERA, MICROPHONE, SCREEN, h264_feed, opus_feed, vp8_feed

seconds = 7.0
recorder = RoomRecorder(RecordingTarget(Path(sys.argv[1]), 1, 0.0), on_status=lambda status: None)
timed = []
for track, feed, rate in ((CAMERA, h264_feed, 90_000), (SCREEN, vp8_feed, 90_000),
                          (MICROPHONE, opus_feed, 48_000)):
    codec, packets = feed(seconds)
    recorder.add_track(track, codec, rate)
    timed += [(packet.at_s, track, packet.packet) for packet in packets]
timed.sort(key=lambda item: item[0])
started = time.monotonic()
for at_s, track, packet in timed:
    wait = started + at_s - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    recorder.write(track, packet, time.monotonic())
    print(at_s, flush=True)
"""


class Victim:
    """A process that records media in real time and says how far it has fed."""

    def __init__(self, folder: Path, kill_after_s: float) -> None:
        self.folder = folder
        self.kill_after_s = kill_after_s
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self.fed: list[float] = []
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.fed.extend(float(line) for line in lines)

    def kill_when_due(self) -> None:
        give_up_at = time.monotonic() + 60
        while not (self.fed and self.fed[-1] >= self.kill_after_s):
            assert time.monotonic() < give_up_at
            assert self.process.poll() is None
            time.sleep(0.005)
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join()


def test_kill_9_at_any_moment_loses_two_seconds_at_most(tmp_path: Path) -> None:
    rng = random.Random(4)
    moments = sorted(2.5 + 3.0 * rng.random() for _ in range(2))
    victims = [Victim(tmp_path / str(moment), moment) for moment in moments]
    for victim in victims:
        victim.kill_when_due()
    for victim in victims:
        parts = recover(victim.folder)
        assert {part.track for part in parts} == {CAMERA, SCREEN, MICROPHONE}
        for part in parts:
            recovered_s = decoded_s(victim.folder, part)
            assert victim.fed[-1] - 2.0 <= recovered_s <= victim.fed[-1]
        assert damaged_parts(victim.folder) == []
