"""The pictures of a lesson's lanes, decoded in order of time, and put together on a canvas."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
from av.container import InputContainer
from av.video.reformatter import Interpolation, VideoReformatter

from media.recorder.composition import HEIGHT, WIDTH, Cell, PlannedClip, Role, Scene, fitted

SKIP_S = 8.0
"""What is not seen for longer than this is skipped to a key frame, not decoded."""
FORMAT = "yuv420p"
_BLACK = (16, 128, 128)


class _File:
    """The pictures of one file, in order of time. What cannot be decoded is left out."""

    def __init__(self, path: Path) -> None:
        self._container: InputContainer = av.open(path, "r")
        self._frames = self._decoded()
        self._ahead = next(self._frames, None)
        self.frame: av.VideoFrame | None = None

    def move(self, to_s: float) -> None:
        """Have `frame` be the newest picture that is due at `to_s` of the file."""
        if self._ahead is not None and to_s - _time(self._ahead) > SKIP_S:
            self._container.seek(int(to_s * av.time_base), backward=True)
            self._frames = self._decoded()
            self._ahead = next(self._frames, None)
        while self._ahead is not None and _time(self._ahead) <= to_s:
            self.frame, self._ahead = self._ahead, next(self._frames, None)

    def close(self) -> None:
        """Close the file; the picture stays."""
        self._container.close()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        stream = self._container.streams.video[0]
        for packet in self._container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue  # the last good picture is held


def _time(frame: av.VideoFrame) -> float:
    assert frame.time is not None
    return frame.time


class LanePictures:
    """The pictures of one lane over the whole lesson, file after file."""

    def __init__(self, folder: Path, clips: Sequence[PlannedClip]) -> None:
        self._folder = folder
        self._waiting = list(clips)
        self._begun_s = 0.0
        self._file: _File | None = None
        self._last: av.VideoFrame | None = None

    def at(self, at_s: float) -> av.VideoFrame | None:
        """Return the newest picture at `at_s`, which never goes back. None: there was none yet."""
        while self._waiting and self._waiting[0].start_s <= at_s:
            clip = self._waiting.pop(0)
            is_over = bool(self._waiting) and self._waiting[0].start_s <= at_s
            if not is_over:
                self._open(clip)
        if self._file is not None:
            self._file.move(at_s - self._begun_s)
            self._last = self._file.frame or self._last
        return self._last

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, clip: PlannedClip) -> None:
        self.close()
        self._file, self._begun_s = _File(self._folder / clip.file), clip.start_s


class Canvas:
    """Puts the pictures of a scene together; paints only what has changed."""

    def __init__(self, roles: dict[str, Role]) -> None:
        self._roles = roles
        self._scaling: dict[str, VideoReformatter] = {}
        self._cells: tuple[Cell, ...] | None = None
        self._painted: dict[str, av.VideoFrame] = {}
        self._planes = [bytearray() for _ in _BLACK]
        self._frame: av.VideoFrame | None = None

    def picture(self, scene: Scene, frames: dict[str, av.VideoFrame | None]) -> av.VideoFrame:
        """Return the picture of a scene, the very same object while nothing has changed."""
        if scene.cells != self._cells:
            self._cells, self._painted, self._frame = scene.cells, {}, None
            self._planes = [
                bytearray([value]) * (WIDTH * HEIGHT // (1 if number == 0 else 4))
                for number, value in enumerate(_BLACK)
            ]
        for cell in scene.cells:
            frame = frames[cell.lane]
            if frame is None or self._painted.get(cell.lane) is frame:
                continue
            self._painted[cell.lane] = frame
            self._frame = self._paint(cell, frame)
        if self._frame is None:
            self._frame = self._whole()
        return self._frame

    def _paint(self, cell: Cell, frame: av.VideoFrame) -> av.VideoFrame | None:
        """Paint a picture into its cell; return it where it is all there is to see."""
        place = fitted(cell, frame.width, frame.height)
        scaling = self._scaling.setdefault(cell.lane, VideoReformatter())
        is_read = self._roles[cell.lane] is Role.CONTENT
        small = scaling.reformat(
            frame,
            place.width,
            place.height,
            FORMAT,
            interpolation=Interpolation.BICUBIC if is_read else Interpolation.FAST_BILINEAR,
        )
        if (place.width, place.height) == (WIDTH, HEIGHT):
            return small
        for number, plane in enumerate(small.planes):
            _copy(self._planes[number], plane, place, shift=0 if number == 0 else 1)
        return None

    def _whole(self) -> av.VideoFrame:
        frame = av.VideoFrame(WIDTH, HEIGHT, FORMAT)
        for plane, painted in zip(frame.planes, self._planes, strict=True):
            assert plane.line_size * plane.height == len(painted)
            plane.update(bytes(painted))
        return frame


def _copy(onto: bytearray, plane: av.video.plane.VideoPlane, place: Cell, *, shift: int) -> None:
    """Copy a plane to its place on the canvas; colour has half the resolution (`shift` 1)."""
    wide, high = place.width >> shift, place.height >> shift
    across, step = WIDTH >> shift, plane.line_size
    at = (place.y >> shift) * across + (place.x >> shift)
    rows = memoryview(plane)
    for row in range(high):
        onto[at : at + wide] = rows[row * step : row * step + wide]
        at += across
