"""From a folder of tracks to a playable replay. May be killed and begun again anywhere."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from app.database import Database
from app.recordings import removal, service, workplaces
from app.recordings.builder import NoRoomNow, ReplayBuilder, ReplayFailed, ReplayIndex
from app.recordings.models import Recording
from app.recordings.reserved import reserved_bytes

MANIFEST = "manifest.jsonl"
REPLAY = "replay"


async def finish(
    database: Database,
    *,
    recording_id: UUID,
    root: Path,
    second_root: Path | None = None,
    builder: ReplayBuilder,
    clock: Callable[[], datetime],
) -> None:
    """Recover and seal one recording and make its replay, or say why it is broken.

    `root` is the recordings folder, `second_root` where a replay goes for which it has no room.
    Nothing may write to the recording any more. What is
    playable already is left alone. Raise NoRoomNow: it waits, and that is no failure.
    """
    async with database.unit_of_work() as db:
        name = (await db.get_one(Recording, recording_id)).folder
    folder = root / name
    try:
        digest = await _recover(builder, folder)
        async with database.unit_of_work() as db:
            if not await service.seal(db, recording_id=recording_id, manifest_sha256=digest):
                return
        async with database.unit_of_work() as db:
            if not await service.begin_processing(db, recording_id=recording_id):
                return
            reserved = await reserved_bytes(db, now=clock())
        index = await _build(builder, folder, second_root and second_root / name, reserved)
    except NoRoomNow:
        async with database.unit_of_work() as db:
            await service.put_off(db, recording_id=recording_id)
        raise
    except (ReplayFailed, OSError) as failure:
        async with database.unit_of_work() as db:
            await service.break_off(db, recording_id=recording_id, problem=_told(failure))
        raise
    async with database.unit_of_work() as db:
        await service.make_ready(db, recording_id=recording_id, index=index, now=clock())


def _told(failure: ReplayFailed | OSError) -> str:
    """Return what is said of it: of a disk its own words, without where it is mounted."""
    if isinstance(failure, ReplayFailed):
        return failure.problem
    return failure.strerror or type(failure).__name__


async def _build(
    builder: ReplayBuilder, folder: Path, second: Path | None, reserved: int
) -> ReplayIndex:
    """Build beside the place and move there, so that what is served was built by one process.

    Not in `reserved` bytes, which the lessons of today are going to need. Raise NoRoomNow.

    A builder left over from a server that was killed may still be writing: into a folder of its
    own, which is removed here under its hands.
    """
    await asyncio.to_thread(_clear, folder, second)
    places = {folder: reserved} if second is None else {folder: reserved, second: 0}
    need = await asyncio.to_thread(_bytes_in, folder)
    place = await asyncio.to_thread(workplaces.with_room, places, need=need)
    if place is None:
        if reserved:
            raise NoRoomNow
        place = folder
    name = f"{REPLAY}-{uuid4().hex}"
    scratch = await asyncio.to_thread(workplaces.begin, folder, place, name)
    index = await builder.build(folder, scratch)
    if not index.clips:
        raise ReplayFailed(service.UNREADABLE if index.missing else service.NO_MEDIA)
    await asyncio.to_thread(_settle, folder, place, name)
    return index


def _clear(folder: Path, second: Path | None) -> None:
    """Remove what earlier attempts made. Raise OSError."""
    workplaces.clear(folder, f"{REPLAY}-")
    for path in (folder / REPLAY, second and second / REPLAY):
        if path is not None and os.path.lexists(path):
            removal.remove_tree(path)


def _settle(folder: Path, place: Path, name: str) -> None:
    """Give a replay its name, where it was made, and have the folder point there."""
    if place != folder:
        (folder / REPLAY).symlink_to((place / REPLAY).absolute())
    (place / name).rename(place / REPLAY)
    if place != folder:
        (folder / name).unlink()


def _bytes_in(folder: Path) -> int:
    """Return how large the files in a folder are together: a copy of them is as large."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


async def _recover(builder: ReplayBuilder, folder: Path) -> str | None:
    """Return the SHA-256 of the manifest after recovery, or None when there is no manifest."""
    if not await asyncio.to_thread((folder / MANIFEST).exists):
        return None
    await builder.recover(folder)
    return await asyncio.to_thread(_sha256, folder / MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
