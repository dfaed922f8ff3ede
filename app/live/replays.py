"""The queue of replays to be made: one at a time, each as soon as its room has closed."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from app.attendance.events import SessionClosed
from app.database import Database
from app.recordings import queries
from app.recordings.builder import NoRoomNow, ReplayBuilder, ReplayFailed
from app.recordings.finishing import finish
from app.recordings.models import Recording
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY
from app.recordings.service import NO_MEDIA
from media.recorder.places import SecondPlace

log = structlog.get_logger(__name__)

ROOM_POLL_S = 0.1
ROOM_CLOSES_WITHIN_S = 60.0
RETRY_AFTER_S = (0.5, 1.0, 10.0, 60.0, 600.0)
"""What failed may mend by itself: the builder was killed, the disk was full, the database away. The
last holds for every further one; after `MOST_ATTEMPTS` the next start of the server tries again."""
MOST_ATTEMPTS = 20
ROOM_LOOKED_FOR_EVERY_S = ROOM_LOOKED_FOR_EVERY.total_seconds()


class ReplayQueue:
    """Makes replays while the server runs. What is queued is also in the database.

    `is_room_open` says whether the media plane may still be writing to a session's folder.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        second: SecondPlace | None = None,
        builder: ReplayBuilder,
        clock: Callable[[], datetime],
        is_room_open: Callable[[UUID], bool],
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._second = second
        self._builder = builder
        self._clock = clock
        self._is_room_open = is_room_open
        # At most one entry per recording: unbounded in name only.
        self._queue: asyncio.Queue[UUID] = asyncio.Queue()
        # Of those that failed, how often; gone with the attempt that succeeds.
        self._failed: dict[UUID, int] = {}

    async def session_closed(self, event: SessionClosed) -> None:
        """Have the replay of a lesson that just ended made."""
        async with self._database.unit_of_work() as db:
            recording = await queries.of_session(db, event.session_id)
        if recording is not None:
            self._queue.put_nowait(recording.id)

    async def enqueue_unfinished(self) -> None:
        """Have made what an earlier run of the server left undone, or failed to make."""
        async with self._database.unit_of_work() as db:
            for recording_id in await queries.unfinished(db):
                self._queue.put_nowait(recording_id)

    async def run(self) -> None:
        """Make replays until cancelled. One that fails is tried again later; the next is made."""
        while True:
            recording_id = await self._queue.get()
            try:
                await self._make(recording_id)
            except NoRoomNow:
                log.warning("replay_put_off", recording_id=str(recording_id))
                self._again_in(recording_id, ROOM_LOOKED_FOR_EVERY_S)
            except ReplayFailed as failure:
                log.error("replay_failed", recording_id=str(recording_id), problem=failure.problem)
                if failure.problem != NO_MEDIA:  # trying again would find nothing again
                    self._try_again(recording_id)
            except Exception:
                log.exception("replay_not_finished", recording_id=str(recording_id))
                self._try_again(recording_id)
            else:
                self._failed.pop(recording_id, None)

    def _try_again(self, recording_id: UUID) -> None:
        """Queue it once more after a while, which grows with every failure."""
        failures = self._failed.pop(recording_id, 0)
        if failures + 1 >= MOST_ATTEMPTS:
            return
        self._failed[recording_id] = failures + 1
        self._again_in(recording_id, RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)])

    def _again_in(self, recording_id: UUID, after_s: float) -> None:
        asyncio.get_running_loop().call_later(after_s, self._queue.put_nowait, recording_id)

    async def _make(self, recording_id: UUID) -> None:
        async with self._database.unit_of_work() as db:
            session_id = (await db.get_one(Recording, recording_id)).session_id
        try:
            async with asyncio.timeout(ROOM_CLOSES_WITHIN_S):
                while self._is_room_open(session_id):  # noqa: ASYNC110 - a room has no such event
                    await asyncio.sleep(ROOM_POLL_S)
        except TimeoutError:
            # Building from files still being written would show a lesson without its end.
            self._queue.put_nowait(recording_id)
            log.warning("room_still_open", session_id=str(session_id))
            return
        second = None  # where it should be and is not, the log says so (`app.live.room_watch`)
        if self._second is not None and await asyncio.to_thread(self._second.is_there):
            second = self._second.folder
        await finish(
            self._database,
            recording_id=recording_id,
            root=self._recordings_dir,
            second_root=second,
            builder=self._builder,
            clock=self._clock,
        )
