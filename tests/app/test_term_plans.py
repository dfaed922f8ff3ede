"""Term plans through HTTP: which term is one, and what has come of each."""

from datetime import date

import pytest

from app.accounts.service import grant
from app.calendars.models import Term
from app.database import Database
from app.security import Role
from tests.app.alliance_steps import (
    JSON,
    found,
    made,
    make_alliance,
    pairing,
    run,
    statements,
    teach,
)
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_region


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


@pytest.fixture
async def alliance(keeper: TestBrowser, county: County) -> JSON:
    return await make_alliance(keeper, county)


async def test_a_term_of_another_region_is_no_plan_and_one_of_anothers_is_not_there(
    *,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    alliance: JSON,
    county: County,
    other_county: County,
    database: Database,
) -> None:
    stranger = await open_browser(other_county.administrator)
    term = await made(
        stranger,
        "/api/terms",
        {
            "region_id": str(other_county.region.id),
            "name": "别县",
            "starts_on": "2026-02-24",
            "ends_on": "2026-07-10",
        },
    )
    path = f"/api/alliances/{alliance['id']}/term-plans/{term['id']}"
    plan = {"preparations": 0, "lessons": 0, "resources": 0, "trainings": 0}
    answer = await keeper.send("PUT", path, etag='"0"', json=plan)
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    # Who administers both counties sees it, and is told why it does not fit.
    async with database.unit_of_work() as db:
        await grant(
            db,
            person_id=county.administrator.person_id,
            role=Role.ADMINISTRATOR,
            region_id=other_county.region.id,
        )
    answer = await keeper.send("PUT", path, etag='"0"', json=plan)
    assert (answer.status_code, answer.json()["type"]) == (409, "term-foreign")


async def test_the_plans_of_many_terms_are_counted_with_as_many_statements_as_one(
    open_browser: OpenBrowser, database: Database
) -> None:
    """Of two terms that share days, an event of such a day counts for each."""
    async with database.unit_of_work() as db:
        city = await make_region(db)
        county = await make_county(db, parent=city)
    keeper = await open_browser(county.administrator)
    alliance = await make_alliance(keeper, county)
    one = await made(
        keeper, "/api/pairings", pairing(county.hub, county.points[0], alliance_id=alliance["id"])
    )
    await run(keeper, one, county.hub, county.points[0])
    await teach(database, county, [county.points[0]])
    event = {"held_on": "2026-03-02", "title": "备课", "link": "https://a.example/1"}
    await made(keeper, f"/api/pairings/{one['id']}/events/PREPARATION", event)
    taken = await made(keeper, f"/api/pairings/{one['id']}/events/PREPARATION", event)
    await keeper.post(
        f"/api/pairings/{one['id']}/events/PREPARATION/{taken['id']}/withdraw", {"reason": "填错"}
    )
    async with database.unit_of_work() as db:
        wider, spring, autumn = (
            Term(region_id=region.id, name=name, starts_on=first, ends_on=last)
            for region, name, first, last in (
                (city, "全市春季", date(2026, 2, 20), date(2026, 7, 1)),
                (county.region, "春季", date(2026, 2, 24), date(2026, 7, 10)),
                (county.region, "秋季", date(2026, 9, 1), date(2027, 1, 15)),
            )
        )
        db.add_all([wider, spring, autumn])
    path = f"/api/alliances/{alliance['id']}/term-plans"
    assert (await found(keeper, path))["items"] == []
    targets = {"preparations": 4, "lessons": 30, "resources": 10, "trainings": 2}

    async def plan(term: Term) -> None:
        answer = await keeper.send("PUT", f"{path}/{term.id}", etag='"0"', json=targets)
        assert answer.status_code == 200, answer.text

    await plan(spring)
    with statements(database) as before:
        await found(keeper, path)
    for term in (wider, autumn):
        await plan(term)
    with statements(database) as after:
        listed = (await found(keeper, path))["items"]
    assert len(after) == len(before)
    assert [
        (each["term"]["name"], *(each["counts"][name] for name in ("preparations", "lessons")))
        for each in listed
    ] == [("秋季", 0, 0), ("春季", 1, 1), ("全市春季", 1, 1)]
