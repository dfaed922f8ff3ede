"""Attendance from what was received to what is locked, corrected and credited."""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from app.attendance import queries, rules, settling
from app.attendance.errors import NothingAmended, NotToAmend, TermNotOver
from app.attendance.models import (
    AttendanceRecord,
    AttendanceRule,
    AttendanceState,
    ClassEvent,
    NotCounted,
    Session,
)
from app.attendance.seats import site_seat
from app.attendance.standing import standings
from app.calendars.models import Term
from app.database import Database
from app.lessons.models import Lesson, SiteState
from app.live import service
from app.live.ledger import DatabaseLedger
from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import County, make_county, make_lesson

MINUTE = 60_000
FULL, SHORT = 36, 20  # minutes heard at the first and at the second site, of 40


@dataclass
class Held:
    """A lesson that was held: its ids, and the ids of its rows, sites in order."""

    county: County
    session_id: UUID
    records: list[UUID]


async def hold(database: Database, county: County, clock: Clock) -> Held:
    """Hold a lesson: each site is there all the time, and hears the hub as long as said."""
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now,
        )
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


async def lock(database: Database, held: Held, term: Term, clock: Clock) -> int:
    async with database.unit_of_work() as db:
        person = held.county.administrator.person_id
        _, count = await settling.lock_term(db, term=term, person_id=person, now=clock.now)
    return count


async def record_of(database: Database, record_id: UUID) -> AttendanceRecord:
    async with database.unit_of_work() as db:
        return await db.get_one(AttendanceRecord, record_id)


async def agrees(database: Database, held: Held, clock: Clock) -> list[bool]:
    """Weigh the lesson anew from its events; return of which sites the closed figures follow."""
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, held.session_id)
        standing_of = {s.record.id: s for s in await standings(db, session, now=clock.now)}
        return [standing_of[each].agrees for each in held.records]


