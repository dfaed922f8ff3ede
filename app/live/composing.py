"""The job that makes one file of a whole lesson: what is in it, and what is made of it.

The file is made by `python -m media.recorder compose` (`app.live.making`).
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from app.attendance import queries as attendance_queries
from app.attendance.names import seats_of
from app.attendance.seats import HUB
from app.attendance.timeline import Happening, pause_spans, stage_spans
from app.attendance.timeline import Span as Stage
from app.errors import Problem
from app.jobs.context import JobContext, JobResult
from app.live.chapters import chapters_of, file_chapters, shown_in_clips
from app.live.making import (
    FILM_BYTES_A_SECOND,
    LEAVE_BYTES,
    DiskFull,
    ProcessDied,
    flush,
    require_room,
    settle,
    told_by,
    workplace,
)
from app.live.queries import replay_ms
from app.recordings import downloads, leftovers, workplaces
from app.recordings.builder import NoRoomNow
from app.recordings.downloads import SUFFIX, RecordingDownload
from app.recordings.fetching import Fetcher, stored_copies
from app.recordings.keys import REPLAY, clip_name
from app.recordings.models import DownloadForm, Recording, RecordingClip
from app.recordings.reserved import ROOM_LOOKED_FOR_EVERY, reserved_bytes
from app.recordings.service import KEPT_FOR_LESSONS
from app.store.client import ObjectStore
from media.recorder.composition import Plan, PlannedClip, Role, Span
from media.recorder.timeline import Group

log = structlog.get_logger(__name__)

_FORMS = {DownloadForm.LESSON: "whole", DownloadForm.SMALL: "small", DownloadForm.SOUND: "sound"}
#: Words of the page.
FETCHING: Final = "fetching"
TIMELINE_TYPES = ("stage_granted", "stage_released", "paused_all", "restored_all")
_WORDS = {
    "no_sound": "The lesson has no sound.",
    "disk_full": "There is no room on the disk.",
}


class CannotCompose(Problem):
    """Trying again as it is would not help; `reason` is a key of `_WORDS`."""

    status, type, title = 409, "cannot-compose", "The file cannot be made"


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
            events = await attendance_queries.events_of_types(db, session.id, TIMELINE_TYPES)
            seats = await seats_of(db, session.lesson_id, session.id)
        length_ms = replay_ms(session, recording, now=context.now())
        happenings = [Happening(row.type, row.clock_ms, row.seat_id) for row in events]
        stage = stage_spans(happenings, end_ms=length_ms)
        chapters = chapters_of(
            shown_in_clips(recording.clips),
            stage,
            pause_spans(happenings, end_ms=length_ms),
            names={seat.seat_id: seat.label for seat in seats.values()},
            length_ms=length_ms,
        )
        plan = replace(
            plan_of(recording.clips, stage, length_ms=length_ms),
            chapters=file_chapters(chapters, length_ms=length_ms),
        )
        async with workplace(context, self._root / recording.folder, workplaces.COMPOSING) as place:
            await self._bring(context, recording, plan, place)
            out = place / f"lesson{SUFFIX[form]}"
            made = await _compose(context, place, plan, out, form)
            return await self._offer(context, recording, form, out, made)

    async def _bring(
        self, context: JobContext, recording: Recording, plan: Plan, place: Path
    ) -> None:
        async with context.database.unit_of_work() as db:
            copies = await stored_copies(db, recording.id)
            reserved = await reserved_bytes(db, now=context.now())
        files = sorted({clip.file for clip in plan.clips})
        fetched = await asyncio.to_thread(_missing, self._root / recording.folder / REPLAY, files)
        need = plan.duration_s * FILM_BYTES_A_SECOND + LEAVE_BYTES
        stored = [copies.get(clip_name(file)) for file in fetched]
        need += sum(copy.bytes for copy in stored if copy is not None)
        try:
            await require_room(place, need, reserved=reserved)
        except DiskFull:
            raise _hindered("disk_full") from None
        for number, file in enumerate(files):
            await context.progress(number, len(files), FETCHING)
            await self._fetcher.bring(recording.folder, clip_name(file), place / file, copies)

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
        # It may take a disk a while; what offers the file keeps all others from writing to SQLite.
        await asyncio.to_thread(flush, out)
        await leftovers.announce(context, recording.id, name)
        async with context.database.unit_of_work() as db:
            await context.hold(db)
            is_kept = await leftovers.keep(db, recording.id, name, now=context.now())
            if not is_kept or await downloads.is_outdated(db, recording):
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
            await asyncio.to_thread(settle, out, self._root / recording.folder / name)
        log.info("lesson_composed", recording_id=str(recording.id), form=form, speed=speed)
        return JobResult({"form": form, "bytes": size, "speed": speed, "lufs": made.lufs})


def _missing(folder: Path, files: Sequence[str]) -> list[str]:
    """Return which files are not in the folder."""
    return [file for file in files if not (folder / file).exists()]


async def _compose(
    context: JobContext, place: Path, plan: Plan, out: Path, form: DownloadForm
) -> _Made:
    """Have the process make the file. Raise CannotCompose, ProcessDied."""
    script = place / "plan.json"
    await asyncio.to_thread(script.write_text, plan.to_json(), encoding="utf-8")
    options = ["--form", _FORMS[form]]
    made = None
    telling = told_by(place / "complaints", "compose", place, script, out, *options)
    async with aclosing(telling):
        async for told in telling:
            if "step" in told:
                await context.progress(told["done_ms"], told["total_ms"], told["step"])
            elif "problem" in told:
                raise _hindered(told["problem"])
            else:
                made = _Made(told["duration_ms"], told["lufs"], told["took_s"])
    if made is None:
        raise ProcessDied("it said nothing of what it made")
    return made


def _hindered(reason: str) -> CannotCompose:
    return CannotCompose(_WORDS[reason], reason=reason)
