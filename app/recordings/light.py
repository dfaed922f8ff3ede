"""Files of a whole lesson that are watched where the line is too slow for its clips.

They are those of `app.recordings.downloads`, but to watch: by whoever is shown the recording. The
small one is made when a lesson is published, before one of its schools needs it; until then, and
sound alone, when somebody asks.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFound
from app.recordings import downloads, publishing, service
from app.recordings.downloads import RecordingDownload
from app.recordings.models import PLAYABLE, DownloadForm, Recording, RecordingView
from app.recordings.queries import is_shown_to
from app.security import PersonCaller

#: A player asks for a file in many ranges: that is one look.
ONE_LOOK: Final = timedelta(minutes=10)
LightForm = Literal[DownloadForm.SMALL, DownloadForm.SOUND]
LIGHT: Final[tuple[LightForm, ...]] = (DownloadForm.SMALL, DownloadForm.SOUND)


async def publish(
    db: AsyncSession,
    recording: Recording,
    *,
    school_ids: Collection[UUID],
    person_id: UUID,
    now: datetime,
) -> None:
    """Show a recording to the schools of its lesson, and have made what slow lines play of it.

    Raise WrongState, ConsentMissing (`app.recordings.publishing.publish`).
    """
    await publishing.publish(db, recording, school_ids=school_ids, person_id=person_id, now=now)
    await downloads.ask_for(db, recording, DownloadForm.SMALL, now=now)


async def playable(
    db: AsyncSession, person: PersonCaller, recording_id: UUID, form: LightForm
) -> tuple[Recording, RecordingDownload]:
    """Return a file this person may watch, and its recording. Raise NotFound."""
    row = (
        await db.execute(
            select(Recording, RecordingDownload)
            .join(RecordingDownload, RecordingDownload.recording_id == Recording.id)
            .join(Recording.lesson)
            .where(
                Recording.id == recording_id,
                RecordingDownload.form == form,
                Recording.state.in_(PLAYABLE),
                is_shown_to(person),
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def log_watched(
    db: AsyncSession, *, recording_id: UUID, person_id: UUID, address: str, now: datetime
) -> None:
    """Write down who watches, from where; once for all that is asked of it within `ONE_LOOK`."""
    is_known = exists().where(
        RecordingView.recording_id == recording_id,
        RecordingView.person_id == person_id,
        RecordingView.taken.is_(None),
        RecordingView.address == address,
        RecordingView.at > now - ONE_LOOK,
    )
    if not await db.scalar(select(is_known)):
        await service.log_view(
            db, recording_id=recording_id, person_id=person_id, address=address, now=now
        )
