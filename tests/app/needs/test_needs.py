"""Needs and offers: what is refused, who sees and changes them, and their files."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.codes.models import Code, CodeKind, CodeSet
from app.database import Database
from app.schools.models import School
from app.security import Role
from tests.app.alliance_steps import JSON, found, made
from tests.app.conftest import OpenBrowser
from tests.app.needs.market import Market, accept, need, offer
from tests.factories import County, make_person


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


async def test_a_school_that_is_closed_then_needs_nothing(
    market: Market, database: Database
) -> None:
    one = await made(market.keeper, "/api/needs", need(market.site))
    async with database.unit_of_work() as db:
        site = await db.get_one(School, market.site.id)
        site.closed_on = date.fromisoformat(one["starts_on"])
    path = f"/api/needs/{one['id']}"
    for refused in (
        await market.keeper.post("/api/needs", need(market.site)),
        await market.keeper.send("PUT", path, etag='"1"', json=need(market.site)),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "school-not-open")
        assert site.name in refused.json()["detail"]
        assert refused.json()["schools"] == [site.name]
    async with database.unit_of_work() as db:
        site = await db.get_one(School, market.site.id)
        site.closed_on = date.fromisoformat(one["starts_on"]) + timedelta(days=1)
    await made(market.keeper, "/api/needs", need(market.site))


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
    assert ",音乐,三年级,汉语," in needs
    assert "一、三" in needs
    offers = (await market.keeper.get("/api/hub-offers/export?subject=music")).text
    assert ",音乐,一年级,六年级,汉语," in offers
    assert len(offers.splitlines()) == 3
