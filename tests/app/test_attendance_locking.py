"""The lock at the end of term, and what follows from locked rows alone."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.attendance import locking, queries, settling
from app.attendance.errors import TermNotOver
from app.attendance.models import AttendanceRecord, AttendanceState, Session
from app.calendars.models import Term
from app.database import Database
from app.jobs.context import JobContext, LeaseLost
from app.jobs.models import JobState
from app.lessons.models import Lesson, LessonState, SiteState
from app.security import Scope
from tests.app.conftest import Clock, OpenBrowser
from tests.app.held_lessons import (
    MINUTE,
    Held,
    agrees,
    hold,
    hold_in_a_new_county,
    lock,
    make_term,
    record_of,
    run_jobs,
)
from tests.factories import County


async def lesson_of(database: Database, held: Held) -> Lesson:
    async with database.unit_of_work() as db:
        session = await queries.get_session(db, held.session_id)
        assert session is not None
        return session.lesson


async def test_a_term_is_locked_when_it_is_over_and_only_its_rows_are(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    elsewhere = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    early = await lock(either_database, held, term, clock, tmp_path)
    assert early.state is JobState.FAILED
    assert early.problem is not None
    assert early.problem["type"] == TermNotOver.type
    clock.advance(days=31)
    after = await hold(either_database, held.county, clock)
    for rows in (2, 0):
        done = await lock(either_database, held, term, clock, tmp_path)
        assert done.result is not None, done.problem
        assert done.result["rows"] == rows
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


async def test_the_lock_is_in_the_chain_and_credits_the_lesson_that_counts(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    unheard = await hold(either_database, held.county, clock)
    async with either_database.unit_of_work() as db:
        await settling.amend(
            db,
            record_id=unheard.records[0],
            person_id=held.county.administrator.person_id,
            is_counted=False,
            headcount=None,
            reason="投影坏了, 没有上成",
            now=clock.now,
        )
    clock.advance(days=31)
    await lock(either_database, held, term, clock, tmp_path)
    assert (await lesson_of(either_database, held)).state is LessonState.CREDITED
    assert (await lesson_of(either_database, unheard)).state is LessonState.VERIFIED
    async with either_database.unit_of_work() as db:
        session = await db.get_one(Session, held.session_id)
        assert (await queries.check_chain(db, session)).is_intact
        [said] = await queries.events_of_types(db, session.id, ["attendance_locked"])
    assert (said.payload["rows"], said.payload["term"]) == (2, "学期")
    assert said.actor is not None


async def test_a_correction_after_the_lock_moves_the_lesson_and_the_site_with_the_row(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    clock.advance(days=31)
    await lock(either_database, held, term, clock, tmp_path)
    assert (await lesson_of(either_database, held)).state is LessonState.CREDITED
    steps = [(0, False), (1, True), (1, False), (0, True)]
    credited = [False, True, False, True]  # the first row counted, the second did not
    for (place, is_counted), is_credited in zip(steps, credited, strict=True):
        clock.advance(minutes=1)
        async with either_database.unit_of_work() as db:
            await settling.amend(
                db,
                record_id=held.records[place],
                person_id=held.county.administrator.person_id,
                is_counted=is_counted,
                headcount=None,
                reason="设备记录有误",
                now=clock.now,
            )
        came_to = LessonState.CREDITED if is_credited else LessonState.VERIFIED
        assert (await lesson_of(either_database, held)).state is came_to
        async with either_database.unit_of_work() as db:
            rows = {row.id: row for row in await queries.records_of_session(db, held.session_id)}
        wanted = SiteState.COUNTED if is_counted else SiteState.NOT_COUNTED
        assert rows[held.records[place]].site.state is wanted


async def test_objections_are_answered_before_the_lock(
    either_database: Database, clock: Clock, tmp_path: Path
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    term = await make_term(either_database, held.county, clock)
    lesson = await lesson_of(either_database, held)
    async with either_database.unit_of_work() as db:
        await settling.confirm_headcount(
            db,
            lesson_id=lesson.id,
            classroom_id=held.county.classrooms[1].id,
            count=9,
            objection="声音一直有",
            now=clock.now,
        )
    clock.advance(days=31)
    refused = await lock(either_database, held, term, clock, tmp_path)
    assert refused.problem is not None
    assert (refused.problem["type"], refused.problem["objections"]) == ("objections-open", 1)
    async with either_database.unit_of_work() as db:
        scope = Scope(region_ids=frozenset({held.county.region.id}))
        standing = await locking.standing_of(db, term, scope)
        assert (standing.waiting, standing.objections) == (2, 1)
        await settling.confirm_row(
            db,
            record_id=held.records[1],
            person_id=held.county.administrator.person_id,
            headcount=None,
            now=clock.now,
        )
    done = await lock(either_database, held, term, clock, tmp_path)
    assert done.state is JobState.DONE


async def test_what_a_worker_left_is_locked_by_the_next(
    either_database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    more = await hold(either_database, held.county, clock)
    term = await make_term(either_database, held.county, clock)
    clock.advance(days=31)
    monkeypatch.setattr(locking, "LESSONS_AT_ONCE", 1)
    real, calls = JobContext.hold, 0

    async def dies_in_the_second_lesson(context: JobContext, db: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise LeaseLost
        await real(context, db)  # type: ignore[arg-type]  # handed on as given

    monkeypatch.setattr(JobContext, "hold", dies_in_the_second_lesson)
    await lock(either_database, held, term, clock, tmp_path)
    states = {
        (await record_of(either_database, record)).state
        for each in (held, more)
        for record in each.records
    }
    assert states == {AttendanceState.LOCKED, AttendanceState.AUTO_CLOSED}
    done = await lock(either_database, held, term, clock, tmp_path)
    assert done.result is not None
    assert (done.result["lessons"], done.result["rows"]) == (1, 2)


# -- through HTTP ----------------------------------------------------------------------


@pytest.fixture
async def held(database: Database, county: County, clock: Clock) -> Held:
    return await hold(database, county, clock)


async def test_service_hours_follow_from_locked_rows(
    app: FastAPI, held: Held, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    teacher = await open_browser(held.county.teacher)
    term = await make_term(database, held.county, clock)
    span = f"from={term.starts_on}&to={term.ends_on}"
    hours, own = f"/api/admin/service-hours?{span}", f"/api/teacher/service-hours?{span}"
    term_path = f"/api/admin/terms/{term.id}"
    early = await browser.post(f"{term_path}/attendance-lock")
    assert (early.status_code, early.json()["type"]) == (409, "term-not-over")
    assert (await browser.get(hours)).json()["items"] == []
    assert (await teacher.get(own)).json()["lecturer"] == {
        "lessons": 0,
        "sites": 0,
        "earned_ms": 0,
        "waiting": 1,
    }
    async with database.unit_of_work() as db:
        await db.execute(update(Term).values(ends_on=clock.now.date() - timedelta(days=1)))
        await db.execute(update(Lesson).values(planned_start=clock.now - timedelta(days=2)))
    accepted = await browser.post(f"{term_path}/attendance-lock")
    assert accepted.status_code == 202, accepted.text
    await run_jobs(database, clock, app.state.job_files)
    job = (await browser.get(accepted.headers["Location"])).json()
    assert (job["state"], job["result"]["rows"]) == ("DONE", 2)
    standing = (await browser.get(f"{term_path}/attendance")).json()
    assert (standing["rows"]["LOCKED"], standing["is_over"]) == (2, True)
    assert [each["person"] for each in standing["locks"]] == [
        (await browser.me())["person"]["name"]
    ]
    [row] = (await browser.get(hours)).json()["items"]
    assert (row["lessons"], row["sites"], row["planned_ms"]) == (1, 1, 40 * MINUTE)
    export = await browser.get(f"/api/admin/service-hours/export?{span}")
    [line] = csv.DictReader(io.StringIO(export.content.decode("utf-8-sig")))
    assert float(line["服务小时"]) == pytest.approx(2 / 3, abs=0.01)
    for narrowed, is_found in (
        (f"school_id={held.county.hub.id}", True),
        (f"school_id={held.county.points[0].id}", False),
        (f"q={row['name']}", True),
        (f"q={row['name']}不", False),
    ):
        assert bool((await browser.get(f"{hours}&{narrowed}")).json()["items"]) is is_found
        file = await browser.get(f"/api/admin/service-hours/export?{span}&{narrowed}")
        assert (row["name"] in file.content.decode("utf-8-sig")) is is_found
    assert (await teacher.get(own)).json()["lecturer"] == {
        "lessons": 1,
        "sites": 1,
        "earned_ms": 40 * MINUTE,
        "waiting": 0,
    }
    [given] = (await teacher.get(f"/api/teacher/service-hours/lessons?{span}")).json()["items"]
    assert (given["sites"], given["counted"], given["locked"]) == (2, 1, 2)
    mine = await teacher.get(f"/api/teacher/service-hours/lessons/export?{span}")
    assert "0.67" in mine.content.decode("utf-8-sig")
    assert (await browser.get(own)).status_code == 403


async def test_no_lock_is_asked_for_while_a_classroom_objects(
    held: Held, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    term = await make_term(database, held.county, clock)
    async with database.unit_of_work() as db:
        (await db.get_one(AttendanceRecord, held.records[1])).objection = "声音一直有"
    clock.advance(days=31)
    browser = await open_browser(held.county.administrator)
    answer = await browser.post(f"/api/admin/terms/{term.id}/attendance-lock")
    assert (answer.status_code, answer.json()["type"]) == (409, "objections-open")
    assert answer.json()["objections"] == 1
    standing = (await browser.get(f"/api/admin/terms/{term.id}/attendance")).json()
    assert (standing["rows"]["LOCKED"], standing["objections"], standing["locks"]) == (0, 1, [])


async def test_there_is_no_lock_of_a_term_that_is_not_there(
    held: Held, database: Database, clock: Clock, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    for path in (f"/api/admin/terms/{uuid4()}/attendance",):
        assert (await browser.get(path)).status_code == 404
    term = await make_term(database, held.county, clock)
    teacher = await open_browser(held.county.teacher)
    refused = await teacher.post(f"/api/admin/terms/{term.id}/attendance-lock")
    assert refused.status_code == 403
    async with database.unit_of_work() as db:
        states = await db.scalars(select(Lesson.state))
        assert set(states) == {LessonState.ENDED}
