"""What becomes of a lesson whose server, lecturer or room went away without an end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.attendance import queries
from app.attendance import service as attendance
from app.attendance.models import SeatPresence, Session
from app.attendance.seats import HUB
from app.database import Database
from app.events import EventBus
from app.lessons.models import LessonState
from app.live import recovery
from app.settings import Settings
from tests.app.conftest import Clock
from tests.app.ledger_room import (
    Room,
    all_events,
    attendance_of,
    end_abandoned,
    is_intact,
    lesson_state,
    start_room,
)
from tests.factories import County

MINUTE = 60_000


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what was lost is closed by statements."""
    return either_url


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The tables without the application: nothing here comes over HTTP."""
    database = Database(settings.database_url, EventBus())
    yield database
    await database.close()


@pytest.fixture
async def room(database: Database, county: County, clock: Clock) -> Room:
    return await start_room(database, county, clock)


async def test_a_crash_costs_nobody_what_was_earned(
    room: Room, database: Database, clock: Clock
) -> None:
    await room.joined(HUB, 0)
    await room.joined(room.sites[0], 0)
    await room.ledger.still_present(room.id, [HUB, room.sites[0]], 12_000)
    clock.advance(seconds=20)
    await recovery.close_lost_stays(database, now=clock.now)
    async with database.unit_of_work() as db:
        stays = await queries.presences(db, room.session_id)
        assert {(stay.left_ms, stay.leave_reason) for stay in stays} == {(12_000, "server_lost")}
    assert [event.type for event in await all_events(database, room)][2:] == ["seat_left"] * 2
    assert await is_intact(database, room)
    # The lesson goes on, and the site comes back.
    assert await lesson_state(database, room) is LessonState.LIVE
    await room.joined(room.sites[0], 20_000)
    await room.end(60_000)
    record = await attendance_of(database, room, 0)
    assert record.connected_ms == 12_000 + 40_000
    assert record.interruptions == 1


async def test_presence_moves_on_only_for_those_who_are_there(
    room: Room, database: Database
) -> None:
    await room.joined(room.sites[0], 0)
    await room.joined(room.sites[1], 0)
    await room.left(room.sites[1], 1_000)
    await room.ledger.still_present(room.id, room.sites, 8_000)
    await room.ledger.still_present(room.id, room.sites, 6_000)  # an old report comes late
    async with database.unit_of_work() as db:
        seen = {s.seat_id: s.last_seen_ms for s in await queries.presences(db, room.session_id)}
        assert seen == {room.sites[0]: 8_000, room.sites[1]: 1_000}
        assert (await db.get_one(Session, room.session_id)).last_alive_ms == 8_000


async def test_a_lesson_nobody_came_back_to_ends_where_it_was_last_alive(
    room: Room, database: Database, clock: Clock
) -> None:
    await room.joined(HUB, 0)
    await room.joined(room.sites[0], 0)
    await room.ledger.still_present(room.id, [HUB, room.sites[0]], 5 * MINUTE)
    clock.advance(minutes=15)
    assert await end_abandoned(database, clock) == []
    clock.advance(seconds=1)
    assert await end_abandoned(database, clock) == [room.session_id]
    assert await end_abandoned(database, clock) == []
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        assert session.end_reason == "lecturer_absent"
        assert session.ended_at == session.started_at + timedelta(minutes=5)
    assert (await attendance_of(database, room, 0)).connected_ms == 5 * MINUTE
    assert await is_intact(database, room)


async def test_a_server_that_just_came_back_gives_ten_minutes(
    room: Room, database: Database, clock: Clock
) -> None:
    started = clock.now + timedelta(minutes=20)
    clock.advance(minutes=30)
    assert await end_abandoned(database, clock, server_started_at=started) == []
    clock.advance(seconds=1)
    assert await end_abandoned(database, clock, server_started_at=started)


async def test_a_lesson_long_over_gets_one_minute(
    room: Room, database: Database, clock: Clock
) -> None:
    clock.now = room.lesson.planned_end + timedelta(minutes=31)
    started = clock.now
    assert await end_abandoned(database, clock, server_started_at=started) == []
    clock.advance(seconds=61)
    assert await end_abandoned(database, clock, server_started_at=started)


async def test_an_open_room_looks_after_itself(
    room: Room, database: Database, clock: Clock
) -> None:
    clock.advance(hours=5)
    assert await end_abandoned(database, clock, is_room_open=lambda _: True) == []
    assert await lesson_state(database, room) is LessonState.LIVE


async def test_a_lecturer_who_comes_back_at_the_last_moment_goes_on(
    room: Room, database: Database, clock: Clock
) -> None:
    clock.advance(hours=5)
    answers = iter([False, True])  # the room opens between the look and the end
    assert await end_abandoned(database, clock, is_room_open=lambda _: next(answers)) == []
    assert await lesson_state(database, room) is LessonState.LIVE


async def test_reopening_a_room_closes_what_the_last_one_left_open(
    room: Room, database: Database, clock: Clock
) -> None:
    await room.joined(room.sites[0], 0)
    await room.ledger.still_present(room.id, [room.sites[0]], 4_000)
    async with database.unit_of_work() as db:
        session = await attendance.open_room(db, session_id=room.session_id, now=clock.now)
        assert session.epoch == 1
    async with database.unit_of_work() as db:
        (stay,) = (await db.scalars(select(SeatPresence))).all()
        assert (stay.left_ms, stay.leave_reason) == (4_000, "server_lost")
