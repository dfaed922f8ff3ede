"""One track from packets to parts, with time as a number and the disk as a temporary folder."""

import os
import random
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from media.recorder.folder import safe_name
from media.recorder.manifest import read_manifest
from media.recorder.part import PartWriter
from media.recorder.samples import make_samples
from media.recorder.track import PARTS_PER_WINDOW, RETRY_S
from tests.media.decoding import decoded_times, lesson_times
from tests.media.recorder_bench import CODECS, ENCODE, Bench, moved
from tests.media.rtp_source import TimedPacket, encode_h264, encode_opus, packetize


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_is_written_at_its_time(tmp_path: Path, codec: str) -> None:
    frames = ENCODE[codec](3.0)
    bench = Bench(tmp_path, codec, offset_s=600.0)
    bench.feed(packetize(codec, frames), delay_s=0.04)
    (part,) = bench.finish()
    assert part.start_s == pytest.approx(600.04, abs=1e-6)
    assert part.end_s == pytest.approx(603.04, abs=0.02)
    assert part.gaps == ()
    times = lesson_times(tmp_path, part)
    assert times == pytest.approx([600.04 + frame.at_s for frame in frames], abs=0.001)


@pytest.mark.parametrize("codec", CODECS)
def test_a_long_track_is_cut_and_goes_on_without_a_seam(tmp_path: Path, codec: str) -> None:
    frames = ENCODE[codec](20.0)
    bench = Bench(tmp_path, codec, offset_s=600.0)
    bench.feed(packetize(codec, frames))
    parts = bench.finish()
    assert [part.reason for part in parts] == ["cut", "cut", "cut", "stopped"]
    assert [part.start_s for part in parts] == pytest.approx([600, 606, 612, 618], abs=0.05)
    for before, after in pairwise(parts):
        assert before.end_s == pytest.approx(after.start_s, abs=1e-6)
    assert all(part.gaps == () for part in parts)
    times = lesson_times(tmp_path, *parts)
    assert times == pytest.approx([600 + frame.at_s for frame in frames], abs=0.001)


@pytest.mark.parametrize("codec", CODECS)
def test_a_loss_at_the_cut_is_a_gap_between_parts(tmp_path: Path, codec: str) -> None:
    packets = [
        packet for packet in packetize(codec, ENCODE[codec](14.0)) if not 5.5 <= packet.at_s < 6.5
    ]
    bench = Bench(tmp_path, codec)
    bench.feed(packets)
    first, second = bench.finish()[:2]
    assert first.end_s == pytest.approx(5.5, abs=0.05)
    assert second.start_s == pytest.approx(6.5 if codec == "opus" else 8.0, abs=0.05)
    assert (first.reason, first.gaps, second.gaps) == ("cut", (), ())


def test_a_picture_without_key_frames_is_not_cut(tmp_path: Path) -> None:
    frames = [frame for frame in encode_h264(14.0) if frame.at_s < 1.0 or not frame.is_keyframe]
    bench = Bench(tmp_path, "H264")
    bench.feed(packetize("H264", frames))
    (part,) = bench.finish()
    assert part.reason == "stopped"


def test_a_shared_screen_that_moves_seldom_lasts_until_its_next_picture(tmp_path: Path) -> None:
    frames = encode_h264(14.0)[::60]  # a key frame every two seconds
    bench = Bench(tmp_path, "H264")
    bench.feed(packetize("H264", frames))
    first, second, _ = bench.finish()
    assert (first.end_s, second.end_s) == pytest.approx((6.0, 12.0), abs=1e-6)
    with av.open(tmp_path / first.file) as container:
        lengths = [
            float(packet.duration * packet.time_base)
            for packet in container.demux(container.streams[0])
            if packet.duration and packet.time_base
        ]
    assert lengths == pytest.approx([2.0] * 3, abs=0.001)


def test_cutting_costs_three_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    fsync = os.fsync

    def counted(descriptor: int) -> None:
        waits.append(descriptor)
        fsync(descriptor)

    bench = Bench(tmp_path, "opus")
    packets = packetize("opus", encode_opus(62.0))
    bench.feed(packets[:50])
    monkeypatch.setattr(os, "fsync", counted)
    bench.feed(packets[50:])
    assert len(waits) <= 3 * 11  # the file that ends, the new one's name, both lines of it
    assert len(bench.finish()) in {11, 12}


