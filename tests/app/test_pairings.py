"""Pairings through HTTP: drafts, 双选, what each kind needs, guards."""

import httpx2
import pytest

from app.database import Database
from app.schools.models import School
from app.security import CSRF_HEADER, Role
from tests.app.alliance_steps import JSON, attach, found, made, move, pairing, run
from tests.app.conftest import BASE_URL, Clock, OpenBrowser, TestBrowser
from tests.factories import (
    NOON,
    County,
    make_class,
    make_person,
)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


async def test_a_pairing_is_proposed_agreed_and_runs(
    open_browser: OpenBrowser, county: County, clock: Clock
) -> None:
    keeper = await open_browser(county.administrator)
    one = await made(keeper, "/api/pairings", pairing(county.hub, *county.points))
    assert (one["state"], one["possible"]) == ("DRAFT", ["ARCHIVED", "PROPOSED"])
    assert len(one["acts_for"]) == 3
    assert (await move(keeper, one, "PROPOSED")).status_code == 404
    assert (await move(keeper, one, "PROPOSED", county.points[0])).json()["state"] == "PROPOSED"
    assert (await move(keeper, one, "ACCEPTED", county.points[1])).json()["state"] == "PROPOSED"
    twice = await move(keeper, one, "ACCEPTED", county.points[1])
    assert (twice.json()["type"], twice.json()["missing"]) == ("already-agreed", [county.hub.name])
    assert (await move(keeper, one, "ACCEPTED", county.hub)).json()["state"] == "ACCEPTED"
    wanted = await move(keeper, one, "ACTIVE")
    assert (wanted.status_code, wanted.json()["type"]) == (409, "agreement-missing")
    await attach(keeper, f"/api/pairings/{one['id']}")
    assert (await move(keeper, one, "ACTIVE")).json()["state"] == "ACTIVE"
    clock.advance(days=3)
    keeper = await open_browser(county.administrator)
    assert (await move(keeper, one, "SUSPENDED")).json()["active_days"] == 3
    clock.advance(days=10)
    keeper = await open_browser(county.administrator)
    assert (await move(keeper, one, "ACTIVE")).json()["active_days"] == 4
    clock.advance(days=1)
    keeper = await open_browser(county.administrator)
    ended = (await move(keeper, one, "ENDED")).json()
    assert (ended["active_days"], ended["possible"]) == (4, ["ARCHIVED"])
    refused = await move(keeper, one, "ACTIVE")
    assert (refused.json()["type"], refused.json()["possible"]) == ("wrong-state", ["ARCHIVED"])
    history = await found(keeper, f"/api/pairings/{one['id']}/history")
    assert [step["to_state"] for step in history["items"]] == [
        *("PROPOSED", "ACCEPTED", "ACTIVE", "SUSPENDED", "ACTIVE", "ENDED")
    ]
    assert history["items"][0]["for_school"] == county.points[0].name
    assert history["active"] == [
        {"first": "2026-03-02", "last": "2026-03-04"},
        {"first": "2026-03-15", "last": "2026-03-15"},
    ]


async def test_a_step_taken_again_after_its_opposite_is_not_answered_with_the_first_answer(
    keeper: TestBrowser, county: County
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, *county.points))
    await run(keeper, one, county.hub, *county.points)
    path = f"/api/pairings/{one['id']}"

    async def suspend(key: str, seen: str) -> httpx2.Response:
        token = (await keeper.me())["person"]["csrf_token"]
        headers = {"Origin": BASE_URL, CSRF_HEADER: token, "If-Match": seen, "Idempotency-Key": key}
        return await keeper.post(f"{path}/moves", {"to": "SUSPENDED"}, headers=headers)

    first = (await keeper.get(path)).headers["ETag"]
    suspended = await suspend("k", first)
    assert suspended.json()["state"] == "SUSPENDED", suspended.text
    assert (await suspend("k", first)).json() == suspended.json()
    resumed = await move(keeper, one, "ACTIVE")
    assert resumed.json()["state"] == "ACTIVE"
    later = (await keeper.get(path)).headers["ETag"]
    reused = await suspend("k", later)
    assert (reused.status_code, reused.json()["type"]) == (422, "idempotency-key-reused")
    assert (await suspend("l", later)).json()["state"] == "SUSPENDED"
    assert (await found(keeper, path))["state"] == "SUSPENDED"


