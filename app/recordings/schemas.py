"""What the recordings slice answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.recordings.models import DownloadForm


class ViewOfOut(BaseModel):
    """One look at the recording of a session, by a person or by a classroom, with its `name`.

    `taken`: the file of the whole lesson that was taken along; null: it was watched here.
    """

    session_id: UUID
    title: str
    person_id: UUID | None
    classroom_id: UUID | None
    name: str
    at: datetime
    address: str
    taken: DownloadForm | None


class PublishedOut(BaseModel):
    """A lesson that one may look back at. `hub` and `lecturer` are names."""

    session_id: UUID
    title: str
    subject: str
    grade: str
    hub: str
    lecturer: str
    planned_start: datetime
    duration_ms: int
    published_at: datetime
