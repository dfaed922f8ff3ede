"""Lessons that were held to the end and weighed, with what was heard of them said beforehand."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.attendance import locking, queries
from app.attendance.models import AttendanceRecord, Session
from app.attendance.seats import site_seat
from app.attendance.standing import standings
from app.calendars.models import Term
from app.database import Database
from app.jobs import service as jobs
from app.jobs.files import JobFiles
from app.jobs.models import Job, Queue
from app.jobs.worker import Worker
from app.lessons.models import SiteMode
from app.live import service
from app.live.ledger import DatabaseLedger
from app.security import PersonCaller, Scope
from app.workers import job_handlers
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock
from tests.factories import County, make_county, make_lesson

MINUTE = 60_000
FULL, SHORT = 36, 20  # minutes heard at the first and at the second site, of 40


@dataclass
class Held:
    """A lesson that was held: its ids, and the ids of its rows, sites in order."""

    county: County
    session_id: UUID
    records: list[UUID]


async def hold(
    database: Database, county: County, clock: Clock, *, mode: SiteMode = SiteMode.LIVE
) -> Held:
    """Hold a lesson: each site is there all the time, and hears the hub as long as said."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now,
        )
        for site in lesson.sites:
            site.mode = mode
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    ledger = DatabaseLedger(database, clock=clock)
    events = []
    for site, heard in zip(lesson.sites, (FULL, SHORT), strict=True):
        seat = site_seat(site.id)
        spans: list[Any] = [
            [0, heard * MINUTE, "audible", 1],
            [heard * MINUTE, 40 * MINUTE, "lost", 0],
        ]
        events.append(RoomEvent(EventType.SEAT_JOINED, 0, seat, seat))
        events.append(RoomEvent(EventType.RECEPTION, 40 * MINUTE, seat, payload={"spans": spans}))
    await ledger.record(str(session.id), events)
    await ledger.lesson_ended(str(session.id), EndReason.ENDED_BY_LECTURER, 40 * MINUTE, "hub")
    async with database.unit_of_work() as db:
        found = []
        for site in lesson.sites:
            record = await queries.record_of_site(db, session.id, site.id)
            assert record is not None
            found.append(record.id)
    return Held(county, session.id, found)


async def hold_in_a_new_county(database: Database, clock: Clock) -> Held:
    async with database.unit_of_work() as db:
        county = await make_county(db)
    return await hold(database, county, clock)


async def make_term(database: Database, county: County, clock: Clock) -> Term:
    today = clock.now.date()
    async with database.unit_of_work() as db:
        term = Term(
            region_id=county.region.id,
            name="学期",
            starts_on=today - timedelta(days=30),
            ends_on=today + timedelta(days=30),
        )
        db.add(term)
    return term


async def record_of(database: Database, record_id: UUID) -> AttendanceRecord:
    async with database.unit_of_work() as db:
        return await db.get_one(AttendanceRecord, record_id)


async def agrees(database: Database, held: Held, clock: Clock) -> list[bool]:
    """Weigh the lesson anew from its events; return of which sites the closed figures follow."""
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, held.session_id)
        standing_of = {s.record.id: s for s in await standings(db, session, now=clock.now)}
        return [standing_of[each].agrees for each in held.records]


async def lock(database: Database, held: Held, term: Term, clock: Clock, folder: Path) -> Job:
    """Have the county's administrator lock a term, run the job, and return it as it ended."""
    return await lock_of(database, held.county, term, clock, folder)


async def lock_of(
    database: Database, county: County, term: Term, clock: Clock, folder: Path
) -> Job:
    scope = Scope(region_ids=frozenset({county.region.id}))
    administrator = PersonCaller(
        person_id=county.administrator.person_id,
        account_id=county.administrator.id,
        session_id=county.administrator.id,
        name="",
        school_id=None,
        csrf_token="",
        is_restricted=False,
        grants=(),
    )
    async with database.unit_of_work() as db:
        job = await jobs.enqueue(
            db,
            kind=locking.KIND,
            payload=locking.payload_of(term.id, scope),
            owner=administrator,
            now=clock.now,
        )
    await run_jobs(database, clock, JobFiles(folder))
    async with database.unit_of_work() as db:
        return await db.get_one(Job, job.id)


async def run_jobs(database: Database, clock: Clock, files: JobFiles) -> None:
    """Do what is queued, with the application's own handlers."""
    worker = Worker(
        database,
        database.events,
        handlers=job_handlers(),
        periodic={},
        files=files,
        queues=frozenset(Queue),
        clock=clock,
    )
    await worker.run_due()