async def test_a_closed_school_is_named_and_the_draft_can_be_changed(
    keeper: TestBrowser, county: County, database: Database
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, *county.points))
    async with database.unit_of_work() as db:
        closed = await db.get_one(School, county.points[0].id)
        closed.closed_on = NOON.date()
    refused = await move(keeper, one, "PROPOSED", county.hub)
    assert (refused.json()["type"], refused.json()["schools"]) == (
        "school-not-open",
        [county.points[0].name],
    )
    path = f"/api/pairings/{one['id']}"
    changed = await keeper.send("PUT", path, etag='"1"', json=pairing(county.hub, county.points[1]))
    assert changed.status_code == 200, changed.text
    assert [each["school"]["name"] for each in changed.json()["partners"]] == [
        county.points[1].name
    ]
    assert changed.headers["ETag"] != '"1"'
    assert (await move(keeper, one, "PROPOSED", county.hub)).status_code == 200
    frozen = await keeper.send(
        "PUT", path, etag=(await keeper.get(path)).headers["ETag"], json=pairing(*county.points)
    )
    assert (frozen.status_code, frozen.json()["type"]) == (409, "wrong-state")


@pytest.mark.parametrize(
    ("other", "status", "says"),
    [
        ({"subjects": ["juggling"]}, 422, "juggling"),
        ({"partners": []}, 422, "at least 1"),
        ({"ends_on": "2026-03-01"}, 422, "before the first"),
        ({"periods_a_week": 0}, 422, "greater than"),
        ({"kind": "FRIENDSHIP"}, 422, "DELIVERY"),
    ],
)
async def test_a_pairing_that_makes_no_sense_is_refused(
    keeper: TestBrowser, county: County, other: JSON, status: int, says: str
) -> None:
    answer = await keeper.post("/api/pairings", pairing(county.hub, county.points[0], **other))
    assert answer.status_code == status
    assert says in answer.text


async def test_a_school_is_in_a_pairing_once(keeper: TestBrowser, county: County) -> None:
    answer = await keeper.post("/api/pairings", pairing(county.hub, county.hub))
    assert answer.status_code == 422


async def test_mentor_and_mentee_are_named_and_belong_to_their_schools(
    keeper: TestBrowser, county: County, database: Database
) -> None:
    async with database.unit_of_work() as db:
        mentee = await make_person(db, school=county.points[0], name="孙老师")
    hub = {"school_id": str(county.hub.id), "person_id": str(county.teacher.person_id)}
    partner = {"school_id": str(county.points[0].id)}
    body = pairing(county.hub) | {"kind": "TEACHER_MENTOR", "hub": hub, "partners": [partner]}
    one = await made(keeper, "/api/pairings", body)
    refused = await move(keeper, one, "PROPOSED", county.hub)
    assert (refused.json()["type"], county.points[0].name in refused.json()["detail"]) == (
        "pairing-incomplete",
        True,
    )
    stranger = partner | {"person_id": str(county.teacher.person_id)}
    path = f"/api/pairings/{one['id']}"
    wrong = await keeper.send("PUT", path, etag='"1"', json=body | {"partners": [stranger]})
    assert wrong.status_code == 404
    named = partner | {"person_id": str(mentee.person_id)}
    right = await keeper.send("PUT", path, etag='"1"', json=body | {"partners": [named]})
    assert right.json()["partners"][0]["person"]["name"] == "孙老师"
    assert (await move(keeper, one, "PROPOSED", county.hub)).status_code == 200


