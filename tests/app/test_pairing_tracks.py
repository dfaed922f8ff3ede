"""The four tracks of a pairing through HTTP: what counts, evidence, lessons passed on."""

from uuid import UUID

import pytest

from app.alliances.ports import Lane
from app.attendance.taught import AttendedLessons
from app.calendars.days import Span
from app.database import Database, uuid7
from app.lessons.models import Lesson
from app.security import Role
from tests.app.alliance_steps import (
    JSON,
    PNG,
    found,
    made,
    make_alliance,
    move,
    pairing,
    run,
    teach,
)
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.delivery_rule import Delivery, counted
from tests.factories import (
    NOON,
    County,
    make_county,
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
        Lane(uuid7(), hub.id, frozenset(school.id for school in schools), [Span(today, today)])
        for hub in schools
    ]
    async with either_database.unit_of_work() as db:
        ((number, reached),) = await AttendedLessons().count(db, lanes, limits=[Span(today, today)])
        none = await AttendedLessons().count(db, [], limits=[Span(today, today)])
    assert reached == len(counted(rule))
    assert number == len({origin for origin, _ in counted(rule)})
    assert none == [(0, 0)]


async def test_evidence_is_ones_own_file_and_an_event_is_the_pairings(
    keeper: TestBrowser, open_browser: OpenBrowser, database: Database, county: County
) -> None:
    one = await made(keeper, "/api/pairings", pairing(county.hub, county.points[0]))
    await run(keeper, one, county.hub, county.points[0])
    path = f"/api/pairings/{one['id']}"
    handed = await keeper.send("POST", f"{path}/evidence?name=课件", content=PNG)
    async with database.unit_of_work() as db:
        account = await make_person(db, role=Role.ADMINISTRATOR, school=county.points[0])
    other = await open_browser(account)
    event = {"held_on": "2026-03-02", "title": "课件"}
    theirs = event | {"file_id": handed.json()["file_id"]}
    answer = await other.post(f"{path}/events/RESOURCE", theirs)
    assert (answer.status_code, answer.json()["detail"]) == (404, "Hand the file in first.")
    linked = await made(other, f"{path}/events/RESOURCE", event | {"link": "https://a.example/"})
    answer = await other.get(f"{path}/events/RESOURCE/{linked['id']}/file")
    assert (answer.status_code, answer.json()["detail"]) == (404, "This event has no file.")
    unknown = f"{path}/events/TRAINING/{linked['id']}/withdraw"
    assert (await other.post(unknown, {"reason": "填错"})).status_code == 404
