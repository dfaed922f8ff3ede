"""Clips of a replay that was made again since: watched to their end, then removed.

Whoever opened the player before goes on with the addresses it has, for a day. Nothing of the
recording is lost with them: its parts stay, and what is shown was made of more of them. They are
counted, for the certificate that all of the recording was removed.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, select

from app.database import is_one
from app.jobs.context import JobContext
from app.recordings.copies import IN_STORE, CopyState, RecordingFile
from app.recordings.finishing import REPLAY
from app.recordings.keys import key_of
from app.recordings.models import PLAYABLE, Recording, RecordingClip
from app.recordings.removal import remove_file
from app.recordings.retention import is_held
from app.store.client import ObjectStore
from app.store.errors import StoreAway, StoreError

log = structlog.get_logger(__name__)

#: A player that is open for longer asks anew.
KEPT_FOR: Final = timedelta(hours=24)
AT_ONCE: Final = 50
_ON_ITS_WAY = frozenset({CopyState.WAITING, CopyState.SENT})
#: Without the store, of which this server is not told, it cannot be removed from there.
_PERHAPS_STORED = IN_STORE | {CopyState.SENT}


async def remove_replaced(context: JobContext, root: Path, store: ObjectStore | None) -> int:
    """Remove clips that were replaced a day ago, with every copy; return how many.

    What is held, or on its way to the store, stays for now. What fails is tried again next time.
    """
    async with context.database.unit_of_work() as db:
        rows = await db.execute(
            select(Recording, RecordingClip)
            .join(RecordingClip, RecordingClip.recording_id == Recording.id)
            .where(
                RecordingClip.replaced_at <= context.now() - KEPT_FOR,
                Recording.state.in_(PLAYABLE),
                ~is_held(),
            )
            .order_by(RecordingClip.replaced_at, RecordingClip.id)
            .limit(AT_ONCE)
        )
        due = [(row[0], row[1]) for row in rows]
    removed = 0
    for recording, clip in due:
        try:
            removed += await _remove(context, root, store, recording, clip)
        except StoreAway as error:
            log.warning("replaced_clips_not_removed", reason=str(error))
            break
        except (StoreError, OSError) as error:
            log.error("replaced_clip_not_removed", clip_id=str(clip.id), reason=str(error))
    return removed


async def _remove(
    context: JobContext,
    root: Path,
    store: ObjectStore | None,
    recording: Recording,
    clip: RecordingClip,
) -> bool:
    """Remove one, its row last: what is cut short is done again. Return whether it could be."""
    name = f"{REPLAY}/{clip.file}"
    of_it = (RecordingFile.recording_id == recording.id) & (RecordingFile.name == name)
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        copy = await db.scalar(select(RecordingFile).where(of_it))
    if copy is not None and copy.state in (_PERHAPS_STORED if store is None else _ON_ITS_WAY):
        return False
    folder = root / recording.folder / REPLAY
    if not await asyncio.to_thread(folder.is_dir):
        return False  # its disk is not mounted
    await asyncio.to_thread(remove_file, folder / clip.file)
    if store is not None:
        await store.delete(key_of(recording.folder, name))
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        await db.execute(delete(RecordingFile).where(of_it))
        removed = await db.execute(delete(RecordingClip).where(RecordingClip.id == clip.id))
        if is_one(removed):
            row = await db.get_one(Recording, recording.id, with_for_update=True)
            row.replaced_files += 1
            row.replaced_bytes += clip.bytes
    return True
