"""Which periods a school has on a day, weeks of a term, and what two schools' bells share."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendars.days import (
    Bell,
    Bells,
    Calendar,
    NoSchool,
    Span,
    UnlikeDay,
    clash,
    narrowest,
    school_day,
    shared_windows,
    teaching_weeks,
)
from app.calendars.models import MINUTES_A_DAY, DayKind, PeriodKind

TERM = Span(date(2026, 9, 1), date(2027, 1, 15))
MORNING = (
    Bell(1, PeriodKind.LESSON, 510, 550),
    Bell(2, PeriodKind.LESSON, 560, 600),
    Bell(7, PeriodKind.AFTER_SCHOOL, 980, 1040),
)
ALWAYS = Bells("作息", Span(date(2020, 1, 1), None), None, MORNING)
SUMMER = Bells("夏季", Span(date(2020, 1, 1), None), ("05-01", "09-30"), MORNING)
WINTER = Bells(
    "冬季",
    Span(date(2020, 1, 1), None),
    ("10-01", "04-30"),
    (Bell(1, PeriodKind.LESSON, 530, 570),),
)


def calendar(
    *bells: Bells, exceptions: dict[date, UnlikeDay] | None = None, term: Span = TERM
) -> Calendar:
    return Calendar([term], exceptions or {}, bells or (ALWAYS,))


def test_a_weekday_has_its_periods_at_their_real_times() -> None:
    day = school_day(calendar(), date(2026, 9, 2))
    assert (day.runs, day.why_not) == (3, None)
    assert [period.number for period in day.periods] == [1, 2, 7]
    # Half past eight in Beijing.
    assert day.periods[0].starts_at == datetime(2026, 9, 2, 0, 30, tzinfo=UTC)
    assert day.periods[0].ends_at - day.periods[0].starts_at == timedelta(minutes=40)


def test_a_make_up_saturday_runs_fridays_timetable_at_its_own_date() -> None:
    saturday = date(2026, 10, 10)
    unlike = UnlikeDay(DayKind.MAKE_UP, "国庆节调休", follows=5)
    day = school_day(calendar(exceptions={saturday: unlike}), saturday)
    assert (day.runs, day.name) == (5, "国庆节调休")
    assert {period.starts_at.date() for period in day.periods} == {saturday}


@pytest.mark.parametrize(
    ("day", "why_not"),
    [
        (date(2026, 8, 31), NoSchool.OUT_OF_TERM),
        (date(2027, 1, 16), NoSchool.OUT_OF_TERM),
        (date(2026, 9, 5), NoSchool.WEEKEND),
        (date(2026, 10, 1), NoSchool.HOLIDAY),
    ],
)
def test_a_day_without_school_says_why(day: date, why_not: NoSchool) -> None:
    holiday = {date(2026, 10, 1): UnlikeDay(DayKind.HOLIDAY, "国庆节")}
    found = school_day(calendar(exceptions=holiday), day)
    assert (found.runs, found.periods, found.why_not) == (None, (), why_not)


def test_a_school_day_without_bells_is_one_and_says_so() -> None:
    found = school_day(Calendar([TERM], {}, []), date(2026, 9, 2))
    assert (found.runs, found.why_not) == (3, NoSchool.NO_BELLS)


def test_the_seasons_follow_each_other_over_the_new_year() -> None:
    both = calendar(SUMMER, WINTER)
    assert len(school_day(both, date(2026, 9, 30)).periods) == 3
    assert len(school_day(both, date(2026, 10, 8)).periods) == 1
    assert len(school_day(both, date(2027, 1, 4)).periods) == 1
    assert clash(SUMMER, WINTER) is None


def test_two_schedules_that_would_both_be_in_force_are_found_with_the_day() -> None:
    later = Bells("新", Span(date(2026, 3, 1), None), ("09-30", "10-01"), MORNING)
    assert clash(SUMMER, later) == date(2026, 9, 30)
    assert clash(WINTER, later) == date(2026, 10, 1)
    assert clash(ALWAYS, Bells("旧", Span(date(2019, 1, 1), date(2019, 12, 31)), None, ())) is None


def test_a_week_is_cut_at_the_terms_ends() -> None:
    weeks = teaching_weeks(TERM)
    assert (weeks[0].number, weeks[0].first, weeks[0].last) == (
        1,
        date(2026, 9, 1),
        date(2026, 9, 6),
    )
    assert weeks[-1].last == date(2027, 1, 15)


days = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@given(days, st.integers(1, 400))
def test_every_day_of_a_term_is_in_exactly_one_week(first: date, length: int) -> None:
    term = Span(first, first + timedelta(days=length))
    weeks = teaching_weeks(term)
    covered = [
        week.first + timedelta(days=n)
        for week in weeks
        for n in range((week.last - week.first).days + 1)
    ]
    assert covered == [first + timedelta(days=n) for n in range(length + 1)]
    assert [week.number for week in weeks] == list(range(1, len(weeks) + 1))
    assert all(week.first.isocalendar()[:2] == week.last.isocalendar()[:2] for week in weeks)


spans = st.builds(
    lambda first, length: Span(first, None if length is None else first + timedelta(days=length)),
    days,
    st.none() | st.integers(0, 900),
)
month_days = st.dates(date(2023, 1, 1), date(2023, 12, 31)).map(lambda day: day.strftime("%m-%d"))
schedules = st.builds(
    Bells,
    name=st.just("作息"),
    valid=spans,
    season=st.none() | st.tuples(month_days, month_days),
    periods=st.just(MORNING),
)


@given(schedules, schedules, days)
def test_no_day_has_two_schedules_unless_a_clash_is_reported(
    one: Bells, other: Bells, day: date
) -> None:
    found = clash(one, other)
    assert found == clash(other, one)
    if one.is_in_force(day) and other.is_in_force(day):
        assert found is not None
    if found is not None:
        assert one.is_in_force(found)
        assert other.is_in_force(found)


@st.composite
def day_of_bells(draw: st.DrawFn) -> list[Bell]:
    """Periods that follow each other, as a school's do."""
    edges = draw(st.lists(st.integers(400, 1100), unique=True, min_size=0, max_size=16).map(sorted))
    kinds = st.sampled_from(PeriodKind)
    return [
        Bell(number, draw(kinds), edges[2 * number], edges[2 * number + 1])
        for number in range(len(edges) // 2)
    ]


def in_lesson(bells: list[Bell], minute: int) -> int | None:
    return next(
        (
            bell.number
            for bell in bells
            if bell.kind is PeriodKind.LESSON and bell.starts_minute <= minute < bell.ends_minute
        ),
        None,
    )


@given(day_of_bells(), day_of_bells(), st.integers(1, 60))
def test_shared_windows_are_the_minutes_both_are_in_a_lesson(
    one: list[Bell], other: list[Bell], least: int
) -> None:
    """Against the plain definition: minute by minute."""
    runs: dict[tuple[int, int], list[int]] = {}
    for minute in range(MINUTES_A_DAY):
        mine, theirs = in_lesson(one, minute), in_lesson(other, minute)
        if mine is not None and theirs is not None:
            runs.setdefault((mine, theirs), []).append(minute)
    expected = {
        (*pair, minutes[0], minutes[-1] + 1)
        for pair, minutes in runs.items()
        if len(minutes) >= least
    }
    found = shared_windows(one, other, least_minutes=least)
    assert {(w.one_number, w.other_number, w.starts_minute, w.ends_minute) for w in found} == (
        expected
    )
    assert [w.starts_minute for w in found] == sorted(w.starts_minute for w in found)


@given(day_of_bells(), day_of_bells(), st.integers(1, 60))
def test_shared_windows_are_the_same_from_either_side(
    one: list[Bell], other: list[Bell], least: int
) -> None:
    here = shared_windows(one, other, least_minutes=least)
    there = shared_windows(other, one, least_minutes=least)
    assert [(w.starts_minute, w.ends_minute) for w in here] == [
        (w.starts_minute, w.ends_minute) for w in there
    ]


@given(day_of_bells(), st.integers(1, 60))
def test_a_school_shares_its_own_lessons_whole(bells: list[Bell], least: int) -> None:
    found = shared_windows(bells, bells, least_minutes=least)
    lessons = [
        bell
        for bell in bells
        if bell.kind is PeriodKind.LESSON and bell.ends_minute - bell.starts_minute >= least
    ]
    assert [(w.starts_minute, w.ends_minute) for w in found] == [
        (bell.starts_minute, bell.ends_minute) for bell in lessons
    ]


widths = st.lists(
    st.tuples(days.filter(lambda day: day.day < 4), st.integers(0, 5)), unique=True, max_size=20
)


@given(widths)
def test_the_narrowest_row_decides_a_day_in_whatever_order_they_come(
    rows: list[tuple[date, int]],
) -> None:
    named = [(day, width, UnlikeDay(DayKind.HOLIDAY, f"{day} {width}")) for day, width in rows]
    decided = narrowest(named)
    assert decided == narrowest(reversed(named))
    for day, unlike in decided.items():
        least = min(width for each, width in rows if each == day)
        assert unlike.name == f"{day} {least}"
