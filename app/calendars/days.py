"""Which periods a school has on a day, and which of them two schools share. Pure.

Days and minutes are those of the schools' zone (`app.clock.DISPLAY_ZONE`, without summer time);
what leaves `school_day` are moments.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.calendars.models import DayKind, PeriodKind
from app.clock import DISPLAY_ZONE

SATURDAY = 6  # ISO 8601 weekday
LONGEST_TERM_DAYS = 250


class NoSchool(StrEnum):
    """Why there is no period on a day."""

    OUT_OF_TERM = "OUT_OF_TERM"
    HOLIDAY = "HOLIDAY"
    WEEKEND = "WEEKEND"
    NO_BELLS = "NO_BELLS"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; `last` None: open."""

    first: date
    last: date | None

    def __contains__(self, day: date) -> bool:
        """Return whether the day lies in it."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class UnlikeDay:
    """What one day is instead of what its weekday says. `follows`: ISO weekday of a make-up day."""

    kind: DayKind
    name: str
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Bell:
    """One period of a schedule, in minutes after midnight."""

    number: int
    kind: PeriodKind
    starts_minute: int
    ends_minute: int


@dataclass(frozen=True, slots=True)
class Bells:
    """A schedule and when it is in force. `season`: ("MM-DD", "MM-DD"), both included, or None."""

    name: str
    valid: Span
    season: tuple[str, str] | None
    periods: tuple[Bell, ...]

    def is_in_force(self, day: date) -> bool:
        """Return whether a school keeps to it on this day."""
        if day not in self.valid:
            return False
        if self.season is None:
            return True
        first, last = self.season
        month_day = f"{day.month:02}-{day.day:02}"
        if first <= last:
            return first <= month_day <= last
        return month_day >= first or month_day <= last  # over the new year


@dataclass(frozen=True, slots=True)
class TimedPeriod:
    """A period on a real day, as moments."""

    number: int
    kind: PeriodKind
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A school's day. `runs`: the ISO weekday whose timetable it runs; None: no school, and why."""

    day: date
    runs: int | None
    periods: tuple[TimedPeriod, ...]
    why_not: NoSchool | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What decides a school's days: its terms, its exceptions by day, its bells."""

    terms: Sequence[Span]
    exceptions: Mapping[date, UnlikeDay]
    bells: Sequence[Bells]


def school_day(calendar: Calendar, day: date) -> SchoolDay:
    """Return the periods a school has on `day` with their real times, or why it has none.

    A holiday wins over everything but the term; a make-up day, often a Saturday, runs the
    timetable of the weekday it follows, at its own date.
    """
    if not any(day in term for term in calendar.terms):
        return SchoolDay(day, None, (), NoSchool.OUT_OF_TERM)
    unlike = calendar.exceptions.get(day)
    if unlike is not None and unlike.kind is DayKind.HOLIDAY:
        return SchoolDay(day, None, (), NoSchool.HOLIDAY, unlike.name)
    if unlike is not None:
        runs, name = unlike.follows, unlike.name
    elif day.isoweekday() >= SATURDAY:
        return SchoolDay(day, None, (), NoSchool.WEEKEND)
    else:
        runs, name = day.isoweekday(), ""
    bells = next((each for each in calendar.bells if each.is_in_force(day)), None)
    if bells is None:
        return SchoolDay(day, runs, (), NoSchool.NO_BELLS, name)
    return SchoolDay(day, runs, tuple(_timed(bell, day) for bell in bells.periods), None, name)


def _timed(bell: Bell, day: date) -> TimedPeriod:
    midnight = datetime.combine(day, time(), DISPLAY_ZONE)
    return TimedPeriod(
        bell.number,
        bell.kind,
        midnight + timedelta(minutes=bell.starts_minute),
        midnight + timedelta(minutes=bell.ends_minute),
    )