@pytest.mark.parametrize("codec", CODECS)
def test_disorder_and_duplicates_change_nothing(tmp_path: Path, codec: str) -> None:
    rng = random.Random(5)
    packets = packetize(codec, ENCODE[codec](2.0))
    late = [
        packet._replace(at_s=packet.at_s + rng.uniform(0, 0.1)) if index else packet
        for index, packet in enumerate(packets)
    ]
    bench = Bench(tmp_path, codec)
    bench.feed(sorted(late + late[::5], key=lambda packet: packet.at_s))
    (part,) = bench.finish()
    assert part.gaps == ()
    assert len(decoded_times(tmp_path / part.file)) == len(ENCODE[codec](2.0))


@pytest.mark.parametrize("codec", CODECS)
def test_loss_is_a_gap_and_never_a_broken_picture(tmp_path: Path, codec: str) -> None:
    packets = [
        packet for packet in packetize(codec, ENCODE[codec](6.0)) if not 2.5 <= packet.at_s < 3.0
    ]
    bench = Bench(tmp_path, codec)
    bench.feed(packets)
    (part,) = bench.finish()
    ((start_s, end_s),) = part.gaps
    back_s = 3.0 if codec == "opus" else 4.0  # video waits for the key frame of every 2 s
    assert (start_s, end_s) == pytest.approx((2.5, back_s), abs=0.05)
    times = lesson_times(tmp_path, part)
    assert not any(start_s <= time < end_s - 0.05 for time in times)
    assert times[-1] > 5.9


def test_a_change_of_size_begins_a_new_part(tmp_path: Path) -> None:
    small = encode_h264(1.0, size=(176, 144))
    frames = encode_h264(1.0) + moved(small, 1.0) + moved(encode_h264(1.0), 2.0)
    bench = Bench(tmp_path, "H264")
    bench.feed(packetize("H264", frames))
    parts = bench.finish()
    assert [(part.width, part.height) for part in parts] == [(320, 240), (176, 144), (320, 240)]
    assert [part.start_s for part in parts] == pytest.approx([0.0, 1.0, 2.0], abs=0.001)
    assert parts[0].parameters == parts[2].parameters != parts[1].parameters
    assert [part.reason for part in parts] == ["parameters_changed"] * 2 + ["stopped"]


@pytest.mark.parametrize("codec", CODECS)
def test_a_new_stream_of_a_publisher_who_reconnected_begins_a_new_part(
    tmp_path: Path, codec: str
) -> None:
    frames = ENCODE[codec](1.0)
    bench = Bench(tmp_path, codec)
    bench.feed(packetize(codec, frames, ssrc=1))
    bench.feed(packetize(codec, moved(frames, 1.5), ssrc=2, first_seq=9, first_time=77))
    first, second = bench.finish()
    assert first.reason == "new_stream"
    assert second.start_s == pytest.approx(1.5, abs=0.001)


@pytest.mark.parametrize("codec", CODECS)
def test_silence_closes_the_part_and_a_later_packet_begins_another(
    tmp_path: Path, codec: str
) -> None:
    frames = ENCODE[codec](1.0)
    packets = packetize(codec, frames + moved(frames, 60.0))
    bench = Bench(tmp_path, codec)
    bench.feed([packet for packet in packets if packet.at_s < 30])
    bench.recorder.tick(2.9)
    assert bench.is_writing()
    bench.recorder.tick(4.1)
    assert not bench.is_writing()
    assert read_manifest(tmp_path)[0].reason == "paused"
    bench.feed([packet for packet in packets if packet.at_s > 30])
    _, second = bench.finish()
    assert second.start_s == pytest.approx(60.0, abs=0.01)


@pytest.mark.parametrize("codec", CODECS)
def test_garbage_is_counted_and_the_rest_is_whole(tmp_path: Path, codec: str) -> None:
    rng = random.Random(11)
    bench = Bench(tmp_path, codec)
    for index, (at_s, packet) in enumerate(packetize(codec, ENCODE[codec](3.0))):
        if index % 10 == 3:
            bench.recorder.packet(rng.randbytes(rng.randrange(12)), at_s)
        bench.feed([TimedPacket(at_s, packet)])
    assert bench.recorder.malformed >= 9
    (part,) = bench.finish()
    assert len(decoded_times(tmp_path / part.file)) == len(ENCODE[codec](3.0))


