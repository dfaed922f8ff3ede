"""Terms, the calendar and bells through HTTP: who may keep them, what contradicts, what follows."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.accounts.models import Account
from app.calendars import service
from app.calendars.models import CalendarDay, DayKind
from app.database import Database
from app.security import Role
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import County, make_person, make_region, make_school

PERIODS = [
    {"number": 1, "starts": "08:30", "ends": "09:10"},
    {"number": 2, "starts": "09:20", "ends": "10:00"},
]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: days, bells and terms are found by statements."""
    return either_url


def term(county: County, **other: Any) -> dict[str, Any]:
    return {
        "region_id": str(county.region.id),
        "name": "2026年春季学期",
        "starts_on": "2026-02-24",
        "ends_on": "2026-07-10",
    } | other


def bells(school_id: UUID, **other: Any) -> dict[str, Any]:
    return {
        "school_id": str(school_id),
        "name": "作息",
        "valid_from": "2025-09-01",
        "periods": PERIODS,
    } | other


async def add(browser: TestBrowser, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await browser.post(path, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def days_of(browser: TestBrowser, school_id: UUID, first: str, last: str) -> Any:
    answer = await browser.get(f"/api/schools/{school_id}/days?from={first}&to={last}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_term_bells_and_calendar_make_a_schools_days(
    keeper: TestBrowser, county: County
) -> None:
    made = await add(keeper, "/api/terms", term(county))
    assert made["weeks"] == 20
    weeks = (await keeper.get(f"/api/terms/{made['id']}/weeks")).json()["items"]
    assert weeks[0] == {"number": 1, "first": "2026-02-24", "last": "2026-03-01"}
    # The points ring with their 中心校 while they have no bells of their own.
    await add(keeper, "/api/bell-schedules", bells(county.hub.id))
    await add(
        keeper,
        "/api/calendar-days",
        {
            "region_id": str(county.region.id),
            "day": "2026-02-28",
            "kind": "MAKE_UP",
            "name": "春节调休",
            "follows": 5,
        },
    )
    await add(
        keeper,
        "/api/calendar-days",
        {
            "school_id": str(county.points[0].id),
            "day": "2026-02-27",
            "kind": "HOLIDAY",
            "name": "大雪停课",
        },
    )
    found = await days_of(keeper, county.points[0].id, "2026-02-23", "2026-03-01")
    assert [(day["day"][-2:], day["runs"], day["why_not"]) for day in found] == [
        ("23", None, "OUT_OF_TERM"),
        ("24", 2, None),
        ("25", 3, None),
        ("26", 4, None),
        ("27", None, "HOLIDAY"),
        ("28", 5, None),
        ("01", None, "WEEKEND"),
    ]
    assert found[5]["periods"][0]["starts_at"] == "2026-02-28T00:30:00Z" or found[5]["periods"][0][
        "starts_at"
    ].startswith("2026-02-28T08:30:00+08:00")
    # The neighbour has school on the day of the other's snow.
    assert (await days_of(keeper, county.points[1].id, "2026-02-27", "2026-02-27"))[0]["runs"] == 5


async def test_national_days_are_there_and_a_county_may_say_otherwise(
    keeper: TestBrowser, county: County, database: Database
) -> None:
    assert await service.load_national_days(database) > 80
    assert await service.load_national_days(database) == 0
    await add(keeper, "/api/terms", term(county, starts_on="2026-09-01", ends_on="2027-01-15"))
    found = (await keeper.get("/api/calendar-days?from=2026-10-01&to=2026-10-10")).json()["items"]
    assert [day["day"][-2:] for day in found] == [*(f"{n:02}" for n in range(1, 8)), "10"]
    assert (found[-1]["kind"], found[-1]["follows"], found[-1]["place"]) == ("MAKE_UP", 3, None)
    national = await keeper.send(
        "DELETE", f"/api/calendar-days/{found[0]['id']}", etag=f'"{found[0]["version"]}"'
    )
    assert national.status_code == 404
    own = {
        "region_id": str(county.region.id),
        "day": "2026-10-10",
        "kind": "MAKE_UP",
        "name": "按周二课表",
        "follows": 2,
    }
    await add(keeper, "/api/calendar-days", own)
    assert (await days_of(keeper, county.hub.id, "2026-10-10", "2026-10-10"))[0]["runs"] == 2
    again = await keeper.post("/api/calendar-days", own)
    assert (again.status_code, again.json()["type"]) == (409, "day-taken")


async def test_every_national_make_up_day_lies_on_a_weekend(database: Database) -> None:
    await service.load_national_days(database)
    async with database.unit_of_work() as db:
        rows = (await db.scalars(select(CalendarDay))).all()
    make_ups = [row for row in rows if row.kind is DayKind.MAKE_UP]
    assert {row.day.isoweekday() for row in make_ups} == {6, 7}
    assert {row.follows for row in make_ups} <= {1, 2, 3, 4, 5}
    # Each one gives back a working day that was taken: a holiday on the weekday it follows.
    taken = {row.day.isoweekday() for row in rows if row.kind is DayKind.HOLIDAY}
    assert {row.follows for row in make_ups} <= taken


async def test_the_nearest_region_with_a_term_decides(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    async with database.unit_of_work() as db:
        city = await make_region(db)
        below = await make_region(db, parent=city)
        school = await make_school(db, below)
        account = await make_person(db, role=Role.ADMINISTRATOR, region=city)
    browser = await open_browser(account)
    whole = {"name": "全市", "starts_on": "2026-02-24", "ends_on": "2026-07-10"}
    await add(browser, "/api/terms", {"region_id": str(city.id), **whole})
    assert (await days_of(browser, school.id, "2026-02-25", "2026-02-25"))[0]["why_not"] == (
        "NO_BELLS"
    )
    own = {"name": "本县", "starts_on": "2026-03-02", "ends_on": "2026-07-17"}
    await add(browser, "/api/terms", {"region_id": str(below.id), **own})
    found = await days_of(browser, school.id, "2026-02-25", "2026-02-25")
    assert found[0]["why_not"] == "OUT_OF_TERM"
    assert (await days_of(browser, school.id, "2026-07-13", "2026-07-13"))[0]["runs"] == 1


async def test_changed_bells_are_a_new_version_also_when_only_a_period_changed(
    keeper: TestBrowser, county: County
) -> None:
    made = await add(keeper, "/api/bell-schedules", bells(county.hub.id))
    path = f"/api/bell-schedules/{made['id']}"
    read = await keeper.get(path)
    changed = bells(
        county.hub.id,
        periods=[
            PERIODS[1],
            {"number": 3, "kind": "AFTER_SCHOOL", "starts": "16:00", "ends": "17:00"},
        ],
    )
    answer = await keeper.send("PUT", path, etag=read.headers["ETag"], json=changed)
    assert answer.status_code == 200, answer.text
    assert [period["number"] for period in answer.json()["periods"]] == [2, 3]
    assert answer.headers["ETag"] != read.headers["ETag"]
    stale = await keeper.send("PUT", path, etag=read.headers["ETag"], json=changed)
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"]["periods"][0]["number"] == 2
    assert (await keeper.send("PUT", path, json=changed)).status_code == 428
    gone = await keeper.send("DELETE", path, etag=answer.headers["ETag"])
    assert gone.status_code == 204
    assert (await keeper.get(path)).status_code == 404


async def test_shared_windows_of_two_schools_on_a_day(
    keeper: TestBrowser, county: County, database: Database
) -> None:
    await add(keeper, "/api/terms", term(county))
    await add(keeper, "/api/bell-schedules", bells(county.hub.id))
    await add(
        keeper,
        "/api/bell-schedules",
        bells(
            county.points[0].id,
            periods=[{"number": 1, "starts": "08:34", "ends": "09:14"}],
        ),
    )
    ask = f"/api/shared-windows?one={county.hub.id}&other={county.points[0].id}&date="
    found = (await keeper.get(ask + "2026-03-02&least_minutes=35")).json()
    assert found["items"] == [
        {
            "one_number": 1,
            "other_number": 1,
            "starts": "08:34",
            "ends": "09:10",
            "minutes": 36,
        }
    ]
    assert (await keeper.get(ask + "2026-03-02&least_minutes=37")).json()["items"] == []
    assert (await keeper.get(ask + "2026-03-01&least_minutes=35")).json()["items"] == []


async def test_another_county_sees_and_changes_nothing(
    keeper: TestBrowser, open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    made = await add(keeper, "/api/terms", term(county))
    rung = await add(keeper, "/api/bell-schedules", bells(county.hub.id))
    day = await add(
        keeper,
        "/api/calendar-days",
        {"school_id": str(county.hub.id), "day": "2026-03-03", "kind": "HOLIDAY", "name": "停课"},
    )
    stranger = await open_browser(other_county.administrator)
    for path in (
        f"/api/terms/{made['id']}",
        f"/api/terms/{made['id']}/weeks",
        f"/api/bell-schedules/{rung['id']}",
        f"/api/calendar-days/{day['id']}",
        f"/api/schools/{county.hub.id}/days?from=2026-03-02&to=2026-03-02",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    for path in ("/api/terms", "/api/bell-schedules", "/api/calendar-days"):
        assert (await stranger.get(path)).json()["items"] == []
    assert (await stranger.post("/api/terms", term(county))).status_code == 404
    assert (await stranger.post("/api/bell-schedules", bells(county.hub.id))).status_code == 404
    answer = await stranger.send("PUT", f"/api/terms/{made['id']}", etag='"1"', json=term(county))
    assert answer.status_code == 404


async def test_a_supervisor_looks_and_a_school_sees_the_countys_term(
    keeper: TestBrowser, open_browser: OpenBrowser, database: Database, county: County
) -> None:
    made = await add(keeper, "/api/terms", term(county))
    supervisor = await open_browser(county.supervisor)
    assert (await supervisor.get(f"/api/terms/{made['id']}")).status_code == 200
    assert (await supervisor.post("/api/terms", term(county))).status_code == 403
    async with database.unit_of_work() as db:
        account: Account = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    principal = await open_browser(account)
    listed = (await principal.get("/api/terms")).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    answer = await principal.send("PUT", f"/api/terms/{made['id']}", etag='"1"', json=term(county))
    assert answer.status_code == 404


async def test_whose_an_entry_is_is_said_by_the_rule_that_lets_it_be_changed(
    keeper: TestBrowser, open_browser: OpenBrowser, county: County, database: Database
) -> None:
    """A school sees the county's term, day and holidays, and may change its own bells alone."""
    school = county.hub
    bodies = {
        "/api/terms": term(county),
        "/api/calendar-days": {
            "region_id": str(county.region.id),
            "day": "2026-03-20",
            "kind": "HOLIDAY",
            "name": "县运动会",
        },
        "/api/bell-schedules": bells(school.id),
    }
    for path, body in bodies.items():
        assert (await add(keeper, path, body))["is_own"]
    async with database.unit_of_work() as db:
        principal = await make_person(db, role=Role.ADMINISTRATOR, school=school)
    for who, own in (
        (county.administrator, set(bodies)),
        (county.supervisor, set[str]()),
        (principal, {"/api/bell-schedules"}),
    ):
        browser = await open_browser(who)
        for path, body in bodies.items():
            listed = (await browser.get(f"{path}?limit=200")).json()["items"]
            entries = [each for each in listed if each.get("place", "") is not None]
            assert [each["is_own"] for each in entries] == [path in own], path
            # The nation's days are nobody's here.
            assert not any(each["is_own"] for each in listed if each not in entries)
            (entry,) = entries
            one = await browser.get(f"{path}/{entry['id']}")
            assert one.json()["is_own"] == entry["is_own"]
            answer = await browser.send(
                "PUT", f"{path}/{entry['id']}", etag=one.headers["ETag"], json=body
            )
            may = {200} if entry["is_own"] else {403, 404}
            assert answer.status_code in may, answer.text


async def test_lists_are_given_as_files(keeper: TestBrowser, county: County) -> None:
    await add(keeper, "/api/terms", term(county))
    await add(keeper, "/api/bell-schedules", bells(county.hub.id))
    listed = (await keeper.get("/api/terms/export?format=csv")).text
    assert "2026年春季学期" in listed
    rung = (await keeper.get("/api/bell-schedules/export?format=csv")).text
    assert "08:30" in rung
    assert len(rung.splitlines()) == 3
    assert (await keeper.get("/api/calendar-days/export?format=xlsx")).content[:2] == b"PK"


async def test_two_processes_may_load_the_national_days_at_once(
    either_database: Database,
) -> None:
    await service.load_national_days(either_database)
    assert await service.load_national_days(either_database) == 0
    async with either_database.unit_of_work() as db:
        db.add(
            CalendarDay(day=date(2026, 10, 1), kind=DayKind.HOLIDAY, name="再来一次", follows=None)
        )
        with pytest.raises(Exception, match=r"(?i)unique"):
            await db.flush()
        await db.rollback()
    async with either_database.unit_of_work() as db:
        count = await db.scalar(select(func.count()).select_from(CalendarDay))
    assert count is not None
    assert count > 80
