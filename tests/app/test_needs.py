"""Needs, the list of hubs that could answer them with its reasons, and what accepting makes.

Past 400 lines: one market, from the need that is posted to the pairing that comes of it.
"""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select, update

from app.alliances.models import Match
from app.codes.models import Code, CodeKind, CodeSet
from app.database import Database
from app.schools.models import School
from app.security import Role
from tests.app.alliance_steps import JSON, attach, found, join, made, move, statements
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_person, make_region, make_school

PERIODS = [
    {"number": 1, "starts": "08:30", "ends": "09:10"},
    {"number": 2, "starts": "09:20", "ends": "10:00"},
    {"number": 3, "starts": "14:00", "ends": "14:40"},
]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


def need(school: School, **other: Any) -> JSON:
    return {
        "school_id": str(school.id),
        "subject": "music",
        "grade_no": 3,
        "language": "zh",
        "periods_a_week": 2,
        "weekdays": [1, 3],
        "earliest": "08:00",
        "latest": "12:00",
        "starts_on": "2026-03-02",
        "ends_on": "2026-07-10",
    } | other


def offer(school: School, **other: Any) -> JSON:
    return {
        "school_id": str(school.id),
        "subject": "music",
        "grade_from": 1,
        "grade_to": 6,
        "language": "zh",
        "periods_a_week": 8,
        "valid_from": "2026-02-24",
    } | other


async def accept(browser: TestBrowser, one: JSON, chosen: JSON, school: School) -> httpx2.Response:
    """Accept an offer as it was read, for a need as it was read."""
    return await browser.act(
        f"/api/needs/{one['id']}/accept",
        {
            "offer_id": chosen["id"],
            "offer_version": chosen["version"],
            "school_id": str(school.id),
        },
        etag=f'"{one["version"]}"',
    )


@dataclass
class Market:
    """A county with two hubs that offer music, and the page of its administrator."""

    keeper: TestBrowser
    county: County
    hub: School
    far: School
    site: School

    async def matches(self, one: JSON) -> list[JSON]:
        items: list[JSON] = (await found(self.keeper, f"/api/needs/{one['id']}/matches"))["items"]
        return items

    async def accept(self, one: JSON, chosen: JSON, school: School) -> httpx2.Response:
        """Accept what was read, the need as it is now."""
        version = (await found(self.keeper, f"/api/needs/{one['id']}"))["version"]
        return await accept(self.keeper, one | {"version": version}, chosen["offer"], school)


@pytest.fixture
async def market(open_browser: OpenBrowser, county: County, database: Database) -> Market:
    async with database.unit_of_work() as db:
        far = await make_school(db, county.region, name="远山小学")
        hub = await db.get_one(School, county.hub.id)
        site = await db.get_one(School, county.points[0].id)
        (hub.latitude, hub.longitude) = (31.85, 106.75)
        (site.latitude, site.longitude) = (31.86, 106.76)
        (far.latitude, far.longitude) = (32.90, 107.80)
    keeper = await open_browser(county.administrator)
    for school, periods in ((hub, PERIODS), (far, PERIODS[2:])):
        await made(
            keeper,
            "/api/bell-schedules",
            {
                "school_id": str(school.id),
                "name": "作息",
                "valid_from": "2025-09-01",
                "periods": periods,
            },
        )
    await made(keeper, "/api/hub-offers", offer(far, grade_from=5))
    await made(keeper, "/api/hub-offers", offer(hub))
    return Market(keeper, county, hub, far, site)


