"""What signalling reports, and what it becomes: events, presence, attendance, recording."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from app.attendance import queries
from app.attendance import service as attendance
from app.attendance.models import AttendanceState, ClassEvent, Incident, Session
from app.attendance.seats import HUB
from app.database import Database
from app.events import EventBus
from app.lessons.models import LessonSite, LessonState, SiteState
from app.live import recovery
from app.live.ledger import DatabaseLedger
from app.recordings.models import Recording, RecordingState
from app.settings import Settings
from signaling.messages import EndReason
from signaling.ports import EventType, LedgerAway, RoomEvent
from tests.app.conftest import Clock
from tests.app.ledger_room import (
    Flaky,
    Room,
    all_events,
    attendance_of,
    is_intact,
    lesson_state,
    start_room,
)
from tests.factories import County

MINUTE = 60_000


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: stays and events are written in bulk."""
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


# --- Events ------------------------------------------------------------------------------


async def test_events_are_numbered_without_gaps_and_chained(room: Room, database: Database) -> None:
    await room.record(*(RoomEvent(EventType.CHAT, ms, HUB, HUB, {"text": "好"}) for ms in (1, 2)))
    await room.record(RoomEvent(EventType.HAND_RAISED, 3, room.sites[0], room.sites[0]))
    events = await all_events(database, room)
    assert [event.number for event in events] == [1, 2, 3]
    assert await is_intact(database, room)


@pytest.mark.parametrize(
    "change",
    [
        {"payload": {"text": "坏"}},
        {"clock_ms": 999},
        {"seat_id": None},
        {"actor": "sup-0"},
        {"type": "headcount"},
    ],
)
async def test_a_row_changed_behind_our_back_is_named(
    change: dict[str, Any], room: Room, database: Database
) -> None:
    await room.record(*(RoomEvent(EventType.CHAT, ms, HUB, HUB, {"n": ms}) for ms in range(5)))
    async with database.unit_of_work() as db:
        await db.execute(update(ClassEvent).where(ClassEvent.number == 3).values(**change))
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        assert (await queries.check_chain(db, session)).broken_at == 3


async def test_the_newest_row_cut_off_is_named(room: Room, database: Database) -> None:
    await room.record(*(RoomEvent(EventType.CHAT, ms, HUB, HUB) for ms in range(3)))
    async with database.unit_of_work() as db:
        last = (await db.scalars(select(ClassEvent).where(ClassEvent.number == 3))).one()
        await db.delete(last)
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        assert (await queries.check_chain(db, session)).broken_at == 3


async def test_a_batch_repeated_after_a_lost_answer_is_written_once(
    room: Room, database: Database, clock: Clock
) -> None:
    flaky = Flaky(database)
    ledger = DatabaseLedger(cast(Database, flaky), clock=clock)
    batch = [
        RoomEvent(EventType.SEAT_JOINED, 10, room.sites[0], room.sites[0]),
        RoomEvent(EventType.CHAT, 20, HUB, HUB, {"text": "再说一遍", "x": [1, 2.5, None]}),
    ]
    flaky.loses_answers = True
    with pytest.raises(LedgerAway):
        await ledger.record(room.id, batch)
    flaky.loses_answers = False
    # Signalling may have more to say by now; what is old comes first.
    await ledger.record(room.id, [*batch, RoomEvent(EventType.CHAT, 20, HUB, HUB, {"text": "完"})])
    assert [event.type for event in await all_events(database, room)] == [
        "seat_joined",
        "chat",
        "chat",
    ]
    assert await is_intact(database, room)
    async with database.unit_of_work() as db:
        assert len(await queries.presences(db, room.session_id)) == 1


