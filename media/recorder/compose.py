"""Make one file of a whole lesson: its pictures put together, its sound at one loudness.

The only place where pictures are encoded. It takes much of a processor for minutes, so it is run
as a process of its own (`python -m media.recorder compose`) that stands back behind all others.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import OutputContainer
from av.video.reformatter import Interpolation, VideoReformatter

from media.recorder.composition import HEIGHT, WIDTH, Plan, Scene, scenes
from media.recorder.pictures import FORMAT, Canvas, LanePictures
from media.recorder.sound import RATE, LaneSound, Meter, Mixer, gain_db, samples_of

if TYPE_CHECKING:
    from av.container.core import Chapter  # a type of the stubs alone


@dataclass(frozen=True, slots=True)
class Profile:
    """How large the pictures are, how many a second, and at most how many bits all take.

    `crf` is x264's: what quality they have where the bits suffice.
    """

    width: int
    height: int
    fps: int
    crf: int
    picture_kbps: int
    sound_kbps: int = 128


WHOLE = Profile(WIDTH, HEIGHT, fps=25, crf=24, picture_kbps=2_500)
SMALL = Profile(854, 480, fps=10, crf=27, picture_kbps=400, sound_kbps=64)
"""Plays over a line of 1 Mbit/s that others use as well; text on slides can still be read."""
_KEYFRAME_S = 2
_SOUND_ALONE_KBPS = 128
_CHAPTER_TICKS = 1000
_MEASURING, _COMPOSING = "measuring", "composing"

Told = Callable[[str, float], None]
"""Hears which step it is and how many seconds of the lesson it has done."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What was made. `lufs_before` is each lane's loudness, `lufs` that of the file."""

    duration_s: float
    lufs_before: dict[str, float]
    lufs: float | None


class NothingToHear(Exception):
    """A file of sound alone was asked for, of a lesson without sound."""


def compose(
    folder: Path, plan: Plan, out: Path, *, profile: Profile | None, told: Told
) -> Composed:
    """Write `out` (MP4, the index in front) of the files the plan names in `folder`.

    `profile` None: of its sound alone.
    The file is as long as the lesson: what is missing is the last picture, then a dark one, and
    silence. Raise OSError, av.FFmpegError, NothingToHear.
    """
    sounds = plan.audible()
    if not sounds and profile is None:
        raise NothingToHear
    measured = _measure(folder, plan, told)
    kbps = profile.sound_kbps if profile else _SOUND_ALONE_KBPS
    with av.open(out, "w", format="mp4", options={"movflags": "faststart"}) as container:
        container.set_chapters(_chapters(plan))
        picture = _Picture(container, folder, plan, profile) if profile else None
        sound = _Sound(container, folder, plan, measured, kbps) if sounds else None
        with ExitStack() as closing:
            if picture is not None:
                closing.callback(picture.close)
            for begin_s, end_s in _seconds(plan.duration_s):
                if picture is not None:
                    picture.go(end_s)
                if sound is not None:
                    sound.go(end_s)
                told(_COMPOSING, begin_s)
            if picture is not None:
                picture.finish()
            if sound is not None:
                sound.finish()
    told(_COMPOSING, plan.duration_s)
    return Composed(plan.duration_s, measured, None if sound is None else sound.lufs)


def _chapters(plan: Plan) -> "list[Chapter]":
    """Return the chapters as the muxer wants them: each ends where the next begins."""
    ends = [chapter.at_s for chapter in plan.chapters[1:]] + [plan.duration_s]
    return [
        {
            "id": number,
            "start": round(chapter.at_s * _CHAPTER_TICKS),
            "end": round(end_s * _CHAPTER_TICKS),
            "time_base": Fraction(1, _CHAPTER_TICKS),
            "metadata": {"title": chapter.title},
        }
        for number, (chapter, end_s) in enumerate(zip(plan.chapters, ends, strict=False))
    ]


def _seconds(duration_s: float) -> Iterator[tuple[float, float]]:
    """Yield from when to when each second lasts; what is left at the end is a sample at least."""
    at_s = 0.0
    while duration_s - at_s > 1 / RATE:
        yield at_s, min(at_s + 1.0, duration_s)
        at_s += 1.0


