"""Files of a whole lesson that are watched where the line is too slow for its clips.

They are those of `app.recordings.downloads`, but to watch: by whoever is shown the recording. The
small one is made when a lesson is published, before one of its schools needs it; until then, and
sound alone, when somebody asks.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.recordings import downloads, publishing
from app.recordings.models import DownloadForm, Recording

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
