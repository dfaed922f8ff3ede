"""A lesson that nobody ended: its clock goes beyond what 32 bits hold, on both databases."""

import pytest
from alembic import command
from sqlalchemy import select, text

from app import migrations
from app.attendance import rewording
from app.attendance.journal import NewEvent, append
from app.attendance.models import AttendanceRecord, ClassEvent, SeatPresence, Session
from app.codes import service as codes
from app.coverage import code_holders
from app.coverage import seeds as coverage
from app.database import Database
from app.events import EventBus
from tests.app.conftest import Clock
from tests.app.held_lessons import hold_in_a_new_county
from tests.app.test_counting_migration import go

LONG_MS = 2**31 + 5
BEFORE, WIDE = "202611270180", "202611270190"


async def leave_open(database: Database, clock: Clock) -> None:
    """Write down of a lesson what is written of one that runs for 25 days."""
    await hold_in_a_new_county(database, clock)
    async with database.unit_of_work() as db:
        session = (await db.scalars(select(Session))).one()
        session.last_alive_ms = LONG_MS
        append(db, session, [NewEvent("hand", LONG_MS, "teacher", "teacher", {})], clock.now)
        db.add(
            SeatPresence(
                session_id=session.id,
                seat_id="teacher",
                role="teacher",
                joined_ms=LONG_MS,
                last_seen_ms=LONG_MS,
                left_ms=LONG_MS,
            )
        )
        for record in await db.scalars(select(AttendanceRecord)):
            record.connected_ms = record.last_left_ms = record.audible_ms = LONG_MS


async def test_a_clock_of_more_than_24_days_is_kept(
    either_database: Database, clock: Clock
) -> None:
    await leave_open(either_database, clock)
    async with either_database.unit_of_work() as db:
        last = select(ClassEvent.clock_ms).order_by(ClassEvent.number.desc()).limit(1)
        assert await db.scalar(last) == LONG_MS
        assert await db.scalar(select(Session.last_alive_ms)) == LONG_MS
        stay = (
            await db.scalars(select(SeatPresence).where(SeatPresence.joined_ms >= LONG_MS))
        ).one()
        assert (stay.last_seen_ms, stay.left_ms) == (LONG_MS, LONG_MS)
        for record in await db.scalars(select(AttendanceRecord)):
            assert (record.connected_ms, record.last_left_ms) == (LONG_MS, LONG_MS)


async def test_what_is_kept_of_short_lessons_goes_back_and_comes_again(
    either_database: Database, clock: Clock
) -> None:
    await hold_in_a_new_county(either_database, clock)
    clocks = select(ClassEvent.clock_ms).order_by(ClassEvent.number)
    async with either_database.unit_of_work() as db:
        before = (await db.scalars(clocks)).all()
    await go(either_database.engine, command.stamp, "head")
    await go(either_database.engine, command.downgrade, BEFORE)
    await go(either_database.engine, command.upgrade, "head")
    await either_database.engine.dispose()  # no connection knows statements of before
    async with either_database.unit_of_work() as db:
        assert (await db.scalars(clocks)).all() == before != []
        (await db.scalars(select(Session))).one().last_alive_ms = LONG_MS
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(Session.last_alive_ms)) == LONG_MS


@pytest.mark.postgres
async def test_a_long_lesson_is_not_cut_by_going_back(postgres_url: str, clock: Clock) -> None:
    database = Database(postgres_url, EventBus())
    try:
        await migrations.upgrade(database.engine)
        await codes.load_own(database, follow=rewording.follow, holders=code_holders.holders)
        await coverage.load_own(database)
        await leave_open(database, clock)
        with pytest.raises(RuntimeError, match="sessions keeps a lesson of more than 24 days"):
            await go(database.engine, command.downgrade, BEFORE)
        async with database.unit_of_work() as db:
            assert await db.scalar(text("SELECT version_num FROM alembic_version")) == WIDE
        await migrations.upgrade(database.engine)
        async with database.unit_of_work() as db:
            assert await db.scalar(select(Session.last_alive_ms)) == LONG_MS
    finally:
        await database.close()