def _measure(folder: Path, plan: Plan, told: Told) -> dict[str, float]:
    """Return the loudness of each lane that sounds."""
    lanes = {lane: (LaneSound(folder, clips), Meter()) for lane, clips in plan.audible().items()}
    for begin_s, end_s in _seconds(plan.duration_s):
        for sound, meter in lanes.values():
            meter.hear(sound.read(round(end_s * RATE) - round(begin_s * RATE)))
        told(_MEASURING, begin_s)
    return {lane: meter.lufs for lane, (_, meter) in lanes.items()}


def _options(profile: Profile) -> dict[str, str]:
    return {
        "preset": "superfast",
        "profile": "high",
        "crf": str(profile.crf),
        "maxrate": f"{profile.picture_kbps}k",
        "bufsize": f"{2 * profile.picture_kbps}k",
    }


class _Picture:
    """The track of pictures: at a constant rate, each the one that is nearest in time."""

    def __init__(
        self, container: OutputContainer, folder: Path, plan: Plan, profile: Profile
    ) -> None:
        self._container = container
        self._profile, self._fps = profile, profile.fps
        self._stream = container.add_stream("libx264", rate=self._fps, options=_options(profile))
        self._stream.width, self._stream.height = profile.width, profile.height
        self._stream.pix_fmt = FORMAT
        self._stream.time_base = Fraction(1, self._fps)
        self._stream.gop_size = _KEYFRAME_S * self._fps
        self._scaling = VideoReformatter()
        # Half the machine at most: lessons may be live on it.
        self._stream.thread_count = max(1, (os.cpu_count() or 1) // 2)
        self._lanes = {lane: LanePictures(folder, clips) for lane, clips in plan.visible().items()}
        self._canvas = Canvas({clip.lane: clip.role for clip in plan.clips})
        self._scenes = scenes(plan)
        self._next = 0

    def go(self, until_s: float) -> None:
        """Write the pictures before `until_s`."""
        while self._next / self._fps < until_s:
            at_s = self._next / self._fps
            scene = self._scene(at_s)
            due_s = at_s + 0.5 / self._fps
            frames = {cell.lane: self._lanes[cell.lane].at(due_s) for cell in scene.cells}
            picture = self._scaled(self._canvas.picture(scene, frames))
            picture.pts, picture.time_base = self._next, Fraction(1, self._fps)
            picture.pict_type = av.video.frame.PictureType.NONE
            self._container.mux(self._stream.encode(picture))
            self._next += 1

    def _scaled(self, picture: av.VideoFrame) -> av.VideoFrame:
        return self._scaling.reformat(
            picture,
            self._profile.width,
            self._profile.height,
            FORMAT,
            interpolation=Interpolation.BICUBIC,
        )

    def _scene(self, at_s: float) -> Scene:
        while len(self._scenes) > 1 and self._scenes[0].span.until_s <= at_s:
            self._scenes.pop(0)
        return self._scenes[0]

    def finish(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))

    def close(self) -> None:
        """Close all files."""
        for lane in self._lanes.values():
            lane.close()


class _Sound:
    """The track of sound: all lanes mixed, without seams."""

    def __init__(
        self,
        container: OutputContainer,
        folder: Path,
        plan: Plan,
        measured: dict[str, float],
        kbps: int,
    ) -> None:
        self._container = container
        self._stream = container.add_stream("aac", rate=RATE, layout="stereo")
        self._stream.bit_rate = kbps * 1000
        audible = plan.audible()
        self._lanes = [LaneSound(folder, clips) for clips in audible.values()]
        self._mixer = Mixer([gain_db(measured[lane]) for lane in audible])
        self._meter = Meter()
        self._at = 0

    @property
    def lufs(self) -> float:
        """Return the loudness of what was written."""
        return self._meter.lufs

    def go(self, until_s: float) -> None:
        """Write the sound before `until_s`."""
        samples = round(until_s * RATE) - self._at
        self._at += samples
        self._write(self._mixer.mix([lane.read(samples) for lane in self._lanes]))

    def finish(self) -> None:
        """Write what the mixer and the encoder still hold."""
        self._write(self._mixer.finish())
        self._container.mux(self._stream.encode(None))

    def _write(self, frames: Iterator[av.AudioFrame]) -> None:
        for frame in frames:
            self._meter.hear(samples_of(frame))
            self._container.mux(self._stream.encode(frame))
