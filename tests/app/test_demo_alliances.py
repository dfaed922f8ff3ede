"""What the demonstration county does together: there after the first start, once, and whole."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import demo, demo_alliances, demo_coverage, demo_timetable
from app.accounts import queries as accounts
from app.alliances.models import Alliance, Pairing, PairingState
from app.calendars import service as calendars
from app.calendars.models import Term
from app.coverage.models import LocalTimetable
from app.database import Database
from app.files import FileStore
from app.lessons.models import CourseOffering
from app.schools.models import School
from app.signing import load_signer
from tests.app.alliance_steps import found
from tests.app.conftest import OpenBrowser
from tests.factories import NOON


async def prepare(database: Database, folder: Path) -> None:
    await calendars.load_national_days(database)
    async with database.unit_of_work() as db:
        await demo.prepare(db, now=NOON)
        await demo_alliances.prepare(db, FileStore(folder), now=NOON)
        await demo_timetable.prepare(db, now=NOON)
        await demo_coverage.prepare(db, load_signer(folder / "keys"), now=NOON)


async def test_it_is_made_once(database: Database, tmp_path: Path) -> None:
    await prepare(database, tmp_path)
    await prepare(database, tmp_path)
    async with database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(Alliance)) == 1
        states = sorted(await db.scalars(select(Pairing.state)))
        assert await db.scalar(select(func.count()).select_from(CourseOffering)) == 4
    assert states == [PairingState.ACTIVE, PairingState.ACTIVE, PairingState.PROPOSED]


async def test_its_administrator_finds_something_on_every_page(
    database: Database, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    await prepare(database, tmp_path)
    async with database.unit_of_work() as db:
        account = await accounts.account_by_username(db, "demo-li")
        point = await db.scalar(select(School.id).where(School.name == "竹溪教学点"))
    browser = await open_browser(account)
    (alliance,) = (await found(browser, "/api/alliances"))["items"]
    assert (len(alliance["hubs"]), alliance["members"]) == (2, 7)
    (plan,) = (await found(browser, f"/api/alliances/{alliance['id']}/term-plans"))["items"]
    assert plan["counts"]["preparations"] == 2
    (need,) = (await found(browser, "/api/needs"))["items"]
    best, other = (await found(browser, f"/api/needs/{need['id']}/matches"))["items"]
    assert best["score"] > other["score"] > 0
    running = (await found(browser, "/api/pairings?state=ACTIVE"))["items"]
    assert [each["active_days"] for each in running] == [29, 29]
    courses = (await found(browser, f"/api/course-offerings?school_id={point}"))["items"]
    passed = {
        each["name"]: site["through_id"] is not None
        for each in courses
        for site in each["sites"]
        if site["school"]["id"] == str(point)
    }
    assert passed == {"二年级音乐": True, "五年级英语": False}
    # Whoever saves it again is asked for nothing more: the pairing of both runs.
    (music,) = [each for each in courses if each["name"] == "二年级音乐"]
    body = {key: music[key] for key in ("kind", "name", "subject", "grade_no", "language")}
    body |= {"hub_school_id": music["hub_school"]["id"], "lecturer_id": music["lecturer"]["id"]}
    body |= {"term_id": music["term"]["id"], "periods_a_week": 1, "minutes": music["minutes"]}
    sites = [
        {"classroom_id": site["classroom"]["id"], "through_id": site["through_id"]}
        for site in music["sites"]
    ]
    answer = await browser.post("/api/course-offerings", body | {"sites": sites})
    assert answer.status_code == 201, answer.text
    days = await found(browser, f"/api/schools/{point}/days?from=2026-03-02&to=2026-03-06")
    assert [day["runs"] for day in days["items"]] == [1, 2, 3, 4, 5]
    assert {len(day["periods"]) for day in days["items"]} == {6}


async def test_its_coverage_has_figures_and_gaps_that_lead_to_lessons(
    database: Database, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    await prepare(database, tmp_path)
    await prepare(database, tmp_path)
    async with database.unit_of_work() as db:
        account = await accounts.account_by_username(db, "demo-li")
        point = await db.scalar(select(School.id).where(School.name == "竹溪教学点"))
    browser = await open_browser(account)
    (roster,) = (await found(browser, "/api/rosters"))["items"]
    assert roster["size"] == 5
    asked = f"roster_id={roster['id']}&from=2026-01-05&to=2026-03-01"
    coverage = await found(browser, f"/api/coverage/figures?{asked}")
    figures = {each["indicator"]: each for each in coverage["whole"]["figures"]}
    assert (figures["COV_REACHED"]["numerator"], figures["COV_REACHED"]["denominator"]) == (4, 5)
    assert coverage["whole"]["without_timetable"] == coverage["whole"]["unplaced"] == 0
    for name in ("COV_REGULAR", "OFFER_RATE", "PERIOD_RATE", "COV_PERIODS"):
        assert 0 < figures[name]["numerator"] < figures[name]["denominator"], name
    missing = f"{asked}&indicator=COV_REGULAR&is_met=false"
    unsteady = (await found(browser, f"/api/coverage/sites?{missing}"))["items"]
    assert {each["school"]["name"] for each in unsteady} == {"云岭教学点", "竹溪教学点"}
    days = "from=2026-01-05&to=2026-03-01"
    gaps = await found(browser, f"/api/coverage/schools/{point}?{days}")
    lacking = {
        (each["grade_no"], each["subject"]["label_zh"]) for each in gaps["cells"] if each["gap"]
    }
    assert (3, "音乐") in lacking
    assert (1, "语文") not in lacking
    lessons = (await found(browser, f"/api/coverage/lessons?{asked}"))["items"]
    assert {each["title"] for each in lessons} == {"歌曲与律动", "听音乐讲故事", "纸的造型"}
    evidence = await found(browser, f"/api/admin/sessions/{lessons[0]['session_id']}")
    assert evidence["lesson"]["title"] == lessons[0]["title"]


@pytest.mark.parametrize("days", [0, 70, 200])
async def test_its_courses_and_figures_are_of_the_term_of_that_day(
    database: Database, tmp_path: Path, days: int
) -> None:
    """An older demonstration, which had neither, and to which somebody added the next term."""
    await calendars.load_national_days(database)
    now = NOON + timedelta(days=days)
    async with database.unit_of_work() as db:
        await demo.prepare(db, now=NOON)
        await demo_alliances.prepare(db, FileStore(tmp_path), now=NOON)
        first = (await db.scalars(select(Term))).one()
        begins = first.ends_on + timedelta(days=3)
        ends = begins + timedelta(weeks=15)
        later = Term(region_id=first.region_id, name="下学期", starts_on=begins, ends_on=ends)
        db.add(later)
    for _ in range(2):
        async with database.unit_of_work() as db:
            await demo_timetable.prepare(db, now=now)
            await demo_coverage.prepare(db, load_signer(tmp_path / "keys"), now=now)
    term = {0: first, 70: later}.get(days)
    async with database.unit_of_work() as db:
        courses = set(await db.scalars(select(CourseOffering.term_id)))
        timetables = set(await db.scalars(select(LocalTimetable.term_id)))
    assert courses == timetables == ({term.id} if term is not None else set())
