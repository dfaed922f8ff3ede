"""What the recordings slice answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.recordings.captions import RecordingCaptions, url_of
from app.recordings.models import DownloadForm


class ViewOfOut(BaseModel):
    """One look at the recording of a session, by a person or by a classroom, with its `name`.

    `micro_lesson`: at which piece of it, by the title it had then; null: at the whole lesson.
    `taken`: in which form it was taken along; null: it was watched here.
    """

    session_id: UUID
    title: str
    person_id: UUID | None
    classroom_id: UUID | None
    name: str
    at: datetime
    address: str
    taken: DownloadForm | None
    micro_lesson: str | None


class PublishedPieceOut(BaseModel):
    """A micro-lesson of a lesson that one may look back at."""

    id: UUID
    title: str
    duration_ms: int


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
    micro_lessons: list[PublishedPieceOut]


class CaptionsOut(BaseModel):
    """Captions one may change. `language`: BCP 47; `cues`: how many; `url`: WebVTT."""

    id: UUID
    language: str
    label: str
    cues: int
    brought_at: datetime
    version: int
    url: str

    @classmethod
    def of(cls, captions: RecordingCaptions) -> "CaptionsOut":
        """Describe captions."""
        return cls(
            id=captions.id,
            language=captions.language,
            label=captions.label,
            cues=captions.cues,
            brought_at=captions.brought_at,
            version=captions.version,
            url=url_of(captions),
        )


class CaptionsListOut(BaseModel):
    """The captions of a recording; `languages`: all that captions can be in."""

    items: list[CaptionsOut]
    languages: list[str]
