"""A clapper for fake devices: the picture turns white and a tone begins, every `PERIOD_S`.

Chromium reads its two files from when each device is opened: how far apart they come is known only
when it is measured at the source (`clapper.js`).
"""

import math
import statistics
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from tests.e2e.samples import FRAME_RATE

PERIOD_S = 3.0
WIDTH, HEIGHT = 1280, 720
FLASH_FRAMES = 4
BEEP_S = 0.12
RATE = 48_000


def prepare(folder: Path) -> tuple[Path, Path]:
    """Write the picture and the sound; return their files."""
    picture, sound = folder / "clapper.mjpeg", folder / "clapper.wav"
    _write_picture(picture)
    _write_sound(sound)
    return picture, sound


def _write_picture(path: Path) -> None:
    with av.open(path, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for number in range(round(PERIOD_S * FRAME_RATE)):
            container.mux(stream.encode(_frame(number)))
        container.mux(stream.encode(None))


def _frame(number: int) -> VideoFrame:
    """Return a grey picture that changes a little, as a camera's does, or a white one."""
    frame = VideoFrame(WIDTH, HEIGHT, "yuvj420p")
    shade = 250 if number < FLASH_FRAMES else 60 + number % 7
    for plane, value in zip(frame.planes, (shade, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
    return frame


def _write_sound(path: Path) -> None:
    with av.open(path, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        values = array(
            "h",
            (
                round(24_000 * math.sin(2 * math.pi * 1_000 * tick / RATE))
                if tick < BEEP_S * RATE
                else 0
                for tick in range(round(PERIOD_S * RATE))
            ),
        )
        for at in range(0, len(values), RATE // 50):
            frame = av.AudioFrame("s16", "mono", RATE // 50)
            frame.sample_rate, frame.pts = RATE, at
            frame.planes[0].update(values[at : at + RATE // 50].tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@dataclass(frozen=True)
class Claps:
    """When the picture turned white, and when the tone began, in seconds of one clock."""

    flashes: tuple[float, ...]
    beeps: tuple[float, ...]


@dataclass(frozen=True)
class Apart:
    """How much later sounds came than their pictures, in seconds: of each clap."""

    each_s: tuple[float, ...]

    @property
    def middle_s(self) -> float:
        """Return the median; of none, what is within no bounds."""
        return statistics.median(self.each_s) if self.each_s else math.nan

    def __str__(self) -> str:
        if not self.each_s:
            return "no claps"
        spread = f"{1000 * min(self.each_s):+.0f} to {1000 * max(self.each_s):+.0f}"
        return f"{1000 * self.middle_s:+.0f} ms, median of {len(self.each_s)} ({spread})"


def apart(found: Claps, source: Claps) -> Apart:
    """Return how much more than its picture each clap's sound was delayed since the source.

    Clap by clap, for a busy machine's fake devices give some of them late. The two clocks are the
    same to half a period.
    """
    seen = _delays(found.flashes, source.flashes)
    heard = _delays(found.beeps, source.beeps)
    each_s: list[float] = []
    for flash, picture_late_s in seen.items():
        beep = min(heard, key=lambda beep: abs(beep - flash), default=math.inf)
        if abs(beep - flash) <= PERIOD_S / 2:
            each_s.append(heard[beep] - picture_late_s)
    return Apart(tuple(each_s))


def _delays(found: Sequence[float], source: Sequence[float]) -> dict[float, float]:
    """Return how late each of the source came, of those that came."""
    delays = {}
    for at in source:
        nearest = min(found, key=lambda one: abs(one - at), default=math.inf)
        if abs(nearest - at) <= PERIOD_S / 2:
            delays[at] = nearest - at
    return delays
