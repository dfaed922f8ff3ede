"""What lists are narrowed by, the same in their exports, and that their pages leave nothing out."""

from datetime import timedelta

import pytest

from app.accounts.models import Account
from app.database import Database
from app.schools.models import School
from app.security import Role
from tests.app.alliance_steps import JSON, found, join, made, make_alliance, pairing, run, teach
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import NOON, County, make_person, make_school

CHECK = {
    "is_udp_open": True,
    "is_tcp_open": True,
    "is_turn_open": False,
    "rtt_ms": 20,
    "down_kbps": 8000,
    "up_kbps": 4000,
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is found is decided by statements."""
    return either_url


async def listed(browser: TestBrowser, path: str) -> list[JSON]:
    items: list[JSON] = (await found(browser, path))["items"]
    return items


async def exported(browser: TestBrowser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.content.decode("utf-8-sig")


async def test_members_are_found_by_name_role_and_day(
    open_browser: OpenBrowser, county: County, database: Database
) -> None:
    async with database.unit_of_work() as db:
        late = await make_school(db, county.region, name="云岭小学")
    keeper = await open_browser(county.administrator)
    alliance = await make_alliance(keeper, county)
    path = f"/api/alliances/{alliance['id']}/members"
    await join(keeper, alliance, "OBSERVER", school_id=str(late.id), from_on="2026-09-01")

    async def names(query: str) -> set[str]:
        return {each["school"]["name"] for each in await listed(keeper, f"{path}?{query}")}

    assert await names("q=yunling") == {"云岭小学"}
    assert await names("q=云岭&role=HUB") == set()
    assert await names("role=HUB") == {county.hub.name}
    assert "云岭小学" not in await names("on=2026-08-31")
    assert "云岭小学" in await names("on=2026-09-01")
    file = await exported(keeper, f"{path}/export?role=OBSERVER")
    assert "云岭小学" in file
    assert county.hub.name not in file
    page = await found(keeper, f"{path}?limit=3")
    rest = await found(keeper, f"{path}?limit=3&cursor={page['next_cursor']}")
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert [each["id"] for each in await listed(keeper, f"/api/alliances?school_id={late.id}")] == [
        alliance["id"]
    ]
    assert await listed(keeper, f"/api/alliances?school_id={alliance['id']}") == []
    assert "城东" in await exported(keeper, f"/api/alliances/export?school_id={late.id}")
    for wrong in ("role=OWNER", "on=2026-02-30"):
        assert (await keeper.get(f"{path}?{wrong}")).status_code == 422


async def test_pairings_are_found_by_kind_subject_school_and_words(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    keeper = await open_browser(county.administrator)
    one, two = county.points
    await made(keeper, "/api/pairings", pairing(county.hub, one))
    body = pairing(county.hub, two, name="美术支教", subjects=["fine_art"], kind="SCHOOL_AID")
    await made(keeper, "/api/pairings", body)

    async def names(query: str) -> list[str]:
        return [each["name"] for each in await listed(keeper, f"/api/pairings?{query}")]

    assert await names("") == ["美术支教", "音乐专递"]
    assert await names("kind=SCHOOL_AID") == ["美术支教"]
    assert await names("subject=music") == ["音乐专递"]
    assert await names(f"school_id={two.id}") == ["美术支教"]
    assert await names(f"school_id={county.hub.id}&q=专递") == ["音乐专递"]
    assert await names("state=ACTIVE") == []
    file = await exported(keeper, "/api/pairings/export?subject=music")
    assert ("音乐专递" in file, "美术支教" in file) == (True, False)
    stranger = await open_browser(other_county.administrator)
    assert await listed(stranger, f"/api/pairings?school_id={county.hub.id}") == []
    assert (await keeper.get("/api/pairings?kind=BARTER")).status_code == 422


async def test_lessons_that_reached_a_site_are_found_by_day_and_school_and_exported_whole(
    open_browser: OpenBrowser,
    county: County,
    other_county: County,
    database: Database,
    clock: Clock,
) -> None:
    keeper = await open_browser(county.administrator)
    alliance = await make_alliance(keeper, county)
    body = pairing(county.hub, *county.points, alliance_id=alliance["id"])
    one = await made(keeper, "/api/pairings", body)
    await run(keeper, one, county.hub, *county.points)
    await teach(database, county, list(county.points))
    await teach(database, county, [county.points[0]], days=1)
    clock.advance(days=2)
    keeper = await open_browser(county.administrator)
    first, second = (str(NOON.date() + timedelta(days=n)) for n in range(2))
    for path in (f"/api/pairings/{one['id']}/lessons", f"/api/alliances/{alliance['id']}/lessons"):

        async def days(query: str, path: str = path) -> list[str]:
            return [each["day"] for each in await listed(keeper, f"{path}?{query}")]

        assert await days("") == [second, first, first]
        assert await days(f"from={second}") == [second]
        assert await days(f"to={first}") == [first, first]
        assert await days(f"school_id={county.points[1].id}") == [first]
        assert await days(f"school_id={county.hub.id}&to={first}") == [first, first]
        lines = (await exported(keeper, f"{path}/export?to={first}")).splitlines()
        assert (len(lines), lines[0].split(",")[0]) == (3, "日期")
        assert {county.points[0].name, county.points[1].name} == {
            line.split(",")[4] for line in lines[1:]
        }
        stranger = await open_browser(other_county.administrator)
        assert (await stranger.get(f"{path}/export")).status_code == 404
        assert (await keeper.get(f"{path}?from=yesterday")).status_code == 422


async def test_an_export_of_lessons_goes_on_behind_its_first_part(
    open_browser: OpenBrowser,
    county: County,
    database: Database,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.alliances.taught_routes.ROWS_AT_ONCE", 2)
    keeper = await open_browser(county.administrator)
    one = await made(keeper, "/api/pairings", pairing(county.hub, *county.points))
    await run(keeper, one, county.hub, *county.points)
    for days in range(3):
        await teach(database, county, [county.points[0]], days=days)
    clock.advance(days=3)
    keeper = await open_browser(county.administrator)
    lines = (await exported(keeper, f"/api/pairings/{one['id']}/lessons/export")).splitlines()
    assert len(lines) == 1 + 3
    assert len(set(lines)) == len(lines)


async def test_points_are_found_by_school_and_by_words_of_point_or_region(
    open_browser: OpenBrowser, county: County, database: Database
) -> None:
    async with database.unit_of_work() as db:
        (await db.get_one(School, county.points[0].id)).name = "云岭教学点"
    office = await open_browser(county.administrator)
    path = "/api/admin/points"
    [row] = await listed(office, f"{path}?school_id={county.points[1].id}")
    assert (row["school"], row["region"]) == (county.points[1].name, county.region.name)
    assert [each["school"] for each in await listed(office, f"{path}?q=云岭")] == ["云岭教学点"]
    assert len(await listed(office, f"{path}?q={county.region.name}")) == 2
    assert await listed(office, f"{path}?q={county.region.name} 西岭") == []
    assert county.points[1].name not in await exported(office, f"{path}/export?q=云岭")


async def test_what_teachers_found_is_paged_narrowed_and_exported(
    open_browser: OpenBrowser,
    county: County,
    other_county: County,
    database: Database,
    clock: Clock,
) -> None:
    people: list[tuple[Account, School]] = [(county.teacher, county.hub)]
    async with database.unit_of_work() as db:
        school = await make_school(db, county.region, name="云岭小学")
        people.append((await make_person(db, role=Role.TEACHER, school=school), school))
    for account, _ in people:
        teacher = await open_browser(account)
        assert (await teacher.post("/api/check/result", CHECK)).status_code == 204
        clock.advance(seconds=1)
    office = await open_browser(county.supervisor)
    path = "/api/admin/teacher-checks"
    page = await found(office, f"{path}?limit=1")
    rest = await found(office, f"{path}?limit=1&cursor={page['next_cursor']}")
    assert [each["school"] for each in page["items"] + rest["items"]] == [
        "云岭小学",
        county.hub.name,
    ]
    assert rest["next_cursor"] is None
    assert [each["school"] for each in await listed(office, f"{path}?q=yunling")] == ["云岭小学"]
    of_hub = f"school_id={county.hub.id}"
    assert [each["school"] for each in await listed(office, f"{path}?{of_hub}")] == [
        county.hub.name
    ]
    file = await exported(office, f"{path}/export?{of_hub}")
    assert ("云岭小学" in file, county.hub.name in file, "UDP" in file) == (False, True, True)
    stranger = await open_browser(other_county.administrator)
    assert county.hub.name not in await exported(stranger, f"{path}/export")
    teacher = await open_browser(county.teacher)
    assert (await teacher.get(f"{path}/export")).status_code == 403


async def test_rosters_and_terms_are_exported_as_they_are_found(
    open_browser: OpenBrowser, county: County
) -> None:
    office = await open_browser(county.administrator)
    for name in ("春季名册", "秋季名册"):
        body = {"region_id": str(county.region.id), "name": name, "taken_on": "2026-03-02"}
        await made(office, "/api/rosters", body)
    file = await exported(office, "/api/rosters/export?q=春季")
    assert ("春季名册" in file, "秋季名册" in file) == (True, False)
    spring = {"name": "春季学期", "starts_on": "2026-02-24", "ends_on": "2026-07-10"}
    autumn = {"name": "秋季学期", "starts_on": "2026-09-01", "ends_on": "2027-01-20"}
    for term in (spring, autumn):
        await made(office, "/api/terms", {"region_id": str(county.region.id)} | term)
    names = [each["name"] for each in await listed(office, f"/api/terms?q={county.region.name} 春")]
    assert names == ["春季学期"]
    assert await listed(office, "/api/terms?q=夏季") == []
    file = await exported(office, "/api/terms/export?q=秋季")
    assert ("春季学期" in file, "秋季学期" in file) == (False, True)


@pytest.mark.parametrize("narrowed", ["alliances?q", "needs?subject", "hub-offers?subject"])
async def test_what_no_text_holds_is_refused_and_no_database_asked_for_it(
    keeper: TestBrowser, narrowed: str
) -> None:
    path, name = narrowed.split("?")
    for asked in (f"/api/{path}?{name}=%00", f"/api/{path}/export?{name}=music%00"):
        answer = await keeper.get(asked)
        assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input"), asked
    assert (await keeper.get(f"/api/{path}?{name}=music")).status_code == 200


async def test_points_of_a_roster_and_curricula_are_found_and_exported_as_they_are_found(
    open_browser: OpenBrowser, county: County, database: Database
) -> None:
    office = await open_browser(county.administrator)
    async with database.unit_of_work() as db:
        for number, each in enumerate(county.points):
            point = await db.get_one(School, each.id)
            point.name, point.local_suffix = f"松坪{number}村小", f"7{number}"
    body = {"name": "秋季名册", "region_id": str(county.region.id), "taken_on": "2026-03-01"}
    roster = await made(office, "/api/rosters", body)
    path = f"/api/rosters/{roster['id']}/entries"
    whole = (await found(office, path))["items"]
    assert len(whole) == 2
    for words, names in (
        ("松坪0", {"松坪0村小"}),
        (f"村小 {county.region.name}", {"松坪0村小", "松坪1村小"}),
        (whole[0]["region_code"], {"松坪0村小", "松坪1村小"}),
        (county.hub.name, {"松坪0村小", "松坪1村小"}),
        ("松坪 别处", set()),
        ("%", set()),
    ):
        listed = {each["name"] for each in (await found(office, f"{path}?q={words}"))["items"]}
        assert listed == names, words
        file = await exported(office, f"{path}/export?q={words}")
        assert {each["name"] for each in whole if each["name"] in file} == names, words
    plans = "/api/curriculum-plans"
    nation = (await found(office, f"{plans}?q=2022"))["items"]
    assert nation
    assert nation[0]["name"] in await exported(office, f"{plans}/export?q=2022")
    assert (await exported(office, f"{plans}/export?q=没有")).count("\n") == 1
    refused = await office.get(f"{path}?q=%00")
    assert (refused.status_code, refused.json()["type"]) == (422, "malformed-input")
