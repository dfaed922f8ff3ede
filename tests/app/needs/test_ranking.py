"""Which hubs could answer a need, in which order, and with which reasons."""

from datetime import date
from uuid import UUID

import pytest

from app.alliances.models import Pairing, PairingState
from app.database import Database
from app.schools.models import School
from tests.app.alliance_steps import found, join, made, move, pairing, statements
from tests.app.conftest import Clock, OpenBrowser
from tests.app.needs.market import Market, accept, need, offer
from tests.factories import County, make_county, make_region, make_school


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


async def test_a_pairing_that_is_over_or_to_come_takes_no_teacher_from_a_need(
    market: Market, database: Database
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))

    async def free() -> object:
        (best,) = [
            each
            for each in await market.matches(one)
            if each["offer"]["school"]["id"] == str(market.hub.id)
        ]
        (load,) = [each for each in best["reasons"] if each["kind"] == "LOAD"]
        return load["values"]["free"]

    whole = await free()
    body = pairing(market.hub, market.county.points[1], periods_a_week=8)
    promised = await made(market.keeper, "/api/pairings", body)
    for first, last, left in (
        (date(2026, 2, 24), None, 0),
        (date(2026, 2, 24), date(2026, 3, 1), whole),  # the need begins the day after
        (date(2026, 2, 24), date(2026, 3, 2), 0),
        (date(2026, 7, 11), None, whole),  # it is over the day before
        (date(2026, 7, 10), None, 0),
    ):
        async with database.unit_of_work() as db:
            row = await db.get_one(Pairing, UUID(promised["id"]))
            row.state, row.starts_on, row.ends_on = PairingState.ACTIVE, first, last
        assert await free() == left, (first, last)
