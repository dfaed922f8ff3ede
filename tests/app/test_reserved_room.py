"""Today's lessons keep the room they will need."""

from datetime import timedelta

import pytest

from app.database import Database
from app.lessons.models import LessonState
from app.recordings.reserved import BYTES_A_MINUTE, reserved_bytes
from tests.factories import NOON, make_county, make_lesson

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "starts_in", "is_recorded", "minutes"),
    [
        (LessonState.PUBLISHED, HOUR, True, 40),
        (LessonState.READY, HOUR, True, 40),
        (LessonState.LIVE, -HOUR / 2, True, 10),
        (LessonState.PAUSED_ALL, -HOUR / 2, True, 10),
        (LessonState.PUBLISHED, HOUR, False, 0),
        (LessonState.PLANNED, HOUR, True, 0),
        (LessonState.CANCELLED, HOUR, True, 0),
        (LessonState.ENDED, -HOUR / 2, True, 0),
        (LessonState.PUBLISHED, -HOUR, True, 0),
        (LessonState.PUBLISHED, 24 * HOUR, True, 0),
        (LessonState.PUBLISHED, 13.9 * HOUR, True, 40),  # five to midnight there
        (LessonState.PUBLISHED, 14 * HOUR, True, 0),
    ],
)
async def test_what_is_left_of_what_is_recorded_today_is_kept(
    *,
    either_database: Database,
    state: LessonState,
    starts_in: timedelta,
    is_recorded: bool,
    minutes: int,
) -> None:
    async with either_database.unit_of_work() as db:
        assert await reserved_bytes(db, now=NOON) == 0
        county = await make_county(db)
        for _ in range(2):
            lesson = await make_lesson(
                db,
                lecturer=county.teacher,
                hub=county.hub,
                planned_start=NOON + starts_in,
                state=state,
            )
            lesson.is_recorded = is_recorded
    async with either_database.unit_of_work() as db:
        assert await reserved_bytes(db, now=NOON) == 2 * minutes * BYTES_A_MINUTE
