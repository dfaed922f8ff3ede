"""One part: a file that holds one track, whole up to its last fragment whatever happens.

A part's times are those of the lesson, counted from `zero_s`: what is cut into several parts
goes on from one to the next without a seam, and any player may put them back to back.
"""

import contextlib
import fcntl
import hashlib
import io
import os
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from media.core import opus
from media.recorder import containers

if TYPE_CHECKING:
    from hashlib import _Hash

FRAGMENT_S = 1.0

_MATROSKA_IDS = {"H264": "V_MPEG4/ISO/AVC", "VP8": "V_VP8", "opus": "A_OPUS"}


@dataclass(frozen=True, slots=True)
class PartFormat:
    """What a decoder must be told about a part; a change of it needs a new part.

    `private` is the codec's configuration (avcC, OpusHead), `size` the picture's in pixels,
    None for sound; `codec_name` as in RFC 6381.
    """

    codec: str
    codec_name: str
    clock_rate: int
    size: tuple[int, int] | None
    private: bytes

    @property
    def suffix(self) -> str:
        """Return the part's file extension: VP8 has no place in MP4 that players agree on."""
        return ".webm" if self.codec == "VP8" else ".mp4"

    @property
    def fingerprint(self) -> str:
        """Return a short text that is equal for equal formats."""
        text = f"{self.codec} {self.clock_rate} {self.size}".encode() + self.private
        return hashlib.sha256(text).hexdigest()[:16]


OPUS_FORMAT = PartFormat("opus", "opus", opus.CLOCK_RATE, None, opus.head())


class _PartFile:
    """The file object av writes to: we keep the descriptor, the count and the hash."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o640)
        # Says to a recovery, in this process or another, that the part is not a crashed one.
        fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.bytes = 0
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write all of `data`; raise OSError as the disk says it."""
        view = memoryview(data)
        while view:
            written = os.write(self.descriptor, view)
            self.hash.update(view[:written])
            self.bytes += written
            view = view[written:]
        return len(data)


class _Mark(NamedTuple):
    """A place the file can be cut back to: everything before `at_s` is there.

    `can_begin`: another file can go on from here, for a key frame comes next.
    """

    at_s: float
    bytes: int
    hash: "_Hash"
    can_begin: bool