async def test_a_lesson_is_weighed_by_what_its_sites_received(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    full, short = [await record_of(either_database, each) for each in held.records]
    assert (full.audible_ms, full.lost_ms) == (FULL * MINUTE, 4 * MINUTE)
    assert (full.visible_ms, full.degraded_ms, full.offline_ms) == (FULL * MINUTE, 0, 0)
    assert (full.is_counted, full.not_counted_reason, full.rule_number) == (True, None, 1)
    assert (short.is_counted, short.not_counted_reason) == (False, NotCounted.TOO_LITTLE_AUDIBLE)
    async with either_database.unit_of_work() as db:
        sites = [r.site.state for r in await queries.records_of_session(db, held.session_id)]
    assert sorted(sites) == [SiteState.COUNTED, SiteState.NOT_COUNTED]
    assert await agrees(either_database, held, clock) == [True, True]


async def test_figures_that_do_not_follow_from_the_record_show(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    async with either_database.unit_of_work() as db:
        await db.execute(
            update(AttendanceRecord)
            .where(AttendanceRecord.id == held.records[0])
            .values(audible_ms=AttendanceRecord.audible_ms + 1)
        )
    assert await agrees(either_database, held, clock) == [False, True]
    async with either_database.unit_of_work() as db:
        await db.execute(delete(ClassEvent).where(ClassEvent.type == "reception"))
    assert await agrees(either_database, held, clock) == [False, False]


async def test_the_rule_set_of_the_lessons_day_decides(
    either_database: Database, clock: Clock
) -> None:
    today = clock.now.date()
    async with either_database.unit_of_work() as db:
        for number, day, permille in (
            (2, today - timedelta(days=7), 500),
            (3, today + timedelta(days=7), 1000),
        ):
            db.add(
                AttendanceRule(
                    number=number, valid_from=day, min_audible_permille=permille, note=""
                )
            )
    held = await hold_in_a_new_county(either_database, clock)
    short = await record_of(either_database, held.records[1])
    assert (short.is_counted, short.rule_number) == (True, 2)
    async with either_database.unit_of_work() as db:
        assert (await rules.in_force(db, date(2001, 1, 1))).number == 1


async def test_a_term_is_locked_when_it_is_over_and_only_its_rows_are(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    elsewhere = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    with pytest.raises(TermNotOver, match="from the day after"):
        await lock(either_database, held, term, clock)
    clock.advance(days=31)
    after = await hold(either_database, held.county, clock)
    assert await lock(either_database, held, term, clock) == 2
    assert await lock(either_database, held, term, clock) == 0
    states = [
        (await record_of(either_database, each.records[0])).state
        for each in (held, elsewhere, after)
    ]
    assert states == [
        AttendanceState.LOCKED,
        AttendanceState.AUTO_CLOSED,
        AttendanceState.AUTO_CLOSED,
    ]
    assert await agrees(either_database, held, clock) == [True, True]


async def test_a_correction_stands_beside_what_was_closed(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    record_id = held.records[1]

    async def amend(is_counted: bool | None, headcount: int | None = None) -> None:
        async with either_database.unit_of_work() as db:
            await settling.amend(
                db,
                record_id=record_id,
                person_id=held.county.administrator.person_id,
                is_counted=is_counted,
                headcount=headcount,
                reason="教室用备用音箱听完",
                now=clock.now,
            )

    await amend(True)
    with pytest.raises(NothingAmended):
        await amend(True)
    await amend(None, 23)
    record = await record_of(either_database, record_id)
    assert (record.is_counted, record.headcount) == (False, None)
    async with either_database.unit_of_work() as db:
        found = await queries.amendments_of(db, record_id)
    assert [(a.number, a.old_is_counted, a.new_is_counted) for a in found] == [
        (1, False, True),
        (2, True, True),
    ]
    assert [(a.old_headcount, a.new_headcount) for a in found] == [(None, None), (None, 23)]
    async with either_database.unit_of_work() as db:
        await db.execute(update(AttendanceRecord).values(state=AttendanceState.OPEN))
    with pytest.raises(NotToAmend):
        await amend(False)


# -- through HTTP ----------------------------------------------------------------------


@pytest.fixture
async def held(database: Database, county: County, clock: Clock) -> Held:
    return await hold(database, county, clock)


async def test_rows_are_listed_filtered_corrected_and_exported(
    held: Held, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    rows = (await browser.get("/api/admin/attendance")).json()["items"]
    assert {row["audible_ms"] for row in rows} == {FULL * MINUTE, SHORT * MINUTE}
    uncounted = (await browser.get("/api/admin/attendance?is_counted=false")).json()["items"]
    assert [row["id"] for row in uncounted] == [str(held.records[1])]
    assert uncounted[0]["not_counted_reason"] == "TOO_LITTLE_AUDIBLE"
    path = f"/api/admin/attendance/{held.records[1]}/amendments"
    assert (await browser.post(path, {"is_counted": True, "reason": " "})).status_code == 422
    answer = await browser.post(path, {"is_counted": True, "reason": "设备记录有误"})
    assert answer.status_code == 201, answer.text
    again = await browser.post(path, {"is_counted": True, "reason": "设备记录有误"})
    assert (again.status_code, again.json()["type"].split("/")[-1]) == (409, "nothing-amended")
    assert (await browser.get("/api/admin/attendance?is_counted=false")).json()["items"] == []
    [amendment] = (await browser.get(path)).json()["items"]
    assert (amendment["old_is_counted"], amendment["new_is_counted"]) == (False, True)
    export = await browser.get("/api/admin/attendance/export?format=csv&state=AUTO_CLOSED")
    table = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert sorted(row["更正次数"] for row in table) == ["0", "1"]
    assert {row["计入"] for row in table} == {"计入"}


async def test_service_hours_follow_from_locked_rows(
    held: Held, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    term = await make_term(database, held.county, clock)
    span = f"from={term.starts_on}&to={term.ends_on}"
    hours = f"/api/admin/service-hours?{span}"
    lock_path = f"/api/admin/terms/{term.id}/attendance-lock"
    early = await browser.post(lock_path)
    assert (early.status_code, early.json()["type"].split("/")[-1]) == (409, "term-not-over")
    assert (await browser.get(hours)).json()["items"] == []
    async with database.unit_of_work() as db:
        await db.execute(update(Term).values(ends_on=clock.now.date() - timedelta(days=1)))
        await db.execute(update(Lesson).values(planned_start=clock.now - timedelta(days=2)))
    locked = await browser.post(lock_path)
    assert (locked.status_code, locked.json()["rows"]) == (201, 2), locked.text
    [row] = (await browser.get(hours)).json()["items"]
    assert (row["lessons"], row["sites"], row["planned_ms"]) == (1, 1, 40 * MINUTE)
    export = await browser.get(f"/api/admin/service-hours/export?{span}")
    [line] = csv.DictReader(io.StringIO(export.content.decode("utf-8-sig")))
    assert float(line["服务小时"]) == pytest.approx(2 / 3, abs=0.01)


async def test_another_countys_rows_are_not_there(
    held: Held, other_county: County, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    term = await make_term(database, held.county, clock)
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get("/api/admin/attendance")).json()["items"] == []
    path = f"/api/admin/attendance/{held.records[0]}/amendments"
    assert (await stranger.get(path)).status_code == 404
    refused = await stranger.post(path, {"is_counted": False, "reason": "x"})
    assert refused.status_code == 404
    locked = await stranger.post(f"/api/admin/terms/{term.id}/attendance-lock")
    assert locked.status_code == 404
