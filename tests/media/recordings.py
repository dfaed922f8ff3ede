"""Make recordings quickly: media time runs as fast as the disk takes it."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from media.config import RecordingTarget
from media.core.ids import PeerId, Source, TrackKey
from media.interface import RecordingStatus
from media.recorder.room import RoomRecorder
from tests.media.rtp_source import TimedPacket, encode_h264, encode_opus, encode_vp8, packetize

TEACHER = PeerId("teacher")
CAMERA = TrackKey(TEACHER, Source.CAMERA)
MICROPHONE = TrackKey(TEACHER, Source.MICROPHONE)
SCREEN = TrackKey(TEACHER, Source.SCREEN)

_CLOCK_RATES = {"opus": 48_000, "H264": 90_000, "VP8": 90_000}

Feed = tuple[str, Iterable[TimedPacket]]


def h264_feed(seconds: float, *, ssrc: int = 1, size: tuple[int, int] = (320, 240)) -> Feed:
    return "H264", packetize("H264", encode_h264(seconds, size=size), ssrc=ssrc)


def vp8_feed(seconds: float, *, ssrc: int = 2) -> Feed:
    return "VP8", packetize("VP8", encode_vp8(seconds), ssrc=ssrc)


def opus_feed(seconds: float, *, ssrc: int = 3) -> Feed:
    return "opus", packetize("opus", encode_opus(seconds), ssrc=ssrc)


def without(feed: Feed, start_s: float, end_s: float) -> Feed:
    """The feed with its packets of some seconds lost."""
    codec, packets = feed
    return codec, [packet for packet in packets if not start_s <= packet.at_s < end_s]


def record(
    folder: Path, feeds: Mapping[TrackKey, Feed], *, epoch: int = 1, offset_s: float = 0.0
) -> list[RecordingStatus]:
    """Record the feeds as if they had come in real time; return every status reported."""
    statuses: list[RecordingStatus] = []
    started_s = time.monotonic()
    recorder = RoomRecorder(RecordingTarget(folder, epoch, offset_s), on_status=statuses.append)
    timed = []
    for track, (codec, packets) in feeds.items():
        recorder.add_track(track, codec, _CLOCK_RATES[codec])
        timed += [(packet.at_s, track, packet.packet) for packet in packets]
    for at_s, track, packet in sorted(timed, key=lambda item: item[0]):
        recorder.write(track, packet, started_s + at_s)
    assert recorder.close()
    return statuses
