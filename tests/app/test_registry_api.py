"""The registry over HTTP: lists in scope, edits with a version, what happens to a school.

Past 400 lines: schools, regions, classes and classrooms are one registry under one set of rights.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.attendance import rewording
from app.codes import service as codes
from app.codes.models import Code, CodeKind, CodeSet
from app.codes.tables import read_tables
from app.coverage.code_holders import holders
from app.database import Database
from app.schools.models import Region
from app.security import Role
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_person, make_region, make_school


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


@pytest.fixture
async def office(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


def facts(county: County, **changes: Any) -> dict[str, Any]:
    return {
        "name": "新村小学",
        "category": "211",
        "region_id": str(county.region.id),
    } | changes


async def register(office: TestBrowser, county: County, **changes: Any) -> dict[str, Any]:
    answer = await office.post("/api/schools", facts(county, **changes))
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    body: dict[str, Any] = answer.json()
    return body


def etag(school: dict[str, Any]) -> str:
    return f'"{school["version"]}"'


async def test_school_is_registered_found_and_shown(office: TestBrowser, county: County) -> None:
    school = await register(
        office, county, moe_code="2199000001", opened_on="2001-09-01", latitude=31.5
    )
    assert school["codes"] == [
        {
            "moe_code": "2199000001",
            "given_on": "2001-09-01",
            "voided_on": None,
            "void_reason": None,
        }
    ]
    assert {change["kind"] for change in school["changes"]} == {"OPENED", "CODE_GIVEN"}
    for query in (
        "q=新村",
        "q=21990",
        "q=xincun",
        "q=Xin%20Cun%20xiao",
        "q=xcxx",
        "category=211&is_open=true",
        f"region_id={county.region.id}",
    ):
        found = (await office.get(f"/api/schools?{query}")).json()
        assert school["id"] in [item["id"] for item in found["items"]], query
    for query in (
        "q=旧村",
        "q=jiucun",
        "q=%27",
        "category=311",
        "is_open=false",
        f"parent_id={county.hub.id}",
    ):
        found = (await office.get(f"/api/schools?{query}")).json()
        assert school["id"] not in [item["id"] for item in found["items"]], query


@pytest.mark.parametrize(
    ("changes", "status", "type_"),
    [
        ({"category": "999"}, 422, "code-unknown"),
        ({"urban_rural": "999"}, 422, "code-unknown"),
        ({"moe_code": "3199000001"}, 422, "school-code-malformed"),
        ({"moe_code": "219900001"}, 422, "malformed-input"),
        ({"category": "218"}, 422, "wrong-parent"),
        ({"local_suffix": "01"}, 422, "wrong-parent"),
        ({"opened_on": "2026-03-03"}, 422, "wrong-day"),
        ({"latitude": 91}, 422, "malformed-input"),
        ({"name": "  "}, 422, "malformed-input"),
        ({"name": "a\x00"}, 422, "malformed-input"),
        ({"altogether": 1}, 422, "malformed-input"),
    ],
)
async def test_what_cannot_be_a_school_is_refused(
    office: TestBrowser, county: County, changes: dict[str, Any], status: int, type_: str
) -> None:
    answer = await office.post("/api/schools", facts(county, **changes))
    assert (answer.status_code, answer.json()["type"]) == (status, type_)


async def test_same_name_and_same_local_number_are_refused(
    office: TestBrowser, county: County
) -> None:
    await register(office, county)
    again = await office.post("/api/schools", facts(county))
    assert (again.status_code, again.json()["type"]) == (409, "name-taken")
    point = {"category": "218", "parent_id": str(county.hub.id), "local_suffix": "01"}
    made = await register(office, county, name="一点", **point)
    assert made["local_code"] == f"{county.hub.name}-01"
    again = await office.post("/api/schools", facts(county, name="二点", **point))
    assert (again.status_code, again.json()["type"]) == (409, "name-taken")


async def test_edit_needs_the_version_that_was_seen(office: TestBrowser, county: County) -> None:
    school = await register(office, county)
    path = f"/api/schools/{school['id']}"
    assert (await office.patch(path, {"name": "甲"})).status_code == 428
    done = await office.patch(path, {"name": "甲", "road_note": "雨季不通"}, etag=etag(school))
    assert done.status_code == 200
    assert (done.json()["name"], done.json()["version"]) == ("甲", school["version"] + 1)
    lost = await office.patch(path, {"name": "乙"}, etag=etag(school))
    assert (lost.status_code, lost.json()["type"]) == (412, "changed-meanwhile")
    assert lost.json()["current"]["name"] == "甲"
    changes = (await office.get(path)).json()["changes"]
    assert (changes[-1]["kind"], changes[-1]["before"], changes[-1]["after"]) == (
        "RENAMED",
        "新村小学",
        "甲",
    )


async def test_closing_voids_the_code_and_reopening_regains_it(
    office: TestBrowser, county: County
) -> None:
    school = await register(office, county, moe_code="2199000002", opened_on="2001-09-01")
    path = f"/api/schools/{school['id']}"
    early = await office.act(f"{path}/close", {"on": "2001-08-31"}, etag=etag(school))
    assert (early.status_code, early.json()["type"]) == (422, "wrong-day")
    future = await office.act(f"{path}/close", {"on": "2026-03-03"}, etag=etag(school))
    assert (future.status_code, future.json()["type"]) == (422, "wrong-day")
    closed = (await office.act(f"{path}/close", {"on": "2020-07-15"}, etag=etag(school))).json()
    assert (closed["closed_on"], closed["moe_code"]) == ("2020-07-15", None)
    assert closed["codes"][0]["void_reason"] == "CLOSED"
    taken = await office.post("/api/schools", facts(county, name="另", moe_code="2199000002"))
    assert (taken.status_code, taken.json()["type"]) == (409, "school-code-taken")
    again = await office.act(f"{path}/close", {}, etag=etag(closed))
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")
    reopened = (await office.act(f"{path}/reopen", {}, etag=etag(closed))).json()
    assert (reopened["closed_on"], reopened["moe_code"]) == (None, "2199000002")
    assert [change["happened_on"] for change in reopened["changes"]] == [
        *["2001-09-01"] * 2,
        *["2020-07-15"] * 2,
        *["2026-03-02"] * 2,
    ]
    assert {change["kind"] for change in reopened["changes"]} == {
        *("OPENED", "CODE_GIVEN", "CLOSED", "CODE_VOIDED", "REOPENED", "CODE_REGAINED"),
    }


async def test_changing_category_voids_the_code_for_good(
    office: TestBrowser, county: County
) -> None:
    school = await register(office, county, moe_code="2199000003")
    path = f"/api/schools/{school['id']}"
    body = {"category": "218", "parent_id": str(county.hub.id)}
    point = (await office.act(f"{path}/category", body, etag=etag(school))).json()
    assert (point["category"], point["moe_code"]) == ("218", None)
    assert point["codes"][0]["void_reason"] == "CATEGORY_CHANGED"
    refused = await office.patch(path, {"moe_code": "2199000003"}, etag=etag(point))
    assert (refused.status_code, refused.json()["type"]) == (409, "school-code-taken")
    given = (await office.patch(path, {"moe_code": "2199000004"}, etag=etag(point))).json()
    assert given["moe_code"] == "2199000004"
    closed = (await office.act(f"{path}/close", {}, etag=etag(given))).json()
    reopened = (await office.act(f"{path}/reopen", {}, etag=etag(closed))).json()
    assert reopened["moe_code"] == "2199000004"


async def test_school_with_open_points_stays_open(office: TestBrowser, county: County) -> None:
    path = f"/api/schools/{county.hub.id}"
    hub = (await office.get(path)).json()
    answer = await office.act(f"{path}/close", {}, etag=etag(hub))
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")
    assert county.points[0].name in answer.json()["detail"]


async def test_nothing_of_another_county_is_seen_or_touched(
    office: TestBrowser, county: County, other_county: County
) -> None:
    theirs = other_county.points[0]
    assert (await office.get(f"/api/schools/{theirs.id}")).status_code == 404
    for path in ("/api/schools", "/api/regions", "/api/classrooms", "/api/authorities"):
        text = (await office.get(path)).text
        assert str(other_county.region.id) not in text
        assert str(theirs.id) not in text
    assert (
        await office.patch(f"/api/schools/{theirs.id}", {"name": "x"}, etag='"1"')
    ).status_code == 404
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/api/schools", facts(other_county)),
        ("/api/schools", facts(county, category="218", parent_id=str(other_county.hub.id))),
        ("/api/regions", {"code": "990909", "name": "x", "parent_id": str(other_county.region.id)}),
        (
            "/api/authorities",
            {"name": "x", "level": "COUNTY", "region_id": str(other_county.region.id)},
        ),
        ("/api/classrooms", {"school_id": str(theirs.id), "name": "x"}),
        (
            "/api/school-classes",
            {
                "school_id": str(theirs.id),
                "name": "x",
                "stage": "2",
                "grade_no": 1,
                "entry_year": 2025,
                "pupil_count": 1,
            },
        ),
    ]
    for path, body in bodies:
        assert (await office.post(path, body)).status_code == 404, path


async def test_supervisor_looks_and_changes_nothing(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.supervisor)
    assert len((await browser.get("/api/schools")).json()["items"]) == 3
    for path, body in (("/api/schools", facts(county)), ("/api/regions", {})):
        assert (await browser.post(path, body)).status_code == 403


async def test_administrator_of_a_school_sees_its_points_and_region(
    database: Database, open_browser: OpenBrowser, county: County
) -> None:
    async with database.unit_of_work() as db:
        await make_school(db, county.region)
        account = await make_person(db, role=Role.ADMINISTRATOR, school=county.hub)
    browser = await open_browser(account)
    assert len((await browser.get("/api/schools")).json()["items"]) == 3
    regions = (await browser.get("/api/regions")).json()["items"]
    assert [region["id"] for region in regions] == [str(county.region.id)]
    # She registers none: the region is not hers.
    assert (await browser.post("/api/schools", facts(county))).status_code == 404


async def test_regions_are_listed_from_the_top_with_their_schools(
    database: Database, open_browser: OpenBrowser, county: County
) -> None:
    async with database.unit_of_work() as db:
        city = await make_region(db, name="某市")
        region = await db.get_one(Region, county.region.id)
        region.parent_id, region.path = city.id, f"{city.path}{region.code}/"
        account = await make_person(db, role=Role.ADMINISTRATOR, region=city)
    browser = await open_browser(account)
    regions = (await browser.get("/api/regions")).json()["items"]
    assert [(each["name"], each["schools"], each["points"]) for each in regions] == [
        ("某市", 3, 2),
        (county.region.name, 3, 2),
    ]
    below = (await browser.get(f"/api/regions?parent_id={city.id}")).json()["items"]
    assert [each["id"] for each in below] == [str(county.region.id)]
    added = await browser.post(
        "/api/regions", {"code": "990777000000", "name": "新县", "parent_id": str(city.id)}
    )
    assert (added.status_code, added.json()["code"]) == (201, "990777")
    again = await browser.post(
        "/api/regions", {"code": "990777", "name": "新县", "parent_id": str(city.id)}
    )
    assert (again.status_code, again.json()["type"]) == (409, "name-taken")
    bad = await browser.post(
        "/api/regions", {"code": "99077x", "name": "新县", "parent_id": str(city.id)}
    )
    assert (bad.status_code, bad.json()["type"]) == (422, "bad-region-code")


async def test_region_is_read_by_whom_it_concerns(
    office: TestBrowser, county: County, other_county: County
) -> None:
    read = await office.get(f"/api/regions/{county.region.id}")
    assert (read.json()["name"], read.json()["points"]) == (county.region.name, 2)
    assert (await office.get(f"/api/regions/{other_county.region.id}")).status_code == 404


async def test_labels_of_a_region_have_days_that_do_not_overlap(
    office: TestBrowser, county: County
) -> None:
    codes = (await office.get("/api/codes?kind=REGION_LABEL")).json()["items"]
    path = f"/api/regions/{county.region.id}/labels"
    body = {"code_id": codes[0]["id"], "valid_from": "2014-01-01", "valid_to": "2020-12-31"}
    made = await office.post(path, body)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    regions = (await office.get("/api/regions")).json()["items"]
    assert regions[0]["labels"] == [made.json()]
    assert made.json() | body == made.json()
    overlap = await office.post(path, body | {"valid_from": "2020-12-31", "valid_to": None})
    assert (overlap.status_code, overlap.json()["type"]) == (409, "name-taken")
    after = await office.post(path, body | {"valid_from": "2021-01-01", "valid_to": None})
    assert after.status_code == 201
    other = await office.post(path, body | {"code_id": codes[1]["id"]})
    assert other.status_code == 201
    backwards = await office.post(path, body | {"valid_to": "2013-01-01"})
    assert (backwards.status_code, backwards.json()["type"]) == (422, "wrong-day")
    subject = (await office.get("/api/codes?set=CURR2022")).json()["items"][0]
    wrong = await office.post(path, {"code_id": subject["id"]})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "code-unknown")


async def test_a_class_is_taught_in_the_first_language_that_holds_where_none_is_said(
    office: TestBrowser, database: Database, clock: Clock, county: County
) -> None:
    listed = await office.get("/api/codes?kind=LANGUAGE&is_stored=true")
    first, second, *_ = (each["code"] for each in listed.json()["items"])
    body = {"school_id": str(county.points[0].id), "stage": "2", "grade_no": 3, "pupil_count": 9}
    for number, language in enumerate((first, second), start=1):
        of = body | {"name": f"{number}班", "entry_year": 2023}
        made = await office.post("/api/school-classes", of)
        assert (made.status_code, made.json()["language_of_instruction"]) == (201, language)
        async with database.unit_of_work() as db:
            of_kind = select(CodeSet.id).where(CodeSet.kind == CodeKind.LANGUAGE)
            ends = update(Code).where(Code.code == first, Code.set_id.in_(of_kind))
            await db.execute(ends.values(valid_to=clock.now.date() - timedelta(days=1)))
            await db.execute(update(CodeSet).values(revision=CodeSet.revision + 1))


async def test_authority_is_named_by_its_schools(office: TestBrowser, county: County) -> None:
    body = {"name": "县教育局", "level": "COUNTY", "region_id": str(county.region.id)}
    made = (await office.post("/api/authorities", body)).json()
    assert (await office.post("/api/authorities", body)).status_code == 409
    school = await register(office, county, authority_id=made["id"])
    assert school["authority"] == {"id": made["id"], "name": "县教育局"}
    listed = (await office.get("/api/authorities")).json()["items"]
    assert listed == [made]
    for query, is_found in (
        (f"q={county.region.name} 教育局", True),
        ("q=市教育局", False),
        ("level=COUNTY", True),
        ("level=CITY", False),
    ):
        found = (await office.get(f"/api/authorities?{query}")).json()["items"]
        assert bool(found) is is_found, query
        file = (await office.get(f"/api/authorities/export?{query}")).text
        assert ("县教育局,县级," in file) is is_found, query
    assert (await office.get("/api/authorities?level=TOWN")).status_code == 422


async def test_classes_are_added_edited_and_listed(office: TestBrowser, county: County) -> None:
    body = {
        "school_id": str(county.hub.id),
        "name": "三年级一班",
        "stage": "2",
        "grade_no": 3,
        "entry_year": 2023,
        "pupil_count": 31,
        "language_of_instruction": "bo",
    }
    made = (await office.post("/api/school-classes", body)).json()
    again = await office.post("/api/school-classes", body)
    assert (again.status_code, again.json()["type"]) == (409, "name-taken")
    for change in ({"stage": "3"}, {"grade_no": 7}, {"language_of_instruction": "xx"}):
        wrong = await office.post("/api/school-classes", body | {"name": "x"} | change)
        assert (wrong.status_code, wrong.json()["type"]) == (422, "code-unknown"), change
    path = f"/api/school-classes/{made['id']}"
    edited = await office.patch(path, {"pupil_count": 30, "grade_no": 4}, etag=etag(made))
    assert (edited.json()["pupil_count"], edited.json()["version"]) == (30, 2)
    assert (await office.patch(path, {"pupil_count": 29}, etag=etag(made))).status_code == 412
    query = f"school_id={county.hub.id}&stage=2&grade_no=4&is_open=true"
    listed = (await office.get(f"/api/school-classes?{query}")).json()["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    hub = (await office.get(f"/api/schools/{county.hub.id}")).json()
    assert (hub["classes"], hub["pupils"]) == (1, 30)
    await office.patch(path, {"closed_on": "2026-02-01"}, etag=etag(edited.json()))
    assert (await office.get("/api/school-classes?is_open=true")).json()["items"] == []


async def test_classroom_is_fitted_out(office: TestBrowser, county: County) -> None:
    body = {"school_id": str(county.hub.id), "name": "主播教室", "link_kind": "wired"}
    made = (await office.post("/api/classrooms", body)).json()
    assert (made["cameras"], made["may_broadcast"], made["devices"]) == (1, False, [])
    path = f"/api/classrooms/{made['id']}"
    change = {"cameras": 2, "has_microphone_array": True, "may_broadcast": True}
    edited = (await office.patch(path, change, etag=etag(made))).json()
    assert {key: edited[key] for key in change} == change
    wrong = await office.patch(path, {"link_kind": "pigeon"}, etag=etag(edited))
    assert (wrong.status_code, wrong.json()["type"]) == (422, "code-unknown")
    again = await office.post("/api/classrooms", body)
    assert (again.status_code, again.json()["type"]) == (409, "name-taken")
    listed = (await office.get("/api/classrooms?may_broadcast=true")).json()["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    wired = (await office.get(f"/api/classrooms?link_kind=wired&q={county.hub.name}")).json()
    assert [item["id"] for item in wired["items"]] == [made["id"]]
    both = (await office.get(f"/api/classrooms?q={county.hub.name} 主播")).json()["items"]
    assert [item["id"] for item in both] == [made["id"]]
    assert (await office.get(f"/api/classrooms?q={county.hub.name} 听课")).json()["items"] == []


async def test_lists_are_paged_and_exported_with_the_same_filters(
    office: TestBrowser, county: County
) -> None:
    names = [f"第{number}小学" for number in range(5)]
    for name in names:
        await register(office, county, name=name)
    seen, cursor = [], ""
    while True:
        page = (await office.get(f"/api/schools?q=第&limit=2{cursor}")).json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == sorted(names)
    exported = (await office.get("/api/schools/export?q=第")).text
    assert exported.startswith("\ufeff学校名称,办学类型代码,行政区划代码,学校标识码,所属学校,")
    assert [line.split(",")[0] for line in exported.splitlines()[1:]] == sorted(names)
    for path in ("regions", "authorities", "school-classes", "classrooms", "codes"):
        answer = await office.get(f"/api/{path}/export?format=xlsx")
        assert answer.content.startswith(b"PK"), path


async def test_the_same_registration_sent_twice_makes_one_school(
    office: TestBrowser, county: County
) -> None:
    token = (await office.me())["person"]["csrf_token"]
    headers = {"X-CSRF-Token": token, "Idempotency-Key": "one"}
    answers = [await office.post("/api/schools", facts(county), headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_codes_are_told_to_whoever_is_signed_in(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.teacher)
    sets = (await browser.get("/api/code-sets")).json()["items"]
    assert {each["key"] for each in sets} >= {"CURR2022", "JYT1004_ZXXKC"}
    codes = (await browser.get("/api/codes?kind=SUBJECT&is_stored=true")).json()["items"]
    assert codes[1]["label_zh"] == "语文"
    maps = (await browser.get(f"/api/code-maps?code_id={codes[1]['id']}")).json()["items"]
    assert [each["is_exact"] for each in maps] == [True]
    [one] = maps
    assert {one["from_code"]["set"], one["to_code"]["set"]} == {"CURR2022", "JYT1004_ZXXKC"}
    assert {one["from_code"]["label_zh"], one["to_code"]["label_zh"]} == {"语文"}
    assert (await (await open_browser()).get("/api/codes")).status_code == 401


SETS = "key,kind,is_stored,is_shown,label_zh,label_en,source,valid_from,valid_to\n"
CODES = "set,code,label_zh,label_en,label_bo,aliases,valid_from,valid_to,is_point\n"


async def test_which_schools_are_teaching_points_is_said_by_the_code_of_their_category(
    office: TestBrowser, county: County, database: Database, tmp_path: Path
) -> None:
    (tmp_path / "sets.csv").write_text(
        f"{SETS}MOE_SCHOOL_CATEGORY,SCHOOL_CATEGORY,yes,yes,办学类型代码,School categories,,,\n"
    )
    (tmp_path / "codes.csv").write_text(
        f"{CODES}MOE_SCHOOL_CATEGORY,229,流动教学点,Touring point,,,,,yes\n"
        "MOE_SCHOOL_CATEGORY,239,另一种小学,Another school,,,,,no\n"
    )
    async with database.unit_of_work() as db:
        await codes.load(db, read_tables(tmp_path), follow=rewording.follow, holders=holders)
    told = (await office.get("/api/codes?kind=SCHOOL_CATEGORY")).json()["items"]
    assert {each["code"] for each in told if each["is_point"]} == {"218", "229"}
    for refused in (
        facts(county, category="229"),
        facts(county, category="239", parent_id=str(county.hub.id)),
        facts(county, category="239", local_suffix="01"),
    ):
        answer = await office.post("/api/schools", refused)
        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-parent")
    before = (await office.get(f"/api/regions/{county.region.id}")).json()
    point = await register(
        office, county, category="229", parent_id=str(county.hub.id), local_suffix="07"
    )
    room = {"school_id": point["id"], "name": "教室"}
    assert (await office.post("/api/classrooms", room)).status_code == 201
    after = (await office.get(f"/api/regions/{county.region.id}")).json()
    assert (after["schools"], after["points"]) == (before["schools"] + 1, before["points"] + 1)
    shown = (await office.get(f"/api/admin/points?school_id={point['id']}")).json()["items"]
    assert [each["school"] for each in shown] == [point["name"]]
    day = {"region_id": str(county.region.id), "name": "春季", "taken_on": "2026-03-02"}
    roster = (await office.post("/api/rosters", day)).json()
    listed = (await office.get(f"/api/rosters/{roster['id']}/entries")).json()["items"]
    assert point["name"] in {each["name"] for each in listed}
    # It is a point: none can belong to it.
    under = facts(county, name="更小的点", category="218", parent_id=point["id"])
    answer = await office.post("/api/schools", under)
    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-parent")


async def test_code_sets_and_mappings_are_narrowed_paged_and_exported(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.teacher)
    sets = (await browser.get("/api/code-sets?kind=SUBJECT")).json()["items"]
    assert {each["key"] for each in sets} == {"CURR2022", "JYT1004_ZXXKC"}
    file = (await browser.get("/api/code-sets/export?kind=STAGE")).text
    assert ("JYT_RKXD,学段," in file, "CURR2022" in file) == (True, False)
    whole = (await browser.get("/api/code-maps?set=CURR2022&limit=200")).json()["items"]
    assert all("CURR2022" in {e["from_code"]["set"], e["to_code"]["set"]} for e in whole)
    read, cursor = [], ""
    while True:
        page = (await browser.get(f"/api/code-maps?set=CURR2022&limit=7{cursor}")).json()
        read += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert read == whole
    file = (await browser.get("/api/code-maps/export?set=CURR2022")).text
    assert len(file.splitlines()) == 1 + len(whole)
    other = (await browser.get("/api/code-maps?set=JYT_RKXD")).json()["items"]
    assert other
    assert not [each for each in other if each in whole]
    assert (await browser.get("/api/code-maps?set=no%20set")).status_code == 422
    for path in ("code-sets", "code-maps"):
        refused = await (await open_browser()).get(f"/api/{path}/export")
        assert refused.status_code == 401


async def test_day_is_the_schools_day_not_greenwichs(
    open_browser: OpenBrowser, county: County, clock: Clock
) -> None:
    clock.now = clock.now.replace(hour=17)  # 1 in the morning of the third, in Beijing
    office = await open_browser(county.administrator)
    school = await register(office, county, opened_on="2026-03-03")
    path = f"/api/schools/{school['id']}/close"
    closed = (await office.act(path, {}, etag=etag(school))).json()
    assert closed["closed_on"] == "2026-03-03"
