"""Alliances through HTTP: members, agreements, plans, who keeps and who sees what."""

from uuid import UUID

import pytest

from app.accounts import service as accounts
from app.accounts.models import Account
from app.database import Database
from app.files import HANDED_IN, MOST_BYTES
from app.schools.models import School
from app.security import Role
from app.settings import Settings
from tests.app.alliance_steps import (
    JSON,
    PDF,
    PNG,
    attach,
    found,
    join,
    made,
    make_alliance,
    move,
    pairing,
    teach,
)
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import (
    County,
    make_person,
    make_school,
)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


@pytest.fixture
async def alliance(keeper: TestBrowser, county: County) -> JSON:
    return await make_alliance(keeper, county)


async def test_an_alliance_lists_its_hubs_and_counts_its_members(
    keeper: TestBrowser, alliance: JSON, county: County
) -> None:
    (listed,) = (await found(keeper, "/api/alliances?q=城东"))["items"]
    assert listed["hubs"] == [{"id": str(county.hub.id), "name": county.hub.name}]
    assert (listed["members"], listed["is_kept"]) == (3, True)
    assert (await found(keeper, "/api/alliances?q=城西"))["items"] == []
    members = (await found(keeper, f"/api/alliances/{alliance['id']}/members"))["items"]
    assert [member["role"] for member in members] == ["HUB", "MEMBER", "MEMBER"]
    assert not any(member["is_outside"] for member in members)
    again = await keeper.post(
        f"/api/alliances/{alliance['id']}/members",
        {"role": "OBSERVER", "from_on": "2026-05-01", "school_id": str(county.hub.id)},
    )
    assert (again.status_code, again.json()["type"]) == (409, "membership-overlaps")


async def test_a_membership_that_ended_makes_room_for_another(
    keeper: TestBrowser, alliance: JSON, county: County
) -> None:
    path = f"/api/alliances/{alliance['id']}/members"
    member = (await found(keeper, path))["items"][1]
    changed = await keeper.send(
        "PUT",
        f"/api/alliance-members/{member['id']}",
        etag='"1"',
        json={"role": "MEMBER", "to_on": "2026-04-30"},
    )
    assert changed.status_code == 200, changed.text
    await made(
        keeper,
        path,
        {"role": "HUB", "from_on": "2026-05-01", "school_id": member["school"]["id"]},
    )
    before = await keeper.send(
        "PUT",
        f"/api/alliance-members/{member['id']}",
        etag='"2"',
        json={"role": "MEMBER", "to_on": "2026-05-01"},
    )
    assert before.status_code == 409
    backwards = await keeper.send(
        "PUT",
        f"/api/alliance-members/{member['id']}",
        etag='"2"',
        json={"role": "MEMBER", "to_on": "2026-02-01"},
    )
    assert backwards.status_code == 409


async def test_the_agreement_is_what_its_bytes_say_and_comes_back_as_it_was(
    keeper: TestBrowser, alliance: JSON, settings: Settings
) -> None:
    path = f"/api/alliances/{alliance['id']}"
    assert (await keeper.get(f"{path}/agreement")).status_code == 404
    attached = await attach(keeper, path)
    assert (attached["media_type"], attached["size_bytes"]) == ("application/pdf", len(PDF))
    file = await keeper.get(f"{path}/agreement/file")
    assert file.content == PDF
    assert file.headers["Content-Disposition"].startswith("attachment")
    kept = settings.files_dir / HANDED_IN / attached["sha256"][:2] / attached["sha256"]
    assert kept.read_bytes() == PDF
    # A newer one is in force; the name never decides the type, nor leads out of the folder.
    answer = await keeper.send("POST", f"{path}/agreement?name=../../a%00b.exe", content=PNG)
    assert answer.json()["name"] == "ab.exe.png"
    assert (await found(keeper, f"{path}/agreement"))["media_type"] == "image/png"
    assert not list(settings.files_dir.rglob("*.partial"))


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"", 400, "file-empty"),
        (b"MZ\x90\0 an executable", 415, "file-type-refused"),
        (b"%PDF-" + b"0" * MOST_BYTES, 413, "file-too-large"),
    ],
)
async def test_a_file_that_is_no_agreement_is_refused_and_leaves_nothing(
    keeper: TestBrowser,
    alliance: JSON,
    settings: Settings,
    body: bytes,
    status: int,
    problem: str,
) -> None:
    path = f"/api/alliances/{alliance['id']}/agreement?name=a.pdf"
    answer = await keeper.send("POST", path, content=body)
    assert (answer.status_code, answer.json()["type"]) == (status, problem)
    assert answer.json()["detail"]
    assert not [each for each in settings.files_dir.rglob("*") if each.is_file()]


