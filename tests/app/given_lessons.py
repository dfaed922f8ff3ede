"""Whole lessons, taught to the end or not, for the pages that show them."""

from collections.abc import Awaitable, Callable
from typing import Any

from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.lessons.models import Lesson
from app.live import service
from app.live.ledger import DatabaseLedger
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock
from tests.factories import County, make_lesson

MINUTE = 60_000
Give = Callable[..., Awaitable[str]]


def giver(database: Database, clock: Clock) -> Give:
    """Return what gives a whole lesson: `await give(county, title=...)` is the session's id."""

    async def give_one(
        county: County, *, ends: bool = True, classrooms: Any = None, **options: Any
    ) -> str:
        clock.now = options.pop("at", clock.now)
        async with database.unit_of_work() as db:
            lesson = await make_lesson(
                db,
                lecturer=county.teacher,
                hub=county.hub,
                classrooms=county.classrooms if classrooms is None else classrooms,
                planned_start=clock.now,
                **options,
            )
            session = await service.start_lesson(
                db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
            )
        await _teach(DatabaseLedger(database, clock=clock), str(session.id), lesson, ends)
        return str(session.id)

    return give_one


async def _teach(ledger: DatabaseLedger, room: str, lesson: Lesson, ends: bool) -> None:
    site = next(site_seat(each.id) for each in sorted(lesson.sites, key=lambda s: s.id))
    await ledger.record(
        room,
        [
            RoomEvent(EventType.LESSON_STARTED, 0, payload={"epoch": 1}),
            RoomEvent(EventType.SEAT_JOINED, 0, HUB, HUB),
            RoomEvent(EventType.SEAT_JOINED, 1 * MINUTE, site, site),
            RoomEvent(EventType.STAGE_GRANTED, 5 * MINUTE, site, HUB),
            RoomEvent(EventType.STAGE_RELEASED, 7 * MINUTE, site, HUB),
            RoomEvent(EventType.PAUSED_ALL, 8 * MINUTE, None, HUB),
            RoomEvent(EventType.RESTORED_ALL, 9 * MINUTE, None, HUB),
            RoomEvent(EventType.HEADCOUNT, 10 * MINUTE, site, site, {"count": 12}),
        ],
    )
    await ledger.still_present(room, [HUB, site], 11 * MINUTE)
    if ends:
        await ledger.record(room, [RoomEvent(EventType.LESSON_ENDED, 40 * MINUTE, None, HUB)])
        await ledger.lesson_ended(room, EndReason.ENDED_BY_LECTURER, 40 * MINUTE, HUB)
