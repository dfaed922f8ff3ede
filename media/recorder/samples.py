"""From a track's frames to samples a file can hold, without touching the pictures."""

from typing import NamedTuple, Protocol

from media.core import h264, opus, vp8
from media.core.errors import MalformedPacket
from media.core.jitter_buffer import Frame
from media.recorder.part import OPUS_FORMAT, PartFormat

VIDEO_CLOCK_RATE = 90_000


class Sample(NamedTuple):
    """What goes into a part: `duration_s` is None where only the next sample tells."""

    data: bytes
    format: PartFormat
    duration_s: float | None
    is_keyframe: bool


class SampleMaker(Protocol):
    """Make samples of one codec; remembers what key frames say about those after them."""

    def make(self, frame: Frame) -> Sample:
        """Return the sample in `frame`; raise MalformedPacket if there is none."""


class OpusSamples:
    """Opus: a packet is a sample (RFC 7587 section 4.2)."""

    def make(self, frame: Frame) -> Sample:
        """Return the packet with the time it sounds."""
        payload = frame.payloads[0]
        ticks = opus.duration_ticks(payload)
        return Sample(payload, OPUS_FORMAT, ticks / opus.CLOCK_RATE, is_keyframe=True)


class Vp8Samples:
    """VP8: a frame without its RTP descriptors; key frames carry the size."""

    def __init__(self) -> None:
        self._format: PartFormat | None = None

    def make(self, frame: Frame) -> Sample:
        """Return the frame as WebM stores it."""
        data = vp8.assemble(frame.payloads)
        if frame.is_keyframe:
            size = vp8.frame_size(data)
            if self._format is None or self._format.size != size:
                self._format = PartFormat("VP8", "vp8", VIDEO_CLOCK_RATE, size, b"")
        if self._format is None:
            raise MalformedPacket("VP8 begins without a key frame")
        return Sample(data, self._format, None, frame.is_keyframe)


class H264Samples:
    """H.264: an access unit with lengths in front; parameter sets go into the header."""

    def __init__(self) -> None:
        self._depacketizer = h264.Depacketizer()
        self._tracker = h264.ParameterTracker()
        self._sets: h264.ParameterSets | None = None
        self._format: PartFormat | None = None

    def make(self, frame: Frame) -> Sample:
        """Return the picture as MP4 stores it."""
        for payload in frame.payloads:
            self._depacketizer.add(payload)
        unit = self._depacketizer.finish()
        sets = self._tracker.update(unit)
        if sets is None:
            raise MalformedPacket("H.264 without parameter sets")
        if sets is not self._sets or self._format is None:
            self._sets = sets
            self._format = PartFormat(
                "H264",
                sets.sequence.codecs_parameter,
                VIDEO_CLOCK_RATE,
                sets.size,
                sets.avcc(),
            )
        data = unit.avcc()
        if not data:
            raise MalformedPacket("access unit without a picture")
        return Sample(data, self._format, None, unit.is_keyframe)


def make_samples(codec: str) -> SampleMaker:
    """Return the maker for `codec`, one of `"opus"`, `"VP8"`, `"H264"`."""
    match codec:
        case "opus":
            return OpusSamples()
        case "VP8":
            return Vp8Samples()
        case "H264":
            return H264Samples()
        case _:
            raise ValueError(f"the recorder cannot write {codec}")
