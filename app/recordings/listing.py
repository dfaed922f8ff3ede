"""From the disk to the database: the files of recordings that are whole, each with its hash.

The manifest and the files are the truth, rows an index of them. A look at a folder may be
repeated at any time; it adds what is missing, and says of nothing that it is gone.
"""

import asyncio
import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import insert_many, uuid7
from app.recordings.copies import NAME_LENGTH, CopyState, RecordingFile
from app.recordings.finishing import MANIFEST
from app.recordings.keys import REPLAY
from app.recordings.models import PLAYABLE, Recording, RecordingState
from app.store.client import is_key

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A file as it is to be kept. `name` is relative to the recording's folder.

    `is_recorded`: the manifest says what it is, whether it lies there or not.
    """

    name: str
    bytes: int
    sha256: str
    is_recorded: bool = False


async def look_at(folder: Path, known: Collection[str], *, with_replay: bool) -> list[FileOnDisk]:
    """Return the files of a sealed recording that are not among `known`. Raise OSError.

    `with_replay`: those of its replay, too. Of one that is not shown (`has_replay`) the next
    attempt may give other files the same names.
    """
    return await asyncio.to_thread(lambda: list(_files(folder, known, with_replay=with_replay)))


def has_replay(recording: Recording) -> bool:
    """Return whether the replay that lies there is the one that is shown, and stays."""
    return recording.state in PLAYABLE


async def is_all_known(folder: Path, known: Collection[str], *, with_replay: bool) -> bool:
    """Return whether no file came that is not among `known`; none is read. Raise OSError."""

    def look() -> bool:
        there = _there(folder, with_replay=with_replay)
        return all(name in known for name, _ in there if _is_ours(name))

    return await asyncio.to_thread(look)


async def known_files(db: AsyncSession, recording_id: UUID) -> frozenset[str]:
    """Return which files of a recording have their row."""
    rows = await db.scalars(
        select(RecordingFile.name).where(RecordingFile.recording_id == recording_id)
    )
    return frozenset(rows)


async def enlist(
    db: AsyncSession, recording: Recording, folder: Path, files: list[FileOnDisk], *, now: datetime
) -> int:
    """Give files that have none their row: they are to be sent. Return how many had none.

    Several jobs look at one recording. Of two that found the same file one gives it its row; what
    was removed since it was found, as something left over, gets none, and nothing of a recording
    that is removed altogether. With SQLite the caller has written before (`JobContext.hold`).
    """
    row = await db.get_one(Recording, recording.id, with_for_update=True)
    if row.state is RecordingState.PURGED:
        return 0
    known = await known_files(db, recording.id)
    new = [file for file in files if file.name not in known]
    there = await asyncio.to_thread(
        lambda: [file for file in new if file.is_recorded or (folder / file.name).exists()]
    )
    await insert_many(
        db,
        RecordingFile,
        (
            {
                "id": uuid7(now),
                "recording_id": recording.id,
                "name": file.name,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "state": CopyState.WAITING,
                "due_at": now,
                "failures": 0,
                "pieces": [],
            }
            for file in there
        ),
    )
    return len(there)


def _files(folder: Path, known: Collection[str], *, with_replay: bool) -> Iterator[FileOnDisk]:
    """Give a folder's own files and those of its replay; what is being made is neither.

    Nor is what somebody else put there, by its name: it goes with the folder. A replay's file may
    be a link to where there was room for it.

    What the manifest says of its parts comes before what their files are, so that one that was
    changed is never taken for what was recorded, and one that is gone is looked for.
    """
    recorded = recorded_files(folder / MANIFEST)
    yield from (file for name, file in recorded.items() if name not in known)
    for name, path in _there(folder, with_replay=with_replay):
        if name in known or name in recorded:
            continue
        if _is_ours(name):
            yield FileOnDisk(name, path.stat().st_size, sha256_of(path))
        else:
            log.error("recording_file_of_no_recorder", folder=folder.name, name=name)


def _there(folder: Path, *, with_replay: bool) -> Iterator[tuple[str, Path]]:
    for place in (folder, folder / REPLAY) if with_replay else (folder,):
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_file() and not (place == folder and path.is_symlink()):
                yield path.relative_to(folder).as_posix(), path


def _is_ours(name: str) -> bool:
    return len(name) <= NAME_LENGTH and is_key(name)


def recorded_files(manifest: Path) -> dict[str, FileOnDisk]:
    """Return what the manifest says of its parts (the format: `media.recorder.manifest`).

    A line that cannot be read is logged: its file is taken as it lies there.
    """
    if not manifest.exists():
        return {}
    found = {}
    for number, line in enumerate(manifest.read_bytes().split(b"\n")[:-1], start=1):
        try:
            record = json.loads(line)
            if record["type"] == "part_closed" and record["sha256"] is not None:
                file = str(record["file"])
                found[file] = FileOnDisk(
                    file, int(record["bytes"]), str(record["sha256"]), is_recorded=True
                )
        except (KeyError, TypeError, ValueError):
            log.error("manifest_line_damaged", manifest=str(manifest), line=number)
    return found


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file. Raise OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