async def test_a_batch_repeated_after_a_failure_that_wrote_nothing_is_written(
    room: Room, database: Database, clock: Clock
) -> None:
    flaky = Flaky(database)
    ledger = DatabaseLedger(cast(Database, flaky), clock=clock)
    batch = [RoomEvent(EventType.CHAT, 1, HUB, HUB)]
    flaky.fails = True
    with pytest.raises(LedgerAway):
        await ledger.record(room.id, batch)
    flaky.fails = False
    # Somebody else writes in between.
    async with database.unit_of_work() as db:
        await attendance.add_incident(
            db, session_id=room.session_id, action="test", actor=HUB, reason="", now=clock.now
        )
    await ledger.record(room.id, batch)
    assert [event.type for event in await all_events(database, room)] == ["incident", "chat"]
    # The same words said again later are another event.
    await ledger.record(room.id, batch)
    assert len(await all_events(database, room)) == 3
    assert await is_intact(database, room)


async def test_two_who_write_at_once_leave_no_gap(
    room: Room, database: Database, clock: Clock
) -> None:
    other = DatabaseLedger(database, clock=clock)

    async def write(ledger: DatabaseLedger, event_type: EventType) -> None:
        for ms in range(4):
            await ledger.record(room.id, [RoomEvent(event_type, ms, HUB, HUB)])

    await asyncio.gather(write(room.ledger, EventType.CHAT), write(other, EventType.MUTED))
    assert [event.number for event in await all_events(database, room)] == list(range(1, 9))
    assert await is_intact(database, room)


# --- Presence and attendance -------------------------------------------------------------


async def test_a_lesson_makes_one_row_per_site_with_rejoins_merged(
    room: Room, database: Database
) -> None:
    site = room.sites[0]
    await room.joined(site, 0)
    await room.joined(site, 10 * MINUTE)  # a newer connection replaces the older one
    await room.left(site, 20 * MINUTE)
    await room.joined(site, 21 * MINUTE)
    await room.record(RoomEvent(EventType.HEADCOUNT, 22 * MINUTE, site, site, {"count": 30}))
    await room.record(RoomEvent(EventType.HEADCOUNT, 23 * MINUTE, site, site, {"count": 32}))
    await room.end(40 * MINUTE)
    came = await attendance_of(database, room, 0)
    assert came.connected_ms == 39 * MINUTE
    assert (came.first_joined_ms, came.last_left_ms) == (0, 40 * MINUTE)
    assert came.interruptions == 1
    assert (came.headcount, came.headcount_source) == (32, "assistant")
    assert came.state is AttendanceState.AUTO_CLOSED
    never = await attendance_of(database, room, 1)
    assert (never.connected_ms, never.first_joined_ms, never.interruptions) == (0, None, 0)


async def test_the_end_closes_lesson_sites_stays_and_recording(
    room: Room, database: Database, clock: Clock
) -> None:
    await room.joined(HUB, 0)
    await room.joined(room.sites[0], 0)
    await room.record(RoomEvent(EventType.RECORDING_STARTED, 1, payload={"epoch": 1}))
    await room.end(30 * MINUTE)
    await room.end(35 * MINUTE)  # repeated after a lost answer: nothing changes
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        assert session.ended_at == session.started_at + timedelta(minutes=30)
        assert session.end_reason == "ended_by_lecturer"
        stays = await queries.presences(db, room.session_id)
        assert {stay.left_ms for stay in stays} == {30 * MINUTE}
        sites = (await db.scalars(select(LessonSite))).all()
        assert {site.state for site in sites} == {SiteState.NOT_COUNTED}
        assert (await db.scalars(select(Recording))).one().state is RecordingState.FINALISING
    assert await lesson_state(database, room) is LessonState.ENDED


async def test_pause_all_is_a_state_of_the_lesson_and_ends_with_it(
    room: Room, database: Database
) -> None:
    await room.record(RoomEvent(EventType.PAUSED_ALL, 1, actor=HUB))
    assert await lesson_state(database, room) is LessonState.PAUSED_ALL
    await room.record(RoomEvent(EventType.PAUSED_ALL, 2, actor=HUB))
    await room.record(RoomEvent(EventType.RESTORED_ALL, 3, actor=HUB))
    assert await lesson_state(database, room) is LessonState.LIVE
    await room.record(RoomEvent(EventType.PAUSED_ALL, 4, actor=HUB))
    await room.end(5)
    assert await lesson_state(database, room) is LessonState.ENDED


