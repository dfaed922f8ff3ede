"""From a folder of tracks to a playable replay. May be killed and begun again anywhere.

Sealing is light, and done by the server as soon as a room has closed; making the replay is a job.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.recordings import removal, service, workplaces
from app.recordings.builder import NoRoomNow, ReplayBuilder, ReplayFailed, ReplayIndex
from app.recordings.keys import REPLAY
from app.recordings.models import Recording, RecordingState
from app.recordings.reserved import reserved_bytes

log = structlog.get_logger(__name__)

Hold = Callable[[AsyncSession], Awaitable[None]]
Tell = Callable[[int], Awaitable[None]]
"""Hears how much of a replay is written, in hundredths."""
TOLD_EVERY_S: Final = 1.0
REPLAY_KIND: Final = "recordings.replay"
MANIFEST = "manifest.jsonl"


async def seal(
    database: Database, *, recording_id: UUID, root: Path, builder: ReplayBuilder, now: datetime
) -> None:
    """Close what a crash left open, fix what was recorded, and have its replay made.

    Nothing may write to the recording any more. One that cannot be closed now is BROKEN, and who
    makes replays tries again. What was sealed before is not sealed again, and no replay is asked
    for that is there already.
    """
    async with database.unit_of_work() as db:
        recording = await db.get_one(Recording, recording_id)
        folder, is_open = root / recording.folder, recording.state is RecordingState.FINALISING
    if is_open:
        try:
            if not await _close(database, recording_id, folder, builder):
                return
        except (ReplayFailed, OSError) as failure:
            log.error("recording_not_sealed", recording_id=str(recording_id), problem=told(failure))
            async with database.unit_of_work() as db:
                await service.break_off(db, recording_id=recording_id, problem=told(failure))
    async with database.unit_of_work() as db:
        job = await jobs.enqueue(
            db,
            kind=REPLAY_KIND,
            payload={"recording_id": str(recording_id)},
            owner=None,
            dedup_key=str(recording_id),
            queue=Queue.REPLAYS,
            now=now,
        )
        # Asked only now: a job that was under way until then has written whether it made one.
        if not await service.lacks_replay(db, recording_id=recording_id):
            await jobs.take_off(db, job)


async def finish(
    database: Database,
    *,
    recording_id: UUID,
    root: Path,
    second_root: Path | None = None,
    builder: ReplayBuilder,
    clock: Callable[[], datetime],
    hold: Hold | None = None,
    tell: Tell | None = None,
) -> None:
    """Make the replay of one recording, or say why it is broken.

    `root` is the recordings folder, `second_root` where a replay goes for which it has no room.
    Nothing may write to the recording any more. What is not sealed, or broken, is sealed first.
    What is playable already is left alone. `hold` is called first in each transaction that says
    what came of it, and raises where somebody else has taken it over. `tell` hears once a second
    how far it is. Raise NoRoomNow: it waits, and that is no failure.
    """

    @asynccontextmanager
    async def telling() -> AsyncIterator[AsyncSession]:
        async with database.unit_of_work() as db:
            if hold is not None:
                await hold(db)
            yield db

    async with database.unit_of_work() as db:
        recording = await db.get_one(Recording, recording_id)
        name, state = recording.folder, recording.state
    folder = root / name
    try:
        is_open = state in {RecordingState.FINALISING, RecordingState.BROKEN}
        if is_open and not await _close(database, recording_id, folder, builder):
            return
        async with telling() as db:
            if not await service.begin_processing(db, recording_id=recording_id):
                return
            reserved = await reserved_bytes(db, now=clock())
        index = await _build(builder, folder, second_root and second_root / name, reserved, tell)
    except NoRoomNow:
        async with telling() as db:
            await service.put_off(db, recording_id=recording_id)
        raise
    except (ReplayFailed, OSError) as failure:
        async with telling() as db:
            await service.break_off(db, recording_id=recording_id, problem=told(failure))
        raise
    async with telling() as db:
        await service.make_ready(db, recording_id=recording_id, index=index, now=clock())


async def _close(
    database: Database, recording_id: UUID, folder: Path, builder: ReplayBuilder
) -> bool:
    """Recover and seal; return whether a replay is to be made. Raise ReplayFailed, OSError."""
    digest = await _recover(builder, folder)
    async with database.unit_of_work() as db:
        return await service.seal(db, recording_id=recording_id, manifest_sha256=digest)


def told(failure: ReplayFailed | OSError) -> str:
    """Return what is said of it: of a disk its own words, without where it is mounted."""
    if isinstance(failure, ReplayFailed):
        return failure.problem
    return failure.strerror or type(failure).__name__


async def _build(
    builder: ReplayBuilder, folder: Path, second: Path | None, reserved: int, tell: Tell | None
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
    if tell is None:
        index = await builder.build(folder, scratch)
    else:
        index = await _built(builder, folder, scratch, need, tell)
    if not index.clips:
        raise ReplayFailed(service.UNREADABLE if index.missing else service.NO_MEDIA)
    await asyncio.to_thread(_settle, folder, place, name)
    return index


async def _built(
    builder: ReplayBuilder, folder: Path, scratch: Path, need: int, tell: Tell
) -> ReplayIndex:
    """Build, and have it told meanwhile how much of `need` bytes lies in `scratch`.

    Raise ReplayFailed, OSError.
    """

    async def watch() -> None:
        while True:
            await asyncio.sleep(TOLD_EVERY_S)
            written = await asyncio.to_thread(_bytes_written, scratch)
            await tell(min(100, written * 100 // max(1, need)))

    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watch())
        made: ReplayIndex | ReplayFailed | OSError
        try:
            made = await builder.build(folder, scratch)
        except (ReplayFailed, OSError) as failure:
            made = failure  # raised outside: a group of tasks would wrap it
        watching.cancel()
    if isinstance(made, ReplayIndex):
        return made
    raise made


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


def _bytes_written(scratch: Path) -> int:
    """Return how large what is there is together, while files come and change their names.

    What the disk refuses to say counts nothing: whoever builds there meets it, and says so.
    """
    size = 0
    with suppress(OSError):
        for path in scratch.iterdir():
            with suppress(OSError):
                size += path.stat().st_size
    return size


async def _recover(builder: ReplayBuilder, folder: Path) -> str | None:
    """Return the SHA-256 of the manifest after recovery, or None when there is no manifest."""
    if not await asyncio.to_thread((folder / MANIFEST).exists):
        return None
    await builder.recover(folder)
    return await asyncio.to_thread(_sha256, folder / MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
