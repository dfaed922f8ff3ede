"""Where a file of a recording is read from: the disk while it is there, else the object store."""

from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.recordings.copies import IN_STORE, RecordingFile
from app.recordings.errors import ClipFileMissing, KeptElsewhere
from app.recordings.keys import key_of
from app.recordings.streaming import LocalFile, StoredFile, open_local
from app.store.client import ObjectStore


class Shelf:
    """Finds files of recordings. `store` None: they lie on the disk alone."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._store = store

    async def find(
        self, db: AsyncSession, *, recording_id: UUID, folder: str, name: str
    ) -> LocalFile | StoredFile:
        """Return a file to be sent. `name` comes from the database or a manifest.

        Raise ClipFileMissing, KeptElsewhere.
        """
        local = await open_local(self._root / folder / name)
        if local is not None:
            return local
        row = await db.scalar(
            select(RecordingFile).where(
                RecordingFile.recording_id == recording_id,
                RecordingFile.name == name,
                RecordingFile.state.in_(IN_STORE),
            )
        )
        if row is None:
            raise ClipFileMissing
        if self._store is None:
            raise KeptElsewhere(
                "The recording is kept in an object store, and this server is told of none "
                "(CLASSROOMS_STORE_URL)."
            )
        return StoredFile(self._store, key_of(folder, name), row.bytes, row.sha256)
