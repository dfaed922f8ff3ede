"""Coverage through HTTP: figures and their lessons, gaps, sheets signed off.

Past 400 lines: one term of one county, from what is asked of it to what is signed.
"""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.accounts.models import Account, RoleGrant
from app.attendance.models import AttendanceRecord
from app.calendars.models import Term
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.models import Basis, Indicator, LocalTimetable
from app.coverage.schemas import FigureOut
from app.database import Database
from app.schools.models import School, SchoolClass
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.coverage_office import asked, counted_world, done, found, lock_all, sign
from tests.app.coverage_rule import came_of, figures_of
from tests.app.coverage_world import World
from tests.app.test_coverage_figures import required_of
from tests.factories import make_class, make_county, make_person


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


@pytest.fixture
async def world(database: Database, tmp_path: Path, clock: Clock) -> World:
    made = await counted_world(database, tmp_path)
    clock.advance(days=60)
    return made


@pytest.fixture
async def office(open_browser: OpenBrowser, world: World) -> TestBrowser:
    return await open_browser(world.county.administrator)


async def test_figures_stand_side_by_side_with_their_rules(
    office: TestBrowser, world: World, database: Database
) -> None:
    shown_figures = await found(office, f"/api/coverage/figures?{asked(world)}")
    async with database.unit_of_work() as db:
        required = await required_of(db)
    weeks = [
        world.term.starts_on + timedelta(weeks=n) for n in range(shown_figures["period"]["weeks"])
    ]
    wanted = figures_of(
        world,
        Basis.COUNTED,
        required,
        schools=[each.id for each in world.schools],
        teaching=weeks,
    )
    assert [FigureOut(**each) for each in shown_figures["whole"]["figures"]] == [
        FigureOut.of(each, wanted[each]) for each in Indicator
    ]
    assert [each["indicator"] for each in shown_figures["definitions"]] == list(Indicator)
    assert all(each["rule_zh"] and each["rule_en"] for each in shown_figures["definitions"])
    assert [each["name"] for each in shown_figures["counties"]] == [world.county.region.name]
    exported = await office.get(f"/api/coverage/figures/export?{asked(world)}")
    lines = list(csv.reader(io.StringIO(exported.text.lstrip("\ufeff"))))
    assert len(lines) == 1 + 2 * len(Indicator)
    assert float(lines[1][3]) == wanted[Indicator.COV_REACHED][0]


async def test_each_figure_leads_to_its_sites(office: TestBrowser, world: World) -> None:
    for indicator in Indicator:
        await _leads_to_its_sites(office, world, indicator)


async def _leads_to_its_sites(office: TestBrowser, world: World, indicator: Indicator) -> None:
    shown_figures = await found(office, f"/api/coverage/figures?{asked(world)}")
    figure = next(e for e in shown_figures["whole"]["figures"] if e["indicator"] == indicator)
    lists = [
        (
            await found(
                office,
                f"/api/coverage/sites?{asked(world, indicator=indicator, is_met=is_met)}",
            )
        )["items"]
        for is_met in ("true", "false")
    ]
    everybody = (await found(office, f"/api/coverage/sites?{asked(world)}"))["items"]
    assert len(everybody) == len(world.schools)
    if indicator in {Indicator.COV_REACHED, Indicator.COV_REGULAR, Indicator.COV_NEED}:
        assert len(lists[0]) == figure["numerator"]
        assert len(lists[0]) + len(lists[1]) == figure["denominator"]
        return
    part, whole = {
        Indicator.COV_PERIODS: ("filled", "lacking"),
        Indicator.OFFER_RATE: ("offered", "subjects"),
        Indicator.PERIOD_RATE: ("taught", "required"),
    }[indicator]
    sites = lists[0] + lists[1]
    assert sum(each[part] for each in sites) == pytest.approx(figure["numerator"])
    assert sum(each[whole] for each in sites) == pytest.approx(figure["denominator"])


async def test_a_schools_gaps_lead_to_the_lessons_that_fill_them(
    office: TestBrowser, world: World
) -> None:
    days = f"from={world.term.starts_on}&to={world.term.ends_on}"
    filled = None
    for school in world.schools[:-1]:
        gaps = await found(office, f"/api/coverage/schools/{school.id}?{days}")
        assert gaps["gap"] == pytest.approx(sum(each["gap"] for each in gaps["cells"]))
        listed = await found(
            office, f"/api/coverage/gaps?{asked(world, school_id=str(school.id))}&limit=200"
        )
        assert sum(each["gap"] for each in listed["items"]) == pytest.approx(gaps["gap"])
        for cell in gaps["cells"]:
            if cell["delivered"]:
                more = {
                    "school_id": str(school.id),
                    "subject_id": cell["subject"]["id"],
                    "grade_no": str(cell["grade_no"]),
                }
                lessons = (
                    await found(office, f"/api/coverage/lessons?{asked(world, **more)}&limit=200")
                )["items"]
                assert {each["school"]["id"] for each in lessons} == {str(school.id)}
                assert len(lessons) >= cell["delivered"]
                filled = cell
    assert filled is not None
    assert len(came_of(world, Basis.COUNTED)) > 10
    silent = await found(office, f"/api/coverage/schools/{world.schools[-1].id}?{days}")
    assert (silent["cells"], silent["subjects"]) == ([], 0)


