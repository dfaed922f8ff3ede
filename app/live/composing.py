"""The job that makes one file of a whole lesson: what is in it, and the process that makes it.

The process is the media plane's (`python -m media.recorder compose`): what kills it fails this
attempt and nothing else. It stands back behind all others and ends with whoever began it.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import structlog

from app.attendance import queries as attendance_queries
from app.attendance.seats import HUB
from app.attendance.standing import duration_ms
from app.attendance.timeline import Happening, stage_spans
from app.attendance.timeline import Span as Stage
from app.errors import Problem
from app.jobs.context import JobContext, JobResult
from app.recordings import downloads
from app.recordings.builder import NoRoomNow
from app.recordings.downloads import SUFFIX, RecordingDownload
from app.recordings.fetching import Fetcher, stored_copies
from app.recordings.finishing import REPLAY
from app.recordings.models import DownloadForm, Recording, RecordingClip
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY, reserved_bytes
from app.recordings.service import KEPT_FOR_LESSONS
from app.settings import HOME
from app.store.client import ObjectStore
from media.recorder.composition import Plan, PlannedClip, Role, Span
from media.recorder.timeline import Group

log = structlog.get_logger(__name__)

_FORMS = {DownloadForm.LESSON: "whole", DownloadForm.SMALL: "small", DownloadForm.SOUND: "sound"}
#: Words of the page.
FETCHING: Final = "fetching"
#: A process that says nothing for so long hangs.
SILENT_S: Final = 600.0
STAGE_TYPES = ("stage_granted", "stage_released")
#: What a file takes at most, and what is to stay free beside it.
_BYTES_A_SECOND: Final = 2_700_000 // 8
_LEAVE_BYTES: Final = 1024**3
_WORDS = {
    "no_sound": "The lesson has no sound.",
    "disk_full": "There is no room on the disk.",
}


class CannotCompose(Problem):
    """Trying again as it is would not help; `reason` is a key of `_WORDS`."""

    status, type, title = 409, "cannot-compose", "The file cannot be made"


class ComposerDied(Exception):
    """The process ended without a result; its last words are in the message."""


def plan_of(clips: Iterable[RecordingClip], stage: Collection[Stage], *, length_ms: int) -> Plan:
    """Return what is in the file: the hub all the time, classrooms while they are on stage."""
    whole = (Span(0.0, length_ms / 1000),)
    on_stage = {
        seat: tuple(
            Span(span.from_ms / 1000, span.to_ms / 1000) for span in stage if span.seat_id == seat
        )
        for seat in {span.seat_id for span in stage}
    }
    planned = []
    for clip in clips:
        shown = whole if clip.seat_id == HUB else on_stage.get(clip.seat_id, ())
        if not shown:
            continue
        planned.append(
            PlannedClip(
                file=clip.file,
                lane=f"{clip.seat_id}/{clip.group}",
                role=_role(clip),
                start_s=clip.start_ms / 1000,
                duration_s=clip.duration_ms / 1000,
                has_audio=clip.has_audio,
                has_video=clip.has_video,
                shown=shown,
            )
        )
    return Plan(length_ms / 1000, tuple(planned))


def _role(clip: RecordingClip) -> Role:
    if clip.group != Group.CAMERA:
        return Role.CONTENT
    return Role.LEAD if clip.seat_id == HUB else Role.GUEST


@dataclass(frozen=True, slots=True)
class _Made:
    duration_ms: int
    lufs: float | None
    took_s: float


class Composer:
    """Runs the job."""

    def __init__(self, root: Path, store: ObjectStore | None) -> None:
        self._root = root
        self._fetcher = Fetcher(root, store)

    async def run(self, context: JobContext) -> JobResult:
        """Make the file and offer it. What was made already stays.

        Where there is no room now it waits.
        """
        try:
            return await self._make(context)
        except NoRoomNow:
            log.warning("lesson_put_off", job_id=str(context.job_id))
            return JobResult(
                {"waits": KEPT_FOR_LESSONS}, again_at=context.now() + ROOM_LOOKED_FOR_EVERY
            )

    async def _make(self, context: JobContext) -> JobResult:
        recording_id = UUID(context.payload["recording_id"])
        form = DownloadForm(context.payload["form"])
        async with context.database.unit_of_work() as db:
            if await downloads.made(db, recording_id, form) is not None:
                return JobResult()
            recording = await downloads.to_compose(db, recording_id)
            session = await attendance_queries.get_session(db, recording.session_id)
            assert session is not None
            events = await attendance_queries.events_of_types(db, session.id, STAGE_TYPES)
        length_ms = max(duration_ms(session, now=context.now()), recording.duration_ms)
        happenings = [Happening(row.type, row.clock_ms, row.seat_id) for row in events]
        stage = stage_spans(happenings, end_ms=length_ms)
        plan = plan_of(recording.clips, stage, length_ms=length_ms)
        async with self._workplace(context, recording) as place:
            await self._bring(context, recording, plan, place)
            out = place / f"lesson{SUFFIX[form]}"
            made = await _compose(context, place, plan, out, form)
            return await self._offer(context, recording, form, out, made)

    @asynccontextmanager
    async def _workplace(self, context: JobContext, recording: Recording) -> AsyncIterator[Path]:
        """Give a folder beside the recording's files, and remove it, also an earlier attempt's."""
        folder = self._root / recording.folder
        name = f"making-{context.job_id.hex}"
        for left_over in await asyncio.to_thread(lambda: list(folder.glob(f"{name}-*"))):
            await asyncio.to_thread(shutil.rmtree, left_over, ignore_errors=True)
        place = folder / f"{name}-{context.lease.hex}"
        await asyncio.to_thread(place.mkdir)
        try:
            yield place
        finally:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)

    async def _bring(
        self, context: JobContext, recording: Recording, plan: Plan, place: Path
    ) -> None:
        async with context.database.unit_of_work() as db:
            copies = await stored_copies(db, recording.id)
            reserved = await reserved_bytes(db, now=context.now())
        files = sorted({clip.file for clip in plan.clips})
        fetched = await asyncio.to_thread(_missing, self._root / recording.folder / REPLAY, files)
        need = plan.duration_s * _BYTES_A_SECOND + _LEAVE_BYTES
        stored = [copies.get(f"{REPLAY}/{file}") for file in fetched]
        need += sum(copy.bytes for copy in stored if copy is not None)
        free = (await asyncio.to_thread(shutil.disk_usage, place)).free
        if free < need:
            raise _hindered("disk_full")
        if free < need + reserved:
            raise NoRoomNow
        for number, file in enumerate(files):
            await context.progress(number, len(files), FETCHING)
            await self._fetcher.bring(recording.folder, f"{REPLAY}/{file}", place / file, copies)

    async def _offer(
        self,
        context: JobContext,
        recording: Recording,
        form: DownloadForm,
        out: Path,
        made: _Made,
    ) -> JobResult:
        # A name of this attempt's own: what a file is, once it was listed, never changes.
        name = f"lesson-{context.lease.hex}{SUFFIX[form]}"
        size = (await asyncio.to_thread(out.stat)).st_size
        speed = round(made.duration_ms / 1000 / max(made.took_s, 0.001), 2)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            if await downloads.is_outdated(db, recording):
                # Less is missing in the replay by now: the file is made of that one.
                log.info("lesson_composed_anew", recording_id=str(recording.id), form=form)
                return JobResult(again_at=context.now())
            await downloads.publish(
                db,
                RecordingDownload(
                    recording_id=recording.id,
                    form=form,
                    file=name,
                    bytes=size,
                    duration_ms=made.duration_ms,
                    lufs=made.lufs,
                    speed=speed,
                    made_at=context.now(),
                ),
            )
            await asyncio.to_thread(_settle, out, self._root / recording.folder / name)
        log.info("lesson_composed", recording_id=str(recording.id), form=form, speed=speed)
        return JobResult({"form": form, "bytes": size, "speed": speed, "lufs": made.lufs})


def _missing(folder: Path, files: Sequence[str]) -> list[str]:
    """Return which files are not in the folder."""
    return [file for file in files if not (folder / file).exists()]


def _settle(out: Path, to: Path) -> None:
    """Give a file its place; from then on it is on the disk. Raise OSError."""
    _flush(out)
    out.rename(to)
    _flush(to.parent)


def _flush(path: Path) -> None:
    """Wait until a file, or what a folder says of its files, is on the disk. Raise OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


