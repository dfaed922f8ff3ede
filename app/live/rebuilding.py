"""A replay in which something is missing, made again: what could not be read may be readable now.

The disk may be well again, somebody may have put a file back, and the store may have what the disk
has lost. What is shown goes on being shown, and is replaced only by one in which less is missing.
Who is watching it then goes on (`app.recordings.leftovers`).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.context import JobContext, JobResult
from app.jobs.models import UNFINISHED, Job, JobState, Queue
from app.recordings import (
    downloads,
    leftovers,
    listing,
    micro_lessons,
    removal,
    service,
    workplaces,
)
from app.recordings.builder import Missing, ReplayBuilder, ReplayFailed, ReplayIndex
from app.recordings.copies import RecordingFile
from app.recordings.errors import ClipFileMissing
from app.recordings.fetching import Fetcher, stored_copies
from app.recordings.finishing import MANIFEST
from app.recordings.keys import REPLAY, clip_name
from app.recordings.listing import FileOnDisk
from app.recordings.micro_lessons import ReplayBeingMadeAgain
from app.recordings.models import DownloadForm, Recording
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY, reserved_bytes
from app.store.client import ObjectStore
from media.recorder.places import SecondPlace

log = structlog.get_logger(__name__)

KIND: Final = "recordings.rebuild"


class RebuildWait(StrEnum):
    """What making a replay again waits for.

    LESSONS: what is left of the disk is for the lessons of today. ROOM: somebody has to make some.
    PLACE: its replay lies in the second place, which is not there, or full.
    """

    LESSONS = "LESSONS"
    ROOM = "ROOM"
    PLACE = "PLACE"


class _PutOff(Exception):
    def __init__(self, waits_for: RebuildWait) -> None:
        super().__init__(waits_for)
        self.waits_for = waits_for


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


async def require_none(db: AsyncSession, recording_id: UUID) -> None:
    """Raise ReplayBeingMadeAgain while a replay is."""
    job = await last_of(db, recording_id)
    if job is not None and job.state in UNFINISHED:
        raise ReplayBeingMadeAgain("Wait until it is made, and load the page again.")


async def last_of(db: AsyncSession, recording_id: UUID) -> Job | None:
    """Return the job that makes, or last made, a replay again."""
    return await job_queries.last_with(db, KIND, jobs.key_of(KIND, None, str(recording_id)))


def waits_for(job: Job) -> RebuildWait | None:
    """Return what a job waits for; None: for its turn, or it does not wait."""
    if job.state is not JobState.QUEUED or not job.result:
        return None
    return RebuildWait(job.result["waits_for"])


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the manifest names.

    `damaged`: what of it the disk has not as it was recorded; `copies`: what the store has.
    """

    recorded: Mapping[str, FileOnDisk]
    damaged: frozenset[str]
    copies: dict[str, RecordingFile]

    @property
    def need(self) -> int:
        """Return how many bytes a replay takes, which is as large as they, and what is fetched."""
        fetched = sum(self.recorded[name].bytes for name in self.damaged)
        return fetched + sum(file.bytes for file in self.recorded.values())