async def test_gaps_add_up_by_subject_and_by_grade(office: TestBrowser, world: World) -> None:
    gaps = (await found(office, f"/api/coverage/gaps?{asked(world)}&limit=200"))["items"]
    subject = gaps[0]["subject"]["id"]
    for by, key in {"SUBJECT": "subject", "GRADE": "grade_no"}.items():
        for narrowed in ({}, {"subject_id": subject}):
            path = f"/api/coverage/gaps/sums?{asked(world, by=by, **narrowed)}"
            sums = await found(office, path)
            of = [each for each in gaps if not narrowed or each["subject"]["id"] == subject]
            assert len(sums) == len({str(each[key]) for each in of})
            for each in sums:
                own = [gap for gap in of if gap[key] == each[key]]
                assert each["gap"] == pytest.approx(sum(gap["gap"] for gap in own))
                assert each["required"] == pytest.approx(sum(gap["required"] for gap in own))
                assert each["sites"] == len({gap["school"]["id"] for gap in own})
            assert sums == sorted(sums, key=lambda each: -each["gap"])


@pytest.mark.parametrize(
    ("days", "status", "kind"),
    [
        ("from=2026-03-09&to=2026-03-02", 422, "period-too-long"),
        ("from=2024-03-09&to=2026-03-02", 422, "period-too-long"),
        ("from=2025-03-03&to=2025-03-09", 409, "no-teaching-weeks"),
    ],
)
async def test_days_that_make_no_period_are_refused(
    office: TestBrowser, world: World, days: str, status: int, kind: str
) -> None:
    answer = await office.get(f"/api/coverage/figures?roster_id={world.roster.id}&{days}")
    assert (answer.status_code, answer.json()["type"]) == (status, kind)