class PartWriter:
    """Mux samples of one track into one file, without re-encoding.

    `start_s` is the file's time of the first sample; times and lengths here count from it. A
    fragment reaches the file when it is `FRAGMENT_S` long, and the disk at `sync`. Any method
    may raise OSError or av.FFmpegError; then call `abandon`, nothing else.
    """

    def __init__(self, path: Path, part_format: PartFormat, *, start_s: float) -> None:
        self._file = _PartFile(path)
        self.format = part_format
        self._start_s = start_s
        self._time_base = Fraction(1, part_format.clock_rate)
        self._min_step_ticks = part_format.clock_rate // 1000 if path.suffix == ".webm" else 1
        self._last_ticks = -self._min_step_ticks
        self._last_end_s = 0.0
        #: The newest sample: how long it lasts, the next one tells.
        self._held: tuple[av.Packet[Stream], float] | None = None
        self._whole = _Mark(0.0, 0, self._file.hash.copy(), can_begin=True)
        #: From the one that is safe on.
        self._marks = deque([self._whole])
        self.synced_s = 0.0
        self.synced_bytes = 0
        #: How much of the file comes before its media: all that a decoder must be told.
        self.head_bytes = 0
        self._container: OutputContainer | None = None
        try:
            self._container, self._stream = self._open(path)
            self._container.start_encoding()
            self.head_bytes = self._file.bytes
        except BaseException:
            if self._container is not None:
                # It must not write to the descriptor's number when somebody else has it.
                with contextlib.suppress(OSError, av.FFmpegError):
                    self._container.close()
            os.close(self._file.descriptor)
            path.unlink()
            raise

    def _open(self, path: Path) -> tuple[OutputContainer, Stream]:
        is_webm = path.suffix == ".webm"
        options = {"flush_packets": "1", "avoid_negative_ts": "disabled"}
        if is_webm:
            options |= {"live": "1", "cluster_time_limit": str(round(FRAGMENT_S * 1000))}
        else:
            options |= {
                "movflags": "empty_moov+default_base_moof+skip_trailer+frag_discont",
                "frag_duration": str(round(FRAGMENT_S * 1_000_000)),
            }
            if self.format.size is not None:
                # Where a key frame begins a fragment, another file can go on from it.
                options["movflags"] += "+frag_keyframe"
        container = av.open(self._file, "w", format="webm" if is_webm else "mp4", options=options)
        with _open_template(self.format) as like:
            stream = container.add_stream_from_template(like.streams[0], opaque=True)
        stream.time_base = self._time_base
        return container, stream

    def write(self, data: bytes, *, at_s: float, duration_s: float, is_keyframe: bool) -> None:
        """Add a sample that begins `at_s` seconds into the part; times must not go back."""
        assert self._container is not None, "a finished part takes no more samples"
        self._mux_held()
        ticks = max(self._ticks(at_s), self._last_ticks + self._min_step_ticks)
        packet = av.Packet(data)
        packet.stream = self._stream
        packet.time_base = self._time_base
        packet.pts = packet.dts = ticks
        packet.duration = max(1, round(duration_s * self.format.clock_rate))
        packet.is_keyframe = is_keyframe
        self._held = packet, at_s
        self._last_ticks = ticks
        self._last_end_s = at_s + duration_s

    def extend(self, until_s: float) -> None:
        """Let the newest sample last until then: nothing is missing before what comes next."""
        if self._held is not None:
            packet = self._held[0]
            packet.duration = max(1, self._ticks(until_s) - self._last_ticks)
            self._last_end_s = until_s

    def _ticks(self, at_s: float) -> int:
        return round((self._start_s + at_s) * self.format.clock_rate)

    def _mux_held(self) -> None:
        if self._held is None:
            return
        assert self._container is not None, "only an open part holds a sample"
        (packet, at_s), self._held = self._held, None
        self._container.mux_one(packet)
        if self._file.bytes != self._whole.bytes:
            # Everything before this sample has just been written: a place to cut back to.
            self._mark_whole(at_s, can_begin=packet.is_keyframe)

    def _mark_whole(self, until_s: float, *, can_begin: bool) -> None:
        self._whole = _Mark(until_s, self._file.bytes, self._file.hash.copy(), can_begin)
        self._marks.append(self._whole)

    @property
    def safe_s(self) -> float:
        """Return up to where the disk has everything, and another file could go on."""
        safe = [mark for mark in self._marks if mark.can_begin and mark.at_s <= self.synced_s]
        while self._marks[0] is not safe[-1]:
            self._marks.popleft()
        return self._marks[0].at_s

    def sync(self) -> None:
        """Wait until what the file has taken is on the disk."""
        if self.synced_bytes == self._whole.bytes:
            return
        os.fdatasync(self._file.descriptor)
        self.synced_bytes, self.synced_s = self._whole.bytes, self._whole.at_s

    def finish(self) -> None:
        """Write the last fragment and wait for the disk."""
        assert self._container is not None, "a part is finished once"
        self._mux_held()
        self._container.close()
        self._container = None
        self._mark_whole(self._last_end_s, can_begin=False)
        os.fsync(self._file.descriptor)
        self.synced_bytes, self.synced_s = self._whole.bytes, self._whole.at_s
        os.close(self._file.descriptor)

    def abandon(self, *, at_safe: bool = False) -> None:
        """Cut the file back to its last whole fragment, or to `safe_s`, and let go of it.

        Nothing is raised: the disk has failed already, and recovery cuts again what this
        could not.
        """
        if at_safe:
            assert self.safe_s >= 0, "there is always a safe mark, the beginning at least"
            self._whole = self._marks[0]
            self.synced_bytes, self.synced_s = self._whole.bytes, self._whole.at_s
        container, self._container, self._held = self._container, None, None
        if container is not None:
            with contextlib.suppress(OSError, av.FFmpegError):
                container.close()
        try:
            os.ftruncate(self._file.descriptor, self._whole.bytes)
            os.fsync(self._file.descriptor)
        except OSError:
            pass
        finally:
            os.close(self._file.descriptor)

    @property
    def whole_s(self) -> float:
        """Return where the last whole fragment ends."""
        return self._whole.at_s

    @property
    def whole_bytes(self) -> int:
        """Return the length up to the last whole fragment."""
        return self._whole.bytes

    @property
    def sha256(self) -> str:
        """Return the hash of the first `whole_bytes` bytes."""
        return self._whole.hash.hexdigest()


def _open_template(part_format: PartFormat) -> InputContainer:
    data = containers.template(
        _MATROSKA_IDS[part_format.codec], private=part_format.private, size=part_format.size
    )
    return av.open(io.BytesIO(data), "r", format="matroska")
