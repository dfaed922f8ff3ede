"""The manifest: what was recorded, line by line, each line on the disk before the next.

`manifest.jsonl` and the part files beside it are the whole truth about a recording: the
database is an index of them. Lines are JSON objects told apart by `type`:

- `epoch_opened`: a run of the server began to record (`epoch`, `offset_s`, `zero_at`,
  `metadata`);
- `part_opened`: a file was begun; everything in it is at or after `start_s`;
- `part_closed`: it is complete (`end_s`, `bytes`, `head_bytes`, `sha256`, `gaps`, `reason`,
  `recovered`);
- `epoch_closed`: recording was stopped on purpose.

All `_s` are seconds on the lesson clock; at `zero_at` it stood at 0, which ties a whole epoch to
the wall clock: no later change of that moves media. Version 1 had neither `zero_at` nor
`head_bytes` nor `zero_s` (a part's times counted from its `start_s`), and is read as well. A
line that a crash cut short was never relied on: it is ignored when read and cut off before the
next is written.
"""

import ctypes
import fcntl
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from media.core.ids import PeerId, Source, TrackKey

FILE_NAME = "manifest.jsonl"
VERSION = 2
CUT = "cut"
"""Why a part was closed that another goes on from without a seam."""


class ManifestDamaged(Exception):
    """A line that was complete once cannot be read: the disk or somebody changed it."""


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One part: a file holding one track without a change of codec parameters.

    `parameters` is equal for parts that one decoder set-up can play; `codec_name` is the
    RFC 6381 name; `zero_s` is where on the lesson clock time 0 of the file lies. `end_s`,
    `bytes` and `sha256` are None until the part is closed; a closed part of no bytes has no
    file. Its first `head_bytes` come before the media (None: not known). `gaps` are
    (start_s, end_s) without media inside the part.
    """

    file: str
    epoch: int
    peer_id: PeerId
    source: Source
    codec: str
    codec_name: str
    parameters: str
    width: int
    height: int
    start_s: float
    zero_s: float
    end_s: float | None = None
    bytes: int | None = None
    head_bytes: int | None = None
    sha256: str | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    reason: str | None = None
    recovered: bool = False

    @property
    def track(self) -> TrackKey:
        """Return which track the part belongs to."""
        return TrackKey(self.peer_id, self.source)

    @property
    def is_closed(self) -> bool:
        """Return whether the file is complete and will not change."""
        return self.end_s is not None


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One run of the server that recorded the lesson; `metadata` is the caller's own."""

    epoch: int
    offset_s: float
    zero_at: datetime | None
    metadata: dict[str, str]
    is_closed: bool = False


Line = dict[str, Any]  # Any: JSON


def epoch_opened(record: EpochRecord) -> Line:
    """Return the line that says that an epoch begins."""
    return {
        "type": "epoch_opened",
        "version": VERSION,
        "epoch": record.epoch,
        "offset_s": record.offset_s,
        "zero_at": record.zero_at and record.zero_at.isoformat(),
        "metadata": record.metadata,
    }


def epoch_closed(epoch: int, *, end_s: float) -> Line:
    """Return the line that says that an epoch was ended on purpose at `end_s`."""
    return {"type": "epoch_closed", "epoch": epoch, "end_s": end_s}


_CLOSING_FIELDS = (
    "end_s",
    "bytes",
    "head_bytes",
    "sha256",
    "gaps",
    "reason",
    "recovered",
)


def part_opened(part: PartRecord) -> Line:
    """Return the line that says that a part's file exists and is being written."""
    fields = asdict(part)
    for name in _CLOSING_FIELDS:
        del fields[name]
    return {"type": "part_opened", **fields}


def part_closed(part: PartRecord) -> Line:
    """Return the line that says that a part is complete."""
    fields = {name: getattr(part, name) for name in _CLOSING_FIELDS}
    return {"type": "part_closed", "file": part.file, **fields}


