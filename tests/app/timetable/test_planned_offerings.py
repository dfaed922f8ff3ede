"""Course offerings through the API: opened, changed, published, ended."""

from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.service import grant
from app.database import Database
from app.lessons.models import LessonSite, OfferingSite
from app.security import Role
from tests.app.alliance_steps import attach, found, made, move, pairing, run
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.timetable_steps import (
    HOUR,
    JSON,
    Timetabled,
    act,
    at,
    make_term,
    offering_of,
    plan_one,
    tag,
)
from tests.factories import NOON, County, make_county, make_person


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: lists, sites and pairings are found by statements."""
    return either_url


async def test_an_offering_is_opened_listed_and_changed(
    keeper: TestBrowser, school: Timetabled, opened: JSON
) -> None:
    assert (opened["state"], opened["subject"], opened["is_own"]) == ("DRAFT", "music", True)
    assert len(opened["sites"]) == 2
    listed = await found(keeper, f"/api/course-offerings?subject=music&term_id={school.term_id}")
    assert [row["id"] for row in listed["items"]] == [opened["id"]]
    path = f"/api/course-offerings/{opened['id']}"
    one_site = offering_of(school)["sites"][:1]
    answer = await keeper.send(
        "PUT", path, etag=tag(opened), json=offering_of(school, name="音乐", sites=one_site)
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], len(answer.json()["sites"])) == ("音乐", 1)
    stale = await keeper.send("PUT", path, etag=tag(opened), json=offering_of(school))
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "音乐")


async def test_a_change_of_sites_alone_makes_the_version_seen_before_stale(
    keeper: TestBrowser, school: Timetabled, opened: JSON
) -> None:
    path = f"/api/course-offerings/{opened['id']}"
    fewer = offering_of(school, sites=[])
    assert (await keeper.send("PUT", path, etag=tag(opened), json=fewer)).status_code == 200
    again = await keeper.send("PUT", path, etag=tag(opened), json=offering_of(school))
    assert again.status_code == 412


async def test_lists_come_as_files(keeper: TestBrowser, opened: JSON, lesson: JSON) -> None:
    assert "三年级音乐" in (await keeper.get("/api/course-offerings/export")).text
    text = (await keeper.get("/api/lessons/export?format=csv")).text
    assert "三年级音乐" in text
    assert "已发布" in text


@pytest.mark.parametrize(
    ("wrong", "status", "kind"),
    [
        ({"subject": "alchemy"}, 422, "code-unknown"),
        ({"language": "xx"}, 422, "code-unknown"),
        ({"grade_no": 13}, 422, "code-unknown"),
        ({"grade_no": 100}, 422, "malformed-input"),
        ({"minutes": 5}, 422, "malformed-input"),
        ({"lecturer_id": "stranger"}, 404, "not-found"),
        ({"hub_classroom_id": "elsewhere"}, 404, "not-found"),
        ({"hub_class_id": "elsewhere"}, 404, "not-found"),
        ({"sites": "elsewhere"}, 404, "not-found"),
        ({"sites": "twice"}, 422, "malformed-input"),
        ({"sites": "not paired"}, 409, "site-unfit"),
        ({"sites": "no helper"}, 404, "not-found"),
        ({"term_id": "elsewhere"}, 404, "not-found"),
        ({"term_id": "another county's"}, 409, "term-foreign"),
    ],
)
async def test_what_does_not_fit_is_refused(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    other_county: County,
    database: Database,
    wrong: JSON,
    status: int,
    kind: str,
) -> None:
    async with database.unit_of_work() as db:
        term = await make_term(db, other_county)
        beside = await make_county(db)
        sibling = await make_term(db, beside)
        await grant(
            db,
            person_id=school.county.administrator.person_id,
            role=Role.ADMINISTRATOR,
            region_id=beside.region.id,
        )
    own = str(school.county.classrooms[0].id)
    real: dict[tuple[str, Any], Any] = {
        ("lecturer_id", "stranger"): str(other_county.teacher.person_id),
        ("hub_classroom_id", "elsewhere"): own,
        ("hub_class_id", "elsewhere"): own,
        ("term_id", "elsewhere"): str(term.id),
        ("term_id", "another county's"): str(sibling.id),
        ("sites", "elsewhere"): [{"classroom_id": str(other_county.classrooms[0].id)}],
        ("sites", "twice"): [{"classroom_id": own}, {"classroom_id": own}],
        ("sites", "not paired"): [{"classroom_id": own, "pairing_id": own}],
        ("sites", "no helper"): [
            {"classroom_id": own, "assistant_id": str(school.county.teacher.person_id)}
        ],
    }
    body = {name: real.get((name, value), value) for name, value in wrong.items()}
    answer = await keeper.post("/api/course-offerings", offering_of(school, **body))
    assert (answer.status_code, answer.json()["type"]) == (status, kind), answer.text


async def test_a_running_pairing_lets_the_hub_invite_a_school_of_another_county(
    *, keeper: TestBrowser, school: Timetabled, other_county: County, open_browser: OpenBrowser
) -> None:
    far = other_county.points[0]
    theirs = await open_browser(other_county.administrator)
    body = pairing(school.county.hub, far)
    one = await made(keeper, "/api/pairings", body)
    await attach(keeper, f"/api/pairings/{one['id']}")
    for who, to, of in ((keeper, "PROPOSED", school.county.hub), (theirs, "ACCEPTED", far)):
        answer = await move(who, one, to, of)
        assert answer.status_code == 200, answer.text
    site = {"classroom_id": str(other_county.classrooms[0].id), "pairing_id": one["id"]}
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=[site]))
    assert opened["sites"][0]["school"]["name"] == far.name
    seen = await found(theirs, f"/api/course-offerings/{opened['id']}")
    assert seen["is_own"] is False
    answer = await theirs.send(
        "PUT", f"/api/course-offerings/{opened['id']}", etag=tag(opened), json=offering_of(school)
    )
    assert answer.status_code == 404


async def test_drafts_are_published_together_and_an_offering_ends_when_none_lies_ahead(
    keeper: TestBrowser, opened: JSON
) -> None:
    for day in (1, 2):
        body = at(NOON + day * 24 * HOUR, offering_id=opened["id"], is_published=False)
        assert (await made(keeper, "/api/lessons", body))["state"] == "PLANNED"
    path = f"/api/course-offerings/{opened['id']}"
    assert (await found(keeper, path))["drafts"] == 2
    assert (
        await keeper.act(f"{path}/publish", None, etag=tag(await found(keeper, path)))
    ).json() == {"published": 2}
    assert (await keeper.act(f"{path}/end", None, etag=tag(await found(keeper, path)))).json()[
        "ahead"
    ] == 2
    for row in (await found(keeper, f"/api/lessons?offering_id={opened['id']}"))["items"]:
        await act(keeper, row, "cancel", {"reason": "学期提前结束"})
    stale = await keeper.act(f"{path}/end", None, etag='"0"')
    assert (stale.status_code, stale.json()["type"]) == (412, "changed-meanwhile")
    assert stale.json()["current"]["state"] == "ACTIVE"
    assert (await keeper.post(f"{path}/end")).status_code == 428
    ended = await keeper.act(f"{path}/end", None, etag=tag(await found(keeper, path)))
    assert ended.json()["state"] == "ENDED"
    answer = await keeper.post("/api/lessons", at(NOON + HOUR, offering_id=opened["id"]))
    assert answer.json()["type"] == "wrong-state"


async def test_a_lesson_keeps_the_pairing_its_classroom_was_named_with(
    keeper: TestBrowser, school: Timetabled, database: Database
) -> None:
    """However it is moved or made up, and also when the pairing has ended meanwhile."""
    hub, point = school.county.hub, school.county.points[0]
    one = await made(keeper, "/api/pairings", pairing(hub, point))
    await run(keeper, one, hub, point)
    site = {"classroom_id": str(school.county.classrooms[0].id), "pairing_id": one["id"]}
    opened = await made(keeper, "/api/course-offerings", offering_of(school, sites=[site]))
    lesson = await plan_one(keeper, opened)
    assert [each["pairing_id"] for each in lesson["sites"]] == [one["id"]]
    assert (await move(keeper, one, "ENDED")).status_code == 200
    body = at(NOON + 3 * HOUR, title="音乐", hub_classroom_id=None, sites=[site])
    path = f"/api/lessons/{lesson['id']}"
    answer = await keeper.send("PUT", path, etag=tag(lesson), json=body)
    assert answer.status_code == 200, answer.text
    cancelled = await act(keeper, answer.json(), "cancel", {"reason": "停电"})
    again = await act(keeper, cancelled, "make-up", at(NOON + 24 * HOUR))
    assert [each["pairing_id"] for each in again["sites"]] == [one["id"]]
    async with database.unit_of_work() as db:
        named = await db.scalars(select(LessonSite.pairing_id))
    assert [str(each) for each in named] == [one["id"]] * 2
    fresh = {"classroom_id": str(school.county.classrooms[1].id), "pairing_id": one["id"]}
    path, body = f"/api/lessons/{again['id']}", body | {"sites": [fresh]}
    refused = await keeper.send("PUT", path, etag=tag(again), json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "site-unfit")


@pytest.mark.parametrize(
    ("subjects", "fits"), [(["music"], True), (["arts", "maths"], True), (["maths"], False)]
)
async def test_a_classroom_receives_for_a_pairing_of_the_subject_or_of_one_it_is_among(
    keeper: TestBrowser, school: Timetabled, subjects: list[str], fits: bool
) -> None:
    hub, point = school.county.hub, school.county.points[0]
    one = await made(keeper, "/api/pairings", pairing(hub, point, subjects=subjects))
    await run(keeper, one, hub, point)
    site = {"classroom_id": str(school.county.classrooms[0].id), "pairing_id": one["id"]}
    answer = await keeper.post("/api/course-offerings", offering_of(school, sites=[site]))
    if fits:
        assert answer.status_code == 201, answer.text
    else:
        assert (answer.status_code, answer.json()["type"]) == (409, "site-unfit")
        assert "other subjects" in answer.json()["detail"]


async def test_who_is_not_shown_the_assistant_of_a_classroom_leaves_her_there(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    other_county: County,
    open_browser: OpenBrowser,
    database: Database,
) -> None:
    hub, far = school.county.hub, other_county.points[0]
    theirs = await open_browser(other_county.administrator)
    one = await made(keeper, "/api/pairings", pairing(hub, far))
    await attach(keeper, f"/api/pairings/{one['id']}")
    for who, to, of in ((keeper, "PROPOSED", hub), (theirs, "ACCEPTED", far)):
        assert (await move(who, one, to, of)).status_code == 200
    async with database.unit_of_work() as db:
        helper = (await make_person(db, school=far)).person_id
    site: JSON = {"classroom_id": str(other_county.classrooms[0].id)}
    body = offering_of(school, sites=[site | {"assistant_id": str(helper)}])
    opened = await made(keeper, "/api/course-offerings", body)
    assert opened["sites"][0]["assistant"] is None  # not of a school of hers
    lesson = await plan_one(keeper, opened)
    opened = await found(keeper, f"/api/course-offerings/{opened['id']}")  # it runs now
    edit = at(NOON + 3 * HOUR, title="音乐", hub_classroom_id=None, sites=[site])
    for path, before, changed in (
        (f"/api/course-offerings/{opened['id']}", opened, offering_of(school, sites=[site])),
        (f"/api/lessons/{lesson['id']}", lesson, edit),
    ):
        answer = await keeper.send("PUT", path, etag=tag(before), json=changed)
        assert answer.status_code == 200, answer.text
    async with database.unit_of_work() as db:
        assert (await db.scalars(select(OfferingSite.assistant_id))).all() == [helper]
        assert (await db.scalars(select(LessonSite.assistant_id))).all() == [helper]
    # Who is shown her may take her away.
    room = school.county.classrooms[0].id
    own: JSON = {"classroom_id": str(room)}
    async with database.unit_of_work() as db:
        near = (await make_person(db, school=school.county.points[0])).person_id
    named = offering_of(school, name="另一门", sites=[own | {"assistant_id": str(near)}])
    second = await made(keeper, "/api/course-offerings", named)
    answer = await keeper.send(
        "PUT",
        f"/api/course-offerings/{second['id']}",
        etag=tag(second),
        json=offering_of(school, name="另一门", sites=[own]),
    )
    assert answer.json()["sites"][0]["assistant"] is None
    async with database.unit_of_work() as db:
        left = await db.scalars(
            select(OfferingSite.assistant_id).where(OfferingSite.classroom_id == room)
        )
        assert left.all() == [None]
