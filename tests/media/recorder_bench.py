"""A track recorder over a real folder, for tests, with time as a number."""

from pathlib import Path

from media.config import RecordingTarget
from media.core.clock import PublisherClock
from media.core.ids import TrackKey
from media.recorder.folder import RecordingFolder
from media.recorder.manifest import PartRecord, read_manifest
from media.recorder.places import MARK, SecondPlace
from media.recorder.recovery import damaged_parts
from media.recorder.track import TrackRecorder
from tests.media.recordings import CAMERA, MICROPHONE
from tests.media.rtp_source import EncodedFrame, TimedPacket, encode_h264, encode_opus, encode_vp8

ENCODE = {"H264": encode_h264, "VP8": encode_vp8, "opus": encode_opus}
CODECS = list(ENCODE)


class Bench:
    """A track recorder over a real folder; time is what the packets say."""

    def __init__(
        self, folder: Path, codec: str, *, offset_s: float = 0.0, second: Path | None = None
    ) -> None:
        self.folder = folder
        self.track: TrackKey = MICROPHONE if codec == "opus" else CAMERA
        self.second = None
        if second is not None:
            second.mkdir(exist_ok=True)
            (second / MARK).touch()
            self.second = SecondPlace(second)
        self.files = RecordingFolder(RecordingTarget(folder, 1, offset_s, second=self.second))
        self.recorder = TrackRecorder(
            self.track,
            codec,
            clock_rate=48_000 if codec == "opus" else 90_000,
            publisher=PublisherClock(),
            folder=self.files,
            lesson_minus_arrival_s=offset_s,
        )

    def feed(self, packets: list[TimedPacket], *, delay_s: float = 0.0) -> None:
        for at_s, packet in packets:
            self.recorder.packet(packet, at_s + delay_s)
            self.recorder.tick(at_s + delay_s)

    def is_writing(self) -> bool:
        return self.recorder.part is not None

    def is_settled(self) -> bool:
        return self.files.is_settled

    def finish(self) -> list[PartRecord]:
        self.recorder.end_part("stopped")
        assert damaged_parts(self.folder) == []
        return read_manifest(self.folder)


def moved(frames: list[EncodedFrame], by_s: float) -> list[EncodedFrame]:
    return [frame._replace(at_s=frame.at_s + by_s) for frame in frames]
