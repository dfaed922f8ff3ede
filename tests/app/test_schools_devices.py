"""Classrooms' devices: enrolled by a code, coming back by themselves, revoked; and whose."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import Account
from app.database import Database
from app.schools import queries, service
from app.schools.errors import BadRegionCode
from app.schools.events import DeviceRevoked
from app.schools.models import Device, DeviceState, EnrolmentCode
from app.schools.service import CODE_ALPHABET, tidy_code
from app.security import CSRF_HEADER, DEVICE_COOKIE, Role, Scope, hash_token
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.factories import County, make_classroom, make_region, make_school


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: a device is bound by a statement."""
    return either_url


async def issue(browser: TestBrowser, county: County, which: int = 0) -> str:
    answer = await browser.post(
        f"/api/admin/classrooms/{county.classrooms[which].id}/enrolment-codes"
    )
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


async def test_code_makes_a_browser_the_classrooms_device(
    open_browser: OpenBrowser, county: County
) -> None:
    code = await issue(await open_browser(county.administrator), county)
    browser = await open_browser()
    answer = await browser.post("/api/devices/enrol", {"code": code})
    assert answer.status_code == 200
    device = answer.json()["device"]
    assert device["classroom"]["id"] == str(county.classrooms[0].id)
    assert device["school"]["name"] == county.points[0].name
    assert (await browser.me())["device"] == device
    today = await browser.get("/api/classroom/today")
    assert today.json()["classroom"]["name"] == county.classrooms[0].name


async def test_what_a_device_is_was_said_with_its_code(
    open_browser: OpenBrowser, county: County
) -> None:
    office = await open_browser(county.administrator)
    path = f"/api/admin/classrooms/{county.classrooms[0].id}/enrolment-codes"
    code = (await office.post(f"{path}?kind=RECORDER")).json()["code"]
    browser = await open_browser()
    assert (await browser.post("/api/devices/enrol", {"code": code})).status_code == 200
    room = (await office.get(f"/api/classrooms/{county.classrooms[0].id}")).json()
    kinds = {each["id"]: each["kind"] for each in room["devices"]}
    enrolled = (await browser.me())["device"]["id"]
    assert kinds.pop(enrolled) == "RECORDER"
    assert set(kinds.values()) == {"BROWSER"}
    assert (await office.post(f"{path}?kind=TOASTER")).status_code == 422


