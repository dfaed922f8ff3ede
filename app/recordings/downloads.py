"""One file of a whole lesson to take along: with pictures, or its sound alone.

Made when somebody asks for it, by a job (`app.live.composing`), once for all who may see the
recording. It lies in the recording's folder, so it is kept, proved in the store and removed with
the recording's other files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    delete,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, joinedload, mapped_column, selectinload

from app.database import Base, ClockMs, Id
from app.errors import NotFound
from app.jobs import queries as job_queries
from app.jobs import service as jobs
from app.jobs.models import Job, Queue
from app.recordings.errors import RecordingNotReady
from app.recordings.leftovers import leave
from app.recordings.models import PLAYABLE, DownloadForm, Recording, RecordingClip

KIND: Final = "recordings.compose"

MEDIA_TYPE: Mapping[DownloadForm, str] = {
    DownloadForm.LESSON: "video/mp4",
    DownloadForm.SMALL: "video/mp4",
    DownloadForm.SOUND: "audio/mp4",
}
SUFFIX: Mapping[DownloadForm, str] = {
    DownloadForm.LESSON: ".mp4",
    DownloadForm.SMALL: "-small.mp4",
    DownloadForm.SOUND: ".m4a",
}


class RecordingDownload(Base):
    """A file that was made. `file` is a plain name in the recording's folder.

    `lufs`: how loud it is (EBU R 128); None: there is no sound. `speed`: how many seconds of the
    lesson were made in one.
    """

    __tablename__ = "recording_downloads"
    __table_args__ = (UniqueConstraint("recording_id", "form"),)

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    form: Mapped[DownloadForm]
    file: Mapped[str] = mapped_column(String(200))
    bytes: Mapped[int] = mapped_column(BigInteger)
    duration_ms: Mapped[ClockMs]
    lufs: Mapped[float | None]
    speed: Mapped[float]
    made_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one form: the file, or the job that makes it or failed to, or neither.

    `ahead`: how many others of its queue the job waits for.
    """

    form: DownloadForm
    made: RecordingDownload | None
    job: Job | None
    ahead: int


def _key(recording_id: UUID, form: DownloadForm) -> str:
    return f"{recording_id}:{form}"


async def of_recording(db: AsyncSession, recording_id: UUID, *, now: datetime) -> list[Standing]:
    """Return how it stands with each form. Who may know was decided before."""
    rows = await db.scalars(
        select(RecordingDownload).where(RecordingDownload.recording_id == recording_id)
    )
    made = {row.form: row for row in rows}
    found = []
    for form in DownloadForm:
        job = None if form in made else await job_of(db, recording_id, form)
        ahead = 0 if job is None else await job_queries.ahead_of(db, job, now=now)
        found.append(Standing(form, made.get(form), job, ahead))
    return found


async def job_of(db: AsyncSession, recording_id: UUID, form: DownloadForm) -> Job | None:
    """Return the job that makes, or last made, a file."""
    return await job_queries.last_with(db, KIND, jobs.key_of(KIND, None, _key(recording_id, form)))


async def ask_for(
    db: AsyncSession, recording: Recording, form: DownloadForm, *, now: datetime
) -> None:
    """Have a file made, unless it is there or being made. Raise RecordingNotReady."""
    require_ready(recording)
    if await made(db, recording.id, form) is None:
        await jobs.enqueue(
            db,
            kind=KIND,
            payload={"recording_id": str(recording.id), "form": form},
            owner=None,
            dedup_key=_key(recording.id, form),
            queue=Queue.HEAVY,
            now=now,
        )


def require_ready(recording: Recording) -> None:
    """Raise RecordingNotReady unless there is something to make a file of."""
    if recording.state not in PLAYABLE:
        raise RecordingNotReady(
            f"The recording is {recording.state}.",
            state=recording.state,
            problem=recording.problem,
        )


async def made(
    db: AsyncSession, recording_id: UUID, form: DownloadForm
) -> RecordingDownload | None:
    """Return the file that was made, whoever asks."""
    return await db.scalar(
        select(RecordingDownload).where(
            RecordingDownload.recording_id == recording_id, RecordingDownload.form == form
        )
    )


async def file_of(
    db: AsyncSession, recording_id: UUID, form: DownloadForm, may: ColumnElement[bool]
) -> tuple[Recording, RecordingDownload]:
    """Return a file of a recording `may` is true of, and the recording with its lesson.

    Raise NotFound.
    """
    row = (
        await db.execute(
            select(Recording, RecordingDownload)
            .join(RecordingDownload, RecordingDownload.recording_id == Recording.id)
            .join(Recording.lesson)
            .where(
                Recording.id == recording_id,
                RecordingDownload.form == form,
                Recording.state.in_(PLAYABLE),
                may,
            )
            .options(joinedload(Recording.lesson))
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def to_compose(db: AsyncSession, recording_id: UUID) -> Recording:
    """Return a recording with its clips, for the job. Raise RecordingNotReady."""
    recording = await db.scalar(
        select(Recording).where(Recording.id == recording_id).options(selectinload(Recording.clips))
    )
    assert recording is not None
    require_ready(recording)
    return recording


async def is_outdated(db: AsyncSession, recording: Recording) -> bool:
    """Return whether a replay was made again since `recording` was read with its clips.

    It is not made again any more before this transaction is over.
    """
    await db.get_one(Recording, recording.id, with_for_update=True)
    now_there = await db.scalars(
        select(RecordingClip.id).where(
            RecordingClip.recording_id == recording.id, RecordingClip.replaced_at.is_(None)
        )
    )
    return set(now_there) != {clip.id for clip in recording.clips}


async def forget(db: AsyncSession, recording_id: UUID, *, now: datetime) -> None:
    """Have files be made anew when they are asked for: the replay they were made of is another.

    Those there are go within hours: each is as large as its lesson, and nothing shows it.
    """
    of_it = RecordingDownload.recording_id == recording_id
    for file in await db.scalars(select(RecordingDownload.file).where(of_it)):
        leave(db, recording_id, file, now=now)
    await db.execute(delete(RecordingDownload).where(of_it))


async def publish(db: AsyncSession, download: RecordingDownload) -> None:
    """Offer a file that lies in its folder. Raise RecordingNotReady: it was withdrawn meanwhile."""
    recording = await db.get_one(Recording, download.recording_id, with_for_update=True)
    require_ready(recording)
    db.add(download)
    # Its folder has a file more, which is to be kept like the others.
    recording.files_listed_at = None