class Rebuilder:
    """Runs the job. `store` None: recordings lie on the disk alone; `second`: on this one too."""

    def __init__(
        self,
        root: Path,
        store: ObjectStore | None,
        builder: ReplayBuilder,
        *,
        second: SecondPlace | None = None,
    ) -> None:
        self._root = root
        self._second = second
        self._fetcher = Fetcher(root, store)
        self._builder = builder

    async def run(self, context: JobContext) -> JobResult:
        """Make it, and show it if it is better. Raise RecordingNotReady, ReplayFailed.

        Where there is no room now it waits.
        """
        try:
            return await self._make(context)
        except _PutOff as put_off:
            log.warning("replay_put_off", job_id=str(context.job_id), waits_for=put_off.waits_for)
            return JobResult(
                {"waits_for": put_off.waits_for}, again_at=context.now() + ROOM_LOOKED_FOR_EVERY
            )

    async def _make(self, context: JobContext) -> JobResult:
        async with context.database.unit_of_work() as db:
            recording = await db.get_one(Recording, UUID(context.payload["recording_id"]))
            downloads.require_ready(recording)
            copies = await stored_copies(db, recording.id)
            reserved = await reserved_bytes(db, now=context.now())
        folder = self._root / recording.folder
        recorded = await asyncio.to_thread(listing.recorded_files, folder / MANIFEST)
        damaged = await asyncio.to_thread(_damaged, folder, recorded)
        parts = _Parts(recorded, damaged, copies)
        place = await self._place(recording, need=parts.need, reserved=reserved)
        async with _workplace(context, folder, place) as work:
            await self._bring(context, recording, parts, work / "parts")
            index = await self._builder.build(work / "parts", work / "made")
            before = [Missing(**each) for each in recording.missing]
            is_better = bool(index.clips) and _length_ms(index.missing) < _length_ms(before)
            if is_better:
                is_better = await self._show(context, recording, index, work / "made", place)
        log.info("replay_made_again", recording_id=str(recording.id), is_better=is_better)
        return JobResult({"is_better": is_better, "missing_ms": _length_ms(index.missing)})

    async def _place(self, recording: Recording, *, need: int, reserved: int) -> Path:
        """Return where to make it and where it then lies. Raise _PutOff.

        A replay that lies in the second place goes on there.
        """
        folder = self._root / recording.folder
        second = None
        if self._second is not None and await asyncio.to_thread(self._second.is_there):
            second = self._second.folder / recording.folder
        places = {} if second is None else {second: 0}
        lies_there = await asyncio.to_thread((folder / REPLAY).is_symlink)
        if not lies_there:
            places = {folder: reserved, **places}
        place = await asyncio.to_thread(workplaces.with_room, places, need=need)
        if place is not None:
            return place
        if lies_there:
            raise _PutOff(RebuildWait.PLACE)
        raise _PutOff(RebuildWait.LESSONS if reserved else RebuildWait.ROOM)

    async def _bring(
        self, context: JobContext, recording: Recording, parts: _Parts, place: Path
    ) -> None:
        """Have manifest and parts in `place`: those on the disk that are whole, else the store's.

        A part that is nowhere is left out. Raise KeptElsewhere.
        """
        folder = self._root / recording.folder
        await asyncio.to_thread(place.mkdir)
        await asyncio.to_thread(_link_others, folder, place, parts.recorded)
        for number, name in enumerate(parts.recorded):
            await context.progress(number, len(parts.recorded), name)
            if name in parts.damaged and name in parts.copies:
                try:
                    await self._fetcher.fetch(recording.folder, name, place / name, parts.copies)
                except ClipFileMissing as error:
                    log.warning("part_not_fetched", file=name, reason=error.detail)
            else:
                await asyncio.to_thread((place / name).symlink_to, (folder / name).absolute())

    async def _show(
        self,
        context: JobContext,
        recording: Recording,
        index: ReplayIndex,
        made: Path,
        place: Path,
    ) -> bool:
        """Put the files beside the others, under names of this attempt's own, and show them.

        Return False when the recording was withdrawn meanwhile. Raise ReplayFailed.
        """
        names = {clip.file: f"{context.lease.hex[:8]}-{clip.file}" for clip in index.clips}
        files = [clip_name(name) for name in names.values()]
        await leftovers.announce(context, recording.id, *files)
        await asyncio.to_thread(_settle, made, self._root / recording.folder, place, names)
        clips = tuple(replace(clip, file=names[clip.file]) for clip in index.clips)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            mended = replace(index, clips=clips)
            if not await service.mend(
                db, recording_id=recording.id, index=mended, now=context.now()
            ):
                return False
            if not await leftovers.keep(db, recording.id, *files, now=context.now()):
                raise ReplayFailed("It took so long that its files are not kept any more.")
            # What was made of the other is made anew when somebody asks for it, and by itself
            # where it is shown beside the replay, or instead of it over slow lines.
            had_small = await downloads.made(db, recording.id, DownloadForm.SMALL) is not None
            await downloads.forget(db, recording.id, now=context.now())
            if had_small:
                shown = await db.get_one(Recording, recording.id)
                await downloads.ask_for(db, shown, DownloadForm.SMALL, now=context.now())
            await micro_lessons.cut_all_anew(db, recording.id, now=context.now())
        return True


@asynccontextmanager
async def _workplace(context: JobContext, folder: Path, place: Path) -> AsyncIterator[Path]:
    """Give a folder in `place`, and remove it, also an earlier attempt's."""
    job = f"{workplaces.MENDING}-{context.job_id.hex}"
    await asyncio.to_thread(workplaces.clear, folder, job)
    name = f"{job}-{context.lease.hex}"
    work = await asyncio.to_thread(workplaces.begin, folder, place, name)
    await asyncio.to_thread(work.mkdir)
    try:
        yield work
    finally:
        await asyncio.to_thread(_leave, folder / name)


def _leave(work: Path) -> None:
    """Remove what is not needed any more. What a disk refuses goes with the recording."""
    try:
        removal.remove_workplace(work)
    except OSError as error:
        log.warning("left_over_not_removed", name=work.name, reason=error.strerror)


def _length_ms(missing: Iterable[Missing]) -> int:
    return sum(each.end_ms - each.start_ms for each in missing)


def _link_others(folder: Path, place: Path, recorded: Collection[str]) -> None:
    """Have the manifest at hand, and parts of which it knows no hash. Raise OSError."""
    for path in folder.iterdir():
        if path.is_file() and path.name not in recorded:
            (place / path.name).symlink_to(path.absolute())


def _damaged(folder: Path, recorded: Mapping[str, FileOnDisk]) -> frozenset[str]:
    """Return which parts cannot be read on the disk, or are not what was recorded."""
    return frozenset(name for name, file in recorded.items() if not _is_whole(folder, file))


def _is_whole(folder: Path, file: FileOnDisk) -> bool:
    try:
        return listing.sha256_of(folder / file.name) == file.sha256
    except OSError:
        return False


def _settle(made: Path, folder: Path, place: Path, names: Mapping[str, str]) -> None:
    """Have a recording's replay have files, which lie in `place`; they stay. Raise OSError."""
    replay, to = folder / REPLAY, place / REPLAY
    for each in (replay, to):
        each.mkdir(exist_ok=True)
    is_elsewhere = not replay.samefile(to)
    for name, lasting in names.items():
        if is_elsewhere:
            (replay / lasting).symlink_to((to / lasting).absolute())
        (made / name).rename(to / lasting)
    for path in (*(to / lasting for lasting in names.values()), to, replay):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
