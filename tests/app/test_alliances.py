"""Alliances and pairings through HTTP: members, files, 双选, guards, tracks, who sees what."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import Account
from app.alliances.counting import Delivery, counted
from app.alliances.ports import Lane
from app.attendance.models import AttendanceRecord, Session
from app.attendance.taught import AttendedLessons
from app.calendars.days import Span
from app.database import Database
from app.files import HANDED_IN, MOST_BYTES
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind, LessonSite
from app.schools.models import School
from app.security import Role
from app.settings import Settings
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.factories import (
    NOON,
    County,
    make_classroom,
    make_county,
    make_person,
    make_school,
)

PDF = b"%PDF-1.7\n" + b"agreement " * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
JSON = dict[str, Any]


async def made(browser: TestBrowser, path: str, body: JSON) -> JSON:
    answer = await browser.post(path, body)
    assert answer.status_code == 201, answer.text
    found: JSON = answer.json()
    return found


async def found(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def keeper(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


@pytest.fixture
async def alliance(keeper: TestBrowser, county: County) -> JSON:
    """An alliance of the county: its hub and both points."""
    alliance = await made(
        keeper,
        "/api/alliances",
        {"region_id": str(county.region.id), "name": "城东教学联盟", "starts_on": "2026-02-24"},
    )
    for school, role in ((county.hub, "HUB"), *((point, "MEMBER") for point in county.points)):
        await join(keeper, alliance, role, school_id=str(school.id))
    return alliance


async def join(browser: TestBrowser, alliance: JSON, role: str, **school: str) -> JSON:
    body = {"role": role, "from_on": "2026-02-24"} | school
    return await made(browser, f"/api/alliances/{alliance['id']}/members", body)


def pairing(hub: School, *partners: School, **other: Any) -> JSON:
    return {
        "kind": "DELIVERY",
        "name": "音乐专递",
        "hub": {"school_id": str(hub.id)},
        "partners": [{"school_id": str(each.id)} for each in partners],
        "subjects": ["music"],
        "periods_a_week": 2,
        "starts_on": "2026-03-02",
    } | other


async def attach(browser: TestBrowser, path: str, body: bytes = PDF) -> JSON:
    answer = await browser.send("POST", f"{path}/agreement?name=协议.pdf", content=body)
    assert answer.status_code == 201, answer.text
    attached: JSON = answer.json()
    return attached


async def move(browser: TestBrowser, one: JSON, to: str, school: School | None = None) -> Any:
    return await browser.post(
        f"/api/pairings/{one['id']}/moves",
        {"to": to, "school_id": str(school.id) if school else None},
    )


async def run(browser: TestBrowser, one: JSON, hub: School, *partners: School) -> None:
    """Bring a draft to ACTIVE."""
    await attach(browser, f"/api/pairings/{one['id']}")
    assert (await move(browser, one, "PROPOSED", hub)).status_code == 200
    for partner in partners:
        assert (await move(browser, one, "ACCEPTED", partner)).status_code == 200
    answer = await move(browser, one, "ACTIVE")
    assert answer.json()["state"] == "ACTIVE", answer.text


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


async def test_one_plus_n_names_the_classes(keeper: TestBrowser, county: County) -> None:
    body = pairing(county.hub, county.points[0], kind="INTERACTIVE_1N")
    one = await made(keeper, "/api/pairings", body)
    refused = await move(keeper, one, "PROPOSED", county.hub)
    assert "class" in refused.json()["detail"]


async def teach(
    database: Database,
    county: County,
    sites: list[School],
    *,
    hub: School | None = None,
    days: int = 0,
    passes_on: Lesson | None = None,
    connected: bool = True,
) -> Lesson:
    """A lesson that was given, with what the sites' attendance says."""
    async with database.unit_of_work() as db:
        rooms = [await make_classroom(db, site) for site in sites]
        start = NOON + timedelta(days=days)
        lesson = await lessons.plan_lesson(
            db,
            kind=LessonKind.DELIVERY,
            title="小雨沙沙",
            subject="音乐",
            grade="三年级",
            hub_school_id=(hub or county.hub).id,
            lecturer_id=county.teacher.person_id,
            classroom_ids=[room.id for room in rooms],
            planned_start=start,
            planned_end=start + timedelta(minutes=40),
            passes_on=passes_on,
        )
        session = Session(lesson_id=lesson.id, started_at=start)
        db.add(session)
        await db.flush()
        for site in await db.scalars(select(LessonSite).where(LessonSite.lesson_id == lesson.id)):
            db.add(
                AttendanceRecord(
                    session_id=session.id,
                    lesson_site_id=site.id,
                    planned_ms=2_400_000,
                    connected_ms=2_300_000 if connected else 0,
                )
            )
        return lesson


