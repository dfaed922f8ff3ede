"""A recording of two seconds of picture and sound, of a lesson that lasted three."""

from app.live.composing import Composer
from app.live.ledger import DatabaseLedger
from app.recordings import downloads
from app.recordings.models import DownloadForm, Recording, RecordingClip, RecordingState
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.store.keeping import PART, Keeping
from tests.factories import County
from tests.media.composing import grey_clip, tone_clip

SECONDS = 2.0
LESSON_MS = 3_000
PICTURE, SOUND = "replay/1.mp4", "replay/2.mp4"


def clip(
    recording: Recording,
    file: str,
    *,
    has_video: bool = True,
    seat_id: str = "hub",
    group: str = "camera",
) -> RecordingClip:
    return RecordingClip(
        recording_id=recording.id,
        seat_id=seat_id,
        group=group,
        file=file,
        mime="video/mp4",
        start_ms=0,
        duration_ms=round(SECONDS * 1000),
        has_audio=not has_video,
        has_video=has_video,
        bytes=1,
    )


async def make_recording(keeping: Keeping, county: County | None = None) -> Recording:
    """A recording that is ready, its clips real."""
    recording = await keeping.recording({PART: b"part"}, county=county)
    keeping.path(recording, "replay").mkdir()
    grey_clip(keeping.path(recording, PICTURE), 200, SECONDS, size=(320, 180))
    tone_clip(keeping.path(recording, SOUND), 0.3, SECONDS)
    async with keeping.database.unit_of_work() as db:
        for name in (PICTURE, SOUND):
            db.add(clip(recording, name.partition("/")[2], has_video=name == PICTURE))
    ledger = DatabaseLedger(keeping.database, clock=keeping.clock)
    session_id = str(recording.session_id)
    await ledger.record(session_id, [RoomEvent(EventType.SEAT_JOINED, 0, "hub", "hub")])
    await ledger.lesson_ended(session_id, EndReason.ENDED_BY_LECTURER, LESSON_MS, "hub")
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        row.state, row.duration_ms = RecordingState.READY, round(SECONDS * 1000)
    return recording


async def ask_for(keeping: Keeping, recording: Recording, form: DownloadForm) -> None:
    async with keeping.database.unit_of_work() as db:
        row = await db.get_one(Recording, recording.id)
        await downloads.ask_for(db, row, form, now=keeping.clock.now)


async def compose(keeping: Keeping) -> int:
    """Run what is due of the jobs that compose; return how many that were."""
    composer = Composer(keeping.root, keeping.store)
    return await keeping.worker({downloads.KIND: composer.run}).run_due()