async def test_an_alliances_agreement_and_members_serve_its_pairings(
    keeper: TestBrowser, county: County, alliance: JSON, database: Database
) -> None:
    async with database.unit_of_work() as db:
        other = await make_school(db, county.region)
    body = pairing(county.hub, other, alliance_id=alliance["id"])
    one = await made(keeper, "/api/pairings", body)
    refused = await move(keeper, one, "PROPOSED", county.hub)
    assert (refused.json()["type"], refused.json()["schools"]) == ("not-a-member", [other.name])
    await join(keeper, alliance, "MEMBER", school_id=str(other.id))
    assert (await move(keeper, one, "PROPOSED", county.hub)).status_code == 200
    assert (await move(keeper, one, "ACCEPTED", other)).status_code == 200
    await attach(keeper, f"/api/alliances/{alliance['id']}")
    assert (await move(keeper, one, "ACTIVE")).status_code == 200
    (listed,) = (await found(keeper, f"/api/pairings?alliance_id={alliance['id']}&state=ACTIVE"))[
        "items"
    ]
    assert listed["alliance"]["name"] == "城东教学联盟"


async def test_of_a_member_outside_its_lessons_are_seen_and_nothing_else(
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    other_county: County,
    alliance: JSON,
) -> None:
    """A school of Chongqing joins: its lessons are seen, its classrooms and people are not."""
    async with database.unit_of_work() as db:
        outside = await db.get_one(School, other_county.hub.id)
        outside.moe_code = "2150000001"
    member = await join(keeper, alliance, "HUB", moe_code="2150000001")
    assert (member["is_outside"], member["school"]["name"]) == (True, other_county.hub.name)
    one = await made(
        keeper,
        "/api/pairings",
        pairing(other_county.hub, county.points[0], alliance_id=alliance["id"]),
    )
    assert [each["name"] for each in one["acts_for"]] == [county.points[0].name]
    assert (await move(keeper, one, "PROPOSED", other_county.hub)).status_code == 404
    await attach(keeper, f"/api/alliances/{alliance['id']}")
    assert (await move(keeper, one, "PROPOSED", county.points[0])).status_code == 200
    chongqing = await open_browser(other_county.administrator)
    assert (await move(chongqing, one, "ACCEPTED", other_county.hub)).status_code == 200
    assert (await move(keeper, one, "ACTIVE")).status_code == 200
    await teach(database, other_county, [county.points[0]], hub=other_county.hub)
    (lesson,) = (await found(keeper, f"/api/alliances/{alliance['id']}/lessons"))["items"]
    assert lesson["hub"]["name"] == other_county.hub.name
    # The other way round: the outside school sees the alliance and its own pairing.
    (seen,) = (await found(chongqing, "/api/alliances"))["items"]
    assert (seen["name"], seen["is_kept"]) == ("城东教学联盟", False)
    rooms = await found(keeper, "/api/classrooms")
    assert {room["school"] for room in rooms["items"]} <= {county.hub.name} | {
        point.name for point in county.points
    }
    for path in (
        f"/api/schools/{other_county.hub.id}/days?from=2026-03-02&to=2026-03-02",
        f"/api/schools/{other_county.hub.id}",
    ):
        assert (await keeper.get(path)).status_code == 404
    assert (await chongqing.post(f"/api/alliances/{alliance['id']}/members", {})).status_code in {
        404,
        422,
    }


async def test_a_member_school_sees_its_own_pairings_only(
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    alliance: JSON,
) -> None:
    async with database.unit_of_work() as db:
        apart = await make_school(db, county.region)
        account = await make_person(db, role=Role.ADMINISTRATOR, school=apart)
    await join(keeper, alliance, "MEMBER", school_id=str(apart.id))
    theirs = await made(
        keeper, "/api/pairings", pairing(county.hub, county.points[0], alliance_id=alliance["id"])
    )
    own = await made(
        keeper, "/api/pairings", pairing(county.hub, apart, alliance_id=alliance["id"])
    )
    principal = await open_browser(account)
    listed = (await found(principal, "/api/pairings"))["items"]
    assert [each["id"] for each in listed] == [own["id"]]
    for path in ("", "/tracks", "/history", "/lessons", "/events/TRAINING", "/agreement"):
        answer = await principal.get(f"/api/pairings/{theirs['id']}{path}")
        assert answer.status_code == 404, path
    assert (await move(principal, theirs, "PROPOSED", county.hub)).status_code == 404
    assert (await move(principal, own, "PROPOSED", county.hub)).status_code == 404
    assert (await move(principal, own, "PROPOSED", apart)).status_code == 200
    answer = await principal.send(
        "PUT",
        f"/api/alliances/{alliance['id']}",
        etag='"1"',
        json={"region_id": str(county.region.id), "name": "我的", "starts_on": "2026-02-24"},
    )
    assert answer.status_code == 404


