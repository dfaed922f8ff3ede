"""What the attendance slice takes and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.lines import MeasuredLine
from app.attendance.models import AttendanceState
from app.database import SAYS_SOMETHING


class HeadcountIn(BaseModel):
    """How many pupils were there; and what is wrong with the row, if anything is."""

    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=0, le=999)]
    objection: Annotated[
        str | None, Field(min_length=1, max_length=200, pattern=SAYS_SOMETHING)
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


class SpreadOut(BaseModel):
    """Of one figure of each lesson: what a tenth, half and nine tenths of them had at most."""

    model_config = ConfigDict(from_attributes=True)

    p10: int
    p50: int
    p90: int


class LineHistoryOut(BaseModel):
    """A line over the lessons of the last 30 days. Null: not measured in any.

    `down_kbps` is what the line would carry, or at least carried; `up_kbps` what it carried.
    """

    model_config = ConfigDict(from_attributes=True)

    lessons: int
    down_kbps: SpreadOut | None
    up_kbps: SpreadOut | None
    rtt_ms: SpreadOut | None
    loss_down_permille: SpreadOut | None
    loss_up_permille: SpreadOut | None


class ClassroomLine(BaseModel):
    """A classroom's line: what is declared, what was last measured, and in which lesson.

    `history`: how it was in the lessons of the last 30 days; null: there was none.
    """

    classroom_id: UUID
    classroom: str
    school: str
    budget_down_kbps: int | None
    budget_up_kbps: int | None
    session_id: UUID
    measured: LineFigures
    history: LineHistoryOut | None

    @classmethod
    def of(cls, line: MeasuredLine) -> "ClassroomLine":
        """Describe a line."""
        return cls(
            classroom_id=line.classroom.id,
            classroom=line.classroom.name,
            school=line.school,
            budget_down_kbps=line.classroom.budget_down_kbps,
            budget_up_kbps=line.classroom.budget_up_kbps,
            session_id=line.latest.session_id,
            measured=LineFigures.model_validate(line.latest),
            history=line.history and LineHistoryOut.model_validate(line.history),
        )


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
