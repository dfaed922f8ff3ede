"""The stories begin on a school day, whenever they are told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import DISPLAY_ZONE
from tests.e2e.later import clock_ahead
from tests.e2e.school_time import CLOSES, OPENS, ahead_to_school


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DISPLAY_ZONE)


@pytest.mark.parametrize(
    ("told_at", "begins_at"),
    [
        ("2026-11-27 10:05", "2026-11-27 10:05"),
        ("2026-11-27 02:00", "2026-11-27 08:00"),
        ("2026-11-26 23:59", "2026-11-27 08:00"),
        ("2026-11-27 18:00", "2026-11-30 08:00"),  # a Friday evening
        ("2026-11-29 10:00", "2026-11-30 08:00"),  # a Sunday
        ("2025-10-03 12:00", "2025-10-09 08:00"),  # a week without a school day
        ("2025-09-28 10:00", "2025-09-29 08:00"),  # a Sunday that makes up for a holiday
    ],
)
def test_it_begins_at_once_or_on_the_morning_of_the_next_school_day(
    told_at: str, begins_at: str
) -> None:
    now = here(told_at)
    assert now + ahead_to_school(now) == here(begins_at)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis takes bounds without a zone
def test_there_is_always_such_a_moment_and_it_stays_one(now: datetime) -> None:
    ahead = ahead_to_school(now)
    assert timedelta(0) <= ahead < timedelta(days=13)
    begins = (now + ahead).astimezone(DISPLAY_ZONE)
    assert begins.isoweekday() <= 5
    assert OPENS <= begins.time() < CLOSES
    assert ahead_to_school(now + ahead) == timedelta(0)


def test_a_clock_that_is_ahead_goes_on_from_there() -> None:
    ahead = timedelta(days=3, hours=5, seconds=7)
    later = clock_ahead(ahead)
    before, shown, after = (each.now(UTC) for each in (datetime, later, datetime))
    assert before + ahead <= shown <= after + ahead
