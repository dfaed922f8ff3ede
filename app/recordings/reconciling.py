"""Disk, database and object store compared: once a day, and whenever the server starts.

What the store should have and has not is sent again or looked for; what lies on the disk without
a row gets one; what jobs left that are over is removed; what lies somewhere and belongs to nothing
is named in the log and counted, for no program can know whether it may go: a folder may be taken in
by command (`app.live.adopting`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.jobs.context import JobContext, JobResult
from app.jobs.models import UNFINISHED, Job, JobState
from app.recordings import listing, workplaces
from app.recordings.copies import IN_STORE, CopyState, RecordingFile, change
from app.recordings.keys import folder_key
from app.recordings.models import KEPT, Recording, RecordingState
from app.recordings.orphans import leave_orphans
from app.recordings.removal import remove_workplace
from app.store.client import ObjectStore
from app.store.errors import StoreError

log = structlog.get_logger(__name__)

KIND: Final = "recordings.reconcile"
EVERY: Final = timedelta(hours=24)
AT_ONCE: Final = 50
_SHOULD_BE_STORED = IN_STORE | {CopyState.SENT}


@dataclass(slots=True)
class Found:
    """What a comparison came to. `unknown`: objects and folders that belong to nothing.

    `unknown_folders`: of these, the folders: a recording may be in each (`app.live.adopting`).
    `orphans`: files that jobs made and nothing offers, which are removed.
    """

    recordings: int = 0
    new: int = 0
    missing: int = 0
    unknown: int = 0
    unknown_folders: int = 0
    orphans: int = 0


class Reconciler:
    """Runs the job. `store` None: disk and database alone are compared."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._store = store

    async def run(self, context: JobContext) -> JobResult:
        """Compare everything. A store that is away ends it; the next time begins anew."""
        found = Found()
        # Before the rows: a recording has its row before its folder.
        on_disk = await asyncio.to_thread(folders, self._root)
        there, known = frozenset(on_disk), set[str]()
        try:
            async for recording in _recordings(context.database):
                if recording.state is not RecordingState.PURGED:
                    known.add(recording.folder)
                if recording.folder in there and recording.state in KEPT:
                    await self._clear(context, recording, found)
                if recording.state in KEPT and recording.manifest_sha256 is not None:
                    await self._compare(context, recording, found)
                    found.recordings += 1
                    await context.progress(found.recordings)
        except StoreError as error:
            log.warning("recordings_not_compared", reason=str(error))
            return JobResult(asdict(found) | {"problem": str(error)[:200]})
        for folder in on_disk:
            # Looked at again: it may have been removed since it was listed.
            if folder not in known and await asyncio.to_thread((self._root / folder).exists):
                found.unknown += 1
                found.unknown_folders += 1
                log.error("recording_folder_unknown", folder=folder)
        return JobResult(asdict(found))

    async def _compare(self, context: JobContext, recording: Recording, found: Found) -> None:
        folder, stored = self._root / recording.folder, await self._stored(recording)
        async with context.database.unit_of_work() as db:
            known = await listing.known_files(db, recording.id)
        try:
            with_replay = listing.has_replay(recording)
            files = await listing.look_at(folder, known, with_replay=with_replay)
        except OSError:
            log.exception("recording_not_listed", recording_id=str(recording.id))
            files = []
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            found.new += await listing.enlist(db, recording, folder, files, now=context.now())
            if stored is not None:
                found.missing += await _look_again(db, recording, stored, now=context.now())
        for name in (stored or {}).keys() - known - {file.name for file in files}:
            found.unknown += 1
            log.error("recording_object_unknown", recording_id=str(recording.id), name=name)

    async def _clear(self, context: JobContext, recording: Recording, found: Found) -> None:
        """Remove the folders of jobs that are over: their worker died at each attempt.

        Files that jobs made and nothing offers are removed when their hour is over.
        """
        folder = self._root / recording.folder
        try:
            found.orphans += await leave_orphans(context, recording, folder)
            places = await asyncio.to_thread(workplaces.of_jobs, folder)
        except OSError:
            log.exception("recording_not_listed", recording_id=str(recording.id))
            return
        if not places:
            return
        query = select(Job.id).where(Job.id.in_(places.values()), Job.state.in_(UNFINISHED))
        async with context.database.unit_of_work() as db:
            going_on = frozenset(await db.scalars(query))
        for place in (place for place, job_id in places.items() if job_id not in going_on):
            try:
                await asyncio.to_thread(remove_workplace, place)
            except FileNotFoundError as error:
                # Its disk is not there, or its job ended this moment and took it away.
                log.warning("work_not_removed", place=str(place), reason=error.strerror)
            except OSError:
                log.exception("work_not_removed", place=str(place))
            else:
                log.warning("work_of_a_job_that_is_over_removed", place=str(place))

    async def _stored(self, recording: Recording) -> dict[str, int] | None:
        if self._store is None:
            return None
        prefix = folder_key(recording.folder)
        return {
            entry.key.removeprefix(prefix): entry.bytes async for entry in self._store.list(prefix)
        }


async def _look_again(
    db: AsyncSession, recording: Recording, stored: Mapping[str, int], *, now: datetime
) -> int:
    """Have what is missing sent or found again; return how many are missing from the store."""
    rows = await db.scalars(select(RecordingFile).where(RecordingFile.recording_id == recording.id))
    missing = 0
    for row in rows:
        is_missing = row.state in _SHOULD_BE_STORED and stored.get(row.name) != row.bytes
        if is_missing or row.state is CopyState.LOST:
            change(row, CopyState.WAITING)
            row.due_at = now
        missing += is_missing
    return missing


async def _recordings(database: Database) -> AsyncIterator[Recording]:
    """Give all recordings, some at a time."""
    query = select(Recording).order_by(Recording.id).limit(AT_ONCE)
    after = None
    while True:
        async with database.unit_of_work() as db:
            rows = (
                await db.scalars(query if after is None else query.where(Recording.id > after))
            ).all()
        if not rows:
            return
        for recording in rows:
            yield recording
        after = rows[-1].id


async def unknown_folders(db: AsyncSession) -> int:
    """Return how many folders the last comparison found that belong to no recording."""
    result = await db.scalar(
        select(Job.result)
        .where(Job.kind == KIND, Job.state == JobState.DONE)
        .order_by(Job.created_at.desc(), Job.id.desc())
        .limit(1)
    )
    return 0 if result is None else int(result.get("unknown_folders", 0))


def folders(root: Path) -> list[str]:
    """Return the folders of recordings on the disk: `<month>/<session>`."""
    return [path.relative_to(root).as_posix() for path in root.glob("*-*/*") if path.is_dir()]
