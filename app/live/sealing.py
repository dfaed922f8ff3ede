"""Recordings sealed at the bell: all at once, each as soon as its own room has closed.

This is the server's own work, for it alone knows whether a room is open. What takes long, the
replay, is a job that sealing asks for (`app.live.replays`).
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from app.attendance.events import SessionClosed
from app.database import Database, is_unavailable
from app.recordings import queries
from app.recordings.builder import ReplayBuilder
from app.recordings.finishing import seal
from app.recordings.models import Recording

log = structlog.get_logger(__name__)

ROOM_POLL_S = 0.1
ROOM_CLOSES_WITHIN_S = 60.0
"""After that the log says that a room is still open. Its recording waits for as long as it is."""
SEALED_AT_ONCE = 4
"""Each is a process that reads a manifest and, after a crash, the last part of each track."""
RETRY_AFTER_S = (0.5, 1.0, 10.0, 60.0)
"""What failed may mend by itself: the database was away. The last holds for every further one."""


class Sealing:
    """Seals recordings while the server runs. What is to be sealed is also in the database.

    `is_room_open` says whether the media plane may still be writing to a session's folder.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        builder: ReplayBuilder,
        clock: Callable[[], datetime],
        is_room_open: Callable[[UUID], bool],
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._builder = builder
        self._clock = clock
        self._is_room_open = is_room_open
        # At most one entry per recording: unbounded in name only.
        self._queue: asyncio.Queue[UUID] = asyncio.Queue()
        self._under_way: set[UUID] = set()
        # Who comes first goes first (asyncio's semaphore keeps the order).
        self._lanes = asyncio.Semaphore(SEALED_AT_ONCE)

    async def session_closed(self, event: SessionClosed) -> None:
        """Have the recording of a lesson that just ended sealed."""
        async with self._database.unit_of_work() as db:
            recording = await queries.of_session(db, event.session_id)
        if recording is not None:
            self._queue.put_nowait(recording.id)

    async def enqueue_unfinished(self) -> None:
        """See to what an earlier run of the server left unsealed, or without its replay."""
        async with self._database.unit_of_work() as db:
            for recording_id in await queries.unfinished(db):
                self._queue.put_nowait(recording_id)

    async def run(self) -> None:
        """Seal until cancelled. One that waits or fails holds up no other."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                recording_id = await self._queue.get()
                if recording_id not in self._under_way:
                    self._under_way.add(recording_id)
                    tasks.create_task(self._see_to(recording_id))

    async def _see_to(self, recording_id: UUID) -> None:
        """Seal one recording, however often that takes."""
        failures = 0
        while True:
            try:
                await self._seal(recording_id)
                break
            except Exception as error:
                if is_unavailable(error):
                    log.warning("recording_not_sealed", recording_id=str(recording_id))
                else:
                    log.exception("recording_not_sealed", recording_id=str(recording_id))
            await asyncio.sleep(RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)])
            failures += 1
        self._under_way.discard(recording_id)

    async def _seal(self, recording_id: UUID) -> None:
        async with self._database.unit_of_work() as db:
            session_id = (await db.get_one(Recording, recording_id)).session_id
        await self._room_closed(session_id)
        async with self._lanes:
            await seal(
                self._database,
                recording_id=recording_id,
                root=self._recordings_dir,
                builder=self._builder,
                now=self._clock(),
            )

    async def _room_closed(self, session_id: UUID) -> None:
        """Wait until nobody writes any more: sealed before, a lesson would lack its end."""
        waited_s = 0.0
        while self._is_room_open(session_id):
            await asyncio.sleep(ROOM_POLL_S)
            waited_s += ROOM_POLL_S
            if waited_s >= ROOM_CLOSES_WITHIN_S:
                log.warning("room_still_open", session_id=str(session_id))
                waited_s = 0.0
