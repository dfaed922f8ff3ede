"""Attendance from what was received to what is confirmed, objected to and corrected."""

import csv
import io
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.attendance import queries, rules, settling
from app.attendance.errors import NothingAmended, NotToAmend, NotToConfirm
from app.attendance.models import (
    AttendanceRecord,
    AttendanceRule,
    AttendanceState,
    ClassEvent,
    NotCounted,
    Session,
)
from app.calendars.days import local_day
from app.database import Database
from app.errors import WrongState
from app.lessons.models import Lesson, LessonState, SiteState
from tests.app.conftest import Clock, OpenBrowser
from tests.app.held_lessons import (
    FULL,
    MINUTE,
    SHORT,
    Held,
    agrees,
    hold,
    hold_in_a_new_county,
    make_term,
    record_of,
)
from tests.factories import County


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
    assert record.state is AttendanceState.CONFIRMED
    said = await said_of(either_database, held.session_id, "attendance_amended")
    assert [(each["number"], each["new_headcount"]) for each in said] == [(1, None), (2, 23)]
    async with either_database.unit_of_work() as db:
        await db.execute(update(AttendanceRecord).values(state=AttendanceState.OPEN))
    with pytest.raises(NotToAmend):
        await amend(False)


async def said_of(database: Database, session_id: UUID, kind: str) -> list[dict[str, object]]:
    """Return what events of a kind say; the chain must hold."""
    async with database.unit_of_work() as db:
        session = await db.get_one(Session, session_id)
        assert (await queries.check_chain(db, session)).is_intact
        return [each.payload for each in await queries.events_of_types(db, session_id, [kind])]


async def lesson_state(database: Database, held: Held) -> LessonState:
    async with database.unit_of_work() as db:
        query = select(Lesson.state).join(Session).where(Session.id == held.session_id)
        return (await db.scalars(query)).one()


async def confirm(
    database: Database, held: Held, place: int, clock: Clock, objection: str | None = None
) -> AttendanceRecord:
    """Confirm the row of a classroom from its own screen."""
    async with database.unit_of_work() as db:
        session = await queries.get_session(db, held.session_id)
        assert session is not None
        return await settling.confirm_headcount(
            db,
            lesson_id=session.lesson_id,
            classroom_id=held.county.classrooms[place].id,
            count=20 + place,
            objection=objection,
            now=clock.now,
        )


async def confirm_from_the_office(database: Database, held: Held, place: int, clock: Clock) -> None:
    async with database.unit_of_work() as db:
        await settling.confirm_row(
            db,
            record_id=held.records[place],
            person_id=held.county.administrator.person_id,
            headcount=None,
            now=clock.now,
        )


