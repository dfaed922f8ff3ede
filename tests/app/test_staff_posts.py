"""Staff posts by hand: somebody begins, is said something else of, leaves; never by two at once."""

from typing import Any
from uuid import UUID

import pytest

from app.accounts.models import Account, Person
from app.codes import service as codes
from app.codes.models import CodeKind
from app.database import Database
from app.schools.models import School
from app.security import Role
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.factories import County, make_county, make_person

PATH = "/api/staff-posts"


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: lists and searches are statements."""
    return either_url


@pytest.fixture
async def office(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


@pytest.fixture
async def subjects(database: Database) -> dict[str, str]:
    async with database.unit_of_work() as db:
        known = await codes.catalogue(db)
    return {
        word: str(known.stored(CodeKind.SUBJECT, word).id)
        for word in ("music", "fine_art", "english")
    }


def facts(school: School, **changes: Any) -> dict[str, Any]:
    return {
        "school_id": str(school.id),
        "name": "张老师",
        "staff_no": "0101",
        "kind": "TEACHER",
    } | changes


async def added(office: TestBrowser, school: School, **changes: Any) -> dict[str, Any]:
    answer = await office.post(PATH, facts(school, **changes))
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == etag(answer.json())
    post: dict[str, Any] = answer.json()
    return post


def etag(post: dict[str, Any]) -> str:
    return f'"{post["version"]}"'


async def test_somebody_begins_changes_and_leaves(
    office: TestBrowser, county: County, subjects: dict[str, str]
) -> None:
    post = await added(office, county.hub, subjects=[subjects["music"]], from_on="2024-09-01")
    assert (post["person"]["name"], post["school"]["name"]) == ("张老师", county.hub.name)
    path = f"{PATH}/{post['id']}"
    change = {"name": "章老师", "kind": "PRINCIPAL", "staff_no": "0001"}
    changed = (await office.patch(path, change, etag=etag(post))).json()
    assert (changed["person"]["name"], changed["kind"], changed["staff_no"]) == (
        "章老师",
        "PRINCIPAL",
        "0001",
    )
    assert (changed["subjects"], changed["from_on"]) == ([subjects["music"]], "2024-09-01")
    ended = (await office.patch(path, {"until_on": "2026-03-01"}, etag=etag(changed))).json()
    assert ended["until_on"] == "2026-03-01"
    again = (await office.patch(path, {"until_on": None}, etag=etag(ended))).json()
    assert again["until_on"] is None
    read = await office.get(path)
    assert (read.json(), read.headers["ETag"]) == (again, etag(again))


async def test_other_subjects_are_a_version_of_their_own(
    office: TestBrowser, county: County, subjects: dict[str, str]
) -> None:
    post = await added(office, county.hub, subjects=[subjects["music"]])
    path = f"{PATH}/{post['id']}"
    wanted = sorted([subjects["music"], subjects["english"]])
    changed = await office.patch(path, {"subjects": wanted}, etag=etag(post))
    assert sorted(changed.json()["subjects"]) == wanted
    late = await office.patch(path, {"subjects": [subjects["fine_art"]]}, etag=etag(post))
    assert (late.status_code, late.json()["type"]) == (412, "changed-meanwhile")
    assert sorted(late.json()["current"]["subjects"]) == wanted
    blind = await office.patch(path, {"subjects": []})
    assert (blind.status_code, blind.json()["type"]) == (428, "precondition-required")


async def test_a_name_that_alone_changes_is_a_version_too(
    office: TestBrowser, county: County
) -> None:
    post = await added(office, county.hub)
    path = f"{PATH}/{post['id']}"
    changed = await office.patch(path, {"name": "章老师"}, etag=etag(post))
    assert changed.json()["version"] == post["version"] + 1
    late = await office.patch(path, {"name": "长老师"}, etag=etag(post))
    assert late.status_code == 412


async def test_the_same_request_adds_nobody_twice(office: TestBrowser, county: County) -> None:
    token = (await office.me())["person"]["csrf_token"]
    headers = {"X-CSRF-Token": token, "Idempotency-Key": "one"}
    first, second = [await office.post(PATH, facts(county.hub), headers=headers) for _ in range(2)]
    assert first.status_code == 201
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    listed = (await office.get(f"{PATH}?school_id={county.hub.id}")).json()["items"]
    assert [each["id"] for each in listed] == [first.json()["id"]]


async def test_a_staff_number_is_somebody_elses(office: TestBrowser, county: County) -> None:
    await added(office, county.hub)
    twice = await office.post(PATH, facts(county.hub, name="李老师"))
    assert (twice.status_code, twice.json()["type"]) == (409, "name-taken")
    other = await added(office, county.hub, staff_no="0102")
    taken = await office.patch(f"{PATH}/{other['id']}", {"staff_no": "0101"}, etag=etag(other))
    assert (taken.status_code, taken.json()["type"]) == (409, "name-taken")
    assert (await added(office, county.points[0]))["staff_no"] == "0101"


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"until_on": "2024-08-31"}, 422, "wrong-day"),
        ({"subjects": ["0193a000-0000-7000-8000-000000000000"]}, 422, "code-unknown"),
        ({"kind": "DRIVER"}, 422, "malformed-input"),
        ({"staff_no": " "}, 422, "malformed-input"),
        ({"name": "张" * 81}, 422, "malformed-input"),
    ],
)
async def test_what_cannot_be_is_refused_when_added_and_when_changed(
    office: TestBrowser, county: County, change: dict[str, Any], status: int, kind: str
) -> None:
    whole = facts(county.hub, from_on="2024-09-01")
    refused = await office.post(PATH, whole | change)
    assert (refused.status_code, refused.json()["type"]) == (status, kind)
    post = await added(office, county.hub, from_on="2024-09-01")
    unchanged = await office.patch(f"{PATH}/{post['id']}", change, etag=etag(post))
    assert (unchanged.status_code, unchanged.json()["type"]) == (status, kind)
    assert (await office.get(f"{PATH}/{post['id']}")).json() == post


async def test_a_code_that_is_no_subject_is_refused(
    office: TestBrowser, county: County, database: Database
) -> None:
    async with database.unit_of_work() as db:
        stage = (await codes.catalogue(db)).of_kind(CodeKind.STAGE)[0]
    refused = await office.post(PATH, facts(county.hub, subjects=[str(stage.id)]))
    assert (refused.status_code, refused.json()["type"]) == (422, "code-unknown")


async def test_nobody_begins_at_a_closed_school(
    office: TestBrowser, county: County, database: Database
) -> None:
    point = (await office.get(f"/api/schools/{county.points[0].id}")).json()
    closed = await office.act(
        f"/api/schools/{point['id']}/close", {"on": "2026-03-01"}, etag=etag(point)
    )
    assert closed.status_code == 200, closed.text
    refused = await office.post(PATH, facts(county.points[0]))
    assert (refused.status_code, refused.json()["type"]) == (409, "wrong-state")


async def test_a_person_of_another_school_is_not_renamed(
    office: TestBrowser, county: County, database: Database
) -> None:
    post = await added(office, county.hub)
    async with database.unit_of_work() as db:
        person = await db.get_one(Person, UUID(post["person"]["id"]))
        person.school_id = county.points[0].id
    path = f"{PATH}/{post['id']}"
    refused = await office.patch(path, {"name": "章老师"}, etag=etag(post))
    assert (refused.status_code, refused.json()["type"]) == (409, "wrong-state")
    kept = await office.patch(path, {"name": "张老师", "kind": "OTHER"}, etag=etag(post))
    assert kept.json()["kind"] == "OTHER"


async def test_only_administrators_edit_and_only_their_own(
    office: TestBrowser, open_browser: OpenBrowser, county: County, database: Database
) -> None:
    post = await added(office, county.hub)
    path = f"{PATH}/{post['id']}"
    async with database.unit_of_work() as db:
        elsewhere = await make_county(db)
        supervisor = await make_person(db, role=Role.SUPERVISOR, region=county.region)
    theirs: dict[Account, int] = {elsewhere.administrator: 404, supervisor: 403}
    for account, status in theirs.items():
        browser = await open_browser(account)
        change = await browser.patch(path, {"kind": "OTHER"}, etag=etag(post))
        assert change.status_code == status
        new = await browser.post(PATH, facts(county.hub, staff_no="0102"))
        assert new.status_code == status
    assert (await (await open_browser(supervisor)).get(path)).status_code == 200
    assert (await (await open_browser(elsewhere.administrator)).get(path)).status_code == 404