async def test_figures_are_signed_off_frozen_and_amended_beside(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> None:
    body = {
        "roster_id": str(world.roster.id),
        "first": str(world.term.starts_on),
        "last": str(world.term.ends_on),
    }
    early = await done(app, clock, office, "/api/coverage/sheets", body)
    early_id = early["result"]["sheet_id"]
    path = f"/api/coverage/sheets/{early_id}"
    sheet = await office.get(path)
    assert (sheet.json()["state"], sheet.json()["open_rows"] > 0) == ("COMPUTED", True)
    skipped = await office.send("POST", f"{path}/sign-off", json={}, etag=sheet.headers["ETag"])
    assert (skipped.status_code, skipped.json()["type"]) == (409, "wrong-state")
    clock.advance(minutes=5)
    job = await done(app, clock, office, f"{path}/check", {}, etag=sheet.headers["ETag"])
    assert job["result"]["state"] == "CHECKED"
    sheet = await office.get(path)
    too_soon = await office.send("POST", f"{path}/sign-off", json={}, etag=sheet.headers["ETag"])
    assert (too_soon.status_code, too_soon.json()["type"]) == (409, "rows-open")

    clock.advance(minutes=5)
    await lock_all(database, world, clock)
    too_old = await office.send("POST", f"{path}/sign-off", json={}, etag=sheet.headers["ETag"])
    assert (too_old.status_code, too_old.json()["type"]) == (409, "rows-open")
    clock.advance(minutes=5)
    signed = await sign(app, clock, office, body)
    assert [step["state"] for step in signed["steps"]] == ["COMPUTED", "CHECKED", "SIGNED_OFF"]
    me = (await found(office, "/api/me"))["person"]["id"]
    assert [step["person_id"] for step in signed["steps"]] == [me] * 3
    assert signed["rows"] > 10

    clock.advance(minutes=5)
    record = next(
        row
        for row in world.rows
        if row.counts and not row.is_after_school and row.school_id != row.giver_id
    )
    amended = await office.post(
        f"/api/admin/attendance/{record.record_id}/amendments",
        {"is_counted": False, "reason": "当天停电, 没有上"},
    )
    assert amended.status_code == 201, amended.text
    async with database.unit_of_work() as db:
        timetable = (await db.scalars(select(LocalTimetable).limit(1))).one()
    read = await office.get(f"/api/local-timetables/{timetable.id}")
    edit = await office.send(
        "PUT",
        f"/api/local-timetables/{timetable.id}",
        json={"periods": []},
        etag=read.headers["ETag"],
    )
    assert edit.status_code == 200, edit.text
    frozen = await found(office, f"/api/coverage/sheets/{signed['id']}")
    assert frozen["figures"] == signed["figures"]

    clock.advance(minutes=5)
    job = await done(app, clock, office, "/api/coverage/sheets", body)
    path = f"/api/coverage/sheets/{job['result']['sheet_id']}"
    etag = (await office.get(path)).headers["ETag"]
    await done(app, clock, office, f"{path}/check", {}, etag=etag)
    beside = await office.get(path)
    assert (beside.json()["state"], beside.json()["in_force_id"]) == ("CHECKED", signed["id"])
    second = await office.send("POST", f"{path}/sign-off", json={}, etag=beside.headers["ETag"])
    assert (second.status_code, second.json()["type"]) == (409, "signed-already")
    assert second.json()["signed_id"] == signed["id"]
    assert (await found(office, path)) == beside.json()

    clock.advance(minutes=5)
    more = {"amends_id": signed["id"], "reason": "更正一节课"}
    roster = await office.post(
        "/api/rosters",
        {
            "name": "另一份名册",
            "region_id": str(world.roster.region_id),
            "taken_on": str(world.roster.taken_on),
        },
    )
    assert roster.status_code == 201, roster.text
    for unlike in (
        {"roster_id": roster.json()["id"]},
        {"first": str(world.term.starts_on + timedelta(weeks=1))},
    ):
        refused = await office.send("POST", "/api/coverage/sheets", json=body | more | unlike)
        assert (refused.status_code, refused.json()["type"]) == (409, "wrong-state")
    later = await sign(app, clock, office, body | more)
    assert [each["before"] for each in later["figures"]] == [
        {name: each[name] for name in ("indicator", "numerator", "denominator", "permille")}
        for each in signed["figures"]
    ]
    assert later["rows_hash"] != signed["rows_hash"]
    assert (await found(office, f"/api/coverage/sheets/{signed['id']}"))["state"] == "AMENDED"
    [after] = (await found(office, f"/api/coverage/sheets?amends_id={signed['id']}"))["items"]
    assert (after["amends_id"], after["state"]) == (signed["id"], "SIGNED_OFF")
    amended_sheets = (await found(office, "/api/coverage/sheets?state=AMENDED"))["items"]
    assert [sheet["id"] for sheet in amended_sheets] == [signed["id"]]
    file = (await office.get(f"/api/coverage/sheets/export?amends_id={early_id}")).text
    assert len(file.splitlines()) == 1
    again = await office.send("POST", "/api/coverage/sheets", json=body | more)
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")


async def test_a_sheet_whose_rows_were_touched_is_not_checked(
    app: FastAPI, office: TestBrowser, world: World, database: Database, clock: Clock
) -> None:
    await lock_all(database, world, clock)
    clock.advance(minutes=5)
    body = {
        "roster_id": str(world.roster.id),
        "first": str(world.term.starts_on),
        "last": str(world.term.ends_on),
    }
    job = await done(app, clock, office, "/api/coverage/sheets", body)
    path = f"/api/coverage/sheets/{job['result']['sheet_id']}"
    async with database.unit_of_work() as db:
        held = [row.record_id for row in world.rows if row.counts]
        await db.execute(
            update(AttendanceRecord).where(AttendanceRecord.id.in_(held)).values(is_counted=False)
        )
    etag = (await office.get(path)).headers["ETag"]
    failed = await done(app, clock, office, f"{path}/check", {}, etag=etag)
    assert (failed["state"], failed["problem"]["type"]) == ("FAILED", "figures-differ")
    assert (await found(office, path))["state"] == "COMPUTED"


async def test_figures_are_not_found_by_those_who_are_not_over_the_roster(
    open_browser: OpenBrowser, world: World, database: Database
) -> None:
    """Another county's administrator; and a school's, who may know of her school alone."""
    async with database.unit_of_work() as db:
        other = await make_county(db)
        principal = await make_person(db, role=Role.ADMINISTRATOR, school=world.schools[0])
    days = f"from={world.term.starts_on}&to={world.term.ends_on}"
    body = {
        "roster_id": str(world.roster.id),
        "first": str(world.term.starts_on),
        "last": str(world.term.ends_on),
    }
    for person in (other.administrator, principal):
        browser = await open_browser(person)
        answers = [
            await browser.get(f"/api/coverage/{what}?{asked(world)}")
            for what in (
                "figures",
                "figures/export",
                "sites",
                "gaps",
                "gaps/sums",
                "lessons",
                "periods",
            )
        ]
        answers += [
            await browser.send("POST", "/api/coverage/sheets", json=body),
            await browser.send("POST", "/api/coverage/reports", json=body | {"format": "csv"}),
            await browser.get(f"/api/coverage/schools/{world.schools[1].id}?{days}"),
        ]
        assert {answer.status_code for answer in answers} == {404}, answers
    own = await open_browser(principal)
    assert (await own.get(f"/api/coverage/schools/{world.schools[0].id}?{days}")).status_code == 200


async def test_nothing_is_written_with_what_another_county_has(
    open_browser: OpenBrowser, world: World, database: Database
) -> None:
    async with database.unit_of_work() as db:
        other = await make_county(db)
        pupils = (await db.scalars(select(SchoolClass).limit(1))).one()
        subject = (await codes.catalogue(db)).stored(CodeKind.SUBJECT, "music").id
    theirs = await open_browser(other.administrator)
    plan = {
        "region_id": str(world.county.region.id),
        "name": "课程计划",
        "valid_from": "2026-02-01",
        "cells": [{"grade_no": 3, "subject_id": str(subject), "periods_a_week": 1}],
    }
    timetable = {"term_id": str(world.term.id), "class_id": str(pupils.id), "periods": []}
    for path, body in (("curriculum-plans", plan), ("local-timetables", timetable)):
        answer = await theirs.post(f"/api/{path}", body)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), answer.text


