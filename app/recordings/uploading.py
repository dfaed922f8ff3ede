"""Files of recordings go to the object store, are proved there, and may then leave the disk.

One job does it for all, a little at a time: it looks at the disk, does what is due, and is put off
until there is more. A store that is away is asked again for ever, ever more seldom; a file that
is refused waits alone, and the others go on. Every step may be repeated.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import uniform
from typing import Final

import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.context import JobContext, JobResult
from app.recordings import listing
from app.recordings.copies import CopyState, RecordingFile, StoreStanding, change
from app.recordings.finishing import MANIFEST
from app.recordings.keys import key_of
from app.recordings.leftovers import is_left_over
from app.recordings.models import KEPT, PLAYABLE, Recording
from app.recordings.removal import remove_file
from app.store.client import ObjectStore, Piece
from app.store.errors import ObjectChanged, ObjectMissing, StoreAway, StoreError, UploadForgotten

log = structlog.get_logger(__name__)

KIND: Final = "recordings.upload"
EVERY: Final = timedelta(minutes=10)
#: How often disk and rows are compared while nothing is due.
LOOK_EVERY: Final = timedelta(minutes=1)
#: Files in one run; then other light work has its turn.
MOST_FILES: Final = 50
#: A file above this goes in pieces of this size; S3 takes 5 MiB to 5 GiB, and 10 000 of them.
PIECE_BYTES: Final = 8 * 1024 * 1024
MOST_PIECES: Final = 10_000
#: How long a verified file stays on the disk as well.
LOCAL_GRACE: Final = timedelta(hours=24)
SHORTEST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=10)

_DUE = (CopyState.WAITING, CopyState.SENT, CopyState.VERIFIED)


class NotWanted(Exception):
    """The recording was hidden while the file was sent, or the file left over or removed."""


class LocalFileLost(Exception):
    """The file on the disk is gone, or not what was recorded."""


class LocalUnreadable(StoreError):
    """The disk gives an error for a file that is there: it waits alone, as one that is refused."""


def pause_after(failures: int, draw: Callable[[float, float], float] = uniform) -> timedelta:
    """Return how long to wait after so many failures in a row: doubled, up to ten minutes.

    Between half and all of it, so that servers that lost one store do not all come back at once.
    """
    doubled: int = 2 ** min(failures - 1, 20)
    return min(SHORTEST_PAUSE * doubled, LONGEST_PAUSE) * draw(0.5, 1.0)


class Uploader:
    """Runs the job. `store` None: recordings stay on the disk, and there is nothing to do."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._store = store

    async def run(self, context: JobContext) -> JobResult:
        """Do what is due, and say when there may be more."""
        if self._store is None:
            return JobResult()
        await self._list_new(context)
        done = 0
        while done < MOST_FILES:
            found = await self._next(context)
            if found is None or not await self._handle(context, self._store, *found):
                break
            done += 1
        return JobResult({"files": done}, again_at=await self._again_at(context))

    async def _list_new(self, context: JobContext) -> None:
        """Give rows to files that have none yet. A folder that cannot be read is left for later."""
        async with context.database.unit_of_work() as db:
            rows = await db.scalars(select(Recording).where(_is_to_be_listed()))
            recordings = rows.all()
        for recording in recordings:
            async with context.database.unit_of_work() as db:
                known = await listing.known_files(db, recording.id)
            folder = self._root / recording.folder
            try:
                files = await listing.look_at(
                    folder, known, with_replay=listing.has_replay(recording)
                )
            except OSError:
                log.exception("recording_not_listed", recording_id=str(recording.id))
                continue
            async with context.database.unit_of_work() as db:
                await context.hold(db)
                # Nothing is offered now. What was, while these were read, is for the next run.
                row = await db.get_one(Recording, recording.id, with_for_update=True)
                await listing.enlist(db, row, folder, files, now=context.now())
                known = await listing.known_files(db, recording.id)
                with_replay = listing.has_replay(row)
                if await listing.is_all_known(folder, known, with_replay=with_replay):
                    row.files_listed_at = context.now()

    async def _next(self, context: JobContext) -> tuple[Recording, RecordingFile] | None:
        """Return what has been due for longest, unless the store is left alone for now."""
        now = context.now()
        async with context.database.unit_of_work() as db:
            standing = await db.get(StoreStanding, 1)
            if standing is not None and standing.away_since and standing.due_at > now:
                return None
            found = await db.execute(
                select(Recording, RecordingFile)
                .join(RecordingFile, RecordingFile.recording_id == Recording.id)
                .where(
                    Recording.state.in_(KEPT),
                    RecordingFile.state.in_(_DUE),
                    RecordingFile.due_at <= now,
                    ~is_left_over(),
                )
                .order_by(RecordingFile.due_at, RecordingFile.id)
                .limit(1)
            )
            row = found.one_or_none()
            return None if row is None else (row[0], row[1])

    async def _again_at(self, context: JobContext) -> datetime:
        now = context.now()
        async with context.database.unit_of_work() as db:
            standing = await db.get(StoreStanding, 1)
            first = await db.scalar(
                select(func.min(RecordingFile.due_at))
                .join(Recording, RecordingFile.recording_id == Recording.id)
                .where(Recording.state.in_(KEPT), RecordingFile.state.in_(_DUE), ~is_left_over())
            )
        due = first or now + LOOK_EVERY
        if standing is not None and standing.away_since:
            due = max(due, standing.due_at)
        return min(due, now + LOOK_EVERY)

    async def _handle(
        self, context: JobContext, store: ObjectStore, recording: Recording, file: RecordingFile
    ) -> bool:
        """Take one step with a file. Return whether to go on with others now."""
        step = _Step(context, store, recording, file, self._root / recording.folder / file.name)
        try:
            return await self._take(context, step, recording, file)
        except NotWanted:
            log.info("recording_file_not_wanted", recording_id=str(recording.id), file=file.name)
            return True

    async def _take(
        self, context: JobContext, step: "_Step", recording: Recording, file: RecordingFile
    ) -> bool:
        """Do the same. Raise NotWanted."""
        try:
            await step.take()
        except StoreAway as error:
            # Last among those that are due: what fails for this file alone holds up no other.
            await step.write(due_at=context.now())
            await _note_away(context, error)
            return False
        except LocalFileLost as error:
            await step.write(state=CopyState.LOST, problem=str(error))
            log.error("recording_file_lost", recording_id=str(recording.id), file=file.name)
        except StoreError as error:
            await step.note_failure(error)
        await _note_there(context)
        return True


