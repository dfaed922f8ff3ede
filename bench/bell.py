"""How soon the lessons of a county are sealed and can be played that end on one bell.

    python -m bench.bell [--lessons 8] [--minutes 45]

What seals in the server, its worker, the real builder and a real database. The parts of all lessons
are those of one that was recorded, under other names (hard links), so that they are read from
memory once the first was. Everything runs beside whatever else the machine does.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.attendance.events import SessionClosed
from app.clock import utc_now
from app.database import Database
from app.events import EventBus
from app.jobs.files import JobFiles
from app.jobs.models import Queue
from app.jobs.worker import Worker
from app.lessons.models import Lesson, LessonState
from app.live import service
from app.live.replay_builder import ProcessReplayBuilder
from app.live.replays import Replays
from app.live.sealing import Sealing
from app.recordings.finishing import REPLAY_KIND
from app.recordings.models import PLAYABLE, Recording, RecordingState
from app.recordings.service import begin_finalising
from bench.impair import school
from bench.measure import machine
from bench.recording import CAMERA, LOOP_S, MICROPHONE, Track, encode_camera, write_lesson
from tests.media.rtp_source import encode_opus

ROOT = Path(__file__).parents[1]
LOOK_S = 0.05
_UNSEALED = frozenset({RecordingState.ARMED, RecordingState.RECORDING, RecordingState.FINALISING})


@dataclass(frozen=True, slots=True)
class Bell:
    """Seconds after the bell, of each lesson in the order of the bell."""

    sealed_s: list[float]
    playable_s: list[float]


async def ring(place: Path, template: Path, lessons: int) -> Bell:
    """End `lessons` lessons at once, all recorded as `template`; return when they were made."""
    made = await school.prepare(place, classrooms=1, lesson_count=lessons)
    root = place / "recordings"
    database = Database(school.database_url(place), EventBus())
    try:
        sessions = [
            await _ended(database, UUID(lesson_id), root, template) for lesson_id in made.lesson_ids
        ]
        async with _server(database, root) as sealing:
            began_s = time.monotonic()
            for session_id in sessions:
                await sealing.session_closed(SessionClosed(session_id))
            came = await _watch(database, sessions, began_s)
        if isinstance(came, str):
            raise RuntimeError(f"a recording is broken: {came}")
        return came
    finally:
        await database.close()


@asynccontextmanager
async def _server(database: Database, root: Path) -> AsyncIterator[Sealing]:
    """Give what seals; beside it works the worker of a server."""
    builder = ProcessReplayBuilder()
    sealing = Sealing(
        database,
        recordings_dir=root,
        builder=builder,
        clock=utc_now,
        is_room_open=lambda _: False,
    )
    worker = Worker(
        database,
        database.events,
        handlers={REPLAY_KIND: Replays(root, None, builder).run},
        periodic={},
        files=JobFiles(root.parent / "files"),
        queues=frozenset({Queue.REPLAYS}),
        clock=utc_now,
    )
    async with asyncio.TaskGroup() as tasks, worker.running():
        task = tasks.create_task(sealing.run())
        yield sealing
        task.cancel()


async def _ended(database: Database, lesson_id: UUID, root: Path, template: Path) -> UUID:
    """Have a lesson be over, with a recording of its own; return its session's id."""
    now = utc_now()
    async with database.unit_of_work() as db:
        lecturer_id = (await db.get_one(Lesson, lesson_id)).lecturer_id
        session = await service.start_lesson(
            db, lesson_id=lesson_id, lecturer_id=lecturer_id, now=now
        )
        await begin_finalising(db, session_id=session.id)
        session.lesson.ended_at, session.lesson.state = now, LessonState.ENDED
        query = select(Recording.folder).where(Recording.session_id == session.id)
        folder = root / (await db.scalars(query)).one()
        session_id = session.id
    await asyncio.to_thread(_copy, template, folder)
    return session_id


def _copy(template: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in template.iterdir():
        if path.suffix == ".jsonl":
            shutil.copy(path, folder / path.name)
        else:
            os.link(path, folder / path.name)


async def _watch(database: Database, sessions: Sequence[UUID], began_s: float) -> Bell | str:
    """Return when all were made, or what broke one."""
    sealed: dict[UUID, float] = {}
    playable: dict[UUID, float] = {}
    query = select(Recording.session_id, Recording.state, Recording.problem)
    while len(playable) < len(sessions):
        await asyncio.sleep(LOOK_S)
        async with database.unit_of_work() as db:
            rows = (await db.execute(query)).all()
        now_s = time.monotonic() - began_s
        for session_id, state, problem in rows:
            if state is RecordingState.BROKEN:
                return problem or "it does not say why"
            if state not in _UNSEALED:
                sealed.setdefault(session_id, now_s)
            if state in PLAYABLE:
                playable.setdefault(session_id, now_s)
    return Bell([sealed[each] for each in sessions], [playable[each] for each in sessions])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.bell", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--lessons", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=45.0)
    options = parser.parse_args(arguments)
    if options.lessons < 1 or options.minutes < LOOP_S / 60:
        parser.error("a lesson has at least ten seconds, and there is at least one")
    print(machine())
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as place:
        tracks = [
            Track(CAMERA, "H264", 90_000, encode_camera()),
            Track(MICROPHONE, "opus", 48_000, encode_opus(LOOP_S)),
        ]
        write_lesson(Path(place) / "recorded", tracks, options.minutes)
        bell = asyncio.run(ring(Path(place), Path(place) / "recorded", options.lessons))
    for name, seconds in (("sealed", bell.sealed_s), ("playable", bell.playable_s)):
        ordered = sorted(seconds)
        print(
            f"{name} after the bell: first {ordered[0]:.1f} s, "
            f"median {ordered[len(ordered) // 2]:.1f} s, last {ordered[-1]:.1f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
