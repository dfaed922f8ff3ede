"""What pages get and send of planned lessons, one by one and by the week."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from app.calendars.days import NoSchool
from app.calendars.models import PeriodKind
from app.database import WITHOUT_NUL
from app.lessons.models import LessonKind, LessonState
from app.lessons.offering_schemas import MOST_SITES, SiteIn, SiteOut, require_different
from app.paging import Page
from app.schools.registry_schemas import Incoming, Name, Text
from app.schools.schemas import Named

LONGEST = timedelta(hours=4)
Reason = Annotated[Text, Field(min_length=1, max_length=200)]
# A moment a page may name: the first and last of it exist in every zone.
Moment = Annotated[AwareDatetime, Field(ge=datetime.fromisoformat("2000-01-01T00:00:00Z"))]
LAST_MOMENT = datetime.fromisoformat("2999-12-30T00:00:00Z")

SubjectQuery = Annotated[
    str | None,
    Query(min_length=1, max_length=40, pattern=WITHOUT_NUL, description="The subject's word."),
]


class _Timed(Incoming):
    """When a lesson is: from a moment with its zone to a later one, four hours at most."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _is_a_lesson(self) -> Self:
        if self.ends_at > LAST_MOMENT:
            raise ValueError("That is too far ahead.")
        if not timedelta() < self.ends_at - self.starts_at <= LONGEST:
            raise ValueError("A lesson ends after it begins, and lasts four hours at most.")
        return self


class LessonIn(_Timed):
    """One lesson of an offering; what is left out is as the offering says."""

    offering_id: UUID
    title: Annotated[Text, Field(max_length=120)] = ""
    is_published: bool = True


class LessonEdit(_Timed):
    """What a lesson that has not begun becomes."""

    title: Name
    hub_classroom_id: UUID | None
    sites: Annotated[list[SiteIn], Field(max_length=MOST_SITES)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        require_different(self.sites)
        return self


class CancelIn(Incoming):
    """Why a lesson is not given."""

    reason: Reason


class SubstituteIn(Incoming):
    """Who gives the lesson instead, and why."""

    person_id: UUID
    reason: Reason


class MakeUpIn(_Timed):
    """When the lesson is made up, and by whom; null: by whoever was to give it."""

    lecturer_id: UUID | None = None


class SubstitutionOut(BaseModel):
    """Who gives the lesson instead of whom."""

    from_name: str
    to_name: str
    reason: str
    at: datetime


class OtherLesson(BaseModel):
    """The lesson that makes this one up, or that this one makes up."""

    id: UUID
    title: str
    planned_start: datetime
    state: LessonState


class LessonOut(BaseModel):
    """A planned lesson and what became of it. `is_own`: the caller administers its hub."""

    id: UUID
    offering_id: UUID | None
    kind: LessonKind
    title: str
    subject: str
    grade: str
    hub_school: Named
    hub_classroom: Named | None
    lecturer: Named
    planned_start: datetime
    planned_end: datetime
    state: LessonState
    sites: list[SiteOut]
    cancelled_because: str | None
    substitutions: list[SubstitutionOut]
    makes_up: OtherLesson | None
    made_up_by: OtherLesson | None
    is_own: bool
    version: int


class WeekPeriod(BaseModel):
    """A row of the week: a bell's number and, on the first day that has it, its times."""

    number: int
    kind: PeriodKind
    starts_at: datetime
    ends_at: datetime


class WeekDay(BaseModel):
    """A column of the week: the day, the weekday it runs, or why there is no school."""

    day: date
    runs: int | None
    why_not: NoSchool | None
    name: str


class WeekLesson(BaseModel):
    """A lesson in its cell; `period` null: it meets no bell. `gives`: the hub is this school."""

    lesson: LessonOut
    day: date
    period: int | None
    gives: bool


class TimetableWeek(BaseModel):
    """周课表 of a teacher, a classroom or a school, Monday first.

    `week_number`: of the term (教学周); null outside of one.
    """

    name: str
    school: Named | None
    first_day: date
    week_number: int | None
    days: list[WeekDay]
    periods: list[WeekPeriod]
    lessons: list[WeekLesson]


class WeekBy(StrEnum):
    """What a row of a county's week is: a school that gives, a teacher, a school that receives."""

    HUB = "HUB"
    TEACHER = "TEACHER"
    POINT = "POINT"


class CountyWeekRow(BaseModel):
    """A row of a county's week. `detail`: a teacher's school; empty for a school."""

    id: UUID
    name: str
    detail: str
    lesson_ids: list[UUID]


class CountyWeek(Page[CountyWeekRow]):
    """全县课表: a page of rows, and the lessons they name, each once and in order of time."""

    first_day: date
    lessons: list[LessonOut]
