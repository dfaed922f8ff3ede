"""The same lesson on the other database, where locks are rows and not the whole file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import func, select

from app import migrations
from app.attendance import listing, queries
from app.attendance.models import AttendanceRecord, Session
from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.events import EventBus
from app.lessons.models import LessonState
from app.live import service, tickets
from app.live.gate import DatabaseGate
from app.live.ledger import DatabaseLedger
from app.paging import PageRequest
from app.recordings import queries as recording_queries
from app.recordings.models import RecordingState
from app.security import Grant, PersonCaller, Role
from signaling.messages import EndReason
from signaling.ports import EventType, Refused, RoomEvent
from tests.app.conftest import Clock
from tests.factories import NOON, County, make_county, make_lesson

pytestmark = pytest.mark.postgres

MINUTE = 60_000


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """An empty PostgreSQL with the tables of this version."""
    database = Database(postgres_url, EventBus())
    await migrations.upgrade(database.engine)
    yield database
    await database.close()


def inspector_of(county: County) -> PersonCaller:
    return PersonCaller(
        person_id=county.administrator.person_id,
        account_id=county.administrator.id,
        session_id=county.administrator.id,
        name="",
        school_id=None,
        csrf_token="",
        is_restricted=False,
        grants=(Grant(Role.ADMINISTRATOR, county.region.id, None),),
    )


async def test_a_lesson_on_postgresql(postgres: Database, clock: Clock, tmp_path: Path) -> None:
    async with postgres.unit_of_work() as db:
        county = await make_county(db)
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )

    async def start() -> str:
        async with postgres.unit_of_work() as db:
            session = await service.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=NOON
            )
            return str(session.id)

    rooms = await asyncio.gather(*(start() for _ in range(5)))
    assert len(set(rooms)) == 1
    room, site = rooms[0], site_seat(lesson.sites[0].id)
    await _ticket_is_used_once(postgres, room, site, county, clock, tmp_path)

    ledgers = [DatabaseLedger(postgres, clock=clock) for _ in range(2)]
    joined = RoomEvent(EventType.SEAT_JOINED, 0, site, site)
    await ledgers[0].record(room, [joined])

    async def write(ledger: DatabaseLedger) -> None:
        for ms in range(1, 11):
            said: dict[str, JsonValue] = {"text": "\u0000好", "x": [1, 2.5, None, True]}
            await ledger.record(room, [RoomEvent(EventType.CHAT, ms, HUB, HUB, said)])
            await ledger.still_present(room, [site], ms * 100)

    await asyncio.gather(*(write(ledger) for ledger in ledgers))
    await asyncio.gather(
        *(ledger.lesson_ended(room, EndReason.SHUT_DOWN, MINUTE, HUB) for ledger in ledgers)
    )
    async with postgres.unit_of_work() as db:
        session = (await db.scalars(select(Session))).one()
        assert session.event_count == 21
        assert (await queries.check_chain(db, session)).is_intact
        recording = await recording_queries.of_session(db, session.id)
        assert recording is not None
        assert recording.state is RecordingState.FINALISING
        wanted = listing.SessionFilter(text="小雨")
        found = await listing.list_sessions(db, inspector_of(county), wanted, PageRequest())
        (shown,) = found.items
        assert (shown.sites_total, shown.sites_attended) == (2, 1)
        assert shown.lesson.state is LessonState.STOPPED_INCIDENT
        earned = await db.scalar(select(func.max(AttendanceRecord.connected_ms)))
        assert earned == MINUTE


async def _ticket_is_used_once(
    postgres: Database, room: str, site: str, county: County, clock: Clock, folder: Path
) -> None:
    gate = DatabaseGate(postgres, recordings_dir=folder, clock=clock)
    async with postgres.unit_of_work() as db:
        session = (await db.scalars(select(Session))).one()
        ticket = await tickets.issue(
            db,
            session_id=session.id,
            seat_id=site,
            role="classroom",
            holder=tickets.Holder(device_id=county.devices[0].id),
            now=NOON,
        )
    outcomes = await asyncio.gather(
        *(gate.redeem(ticket) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["Admission"] + ["Refused"] * 4
    assert {each.code for each in outcomes if isinstance(each, Refused)} == {"ticket_used"}
    assert (await gate.load_room(room)).epoch == 1
