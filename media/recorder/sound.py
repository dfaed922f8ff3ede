"""The sound of a lesson's lanes: laid on one clock, measured, and mixed at one loudness.

Loudness is that of EBU R 128 (ITU-R BS.1770): gated, so that silence does not count. Each lane is
measured over the whole lesson and gets one gain, so that a classroom far from its microphone is
heard as well as the teacher; what a sum makes too loud is limited. All samples are 48 kHz stereo.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
from av.filter.context import FilterContext

from media.recorder.composition import PlannedClip

RATE = 48_000
TARGET_LUFS = -16.0
"""What spoken recordings for computers and telephones are made at."""
PEAK_DBFS = -1.5
MOST_GAIN_DB = 20.0
"""Nobody who whispered is made louder than this: it would be noise."""
SILENT_LUFS = -60.0
"""Quieter than this is no speech at all."""

_CHANNELS = 2
_FRAME_BYTES = 4 * _CHANNELS
_TOLERANCE = RATE // 50  # sound this close to where the last ended goes on from there
_TIME_BASE = Fraction(1, RATE)


class LaneSound:
    """The sound of one lane, without seams from the lesson's beginning; silence where none is."""

    def __init__(self, folder: Path, clips: Sequence[PlannedClip]) -> None:
        self._pieces = _pieces(folder, clips)
        self._ready = bytearray()
        self._shown = {span for clip in clips for span in clip.shown}
        self._at = 0  # how many samples were read

    def read(self, samples: int) -> bytearray:
        """Return the next samples, interleaved 32-bit floats."""
        wanted = samples * _FRAME_BYTES
        while len(self._ready) < wanted:
            piece = next(self._pieces, None)
            if piece is None:
                self._ready += bytes(wanted - len(self._ready))
            else:
                self._ready += piece
        block, self._ready = self._ready[:wanted], self._ready[wanted:]
        heard = bytearray(wanted)
        for span in self._shown:
            first = min(max(round(span.from_s * RATE) - self._at, 0), samples) * _FRAME_BYTES
            last = min(max(round(span.until_s * RATE) - self._at, 0), samples) * _FRAME_BYTES
            heard[first:last] = block[first:last]
        self._at += samples
        return heard


def _pieces(folder: Path, clips: Sequence[PlannedClip]) -> Iterator[bytes]:
    """Yield samples from the lesson's beginning on, each where it belongs."""
    at = 0
    for clip in clips:
        zero = round(clip.start_s * RATE)
        is_first = True
        for begins, data in _decoded(folder / clip.file):
            begin, piece = zero + begins, data
            if is_first or abs(begin - at) > _TOLERANCE:
                is_first = False
                if begin > at:
                    yield from _silence(begin - at)
                    at = begin
                piece = piece[max(0, at - begin) * _FRAME_BYTES :]
            yield piece
            at += len(piece) // _FRAME_BYTES


def _silence(samples: int) -> Iterator[bytes]:
    while samples > 0:
        yield bytes(min(samples, RATE) * _FRAME_BYTES)
        samples -= RATE


def _decoded(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield where samples of a file begin and what they are. What cannot be decoded is left out."""
    resampler = av.AudioResampler("flt", "stereo", RATE)
    with av.open(path, "r") as container:
        for packet in container.demux(container.streams.audio[0]):
            with suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    begins = round((frame.time or 0.0) * RATE)
                    for out in resampler.resample(frame):
                        yield begins, bytes(out.planes[0])[: out.samples * _FRAME_BYTES]
                        begins += out.samples


class Meter:
    """Measures the loudness of what it hears (EBU R 128, integrated)."""

    def __init__(self) -> None:
        self._graph = av.filter.Graph()
        self._source = _source(self._graph)
        meter = self._graph.add("ebur128", "metadata=1:framelog=quiet")
        self._sink = self._graph.add("abuffersink")
        _chain(self._source, meter, self._sink)
        self._graph.configure()
        self._heard = 0
        self.lufs = -70.0

    def hear(self, block: bytearray) -> None:
        """Take the next samples."""
        frame = _frame(block, self._heard)
        self._heard += frame.samples
        self._source.push(frame)
        for out in _pulled(self._sink):
            self.lufs = float(out.metadata.get("lavfi.r128.I", self.lufs))


def gain_db(lufs: float) -> float:
    """Return how much louder what has this loudness is to be made."""
    if lufs < SILENT_LUFS:
        return 0.0
    return max(-MOST_GAIN_DB, min(MOST_GAIN_DB, TARGET_LUFS - lufs))


class Mixer:
    """Adds lanes, each with its gain, and keeps the sum below the peak."""

    def __init__(self, gains_db: Sequence[float]) -> None:
        self._graph = av.filter.Graph()
        mix = self._graph.add("amix", f"inputs={len(gains_db)}:normalize=0")
        self._sources = []
        for number, gain in enumerate(gains_db):
            source = _source(self._graph)
            volume = self._graph.add("volume", f"{gain:.2f}dB:precision=float")
            source.link_to(volume)
            volume.link_to(mix, 0, number)
            self._sources.append(source)
        limit = self._graph.add(
            "alimiter", f"limit={10 ** (PEAK_DBFS / 20):.4f}:level=0:latency=1:attack=5:release=100"
        )
        shape = self._graph.add("aformat", "sample_fmts=flt:channel_layouts=stereo")
        self._sink = self._graph.add("abuffersink")
        _chain(mix, limit, shape, self._sink)
        self._graph.configure()
        self._heard = 0

    def mix(self, blocks: Sequence[bytearray]) -> Iterator[av.AudioFrame]:
        """Take the next samples of each lane; yield what is mixed so far."""
        samples = 0
        for source, block in zip(self._sources, blocks, strict=True):
            frame = _frame(block, self._heard)
            samples = frame.samples
            source.push(frame)
        self._heard += samples
        yield from _pulled(self._sink)

    def finish(self) -> Iterator[av.AudioFrame]:
        """Yield what is left."""
        for source in self._sources:
            source.push(None)
        yield from _pulled(self._sink)


def samples_of(frame: av.AudioFrame) -> bytearray:
    """Return what the mixer gave as samples a meter hears."""
    return bytearray(bytes(frame.planes[0])[: frame.samples * _FRAME_BYTES])


def _source(graph: av.filter.Graph) -> FilterContext:
    return graph.add_abuffer(format="flt", sample_rate=RATE, layout="stereo", time_base=_TIME_BASE)


def _chain(*filters: FilterContext) -> None:
    for before, after in itertools.pairwise(filters):
        before.link_to(after)


def _frame(block: bytearray, at: int) -> av.AudioFrame:
    samples = len(block) // _FRAME_BYTES
    frame = av.AudioFrame("flt", "stereo", samples, align=1)
    frame.planes[0].update(bytes(block))
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, _TIME_BASE
    return frame


def _pulled(sink: FilterContext) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame
