"""Clips to compose a lesson of, and what is in the file that was made."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path

import av

from media.recorder.composition import Plan, PlannedClip, Role, Span
from media.recorder.timeline import ReplayIndex

ALWAYS = (Span(0.0, 1e6),)
WHITE, BLACK = 235, 16


def grey_clip(path: Path, shade: int, seconds: float, *, size: tuple[int, int]) -> None:
    """A picture of one shade, 25 a second, in H.264 or VP8 as the name says."""
    path.write_bytes(_grey(path.suffix, shade, seconds, size))


@cache
def _grey(suffix: str, shade: int, seconds: float, size: tuple[int, int]) -> bytes:
    codec = "libvpx" if suffix == ".webm" else "libx264"
    made = BytesIO()
    with av.open(made, "w", format=suffix.removeprefix(".")) as out:
        stream = out.add_stream(codec, rate=25, options={"deadline": "realtime", "cpu-used": "8"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * 25)):
            frame = av.VideoFrame(*size, "yuv420p")
            for plane, value in zip(frame.planes, (shade, 128, 128), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return made.getvalue()


def tone_clip(path: Path, amplitude: float, seconds: float, *, hertz: int = 400) -> None:
    """A tone, in Opus."""
    path.write_bytes(_tone(amplitude, seconds, hertz))


@cache
def _tone(amplitude: float, seconds: float, hertz: int) -> bytes:
    made = BytesIO()
    with av.open(made, "w", format="mp4") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        for number in range(round(seconds * 50)):
            values = array("h")
            for tick in range(number * 960, (number + 1) * 960):
                value = round(32_767 * amplitude * math.sin(2 * math.pi * hertz * tick / 48_000))
                values.extend((value, value))
            frame = av.AudioFrame("s16", "stereo", 960)
            frame.sample_rate, frame.pts, frame.time_base = (
                48_000,
                number * 960,
                Fraction(1, 48_000),
            )
            frame.planes[0].update(values.tobytes())
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return made.getvalue()


def planned(
    file: str,
    *,
    start_s: float,
    seconds: float,
    lane: str = "hub",
    role: Role = Role.LEAD,
    sound: bool = False,
    picture: bool = False,
    shown: tuple[Span, ...] = ALWAYS,
) -> PlannedClip:
    return PlannedClip(file, lane, role, start_s, seconds, sound, picture, shown)


def plan_of(index: ReplayIndex) -> Plan:
    """The lesson of a replay in which everything is shown, the camera as the lead."""
    clips = tuple(
        PlannedClip(
            clip.file,
            f"{clip.peer_id}/{clip.group}",
            Role.LEAD if clip.group == "camera" else Role.CONTENT,
            clip.start_s,
            clip.duration_s,
            clip.has_audio,
            clip.has_video,
            ALWAYS,
        )
        for clip in index.clips
    )
    return Plan(index.duration_s, clips)


class Pictures:
    """The luma of places of a file's pictures, at any time of it."""

    def __init__(self, path: Path, places: Iterable[tuple[int, int]]) -> None:
        self.times: list[float] = []
        self._shades: dict[tuple[int, int], list[int]] = {place: [] for place in places}
        with av.open(path, "r") as container:
            for frame in container.decode(container.streams.video[0]):
                self.size = (frame.width, frame.height)
                assert frame.time is not None
                self.times.append(frame.time)
                row = frame.planes[0].line_size
                for (x, y), shades in self._shades.items():
                    shades.append(memoryview(frame.planes[0])[y * row + x])

    def shade(self, at_s: float, place: tuple[int, int]) -> int:
        """What is seen in a place at a time, within 12 of the shade that was drawn."""
        return self._shades[place][bisect_right(self.times, at_s + 1e-6) - 1]


def loudness(path: Path, begin_s: float, end_s: float) -> float:
    """The mean power of the sound between two times, in dB of a full sine."""
    total, count = 0.0, 0
    with av.open(path, "r") as container:
        for frame in container.decode(container.streams.audio[0]):
            if begin_s <= (frame.time or 0.0) < end_s:
                values = memoryview(bytes(frame.planes[0])).cast("f")[: frame.samples]
                total += sum(value * value for value in values)
                count += frame.samples
    return 10 * math.log10(max(2 * total / max(count, 1), 1e-12))


def tracks(path: Path) -> dict[str, float]:
    """The kinds of tracks of a file and how long each is, in seconds."""
    with av.open(path, "r") as container:
        return {
            stream.type: float((stream.duration or 0) * (stream.time_base or 0))
            for stream in container.streams
        }
