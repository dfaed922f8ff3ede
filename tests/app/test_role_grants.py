"""Roles are given within what one administers, for no longer, to others; all of it is on record."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.accounts import grants, service
from app.accounts.errors import OwnGrant
from app.accounts.grant_routes import listed
from app.accounts.grants import Reach
from app.accounts.models import Account, GrantChange, GrantChangeKind, RoleGrant
from app.accounts.queries import grants_of
from app.database import Database
from app.errors import NotFound
from app.schools.models import Authority, AuthorityLevel
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.test_jobs_pages import caller
from tests.factories import NOON, County, make_county, make_person


@pytest.fixture
async def office(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


@pytest.fixture
async def colleague(database: Database, county: County) -> Account:
    async with database.unit_of_work() as db:
        return await make_person(db, school=county.points[0])


def body(whom: Account, **changes: Any) -> dict[str, Any]:
    return {"person_id": str(whom.person_id), "role": "SUPERVISOR"} | changes


async def give(office: TestBrowser, whom: Account, **changes: Any) -> dict[str, Any]:
    answer = await office.post("/api/role-grants", body(whom, **changes))
    assert answer.status_code == 201, answer.text
    given: dict[str, Any] = answer.json()
    return given


async def test_role_is_given_used_and_taken_back_at_once(
    office: TestBrowser, open_browser: OpenBrowser, county: County, colleague: Account
) -> None:
    browser = await open_browser(colleague)
    assert (await browser.get("/api/schools")).status_code == 403
    given = await give(office, colleague, region_id=str(county.region.id), purpose="巡课")
    assert (given["place"], given["is_in_force"]) == (county.region.name, True)
    assert len((await browser.get("/api/schools")).json()["items"]) == 3
    ended = await office.post(f"/api/role-grants/{given['id']}/end", {})
    assert (ended.status_code, ended.json()["is_in_force"]) == (200, False)
    assert (await browser.get("/api/schools")).status_code == 403
    again = await office.post(f"/api/role-grants/{given['id']}/end", {})
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")
    changes = (await office.get("/api/role-grant-changes")).json()["items"]
    assert [(each["kind"], each["person"]) for each in changes] == [
        ("ENDED", given["person"]["name"]),
        ("GIVEN", given["person"]["name"]),
    ]
    assert all(each["made_by_name"] for each in changes)
    for path in ("role-grants", "role-grant-changes"):
        file = (await office.get(f"/api/{path}/export")).text
        assert f",{given['person']['name']}," in f",{file.replace(chr(10), ',')}"
        assert (",巡课," in file, "SUPERVISOR" in file) == (True, False)


async def test_role_ends_by_itself_at_its_moment(
    *,
    office: TestBrowser,
    open_browser: OpenBrowser,
    county: County,
    colleague: Account,
    clock: Clock,
) -> None:
    until = (clock.now + timedelta(minutes=5)).isoformat()
    given = await give(office, colleague, school_id=str(county.hub.id), until=until)
    browser = await open_browser(colleague)
    assert (await browser.get("/api/schools")).status_code == 200
    later = (clock.now + timedelta(minutes=9)).isoformat()
    longer = await office.post(f"/api/role-grants/{given['id']}/end", {"until": later})
    assert (longer.status_code, longer.json()["type"]) == (409, "wrong-state")
    clock.advance(minutes=5)
    assert (await browser.get("/api/schools")).status_code == 403
    held = (await office.get("/api/role-grants?in_force=false")).json()["items"]
    assert [each["id"] for each in held] == [given["id"]]


async def test_nobody_gives_what_she_does_not_administer(
    office: TestBrowser, county: County, other_county: County, colleague: Account
) -> None:
    for place in (
        {"region_id": str(other_county.region.id)},
        {"school_id": str(other_county.hub.id)},
        {"region_id": str(uuid4())},
        {"authority_id": str(uuid4())},
        {"alliance_id": str(uuid4())},
    ):
        answer = await office.post("/api/role-grants", body(colleague, **place))
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), place
    stranger = body(other_county.teacher, school_id=str(county.hub.id))
    assert (await office.post("/api/role-grants", stranger)).status_code == 404
    assert (await office.get("/api/role-grant-changes")).json()["items"] == []


@pytest.mark.parametrize(
    "places", [{}, {"region_id": str(uuid4()), "school_id": str(uuid4())}], ids=["none", "two"]
)
async def test_a_role_has_one_place(
    office: TestBrowser, colleague: Account, places: dict[str, str]
) -> None:
    answer = await office.post("/api/role-grants", body(colleague, **places))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")


async def test_administrator_of_a_school_gives_no_role_in_its_region(
    database: Database, open_browser: OpenBrowser, county: County, colleague: Account
) -> None:
    async with database.unit_of_work() as db:
        head = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    browser = await open_browser(head)
    wide = body(colleague, region_id=str(county.region.id))
    assert (await browser.post("/api/role-grants", wide)).status_code == 404
    await give(browser, colleague, school_id=str(county.points[0].id))


async def test_nobody_ends_a_role_that_reaches_further_than_her_own(
    *,
    database: Database,
    office: TestBrowser,
    open_browser: OpenBrowser,
    county: County,
    colleague: Account,
) -> None:
    given = await give(office, colleague, region_id=str(county.region.id))
    async with database.unit_of_work() as db:
        head = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    path = f"/api/role-grants/{given['id']}/end"
    for account, how in ((head, (404, "not-found")), (county.supervisor, (403, "forbidden"))):
        answer = await (await open_browser(account)).post(path, {})
        assert (answer.status_code, answer.json()["type"]) == how
    held = (await office.get("/api/role-grants?in_force=true")).json()["items"]
    assert given["id"] in {each["id"] for each in held}


async def test_nobody_widens_prolongs_or_keeps_herself(
    database: Database, office: TestBrowser, county: County
) -> None:
    own = body(county.administrator, role="TEACHER", school_id=str(county.hub.id))
    answer = await office.post("/api/role-grants", own)
    assert (answer.status_code, answer.json()["type"]) == (403, "own-grant")
    held = (await office.get("/api/role-grants?role=ADMINISTRATOR")).json()["items"]
    (mine,) = [each for each in held if each["person"]["id"] == str(county.administrator.person_id)]
    answer = await office.post(f"/api/role-grants/{mine['id']}/end", {})
    assert (answer.status_code, answer.json()["type"]) == (403, "own-grant")


async def test_nobody_gives_a_role_for_longer_than_her_own(
    *,
    database: Database,
    open_browser: OpenBrowser,
    county: County,
    colleague: Account,
    clock: Clock,
) -> None:
    until = clock.now + timedelta(days=30)
    async with database.unit_of_work() as db:
        deputy = await make_person(db, school=county.hub)
        await service.grant(
            db,
            person_id=deputy.person_id,
            role=Role.ADMINISTRATOR,
            region_id=county.region.id,
            until=until,
        )
    browser = await open_browser(deputy)
    place = {"region_id": str(county.region.id)}
    for wish in (None, (until + timedelta(seconds=1)).isoformat()):
        answer = await browser.post("/api/role-grants", body(colleague, until=wish, **place))
        assert (answer.status_code, answer.json()["type"]) == (409, "grant-too-long")
    past = clock.now.isoformat()
    answer = await browser.post("/api/role-grants", body(colleague, until=past, **place))
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")
    await give(browser, colleague, until=until.isoformat(), **place)


async def test_roles_of_another_county_are_neither_seen_nor_ended(
    office: TestBrowser,
    open_browser: OpenBrowser,
    other_county: County,
    county: County,
    colleague: Account,
) -> None:
    given = await give(office, colleague, region_id=str(county.region.id))
    theirs = await open_browser(other_county.administrator)
    assert given["id"] not in (await theirs.get("/api/role-grants")).text
    assert (await theirs.post(f"/api/role-grants/{given['id']}/end", {})).status_code == 404
    people = (await theirs.get("/api/people")).json()["items"]
    assert str(colleague.person_id) not in {each["id"] for each in people}
    supervisor = await open_browser(county.supervisor)
    assert (await supervisor.get("/api/role-grants")).status_code == 200
    assert (await supervisor.post("/api/role-grants", body(colleague))).status_code == 403


async def test_authority_of_a_region_is_a_place(
    database: Database, office: TestBrowser, county: County, colleague: Account
) -> None:
    async with database.unit_of_work() as db:
        authority = Authority(
            region_id=county.region.id, name="教育局", level=AuthorityLevel.COUNTY
        )
        db.add(authority)
    given = await give(office, colleague, authority_id=str(authority.id))
    assert given["place"] == "教育局"


async def test_giving_listing_and_ending_are_the_same_on_either_database(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county, other = await make_county(db), await make_county(db)
        whom = await make_person(db, school=county.points[0])
        account = county.administrator
        by = replace(
            caller(account), grants=tuple(await grants_of(db, account.person_id, now=NOON))
        )

    async def give(reach: Reach, person_id: UUID, until: datetime | None = None) -> RoleGrant:
        async with either_database.unit_of_work() as db:
            return await grants.give(
                db,
                by=by,
                person_id=person_id,
                role=Role.SUPERVISOR,
                reach=reach,
                until=until,
                purpose="",
                now=NOON,
            )

    for reach, person_id, refusal in (
        (Reach(region_id=other.region.id), whom.person_id, NotFound),
        (Reach(school_id=other.hub.id), whom.person_id, NotFound),
        (Reach(alliance_id=uuid4()), whom.person_id, NotFound),
        (Reach(authority_id=uuid4()), whom.person_id, NotFound),
        (Reach(region_id=county.region.id), other.teacher.person_id, NotFound),
        (Reach(region_id=county.region.id), by.person_id, OwnGrant),
    ):
        with pytest.raises(refusal):
            await give(reach, person_id)
    given = await give(Reach(region_id=county.region.id), whom.person_id, NOON + timedelta(days=1))
    scope = by.scope(Role.ADMINISTRATOR)

    async def places(*, in_force: bool) -> list[str]:
        async with either_database.unit_of_work() as db:
            query = listed(scope, q="", role=Role.SUPERVISOR, in_force=in_force, now=NOON)
            return [row[2] for row in await db.execute(query) if row[0].id == given.id]

    assert await places(in_force=True) == [county.region.name]
    async with either_database.unit_of_work() as db:
        grant = await grants.grant_within(db, scope, given.id)
        await grants.end(db, by=by, grant=grant, until=None, now=NOON)
    assert await places(in_force=False) == [county.region.name]
    async with either_database.unit_of_work() as db:
        assert await grants_of(db, whom.person_id, now=NOON) == []
        kinds = await db.scalars(select(GrantChange.kind).order_by(GrantChange.id))
        assert list(kinds) == [GrantChangeKind.GIVEN, GrantChangeKind.ENDED]
