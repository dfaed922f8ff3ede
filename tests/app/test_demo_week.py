"""The demonstration's week: cancelled, made up and coming lessons, made once."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app import demo, demo_timetable
from app.accounts import queries as accounts
from app.database import Database
from app.lessons import service as lessons
from app.lessons.models import GIVEN_UP, Lesson, LessonKind, LessonState
from app.schools.models import School
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


@pytest.mark.parametrize("days", [1, 2, -1, 4])
async def test_what_somebody_planned_goes_before_it(database: Database, days: int) -> None:
    """Her lesson is left alone, and nothing is planned beside it, however often it starts."""
    async with database.unit_of_work() as db:
        await demo.prepare(db, now=NOON)
        hub = (await db.scalars(select(School).where(School.name == demo.HUB))).one()
        start = demo_timetable._after_school(NOON, days) + timedelta(minutes=20)
        for username in ("demo-zhao", "demo-wang"):
            account = await accounts.account_by_username(db, username)
            assert account is not None
            await lessons.plan_lesson(
                db,
                kind=LessonKind.DELIVERY,
                title="自己的课",
                subject="音乐",
                grade="三年级",
                hub_school_id=hub.id,
                lecturer_id=account.person_id,
                classroom_ids=[],
                planned_start=start,
                planned_end=start + timedelta(minutes=40),
            )
        before = set(await db.scalars(select(Lesson.id)))
    counts = []
    for _ in range(2):
        await prepare(database, NOON)
        async with database.unit_of_work() as db:
            rows = (await db.scalars(select(Lesson).where(Lesson.id.not_in(before)))).all()
        counts.append(len(rows))
        held = [row for row in rows if row.state not in GIVEN_UP]
        assert held
        assert not [row for row in rows if abs(row.planned_start - start) < timedelta(minutes=40)]
    assert counts[0] == counts[1] == {1: 4, 2: 4, -1: 3, 4: 3}[days]


async def test_it_is_made_once_as_long_as_some_of_it_lies_ahead(database: Database) -> None:
    counts = []
    for now in (NOON, NOON + timedelta(hours=1), NOON + timedelta(days=14)):
        await prepare(database, now)
        async with database.unit_of_work() as db:
            made_up = select(func.count()).where(Lesson.state == L.MADE_UP)
            counts.append(await db.scalar(made_up))
    assert counts == [1, 1, 2]