async def test_a_school_of_another_county_names_its_own_people_and_classes(
    *,
    keeper: TestBrowser,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    other_county: County,
) -> None:
    async with database.unit_of_work() as db:
        mentee = await make_person(db, school=other_county.hub, name="孙老师")
        colleague = await make_person(db, school=county.hub, name="周老师")
        pupils = await make_class(db, other_county.hub.id, name="四年级二班")
    theirs = await open_browser(other_county.administrator)
    hub = {"school_id": str(county.hub.id), "person_id": str(county.teacher.person_id)}
    far = {"school_id": str(other_county.hub.id)}
    named = far | {"person_id": str(mentee.person_id), "class_id": str(pupils.id)}
    body = pairing(county.hub) | {"kind": "TEACHER_MENTOR", "hub": hub, "partners": [far]}
    for named_here in ("person_id", "class_id"):
        partner = far | {named_here: named[named_here]}
        answer = await keeper.post("/api/pairings", body | {"partners": [partner]})
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
        assert "孙老师" not in answer.text
    one = await made(keeper, "/api/pairings", body)
    path = f"/api/pairings/{one['id']}"
    # Each side names its own, and leaves what the other has named.
    answer = await theirs.send("PUT", path, etag='"1"', json=body | {"partners": [named]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["partners"][0]["person"]["name"] == "孙老师"
    etag = answer.headers["ETag"]
    more = body | {"partners": [named], "periods_a_week": 3}
    answer = await keeper.send("PUT", path, etag=etag, json=more)
    assert (answer.status_code, answer.json()["periods_a_week"]) == (200, 3)
    other = hub | {"person_id": str(colleague.person_id)}
    answer = await theirs.send("PUT", path, etag=answer.headers["ETag"], json=more | {"hub": other})
    assert (answer.status_code, "周老师" in answer.text) == (404, False)


async def test_one_plus_n_names_the_classes(keeper: TestBrowser, county: County) -> None:
    body = pairing(county.hub, county.points[0], kind="INTERACTIVE_1N")
    one = await made(keeper, "/api/pairings", body)
    refused = await move(keeper, one, "PROPOSED", county.hub)
    assert "class" in refused.json()["detail"]


async def test_a_pairing_made_twice_with_one_key_is_one(
    keeper: TestBrowser, county: County
) -> None:
    body = pairing(county.hub, county.points[0])
    headers = {"Idempotency-Key": "pair-1"}
    who = (await keeper.me())["person"]["csrf_token"]
    headers |= {"Origin": "http://classrooms.test", "X-CSRF-Token": who}
    first = await keeper.post("/api/pairings", body, headers=headers)
    second = await keeper.post("/api/pairings", body, headers=headers)
    assert (first.status_code, first.json()["id"]) == (201, second.json()["id"])
    assert len((await found(keeper, "/api/pairings"))["items"]) == 1


@pytest.mark.parametrize(
    ("starts_on", "subjects", "says"),
    [("2026-03-02", [], "at least one subject"), ("2026-03-03", ["music"], "begins on 2026-03-03")],
)
async def test_a_pairing_without_a_subject_or_before_its_day_does_not_go_on(
    keeper: TestBrowser, county: County, starts_on: str, subjects: list[str], says: str
) -> None:
    point = county.points[0]
    body = pairing(county.hub, point, starts_on=starts_on, subjects=subjects)
    one = await made(keeper, "/api/pairings", body)
    await attach(keeper, f"/api/pairings/{one['id']}")
    for to, school in (("PROPOSED", county.hub), ("ACCEPTED", point), ("ACTIVE", None)):
        answer = await move(keeper, one, to, school)
        if answer.status_code != 200:
            break
    assert (answer.status_code, answer.json()["type"]) == (409, "pairing-incomplete")
    assert says in answer.json()["detail"]


async def test_a_class_of_another_school_is_not_found(keeper: TestBrowser, county: County) -> None:
    theirs = await made(
        keeper,
        "/api/school-classes",
        {
            "school_id": str(county.hub.id),
            "name": "三年级一班",
            "stage": "2",
            "grade_no": 3,
            "entry_year": 2023,
            "pupil_count": 31,
        },
    )
    point = {"school_id": str(county.points[0].id), "class_id": theirs["id"]}
    body = pairing(county.hub, kind="INTERACTIVE_1N") | {"partners": [point]}
    assert (await keeper.post("/api/pairings", body)).status_code == 404


async def test_who_keeps_no_school_of_it_drafts_no_pairing(
    open_browser: OpenBrowser, database: Database, county: County, other_county: County
) -> None:
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=county.points[1])
    keeper = await open_browser(account)
    answer = await keeper.post("/api/pairings", pairing(county.hub, county.points[0]))
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "Name a school you administer among the pairing's schools.",
    )
    # One's own school is among them; the alliance is one nobody of one's schools is in.
    stranger = await open_browser(other_county.administrator)
    alliance = await made(
        stranger,
        "/api/alliances",
        {"region_id": str(other_county.region.id), "name": "别县", "starts_on": "2026-02-24"},
    )
    body = pairing(county.hub, county.points[1], alliance_id=alliance["id"])
    assert (await keeper.post("/api/pairings", body)).status_code == 404


async def test_a_school_agrees_to_what_it_read_and_to_nothing_else(
    open_browser: OpenBrowser, county: County
) -> None:
    keeper = await open_browser(county.administrator)
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    path = f"/api/pairings/{one['id']}"
    assert (await move(keeper, one, "PROPOSED", county.hub)).status_code == 200
    read = await found(keeper, path)
    # Meanwhile it is declined, changed, and proposed again.
    assert (await move(keeper, one, "DRAFT", county.points[0])).status_code == 200
    draft = await keeper.get(path)
    body = pairing(county.hub, county.points[0]) | {"periods_a_week": 9}
    changed = await keeper.send("PUT", path, etag=draft.headers["ETag"], json=body)
    assert changed.status_code == 200, changed.text
    assert (await move(keeper, one, "PROPOSED", county.hub)).status_code == 200
    step = {"to": "ACCEPTED", "school_id": str(county.points[0].id)}
    stale = await keeper.act(f"{path}/moves", step, etag=f'"{read["version"]}"')
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"]["periods_a_week"] == 9
    assert (await keeper.post(f"{path}/moves", step)).status_code == 428
    assert (await found(keeper, path))["state"] == "PROPOSED"
    assert (await move(keeper, one, "ACCEPTED", county.points[0])).json()["state"] == "ACCEPTED"