async def test_a_class_has_no_timetable_of_a_term_that_does_not_hold_at_its_school(
    office: TestBrowser, world: World, database: Database
) -> None:
    async with database.unit_of_work() as db:
        other = await make_county(db)
        theirs = Term(
            region_id=other.region.id,
            name="邻县学期",
            starts_on=world.term.starts_on,
            ends_on=world.term.ends_on,
        )
        account = await db.get_one(Account, world.county.administrator.id)
        grant = RoleGrant(
            person_id=account.person_id, role=Role.ADMINISTRATOR, region_id=other.region.id
        )
        db.add_all([theirs, grant])
        pupils = (await db.scalars(select(SchoolClass).limit(1))).one()
    body = {"term_id": str(theirs.id), "class_id": str(pupils.id), "periods": []}
    answer = await office.post("/api/local-timetables", body)
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), answer.text


@pytest.mark.parametrize("closed", ["school", "class"])
async def test_what_is_closed_hands_in_no_timetable(
    office: TestBrowser, world: World, database: Database, closed: str
) -> None:
    async with database.unit_of_work() as db:
        pupils = await make_class(db, world.schools[0].id)
        its = {
            "class": update(SchoolClass).where(SchoolClass.id == pupils.id),
            "school": update(School).where(School.id == world.schools[0].id),
        }[closed]
        await db.execute(its.values(closed_on=date(2026, 3, 1)))
    body = {"term_id": str(world.term.id), "class_id": str(pupils.id), "periods": []}
    answer = await office.post("/api/local-timetables", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state"), answer.text
    name = pupils.name if closed == "class" else world.schools[0].name
    assert f"{name} is closed since 2026-03-01" in answer.json()["detail"]
    async with database.unit_of_work() as db:
        await db.execute(its.values(closed_on=None))
    assert (await office.post("/api/local-timetables", body)).status_code == 201


async def test_who_edits_an_old_timetable_is_shown_what_it_is_now(
    office: TestBrowser, database: Database
) -> None:
    async with database.unit_of_work() as db:
        timetable = (await db.scalars(select(LocalTimetable).limit(1))).one()
        subject = (await codes.catalogue(db)).stored(CodeKind.SUBJECT, "music").id
    path = f"/api/local-timetables/{timetable.id}"
    etag = (await office.get(path)).headers["ETag"]
    body = {"periods": [{"subject_id": str(subject), "periods_a_week": 1.5}]}
    first = await office.send("PUT", path, json=body, etag=etag)
    assert first.status_code == 200, first.text
    second = await office.send("PUT", path, json={"periods": []}, etag=etag)
    assert (second.status_code, second.json()["type"]) == (412, "changed-meanwhile")
    assert second.json()["current"] == await found(office, path) == first.json()


async def test_files_of_gaps_and_plans_call_grades_by_their_words(
    office: TestBrowser, world: World
) -> None:
    for path, column in (
        (f"gaps/export?{asked(world)}", 2),
        ("../curriculum-plans/export", 2),
    ):
        text = (await office.get(f"/api/coverage/{path}".replace("coverage/../", ""))).text
        heading, *lines = csv.reader(io.StringIO(text.lstrip("\ufeff")))
        assert heading[column] == "年级", path
        assert {line[column] for line in lines} <= {f"{each}年级" for each in "一二三四五六七八九"}
        assert "三年级" in {line[column] for line in lines}, path
