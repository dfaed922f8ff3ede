"""What is refused of terms, calendar days and bells, and what the answer says."""

from typing import Any

import pytest

from tests.app.conftest import TestBrowser
from tests.app.test_calendars import PERIODS, add, bells, term
from tests.factories import County


async def test_terms_and_bells_that_contradict_are_refused(
    keeper: TestBrowser, county: County
) -> None:
    await add(keeper, "/api/terms", term(county))
    answer = await keeper.post(
        "/api/terms", term(county, name="又一个", starts_on="2026-07-10", ends_on="2026-08-10")
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "term-overlaps")
    assert "2026年春季学期" in answer.json()["detail"]
    summer = bells(county.hub.id, name="夏季", season_from="05-01", season_to="09-30")
    winter = bells(county.hub.id, name="冬季", season_from="10-01", season_to="04-30")
    await add(keeper, "/api/bell-schedules", summer)
    await add(keeper, "/api/bell-schedules", winter)
    answer = await keeper.post("/api/bell-schedules", bells(county.hub.id, name="全年"))
    assert (answer.status_code, answer.json()["type"]) == (409, "bells-overlap")
    assert answer.json()["day"] == "2025-09-01"


async def test_a_change_contradicts_no_other_entry(keeper: TestBrowser, county: County) -> None:
    """What is refused when it is added is refused when something is changed into it."""
    spring = await add(keeper, "/api/terms", term(county))
    autumn = term(county, name="秋季", starts_on="2026-09-01", ends_on="2027-01-15")
    await add(keeper, "/api/terms", autumn)
    day = {
        "region_id": str(county.region.id),
        "day": "2026-10-10",
        "kind": "HOLIDAY",
        "name": "停课",
    }
    await add(keeper, "/api/calendar-days", day)
    other_day = await add(keeper, "/api/calendar-days", day | {"day": "2026-10-12"})
    rung = await add(keeper, "/api/bell-schedules", bells(county.hub.id, valid_to="2026-07-31"))
    later = bells(county.hub.id, name="新作息", valid_from="2026-08-01")
    await add(keeper, "/api/bell-schedules", later)
    for path, body, problem in (
        (f"/api/terms/{spring['id']}", term(county, ends_on="2026-09-01"), "term-overlaps"),
        (f"/api/calendar-days/{other_day['id']}", day, "day-taken"),
        (
            f"/api/bell-schedules/{rung['id']}",
            bells(county.hub.id, valid_to="2026-08-01"),
            "bells-overlap",
        ),
    ):
        answer = await keeper.send("PUT", path, etag='"1"', json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, problem), path
        assert (await keeper.get(path)).headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ends_on": "2026-02-24"}, "ends after it begins"),
        ({"ends_on": "2026-11-01"}, "at most 250 days"),
        ({"name": " "}, "at least 1"),
        ({"starts_on": "1999-09-01"}, "2000-01-01"),
    ],
)
async def test_a_term_that_makes_no_sense_is_malformed(
    keeper: TestBrowser, county: County, change: dict[str, str], says: str
) -> None:
    answer = await keeper.post("/api/terms", term(county, **change))
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"season_from": "05-01"}, "first and a last day"),
        ({"season_from": "02-30", "season_to": "03-01"}, "day is out of range"),
        ({"valid_to": "2025-08-31"}, "before the first"),
        ({"periods": []}, "at least 1"),
        ({"periods": [PERIODS[0], PERIODS[0]]}, "same number"),
        ({"periods": [{"number": 1, "starts": "09:00", "ends": "08:00"}]}, "ends before"),
        (
            {"periods": [PERIODS[0], {"number": 2, "starts": "09:00", "ends": "09:40"}]},
            "begins before period 1 is over",
        ),
        ({"periods": [{"number": 1, "starts": "8:30", "ends": "09:10"}]}, "pattern"),
        ({"unknown": 1}, "Extra"),
    ],
)
async def test_bells_that_make_no_sense_are_malformed(
    keeper: TestBrowser, county: County, change: dict[str, Any], says: str
) -> None:
    answer = await keeper.post("/api/bell-schedules", bells(county.hub.id, **change))
    assert answer.status_code == 422
    assert says in answer.text


@pytest.mark.parametrize(
    "change",
    [
        {"follows": None},
        {"kind": "HOLIDAY"},
        {"follows": 8},
        {"region_id": None},
        {"school_id": "00000000-0000-0000-0000-000000000001"},
    ],
)
async def test_a_calendar_day_is_whole_or_malformed(
    keeper: TestBrowser, county: County, change: dict[str, Any]
) -> None:
    body = {
        "region_id": str(county.region.id),
        "day": "2026-10-10",
        "kind": "MAKE_UP",
        "name": "调休",
        "follows": 3,
    }
    assert (await keeper.post("/api/calendar-days", body | change)).status_code == 422


@pytest.mark.parametrize(
    "query", ["from=2026-03-02&to=2026-03-01", "from=2026-01-01&to=2026-12-31"]
)
async def test_too_many_days_or_none_are_refused_with_what_to_do(
    keeper: TestBrowser, county: County, query: str
) -> None:
    answer = await keeper.get(f"/api/schools/{county.hub.id}/days?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "too-many-days")