@pytest.mark.parametrize("codec", CODECS)
def test_payloads_of_noise_are_never_fatal(tmp_path: Path, codec: str) -> None:
    rng = random.Random(3)
    bench = Bench(tmp_path, codec)
    for at_s, packet in packetize(codec, ENCODE[codec](4.0)):
        is_noise = 1.0 < at_s < 1.5
        body = rng.randbytes(len(packet) - 12) if is_noise else packet[12:]
        bench.feed([TimedPacket(at_s, packet[:12] + body)])
    parts = bench.finish()
    assert sum(part.end_s - part.start_s for part in parts if part.end_s) > 2.0


def test_a_publisher_whose_ticks_jump_goes_on_in_a_new_part(tmp_path: Path) -> None:
    frames = encode_opus(1.0)
    packets = packetize("opus", frames) + packetize(
        "opus", moved(frames, 1.0), first_seq=65_550, first_time=5_000_000
    )
    bench = Bench(tmp_path, "opus")
    bench.feed(packets)
    first, second = bench.finish()
    assert first.reason == "clock_jump"
    assert second.start_s == pytest.approx(1.0, abs=0.01)


def test_a_publisher_gone_mad_gets_few_parts_and_no_future(tmp_path: Path) -> None:
    rng = random.Random(9)
    bench = Bench(tmp_path, "opus")
    mad = [
        TimedPacket(at_s, packet[:4] + rng.randbytes(4) + packet[8:])
        for at_s, packet in packetize("opus", encode_opus(8.0))
    ]
    bench.feed(mad)
    parts = bench.finish()
    assert len(parts) <= PARTS_PER_WINDOW
    assert all((part.end_s or 0) < 9.1 for part in parts)


@pytest.mark.parametrize("codec", CODECS)
def test_a_track_that_never_makes_sense_leaves_no_file(tmp_path: Path, codec: str) -> None:
    bench = Bench(tmp_path, codec)
    packets = packetize(codec, ENCODE[codec](1.0))
    noise = b"" if codec == "opus" else b"\x41junk"
    bench.feed([TimedPacket(at_s, packet[:12] + noise) for at_s, packet in packets])
    bench.recorder.end_part("stopped")
    assert not tmp_path.exists() or not list(tmp_path.iterdir())


def test_a_bug_in_a_writer_retires_that_writer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, "opus")
    packets = packetize("opus", encode_opus(6.0))
    bench.feed(packets[:100])
    write = PartWriter.write
    numbers = count()

    def fail_once(writer: PartWriter, data: bytes, **timing: Any) -> None:
        if next(numbers) == 0:
            raise RuntimeError("a bug")
        write(writer, data, **timing)

    monkeypatch.setattr(PartWriter, "write", fail_once)
    bench.feed(packets[100:])
    first, second = bench.finish()
    assert (first.reason, second.reason) == ("io_error", "stopped")
    assert second.start_s == pytest.approx(2.0 + RETRY_S, abs=0.1)


def test_names_taken_by_an_earlier_run_are_stepped_over(tmp_path: Path) -> None:
    packets = packetize("opus", encode_opus(0.5))
    for _ in range(2):
        bench = Bench(tmp_path, "opus")
        bench.feed(packets)
        bench.recorder.end_part("stopped")
    files = [part.file for part in read_manifest(tmp_path)]
    assert files == ["1-000001.mp4", "1-000002.mp4"]


@pytest.mark.parametrize(
    "identifier", ["", "..", "../../etc/passwd", "a/b", "a\x00b", "甲" * 400, "A", "a" * 500, ".x"]
)
def test_any_id_makes_a_safe_and_unique_name(identifier: str) -> None:
    name = safe_name(identifier)
    assert name.replace("-", "").replace("_", "").isalnum()
    assert name.isascii()
    assert len(name) < 48
    assert name != safe_name(identifier.lower() + "x")


def test_a_codec_nobody_can_write_is_refused() -> None:
    with pytest.raises(ValueError, match="AV1"):
        make_samples("AV1")
