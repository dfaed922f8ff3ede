"""A recording's folder while one epoch writes into it: names, manifest, durable creation."""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from media.config import RecordingTarget
from media.core.ids import TrackKey
from media.recorder.manifest import EpochRecord, ManifestFile, PartRecord
from media.recorder.part import PartFormat, PartWriter

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
        self._owed: list[Callable[[], None]] = []
        self._is_ready = False
        self._seq = 0

    def prepare(self) -> None:
        """Create the folder and say that the epoch began; raise OSError. Harmless to repeat."""
        if self._is_ready:
            return
        target = self._target
        target.folder.mkdir(parents=True, exist_ok=True)
        _sync_directory(target.folder.parent)
        self._manifest.epoch_opened(
            EpochRecord(target.epoch, target.offset_s, dict(target.metadata))
        )
        _sync_directory(target.folder)
        self._is_ready = True

    def open_part(self, track: TrackKey, part_format: PartFormat, start_s: float) -> OpenPart:
        """Begin a part that starts at `start_s` on the lesson clock; raise OSError."""
        self.prepare()
        path, writer = self._create(track, part_format)
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
        )
        try:
            _sync_directory(self._target.folder)
            self._manifest.part_opened(record)
        except OSError:
            writer.abandon()
            path.unlink(missing_ok=True)
            raise
        return OpenPart(record, writer)

    def _create(self, track: TrackKey, part_format: PartFormat) -> tuple[Path, PartWriter]:
        """Create the next free file: after a restart under the same epoch some are taken."""
        tail = f"{safe_name(track.peer_id)}-{track.source}{part_format.suffix}"
        while True:
            self._seq += 1
            path = self._target.folder / f"{self._target.epoch}-{self._seq:04}-{tail}"
            try:
                return path, PartWriter(path, part_format)
            except FileExistsError:
                continue

    def close_part(self, part: OpenPart, reason: str) -> None:
        """Finish a part; raise OSError or av.FFmpegError, then call `give_up`."""
        part.writer.finish()
        self._record_end(part, reason)

    def give_up(self, part: OpenPart, reason: str) -> None:
        """Keep what is whole of a part that cannot be written on. Raises nothing."""
        part.writer.abandon()
        self._record_end(part, reason)

    def _record_end(self, part: OpenPart, reason: str) -> None:
        writer = part.writer
        is_empty = writer.whole_s <= 0
        closed = replace(
            part.record,
            end_s=part.record.start_s + writer.whole_s,
            bytes=0 if is_empty else writer.whole_bytes,
            sha256=None if is_empty else writer.sha256,
            gaps=tuple(part.gaps),
            reason=reason,
        )
        if is_empty:
            (self._target.folder / part.record.file).unlink(missing_ok=True)
        self._owe(lambda: self._manifest.part_closed(closed))

    def close_epoch(self, end_s: float) -> None:
        """Say that recording was stopped on purpose, if it ever began."""
        if self._is_ready:
            self._owe(lambda: self._manifest.epoch_closed(self._target.epoch, end_s=end_s))

    @property
    def is_settled(self) -> bool:
        """Return whether the manifest says everything it should."""
        return not self._owed

    def _owe(self, write: Callable[[], None]) -> None:
        self._owed.append(write)
        self.settle()

    def settle(self) -> None:
        """Write the manifest lines that are owed, as far as the disk takes them."""
        while self._owed:
            try:
                self._owed[0]()
            except OSError:
                return
            del self._owed[0]


def _sync_directory(path: Path) -> None:
    """Make a new name in `path` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
