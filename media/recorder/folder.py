"""A recording's folder while one epoch writes into it: names, manifest, durable creation."""

import contextlib
import errno
import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path

from media.config import RecordingTarget
from media.core.ids import Kind, TrackKey
from media.recorder.manifest import (
    CUT,
    EpochRecord,
    Line,
    ManifestFile,
    PartRecord,
    epoch_closed,
    epoch_opened,
    part_closed,
    part_opened,
)
from media.recorder.part import PartFormat, PartWriter
from media.recorder.places import Places

ZERO_S = -60.0
"""Time 0 of every file lies a minute before the lesson: what comes early has a place, for no
container knows a time before 0."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def safe_name(identifier: str) -> str:
    """Return a file name component for any id: readable where it can be, unique always."""
    readable = _UNSAFE.sub("", identifier)[:24]
    if readable and readable == identifier.lower():  # some file systems ignore case
        return readable
    digest = hashlib.sha256(identifier.encode()).hexdigest()[:10]
    return f"{readable}{'-' if readable else ''}{digest}"


class OpenPart:
    """A part being written, and what will be said about it when it is closed."""

    def __init__(self, record: PartRecord, writer: PartWriter) -> None:
        self.record = record
        self.writer = writer
        self.gaps: list[tuple[float, float]] = []


class RecordingFolder:
    """Create, close and give up the parts of one epoch. Used from the recorder's thread only.

    A manifest line that the disk refuses is owed: `settle` tries again. Until then the part
    counts as open, and a recovery after a crash finds its end by itself.
    """

    def __init__(self, target: RecordingTarget) -> None:
        self._target = target
        self._manifest = ManifestFile(target.folder)
        self._places = Places(target.folder, target.second, epoch=target.epoch)
        self._owed: list[Line] = []
        self._is_ready = False
        self._seq = 0

    def prepare(self) -> None:
        """Create the folder and say that the epoch began; raise OSError. Harmless to repeat."""
        if self._is_ready:
            return
        target = self._target
        target.folder.mkdir(parents=True, exist_ok=True)
        _sync_directory(target.folder.parent)
        epoch = EpochRecord(target.epoch, target.offset_s, target.zero_at, dict(target.metadata))
        self._manifest.append(epoch_opened(epoch))
        self._places.prepare()
        _sync_directory(target.folder)
        self._is_ready = True

    def open_part(
        self,
        track: TrackKey,
        part_format: PartFormat,
        start_s: float,
        *,
        instead_of: OpenPart | None = None,
    ) -> OpenPart:
        """Begin a part that starts at `start_s` on the lesson clock; raise OSError.

        What one place refuses is tried once more, in the other if there is one. Not where
        `instead_of` lies, which failed, if that can be helped.
        """
        is_refused = instead_of is not None and not self._is_in_second(instead_of)
        takes = self._takes_at_home(track)
        seconds = [is_refused or not takes, not is_refused]
        if not self._places.has_second:
            if not takes:
                raise OSError(errno.ENOSPC, "the last of the disk is kept for sound")
            seconds = [False, False]
        try:
            return self._open_part(track, part_format, start_s, is_second=seconds[0])
        except OSError:
            return self._open_part(track, part_format, start_s, is_second=seconds[1])

    def must_leave(self, part: OpenPart) -> bool:
        """Return whether a part is to end: what its disk has left is kept for sound."""
        return not self._is_in_second(part) and not self._takes_at_home(part.record.track)

    def _takes_at_home(self, track: TrackKey) -> bool:
        return track.source.kind is Kind.AUDIO or self._places.has_room_for_pictures()

    def _is_in_second(self, part: OpenPart) -> bool:
        return self._places.is_in_second(part.record.file)

    def _open_part(
        self, track: TrackKey, part_format: PartFormat, start_s: float, *, is_second: bool
    ) -> OpenPart:
        self.prepare()
        zero_s = min(ZERO_S, start_s)
        path, writer = self._create(part_format, start_s - zero_s, is_second=is_second)
        width, height = part_format.size or (0, 0)
        record = PartRecord(
            file=path.name,
            epoch=self._target.epoch,
            peer_id=track.peer_id,
            source=track.source,
            codec=part_format.codec,
            codec_name=part_format.codec_name,
            parameters=part_format.fingerprint,
            width=width,
            height=height,
            start_s=start_s,
            zero_s=zero_s,
        )
        try:
            _sync_directory(self._target.folder)
            self._write_owed(part_opened(record))
        except OSError:
            writer.abandon()
            self._remove(path.name)
            raise
        return OpenPart(record, writer)

    def _create(
        self, part_format: PartFormat, at_s: float, *, is_second: bool
    ) -> tuple[Path, PartWriter]:
        """Create the next free file: after a restart under the same epoch some are taken."""
        while True:
            self._seq += 1
            name = f"{self._target.epoch}-{self._seq:06}{part_format.suffix}"
            try:
                path = self._places.create(name, is_second=is_second)
            except FileExistsError:
                continue
            try:
                writer = PartWriter(path, part_format, start_s=at_s)
            except BaseException:
                self._remove(name)
                raise
            if is_second:
                _sync_directory(path.parent)
            return path, writer

    def _remove(self, name: str) -> None:
        """Remove a file if the disk lets us; one that holds nothing is nothing to a reader."""
        with contextlib.suppress(OSError):
            self._places.remove(name)

    def close_part(self, part: OpenPart, reason: str) -> None:
        """Finish a part; raise OSError or av.FFmpegError, then call `give_up`."""
        part.writer.finish()
        self._owed.append(self._end_of(part, reason))
        self.settle()

    def cut_part(self, part: OpenPart) -> None:
        """Finish a part that another follows at once, whose line takes this one's to the disk.

        Raise OSError or av.FFmpegError, then call `give_up`.
        """
        part.writer.finish()
        self._owed.append(self._end_of(part, CUT))

    def give_up(self, part: OpenPart, reason: str, *, for_another: OpenPart | None = None) -> None:
        """Keep what is whole of a part that cannot be written on. Raises nothing.

        `for_another` has what is after the part's `safe_s`, and its gaps there.
        """
        part.writer.abandon(at_safe=for_another is not None)
        if for_another is not None:
            begins_s = for_another.record.start_s
            for_another.gaps[:0] = [gap for gap in part.gaps if gap[0] >= begins_s]
            part.gaps[:] = [gap for gap in part.gaps if gap[0] < begins_s]
        self._owed.append(self._end_of(part, reason))
        self.settle()

    def discard(self, part: OpenPart) -> None:
        """Keep nothing of a part: what it holds is elsewhere as well. Raises nothing."""
        part.writer.abandon()
        self._remove(part.record.file)
        self._owed.append(self._end_of(part, "discarded", is_empty=True))
        self.settle()

    def _end_of(self, part: OpenPart, reason: str, *, is_empty: bool = False) -> Line:
        """Return the line that closes a part; remove the file of one that holds nothing."""
        writer = part.writer
        is_empty = is_empty or writer.whole_s <= 0
        if is_empty:
            self._remove(part.record.file)
        closed = replace(
            part.record,
            end_s=part.record.start_s + (0 if is_empty else writer.whole_s),
            bytes=0 if is_empty else writer.whole_bytes,
            head_bytes=None if is_empty else writer.head_bytes,
            sha256=None if is_empty else writer.sha256,
            gaps=tuple(part.gaps),
            reason=reason,
        )
        return part_closed(closed)

    def close_epoch(self, end_s: float) -> None:
        """Say that recording was stopped on purpose, if it ever began."""
        if self._is_ready:
            self._owed.append(epoch_closed(self._target.epoch, end_s=end_s))
            self.settle()
            with contextlib.suppress(OSError):
                self._manifest.give_back_room()

    @property
    def is_settled(self) -> bool:
        """Return whether the manifest says everything it should."""
        return not self._owed

    def settle(self) -> None:
        """Write the manifest lines that are owed, if the disk takes them."""
        if self._owed:
            with contextlib.suppress(OSError):
                self._write_owed()

    def _write_owed(self, *more: Line) -> None:
        """Write what is owed and more, waiting for the disk once; raise OSError."""
        self._manifest.append(*self._owed, *more)
        self._owed.clear()


def _sync_directory(path: Path) -> None:
    """Make a new name in `path` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
