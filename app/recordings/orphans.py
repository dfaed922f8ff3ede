"""Films and pieces that lie in a recording's folder, or its store, and that no row offers.

A job announces what it makes as left over before it puts it there (`app.recordings.leftovers`). Of
what lies there otherwise the row was lost: the database was brought back from an older copy, or
the folder was taken in. Nothing shows such a file, so it goes like what is left over.
"""

import asyncio
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.context import JobContext
from app.recordings import listing
from app.recordings.downloads import RecordingDownload
from app.recordings.leftovers import RecordingLeftover, leave
from app.recordings.micro_lessons import MicroLesson
from app.recordings.models import KEPT, Recording

log = structlog.get_logger(__name__)

#: As the jobs name them (`app.live.composing`, `app.live.cutting`), each attempt its own.
_MADE_BY_A_JOB: Final = re.compile(r"(?:lesson|micro)-[0-9a-f]{32}(?:-small)?\.(?:mp4|m4a)")


async def leave_orphans(context: JobContext, recording: Recording, folder: Path) -> int:
    """Have them removed when the hour is over; return how many were found. Raise OSError.

    What a job puts there this moment is none: it is offered in the transaction in which it gets
    its place, which is waited for, or it is left over still.
    """
    on_disk = await asyncio.to_thread(_made_by_jobs, folder)
    async with context.database.unit_of_work() as db:
        listed = await listing.known_files(db, recording.id)
        found = on_disk | {name for name in listed if _MADE_BY_A_JOB.fullmatch(name)}
        if not await _without_row(db, recording, found):
            return 0
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        row = await db.get_one(Recording, recording.id, with_for_update=True)
        orphans = await _without_row(db, recording, found) if row.state in KEPT else []
        for name in orphans:
            leave(db, recording.id, name, now=context.now())
    for name in orphans:
        log.warning("file_that_nothing_offers", recording_id=str(recording.id), name=name)
    return len(orphans)


async def _without_row(db: AsyncSession, recording: Recording, names: Collection[str]) -> list[str]:
    """Return which of these files nothing offers, and nothing removes."""
    rows = await db.scalars(
        union_all(
            *(
                select(name).where(of_it == recording.id)
                for name, of_it in (
                    (RecordingDownload.file, RecordingDownload.recording_id),
                    (MicroLesson.file, MicroLesson.recording_id),
                    (RecordingLeftover.name, RecordingLeftover.recording_id),
                )
            )
        )
    )
    return sorted(set(names) - set(rows))


def _made_by_jobs(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if _MADE_BY_A_JOB.fullmatch(path.name)}