async def test_device_cookie_lasts_and_is_hidden_and_only_its_hash_is_kept(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    code = await issue(await open_browser(county.administrator), county)
    browser = await open_browser()
    answer = await browser.post("/api/devices/enrol", {"code": code})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Max-Age=34560000" in cookie
    credential = browser.client.cookies[DEVICE_COOKIE]
    async with database.unit_of_work() as db:
        hashes = (await db.scalars(select(Device.credential_hash))).all()
        codes = (await db.scalars(select(EnrolmentCode.code_hash))).all()
    assert hash_token(credential) in hashes
    assert credential not in hashes
    assert code not in codes


async def test_code_is_eight_plain_characters_and_may_be_typed_carelessly(
    open_browser: OpenBrowser, county: County
) -> None:
    code = await issue(await open_browser(county.administrator), county)
    assert len(code) == 8
    assert set(code) <= set(CODE_ALPHABET)
    assert not set(CODE_ALPHABET) & set("01OIL")
    typed = f" {code[:4].lower()}-{code[4:]} "
    assert tidy_code(typed) == code
    answer = await (await open_browser()).post("/api/devices/enrol", {"code": typed})
    assert answer.status_code == 200


async def test_code_works_once_even_when_used_at_the_same_moment(
    open_browser: OpenBrowser, county: County
) -> None:
    code = await issue(await open_browser(county.administrator), county)
    browsers = [await open_browser() for _ in range(4)]
    answers = await asyncio.gather(
        *(b.post("/api/devices/enrol", {"code": code}) for b in browsers)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]
    assert {a.json()["type"] for a in answers if a.is_error} == {"code-used-or-expired"}


async def test_code_expires(open_browser: OpenBrowser, county: County, clock: Clock) -> None:
    code = await issue(await open_browser(county.administrator), county)
    clock.advance(minutes=60, seconds=1)
    assert (
        await (await open_browser()).post("/api/devices/enrol", {"code": code})
    ).status_code == 410


async def test_codes_cannot_be_tried_out(open_browser: OpenBrowser, county: County) -> None:
    browser = await open_browser()
    answers = [
        await browser.post("/api/devices/enrol", {"code": f"GUESS{n:03d}"}) for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [410] * 10 + [429]
    refused = answers[-1]
    assert refused.json()["type"] == "too-many-requests"
    assert refused.headers["Retry-After"] == "60"


async def test_enrolment_from_a_foreign_page_is_refused(
    open_browser: OpenBrowser, county: County
) -> None:
    code = await issue(await open_browser(county.administrator), county)
    answer = await (await open_browser()).post(
        "/api/devices/enrol", {"code": code}, headers={"Origin": "http://evil.test"}
    )
    assert answer.status_code == 403


async def test_same_classrooms_second_code_keeps_the_device(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    administrator = await open_browser(county.administrator)
    browser = await open_browser()
    first = await browser.post("/api/devices/enrol", {"code": await issue(administrator, county)})
    second = await browser.post("/api/devices/enrol", {"code": await issue(administrator, county)})
    assert second.json()["device"] == first.json()["device"]


async def test_another_classrooms_code_moves_the_browser_there(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    administrator = await open_browser(county.administrator)
    browser = await open_browser()
    first = await browser.post("/api/devices/enrol", {"code": await issue(administrator, county)})
    second = await browser.post(
        "/api/devices/enrol", {"code": await issue(administrator, county, 1)}
    )
    assert second.json()["device"]["classroom"]["id"] == str(county.classrooms[1].id)
    listed = (await administrator.get("/api/classrooms")).json()["items"]
    states = {d["id"]: d["state"] for item in listed for d in item["devices"]}
    assert states[first.json()["device"]["id"]] == "REVOKED"


async def test_coming_back_by_itself_makes_a_device_trusted(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    browser = await open_browser(device=county.credentials[0])
    assert (await browser.get("/api/classroom/today")).status_code == 200
    async with database.unit_of_work() as db:
        device = await db.get_one(Device, county.devices[0].id)
    assert device.state is DeviceState.TRUSTED


async def test_heartbeat_is_written_every_five_seconds_at_most(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    browser = await open_browser(device=county.credentials[0])
    seen = []
    for _ in range(4):
        await browser.get("/api/classroom/today")
        async with database.unit_of_work() as db:
            device = await db.get_one(Device, county.devices[0].id)
        seen.append(device.last_seen_at)
        clock.advance(seconds=3)
    assert [moment is not None for moment in seen] == [True] * 4
    assert seen[0] == seen[1]
    assert seen[2] != seen[1]


async def test_forgotten_device_is_a_device_no_more(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(device=county.credentials[0])
    answer = await browser.post("/api/devices/me/forget", acting_as="device")
    assert answer.status_code == 204
    thief = await open_browser(device=county.credentials[0])
    assert (await thief.me())["device"] is None
    assert (await thief.get("/api/classroom/today")).status_code == 401


async def test_device_needs_its_own_token_to_change_anything(
    open_browser: OpenBrowser, county: County
) -> None:
    browser = await open_browser(county.teacher, device=county.credentials[0])
    persons = (await browser.me())["person"]["csrf_token"]
    for headers in ({"Origin": BASE_URL}, {"Origin": BASE_URL, CSRF_HEADER: persons}):
        answer = await browser.post("/api/devices/me/forget", headers=headers)
        assert answer.status_code == 403
    assert (await browser.me())["device"] is not None


async def test_revoked_device_is_out_and_the_slices_above_are_told(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    told: list[DeviceRevoked] = []

    async def hear(event: DeviceRevoked) -> None:
        told.append(event)

    database.events.on(DeviceRevoked, hear)
    administrator = await open_browser(county.administrator)
    for _ in range(2):  # pressing twice is the same as once
        answer = await administrator.post(f"/api/admin/devices/{county.devices[0].id}/revoke")
        assert answer.status_code == 200
        assert answer.json()["state"] == "REVOKED"
    assert told == [DeviceRevoked(county.devices[0].id)]
    browser = await open_browser(device=county.credentials[0])
    assert (await browser.me())["device"] is None


async def test_administrator_sees_her_classrooms_and_nobody_elses(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    browser = await open_browser(county.administrator)
    items = (await browser.get("/api/classrooms")).json()["items"]
    assert {item["id"] for item in items} == {str(c.id) for c in county.classrooms}
    assert {item["school"] for item in items} == {point.name for point in county.points}
    assert {item["region"] for item in items} == {county.region.name}
    assert {item["category"] for item in items} == {"218"}


async def test_administrator_of_another_county_touches_nothing_here(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    browser = await open_browser(other_county.administrator)
    for path in (
        f"/api/admin/classrooms/{county.classrooms[0].id}/enrolment-codes",
        f"/api/admin/devices/{county.devices[0].id}/revoke",
        f"/api/admin/classrooms/{uuid4()}/enrolment-codes",
        f"/api/admin/devices/{uuid4()}/revoke",
    ):
        answer = await browser.post(path)
        assert answer.status_code == 404, path
        assert answer.json()["type"] == "not-found"


@pytest.mark.parametrize("who", ["teacher", "supervisor"])
async def test_only_an_administrator_hands_out_codes_and_revokes(
    open_browser: OpenBrowser, county: County, who: str
) -> None:
    account: Account = getattr(county, who)
    browser = await open_browser(account)
    codes = f"/api/admin/classrooms/{county.classrooms[0].id}/enrolment-codes"
    assert (await browser.post(codes)).status_code == 403
    revoke = f"/api/admin/devices/{county.devices[0].id}/revoke"
    assert (await browser.post(revoke)).status_code == 403


async def test_supervisor_of_one_county_is_no_administrator_of_it(
    open_browser: OpenBrowser, database: Database, county: County, other_county: County
) -> None:
    """Roles hold where they were given: administering one county is nothing in another."""
    async with database.unit_of_work() as db:
        await accounts.grant(
            db,
            person_id=county.supervisor.person_id,
            role=Role.ADMINISTRATOR,
            region_id=other_county.region.id,
        )
    browser = await open_browser(county.supervisor)
    here = f"/api/admin/classrooms/{county.classrooms[0].id}/enrolment-codes"
    there = f"/api/admin/classrooms/{other_county.classrooms[0].id}/enrolment-codes"
    assert (await browser.post(here)).status_code == 404
    assert (await browser.post(there)).status_code == 201


async def test_regions_nest_and_a_school_covers_its_teaching_points(database: Database) -> None:
    async with database.unit_of_work() as db:
        province = await make_region(db)
        city = await make_region(db, parent=province)
        towns = [await make_region(db, parent=city) for _ in range(2)]
        hubs = [await make_school(db, town) for town in towns]
        point = await make_school(db, towns[0], parent=hubs[0])
        elsewhere = await make_school(db, await make_region(db))
        everything = {hubs[0].id, hubs[1].id, point.id}
        cases = {
            Scope(region_ids=frozenset({province.id})): everything,
            Scope(region_ids=frozenset({city.id})): everything,
            Scope(region_ids=frozenset({towns[1].id})): {hubs[1].id},
            Scope(school_ids=frozenset({hubs[0].id})): {hubs[0].id, point.id},
            Scope(school_ids=frozenset({point.id})): {point.id},
            Scope(frozenset({towns[1].id}), frozenset({elsewhere.id})): {
                hubs[1].id,
                elsewhere.id,
            },
            Scope(): set(),
        }
        for scope, expected in cases.items():
            assert set(await db.scalars(queries.schools_within(scope))) == expected
            assert bool(scope) is (scope != Scope())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("511902", "511902"),
        (" 511902000000 ", "511902"),
        ("511902001000", "511902001000"),
        ("511902001203", "511902001203"),
    ],
)
async def test_region_has_one_code_however_it_is_written(
    database: Database, written: str, kept: str
) -> None:
    async with database.unit_of_work() as db:
        region = await service.create_region(db, code=written, name="某地")
        assert (region.code, region.path) == (kept, f"/{kept}/")


@pytest.mark.parametrize("code", ["", "5119", "51190a", "５１１９０２", "5119020010001"])
async def test_what_is_no_code_of_a_region_is_refused(database: Database, code: str) -> None:
    async with database.unit_of_work() as db:
        with pytest.raises(BadRegionCode):
            await service.create_region(db, code=code, name="某地")


async def test_classroom_is_made_once(database: Database) -> None:
    async with database.unit_of_work() as db:
        school = await make_school(db, await make_region(db))
        one = await make_classroom(db, school, name="一教室")
        assert (await service.ensure_classroom(db, school=school, name="一教室")).id == one.id
