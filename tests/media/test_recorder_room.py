"""The recorder as the event loop sees it: it never blocks, never raises, and says how it is."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from media.config import RecordingTarget
from media.core.ids import PeerId, Source, TrackKey
from media.interface import RecordingStatus
from media.recorder.manifest import read_epochs, read_manifest
from media.recorder.room import RecorderLimits, RoomRecorder
from media.recorder.track import TrackRecorder
from tests.media.recordings import (
    CAMERA,
    MICROPHONE,
    SCREEN,
    h264_feed,
    opus_feed,
    record,
    vp8_feed,
)

WAIT_S = 10.0


def wait_for(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


class Room:
    def __init__(self, folder: Path, *, limits: RecorderLimits | None = None) -> None:
        self.statuses: list[RecordingStatus] = []
        self.folder = folder
        self.recorder = RoomRecorder(
            RecordingTarget(folder, 3, 100.0, metadata={"lesson": "语文"}),
            on_status=self.statuses.append,
            limits=limits,
        )

    def feed(
        self, track: TrackKey, feed: Any, *, from_s: float = 0.0, until_s: float = 1e9
    ) -> None:
        started_s = time.monotonic()
        for at_s, packet in feed[1]:
            if from_s <= at_s < until_s:
                self.recorder.write(track, packet, started_s + at_s - from_s)

    def problems(self) -> set[str | None]:
        return {status.problem for status in self.statuses}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "lesson" / "rec")
    yield room
    room.recorder.close()


def test_a_lesson_is_recorded_on_its_clock(tmp_path: Path) -> None:
    statuses = record(
        tmp_path,
        {CAMERA: h264_feed(4.0), MICROPHONE: opus_feed(4.0), SCREEN: vp8_feed(4.0)},
        offset_s=1000.0,
    )
    parts = read_manifest(tmp_path)
    assert {part.track for part in parts} == {CAMERA, MICROPHONE, SCREEN}
    for part in parts:
        assert part.is_closed
        assert part.start_s == pytest.approx(1000.0, abs=0.2)
        assert part.end_s == pytest.approx(1004.0, abs=0.2)
    last = statuses[-1]
    assert last.is_healthy
    assert last.stored_s == pytest.approx(4.0, abs=0.1)
    assert last.bytes_stored == sum(part.bytes or 0 for part in parts)
    (epoch,) = read_epochs(tmp_path)
    assert epoch.is_closed


def test_the_epoch_carries_what_the_caller_says(room: Room) -> None:
    assert room.recorder.close()
    (epoch,) = read_epochs(room.folder)
    assert (epoch.epoch, epoch.offset_s, epoch.metadata) == (3, 100.0, {"lesson": "语文"})


def test_a_codec_nobody_can_write_is_refused(room: Room) -> None:
    with pytest.raises(ValueError, match="AV1"):
        room.recorder.add_track(CAMERA, "AV1", 90_000)


def test_packets_of_unknown_tracks_are_ignored(room: Room) -> None:
    room.feed(MICROPHONE, opus_feed(1.0))
    room.recorder.sender_report(MICROPHONE, 1, 1, 0.0)
    room.recorder.pause(MICROPHONE)
    room.recorder.remove_track(MICROPHONE)
    assert room.recorder.close()
    assert read_manifest(room.folder) == []


def test_a_pause_closes_the_part_and_a_later_packet_begins_another(room: Room) -> None:
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    feed = opus_feed(3.0)
    room.feed(MICROPHONE, feed, until_s=1.0)
    room.recorder.pause(MICROPHONE)
    room.feed(MICROPHONE, feed, from_s=2.0)
    assert room.recorder.close()
    first, second = read_manifest(room.folder)
    assert (first.reason, second.reason) == ("paused", "stopped")


def test_a_removed_track_is_closed_at_once(room: Room) -> None:
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    room.feed(MICROPHONE, opus_feed(1.0))
    room.recorder.remove_track(MICROPHONE)
    room.feed(MICROPHONE, opus_feed(1.0))
    wait_for(lambda: any(part.reason == "removed" for part in read_manifest(room.folder)))
    assert room.recorder.close()
    assert len(read_manifest(room.folder)) == 1


def test_a_track_added_again_with_another_codec_begins_anew(room: Room) -> None:
    for codec, feed in (("VP8", vp8_feed(1.0)), ("H264", h264_feed(1.0))):
        room.recorder.add_track(CAMERA, codec, 90_000)
        room.feed(CAMERA, feed)
    assert room.recorder.close()
    assert [part.codec for part in read_manifest(room.folder)] == ["VP8", "H264"]


def test_reports_put_picture_and_sound_on_one_clock(room: Room) -> None:
    delays = {CAMERA: 0.3, MICROPHONE: 0.0}
    feeds = {CAMERA: h264_feed(10.0), MICROPHONE: opus_feed(10.0)}
    rates = {CAMERA: 90_000, MICROPHONE: 48_000}
    started_s = time.monotonic()
    for track, (codec, packets) in feeds.items():
        room.recorder.add_track(track, codec, rates[track])
        for index, (at_s, packet) in enumerate(packets):
            room.recorder.write(track, packet, started_s + at_s + delays[track])
            if index == 0:
                ntp_time = round((3_900_000_000 + at_s) * 2**32)
                rtp_time = int.from_bytes(packet[4:8], "big")
                room.recorder.sender_report(track, ntp_time, rtp_time, started_s + at_s)
    assert room.recorder.close()
    ends = {part.track: part.end_s or 0.0 for part in read_manifest(room.folder)}
    assert abs(ends[CAMERA] - ends[MICROPHONE]) < 0.04


def test_a_read_only_place_is_seen_before_the_first_packet(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    room = Room(tmp_path / "file" / "rec")
    wait_for(lambda: bool(room.statuses))
    assert room.statuses[0].problem == "io_error"
    assert not room.statuses[0].is_healthy
    room.recorder.close()


def test_a_track_that_sends_nothing_is_said_to(tmp_path: Path) -> None:
    room = Room(tmp_path, limits=RecorderLimits(stall_s=0.3))
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    wait_for(lambda: "no_media" in room.problems())
    room.recorder.remove_track(MICROPHONE)
    wait_for(lambda: room.statuses[-1].is_healthy)
    room.recorder.close()


def test_a_room_closes_what_the_run_before_it_left_open(tmp_path: Path) -> None:
    record(tmp_path, {MICROPHONE: opus_feed(2.5)}, epoch=2)
    path = tmp_path / "manifest.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "closed" not in line), encoding="utf-8")
    room = Room(tmp_path)
    wait_for(lambda: [part.reason for part in read_manifest(tmp_path)] == ["crashed"])
    room.recorder.close()


def test_a_damaged_manifest_of_an_earlier_run_keeps_no_room_from_recording(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text("no manifest\n")
    room = Room(tmp_path)
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    room.feed(MICROPHONE, opus_feed(1.5))
    assert room.recorder.close()
    assert len(list(tmp_path.glob("3-*.mp4"))) == 1


def test_an_empty_room_is_healthy(tmp_path: Path) -> None:
    room = Room(tmp_path, limits=RecorderLimits(stall_s=0.1))
    wait_for(lambda: len(room.statuses) >= 2)
    assert room.problems() == {None}
    room.recorder.close()


class StuckDisk:
    """Writes wait until they are let go, like those of a disk that does not answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = threading.Event()
        self.is_asked = threading.Event()
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, descriptor: int, data: Any) -> int:
        self.is_asked.set()
        assert self.answers.wait(WAIT_S)
        return self._write(descriptor, data)


