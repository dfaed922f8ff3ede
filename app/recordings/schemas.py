"""What the recordings slice answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.recordings.models import DownloadForm


class ViewOut(BaseModel):
    """One look at a recording; `taken`: the file of the whole lesson that was taken along."""

    person_id: UUID
    name: str
    at: datetime
    address: str
    taken: DownloadForm | None


class ViewsOut(BaseModel):
    """Who looked at a recording, newest first."""

    items: list[ViewOut]


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


class ViewOfOut(ViewOut):
    """One look at the recording of one session."""

    session_id: UUID
    title: str
