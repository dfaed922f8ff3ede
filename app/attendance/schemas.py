"""What the attendance slice takes and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.models import AttendanceState


class HeadcountIn(BaseModel):
    """How many pupils were there."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=0, le=999)]


class HeadcountOut(BaseModel):
    """The confirmed number of pupils of a classroom in a lesson."""

    lesson_id: UUID
    headcount: int
    state: AttendanceState


class EventOut(BaseModel):
    """One event. `clock_ms` is on the lesson clock, `at` when it was written."""

    number: int
    clock_ms: int
    at: datetime
    type: str
    seat_id: str | None
    seat_name: str | None
    actor: str | None
    actor_name: str | None
    payload: dict[str, Any]


class EventsOut(BaseModel):
    """A page of events; `next` is what `after` must be for the page that follows."""

    items: list[EventOut]
    next: int | None
    total: int