async def test_another_county_sees_no_alliance_and_no_pairing(
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    county: County,
    alliance: JSON,
    other_county: County,
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    stranger = await open_browser(other_county.administrator)
    assert (await found(stranger, "/api/alliances"))["items"] == []
    assert (await found(stranger, "/api/pairings"))["items"] == []
    for path in (
        f"/api/alliances/{alliance['id']}",
        f"/api/alliances/{alliance['id']}/members",
        f"/api/alliances/{alliance['id']}/members/export",
        f"/api/alliances/{alliance['id']}/term-plans",
        f"/api/alliances/{alliance['id']}/lessons",
        f"/api/alliances/{alliance['id']}/agreement",
        f"/api/alliances/{alliance['id']}/agreement/file",
        f"/api/pairings/{one['id']}",
        f"/api/pairings/{one['id']}/events/TRAINING/export",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    body = pairing(county.hub, county.points[0])
    assert (await stranger.post("/api/pairings", body)).status_code == 404


async def test_a_role_within_an_alliance_keeps_it_and_sees_no_school(
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    alliance: JSON,
) -> None:
    one = await made(
        keeper, "/api/pairings", pairing(county.hub, county.points[0], alliance_id=alliance["id"])
    )
    async with database.unit_of_work() as db:
        account: Account = await make_person(db, name="联盟秘书")
        await accounts.grant(
            db,
            person_id=account.person_id,
            role=Role.ADMINISTRATOR,
            alliance_id=UUID(alliance["id"]),
        )
    secretary = await open_browser(account)
    me = await secretary.me()
    assert me["person"]["roles"] == [{"role": "ADMINISTRATOR", "scope_name": "城东教学联盟"}]
    (listed,) = (await found(secretary, "/api/alliances"))["items"]
    assert listed["is_kept"]
    assert (await found(secretary, f"/api/pairings/{one['id']}"))["acts_for"] == []
    assert (await move(secretary, one, "PROPOSED", county.hub)).status_code == 404
    assert (await found(secretary, "/api/classrooms"))["items"] == []
    renamed = {"region_id": str(county.region.id), "name": "城东", "starts_on": "2026-02-24"}
    answer = await secretary.send(
        "PUT", f"/api/alliances/{alliance['id']}", etag='"1"', json=renamed
    )
    assert answer.status_code == 200, answer.text
    assert (await secretary.post("/api/alliances", renamed)).status_code == 404


async def test_lists_are_given_as_files(
    keeper: TestBrowser, county: County, alliance: JSON
) -> None:
    await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    listed = (await keeper.get("/api/alliances/export")).text
    assert "城东教学联盟" in listed
    members = (await keeper.get(f"/api/alliances/{alliance['id']}/members/export")).text
    assert "主讲学校" in members
    pairings = (await keeper.get("/api/pairings/export")).text
    assert "音乐专递,专递课堂" in pairings
    assert county.points[0].name in pairings


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({}, "not by both"),
        ({"school_id": str(UUID(int=1)), "moe_code": "2150000001"}, "not by both"),
        ({"school_id": str(UUID(int=1)), "to_on": "2026-02-23"}, "before the first"),
        ({"moe_code": "21"}, "pattern"),
        ({"school_id": str(UUID(int=1)), "role": "OWNER"}, "OBSERVER"),
    ],
)
async def test_a_member_that_makes_no_sense_is_malformed(
    keeper: TestBrowser, alliance: JSON, other: JSON, says: str
) -> None:
    body = {"role": "MEMBER", "from_on": "2026-02-24"} | other
    answer = await keeper.post(f"/api/alliances/{alliance['id']}/members", body)
    assert answer.status_code == 422
    assert says in answer.text


async def test_a_member_nobody_knows_is_not_found(
    keeper: TestBrowser, alliance: JSON, other_county: County
) -> None:
    path = f"/api/alliances/{alliance['id']}/members"
    for named in ({"moe_code": "2199999999"}, {"school_id": str(other_county.hub.id)}):
        answer = await keeper.post(path, {"role": "MEMBER", "from_on": "2026-02-24"} | named)
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_without_an_agreement_there_is_no_file(
    keeper: TestBrowser, county: County, alliance: JSON
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    for owner in (f"alliances/{alliance['id']}", f"pairings/{one['id']}"):
        for path in ("agreement", "agreement/file"):
            answer = await keeper.get(f"/api/{owner}/{path}")
            assert (answer.status_code, answer.json()["detail"]) == (
                404,
                "No agreement is attached.",
            )
