"""What the lists of attendance rows take and answer: rows, corrections, locks, service hours."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.models import AttendanceRecord, AttendanceState, NotCounted


class AttendanceRowOut(BaseModel):
    """One row. The figures are as closed; `is_counted`, `headcount` as amended. Null: unknown."""

    id: UUID
    session_id: UUID
    title: str
    planned_start: datetime
    hub: str
    site: str
    classroom: str
    state: AttendanceState
    planned_ms: int
    connected_ms: int
    audible_ms: int | None
    degraded_ms: int | None
    lost_ms: int | None
    offline_ms: int | None
    visible_ms: int | None
    is_counted: bool | None
    not_counted_reason: NotCounted | None
    rule_number: int | None
    headcount: int | None
    amendments: int

    @classmethod
    def of(cls, row: Any) -> "AttendanceRowOut":
        """Describe a row of `rows.rows_seen`."""
        record, lesson, hub, site, classroom, is_counted, headcount, amendments = row
        figures = {name: getattr(record, name) for name in _FIGURES}
        return cls(
            **figures,
            title=lesson.title,
            planned_start=lesson.planned_start,
            hub=hub,
            site=site,
            classroom=classroom,
            is_counted=is_counted,
            not_counted_reason=reason_of(record, is_counted=is_counted),
            headcount=headcount,
            amendments=amendments,
        )


_FIGURES = (
    *("id", "session_id", "state", "planned_ms", "connected_ms", "audible_ms", "degraded_ms"),
    *("lost_ms", "offline_ms", "visible_ms", "rule_number"),
)


def reason_of(record: AttendanceRecord, *, is_counted: bool | None) -> NotCounted | None:
    """Return why a row does not count, given whether it does as amended."""
    if is_counted is not False:
        return None
    return record.not_counted_reason or NotCounted.AMENDED


class AmendmentIn(BaseModel):
    """What should hold of a row instead, and why; null: as it is."""

    model_config = ConfigDict(extra="forbid")

    is_counted: bool | None = None
    headcount: Annotated[int | None, Field(ge=0, le=999)] = None
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")]


class AmendmentOut(BaseModel):
    """One correction, with what held before."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    person_id: UUID
    at: datetime
    reason: str
    old_is_counted: bool | None
    new_is_counted: bool | None
    old_headcount: int | None
    new_headcount: int | None


class AmendmentsOut(BaseModel):
    """The corrections of a row, the first one first."""

    items: list[AmendmentOut]


class LockOut(BaseModel):
    """What was locked."""

    id: UUID
    term_id: UUID
    at: datetime
    rows: int


class ServiceHours(BaseModel):
    """What a teacher gave of lessons that counted, by locked rows."""

    person_id: UUID
    name: str
    hub_id: UUID
    hub: str
    lessons: int
    sites: int
    planned_ms: int

    @classmethod
    def of(cls, row: Any) -> "ServiceHours":
        """Describe a row of `rows.hours_seen`."""
        person_id, name, hub_id, hub, lessons, planned_ms, sites = row
        return cls(
            person_id=person_id,
            name=name,
            hub_id=hub_id,
            hub=hub,
            lessons=lessons,
            sites=sites,
            planned_ms=planned_ms,
        )
