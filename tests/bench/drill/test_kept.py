"""What the drill finds in a recording: every item that was sent, and everything that is wrong."""

from pathlib import Path

import av
import pytest

from bench.drill.kept import (
    astray,
    broken_files,
    decode,
    film_s,
    nals_of,
    read_kept,
    unlike,
)
from bench.drill.programme import Camera, Microphone, Size, numbered, picture_digest
from bench.impair.media import AUDIO, Stamp, read_stamp
from media.core import opus, rtp
from media.recorder.compose import SMALL, compose
from media.recorder.composition import Plan
from media.recorder.manifest import FILE_NAME, read_manifest
from tests.media.composing import grey_clip, planned, tone_clip
from tests.media.recorder_bench import Bench
from tests.media.rtp_source import TimedPacket, h264_payloads

SECONDS = 4


def sound() -> list[TimedPacket]:
    microphone = Microphone()
    return [
        TimedPacket(
            number * 0.02,
            rtp.build(
                microphone.next_packet(Stamp(AUDIO, False, 0, 1, number, 0)),
                payload_type=96,
                marker=0,
                seq=number,
                timestamp=number * 960,
                ssrc=1,
            ),
        )
        for number in range(SECONDS * 50)
    ]


def pictures() -> tuple[list[TimedPacket], dict[bytes, int]]:
    camera = Camera(Size(), seed=1)
    packets, known, seq = [], {}, 0
    for number in range(SECONDS * 15):
        nals = camera.next_picture()
        known[picture_digest(nals)] = number
        payloads = h264_payloads(nals)
        for place, payload in enumerate(payloads):
            marker = rtp.MARKER if place == len(payloads) - 1 else 0
            packet = rtp.build(
                payload,
                payload_type=96,
                marker=marker,
                seq=seq,
                timestamp=number * 6000,
                ssrc=1,
            )
            packets.append(TimedPacket(number / 15, packet))
            seq += 1
    return packets, known


def record(folder: Path, codec: str, packets: list[TimedPacket]) -> Bench:
    bench = Bench(folder, codec)
    bench.feed(packets)
    bench.finish()
    return bench


def seat_of(folder: Path) -> str:
    return read_manifest(folder)[0].peer_id


def test_sound_is_found_by_its_stamp_and_decodes(tmp_path: Path) -> None:
    record(tmp_path, "opus", sound())
    kept = read_kept(tmp_path, seat_id=seat_of(tmp_path), picture_of={})
    assert sorted(kept.sound) == list(range(SECONDS * 50))
    assert kept.broken == kept.astray == []
    times = list(kept.sound.values())
    assert times[50] - times[0] == pytest.approx(1.0, abs=0.01)


def test_pictures_are_found_by_their_digest(tmp_path: Path) -> None:
    packets, known = pictures()
    record(tmp_path, "H264", packets)
    kept = read_kept(tmp_path, seat_id=seat_of(tmp_path), picture_of=known)
    assert sorted(kept.pictures) == list(range(SECONDS * 15))
    assert kept.broken == kept.astray == []
    stranger = read_kept(tmp_path, seat_id=seat_of(tmp_path), picture_of={})
    assert "a picture that nobody sent" in stranger.broken[0]


