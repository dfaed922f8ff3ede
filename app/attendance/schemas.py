"""What the attendance slice takes and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.models import AttendanceState


class HeadcountIn(BaseModel):
    """How many pupils were there; and what is wrong with the row, if anything is."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=0, le=999)]
    objection: Annotated[
        str | None, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")
    ] = None


class HeadcountOut(BaseModel):
    """The confirmed number of pupils of a classroom in a lesson."""

    lesson_id: UUID
    headcount: int
    state: AttendanceState


class LineFigures(BaseModel):
    """What a line was in one lesson: the middle of each figure and its worse end.

    Null: not measured. What the estimate says of a line is what it would carry; the others are
    what was used of it.
    """

    model_config = ConfigDict(from_attributes=True)

    measured_at: datetime
    reports: int
    estimate_down_kbps: int | None
    estimate_down_low_kbps: int | None
    down_kbps: int | None
    down_high_kbps: int | None
    up_kbps: int | None
    up_high_kbps: int | None
    rtt_ms: int | None
    rtt_high_ms: int | None
    loss_down_permille: int | None
    loss_down_high_permille: int | None
    loss_up_permille: int | None
    loss_up_high_permille: int | None


class ClassroomLine(BaseModel):
    """What was last measured of a classroom's line, and in which lesson."""

    classroom_id: UUID
    session_id: UUID
    measured: LineFigures


class ClassroomLines(BaseModel):
    """The classrooms in scope whose lines were ever measured."""

    items: list[ClassroomLine]


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
