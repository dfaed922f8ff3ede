"""How a classroom takes part in a lesson, and that whoever only observes counts for nothing."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered, hours, settling
from app.attendance.delivered import PERIODS
from app.attendance.errors import OnlyObserves
from app.attendance.models import AttendanceAmendment, NotCounted
from app.database import Database
from app.lessons.models import Lesson, LessonSite, LessonState, SiteMode
from tests.app.alliance_steps import found
from tests.app.conftest import Clock, OpenBrowser
from tests.app.held_lessons import (
    FULL,
    MINUTE,
    SHORT,
    Held,
    agrees,
    hold,
    hold_in_a_new_county,
    lock,
    make_term,
    record_of,
)
from tests.factories import County, make_county


@pytest.mark.parametrize("mode", [SiteMode.RECORDED, SiteMode.EMBEDDED])
async def test_a_site_that_received_the_lesson_counts_however_it_was_to_use_it(
    either_database: Database, clock: Clock, mode: SiteMode
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
    held = await hold(either_database, county, clock, mode=mode)
    full, short = [await record_of(either_database, each) for each in held.records]
    assert (full.is_counted, short.is_counted) == (True, False)


async def test_whoever_only_observes_is_shown_and_counts_for_nothing(
    either_database: Database, clock: Clock
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
    held = await hold(either_database, county, clock, mode=SiteMode.OBSERVE)
    full, short = [await record_of(either_database, each) for each in held.records]
    assert (full.audible_ms, short.audible_ms) == (FULL * MINUTE, SHORT * MINUTE)
    for row in (full, short):
        assert (row.is_counted, row.not_counted_reason) == (False, NotCounted.OBSERVED)
    async with either_database.unit_of_work() as db:
        assert (await db.execute(select(PERIODS))).all() == []
        with pytest.raises(OnlyObserves, match="invited to observe"):
            await amend_to(db, held, clock, is_counted=True)
        said = await amend_to(db, held, clock, headcount=31)
    assert (said.new_is_counted, said.new_headcount) == (False, 31)
    assert await agrees(either_database, held, clock) == [True, True]


async def test_what_was_closed_as_counted_and_only_observed_counts_no_more(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """Rows of before stand as they were closed; what holds of them does not count."""
    held = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    row = await record_of(either_database, held.records[0])
    async with either_database.unit_of_work() as db:
        (await db.get_one(LessonSite, row.lesson_site_id)).mode = SiteMode.OBSERVE
        await delivered.refresh_of_records(db, held.records)
        assert (await db.execute(select(PERIODS))).all() == []
    today = clock.now.date()
    clock.advance(days=60)
    await lock(either_database, held, term, clock, tmp_path)
    async with either_database.unit_of_work() as db:
        lesson = (await db.scalars(select(Lesson))).one()
        assert lesson.state is LessonState.VERIFIED
        teacher = held.county.teacher.person_id
        given = await hours.own_sums(db, teacher, first_day=today, last_day=today)
    assert set(given.values()) == {hours.OwnSums(lessons=0, sites=0, earned_ms=0, waiting=0)}


async def test_observers_of_before_are_listed_as_not_counted(
    database: Database, county: County, clock: Clock, open_browser: OpenBrowser
) -> None:
    held = await hold(database, county, clock)
    row = await record_of(database, held.records[0])
    async with database.unit_of_work() as db:
        (await db.get_one(LessonSite, row.lesson_site_id)).mode = SiteMode.OBSERVE
    browser = await open_browser(county.administrator)
    for wanted, records in (("true", held.records[:0]), ("false", held.records)):
        listed = await found(browser, f"/api/admin/attendance?is_counted={wanted}")
        assert {each["id"] for each in listed["items"]} == set(map(str, records))
    path = f"/api/admin/attendance/{held.records[0]}/amendments"
    answer = await browser.post(path, {"is_counted": True, "reason": "设备记录有误"})
    assert (answer.status_code, answer.json()["type"]) == (409, "only-observes")
    sheet = await browser.get(f"/api/admin/sessions/{held.session_id}/attendance/export")
    lines = csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig")))
    assert {line["计入"] for line in lines} == {"不计入"}
    wall = await found(browser, f"/api/admin/sessions/{held.session_id}")
    assert {row["audible_ms"] for row in wall["attendance"]} == {FULL * MINUTE, SHORT * MINUTE}


async def amend_to(
    db: AsyncSession,
    held: Held,
    clock: Clock,
    *,
    is_counted: bool | None = None,
    headcount: int | None = None,
) -> AttendanceAmendment:
    return await settling.amend(
        db,
        record_id=held.records[0],
        person_id=held.county.administrator.person_id,
        is_counted=is_counted,
        headcount=headcount,
        reason="设备记录有误",
        now=clock.now,
    )
