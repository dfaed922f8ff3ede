"""The demonstration's week: cancelled, made up and coming lessons, made once."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app import demo, demo_timetable
from app.database import Database
from app.lessons.models import Lesson, LessonState
from tests.factories import NOON

L = LessonState


async def prepare(database: Database, now: datetime) -> None:
    async with database.unit_of_work() as db:
        await demo.prepare(db, now=now)
        await demo_timetable.prepare_week(db, now=now)


@pytest.mark.parametrize("days", range(7))
async def test_a_week_lies_around_any_day(database: Database, days: int) -> None:
    now = NOON + timedelta(days=days)
    async with database.unit_of_work() as db:
        await demo.prepare(db, now=now)
        before = set(await db.scalars(select(Lesson.id)))
        await demo_timetable.prepare_week(db, now=now)
        rows = (await db.scalars(select(Lesson).where(Lesson.id.not_in(before)))).all()
    assert {row.planned_start.isoweekday() for row in rows} <= {1, 2, 3, 4, 5}
    states = Counter(row.state for row in rows)
    assert states == {L.PUBLISHED: 3, L.CANCELLED: 1, L.MADE_UP: 1}
    (again,) = [row for row in rows if row.makes_up_id is not None]
    (original,) = [row for row in rows if row.state is L.MADE_UP]
    assert again.makes_up_id == original.id
    assert original.planned_end < now < again.planned_start
    assert all(row.planned_start > now for row in rows if row is not original)


async def test_it_is_made_once_as_long_as_some_of_it_lies_ahead(database: Database) -> None:
    counts = []
    for now in (NOON, NOON + timedelta(hours=1), NOON + timedelta(days=14)):
        await prepare(database, now)
        async with database.unit_of_work() as db:
            made_up = select(func.count()).where(Lesson.state == L.MADE_UP)
            counts.append(await db.scalar(made_up))
    assert counts == [1, 1, 2]
