"""What happens to a recording, from being armed at 开课 to being playable."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.recordings import queries
from app.recordings.builder import ReplayIndex
from app.recordings.keys import clip_name
from app.recordings.leftovers import REPLACED_KEPT_FOR, leave
from app.recordings.models import (
    NEXT_RECORDING_STATE,
    PLAYABLE,
    Recording,
    RecordingClip,
    RecordingState,
)

NO_MEDIA = "no_media"
KEPT_FOR_LESSONS = "kept_for_lessons"
"""The replay waits: what is left of the disk is for the lessons of today."""
UNREADABLE = "None of the files that were recorded can be read."
MOST_PROBLEM = 200  # the column's width; what fails to fit must not keep events out of the ledger

_WORTH_FINISHING = (
    RecordingState.FINALISING,
    RecordingState.SEALED,
    RecordingState.PROCESSING,
    RecordingState.BROKEN,
)
# From what a replay that was made leads to what.
_MADE = {
    RecordingState.PROCESSING: RecordingState.READY,
    RecordingState.BROKEN: RecordingState.REPAIRED,
}
# What the live room says about its recorder, and the state it means.
_STATE_AFTER = {
    "recording_started": RecordingState.RECORDING,
    "recording_failed": RecordingState.GAP,
    "recording_recovered": RecordingState.RECORDING,
}


async def arm(db: AsyncSession, *, session_id: UUID, lesson_id: UUID, now: datetime) -> Recording:
    """Make a lesson's recording ready to begin with the first packet."""
    recording = Recording(
        session_id=session_id,
        lesson_id=lesson_id,
        folder=f"{now:%Y-%m}/{session_id}",
        started_at=now,
    )
    db.add(recording)
    await db.flush()
    return recording


async def take_in(
    db: AsyncSession, *, session_id: UUID, lesson_id: UUID, folder: str, started_at: datetime
) -> Recording:
    """Make the row of a recording that lies on the disk, into which nobody writes any more."""
    recording = Recording(
        session_id=session_id,
        lesson_id=lesson_id,
        folder=folder,
        started_at=started_at,
        state=RecordingState.FINALISING,
    )
    db.add(recording)
    await db.flush()
    return recording


async def follow_recorder(
    db: AsyncSession, *, session_id: UUID, event_type: str, problem: str | None
) -> None:
    """Take over what the recorder reported while the lesson ran.

    A report that leads nowhere new (a second start after a restart) changes no state.
    """
    recording = await queries.of_session(db, session_id)
    to = _STATE_AFTER.get(event_type)
    if recording is None or to is None:
        return
    if to in NEXT_RECORDING_STATE[recording.state]:
        recording.state = to
        recording.problem = problem[:MOST_PROBLEM] if problem and to is RecordingState.GAP else None


async def begin_finalising(db: AsyncSession, *, session_id: UUID) -> None:
    """The lesson is over: nothing is written any more, and the replay is due."""
    recording = await queries.of_session(db, session_id)
    if recording is not None and RecordingState.FINALISING in NEXT_RECORDING_STATE[recording.state]:
        recording.state = RecordingState.FINALISING


async def seal(db: AsyncSession, *, recording_id: UUID, manifest_sha256: str | None) -> bool:
    """Fix what was recorded by the hash of its manifest. Return whether a replay is to be made.

    None says that there is no manifest: nobody sent anything. A recording sealed before, whose
    replay was not finished, stays in its state and is to be made again.
    """
    recording = await _held(db, recording_id)
    if recording.state not in _WORTH_FINISHING:
        return False
    if manifest_sha256 is None:
        await break_off(db, recording_id=recording_id, problem=NO_MEDIA)
        return False
    if recording.state is RecordingState.FINALISING:
        _move(recording, RecordingState.SEALED)
    recording.manifest_sha256 = manifest_sha256
    return True


