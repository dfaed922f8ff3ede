"""Files of recordings that nothing shows any more, and that go before their recording does.

A file that is about to be offered is one of them from before it lies in its folder until it is
offered: whatever dies in between, it does not stay there for nobody.

They are sent to no store any more, and removed when they are due by the job that removes recordings
(`app.recordings.purging`): what is under way with them ends until then. A hold on the recording
keeps them too. They are counted, for the certificate that all of the recording was removed.
"""

import asyncio
import errno
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    delete,
    exists,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id, count_of
from app.jobs.context import JobContext
from app.recordings.copies import NAME_LENGTH, CopyState, RecordingFile
from app.recordings.keys import clip_name, key_of
from app.recordings.models import KEPT, Recording, RecordingClip
from app.recordings.removal import remove_file
from app.recordings.retention import REMOVED_AFTER_WITHDRAWAL, is_held
from app.store.client import ObjectStore
from app.store.errors import StoreAway, StoreError

log = structlog.get_logger(__name__)

#: A clip in whose place another is shown goes on for whoever opened the player before; one that is
#: open for longer asks anew.
REPLACED_KEPT_FOR: Final = timedelta(hours=24)


class RecordingLeftover(Base):
    """A file to be removed from `due_at` on. `name` is relative to the recording's folder.

    `bytes`: how large it was when it began to be removed, so that it is counted whatever dies then.
    """

    __tablename__ = "recording_leftovers"
    __table_args__ = (UniqueConstraint("recording_id", "name"),)

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    due_at: Mapped[datetime]
    bytes: Mapped[int | None] = mapped_column(BigInteger)


def leave(
    db: AsyncSession,
    recording_id: UUID,
    name: str,
    *,
    now: datetime,
    after: timedelta = REMOVED_AFTER_WITHDRAWAL,
) -> None:
    """Have a file removed that nothing names any more once this transaction has committed."""
    db.add(RecordingLeftover(recording_id=recording_id, name=name, due_at=now + after))


async def announce(context: JobContext, recording_id: UUID, *names: str) -> None:
    """Write down that files are about to lie in their folder: until `keep` they are left over."""
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        recording = await db.get_one(Recording, recording_id, with_for_update=True)
        if recording.state in KEPT:  # else nothing is offered of it
            for name in names:
                leave(db, recording_id, name, now=context.now())


async def keep(db: AsyncSession, recording_id: UUID, *names: str, now: datetime) -> bool:
    """Have files that were announced stay, once this transaction, which offers them, has committed.

    Return False when one is due, or removed: then none is to be offered.
    """
    # First, as who removes all of a recording has it before it takes away what is left over.
    await db.get_one(Recording, recording_id, with_for_update=True)
    kept = await db.execute(
        delete(RecordingLeftover).where(
            RecordingLeftover.recording_id == recording_id,
            RecordingLeftover.name.in_(names),
            RecordingLeftover.due_at > now,  # else it may be removed this moment
        )
    )
    return count_of(kept) == len(names)


def is_left_over() -> ColumnElement[bool]:
    """Return the condition that a RecordingFile is to be removed: it is sent nowhere any more."""
    return exists().where(
        RecordingLeftover.recording_id == RecordingFile.recording_id,
        RecordingLeftover.name == RecordingFile.name,
    )


async def remove_due(context: JobContext, root: Path, store: ObjectStore | None) -> int:
    """Remove what is due; return how many files that were.

    One that cannot be removed now is tried again with the next run.
    """
    async with context.database.unit_of_work() as db:
        rows = await db.execute(
            select(RecordingLeftover, Recording)
            .join(Recording, Recording.id == RecordingLeftover.recording_id)
            .where(
                RecordingLeftover.due_at <= context.now(),
                Recording.state.in_(KEPT),  # else it goes with the others
                ~is_held(),
            )
            .order_by(RecordingLeftover.due_at, RecordingLeftover.id)
        )
        due = rows.all()
    removed = 0
    for left, recording in due:
        try:
            removed += await _remove(context, root, store, left, recording)
        except StoreAway as error:
            log.warning("leftovers_not_removed", reason=str(error))
            break
        except (StoreError, OSError) as error:
            log.error("leftover_not_removed", file=left.name, reason=str(error))
    return removed


async def _remove(
    context: JobContext,
    root: Path,
    store: ObjectStore | None,
    left: RecordingLeftover,
    recording: Recording,
) -> bool:
    """Remove every copy of one file, and then its rows. Raise OSError, StoreError.

    Return False if it stays, because somebody holds the recording by now, or hid it; and if
    another removed it meanwhile, who counts it.
    """
    path = root / recording.folder / left.name
    # That of a replay may be a link to another disk.
    if not await asyncio.to_thread(path.parent.is_dir):
        raise FileNotFoundError(
            errno.ENOENT, "is the disk of the recordings mounted?", str(path.parent)
        )
    of_it = (RecordingFile.recording_id == recording.id, RecordingFile.name == left.name)
    on_disk = await asyncio.to_thread(_size_of, path)
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        row = await db.scalar(select(RecordingFile).where(*of_it))
        found = on_disk if row is None else row.bytes
        if not await _begin(db, left, recording, found):
            return False
    if store is not None:
        key = key_of(recording.folder, left.name)
        if row is not None and row.upload_id is not None:
            await store.abort(key, row.upload_id)
        await store.delete(key)
    elif row is not None and (row.state is not CopyState.WAITING or row.upload_id):
        raise StoreError("there is a copy in an object store this server is not told of")
    await asyncio.to_thread(remove_file, path)
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        if not await _forget(db, left):
            return False
    log.info("leftover_removed", recording_id=str(recording.id), file=left.name)
    return True


async def _forget(db: AsyncSession, left: RecordingLeftover) -> bool:
    """Remove the rows of a file that is gone, and count it; return False if another has."""
    recording = await db.get_one(Recording, left.recording_id, with_for_update=True)
    gone = await db.get(RecordingLeftover, left.id, with_for_update=True)
    if gone is None:
        return False
    of_it = (RecordingFile.recording_id == recording.id, RecordingFile.name == gone.name)
    await db.execute(delete(RecordingFile).where(*of_it))
    await _forget_clip(db, recording.id, gone.name)
    if gone.bytes is not None:
        recording.replaced_files += 1
        recording.replaced_bytes += gone.bytes
    await db.delete(gone)
    return True


async def _begin(
    db: AsyncSession, left: RecordingLeftover, recording: Recording, found: int | None
) -> bool:
    """Write down how large a file is, before it goes; return False if it is not to go.

    `found` None: there never was one, or another who began before us has taken it away.
    """
    # Others were removed since it was found to be due, from a store that may be slow.
    still = (Recording.id == recording.id, Recording.state.in_(KEPT), ~is_held())
    if await db.scalar(select(Recording.id).where(*still)) is None:
        return False
    due = await db.get(RecordingLeftover, left.id, with_for_update=True)
    if due is None:
        return False
    if due.bytes is None:
        due.bytes = found
    return True


async def _forget_clip(db: AsyncSession, recording_id: UUID, name: str) -> None:
    """Remove the row of a clip that was replaced, whose file this was."""
    replaced = (RecordingClip.recording_id == recording_id, RecordingClip.replaced_at.is_not(None))
    for clip in await db.scalars(select(RecordingClip).where(*replaced)):
        if clip_name(clip.file) == name:
            await db.delete(clip)


def _size_of(path: Path) -> int | None:
    """Return how large a file is; None: there is none. Raise OSError."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
