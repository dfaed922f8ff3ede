"""Files of a recording brought together in one place to work on, wherever they are kept."""

import asyncio
import errno
import hashlib
import os
import shutil
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.recordings.copies import IN_STORE, RecordingFile
from app.recordings.errors import ClipFileMissing, KeptElsewhere
from app.recordings.keys import key_of
from app.store.client import ObjectStore
from app.store.errors import ObjectMissing, StoreError

log = structlog.get_logger(__name__)

_NO_SECOND_NAME = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK})


async def stored_copies(db: AsyncSession, recording_id: UUID) -> dict[str, RecordingFile]:
    """Return which files of a recording the store has, by name."""
    rows = await db.scalars(
        select(RecordingFile).where(
            RecordingFile.recording_id == recording_id, RecordingFile.state.in_(IN_STORE)
        )
    )
    return {row.name: row for row in rows}


class Fetcher:
    """Brings files of recordings. `store` None: they lie on the disk alone."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._store = store

    async def bring(
        self, folder: str, name: str, to: Path, copies: dict[str, RecordingFile]
    ) -> None:
        """Have a file at `to`: a second name of the one on the disk, or a copy from the store.

        A copy of the one on the disk where it lies on another, or its file system knows no second
        names. `to` is on the disk of the recordings, and stays whatever becomes of the first name.
        Raise ClipFileMissing, KeptElsewhere.
        """
        try:
            await asyncio.to_thread(_link, self._root / folder / name, to)
        except FileNotFoundError:
            await self.fetch(folder, name, to, copies)
        except OSError as error:
            if error.errno not in _NO_SECOND_NAME:
                raise
            await asyncio.to_thread(shutil.copyfile, self._root / folder / name, to)

    async def fetch(
        self, folder: str, name: str, to: Path, copies: dict[str, RecordingFile]
    ) -> None:
        """Have the store's copy of a file at `to`. Raise ClipFileMissing, KeptElsewhere."""
        copy = copies.get(name)
        if copy is None:
            raise ClipFileMissing(f"{name} is neither on the disk nor in the store.") from None
        await self._download(key_of(folder, name), copy, to)

    async def _download(self, key: str, copy: RecordingFile, to: Path) -> None:
        if self._store is None:
            raise KeptElsewhere(
                "The recording is kept in an object store, and this server is told of none "
                "(CLASSROOMS_STORE_URL)."
            )
        digest = hashlib.sha256()
        try:
            with await asyncio.to_thread(to.open, "xb") as file:
                async for piece in self._store.read(key, 0, copy.bytes - 1):
                    digest.update(piece)
                    await asyncio.to_thread(file.write, piece)
        except ObjectMissing:
            raise ClipFileMissing(f"{copy.name} is not in the store any more.") from None
        except StoreError as error:
            log.warning("recording_not_fetched", key=key, reason=str(error))
            raise KeptElsewhere(
                "The recording is kept in a store that does not answer. Try again in a minute."
            ) from error
        if digest.hexdigest() != copy.sha256:
            await asyncio.to_thread(to.unlink)
            raise ClipFileMissing(f"{copy.name} in the store is not what was recorded.")


def _link(path: Path, to: Path) -> None:
    """Give a file a second name: itself, not a link to it. Raise OSError."""
    os.link(path.resolve(), to)
