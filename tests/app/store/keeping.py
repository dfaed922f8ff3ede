"""Recordings whose files are kept: their folders, their rows, and the job that does it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import select

from app.database import Database
from app.jobs import service as jobs
from app.jobs.context import Handlers
from app.jobs.files import JobFiles
from app.jobs.models import Job, JobState, Queue
from app.jobs.worker import Worker
from app.live import service as live
from app.recordings import uploading
from app.recordings.copies import CopyState, RecordingFile, StoreStanding
from app.recordings.models import Recording, RecordingState
from app.recordings.uploading import Uploader
from app.settings import Settings
from app.store.client import ObjectStore
from tests.app.conftest import Clock
from tests.app.store.servers import noise
from tests.factories import County, make_county, make_lesson

PART = "1-000001.mp4"
CLIP = "replay/0001-hub-camera.mp4"


@dataclass
class Keeping:
    """What the tests look at."""

    database: Database
    clock: Clock
    root: Path
    store: ObjectStore | None

    async def recording(
        self,
        files: dict[str, bytes] | None = None,
        *,
        state: RecordingState = RecordingState.READY,
        county: County | None = None,
    ) -> Recording:
        """Return a recording with a part and a clip, or with these files, and their manifest."""
        files = {PART: noise(40_000), CLIP: noise(90_000, 2)} if files is None else files
        async with self.database.unit_of_work() as db:
            county = county or await make_county(db)
            lesson = await make_lesson(db, lecturer=county.teacher, hub=county.hub)
            session = await live.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=self.clock.now
            )
            query = select(Recording).where(Recording.session_id == session.id)
            recording = (await db.scalars(query)).one()
            recording.state, recording.ready_at = state, self.clock.now
            recording.manifest_sha256 = "0" * 64
        for name, content in files.items():
            path = self.path(recording, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        manifest = "".join(
            map(_closing_line, (item for item in files.items() if "/" not in item[0]))
        )
        self.path(recording, "manifest.jsonl").write_text(manifest)
        return recording

    def path(self, recording: Recording, name: str) -> Path:
        return self.root / recording.folder / name

    async def run(self, *, times: int = 1) -> None:
        """Have the job run, as a worker that has just been started would."""
        for _ in range(times):
            async with self.database.unit_of_work() as db:
                waiting = await db.scalar(select(Job).where(Job.kind == uploading.KIND))
                if waiting is None:
                    await jobs.enqueue(
                        db, kind=uploading.KIND, payload={}, owner=None, now=self.clock.now
                    )
            worker = self.worker({uploading.KIND: Uploader(self.root, self.store).run})
            assert await worker.run_due() == 1
            self.clock.now = await self._next_run()

    def worker(self, handlers: Handlers) -> Worker:
        """Return a worker for some kinds of jobs, with no state of its own."""
        return Worker(
            self.database,
            self.database.events,
            handlers=handlers,
            periodic={},
            files=JobFiles(self.root / "jobs"),
            queues=frozenset(Queue),
            clock=self.clock,
        )

    async def _next_run(self) -> datetime:
        async with self.database.unit_of_work() as db:
            job = (await db.scalars(select(Job).where(Job.kind == uploading.KIND))).one()
            assert job.state is JobState.QUEUED, (job.state, job.problem)
            return max(job.run_after, self.clock.now + timedelta(milliseconds=1))

    async def files(self, recording: Recording) -> dict[str, RecordingFile]:
        async with self.database.unit_of_work() as db:
            rows = await db.scalars(
                select(RecordingFile).where(RecordingFile.recording_id == recording.id)
            )
            return {row.name: row for row in rows}

    async def states(self, recording: Recording) -> dict[str, CopyState]:
        return {name: row.state for name, row in (await self.files(recording)).items()}

    async def standing(self) -> StoreStanding | None:
        async with self.database.unit_of_work() as db:
            return await db.get(StoreStanding, 1)


def keeping_of(app: FastAPI, clock: Clock, settings: Settings) -> Keeping:
    """Return the recordings of a server."""
    return Keeping(app.state.database, clock, settings.recordings_dir.absolute(), app.state.store)


def _closing_line(item: tuple[str, bytes]) -> str:
    name, content = item
    sha256 = hashlib.sha256(content).hexdigest()
    line = {"type": "part_closed", "file": name, "bytes": len(content), "sha256": sha256}
    return json.dumps(line) + "\n"
