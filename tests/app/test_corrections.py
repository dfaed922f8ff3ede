"""Regions, labels and authorities are corrected, by whom they are kept, and it is written down."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.database import Database
from app.schools import corrections, registry
from app.schools.corrections import Corrector
from app.schools.errors import RegionCodeUsed
from app.schools.models import Region, RegistryCorrection, School
from app.security import Role
from tests.app.alliance_steps import found, made
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_person, make_region

JSON = dict[str, Any]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and who waits for whom are statements here."""
    return either_url


@pytest.fixture
async def office(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


async def put(browser: TestBrowser, path: str, version: int, body: JSON) -> tuple[int, JSON]:
    answer = await browser.send("PUT", path, etag=f'"{version}"', json=body)
    if answer.status_code == 200:
        assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    return answer.status_code, answer.json()


async def written(database: Database) -> list[tuple[str, str, str]]:
    async with database.unit_of_work() as db:
        query = select(RegistryCorrection).order_by(RegistryCorrection.id)
        rows = (await db.scalars(query)).all()
    assert all(row.noted_by is not None for row in rows)
    return [(row.thing, row.before, row.after) for row in rows]


async def test_a_regions_name_is_corrected_and_its_code_while_nothing_refers_to_it(
    office: TestBrowser, county: County, database: Database
) -> None:
    town = await made(
        office,
        "/api/regions",
        {"parent_id": str(county.region.id), "code": "989801", "name": "东光镇"},
    )
    path = f"/api/regions/{town['id']}"
    body = {"code": "989802", "name": "东兴镇"}
    status, now = await put(office, path, town["version"], body)
    assert (status, now["code"], now["name"]) == (200, "989802", "东兴镇")
    assert now["path"] == f"{county.region.path}989802/"
    assert now["version"] > town["version"]
    assert (await found(office, f"{path}")) == now
    assert (await found(office, "/api/regions?q=dongxing"))["items"] == [now]
    # Who read it before: told what it is now, and nothing is undone.
    status, refused = await put(office, path, town["version"], body | {"name": "东光镇"})
    assert (status, refused["type"], refused["current"]) == (412, "changed-meanwhile", now)
    for wrong, kind in (("98980", "malformed-input"), ("98980x", "bad-region-code")):
        status, refused = await put(office, path, now["version"], body | {"code": wrong})
        assert (status, refused["type"]) == (422, kind)
    status, refused = await put(office, path, now["version"], body | {"code": county.region.code})
    assert (status, refused["type"]) == (409, "name-taken")
    # The county's own code is part of its towns' paths.
    above = await found(office, f"/api/regions/{county.region.id}")
    own = f"/api/regions/{county.region.id}"
    status, refused = await put(
        office, own, above["version"], {"code": "989803", "name": above["name"]}
    )
    assert (status, refused["type"], refused["used_by"]) == (409, "region-code-used", "REGIONS")
    status, renamed = await put(
        office, own, above["version"], {"code": above["code"], "name": "南江"}
    )
    assert (status, renamed["name"], renamed["path"]) == (200, "南江", county.region.path)
    assert await written(database) == [
        ("REGION", "989801 东光镇", "989802 东兴镇"),
        ("REGION", f"{above['code']} {above['name']}", f"{above['code']} 南江"),
    ]
    # The same again is no correction.
    assert (await put(office, own, renamed["version"], {"code": above["code"], "name": "南江"}))[
        0
    ] == 200
    assert len(await written(database)) == 2


async def test_a_code_schools_or_rosters_hold_stays(
    office: TestBrowser, county: County, database: Database
) -> None:
    region = await found(office, f"/api/regions/{county.region.id}")
    path = f"/api/regions/{region['id']}"
    body = {"code": "989804", "name": region["name"]}
    status, refused = await put(office, path, region["version"], body)
    assert (status, refused["type"], refused["used_by"]) == (409, "region-code-used", "SCHOOLS")
    roster = {"region_id": region["id"], "name": "名册", "taken_on": "2026-03-02"}
    await made(office, "/api/rosters", roster)
    async with database.unit_of_work() as db:
        elsewhere = await make_region(db)
        await db.execute(
            update(School)
            .where(School.region_id == county.region.id)
            .values(region_id=elsewhere.id)
        )
    status, refused = await put(office, path, region["version"], body)
    assert (status, refused["used_by"]) == (409, "ROSTERS")
    assert await found(office, path) == region | {"schools": 0, "points": 0}
    assert await written(database) == []


async def test_a_region_added_meanwhile_has_the_path_of_the_right_code(
    database: Database, clock: Clock
) -> None:
    by = Corrector(None, clock.now)
    async with database.unit_of_work() as db:
        one, other = await make_region(db), await make_region(db)
    async with database.unit_of_work() as late:
        parent = await late.get_one(Region, one.id)
        async with database.unit_of_work() as db:
            held = await db.get_one(Region, one.id)
            await corrections.correct_region(db, held, code="989806", name="县", by=by)
        assert parent.code == one.code, "as it was read"
        below = await registry.add_region(late, code="989807", name="镇", parent=parent)
    assert below.path == "/989806/989807/"
    # And the code of one a region was added below stays.
    async with database.unit_of_work() as late:
        held = await late.get_one(Region, other.id)
        async with database.unit_of_work() as db:
            parent = await db.get_one(Region, other.id)
            await registry.add_region(db, code="989808", name="镇", parent=parent)
        with pytest.raises(RegionCodeUsed):
            await corrections.correct_region(late, held, code="989809", name="县", by=by)


async def test_a_label_is_ended_and_corrected(
    office: TestBrowser, county: County, database: Database
) -> None:
    words = (await found(office, "/api/codes?kind=REGION_LABEL"))["items"]
    labels = f"/api/regions/{county.region.id}/labels"
    body = {"code_id": words[0]["id"], "valid_from": "2014-01-01", "valid_to": None}
    label = await made(office, labels, body)
    path = f"/api/region-labels/{label['id']}"
    status, ended = await put(office, path, label["version"], body | {"valid_to": "2020-12-31"})
    assert (status, ended["valid_to"], ended["version"]) == (200, "2020-12-31", 2)
    assert (await found(office, "/api/regions"))["items"][0]["labels"] == [ended]
    after = body | {"valid_from": "2021-01-01"}
    later = await made(office, labels, after)
    # Its days do not run into another's of the same word; it does not stand in its own way.
    status, refused = await put(office, path, 2, body | {"valid_to": "2021-01-01"})
    assert (status, refused["type"]) == (409, "name-taken")
    status, refused = await put(office, path, 2, body | {"valid_to": "2013-12-31"})
    assert (status, refused["type"]) == (422, "wrong-day")
    status, refused = await put(office, path, 1, body)
    assert (status, refused["type"], refused["current"]) == (412, "changed-meanwhile", ended)
    subject = (await found(office, "/api/codes?set=CURR2022"))["items"][0]
    status, refused = await put(office, path, 2, body | {"code_id": subject["id"]})
    assert (status, refused["type"]) == (422, "code-unknown")
    other = f"/api/region-labels/{later['id']}"
    status, another = await put(office, other, 1, after | {"code_id": words[1]["id"]})
    assert (status, another["code_id"]) == (200, words[1]["id"])
    first, second = words[0]["label_zh"], words[1]["label_zh"]
    assert await written(database) == [
        ("LABEL", f"{first} 2014-01-01/", f"{first} 2014-01-01/2020-12-31"),
        ("LABEL", f"{first} 2021-01-01/", f"{second} 2021-01-01/"),
    ]


async def test_an_authority_is_corrected(
    office: TestBrowser, county: County, database: Database
) -> None:
    body = {"name": "县教育局", "level": "COUNTY", "region_id": str(county.region.id)}
    one = await made(office, "/api/authorities", body)
    two = await made(office, "/api/authorities", body | {"name": "县教科局"})
    path = f"/api/authorities/{two['id']}"
    wanted = {"name": "县教体局", "level": "CITY"}
    status, now = await put(office, path, 1, wanted)
    assert (status, now) == (200, two | wanted | {"version": 2})
    assert (await found(office, "/api/authorities?q=教体局"))["items"] == [now]
    status, refused = await put(office, path, 2, wanted | {"name": one["name"]})
    assert (status, refused["type"]) == (409, "name-taken")
    status, refused = await put(office, path, 1, wanted)
    assert (status, refused["type"], refused["current"]) == (412, "changed-meanwhile", now)
    assert await written(database) == [("AUTHORITY", "县教科局 COUNTY", "县教体局 CITY")]


async def test_what_lies_above_or_elsewhere_is_corrected_by_nobody_below(
    office: TestBrowser, open_browser: OpenBrowser, county: County, database: Database
) -> None:
    words = (await found(office, "/api/codes?kind=REGION_LABEL"))["items"]
    label = await made(
        office, f"/api/regions/{county.region.id}/labels", {"code_id": words[0]["id"]}
    )
    body = {"name": "县教育局", "level": "COUNTY", "region_id": str(county.region.id)}
    authority = await made(office, "/api/authorities", body)
    region = await found(office, f"/api/regions/{county.region.id}")
    edits: list[tuple[str, JSON]] = [
        (f"/api/regions/{region['id']}", {"code": region["code"], "name": "别处"}),
        (f"/api/region-labels/{label['id']}", {"code_id": words[1]["id"]}),
        (f"/api/authorities/{authority['id']}", {"name": "别处", "level": "CITY"}),
    ]
    async with database.unit_of_work() as db:
        elsewhere = await make_county(db)
        principal = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    for person, expected in (
        (elsewhere.administrator, 404),
        (principal, 404),  # a school's own administrator sees the region, and does not keep it
        (county.supervisor, 403),
        (county.teacher, 403),
    ):
        browser = await open_browser(person)
        for path, wanted in edits:
            assert (await put(browser, path, 1, wanted))[0] == expected, path
    for path, wanted in edits:
        answer = await office.send("PUT", path, json=wanted)
        assert (answer.status_code, answer.json()["type"]) == (428, "precondition-required")
    assert await written(database) == []
    assert (await found(office, f"/api/regions/{county.region.id}")) == region
