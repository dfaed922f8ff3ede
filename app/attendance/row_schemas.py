"""What the lists of attendance rows take and answer: rows, corrections, locks, service hours."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.attendance.hours import ServiceRole
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceState,
    NotCounted,
)
from app.database import SAYS_SOMETHING
from app.lessons.models import LessonState
from app.schools.schemas import Named


class AttendanceRowOut(BaseModel):
    """One row. The figures are as closed; `is_counted`, `headcount` as amended. Null: unknown.

    `closed_is_counted` and `closed_headcount` are what the row itself says; `headcount_by`: who
    reported the latter, where the caller may look at the school that did; by `headcount_source` the
    administrator who entered it, or of the classroom that did the assistant its lesson names.
    """

    id: UUID
    session_id: UUID
    title: str
    subject: str
    grade: str
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
    closed_is_counted: bool | None
    closed_headcount: int | None
    headcount_by: str | None
    headcount_source: str | None
    amendments: int
    has_come: bool
    objection: str | None

    @classmethod
    def of(cls, row: Any) -> "AttendanceRowOut":
        """Describe a row of `rows.rows_seen`."""
        record, lesson, hub, site, classroom, *held = row
        is_counted, headcount, amendments, headcount_by = held
        figures = {name: getattr(record, name) for name in _FIGURES}
        return cls(
            **figures,
            title=lesson.title,
            subject=lesson.subject,
            grade=lesson.grade,
            planned_start=lesson.planned_start,
            hub=hub,
            site=site,
            classroom=classroom,
            is_counted=is_counted,
            not_counted_reason=reason_of(record.not_counted_reason, is_counted=is_counted),
            headcount=headcount,
            closed_is_counted=record.is_counted,
            closed_headcount=record.headcount,
            headcount_by=headcount_by,
            has_come=record.first_joined_ms is not None,
            amendments=amendments,
        )


_FIGURES = (
    *("id", "session_id", "state", "planned_ms", "connected_ms", "audible_ms", "degraded_ms"),
    *("lost_ms", "offline_ms", "visible_ms", "rule_number", "objection", "headcount_source"),
)


def reason_of(closed: NotCounted | None, *, is_counted: bool | None) -> NotCounted | None:
    """Return why a row does not count: as it was closed, given whether it does as amended."""
    if is_counted is not False:
        return None
    return closed or NotCounted.AMENDED


class Minutes(BaseModel):
    """What was heard in some rows, added up. `unmeasured`: rows that add to no minutes."""

    rows: int
    unmeasured: int
    audible_ms: int
    degraded_ms: int
    lost_ms: int
    offline_ms: int


class WeekMinutes(Minutes):
    """What was heard in a week, from its Monday to its Sunday."""

    monday: date


class SchoolMinutes(Minutes):
    """What was heard at a school that received."""

    school: Named

    @classmethod
    def of(cls, row: Any) -> "SchoolMinutes":
        """Describe a row of `sums.by_school`."""
        school_id, name, *counts = row
        figures = dict(zip(Minutes.model_fields, counts, strict=True))
        return cls(school=Named(id=school_id, name=name), **figures)


class AmendmentIn(BaseModel):
    """What should hold of a row instead, and why; null: as it is."""

    model_config = ConfigDict(extra="forbid")

    is_counted: bool | None = None
    headcount: Annotated[int | None, Field(ge=0, le=999)] = None
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=SAYS_SOMETHING)]


class ConfirmationIn(BaseModel):
    """That a row is right as it is; `headcount` null: as it was reported."""

    model_config = ConfigDict(extra="forbid")

    headcount: Annotated[int | None, Field(ge=0, le=999)] = None


class ConfirmedOut(BaseModel):
    """A row that is confirmed."""

    id: UUID
    state: AttendanceState
    headcount: int | None


class AmendmentOut(BaseModel):
    """One correction, with what held before and who made it."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    person_id: UUID
    person: str
    at: datetime
    reason: str
    old_is_counted: bool | None
    new_is_counted: bool | None
    old_headcount: int | None
    new_headcount: int | None

    @classmethod
    def of(cls, amendment: AttendanceAmendment, names: Mapping[UUID, str]) -> "AmendmentOut":
        """Describe a correction; `names` are those of the people who made some."""
        facts = {name: getattr(amendment, name) for name in cls.model_fields if name != "person"}
        return cls(**facts, person=names[amendment.person_id])


class AmendmentsOut(BaseModel):
    """The corrections of a row, the first one first."""

    items: list[AmendmentOut]


class LockOut(BaseModel):
    """That somebody locked a term."""

    id: UUID
    at: datetime
    person: str


class TermAttendance(BaseModel):
    """How a term's rows stand at the sites in scope, and who locked it when.

    `rows` by state. `waiting`: closed, and a classroom that came has not confirmed; `objections`
    are those of them that a classroom objects to.
    """

    term_id: UUID
    term: str
    region: str
    starts_on: date
    ends_on: date
    is_over: bool
    rows: dict[AttendanceState, int]
    waiting: int
    objections: int
    locks: list[LockOut]


class ServiceHours(BaseModel):
    """What a teacher gave of lessons that counted, by locked rows.

    `school`: of a lecturer, the hub she gave them at; of an assistant, the school she stood at.
    """

    person_id: UUID
    name: str
    role: ServiceRole
    school_id: UUID
    school: str
    lessons: int
    sites: int
    planned_ms: int

    @classmethod
    def of(cls, row: Any) -> "ServiceHours":
        """Describe a row of `hours.hours_seen`."""
        person_id, name, role, school_id, school, lessons, planned_ms, sites = row
        return cls(
            person_id=person_id,
            name=name,
            role=role,
            school_id=school_id,
            school=school,
            lessons=lessons,
            sites=sites,
            planned_ms=planned_ms,
        )


class RoleHours(BaseModel):
    """What the caller gave in a role, of lessons that counted.

    `waiting`: lessons that count somewhere and are not locked yet.
    """

    model_config = ConfigDict(from_attributes=True)

    lessons: int
    sites: int
    earned_ms: int
    waiting: int


class OwnHours(BaseModel):
    """What the caller gave as a lecturer, and as an assistant. The two are never added up."""

    lecturer: RoleHours
    assistant: RoleHours


class GivenLesson(BaseModel):
    """A lesson the caller served in: at how many of her sites it counts, how many are locked.

    Her sites are all of it as the lecturer, those that name her as the assistant.
    """

    session_id: UUID
    role: ServiceRole
    title: str
    subject: str
    grade: str
    planned_start: datetime
    planned_end: datetime
    state: LessonState
    sites: int
    counted: int
    locked: int
    earned_ms: int

    @classmethod
    def of(cls, row: Any) -> "GivenLesson":
        """Describe a row of `hours.given_by`."""
        lesson, session_id, role, sites, counted, locked, earned_ms = row
        return cls(
            session_id=session_id,
            role=role,
            title=lesson.title,
            subject=lesson.subject,
            grade=lesson.grade,
            planned_start=lesson.planned_start,
            planned_end=lesson.planned_end,
            state=lesson.state,
            sites=sites,
            counted=counted,
            locked=locked,
            earned_ms=earned_ms,
        )
