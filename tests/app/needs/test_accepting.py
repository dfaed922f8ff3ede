"""What accepting an offer makes, of whom it is accepted, and what becomes of the need."""

import asyncio

from sqlalchemy import select

from app.alliances.models import Match
from app.database import Database
from tests.app.alliance_steps import attach, found, made, move
from tests.app.conftest import Clock, OpenBrowser
from tests.app.needs.market import Market, accept, need, offer
from tests.factories import County


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
