"""A live lesson as signalling reports it, for tests, and what was written of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries
from app.attendance.models import AttendanceRecord, ClassEvent, Session
from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.lessons.models import Lesson, LessonState
from app.live import recovery, service
from app.live.ledger import DatabaseLedger
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock
from tests.factories import County, make_lesson


class Room:
    """A live lesson seen from signalling."""

    def __init__(self, session_id: UUID, lesson: Lesson, ledger: DatabaseLedger) -> None:
        self.session_id = session_id
        self.id = str(session_id)
        self.lesson = lesson
        self.ledger = ledger
        self.sites = [site_seat(site.id) for site in lesson.sites]

    async def record(self, *events: RoomEvent) -> None:
        await self.ledger.record(self.id, events)

    async def joined(self, seat_id: str, at_ms: int) -> None:
        await self.record(RoomEvent(EventType.SEAT_JOINED, at_ms, seat_id, seat_id))

    async def left(self, seat_id: str, at_ms: int) -> None:
        event = RoomEvent(EventType.SEAT_LEFT, at_ms, seat_id, payload={"reason": "closed"})
        await self.record(event)

    async def end(self, at_ms: int, reason: EndReason = EndReason.ENDED_BY_LECTURER) -> None:
        await self.ledger.lesson_ended(self.id, reason, at_ms, HUB)


async def start_room(database: Database, county: County, clock: Clock) -> Room:
    """Take a lesson of the county live."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    return Room(session.id, lesson, DatabaseLedger(database, clock=clock))


async def attendance_of(database: Database, room: Room, seat: int) -> AttendanceRecord:
    async with database.unit_of_work() as db:
        site_id = room.lesson.sites[seat].id
        record = await queries.record_of_site(db, room.session_id, site_id)
        assert record is not None
        return record


async def lesson_state(database: Database, room: Room) -> LessonState:
    async with database.unit_of_work() as db:
        return (await db.get_one(Lesson, room.lesson.id)).state


async def all_events(database: Database, room: Room) -> list[ClassEvent]:
    async with database.unit_of_work() as db:
        return list(await queries.events_after(db, room.session_id, after=0, limit=None))


async def is_intact(database: Database, room: Room) -> bool:
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, room.session_id)
        return (await queries.check_chain(db, session)).is_intact


class Flaky:
    """A database whose commits fail, or succeed without anybody hearing of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.loses_answers = False
        self.fails = False

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[AsyncSession]:
        async with self._database.unit_of_work() as db:
            before = await db.scalar(select(Session.event_count))
            yield db
            wrote = before != await db.scalar(select(Session.event_count))
            if wrote and self.fails:
                raise ConnectionError("the database went away")
        if wrote and self.loses_answers:
            raise ConnectionError("the answer was lost")


async def end_abandoned(database: Database, clock: Clock, **options: Any) -> list[UUID]:
    settings: dict[str, Any] = {
        "server_started_at": clock.now - timedelta(days=1),
        "is_room_open": lambda _: False,
    }
    return await recovery.end_abandoned(database, now=clock.now, **(settings | options))
