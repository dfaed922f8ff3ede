"""The manifest: what was recorded, line by line, each line on the disk before the next.

`manifest.jsonl` and the part files beside it are the whole truth about a recording: the
database is an index of them. Lines are JSON objects told apart by `type`:

- `epoch_opened`: a run of the server began to record (`epoch`, `offset_s`, `metadata`);
- `part_opened`: a file was begun; everything in it is at or after `start_s`;
- `part_closed`: it is complete (`end_s`, `bytes`, `sha256`, `gaps`, `reason`, `recovered`);
- `epoch_closed`: recording was stopped on purpose.

All `_s` are seconds on the lesson clock. A line that a crash cut short was never relied on:
it is ignored when read and cut off before the next is written.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from media.core.ids import PeerId, Source, TrackKey

FILE_NAME = "manifest.jsonl"
VERSION = 1


class ManifestDamaged(Exception):
    """A line that was complete once cannot be read: the disk or somebody changed it."""


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One part: a file holding one track without a change of codec parameters.

    `parameters` is equal for parts that one decoder set-up can play; `codec_name` is the
    RFC 6381 name. `end_s`, `bytes` and `sha256` are None until the part is closed; a closed
    part of no bytes has no file. `gaps` are (start_s, end_s) without media inside the part.
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
    end_s: float | None = None
    bytes: int | None = None
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
    metadata: dict[str, str]
    is_closed: bool = False


class ManifestFile:
    """Append lines to a folder's manifest; every one is on the disk when `append` returns.

    The file is locked during an append, so a recovery and a new epoch may share a folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def epoch_opened(self, record: EpochRecord) -> None:
        """Say that an epoch begins."""
        self._append(
            {
                "type": "epoch_opened",
                "version": VERSION,
                "epoch": record.epoch,
                "offset_s": record.offset_s,
                "metadata": record.metadata,
            }
        )

    def epoch_closed(self, epoch: int, *, end_s: float) -> None:
        """Say that an epoch was ended on purpose at `end_s`."""
        self._append({"type": "epoch_closed", "epoch": epoch, "end_s": end_s})

    def part_opened(self, part: PartRecord) -> None:
        """Say that a part's file exists and is being written."""
        fields = asdict(part)
        for name in _CLOSING_FIELDS:
            del fields[name]
        self._append({"type": "part_opened", **fields})

    def part_closed(self, part: PartRecord) -> None:
        """Say that a part is complete."""
        fields = {name: getattr(part, name) for name in _CLOSING_FIELDS}
        self._append({"type": "part_closed", "file": part.file, **fields})

    def _append(self, record: dict[str, Any]) -> None:  # Any: JSON
        """Write one line and wait for the disk; raise OSError and leave no half line behind."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = _end_of_whole_lines(descriptor)
            os.ftruncate(descriptor, end)
            try:
                written = os.pwrite(descriptor, line, end)
                if written < len(line):
                    os.pwrite(descriptor, line[written:], end + written)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)


_CLOSING_FIELDS = ("end_s", "bytes", "sha256", "gaps", "reason", "recovered")
_TAIL_BYTES = 64 * 1024


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


def read_manifest(folder: Path) -> list[PartRecord]:
    """Return the folder's parts in the order they were opened; none if there is no manifest.

    Raise ManifestDamaged for a line that cannot be read, unless it is an unfinished last one.
    """
    parts: dict[str, PartRecord] = {}
    for number, record in _records(folder):
        try:
            if record["type"] == "part_opened":
                part = _opened(record)
                parts[part.file] = part
            elif record["type"] == "part_closed":
                parts[record["file"]] = _closed(parts[record["file"]], record)
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestDamaged(f"line {number} of {FILE_NAME}: {error!r}") from error
    return list(parts.values())


def read_epochs(folder: Path) -> list[EpochRecord]:
    """Return the folder's epochs in the order they began; raise ManifestDamaged."""
    epochs: dict[int, EpochRecord] = {}
    for number, record in _records(folder):
        try:
            if record["type"] == "epoch_opened":
                epochs[record["epoch"]] = EpochRecord(
                    int(record["epoch"]), float(record["offset_s"]), dict(record["metadata"])
                )
            elif record["type"] == "epoch_closed":
                epochs[record["epoch"]] = replace(epochs[record["epoch"]], is_closed=True)
        except (KeyError, TypeError, ValueError) as error:
            raise ManifestDamaged(f"line {number} of {FILE_NAME}: {error!r}") from error
    return list(epochs.values())


def _records(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:  # Any: JSON
    path = folder / FILE_NAME
    if not path.exists():
        return
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):  # what follows the last newline is torn
        try:
            record = json.loads(line)
        except ValueError as error:
            raise ManifestDamaged(f"line {number} of {FILE_NAME} is not JSON") from error
        if not isinstance(record, dict) or "type" not in record:
            raise ManifestDamaged(f"line {number} of {FILE_NAME} is not a record")
        yield number, record


def _opened(record: dict[str, Any]) -> PartRecord:  # Any: JSON
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
    )


def _closed(part: PartRecord, record: dict[str, Any]) -> PartRecord:  # Any: JSON
    return replace(
        part,
        end_s=float(record["end_s"]),
        bytes=int(record["bytes"]),
        sha256=None if record["sha256"] is None else str(record["sha256"]),
        gaps=tuple((float(start), float(end)) for start, end in record["gaps"]),
        reason=str(record["reason"]),
        recovered=bool(record["recovered"]),
    )
