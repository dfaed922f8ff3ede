"""A replay in which something is missing, made again: what could not be read may be readable now.

The disk may be well again, somebody may have put a file back, and the store may have what the disk
has lost. What is shown goes on being shown, and is replaced only by one in which less is missing.
Its files stay until the recording is removed: somebody may be watching them.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.context import JobContext, JobResult
from app.jobs.models import Job, Queue
from app.recordings import downloads, listing, service
from app.recordings.builder import Missing, NoRoomNow, ReplayBuilder, ReplayIndex
from app.recordings.copies import RecordingFile
from app.recordings.errors import ClipFileMissing
from app.recordings.fetching import Fetcher, stored_copies
from app.recordings.finishing import MANIFEST, REPLAY, spare_bytes
from app.recordings.models import Recording
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY, reserved_bytes
from app.store.client import ObjectStore

log = structlog.get_logger(__name__)

KIND: Final = "recordings.rebuild"


async def ask_for(db: AsyncSession, recording: Recording, *, now: datetime) -> None:
    """Have a replay made again, once. Raise RecordingNotReady."""
    downloads.require_ready(recording)
    await jobs.enqueue(
        db,
        kind=KIND,
        payload={"recording_id": str(recording.id)},
        owner=None,
        dedup_key=str(recording.id),
        queue=Queue.HEAVY,
        now=now,
    )


async def last_of(db: AsyncSession, recording_id: UUID) -> Job | None:
    """Return the job that makes, or last made, a replay again."""
    return await job_queries.last_with(db, KIND, jobs.key_of(KIND, None, str(recording_id)))


class Rebuilder:
    """Runs the job. `store` None: recordings lie on the disk alone."""

    def __init__(self, root: Path, store: ObjectStore | None, builder: ReplayBuilder) -> None:
        self._root = root
        self._fetcher = Fetcher(root, store)
        self._builder = builder

    async def run(self, context: JobContext) -> JobResult:
        """Make it, and show it if it is better. Raise RecordingNotReady, ReplayFailed.

        Where there is no room now it waits.
        """
        try:
            return await self._make(context)
        except NoRoomNow:
            log.warning("replay_put_off", job_id=str(context.job_id))
            return JobResult(again_at=context.now() + ROOM_LOOKED_FOR_EVERY)

    async def _make(self, context: JobContext) -> JobResult:
        async with context.database.unit_of_work() as db:
            recording = await db.get_one(Recording, UUID(context.payload["recording_id"]))
            downloads.require_ready(recording)
            copies = await stored_copies(db, recording.id)
            reserved = await reserved_bytes(db, now=context.now())
        folder = self._root / recording.folder
        async with _workplace(context, folder) as place:
            await self._bring(context, recording, copies, place / "parts", reserved)
            index = await self._builder.build(place / "parts", place / "made")
            before = [Missing(**each) for each in recording.missing]
            is_better = bool(index.clips) and _length_ms(index.missing) < _length_ms(before)
            if is_better:
                is_better = await self._show(context, recording, index, place / "made")
        log.info("replay_made_again", recording_id=str(recording.id), is_better=is_better)
        return JobResult({"is_better": is_better, "missing_ms": _length_ms(index.missing)})

    async def _bring(
        self,
        context: JobContext,
        recording: Recording,
        copies: dict[str, RecordingFile],
        place: Path,
        reserved: int,
    ) -> None:
        """Have manifest and parts in `place`: those on the disk that are whole, else the store's.

        A part that is nowhere is left out. Raise NoRoomNow, KeptElsewhere.
        """
        folder = self._root / recording.folder
        await asyncio.to_thread(place.mkdir)
        recorded = await asyncio.to_thread(listing.recorded_files, folder / MANIFEST)
        await asyncio.to_thread(_link_others, folder, place, recorded)
        damaged = await asyncio.to_thread(
            lambda: [file for file in recorded.values() if not _is_whole(folder, file)]
        )
        fetched = sum(file.bytes for file in recorded.values())  # a replay is as large as its parts
        fetched += sum(file.bytes for file in damaged)
        if await asyncio.to_thread(spare_bytes, folder) <= reserved + fetched:
            raise NoRoomNow
        for number, file in enumerate(recorded.values()):
            await context.progress(number, len(recorded), file.name)
            if file in damaged and file.name in copies:
                try:
                    await self._fetcher.fetch(
                        recording.folder, file.name, place / file.name, copies
                    )
                except ClipFileMissing as error:
                    log.warning("part_not_fetched", file=file.name, reason=error.detail)
            else:
                there = (folder / file.name).absolute()
                await asyncio.to_thread((place / file.name).symlink_to, there)

    async def _show(
        self, context: JobContext, recording: Recording, index: ReplayIndex, made: Path
    ) -> bool:
        """Put the files beside the others, under names of this attempt's own, and show them.

        Return False when the recording was withdrawn meanwhile.
        """
        names = {clip.file: f"{context.lease.hex[:8]}-{clip.file}" for clip in index.clips}
        to = self._root / recording.folder / REPLAY
        await asyncio.to_thread(_settle, made, to, names)
        clips = tuple(replace(clip, file=names[clip.file]) for clip in index.clips)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            mended = replace(index, clips=clips)
            if not await service.mend(db, recording_id=recording.id, index=mended):
                return False
            # What was made of the other is made anew when somebody asks for it.
            await downloads.forget(db, recording.id)
        return True


@asynccontextmanager
async def _workplace(context: JobContext, folder: Path) -> AsyncIterator[Path]:
    """Give a folder beside a recording's files, and remove it, also an earlier attempt's."""
    name = f"mending-{context.job_id.hex}"
    for left_over in await asyncio.to_thread(lambda: list(folder.glob(f"{name}-*"))):
        await asyncio.to_thread(shutil.rmtree, left_over, ignore_errors=True)
    place = folder / f"{name}-{context.lease.hex}"
    await asyncio.to_thread(place.mkdir)
    try:
        yield place
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


def _length_ms(missing: Iterable[Missing]) -> int:
    return sum(each.end_ms - each.start_ms for each in missing)


def _link_others(folder: Path, place: Path, recorded: Collection[str]) -> None:
    """Have the manifest at hand, and parts of which it knows no hash. Raise OSError."""
    for path in folder.iterdir():
        if path.is_file() and path.name not in recorded:
            (place / path.name).symlink_to(path.absolute())


def _is_whole(folder: Path, file: listing.FileOnDisk) -> bool:
    """Return whether a part on the disk can be read, and is what was recorded."""
    try:
        return listing.sha256_of(folder / file.name) == file.sha256
    except OSError:
        return False


def _settle(made: Path, to: Path, names: dict[str, str]) -> None:
    """Move files to their place, which may be on another disk; they stay. Raise OSError."""
    to.mkdir(exist_ok=True)
    for name, lasting in names.items():
        shutil.move(made / name, to / lasting)
    for path in (*(to / lasting for lasting in names.values()), to):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
