"""Rows in which a worker is killed while it makes something of a recording; and such a worker."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import av
from sqlalchemy import select, update

from app.clock import utc_now
from app.jobs import service as jobs
from app.jobs.models import Job, JobState
from app.recordings import downloads, micro_lessons, purging
from app.recordings import queries as recordings
from app.recordings.leftovers import RecordingLeftover
from app.recordings.models import PLAYABLE, DownloadForm
from bench.drill import kept as disk
from bench.drill.holding import drill_lesson
from bench.drill.lesson import Drill, DrillFailed
from bench.drill.processes import has_ended, until_child
from bench.drill.verdict import Outcome, bugs_in

LOG = "worker.log"
"""What all workers of a lesson have said."""
_CHECKOUT = Path(__file__).resolve().parents[2]
_LESSON_S = 9.0
_STARTS_WITHIN_S = 30.0
_DONE_WITHIN_S = 120.0
"""A worker that died is missed after the lease of its job (`app.jobs.service.LEASE`), at most."""
_ENDS_WITHIN_S = 10.0
_LOOK_S = 0.1
_FROM_MS, _UNTIL_MS = 1_000, 4_000
_OFF_S = 0.5


async def start_worker(drill: Drill, stack: AsyncExitStack) -> asyncio.subprocess.Process:
    """Start one that works for the server of a lesson until the stack ends it."""
    with (drill.folder / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "worker"),
            cwd=_CHECKOUT,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **drill.server.environment},  # noqa: TID251 - a child's environment
        )

    async def stop() -> None:
        if process.returncode is None:
            process.terminate()
            await process.wait()

    stack.push_async_callback(stop)
    return process


async def composer(folder: Path) -> Outcome:
    """`kill -9` of a worker while it composes the film of a lesson, and of one while it cuts."""
    settings = {"CLASSROOMS_JOBS_IN_SERVER": ""}
    async with drill_lesson(folder, settings=settings) as drill, AsyncExitStack() as stack:
        worker = await start_worker(drill, stack)
        await asyncio.sleep(_LESSON_S)
        await drill.ring()
        playable_s = await drill.until_playable()
        await _until_ready(drill)
        own = f"/api/sessions/{await drill.session_id()}"
        others = []
        for kind, step, path, body in (
            (downloads.KIND, "compose", f"{own}/downloads/{DownloadForm.LESSON}", None),
            (micro_lessons.KIND, "cut", f"{own}/micro-lessons", _PIECE),
        ):
            await drill.watching.post(path, body)
            others += await _kill_at(worker, f"media.recorder {step}")
            worker = await start_worker(drill, stack)
            attempts = await _until_done(drill, kind)
            others.append((f"{step}: {attempts} attempts, not 2", attempts == 2))
        await _purge(drill)
        outcome = await drill.judge("composer", playable_s=playable_s)
        outcome.others += [*others, *await _films(drill)]
        said = (drill.folder / LOG).read_text()
        outcome.others += [(f"a worker met a bug: {words}", False) for words in bugs_in(said, ())]
        return outcome


_PIECE: Mapping[str, Any] = {"title": "one piece", "from_ms": _FROM_MS, "until_ms": _UNTIL_MS}


async def _until_ready(drill: Drill) -> None:
    """Wait until there is a replay to make a film of. Raise DrillFailed."""
    session_id = await drill.session_id()
    give_up_at = time.monotonic() + _DONE_WITHIN_S
    async with drill.opened() as database:
        while time.monotonic() < give_up_at:
            async with database.unit_of_work() as db:
                recording = await recordings.of_session(db, session_id)
                if recording is not None and recording.state in PLAYABLE:
                    return
            await asyncio.sleep(_LOOK_S)
    raise DrillFailed("the recording never was ready")


async def _kill_at(worker: asyncio.subprocess.Process, words: str) -> list[tuple[str, bool]]:
    """End a worker as a crash would once it has begun such a process, which is to end with it."""
    child = await until_child(worker.pid, words, within_s=_STARTS_WITHIN_S)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    if child is None:
        return [(f"no {words} to be killed at", False)]
    give_up_at = time.monotonic() + _ENDS_WITHIN_S
    while not has_ended(child) and time.monotonic() < give_up_at:
        await asyncio.sleep(_LOOK_S)
    return [(f"{words} outlived its worker", has_ended(child))]


async def _until_done(drill: Drill, kind: str) -> int:
    """Wait until the one job of a kind is done; return its attempts. Raise DrillFailed."""
    give_up_at = time.monotonic() + _DONE_WITHIN_S
    async with drill.opened() as database:
        while True:
            async with database.unit_of_work() as db:
                job = (await db.scalars(select(Job).where(Job.kind == kind))).one()
            if job.state is JobState.DONE:
                return job.attempts
            if time.monotonic() > give_up_at:
                raise DrillFailed(f"{kind} is {job.state}: {job.problem}")
            await asyncio.sleep(_LOOK_S)


async def _purge(drill: Drill) -> None:
    """Have what is left over removed now, as if its hour were over."""
    async with drill.opened() as database:
        async with database.unit_of_work() as db:
            await db.execute(update(RecordingLeftover).values(due_at=utc_now()))
            job = await jobs.enqueue(
                db, kind=purging.KIND, payload={}, owner=None, dedup_key="drill", now=utc_now()
            )
        give_up_at = time.monotonic() + _DONE_WITHIN_S
        while time.monotonic() < give_up_at:
            async with database.unit_of_work() as db:
                if (await db.get_one(Job, job.id)).state is JobState.DONE:
                    return
            await asyncio.sleep(_LOOK_S)
    raise DrillFailed("what is left over was not looked for")


async def _films(drill: Drill) -> list[tuple[str, bool]]:
    """Say whether the film and the piece decode from end to end, and are as long as they should."""
    folder = await drill.recording_folder()
    lesson_s = drill.bell_s - drill.began_s
    said = []
    for begins, least_s in (("lesson-", lesson_s), ("micro-", (_UNTIL_MS - _FROM_MS) / 1000)):
        names = [name for name in await drill.made() if name.startswith(begins)]
        if len(names) != 1:
            said.append((f"{begins}: {len(names)} files, not one", False))
            continue
        try:
            lasts_s = await asyncio.to_thread(disk.film_s, folder / names[0])
        except (OSError, av.FFmpegError) as error:
            said.append((f"{names[0]}: {error}", False))
            continue
        is_whole = lasts_s >= least_s - _OFF_S
        said.append((f"{begins}: {lasts_s:.1f} s, not {least_s:.1f} s", is_whole))
    return said