async def test_the_list_ranks_the_hubs_and_says_why(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    assert (one["state"], one["is_own"], one["pairing_id"]) == ("OPEN", True, None)
    best, other = await market.matches(one)
    assert best["offer"]["school"]["name"] == market.hub.name
    assert best["score"] == 100
    assert [(each["kind"], each["says"]) for each in best["reasons"]] == [
        ("SUBJECT", "grade_offered"),
        ("LANGUAGE", "language_same"),
        ("BELLS", "bells_enough"),
        ("DISTANCE", "distance"),
        ("LOAD", "load_free"),
    ]
    # The point rings with the hub: two morning periods on each of two days.
    assert best["reasons"][2]["values"] == {"windows": 4, "needed": 2}
    assert best["reasons"][3]["values"] == {"km": 1}
    assert other["score"] < best["score"]
    says = {each["kind"]: each["says"] for each in other["reasons"]}
    assert (says["SUBJECT"], says["BELLS"]) == ("grade_near", "bells_none")
    assert [each["name"] for each in best["acts_for"]] == [market.site.name, market.hub.name]
    lines = (await market.keeper.get(f"/api/needs/{one['id']}/matches/export")).text.splitlines()
    ranked = await market.matches(one)
    assert [line.split(",")[1] for line in lines[-len(ranked) :]] == [
        each["offer"]["school"]["name"] for each in ranked
    ]
    assert lines[-len(ranked)].startswith(f"1,{market.hub.name},")
    points = [str(best["score"]), *(str(reason["points"]) for reason in best["reasons"])]
    assert lines[-len(ranked)].split(",")[4:] == points


async def test_of_more_hubs_than_are_ranked_the_countys_own_come_first_and_it_is_said(
    open_browser: OpenBrowser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.alliances.needs.MOST_CANDIDATES", 1)
    async with database.unit_of_work() as db:
        city = await make_region(db, parent=await make_region(db))
        own, beside = await make_county(db, parent=city), await make_county(db, parent=city)
        (await db.get_one(School, beside.hub.id)).name = "A 小学"
        (await db.get_one(School, own.hub.id)).name = "B 小学"
    keeper, neighbour = [await open_browser(each.administrator) for each in (own, beside)]
    await made(neighbour, "/api/hub-offers", offer(beside.hub))
    one = await made(keeper, "/api/needs", need(own.points[0]))

    async def listed() -> tuple[list[str], bool]:
        answer = await found(keeper, f"/api/needs/{one['id']}/matches")
        return [each["offer"]["school"]["name"] for each in answer["items"]], answer["is_cut"]

    assert await listed() == (["A 小学"], False)
    await made(keeper, "/api/hub-offers", offer(own.hub))
    assert await listed() == (["B 小学"], True)
    # A file says nothing of more there are: it has them.
    file = (await keeper.get(f"/api/needs/{one['id']}/matches/export")).text
    assert all(name in file for name in ("A 小学", "B 小学"))


async def test_only_offers_of_the_subject_and_the_time_are_listed(market: Market) -> None:
    other = await made(market.keeper, "/api/needs", need(market.site, subject="fine_art"))
    assert await market.matches(other) == []
    late = await made(
        market.keeper,
        "/api/hub-offers",
        offer(market.far, valid_from="2026-09-01", subject="fine_art"),
    )
    assert late["valid_from"] == "2026-09-01"
    assert await market.matches(other) == []


async def test_accepting_makes_a_pairing_the_other_side_agrees_to(
    market: Market, database: Database
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    accepted = await market.accept(one, best, market.site)
    assert accepted.status_code == 201, accepted.text
    pairing = await found(market.keeper, f"/api/pairings/{accepted.json()['pairing_id']}")
    assert (pairing["state"], pairing["subjects"]) == ("PROPOSED", ["music"])
    assert pairing["hub"]["agreed_at"] is None
    assert pairing["partners"][0]["agreed_at"] is not None
    now = await found(market.keeper, f"/api/needs/{one['id']}")
    assert (now["state"], now["pairing_id"]) == ("MATCHED", pairing["id"])
    twice = await market.accept(one, best, market.site)
    assert (twice.status_code, twice.json()["type"]) == (409, "wrong-state")
    async with database.unit_of_work() as db:
        match = (await db.scalars(select(Match))).one()
    assert (match.score, match.reasons["BELLS"]["says"]) == (100, "bells_enough")
    assert (await move(market.keeper, pairing, "ACCEPTED", market.hub)).status_code == 200
    # What the hub has promised makes its load; a need that is matched is not changed.
    again = await made(market.keeper, "/api/needs", need(market.site, periods_a_week=8))
    (load,) = (
        reason["values"]
        for reason in (await market.matches(again))[0]["reasons"]
        if reason["kind"] == "LOAD"
    )
    assert load == {"free": 6, "capacity": 8}
    frozen = await market.keeper.send(
        "PUT", f"/api/needs/{one['id']}", etag='"2"', json=need(market.site)
    )
    assert (frozen.status_code, frozen.json()["type"]) == (409, "wrong-state")


async def test_a_declined_pairing_is_put_away_and_the_need_is_open_again(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    accepted = (await market.accept(one, best, market.hub)).json()
    pairing = {"id": accepted["pairing_id"]}
    declined = await move(market.keeper, pairing, "DRAFT", market.site)
    assert declined.json()["state"] == "ARCHIVED"
    assert (await found(market.keeper, f"/api/needs/{one['id']}"))["state"] == "OPEN"
    assert (await market.accept(one, best, market.site)).status_code == 201


async def test_a_pairing_that_ends_early_opens_its_need_again(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    pairing = {"id": (await market.accept(one, best, market.site)).json()["pairing_id"]}
    await attach(market.keeper, f"/api/pairings/{pairing['id']}")
    for to, school in (("ACCEPTED", market.hub), ("ACTIVE", None), ("ENDED", None)):
        assert (await move(market.keeper, pairing, to, school)).status_code == 200
    assert (await found(market.keeper, f"/api/needs/{one['id']}"))["state"] == "OPEN"


async def test_of_two_who_accept_at_once_one_is_told(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    candidates = await market.matches(one)
    answers = await asyncio.gather(
        *(accept(market.keeper, one, each["offer"], market.site) for each in candidates)
    )
    (quick, late) = sorted(answers, key=lambda answer: answer.status_code)
    # Told before the need is taken, by its version, or while it is, by its state.
    assert (quick.status_code, late.json()["type"]) in {
        (201, "changed-meanwhile"),
        (201, "wrong-state"),
    }
    listed = (await found(market.keeper, "/api/pairings"))["items"]
    assert len(listed) == 1


async def test_who_accepts_accepts_what_was_read(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    path = f"/api/needs/{one['id']}"
    unsaid = await market.keeper.post(
        f"{path}/accept",
        {"offer_id": best["offer"]["id"], "offer_version": 1, "school_id": str(market.site.id)},
    )
    assert unsaid.status_code == 428
    changed = await market.keeper.send(
        "PUT", path, etag='"1"', json=need(market.site, periods_a_week=5)
    )
    assert changed.status_code == 200, changed.text
    stale = await accept(market.keeper, one, best["offer"], market.site)
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"]["periods_a_week"] == 5
    offered = await market.keeper.send(
        "PUT",
        f"/api/hub-offers/{best['offer']['id']}",
        etag=f'"{best["offer"]["version"]}"',
        json=offer(market.hub, periods_a_week=1),
    )
    assert offered.status_code == 200, offered.text
    stale = await accept(market.keeper, changed.json(), best["offer"], market.site)
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["etag"] == offered.headers["ETag"]
    assert stale.json()["current"] == offered.json()
    # Nothing came of either: the need is open as it was, no pairing was made.
    assert await found(market.keeper, path) == changed.json()
    assert (await found(market.keeper, "/api/pairings"))["items"] == []
    accepted = await accept(market.keeper, changed.json(), offered.json(), market.site)
    assert accepted.status_code == 201, accepted.text


async def test_an_offer_of_a_hub_the_list_would_not_show_is_not_found(
    market: Market, open_browser: OpenBrowser, other_county: County
) -> None:
    """Neither accepted nor told of, whatever version is named: it is of another city."""
    foreign = await open_browser(other_county.administrator)
    offered = await made(foreign, "/api/hub-offers", offer(other_county.hub))
    one = await made(market.keeper, "/api/needs", need(market.site))
    for version in (offered["version"], offered["version"] + 1):
        answer = await accept(market.keeper, one, offered | {"version": version}, market.site)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    assert (await found(market.keeper, f"/api/needs/{one['id']}"))["state"] == "OPEN"


async def test_an_offer_that_does_not_fit_is_not_accepted(market: Market) -> None:
    art = await made(market.keeper, "/api/hub-offers", offer(market.hub, subject="fine_art"))
    one = await made(market.keeper, "/api/needs", need(market.site))
    answer = await market.accept(one, {"offer": art}, market.site)
    assert (answer.status_code, answer.json()["type"]) == (409, "offer-unfit")
    assert (await found(market.keeper, f"/api/needs/{one['id']}"))["state"] == "OPEN"
    unknown = await market.accept(one, {"offer": {"id": one["id"], "version": 1}}, market.site)
    assert unknown.status_code == 404
    best, _ = await market.matches(one)
    foreign = await market.accept(one, best, market.far)
    assert foreign.status_code == 404


async def test_what_is_over_is_neither_listed_nor_accepted(
    market: Market, open_browser: OpenBrowser, clock: Clock
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    short = await made(market.keeper, "/api/hub-offers", offer(market.far, valid_to="2026-03-10"))
    best, *others = await market.matches(one)
    assert short["id"] in {each["offer"]["id"] for each in others}
    clock.advance(days=14)
    market.keeper = await open_browser(market.county.administrator)
    assert short["id"] not in {each["offer"]["id"] for each in await market.matches(one)}
    refused = await market.accept(one, {"offer": short}, market.site)
    assert (refused.status_code, refused.json()["type"]) == (409, "offer-unfit")
    # The need itself is over, and nobody withdrew it.
    clock.advance(days=117)
    market.keeper = await open_browser(market.county.administrator)
    assert await market.matches(one) == []
    refused = await market.accept(one, best, market.site)
    assert (refused.status_code, refused.json()["type"]) == (409, "offer-unfit")
    assert "2026-07-10" in refused.text
    path = f"/api/needs/{one['id']}"
    longer = need(market.site, ends_on="2026-12-31")
    answer = await market.keeper.send("PUT", path, etag='"1"', json=longer)
    assert answer.status_code == 200, answer.text
    assert len(await market.matches(one)) == 2


async def test_a_need_is_withdrawn_or_changed_while_it_is_open(market: Market) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    path = f"/api/needs/{one['id']}"
    changed = await market.keeper.send(
        "PUT", path, etag='"1"', json=need(market.site, weekdays=[5, 2, 5])
    )
    assert changed.json()["weekdays"] == [2, 5]
    stale = await market.keeper.act(f"{path}/withdraw", None, etag='"1"')
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"]["weekdays"] == [2, 5]
    assert (await market.keeper.post(f"{path}/withdraw")).status_code == 428
    etag = changed.headers["ETag"]
    withdrawn = await market.keeper.act(f"{path}/withdraw", None, etag=etag)
    assert withdrawn.json()["state"] == "WITHDRAWN"
    etag = withdrawn.headers["ETag"]
    again = await market.keeper.act(f"{path}/withdraw", None, etag=etag)
    assert (again.status_code, again.json()["possible"]) == (409, [])


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"subject": "juggling"}, "juggling"),
        ({"language": "xx"}, "xx"),
        ({"grade_no": 13}, "13"),
        ({"grade_no": 100}, "less than"),
        ({"weekdays": []}, "at least 1"),
        ({"weekdays": [8]}, "less than"),
        ({"latest": "08:00"}, "ends before it begins"),
        ({"ends_on": "2026-03-01"}, "before the first"),
    ],
)
async def test_a_need_that_makes_no_sense_is_refused(
    market: Market, other: JSON, says: str
) -> None:
    answer = await market.keeper.post("/api/needs", need(market.site, **other))
    assert answer.status_code == 422
    assert says in answer.text


async def test_only_grades_of_the_code_set_are_needed_and_offered(
    market: Market, database: Database
) -> None:
    async with database.unit_of_work() as db:
        of_the_last = update(Code).where(Code.code == "12", Code.label_zh == "高三年级")
        await db.execute(of_the_last.values(code="S3"))
        known = update(CodeSet).where(CodeSet.kind == CodeKind.GRADE)
        await db.execute(known.values(revision=CodeSet.revision + 1))
    for path, body in (
        ("/api/needs", need(market.site, grade_no=12)),
        ("/api/hub-offers", offer(market.hub, grade_from=11, grade_to=12)),
    ):
        refused = await market.keeper.post(path, body)
        assert (refused.status_code, refused.json()["type"]) == (422, "code-unknown")
    last = offer(market.hub, grade_from=11, grade_to=11)
    assert (await market.keeper.post("/api/hub-offers", last)).status_code == 201


async def test_an_offers_grades_and_days_are_in_order(market: Market) -> None:
    for other in ({"grade_from": 6, "grade_to": 1}, {"valid_to": "2026-01-01"}):
        answer = await market.keeper.post("/api/hub-offers", offer(market.hub, **other))
        assert answer.status_code == 422
    made_offer = (await found(market.keeper, f"/api/hub-offers?school_id={market.far.id}"))["items"]
    path = f"/api/hub-offers/{made_offer[0]['id']}"
    changed = await market.keeper.send(
        "PUT", path, etag='"1"', json=offer(market.far, periods_a_week=3)
    )
    assert (changed.json()["periods_a_week"], changed.headers["ETag"]) == (3, '"2"')


async def test_an_allied_hub_of_another_region_is_a_candidate_and_sees_the_need(
    market: Market, open_browser: OpenBrowser, other_county: County, database: Database
) -> None:
    foreign = await open_browser(other_county.administrator)
    offered = await made(foreign, "/api/hub-offers", offer(other_county.hub))
    one = await made(market.keeper, "/api/needs", need(market.site))
    assert len(await market.matches(one)) == 2
    assert (await found(foreign, "/api/needs"))["items"] == []
    async with database.unit_of_work() as db:
        (await db.get_one(School, other_county.hub.id)).moe_code = "2150000002"
    alliance = await made(
        market.keeper,
        "/api/alliances",
        {
            "region_id": str(market.county.region.id),
            "name": "川渝联盟",
            "starts_on": "2026-02-24",
        },
    )
    await join(market.keeper, alliance, "MEMBER", school_id=str(market.site.id))
    await join(market.keeper, alliance, "HUB", moe_code="2150000002")
    listed = {each["offer"]["id"]: each for each in await market.matches(one)}
    assert len(listed) == 3
    assert [each["name"] for each in listed[offered["id"]]["acts_for"]] == [market.site.name]
    # The hub answers from its side; the need's school agrees to the pairing.
    (seen,) = (await found(foreign, "/api/needs"))["items"]
    assert not seen["is_own"]
    accepted = await accept(foreign, seen, offered, other_county.hub)
    assert accepted.status_code == 201, accepted.text
    pairing = await found(market.keeper, f"/api/pairings/{accepted.json()['pairing_id']}")
    assert pairing["alliance"]["name"] == "川渝联盟"
    assert (await move(market.keeper, pairing, "ACCEPTED", market.site)).status_code == 200
    # Once matched it is no longer the hub's to look at.
    assert (await found(foreign, "/api/needs"))["items"] == []
    assert (await foreign.get(f"/api/needs/{one['id']}")).status_code == 404
    back = await foreign.act(f"/api/needs/{one['id']}/withdraw", None, etag='"1"')
    assert back.status_code == 404


async def test_a_hub_that_leaves_sees_no_need_that_begins_or_goes_on_without_it(
    *,
    market: Market,
    open_browser: OpenBrowser,
    other_county: County,
    database: Database,
    clock: Clock,
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(School, other_county.hub.id)).moe_code = "2150000002"
    body = {
        "region_id": str(market.county.region.id),
        "name": "川渝联盟",
        "starts_on": "2026-02-24",
    }
    alliance = await made(market.keeper, "/api/alliances", body)
    await join(market.keeper, alliance, "MEMBER", school_id=str(market.site.id))
    hub = await join(market.keeper, alliance, "HUB", moe_code="2150000002")
    now = await made(market.keeper, "/api/needs", need(market.site))
    spring = {"subject": "fine_art", "starts_on": "2026-04-01"}
    later = await made(market.keeper, "/api/needs", need(market.site, **spring))
    foreign = await open_browser(other_county.administrator)
    offered = await made(foreign, "/api/hub-offers", offer(other_county.hub))

    async def seen() -> set[str]:
        return {each["id"] for each in (await found(foreign, "/api/needs"))["items"]}

    async def listed() -> set[str]:
        return {each["offer"]["id"] for each in await market.matches(now)}

    assert await seen() == {now["id"], later["id"]}
    assert offered["id"] in await listed()
    # Its last day is before the second one begins.
    ends = {"role": "HUB", "to_on": "2026-03-15"}
    path = f"/api/alliance-members/{hub['id']}"
    answer = await market.keeper.send("PUT", path, etag='"1"', json=ends)
    assert answer.status_code == 200, answer.text
    assert await seen() == {now["id"]}
    assert (await foreign.get(f"/api/needs/{later['id']}")).status_code == 404
    # And the first one goes on when it is over.
    clock.advance(days=14)
    foreign = await open_browser(other_county.administrator)
    market.keeper = await open_browser(market.county.administrator)
    assert await seen() == set()
    assert market.site.name not in (await foreign.get("/api/needs/export")).text
    for path in (f"/api/needs/{now['id']}", f"/api/needs/{now['id']}/matches"):
        assert (await foreign.get(path)).status_code == 404, path
    assert (await accept(foreign, now, offered, other_county.hub)).status_code == 404
    assert offered["id"] not in await listed()
    refused = await market.accept(now, {"offer": offered}, market.site)
    assert refused.status_code == 404, refused.text
    # One that joins as the need begins sees it ahead.
    again = {"moe_code": "2150000002", "from_on": "2026-04-01"}
    await join(market.keeper, alliance, "HUB", **again)
    assert await seen() == {later["id"]}
    # What it accepts ahead is a pairing of the alliance they share then.
    art = await made(foreign, "/api/hub-offers", offer(other_county.hub, subject="fine_art"))
    accepted = await accept(foreign, later, art, other_county.hub)
    assert accepted.status_code == 201, accepted.text
    pairing = await found(market.keeper, f"/api/pairings/{accepted.json()['pairing_id']}")
    assert (pairing["alliance"]["name"], pairing["starts_on"]) == ("川渝联盟", "2026-04-01")


async def test_another_county_sees_no_need_and_no_offer(
    market: Market, open_browser: OpenBrowser, other_county: County
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    stranger = await open_browser(other_county.administrator)
    for path in (
        f"/api/needs/{one['id']}",
        f"/api/needs/{one['id']}/matches",
        f"/api/hub-offers/{best['offer']['id']}",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await stranger.post("/api/needs", need(market.site))).status_code == 404
    assert (await stranger.post("/api/hub-offers", offer(market.hub))).status_code == 404


async def test_needs_are_listed_and_exported_by_school_subject_and_state(market: Market) -> None:
    music = await made(market.keeper, "/api/needs", need(market.site))
    art = await made(market.keeper, "/api/needs", need(market.site, subject="fine_art"))
    far = await made(market.keeper, "/api/needs", need(market.far))
    withdrawn = await market.keeper.act(f"/api/needs/{far['id']}/withdraw", None, etag='"1"')
    assert withdrawn.status_code == 200, withdrawn.text
    for query, expected in (
        (f"school_id={market.site.id}", [art, music]),
        (f"school_id={market.far.id}", [far]),
        (f"school_id={market.site.id}&subject=music", [music]),
        ("state=WITHDRAWN", [far]),
        (f"school_id={market.site.id}&state=WITHDRAWN", []),
    ):
        listed = (await found(market.keeper, f"/api/needs?{query}"))["items"]
        assert [each["id"] for each in listed] == [each["id"] for each in expected], query
        exported = await market.keeper.get(f"/api/needs/export?format=csv&{query}")
        rows = exported.text.strip().splitlines()[1:]
        names = [each["school"]["name"] for each in expected]
        assert [row.split(",")[0] for row in rows] == names, query
    refused = await market.keeper.get("/api/needs?school_id=nobody")
    assert refused.status_code == 422


async def test_the_statements_of_a_match_list_do_not_grow_with_the_offers(
    market: Market, database: Database
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))

    with statements(database) as before:
        await market.matches(one)
    async with database.unit_of_work() as db:
        more = [await make_school(db, market.county.region) for _ in range(15)]
    for school in more:
        await made(market.keeper, "/api/hub-offers", offer(school))
    with statements(database) as after:
        assert len(await market.matches(one)) == 17
    assert len(after) == len(before)


async def test_whose_an_offer_is_is_said_by_the_rule_that_lets_it_be_changed(
    market: Market, open_browser: OpenBrowser, database: Database
) -> None:
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=market.hub)
        looks = await make_person(db, role=Role.ADMINISTRATOR, school=market.far)
    for who, own in (
        (market.county.administrator, {market.hub.id, market.far.id}),
        (market.county.supervisor, set[UUID]()),
        (account, {market.hub.id}),
        (looks, {market.far.id}),
    ):
        browser = await open_browser(who)
        items = (await found(browser, "/api/hub-offers"))["items"]
        assert {UUID(each["school"]["id"]) for each in items if each["is_own"]} == own
        for each in items:
            school = market.hub if each["school"]["id"] == str(market.hub.id) else market.far
            path = f"/api/hub-offers/{each['id']}"
            assert (await found(browser, path))["is_own"] == each["is_own"]
            answer = await browser.send(
                "PUT", path, etag=f'"{each["version"]}"', json=offer(school)
            )
            assert answer.status_code == (200 if each["is_own"] else 403), answer.text


async def test_a_supervisor_looks_and_accepts_nothing(
    market: Market, open_browser: OpenBrowser, database: Database
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    best, _ = await market.matches(one)
    supervisor = await open_browser(market.county.supervisor)
    (shown, _) = (await found(supervisor, f"/api/needs/{one['id']}/matches"))["items"]
    assert shown["acts_for"] == []
    answer = await accept(supervisor, one, best["offer"], market.site)
    assert answer.status_code == 403
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=market.site)
    principal = await open_browser(account)
    (own, _) = (await found(principal, f"/api/needs/{one['id']}/matches"))["items"]
    assert [each["name"] for each in own["acts_for"]] == [market.site.name]


async def test_lists_are_given_as_files_with_words_for_codes(market: Market) -> None:
    await made(market.keeper, "/api/needs", need(market.site))
    needs = (await market.keeper.get("/api/needs/export")).text
    assert "音乐" in needs
    assert "一、三" in needs
    offers = (await market.keeper.get("/api/hub-offers/export?subject=music")).text
    assert "汉语" in offers
    assert len(offers.splitlines()) == 3