@pytest.fixture
def stuck_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[StuckDisk]:
    disk = StuckDisk(monkeypatch)
    yield disk
    disk.answers.set()


def test_a_stuck_disk_costs_video_first_and_is_told_of_by_the_caller(
    tmp_path: Path, stuck_disk: StuckDisk
) -> None:
    video = h264_feed(6.0)
    limit = sum(len(packet) for _, packet in video[1]) // 3
    room = Room(
        tmp_path,
        limits=RecorderLimits(video_queue_bytes=limit, audio_queue_bytes=10 * limit, stall_s=0.2),
    )
    room.recorder.add_track(CAMERA, "H264", 90_000)
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    room.feed(CAMERA, video, until_s=0.1)
    assert stuck_disk.is_asked.wait(WAIT_S)
    told = len(room.statuses)
    room.feed(CAMERA, video, from_s=0.1)  # arrives up to 6 s later: the thread has been stuck since
    room.feed(MICROPHONE, opus_feed(6.0))
    assert room.statuses[told].problem == "overloaded"
    assert not room.statuses[told].is_healthy
    assert not room.recorder.close(timeout_s=0.1)
    stuck_disk.answers.set()
    assert room.recorder.close()
    assert "overloaded" in room.problems()
    lengths = dict.fromkeys(Source, 0.0)
    for part in read_manifest(tmp_path):
        lengths[part.source] += (part.end_s or 0) - part.start_s
    assert lengths[Source.MICROPHONE] == pytest.approx(6.0, abs=0.1)
    assert lengths[Source.CAMERA] < 4.0


def test_audio_has_a_bound_as_well(tmp_path: Path, stuck_disk: StuckDisk) -> None:
    room = Room(tmp_path, limits=RecorderLimits(video_queue_bytes=1, audio_queue_bytes=20_000))
    room.recorder.add_track(MICROPHONE, "opus", 48_000)
    room.feed(MICROPHONE, opus_feed(6.0), until_s=0.2)
    assert stuck_disk.is_asked.wait(WAIT_S)
    room.feed(MICROPHONE, opus_feed(6.0), from_s=0.2)
    stuck_disk.answers.set()
    assert room.recorder.close()
    assert sum((part.end_s or 0) - part.start_s for part in read_manifest(tmp_path)) < 4.0


def test_one_track_s_broken_writer_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def fail_video(descriptor: int, data: Any) -> int:
        if b"avc1" in bytes(data):
            raise OSError(5, "Input/output error")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", fail_video)
    statuses = record(tmp_path, {CAMERA: h264_feed(3.0), MICROPHONE: opus_feed(3.0)})
    assert "io_error" in {status.problem for status in statuses}
    (sound,) = [part for part in read_manifest(tmp_path) if part.source is Source.MICROPHONE]
    assert (sound.end_s or 0) - sound.start_s == pytest.approx(3.0, abs=0.1)


def test_a_bug_ends_the_recording_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(TrackRecorder, "tick", fail)
    room = Room(tmp_path)
    room.recorder.add_track(TrackKey(PeerId("p"), Source.MICROPHONE), "opus", 48_000)
    wait_for(lambda: "io_error" in room.problems())
    assert room.recorder.close()


def test_a_listener_that_fails_does_not_end_the_recording(tmp_path: Path) -> None:
    told = threading.Event()

    def fail(_: RecordingStatus) -> None:
        told.set()
        raise RuntimeError("the loop is closed")

    recorder = RoomRecorder(RecordingTarget(tmp_path, 1, 0.0), on_status=fail)
    recorder.add_track(MICROPHONE, "opus", 48_000)
    assert told.wait(WAIT_S)
    started_s = time.monotonic()
    for at_s, packet in opus_feed(1.5)[1]:
        recorder.write(MICROPHONE, packet, started_s + at_s)
    assert recorder.close()
    assert [part.reason for part in read_manifest(tmp_path)] == ["stopped"]
