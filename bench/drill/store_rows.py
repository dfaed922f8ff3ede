"""Rows in which what is around the server fails: its object store, its database, a worker."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import select, update

from app.clock import utc_now
from app.database import Database
from app.jobs.models import Job, JobState
from app.recordings import uploading
from app.recordings.copies import CopyState, RecordingFile
from bench.data import postgres
from bench.drill.faults import NotShown
from bench.drill.holding import drill_lesson
from bench.drill.lesson import Drill
from bench.drill.verdict import Outcome
from bench.drill.workers import start_worker
from bench.impair.trace import wall_s
from tests.app.store.servers import CREDENTIALS, RCLONE, Line, S3Server

_LESSON_S = 6.0
_BAD_FOR_S = 10.0
_STORED_WITHIN_S = 60.0
_BEFORE_S, _AWAY_S, _AFTER_S = 6.0, 60.0, 6.0
_LOOK_S = 0.02
_STARTS_WITHIN_S = 30.0
_SLOW_S = 0.4
_BREAKS_AFTER_BYTES = 20_000
_STORED = frozenset({CopyState.SENT, CopyState.VERIFIED})


@asynccontextmanager
async def _store(folder: Path) -> AsyncIterator[tuple[S3Server, Line]]:
    """Have a real S3 server and a way to it on which things can go wrong. Raise NotShown."""
    if not RCLONE.exists():
        raise NotShown("`rclone`, of the packages for development, is not installed")
    server = S3Server(folder / "s3")
    await asyncio.to_thread(server.start)
    line = Line(server.port)
    await line.open()
    try:
        yield server, line
    finally:
        await line.close()
        await asyncio.to_thread(server.stop)


def _settings(line: Line) -> dict[str, str]:
    return {
        "CLASSROOMS_STORE_URL": f"http://127.0.0.1:{line.own_port}/bucket",
        "CLASSROOMS_STORE_KEY_ID": CREDENTIALS.key_id,
        "CLASSROOMS_STORE_SECRET": CREDENTIALS.secret,
    }


async def _bad_store(row: str, folder: Path, **how: object) -> Outcome:
    """The store goes bad before the bell and is well again some seconds later."""
    async with (
        _store(folder) as (server, line),
        drill_lesson(folder, settings=_settings(line)) as drill,
    ):
        await asyncio.sleep(_LESSON_S)
        await line.change(**how)
        await drill.ring()
        playable_s = await drill.until_playable()
        await _look_now(drill)
        await asyncio.sleep(_BAD_FOR_S)
        asked = len(line.requests)
        await line.change()
        stored = await _until_stored(drill, server)
        outcome = await drill.judge(row, playable_s=playable_s)
        outcome.others += [stored, ("the store was never asked", asked > 0 or "is_cut" in how)]
        return outcome


store_away = partial(_bad_store, "store-away", is_cut=True)
store_slow = partial(_bad_store, "store-slow", pause_s=_SLOW_S)
store_refuses = partial(_bad_store, "store-refuses", refuses=403)
store_truncates = partial(_bad_store, "store-truncates", up_bytes=_BREAKS_AFTER_BYTES)


async def _look_now(drill: Drill) -> None:
    """Have the job that sends recordings look now: it does once a minute."""
    async with drill.opened() as database, database.unit_of_work() as db:
        waiting = (Job.kind == uploading.KIND) & (Job.state == JobState.QUEUED)
        await db.execute(update(Job).where(waiting).values(run_after=utc_now()))


async def _until_stored(drill: Drill, server: S3Server) -> tuple[str, bool]:
    """Wait until the store has every file of the recording as the disk has it."""
    folder = await drill.recording_folder()
    missing: list[str] = []
    async with drill.opened() as database:
        for _ in range(round(_STORED_WITHIN_S / 0.5)):
            states = await _states(database)
            missing = [name for name, state in states.items() if state not in _STORED]
            if states and not missing:
                break
            await asyncio.sleep(0.5)
    objects = server.objects().values()
    files = [path for path in folder.rglob("*") if path.is_file()]
    lost = [path.name for path in files if path.read_bytes() not in objects]
    wrong = sorted({*missing, *lost})
    return f"not in the store: {', '.join(wrong[:5]) or 'anything'}", bool(files) and not wrong


async def _states(database: Database) -> dict[str, CopyState]:
    async with database.unit_of_work() as db:
        return {each.name: each.state for each in await db.scalars(select(RecordingFile))}


async def worker(folder: Path) -> Outcome:
    """`kill -9` of a worker while it sends a recording to the store; another takes over."""
    async with _store(folder) as (server, line):
        settings = {**_settings(line), "CLASSROOMS_JOBS_IN_SERVER": ""}
        async with drill_lesson(folder, settings=settings) as drill, AsyncExitStack() as stack:
            first = await start_worker(drill, stack)
            await asyncio.sleep(_LESSON_S)
            await line.change(pause_s=_SLOW_S)
            await drill.ring()
            playable_s = await drill.until_playable()
            await _look_now(drill)
            was_busy = await _until_job(drill, lambda job: job.state is JobState.RUNNING)
            first.send_signal(signal.SIGKILL)
            await first.wait()
            await line.change()
            await start_worker(drill, stack)
            stored = await _until_stored(drill, server)
            again = await _until_job(drill, lambda job: job.attempts > 1 or not job.lease)
            outcome = await drill.judge("worker", playable_s=playable_s)
            outcome.others += [
                stored,
                ("the worker had nothing to do", was_busy),
                ("nobody took the job over", again),
            ]
            return outcome


async def _until_job(drill: Drill, is_so: Callable[[Job], bool]) -> bool:
    """Wait until the job that sends recordings is so; False if it never is."""
    async with drill.opened() as database:
        for _ in range(round(_STARTS_WITHIN_S / _LOOK_S)):
            async with database.unit_of_work() as db:
                job = await db.scalar(select(Job).where(Job.kind == uploading.KIND))
                if job is not None and is_so(job):
                    return True
            await asyncio.sleep(_LOOK_S)
    return False


async def database(folder: Path) -> Outcome:
    """PostgreSQL is ended at once, as by a crash, and comes back after a minute."""
    async with AsyncExitStack() as stack:
        enter = partial(stack.enter_context, postgres.running())
        server = await asyncio.to_thread(enter)
        url = await asyncio.to_thread(server.new_database, "drill")
        async with drill_lesson(folder, database_url=url) as drill:
            await asyncio.sleep(_BEFORE_S)
            await asyncio.to_thread(server.crash)
            await asyncio.sleep(_AWAY_S)
            await asyncio.to_thread(server.start_again)
            drill.mended_s = wall_s()
            await asyncio.sleep(_AFTER_S)
            await drill.ring()
            # Once a minute the server says, with the reason, that it cannot write things down.
            expected = ["The ledger is out of order"]
            playable_s = await drill.until_playable()
            return await drill.judge("database", playable_s=playable_s, expected=expected)
