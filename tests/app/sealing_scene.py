"""Lessons that are over, what seals them, and what makes their replays: without an application."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.database import Database
from app.jobs.files import JobFiles
from app.jobs.models import Job, Queue
from app.jobs.worker import Worker
from app.lessons.models import LessonState
from app.live import service
from app.live.replays import Replays
from app.live.sealing import Sealing
from app.recordings.builder import BuiltClip, ReplayFailed, ReplayIndex
from app.recordings.finishing import REPLAY_KIND
from app.recordings.models import Recording, RecordingState
from app.recordings.service import begin_finalising
from tests.app.conftest import Clock
from tests.factories import County, make_lesson

CLIP = BuiltClip("hub", "camera", "a.mp4", "video/mp4", 0, 1000, True, True, 1)


class Builder:
    """Satisfies `ReplayBuilder`; fails for the folders it is told to, waits if it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.built: list[str] = []
        self.breaks_on: set[str] = set()
        self.recovered = 0
        self.clips: tuple[BuiltClip, ...] = (CLIP,)
        self.held: set[str] | None = None
        """Which wait until they may build; None: all."""
        self.may_build = asyncio.Event()
        self.may_build.set()

    async def recover(self, folder: Path) -> None:
        self.recovered += 1
        if folder.name in self.breaks_on:
            raise ReplayFailed("recover: broken")

    async def build(self, folder: Path, out: Path) -> ReplayIndex:
        out.mkdir()
        self.begun.append(folder.name)
        if self.held is None or folder.name in self.held:
            await self.may_build.wait()
        self.built.append(folder.name)
        return ReplayIndex(self.clips, 1000)


class Scene:
    """Lessons that are over, what seals them, and a worker that makes their replays."""

    def __init__(self, database: Database, folder: Path, clock: Clock) -> None:
        self.database = database
        self.folder = folder
        self.builder = Builder()
        self.open_rooms: set[UUID] = set()
        self.replays = Replays(folder, None, self.builder)
        began_s = time.monotonic()

        def now() -> datetime:
            return clock.now + timedelta(seconds=time.monotonic() - began_s)

        self.sealing = Sealing(
            database,
            recordings_dir=folder,
            builder=self.builder,
            clock=now,
            is_room_open=lambda session_id: session_id in self.open_rooms,
        )
        self.worker = Worker(
            database,
            database.events,
            handlers={REPLAY_KIND: self.replays.run},
            periodic={},
            files=JobFiles(folder.parent / "files"),
            queues=frozenset({Queue.REPLAYS}),
            clock=now,
            name="server",
            is_only_one=True,
        )

    async def end_lesson(self, county: County, clock: Clock) -> UUID:
        async with self.database.unit_of_work() as db:
            lesson = await make_lesson(db, lecturer=county.teacher, hub=county.hub)
            session = await service.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
            )
            await begin_finalising(db, session_id=session.id)
            session.lesson.ended_at, session.lesson.state = clock.now, LessonState.ENDED
        folder = self.folder / f"{clock.now:%Y-%m}" / str(session.id)
        folder.mkdir(parents=True)
        (folder / "manifest.jsonl").write_text("{}\n")
        return session.id

    async def until(self, session_id: UUID, state: RecordingState) -> None:
        async with asyncio.timeout(10):
            while await self.state_of(session_id) is not state:
                await asyncio.sleep(0.01)

    async def state_of(self, session_id: UUID) -> RecordingState:
        return (await self.recording_of(session_id)).state

    async def recording_of(self, session_id: UUID) -> Recording:
        async with self.database.unit_of_work() as db:
            query = select(Recording).where(Recording.session_id == session_id)
            return (await db.scalars(query)).one()

    async def job(self) -> Job | None:
        async with self.database.unit_of_work() as db:
            return (await db.scalars(select(Job))).one_or_none()

    async def job_ends(self) -> Job:
        async with asyncio.timeout(10):
            while (job := await self.job()) is None or job.finished_at is None:
                await asyncio.sleep(0.01)
        return job

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks, self.worker.running():
            task = tasks.create_task(self.sealing.run())
            try:
                yield
            finally:
                task.cancel()
