"""Regions, labels and authorities are corrected, by whom they are kept, and it is written down."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.codes import service as codes
from app.codes.models import CodeKind
from app.database import Database
from app.schools import corrections, registry
from app.schools.corrections import Corrector
from app.schools.errors import NameTaken, RegionCodeUsed
from app.schools.histories import Noting
from app.schools.models import Region, RegionLabel, RegistryCorrection, School
from app.schools.region_imports import REGIONS, Regions
from app.schools.table_import import Wanted
from app.security import Role, Scope
from app.sheets import read_table
from tests.app.alliance_steps import found, made
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.test_table_imports import as_csv, run
from tests.factories import NOON, County, make_county, make_person, make_region

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


async def test_regions_of_a_table_have_the_path_of_a_code_corrected_meanwhile(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.unit_of_work() as db:
        above = await make_region(db)
    make = Regions.make

    async def make_later(self: Regions, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """The table was looked at, and nothing of it is written yet."""
        async with database.unit_of_work() as other:
            held = await other.get_one(Region, above.id)
            by = Corrector(None, clock.now)
            await corrections.correct_region(other, held, code="989806", name="县", by=by)
        await make(self, db, wanted)

    monkeypatch.setattr(Regions, "make", make_later)
    rows = (("989807100001", "村", "989807100000"), ("989807100000", "镇", above.code))
    async with database.unit_of_work() as db:
        report = await REGIONS.run(
            db,
            read_table(as_csv("regions", *rows)),
            scope=Scope(region_ids=frozenset({above.id})),
            noting=Noting.today(clock.now),
            is_dry=False,
        )
    assert (report.created, report.is_written) == (2, True)
    async with database.unit_of_work() as db:
        below = select(Region.path).where(Region.code.startswith("989807"))
        paths = (await db.scalars(below.order_by(Region.code))).all()
    assert paths == ["/989806/989807100000/", "/989806/989807100000/989807100001/"]


async def test_a_name_a_table_gives_a_region_is_a_correction_too(
    database: Database, county: County
) -> None:
    code, name = county.region.code, county.region.name
    for _ in range(2):  # the second time it is called so already
        await run(database, county, "regions", (code, "改名县", ""))
    async with database.unit_of_work() as db:
        noted = (await db.scalars(select(RegistryCorrection))).all()
    assert [(each.thing_id, each.before, each.after) for each in noted] == [
        (county.region.id, f"{code} {name}", f"{code} 改名县")
    ]


async def test_of_two_who_give_a_region_one_label_at_once_the_second_is_told(
    database: Database, county: County
) -> None:
    async with database.unit_of_work() as db:
        code = (await codes.catalogue(db)).of_kind(CodeKind.REGION_LABEL)[0]
    barrier = asyncio.Barrier(2)

    async def label() -> str:
        try:
            async with database.unit_of_work() as db:
                region = await db.get_one(Region, county.region.id)
                await barrier.wait()
                await registry.label_region(
                    db, region, code_id=code.id, valid_from=None, valid_to=None
                )
        except NameTaken:
            return "told"
        return "given"

    async with asyncio.timeout(30):
        assert sorted(await asyncio.gather(label(), label())) == ["given", "told"]
    async with database.unit_of_work() as db:
        held = select(func.count()).where(RegionLabel.region_id == county.region.id)
        assert await db.scalar(held) == 1


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
    # So nobody below is offered it: the lists say whose each is.
    for path in ("/api/regions", "/api/authorities"):
        [one] = (await found(await open_browser(principal), path))["items"]
        [own] = (await found(office, path))["items"]
        assert (one["is_own"], own) == (False, one | {"is_own": True})
    looks_on = await open_browser(county.supervisor)
    assert (await found(looks_on, f"/api/regions/{region['id']}"))["is_own"] is False
    for path, wanted in edits:
        answer = await office.send("PUT", path, json=wanted)
        assert (answer.status_code, answer.json()["type"]) == (428, "precondition-required")
    assert await written(database) == []
    assert (await found(office, f"/api/regions/{county.region.id}")) == region


async def test_corrections_are_listed_narrowed_and_exported_with_who_made_them(
    office: TestBrowser, open_browser: OpenBrowser, county: County, database: Database
) -> None:
    region = await found(office, f"/api/regions/{county.region.id}")
    words = (await found(office, "/api/codes?kind=REGION_LABEL"))["items"]
    label = await made(office, f"/api/regions/{region['id']}/labels", {"code_id": words[0]["id"]})
    body = {"name": "县教育局", "level": "COUNTY", "region_id": region["id"]}
    authority = await made(office, "/api/authorities", body)
    for path, wanted in (
        (f"/api/regions/{region['id']}", {"code": region["code"], "name": "改名县"}),
        (
            f"/api/region-labels/{label['id']}",
            {"code_id": words[0]["id"], "valid_to": "2030-12-31"},
        ),
        (f"/api/authorities/{authority['id']}", {"name": "县教体局", "level": "CITY"}),
    ):
        version = region["version"] if path.startswith("/api/regions") else 1
        assert (await put(office, path, version, wanted))[0] == 200
    async with database.unit_of_work() as db:
        keeper = await db.get_one(Person, county.administrator.person_id)
        inside = await make_region(db, parent=await db.get_one(Region, county.region.id))
        above = await db.get_one(Region, county.region.id)
        elsewhere = await make_county(db)
        outside = await db.get_one(Region, elsewhere.region.id)
        for other, parted in ((inside, county), (outside, elsewhere)):
            by = Corrector(parted.administrator.person_id, NOON)
            corrections.rename_region(db, other, f"{above.name}以下", by=by)
    listed: list[JSON] = []
    cursor = ""
    while True:
        page = await found(office, f"/api/registry-corrections?limit=3{cursor}")
        listed += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted((each["thing"], each["region"]["name"]) for each in listed) == [
        ("AUTHORITY", "改名县"),
        ("LABEL", "改名县"),
        ("REGION", "改名县"),
        ("REGION", "改名县以下"),
    ]
    assert {each["noted_by"] for each in listed} == {keeper.name}
    moments = [each["noted_at"] for each in listed]
    assert moments == sorted(moments, reverse=True)
    [of_authority] = [each for each in listed if each["thing"] == "AUTHORITY"]
    assert (of_authority["before"], of_authority["after"]) == ("县教育局 COUNTY", "县教体局 CITY")
    for narrowed, wanted_ids in (
        ("thing=LABEL", {each["id"] for each in listed if each["thing"] == "LABEL"}),
        ("q=教体局", {of_authority["id"]}),
        ("q=%25", set()),
        ("q=以下", {each["id"] for each in listed if each["region"]["name"] == "改名县以下"}),
    ):
        shown = (await found(office, f"/api/registry-corrections?{narrowed}"))["items"]
        assert {each["id"] for each in shown} == wanted_ids, narrowed
    file = await office.get("/api/registry-corrections/export?thing=AUTHORITY")
    assert "县教育局 (县级),县教体局 (市级)" in file.text
    assert len(file.text.splitlines()) == 2
    # Who looks after the county sees them, another county's its own, and a teacher none.
    supervisor, theirs, teacher = [
        await open_browser(each)
        for each in (county.supervisor, elsewhere.administrator, county.teacher)
    ]
    assert (await found(supervisor, "/api/registry-corrections"))["items"] == listed
    seen = (await found(theirs, "/api/registry-corrections"))["items"]
    assert [each["region"]["id"] for each in seen] == [str(elsewhere.region.id)]
    for path in ("/api/registry-corrections", "/api/registry-corrections/export"):
        assert (await teacher.get(path)).status_code == 403