async def test_the_four_tracks_count_facts_of_active_days_only(
    open_browser: OpenBrowser, county: County, database: Database, clock: Clock
) -> None:
    keeper = await open_browser(county.administrator)
    one = await made(keeper, "/api/pairings", pairing(county.hub, *county.points))
    path = f"/api/pairings/{one['id']}"
    event = {"held_on": "2026-03-02", "title": "共同备《小雨沙沙》", "link": "https://a.example/1"}
    early = await keeper.post(f"{path}/events/PREPARATION", event)
    assert (early.status_code, early.json()["type"]) == (409, "wrong-state")
    await run(keeper, one, county.hub, *county.points)
    await teach(database, county, list(county.points))
    await teach(database, county, [county.points[0]], connected=False)
    clock.advance(days=1)
    keeper = await open_browser(county.administrator)
    await move(keeper, one, "SUSPENDED")
    await teach(database, county, list(county.points), days=1)
    await made(keeper, f"{path}/events/PREPARATION", event)
    await made(keeper, f"{path}/events/TRAINING", event | {"people": 12})
    await made(keeper, f"{path}/events/TRAINING", event | {"held_on": "2026-03-03"})
    counted = await found(keeper, f"{path}/tracks")
    assert counted["counts"] == {
        "preparations": 1,
        "lessons": 1,
        "deliveries": 2,
        "resources": 0,
        "trainings": 1,
    }
    assert counted["active_days"] == 1
    shown = (await found(keeper, f"{path}/events/TRAINING"))["items"]
    assert [(each["held_on"], each["counts"]) for each in shown] == [
        ("2026-03-03", False),
        ("2026-03-02", True),
    ]
    taught = (await found(keeper, f"{path}/lessons"))["items"]
    assert {each["site"]["name"] for each in taught} == {point.name for point in county.points}
    assert all(each["connected_minutes"] == 38 for each in taught)
    nothing = await found(keeper, f"{path}/tracks?from=2026-03-03")
    assert sum(nothing["counts"].values()) == 0