def _encoded(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class ManifestFile:
    """Append lines to a folder's manifest; all are on the disk when `append` returns.

    The file is locked during an append, so a recovery and a new epoch may share a folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def append(self, *lines: Line) -> None:
        """Write lines and wait for the disk once; raise OSError and leave none of them behind."""
        text = b"".join(_encoded(line) for line in lines)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = _end_of_whole_lines(descriptor)
            if os.fstat(descriptor).st_size != end:
                os.ftruncate(descriptor, end)
            _keep_room(descriptor, end + len(text))
            try:
                written = os.pwrite(descriptor, text, end)
                if written < len(text):
                    os.pwrite(descriptor, text[written:], end + written)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)

    def give_back_room(self) -> None:
        """Let go of what was kept on the disk for more lines; raise OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.ftruncate(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)


_TAIL_BYTES = 64 * 1024
_ROOM_BYTES, _LEAST_ROOM_BYTES = 256 * 1024, 64 * 1024
"""Kept on the disk beyond the last line: for half an hour of two tracks, and when more is asked."""
_KEEP_SIZE = 0x01  # FALLOC_FL_KEEP_SIZE, linux/falloc.h
_libc = ctypes.CDLL(None, use_errno=True)


def _keep_room(descriptor: int, end: int) -> None:
    """Have the disk keep room for lines to come: a disk that is full still takes them.

    Nothing is raised: a file system that cannot, or has none left, takes lines while it can.
    """
    if os.fstat(descriptor).st_blocks * 512 < end + _LEAST_ROOM_BYTES:
        length = ctypes.c_int64(end + _ROOM_BYTES)
        _libc.fallocate(descriptor, _KEEP_SIZE, ctypes.c_int64(0), length)


def _end_of_whole_lines(descriptor: int) -> int:
    """Return where the last complete line ends: what follows was cut short by a crash."""
    size = os.fstat(descriptor).st_size
    end = size
    while end:
        begin = max(0, end - _TAIL_BYTES)
        newline = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        end = begin
    return 0


class ManifestReader:
    """Read a folder's manifest as it grows: each look costs what was added since the last.

    A whole line may be seen that is taken back again, because the disk did not take those after
    it. So the last line that was read is looked at again each time: where it does not stand any
    more, all is read anew.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._forget()

    def _forget(self) -> None:
        self._read_bytes = 0
        self._last = b""
        self._lines = 0
        self._parts: dict[str, PartRecord] = {}
        self._epochs: dict[int, EpochRecord] = {}

    @property
    def parts(self) -> list[PartRecord]:
        """Return the parts read so far in the order they were opened."""
        return list(self._parts.values())

    @property
    def epochs(self) -> list[EpochRecord]:
        """Return the epochs read so far in the order they began."""
        return list(self._epochs.values())

    def read(self) -> None:
        """Take what was added; nothing if there is no manifest yet.

        Raise ManifestDamaged for a line that cannot be read, unless it is an unfinished last one.
        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes - len(self._last))
            if file.read(len(self._last)) != self._last:
                self._forget()
            try:
                self._read_on(file)
            except ManifestDamaged:
                self._read_anew(file)

    def _read_anew(self, file: BinaryIO) -> None:
        """Read all; keep nothing where it is damaged, so that the next look reads all as well."""
        self._forget()
        try:
            self._read_on(file)
        except ManifestDamaged:
            self._forget()
            raise

    def _read_on(self, file: BinaryIO) -> None:
        file.seek(self._read_bytes)
        *lines, _torn = file.read().split(b"\n")
        for line in lines:
            self._lines += 1
            try:
                self._take(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise ManifestDamaged(f"line {self._lines} of {FILE_NAME}: {error!r}") from error
            self._read_bytes += len(line) + 1
            self._last = line + b"\n"

    def _take(self, record: Line) -> None:
        match record["type"]:
            case "part_opened":
                part = _opened(record)
                self._parts[part.file] = part
            case "part_closed":
                file = record["file"]
                self._parts[file] = _closed(self._parts[file], record)
            case "epoch_opened":
                epoch = _epoch(record)
                self._epochs[epoch.epoch] = epoch
            case "epoch_closed":
                number = record["epoch"]
                self._epochs[number] = replace(self._epochs[number], is_closed=True)


def read_manifest(folder: Path) -> list[PartRecord]:
    """Return the folder's parts in the order they were opened; raise ManifestDamaged."""
    return _whole(folder).parts


def read_epochs(folder: Path) -> list[EpochRecord]:
    """Return the folder's epochs in the order they began; raise ManifestDamaged."""
    return _whole(folder).epochs


def _whole(folder: Path) -> ManifestReader:
    reader = ManifestReader(folder)
    reader.read()
    return reader


def _epoch(record: Line) -> EpochRecord:
    return EpochRecord(
        int(record["epoch"]),
        float(record["offset_s"]),
        datetime.fromisoformat(record["zero_at"]) if record.get("zero_at") else None,
        dict(record["metadata"]),
    )


def _opened(record: Line) -> PartRecord:
    file = str(record["file"])
    if Path(file).name != file:
        raise ValueError("a part lies outside the recording's folder")
    return PartRecord(
        file=file,
        epoch=int(record["epoch"]),
        peer_id=PeerId(str(record["peer_id"])),
        source=Source(record["source"]),
        codec=str(record["codec"]),
        codec_name=str(record["codec_name"]),
        parameters=str(record["parameters"]),
        width=int(record["width"]),
        height=int(record["height"]),
        start_s=float(record["start_s"]),
        zero_s=float(record["zero_s"] if "zero_s" in record else record["start_s"]),
    )


def _closed(part: PartRecord, record: Line) -> PartRecord:
    return replace(
        part,
        end_s=float(record["end_s"]),
        bytes=int(record["bytes"]),
        head_bytes=None if record.get("head_bytes") is None else int(record["head_bytes"]),
        sha256=None if record["sha256"] is None else str(record["sha256"]),
        gaps=tuple((float(start), float(end)) for start, end in record["gaps"]),
        reason=str(record["reason"]),
        recovered=bool(record["recovered"]),
    )