def test_a_file_that_was_changed_is_both_unplayable_and_not_what_the_manifest_says(
    tmp_path: Path,
) -> None:
    packets, known = pictures()
    record(tmp_path, "H264", packets)
    [part] = tmp_path.glob("*.mp4")
    content = bytearray(part.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    part.write_bytes(content)
    kept = read_kept(tmp_path, seat_id=seat_of(tmp_path), picture_of=known)
    assert kept.broken
    assert kept.astray == [f"{part.name}: not as the manifest says"]


def test_what_is_on_one_side_only_is_astray(tmp_path: Path) -> None:
    record(tmp_path, "opus", sound())
    [part] = tmp_path.glob("*.mp4")
    part.rename(tmp_path / "9-000009.mp4")
    assert astray(tmp_path)[:2] == [
        "9-000009.mp4: no manifest names it",
        f"{part.name}: is not there",
    ]


def test_what_was_made_of_a_recording_lies_beside_its_parts_once(tmp_path: Path) -> None:
    record(tmp_path, "opus", sound())
    (tmp_path / "lesson-1.mp4").touch()
    (tmp_path / "making-1").mkdir()
    assert astray(tmp_path, ["lesson-1.mp4", "micro-1.mp4"]) == [
        "making-1: no manifest names it",
        "micro-1.mp4: is not there",
    ]


def test_a_film_is_as_long_as_it_has_sound_and_pictures_that_decode(tmp_path: Path) -> None:
    tone_clip(tmp_path / "2.mp4", 0.3, 2.0)
    grey_clip(tmp_path / "1.mp4", 200, 2.0, size=(64, 64))
    assert film_s(tmp_path / "1.mp4") == film_s(tmp_path / "2.mp4") == 0.0, "half of a film"
    clips = (
        planned("1.mp4", start_s=0.0, seconds=2.0, picture=True),
        planned("2.mp4", start_s=0.0, seconds=2.0, sound=True),
    )
    film = tmp_path / "film.mp4"
    compose(tmp_path, Plan(2.0, clips), film, profile=SMALL, told=lambda *_: None)
    assert film_s(film) == pytest.approx(2.0, abs=0.2)
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    with pytest.raises(av.FFmpegError):
        film_s(film)


def test_a_part_that_was_never_closed_is_astray(tmp_path: Path) -> None:
    record(tmp_path, "opus", sound())
    manifest = tmp_path / FILE_NAME
    lines = [line for line in manifest.read_text().splitlines() if '"part_closed"' not in line]
    manifest.write_text("\n".join(lines) + "\n")
    assert any(words.endswith("never closed") for words in astray(tmp_path))


def test_a_file_without_media_is_unplayable(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"\0" * 100)
    assert broken_files([path])[0].startswith("x.mp4: ")
    with pytest.raises(av.FFmpegError):
        decode(path)


def test_a_stamp_in_the_padding_leaves_the_sound_as_it_was() -> None:
    packet = Microphone().next_packet(Stamp(AUDIO, False, 0, 1, 7, 5))
    stamp = read_stamp(packet)
    assert stamp is not None
    assert (stamp.frame, stamp.sent_ns) == (7, 5)
    assert opus.duration_ticks(packet) == 960
    with pytest.raises(ValueError, match="more than one frame"):
        numbered(packet, Stamp(AUDIO, False, 0, 1, 8, 5))


def test_a_camera_gives_key_frames_when_asked_and_else_none() -> None:
    camera = Camera(Size(), seed=1)
    keys = []
    for number in range(20):
        camera.keyframe_wanted |= number == 9
        keys.append(camera.next_picture()[-1][0] & 0x1F == 5)
    assert [number for number, is_key in enumerate(keys) if is_key] == [0, 9]


def test_lengths_lead_from_one_unit_to_the_next() -> None:
    assert nals_of(b"\0\0\0\2ab\0\0\0\1c") == [b"ab", b"c"]


def test_clips_that_only_one_side_has_are_named() -> None:
    assert unlike(["a.mp4", "b.mp4"], ["b.mp4", "c.mp4"]) == [
        "a.mp4: a row without a file",
        "c.mp4: a file without a row",
    ]
    assert unlike(["a.mp4"], ["a.mp4"]) == []


def test_what_lies_in_a_second_place_without_a_link_is_astray(tmp_path: Path) -> None:
    folder, second = tmp_path / "home", tmp_path / "second"
    record(folder, "opus", sound())
    second.mkdir()
    (folder / "second-1").symlink_to(second)
    [part] = folder.glob("*.mp4")
    part.rename(second / part.name)
    part.symlink_to(f"second-1/{part.name}")
    assert astray(folder) == []
    (second / "1-000009.mp4").write_bytes(b"forgotten")
    assert astray(folder) == ["second-1/1-000009.mp4: no manifest names it"]