class _Step:
    """One file on its way, during one run of the job."""

    def __init__(
        self,
        context: JobContext,
        store: ObjectStore,
        recording: Recording,
        file: RecordingFile,
        path: Path,
    ) -> None:
        self._context = context
        self._store = store
        self._recording = recording
        self._file = file
        self._path = path
        self._key = key_of(recording.folder, file.name)

    async def take(self) -> None:
        """Do what the file's state asks for. Raise StoreError, LocalFileLost, NotWanted."""
        match self._file.state:
            case CopyState.WAITING:
                await self._send()
            case CopyState.SENT:
                await self._prove()
            case CopyState.VERIFIED:
                await self._give_up_local()

    async def _send(self) -> None:
        if not await asyncio.to_thread(self._is_as_recorded):
            await self._find_in_store()
            return
        if self._file.bytes <= PIECE_BYTES:
            body = await asyncio.to_thread(self._read, 0, self._file.bytes)
            await self._store.put(self._key, body, self._file.sha256)
        else:
            await self._send_pieces()
        await self.write(state=CopyState.SENT, failures=0, problem=None, upload_id=None, pieces=[])

    async def _find_in_store(self) -> None:
        """Look for what the disk has lost: a database brought back from a copy may not know."""
        there = await self._store.look(self._key)
        if there is None or there.bytes != self._file.bytes:
            raise LocalFileLost("Neither the disk nor the store has it as it was recorded.")
        await self._prove()

    async def _send_pieces(self) -> None:
        """Go on with an upload where the last attempt left it."""
        size = max(PIECE_BYTES, -(-self._file.bytes // MOST_PIECES))
        upload_id = self._file.upload_id
        pieces = [Piece(number, etag) for number, etag in self._file.pieces]
        if upload_id is None:
            upload_id, pieces = await self._store.begin(self._key), []
            await self.write(upload_id=upload_id, pieces=[])
        for first in range(len(pieces) * size, self._file.bytes, size):
            await self._require_wanted()
            body = await asyncio.to_thread(self._read, first, size)
            pieces.append(await self._store.put_piece(self._key, upload_id, len(pieces) + 1, body))
            await self.write(pieces=[[piece.number, piece.etag] for piece in pieces])
            await self._context.progress(first + len(body), self._file.bytes, self._file.name)
        await self._store.complete(self._key, upload_id, pieces)

    async def _require_wanted(self) -> None:
        """Raise NotWanted: over a slow line all pieces of a large file take hours."""
        async with self._context.database.unit_of_work() as db:
            wanted = await db.scalar(
                select(RecordingFile.id)
                .join(Recording, RecordingFile.recording_id == Recording.id)
                .where(
                    RecordingFile.id == self._file.id, Recording.state.in_(KEPT), ~is_left_over()
                )
            )
        if wanted is None:
            raise NotWanted

    async def _prove(self) -> None:
        """Mark as verified what was read back and is the same. Raise ObjectChanged.

        Read what is stored: a checksum that a store gives may be the one it was given.
        """
        there = await self._store.look(self._key)
        if there is None or there.bytes != self._file.bytes:
            raise ObjectChanged(f"{there and there.bytes} bytes are stored of {self._file.bytes}")
        if await self._store.sha256(self._key, self._file.bytes) != self._file.sha256:
            raise ObjectChanged("what is stored is not what was sent")
        await self.write(
            state=CopyState.VERIFIED,
            failures=0,
            problem=None,
            due_at=self._context.now() + LOCAL_GRACE,
        )

    async def _give_up_local(self) -> None:
        """Remove the local file, if its replay is made and the store still has the other."""
        if self._file.name == MANIFEST or self._recording.state not in PLAYABLE:
            # The manifest says what there is, and is read at every look; a replay is made of parts.
            await self.write(due_at=self._context.now() + LOCAL_GRACE)
            return
        there = await self._store.look(self._key)
        if there is None or there.bytes != self._file.bytes:
            raise ObjectChanged("it is not in the store any more")
        async with self._context.database.unit_of_work() as db:
            await self._context.hold(db)  # another worker may be sending it again
        try:
            await asyncio.to_thread(_remove, self._path)
        except OSError as error:
            raise LocalUnreadable(f"disk: {error.strerror}") from error
        await self.write(state=CopyState.STORED_ONLY)

    async def note_failure(self, error: StoreError) -> None:
        """Have this file tried again later. What was sent in vain is sent again."""
        failures = self._file.failures + 1
        values: dict[str, object] = {
            "failures": failures,
            "problem": str(error)[:200],
            "due_at": self._context.now() + pause_after(failures),
        }
        if isinstance(error, UploadForgotten):
            values |= {"upload_id": None, "pieces": []}
        if isinstance(error, ObjectChanged | ObjectMissing):
            values |= {"state": CopyState.WAITING}
        log.warning("recording_file_not_kept", file=self._key, reason=str(error))
        await self.write(**values)

    async def write(self, **values: object) -> None:
        """Write down what became of the file, as long as this attempt is ours. Raise NotWanted."""
        async with self._context.database.unit_of_work() as db:
            await self._context.hold(db)
            row = await db.get(RecordingFile, self._file.id)
            if row is None:
                raise NotWanted
            to = values.pop("state", row.state)
            assert isinstance(to, CopyState)
            change(row, to)
            for name, value in values.items():
                setattr(row, name, value)
            self._file = row

    def _is_as_recorded(self) -> bool:
        try:
            return (
                self._path.stat().st_size == self._file.bytes
                and listing.sha256_of(self._path) == self._file.sha256
            )
        except FileNotFoundError:
            return False
        except OSError as error:
            raise LocalUnreadable(f"disk: {error.strerror}") from error

    def _read(self, first: int, most: int) -> bytes:
        try:
            with self._path.open("rb") as file:
                return os.pread(file.fileno(), most, first)
        except OSError as error:
            raise LocalUnreadable(f"disk: {error.strerror}") from error


def _is_to_be_listed() -> ColumnElement[bool]:
    # Sealed once: what broke before that may still be cut back to its last whole fragment.
    return (
        Recording.state.in_(KEPT)
        & Recording.manifest_sha256.is_not(None)
        & or_(Recording.files_listed_at.is_(None), Recording.files_listed_at < Recording.ready_at)
    )


async def _note_away(context: JobContext, error: StoreAway) -> None:
    async with context.database.unit_of_work() as db:
        await context.hold(db)
        standing = await _standing(db, context.now())
        standing.failures += 1
        standing.away_since = standing.away_since or context.now()
        standing.due_at = context.now() + pause_after(standing.failures)
        standing.problem = str(error)[:200]
    log.warning("object_store_away", reason=str(error), failures=standing.failures)


async def _note_there(context: JobContext) -> None:
    async with context.database.unit_of_work() as db:
        standing = await db.get(StoreStanding, 1)
        if standing is None or standing.away_since is None:
            return
        standing.failures, standing.away_since, standing.problem = 0, None, None
    log.info("object_store_back")


async def _standing(db: AsyncSession, now: datetime) -> StoreStanding:
    standing = await db.get(StoreStanding, 1)
    if standing is None:
        standing = StoreStanding(id=1, failures=0, away_since=None, due_at=now)
        db.add(standing)
    return standing


def _remove(path: Path) -> None:
    """Remove a file, and have the folder forget it for good; nothing if it is gone."""
    remove_file(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
