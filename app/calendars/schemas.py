"""What pages get and send of terms, calendar days and bells."""

from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from app.calendars.days import (
    LONGEST_TERM_DAYS,
    NoSchool,
    SchoolDay,
    SharedWindow,
    Span,
    TeachingWeek,
    TimedPeriod,
    teaching_weeks,
)
from app.calendars.models import BellSchedule, CalendarDay, DayKind, PeriodKind, Term
from app.clock import Day
from app.database import SAYS_SOMETHING
from app.schools.registry_schemas import Incoming

MOST_PERIODS = 16


def minutes_of(clock: str) -> int:
    """Return the minutes after midnight of "08:30"; "24:00" is the day's end."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock_of(minutes: int) -> str:
    """Return "08:30" for minutes after midnight."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _is_month_day(text: str) -> str:
    date.fromisoformat(f"2024-{text}")  # a leap year: 02-29 is one
    return text


ClockTime = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["08:30"])
]
MonthDay = Annotated[
    str,
    Field(pattern=r"^[0-9]{2}-[0-9]{2}$", examples=["10-01"]),
    AfterValidator(_is_month_day),
]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=SAYS_SOMETHING)]
Weekday = Annotated[int, Field(ge=1, le=7, description="ISO 8601: 1 Monday to 7 Sunday.")]


class TermIn(Incoming):
    """学期 of a region; the last day belongs to it."""

    region_id: UUID
    name: Name
    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _is_a_term(self) -> Self:
        if not 0 < (self.ends_on - self.starts_on).days < LONGEST_TERM_DAYS:
            raise ValueError(
                f"A term ends after it begins, and lasts at most {LONGEST_TERM_DAYS} days."
            )
        return self


class TermOut(BaseModel):
    """A term. `is_own`: the caller administers its region, and may change it."""

    id: UUID
    region_id: UUID
    region: str
    name: str
    starts_on: date
    ends_on: date
    weeks: int
    is_own: bool
    version: int

    @classmethod
    def of(cls, term: Term, region: str, *, is_own: bool) -> "TermOut":
        """Describe a term of the region of this name."""
        return cls(
            id=term.id,
            region_id=term.region_id,
            region=region,
            name=term.name,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            weeks=len(teaching_weeks(Span(term.starts_on, term.ends_on))),
            is_own=is_own,
            version=term.version,
        )


class WeekOut(BaseModel):
    """教学周, from 1; the days of a calendar week that lie in the term."""

    number: int
    first: date
    last: date

    @classmethod
    def of(cls, week: TeachingWeek) -> "WeekOut":
        """Describe a week."""
        return cls(number=week.number, first=week.first, last=week.last)


class WeekList(BaseModel):
    """The weeks of a term in order."""

    items: list[WeekOut]


class CalendarDayIn(Incoming):
    """A day that is not as its weekday says, of a region or of one school."""

    region_id: UUID | None = None
    school_id: UUID | None = None
    day: Day
    kind: DayKind
    name: Name
    follows: Weekday | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.region_id is None) == (self.school_id is None):
            raise ValueError("Name a region or a school, and not both.")
        if (self.kind is DayKind.MAKE_UP) != (self.follows is not None):
            raise ValueError("A make-up day says which weekday it follows; a holiday does not.")
        return self


class CalendarDayOut(BaseModel):
    """A day of the calendar. `place`: the name of the region or school; null: the nation's.

    `is_own`: the caller administers that place, and may change the day.
    """

    id: UUID
    region_id: UUID | None
    school_id: UUID | None
    place: str | None
    day: date
    kind: DayKind
    name: str
    follows: int | None
    is_own: bool
    version: int

    @classmethod
    def of(cls, day: CalendarDay, place: str | None, *, is_own: bool) -> "CalendarDayOut":
        """Describe a day of the place of this name."""
        return cls(
            id=day.id,
            region_id=day.region_id,
            school_id=day.school_id,
            place=place,
            day=day.day,
            kind=day.kind,
            name=day.name,
            follows=day.follows,
            is_own=is_own,
            version=day.version,
        )


