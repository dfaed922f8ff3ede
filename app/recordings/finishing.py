"""From a folder of tracks to a playable replay. May be killed and begun again anywhere."""

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from app.database import Database
from app.recordings import service
from app.recordings.builder import ReplayBuilder, ReplayFailed, ReplayIndex
from app.recordings.models import Recording

MANIFEST = "manifest.jsonl"
REPLAY = "replay"


async def finish(
    database: Database,
    *,
    recording_id: UUID,
    root: Path,
    builder: ReplayBuilder,
    clock: Callable[[], datetime],
) -> None:
    """Recover, seal, build and publish one recording, or say why it is broken.

    `root` is the recordings folder. Nothing may write to the recording any more. What is
    published already is left alone.
    """
    async with database.unit_of_work() as db:
        folder = root / (await db.get_one(Recording, recording_id)).folder
    try:
        digest = await _recover(builder, folder)
        async with database.unit_of_work() as db:
            if not await service.seal(db, recording_id=recording_id, manifest_sha256=digest):
                return
        async with database.unit_of_work() as db:
            await service.begin_processing(db, recording_id=recording_id)
        index = await _build(builder, folder)
    except ReplayFailed as failure:
        async with database.unit_of_work() as db:
            await service.break_off(db, recording_id=recording_id, problem=failure.problem)
        raise
    async with database.unit_of_work() as db:
        await service.publish(db, recording_id=recording_id, index=index, now=clock())


async def _build(builder: ReplayBuilder, folder: Path) -> ReplayIndex:
    """Build beside the place and move there, so that what is served was built by one process.

    A builder left over from a server that was killed may still be writing: into a folder of its
    own, which is removed here under its hands.
    """
    for left_over in await asyncio.to_thread(lambda: list(folder.glob(f"{REPLAY}*"))):
        await asyncio.to_thread(shutil.rmtree, left_over)
    scratch = folder / f"{REPLAY}-{uuid4().hex}"
    index = await builder.build(folder, scratch)
    if not index.clips:
        raise ReplayFailed(service.NO_MEDIA)
    await asyncio.to_thread(scratch.rename, folder / REPLAY)
    return index


async def _recover(builder: ReplayBuilder, folder: Path) -> str | None:
    """Return the SHA-256 of the manifest after recovery, or None when there is no manifest."""
    if not await asyncio.to_thread((folder / MANIFEST).exists):
        return None
    await builder.recover(folder)
    return await asyncio.to_thread(_sha256, folder / MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
