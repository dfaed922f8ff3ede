"""The job that cuts a micro-lesson out of the film of its lesson.

The film is the file of the whole lesson (`app.recordings.downloads`). Where there is none it is
made first, by its own job; this one looks again until it is there.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Problem
from app.jobs.context import JobContext, JobResult
from app.jobs.models import UNFINISHED, JobState
from app.live.making import (
    FILM_BYTES_A_SECOND,
    LEAVE_BYTES,
    DiskFull,
    ProcessDied,
    flush,
    require_room,
    settle,
    told_by,
    workplace,
)
from app.recordings import downloads, leftovers, micro_lessons, workplaces
from app.recordings.builder import NoRoomNow
from app.recordings.downloads import RecordingDownload
from app.recordings.fetching import Fetcher, stored_copies
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import DownloadForm, Recording
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY, reserved_bytes
from app.recordings.service import KEPT_FOR_LESSONS
from app.store.client import ObjectStore

log = structlog.get_logger(__name__)

FILM_LOOKED_FOR_EVERY: Final = timedelta(seconds=5)
#: What it waits for beside its turn: a word of the page.
FILM: Final = "film"
#: How far a key frame may lie before the mark, in a film of ours.
_LEAD_S: Final = 2
_WORDS = {
    "no_such_piece": "The film does not show what was marked.",
    "disk_full": "There is no room on the disk.",
}


class CannotCut(Problem):
    """Trying again as it is would not help. `reason`: of `_WORDS`, or why there is no film."""

    status, type, title = 409, "cannot-cut", "The micro-lesson cannot be made"


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be cut out of what."""

    piece: MicroLesson
    recording: Recording
    film: RecordingDownload


class Cutter:
    """Runs the job. `store` None: recordings lie on the disk alone."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._fetcher = Fetcher(root, store)

    async def run(self, context: JobContext) -> JobResult:
        """Cut the piece and offer it. One that was deleted, or is there already, is not cut.

        Where there is no room now, or no film yet, it waits. Raise CannotCut, RecordingNotReady,
        KeptElsewhere, ClipFileMissing.
        """
        try:
            return await self._make(context)
        except NoRoomNow:
            log.warning("micro_lesson_put_off", job_id=str(context.job_id))
            return JobResult(
                {"waits": KEPT_FOR_LESSONS}, again_at=context.now() + ROOM_LOOKED_FOR_EVERY
            )

    async def _make(self, context: JobContext) -> JobResult:
        async with context.database.unit_of_work() as db:
            piece = await db.get(MicroLesson, UUID(context.payload["micro_lesson_id"]))
            if piece is None or (piece.file is not None and not piece.is_outdated):
                return JobResult()
            recording = await db.get_one(Recording, piece.recording_id)
            downloads.require_ready(recording)
            film = await downloads.made(db, recording.id, DownloadForm.LESSON)
            if film is None:
                look_at = await _have_film_made(context, db, piece, recording)
                return JobResult({"waits": FILM}, again_at=look_at)
        task = _Task(piece, recording, film)
        async with workplace(context, self._root / recording.folder, workplaces.CUTTING) as place:
            await self._bring(context, task, place)
            duration_ms = await _cut(context, place, piece)
            return await self._offer(context, task, place / "piece.mp4", duration_ms)

    async def _bring(self, context: JobContext, task: _Task, place: Path) -> None:
        """Have the film in `place`. Raise CannotCut, NoRoomNow, KeptElsewhere, ClipFileMissing."""
        folder, file = task.recording.folder, task.film.file
        async with context.database.unit_of_work() as db:
            copies = await stored_copies(db, task.recording.id)
            reserved = await reserved_bytes(db, now=context.now())
        length_s = (task.piece.until_ms - task.piece.from_ms) / 1000 + _LEAD_S
        need = length_s * FILM_BYTES_A_SECOND + LEAVE_BYTES
        if not await asyncio.to_thread((self._root / folder / file).exists):
            need += task.film.bytes
        try:
            await require_room(place, need, reserved=reserved)
        except DiskFull:
            raise _hindered("disk_full") from None
        await self._fetcher.bring(folder, file, place / "film.mp4", copies)

    async def _offer(
        self, context: JobContext, task: _Task, out: Path, duration_ms: int
    ) -> JobResult:
        # A name of this attempt's own: what a file is, once it was listed, never changes.
        name = f"micro-{context.lease.hex}.mp4"
        size = (await asyncio.to_thread(out.stat)).st_size
        # It may take a disk a while; what offers the file keeps all others from writing to SQLite.
        await asyncio.to_thread(flush, out)
        await leftovers.announce(context, task.recording.id, name)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            is_kept = await leftovers.keep(db, task.recording.id, name, now=context.now())
            is_offered = is_kept and await micro_lessons.offer(
                db,
                task.piece.id,
                film_id=task.film.id,
                file=name,
                size=size,
                duration_ms=duration_ms,
                now=context.now(),
            )
            if not is_offered:
                # The film is another by now, or the piece is gone: the next run knows.
                return JobResult(again_at=context.now())
            await asyncio.to_thread(settle, out, self._root / task.recording.folder / name)
        log.info("micro_lesson_cut", micro_lesson_id=str(task.piece.id), bytes=size)
        return JobResult({"bytes": size, "duration_ms": duration_ms})


async def _have_film_made(
    context: JobContext, db: AsyncSession, piece: MicroLesson, recording: Recording
) -> datetime:
    """Have the film made, once for each time the piece was asked for; return when to look again.

    Raise CannotCut.
    """
    last = await downloads.job_of(db, recording.id, DownloadForm.LESSON)
    has_failed = (
        last is not None
        and last.created_at >= piece.asked_at
        and last.state not in UNFINISHED
        and last.problem is not None
    )
    if has_failed:
        assert last is not None
        assert last.problem is not None
        reason = last.problem.get("reason") or last.problem["type"]
        raise CannotCut("The film of the lesson could not be made.", reason=reason)
    await downloads.ask_for(db, recording, DownloadForm.LESSON, now=context.now())
    soon = context.now() + FILM_LOOKED_FOR_EVERY
    making = await downloads.job_of(db, recording.id, DownloadForm.LESSON)
    if making is None or making.state is not JobState.QUEUED:
        return soon
    # One that is put off, for the lessons of today, is not there before its own time.
    return max(soon, making.run_after)


async def _cut(context: JobContext, place: Path, piece: MicroLesson) -> int:
    """Have the process write `piece.mp4`; return how long it is, in ms.

    Raise CannotCut, ProcessDied.
    """
    marks = (str(piece.from_ms), str(piece.until_ms))
    telling = told_by(place / "complaints", "cut", place / "film.mp4", place / "piece.mp4", *marks)
    duration_ms: int | None = None
    async with aclosing(telling):
        async for told in telling:
            if "step" in told:
                await context.progress(told["done_ms"], told["total_ms"], told["step"])
            elif "problem" in told:
                raise _hindered(told["problem"])
            else:
                duration_ms = told["duration_ms"]
    if duration_ms is None:
        raise ProcessDied("it said nothing of what it made")
    return duration_ms


def _hindered(reason: str) -> CannotCut:
    return CannotCut(_WORDS[reason], reason=reason)