async def test_a_shut_down_is_an_incident_and_stops_the_lesson(
    room: Room, database: Database
) -> None:
    await room.record(RoomEvent(EventType.INCIDENT, 9, actor=HUB, payload={"reason": "不当内容"}))
    await room.end(10, EndReason.SHUT_DOWN)
    assert await lesson_state(database, room) is LessonState.STOPPED_INCIDENT
    async with database.unit_of_work() as db:
        incident = (await db.scalars(select(Incident))).one()
        assert (incident.action, incident.reason, incident.actor, incident.clock_ms) == (
            "shut_down",
            "不当内容",
            HUB,
            9,
        )


async def test_a_failure_of_the_server_is_an_incident_of_nobody(
    room: Room, database: Database
) -> None:
    await room.record(RoomEvent(EventType.INCIDENT, 9, payload={"reason": "room_failed"}))
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(Incident))).one().action == "failure"


async def test_the_recording_follows_its_recorder(room: Room, database: Database) -> None:
    async def state() -> tuple[RecordingState, str | None]:
        async with database.unit_of_work() as db:
            recording = (await db.scalars(select(Recording))).one()
            return recording.state, recording.problem

    await room.record(RoomEvent(EventType.RECORDING_STARTED, 1))
    assert await state() == (RecordingState.RECORDING, None)
    await room.record(RoomEvent(EventType.RECORDING_FAILED, 2, payload={"problem": "disk_full"}))
    assert await state() == (RecordingState.GAP, "disk_full")
    await room.record(RoomEvent(EventType.RECORDING_RECOVERED, 3, payload={"stored_s": 1.0}))
    assert await state() == (RecordingState.RECORDING, None)
    # As much as the column takes: PostgreSQL would refuse the whole batch.
    await room.record(RoomEvent(EventType.RECORDING_FAILED, 4, payload={"problem": "x" * 5000}))
    assert await state() == (RecordingState.GAP, "x" * 200)


async def test_what_comes_after_the_end_is_written_and_earns_nothing(
    room: Room, database: Database
) -> None:
    await room.joined(room.sites[0], 0)
    await room.end(10_000)
    await room.left(room.sites[0], 11_000)
    await room.joined(room.sites[0], 12_000)
    await room.ledger.still_present(room.id, [room.sites[0]], 20_000)
    async with database.unit_of_work() as db:
        (stay,) = await queries.presences(db, room.session_id)
        assert (stay.left_ms, stay.last_seen_ms) == (10_000, 10_000)
    assert len(await all_events(database, room)) == 3


async def test_state_is_kept_for_the_next_opening(room: Room, database: Database) -> None:
    await room.ledger.save_state(room.id, {"is_paused": True, "stage": ["a"]})
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        assert session.saved_state == {"is_paused": True, "stage": ["a"]}


async def test_two_who_end_the_same_lesson_write_one_end(
    room: Room, database: Database, clock: Clock
) -> None:
    async def end(reason: EndReason) -> None:
        await recovery.end_in_records(
            database,
            session_id=room.session_id,
            reason=reason,
            clock_ms=1_000,
            actor=HUB,
            now=clock.now,
        )

    await asyncio.gather(end(EndReason.ENDED_BY_LECTURER), end(EndReason.ENDED_BY_ADMINISTRATOR))
    assert [event.type for event in await all_events(database, room)] == ["lesson_ended"]
    assert await is_intact(database, room)


async def test_a_lesson_without_recording_asks_nothing_of_one(
    room: Room, database: Database
) -> None:
    async with database.unit_of_work() as db:
        await db.delete((await db.scalars(select(Recording))).one())
    await room.record(RoomEvent(EventType.RECORDING_FAILED, 1, payload={"problem": "io_error"}))
    await room.end(10)
    assert await lesson_state(database, room) is LessonState.ENDED