async def test_an_event_needs_evidence_and_a_day_that_has_come(
    keeper: TestBrowser, county: County
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    await run(keeper, one, county.hub, county.points[0])
    path = f"/api/pairings/{one['id']}"
    event = {"held_on": "2026-03-02", "title": "课件"}
    assert (await keeper.post(f"{path}/events/RESOURCE", event)).status_code == 422
    linked = event | {"link": "javascript:alert(1)"}
    assert (await keeper.post(f"{path}/events/RESOURCE", linked)).status_code == 422
    ahead = event | {"link": "https://a.example/", "held_on": "2026-03-03"}
    answer = await keeper.post(f"{path}/events/RESOURCE", ahead)
    assert (answer.status_code, answer.json()["type"]) == (409, "not-yet")
    typed = await keeper.post(f"{path}/events/TEACHING", event | {"link": "https://a.example/"})
    assert typed.status_code == 404
    unknown = event | {"file_id": str(UUID(int=1))}
    assert (await keeper.post(f"{path}/events/RESOURCE", unknown)).status_code == 404
    handed = await keeper.send("POST", f"{path}/evidence?name=课件", content=PNG)
    entered = await made(
        keeper, f"{path}/events/RESOURCE", event | {"file_id": handed.json()["file_id"]}
    )
    (shown,) = (await found(keeper, f"{path}/events/RESOURCE"))["items"]
    assert (shown["file"], shown["counts"]) == ("课件.png", True)
    file = await keeper.get(f"{path}/events/RESOURCE/{entered['id']}/file")
    assert file.content == PNG


async def test_an_event_taken_back_stays_in_the_list_and_counts_no_more(
    keeper: TestBrowser, county: County
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    await run(keeper, one, county.hub, county.points[0])
    path = f"/api/pairings/{one['id']}/events/PREPARATION"
    event = {"held_on": "2026-03-02", "title": "备课", "link": "https://a.example/1"}
    entered = await made(keeper, path, event)
    await made(keeper, path, event | {"title": "再备课"})
    back = f"{path}/{entered['id']}/withdraw"
    assert (await keeper.post(back, {"reason": " "})).status_code == 422
    assert (await keeper.post(back, {"reason": "填错了学校"})).status_code == 204
    again = await keeper.post(back, {"reason": "填错了学校"})
    assert (again.status_code, again.json()["type"]) == (409, "wrong-state")
    shown = (await found(keeper, path))["items"]
    assert sorted((each["title"], each["counts"], each["withdrawn"]) for each in shown) == [
        ("再备课", True, None),
        ("备课", False, "填错了学校"),
    ]
    counted = await found(keeper, f"/api/pairings/{one['id']}/tracks")
    assert counted["counts"]["preparations"] == 1
    listed = (await keeper.get(f"{path}/export?format=csv")).text
    assert "填错了学校" in listed


async def test_a_middle_point_passes_on_and_is_not_counted_twice(
    keeper: TestBrowser, county: County, alliance: JSON, database: Database
) -> None:
    """一点带多点: the hub teaches the first point, which broadcasts to the second."""
    middle, last = county.points
    first = await made(
        keeper, "/api/pairings", pairing(county.hub, middle, last, alliance_id=alliance["id"])
    )
    second = await made(keeper, "/api/pairings", pairing(middle, last, alliance_id=alliance["id"]))
    await run(keeper, first, county.hub, middle, last)
    await run(keeper, second, middle, last)
    origin = await teach(database, county, [middle])
    await teach(database, county, [last], hub=middle, passes_on=origin)
    for one, expected in ((first, (1, 1)), (second, (1, 1))):
        counts = (await found(keeper, f"/api/pairings/{one['id']}/tracks"))["counts"]
        assert (counts["lessons"], counts["deliveries"]) == expected
    # The last point is also invited by the hub itself: still one lesson and two sites in all.
    await teach(database, county, [last], hub=county.hub, passes_on=origin)
    term = await made(
        keeper,
        "/api/terms",
        {
            "region_id": str(county.region.id),
            "name": "春季",
            "starts_on": "2026-02-24",
            "ends_on": "2026-07-10",
        },
    )
    plan = f"/api/alliances/{alliance['id']}/term-plans/{term['id']}"
    targets = {
        "preparations": 4,
        "lessons": 30,
        "resources": 10,
        "trainings": 2,
        "text": "每周两节",
    }
    written = await keeper.send("PUT", plan, etag='"0"', json=targets)
    assert written.status_code == 200, written.text
    assert written.json()["counts"] == {
        "preparations": 0,
        "lessons": 1,
        "deliveries": 2,
        "resources": 0,
        "trainings": 0,
    }
    blind = await keeper.send("PUT", plan, etag='"0"', json=targets)
    assert blind.status_code == 412
    (listed,) = (await found(keeper, f"/api/alliances/{alliance['id']}/term-plans"))["items"]
    assert (listed["targets"]["lessons"], listed["counts"]["deliveries"]) == (30, 2)


async def test_a_term_of_another_region_is_no_plan(
    keeper: TestBrowser, open_browser: OpenBrowser, alliance: JSON, other_county: County
) -> None:
    stranger = await open_browser(other_county.administrator)
    term = await made(
        stranger,
        "/api/terms",
        {
            "region_id": str(other_county.region.id),
            "name": "别县",
            "starts_on": "2026-02-24",
            "ends_on": "2026-07-10",
        },
    )
    answer = await keeper.send(
        "PUT",
        f"/api/alliances/{alliance['id']}/term-plans/{term['id']}",
        etag='"0"',
        json={"preparations": 0, "lessons": 0, "resources": 0, "trainings": 0},
    )
    assert (answer.status_code, answer.json()["type"]) == (409, "term-foreign")


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


async def test_counting_in_the_database_is_the_rule_on_either(
    either_database: Database,
) -> None:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
        others = [await make_school(db, county.region) for _ in range(3)]
    schools = [county.hub, *county.points, *others]
    givers: dict[UUID, UUID] = {}
    rule: list[Delivery] = []
    given: list[Lesson] = []
    for n in range(12):
        hub = schools[n % 4]
        sites = [
            school for m, school in enumerate(schools) if (n * 7 + m) % 3 and school is not hub
        ]
        passes_on = given[n // 2] if n % 3 == 2 else None
        lesson = await teach(either_database, county, sites, hub=hub, passes_on=passes_on)
        given.append(lesson)
        origin = lesson.origin_id or lesson.id
        givers.setdefault(origin, hub.id)
        rule += [Delivery(origin, givers[origin], site.id) for site in sites]
    today = NOON.date()
    lanes = [
        Lane(hub.id, frozenset(school.id for school in schools), [Span(today, today)])
        for hub in schools
    ]
    async with either_database.unit_of_work() as db:
        number, reached = await AttendedLessons().count(db, lanes)
        none = await AttendedLessons().count(db, [])
    assert reached == len(counted(rule))
    assert number == len({origin for origin, _ in counted(rule)})
    assert none == (0, 0)