async def _compose(
    context: JobContext, place: Path, plan: Plan, out: Path, form: DownloadForm
) -> _Made:
    """Have the process make the file. Raise CannotCompose, ComposerDied."""
    script = place / "plan.json"
    await asyncio.to_thread(script.write_text, plan.to_json(), encoding="utf-8")
    options = ["--form", _FORMS[form]]
    made = None
    telling = _told_by(place / "complaints", "compose", place, script, out, *options)
    async with aclosing(telling):
        async for told in telling:
            if "step" in told:
                await context.progress(told["done_ms"], told["total_ms"], told["step"])
            elif "problem" in told:
                raise _hindered(told["problem"])
            else:
                made = _Made(told["duration_ms"], told["lufs"], told["took_s"])
    if made is None:
        raise ComposerDied("it said nothing of what it made")
    return made


async def _told_by(complaints: Path, *arguments: Path | str) -> AsyncGenerator[dict[str, Any]]:
    """Yield what the process says, line by line. Raise ComposerDied."""
    with await asyncio.to_thread(complaints.open, "wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "media.recorder", *map(str, arguments)),
            cwd=HOME,
            # Open for as long as this process lives: the other ends when it is closed.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        while True:
            async with asyncio.timeout(SILENT_S):
                line = await process.stdout.readline()
            if not line:
                break
            yield json.loads(line)
        code = await process.wait()
    except TimeoutError:
        raise ComposerDied(f"it said nothing for {SILENT_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        said = (await asyncio.to_thread(complaints.read_text, errors="replace")).strip()
        raise ComposerDied(f"it ended with {code}: {said[-500:]}")


def _hindered(reason: str) -> CannotCompose:
    return CannotCompose(_WORDS[reason], reason=reason)