class PeriodIn(Incoming):
    """节次 by the clock in the schools' zone."""

    number: Annotated[int, Field(ge=0, le=MOST_PERIODS)]
    kind: PeriodKind = PeriodKind.LESSON
    starts: ClockTime
    ends: ClockTime

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if minutes_of(self.ends) <= minutes_of(self.starts):
            raise ValueError(f"Period {self.number} ends before it begins.")
        return self


class BellsIn(Incoming):
    """作息时间表 of a school. Season: both or neither; it may run over the new year."""

    school_id: UUID
    name: Name
    season_from: MonthDay | None = None
    season_to: MonthDay | None = None
    valid_from: Day
    valid_to: Day | None = None
    periods: Annotated[list[PeriodIn], Field(min_length=1, max_length=MOST_PERIODS)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.season_from is None) != (self.season_to is None):
            raise ValueError("A season has a first and a last day.")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("The last day lies before the first.")
        numbers = [period.number for period in self.periods]
        if len(set(numbers)) != len(numbers):
            raise ValueError("Two periods have the same number.")
        spans = sorted((minutes_of(p.starts), minutes_of(p.ends), p.number) for p in self.periods)
        for (_, end, number), (start, _, following) in pairwise(spans):
            if start < end:
                raise ValueError(f"Period {following} begins before period {number} is over.")
        return self


class PeriodOut(BaseModel):
    """A period by the clock in the schools' zone."""

    number: int
    kind: PeriodKind
    starts: str
    ends: str


class BellsOut(BaseModel):
    """A bell schedule with its periods, in order of time. `is_own`: the caller may change it."""

    id: UUID
    school_id: UUID
    school: str
    name: str
    season_from: str | None
    season_to: str | None
    valid_from: date
    valid_to: date | None
    periods: list[PeriodOut]
    is_own: bool
    version: int

    @classmethod
    def of(cls, schedule: BellSchedule, school: str, *, is_own: bool) -> "BellsOut":
        """Describe a schedule, whose periods are loaded, of the school of this name."""
        return cls(
            id=schedule.id,
            school_id=schedule.school_id,
            school=school,
            name=schedule.name,
            season_from=schedule.season_from,
            season_to=schedule.season_to,
            valid_from=schedule.valid_from,
            valid_to=schedule.valid_to,
            periods=[
                PeriodOut(
                    number=period.number,
                    kind=period.kind,
                    starts=clock_of(period.starts_minute),
                    ends=clock_of(period.ends_minute),
                )
                for period in sorted(schedule.periods, key=lambda each: each.starts_minute)
            ],
            is_own=is_own,
            version=schedule.version,
        )


class TimedPeriodOut(BaseModel):
    """A period on a real day, as moments."""

    number: int
    kind: PeriodKind
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, period: TimedPeriod) -> "TimedPeriodOut":
        """Describe a period."""
        return cls(
            number=period.number,
            kind=period.kind,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
        )


class SchoolDayOut(BaseModel):
    """A school's day: the weekday whose timetable it runs, or why there is no school."""

    day: date
    runs: int | None
    why_not: NoSchool | None
    name: str
    periods: list[TimedPeriodOut]

    @classmethod
    def of(cls, day: SchoolDay) -> "SchoolDayOut":
        """Describe a day."""
        return cls(
            day=day.day,
            runs=day.runs,
            why_not=day.why_not,
            name=day.name,
            periods=[TimedPeriodOut.of(period) for period in day.periods],
        )


class SchoolDays(BaseModel):
    """The days of a school, in order."""

    items: list[SchoolDayOut]


class SharedWindowOut(BaseModel):
    """Where two schools are both in a lesson period; the numbers are those of each school."""

    one_number: int
    other_number: int
    starts: str
    ends: str
    minutes: int

    @classmethod
    def of(cls, window: SharedWindow) -> "SharedWindowOut":
        """Describe a window."""
        return cls(
            one_number=window.one_number,
            other_number=window.other_number,
            starts=clock_of(window.starts_minute),
            ends=clock_of(window.ends_minute),
            minutes=window.minutes,
        )


class SharedWindows(BaseModel):
    """The windows two schools share on a day. `one`, `other`: the names of the bells in force."""

    one: str | None
    other: str | None
    items: list[SharedWindowOut]