async def lacks_replay(db: AsyncSession, *, recording_id: UUID) -> bool:
    """Return whether a replay is to be made still."""
    return (await db.get_one(Recording, recording_id)).state in _WORTH_FINISHING


async def begin_processing(db: AsyncSession, *, recording_id: UUID) -> bool:
    """A replay is being made, for the first time or again. Return whether it still is wanted.

    One that is BROKEN stays so, and says why, until it is made.
    """
    recording = await _held(db, recording_id)
    if recording.state not in _WORTH_FINISHING:
        return False
    if recording.state is not RecordingState.BROKEN:
        _move(recording, RecordingState.PROCESSING)
        recording.problem = None
    return True


async def put_off(db: AsyncSession, *, recording_id: UUID) -> None:
    """Say that a replay waits for room; it is tried again by itself.

    Nothing when it was made by another process meanwhile, or is not wanted any more.
    """
    recording = await _held(db, recording_id)
    if recording.state is RecordingState.PROCESSING:
        recording.problem = KEPT_FOR_LESSONS


async def make_ready(
    db: AsyncSession, *, recording_id: UUID, index: ReplayIndex, now: datetime
) -> None:
    """Make a built replay playable. Its clips take the place of any earlier ones.

    Nothing when another process has made one, or it is not wanted any more.
    """
    recording = await _held(db, recording_id)
    if recording.state not in _MADE:
        return
    await db.execute(delete(RecordingClip).where(RecordingClip.recording_id == recording_id))
    _take(db, recording, index)
    _move(recording, _MADE[recording.state])
    recording.ready_at, recording.problem = now, None


async def mend(db: AsyncSession, *, recording_id: UUID, index: ReplayIndex, now: datetime) -> bool:
    """Show another replay in place of one in which more was missing.

    The clips of that one stay for a day, for whoever is watching them. Return whether it still is
    shown to anybody.
    """
    recording = await _held(db, recording_id)
    if recording.state not in PLAYABLE:
        return False
    shown = (RecordingClip.recording_id == recording_id) & RecordingClip.replaced_at.is_(None)
    for clip in await db.scalars(select(RecordingClip).where(shown)):
        clip.replaced_at = now
        leave(db, recording_id, clip_name(clip.file), now=now, after=REPLACED_KEPT_FOR)
    _take(db, recording, index)
    # Its folder has other files, which are to be kept like the others.
    recording.files_listed_at = None
    return True


def _take(db: AsyncSession, recording: Recording, index: ReplayIndex) -> None:
    db.add_all(
        RecordingClip(
            recording_id=recording.id,
            seat_id=clip.seat_id,
            group=clip.group,
            file=clip.file,
            mime=clip.mime,
            start_ms=clip.start_ms,
            duration_ms=clip.duration_ms,
            has_audio=clip.has_audio,
            has_video=clip.has_video,
            bytes=clip.bytes,
        )
        for clip in index.clips
    )
    recording.duration_ms = index.duration_ms
    recording.bytes = sum(clip.bytes for clip in index.clips)
    recording.missing = [asdict(each) for each in index.missing]


async def break_off(db: AsyncSession, *, recording_id: UUID, problem: str) -> None:
    """Say why a replay could not be made; it is tried again.

    Nothing when it was made by another process meanwhile, or is not wanted any more.
    """
    recording = await _held(db, recording_id)
    if recording.state not in _WORTH_FINISHING:
        return
    _move(recording, RecordingState.BROKEN)
    recording.problem = problem[:MOST_PROBLEM]


async def _held(db: AsyncSession, recording_id: UUID) -> Recording:
    """Return a recording whose state nobody else changes until this transaction is over."""
    return await db.get_one(Recording, recording_id, with_for_update=True)


def _move(recording: Recording, to: RecordingState) -> None:
    """Move on; a second attempt may find it there already."""
    if recording.state is to:
        return
    assert to in NEXT_RECORDING_STATE[recording.state], f"{recording.state} does not become {to}"
    recording.state = to
