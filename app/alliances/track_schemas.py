"""What pages get and send of the four tracks: entered events with evidence, lessons taught."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.alliances.models import Track, TrackEvent
from app.alliances.pairing_schemas import DaySpanOut
from app.alliances.ports import Taught
from app.alliances.schemas import Name, TrackCounts
from app.calendars.days import Span
from app.clock import Day
from app.database import SAYS_SOMETHING
from app.schools.registry_schemas import Incoming
from app.schools.schemas import Named


class TrackEventIn(Incoming):
    """An event of a track with its evidence: a link, or a file handed in before."""

    held_on: Day
    title: Name
    people: Annotated[int, Field(ge=1, le=10_000)] | None = None
    link: Annotated[str, Field(max_length=500, pattern=r"^https?://[^\x00\s]+$")] | None = None
    file_id: UUID | None = None

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if self.link is None and self.file_id is None:
            raise ValueError("Give a link or hand in a file: an event without evidence is none.")
        return self


class WithdrawIn(Incoming):
    """Why an event is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=120, pattern=SAYS_SOMETHING)]


class TrackEventOut(BaseModel):
    """An event of a track. `counts`: it lies on a day that counts and was not taken back.

    `file`: the name of the file that is its evidence. `withdrawn`: why it was taken back.
    """

    id: UUID
    track: Track
    held_on: date
    title: str
    people: int | None
    link: str | None
    file: str | None
    entered_at: datetime
    entered_by: str
    counts: bool
    withdrawn: str | None

    @classmethod
    def of(
        cls,
        track: Track,
        event: TrackEvent,
        entered_by: str,
        file: str | None,
        withdrawn: str | None,
        *,
        spans: list[Span],
    ) -> "TrackEventOut":
        """Describe an event; `spans`: the days that count."""
        return cls(
            id=event.id,
            track=track,
            held_on=event.held_on,
            title=event.title,
            people=event.people,
            link=event.link,
            file=file,
            entered_at=event.entered_at,
            entered_by=entered_by,
            counts=withdrawn is None and any(event.held_on in span for span in spans),
            withdrawn=withdrawn,
        )


class EvidenceOut(BaseModel):
    """A file that was handed in; an event names it by `file_id`."""

    file_id: UUID
    name: str
    sha256: str


class EnteredOut(BaseModel):
    """What was entered."""

    id: UUID


class TracksOut(BaseModel):
    """The four tracks of a pairing between two days, and the days that count among them."""

    first: date
    last: date
    active_days: int
    active: list[DaySpanOut]
    counts: TrackCounts


class TaughtOut(BaseModel):
    """授课: a lesson that reached one of the partners. `origin_id`: the lesson it passes on.

    `passed_on_by`: the school that passed it on to the partner; null: it had it from the hub.
    """

    lesson_id: UUID
    origin_id: UUID
    session_id: UUID
    day: date
    title: str
    subject: str
    hub: Named
    site: Named
    passed_on_by: Named | None
    connected_minutes: int

    @classmethod
    def of(cls, taught: Taught) -> "TaughtOut":
        """Describe a lesson that reached a site."""
        return cls(
            lesson_id=taught.lesson_id,
            origin_id=taught.origin_id,
            session_id=taught.session_id,
            day=taught.day,
            title=taught.title,
            subject=taught.subject,
            hub=Named(id=taught.hub_id, name=taught.hub_name),
            site=Named(id=taught.site_id, name=taught.site_name),
            passed_on_by=None
            if taught.passer_id is None
            else Named(id=taught.passer_id, name=taught.passer_name or ""),
            connected_minutes=taught.connected_ms // 60_000,
        )