@dataclass(frozen=True, slots=True)
class TeachingWeek:
    """教学周: `number` from 1, the days of a calendar week (Monday first) that lie in the term."""

    number: int
    first: date
    last: date


def teaching_weeks(term: Span) -> list[TeachingWeek]:
    """Return the weeks of a term with an end; the first one holds the term's first day."""
    assert term.last is not None
    weeks: list[TeachingWeek] = []
    first = term.first
    while first <= term.last:
        sunday = first + timedelta(days=7 - first.isoweekday())
        weeks.append(TeachingWeek(len(weeks) + 1, first, min(sunday, term.last)))
        first = sunday + timedelta(days=1)
    return weeks


@dataclass(frozen=True, slots=True)
class SharedWindow:
    """Minutes of the day in which both schools are in a lesson period, and in which ones."""

    one_number: int
    other_number: int
    starts_minute: int
    ends_minute: int

    @property
    def minutes(self) -> int:
        """Return how long it is."""
        return self.ends_minute - self.starts_minute


def shared_windows(
    one: Iterable[Bell], other: Iterable[Bell], *, least_minutes: int
) -> list[SharedWindow]:
    """Return where a lesson period of `one` and one of `other` overlap by `least_minutes` or more.

    In order of time. A lesson of 35 minutes can be given in a window of 35: whichever of the
    two bells rings later begins it, whichever rings earlier ends it.
    """
    windows = [
        SharedWindow(
            mine.number,
            theirs.number,
            max(mine.starts_minute, theirs.starts_minute),
            min(mine.ends_minute, theirs.ends_minute),
        )
        for mine in _lessons(one)
        for theirs in _lessons(other)
    ]
    fitting = [window for window in windows if window.minutes >= max(least_minutes, 1)]
    return sorted(fitting, key=lambda window: (window.starts_minute, window.ends_minute))


def _lessons(bells: Iterable[Bell]) -> list[Bell]:
    return [bell for bell in bells if bell.kind is PeriodKind.LESSON]


def clash(one: Bells, other: Bells) -> date | None:
    """Return the first day on which both schedules would be in force, or None.

    Seasons repeat every year, so a year and a day of the common span says it for all of it.
    """
    first = max(one.valid.first, other.valid.first)
    ends = [span.last for span in (one.valid, other.valid) if span.last is not None]
    last = min([*ends, first + timedelta(days=366)])
    while first <= last:
        if one.is_in_force(first) and other.is_in_force(first):
            return first
        first += timedelta(days=1)
    return None


def terms_that_hold(rows: Iterable[tuple[int, Span]]) -> list[Span]:
    """Return the terms a school keeps to, given (width, term) of all regions it lies in.

    A nearer region's term takes the place of each wider one it overlaps: a county that begins a
    week later than the province has no school in that week.
    """
    terms = list(rows)
    return sorted(
        (
            term
            for width, term in terms
            if not any(other < width and _overlap(nearer, term) for other, nearer in terms)
        ),
        key=lambda term: term.first,
    )


def _overlap(one: Span, other: Span) -> bool:
    return (other.last is None or one.first <= other.last) and (
        one.last is None or other.first <= one.last
    )


def narrowest(rows: Iterable[tuple[date, int, UnlikeDay]]) -> dict[date, UnlikeDay]:
    """Return what each day is, given (day, width, unlike): the least width decides.

    Width 0 is the school itself, then its region, the regions above it, the nation last.
    """
    decided: dict[date, tuple[int, UnlikeDay]] = {}
    for day, width, unlike in rows:
        if day not in decided or width < decided[day][0]:
            decided[day] = (width, unlike)
    return {day: unlike for day, (_, unlike) in decided.items()}


def monday_of(day: date) -> date:
    """Return the Monday of the week a day lies in."""
    return day - timedelta(days=day.weekday())


def local_day(moment: datetime) -> date:
    """Return the day of a moment at the schools."""
    return moment.astimezone(DISPLAY_ZONE).date()