async def test_a_lesson_is_verified_when_the_last_classroom_that_came_has_confirmed(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    await confirm(either_database, held, 0, clock)
    assert await lesson_state(either_database, held) is LessonState.ENDED
    await confirm(either_database, held, 1, clock)
    assert await lesson_state(either_database, held) is LessonState.VERIFIED
    await confirm(either_database, held, 1, clock)  # the number may still be corrected
    assert await lesson_state(either_database, held) is LessonState.VERIFIED


async def test_an_objection_waits_for_the_administrator_and_is_kept_in_the_chain(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    await confirm(either_database, held, 0, clock)
    row = await confirm(either_database, held, 1, clock, "声音一直有")
    assert (row.state, row.objection, row.headcount) == (
        AttendanceState.AUTO_CLOSED,
        "声音一直有",
        21,
    )
    async with either_database.unit_of_work() as db:
        waiting = await queries.awaiting_headcount(
            db,
            classroom_id=held.county.classrooms[1].id,
            ended_after=clock.now - timedelta(hours=2),
        )
    assert waiting is None
    assert await lesson_state(either_database, held) is LessonState.ENDED
    await confirm_from_the_office(either_database, held, 1, clock)
    row = await record_of(either_database, held.records[1])
    assert (row.state, row.objection, row.headcount) == (AttendanceState.CONFIRMED, None, 21)
    assert await lesson_state(either_database, held) is LessonState.VERIFIED
    [said] = await said_of(either_database, held.session_id, "attendance_confirmed")
    assert said == {"count": 21, "objection": "声音一直有"}
    with pytest.raises(WrongState, match="waits to be confirmed"):
        await confirm_from_the_office(either_database, held, 1, clock)
    with pytest.raises(NotToConfirm, match="administrator"):
        await confirm(either_database, held, 1, clock, "还是不对")


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
    assert amendment["person"] == (await browser.me())["person"]["name"]
    page = (await browser.get(f"/api/admin/sessions/{held.session_id}")).json()
    shown = {row["record_id"]: row for row in page["attendance"]}[str(held.records[1])]
    assert (shown["is_counted"], shown["amendments"]) == (False, [amendment])
    sheet = await browser.get(f"/api/admin/sessions/{held.session_id}/attendance/export")
    lines = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert {line["听清分钟"] for line in lines} == {f"{FULL:.1f}", f"{SHORT:.1f}"}
    assert {(line["计入"], line["更正次数"]) for line in lines} == {("计入", "0"), ("计入", "1")}
    export = await browser.get("/api/admin/attendance/export?format=csv")
    waiting = "/api/admin/attendance?state=AUTO_CLOSED&waits_for=ASSISTANT&subject=音乐"
    assert [row["id"] for row in (await browser.get(waiting)).json()["items"]] == [
        str(held.records[0])
    ]
    nobody = await browser.get("/api/admin/attendance?waits_for=ADMINISTRATOR")
    assert nobody.json()["items"] == []
    assert (await browser.get("/api/admin/attendance?subject=体操")).json()["items"] == []
    one = (await browser.get(f"/api/admin/attendance/{held.records[1]}")).json()
    assert (one["is_counted"], one["closed_is_counted"], one["amendments"]) == (True, False, 1)
    table = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
    assert sorted(row["更正次数"] for row in table) == ["0", "1"]
    assert {row["计入"] for row in table} == {"计入"}


async def test_an_export_has_the_rows_of_the_days_asked_for_as_the_list_has(
    held: Held, database: Database, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    async with database.unit_of_work() as db:
        day = local_day((await db.get_one(AttendanceRecord, held.records[0])).held_at)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    for days, number in (
        (f"from={day}&to={day}", 2),
        (f"to={before}", 0),
        (f"from={after}", 0),
        (f"from={before}&to={after}", 2),
    ):
        rows = (await browser.get(f"/api/admin/attendance?{days}")).json()["items"]
        export = await browser.get(f"/api/admin/attendance/export?format=csv&{days}")
        table = list(csv.DictReader(io.StringIO(export.content.decode("utf-8-sig"))))
        assert (len(rows), len(table)) == (number, number), days


async def test_what_waits_for_no_word_is_not_confirmed_nor_corrected(
    held: Held, database: Database, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(held.county.administrator)
    path = f"/api/admin/attendance/{held.records[0]}"
    assert (await browser.post(f"{path}/confirmation", {"headcount": 30})).status_code == 200
    again = await browser.post(f"{path}/confirmation", {"headcount": 31})
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")
    assert again.json()["possible"] == ["LOCKED"]
    async with database.unit_of_work() as db:
        (await db.get_one(AttendanceRecord, held.records[0])).state = AttendanceState.OPEN
    early = await browser.post(f"{path}/amendments", {"is_counted": False, "reason": "没有上"})
    assert (early.status_code, early.json()["type"]) == (409, "not-to-amend")
    assert (await browser.get(path)).json()["headcount"] == 30


async def test_a_classroom_objects_with_a_reason_before_it_confirmed(
    held: Held, database: Database, open_browser: OpenBrowser
) -> None:
    async with database.unit_of_work() as db:
        session = await queries.get_session(db, held.session_id)
        assert session is not None
    path = f"/api/classroom/lessons/{session.lesson_id}/headcount"
    screen = await open_browser(device=held.county.credentials[0])

    async def say(**body: object) -> tuple[int, str]:
        answer = await screen.post(path, {"count": 20} | body, acting_as="device")
        return answer.status_code, answer.json().get("type", answer.json().get("state"))

    assert await say(objection=" ") == (422, "malformed-input")
    assert await say(objection="声音一直有") == (200, "AUTO_CLOSED")
    assert await say() == (200, "CONFIRMED")
    assert await say(objection="还是不对") == (409, "not-to-confirm")


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
