"""The administrator's list and page of sessions: scope, filters, figures, exports."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.attendance.models import ClassEvent
from app.attendance.seats import HUB, site_seat, supervisor_seat
from app.database import Database
from app.lessons.models import LessonKind, LessonSite
from app.live.ledger import DatabaseLedger
from app.schools.models import School
from app.security import Role
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock, OpenBrowser
from tests.app.given_lessons import MINUTE, Give, giver
from tests.factories import NOON, County, make_county, make_person, make_region


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: filters, pages and exports are statements."""
    return either_url


@pytest.fixture
def give(database: Database, clock: Clock) -> Give:
    return giver(database, clock)


async def ids_seen(open_browser: OpenBrowser, account: Any, query: str = "") -> list[str]:
    browser = await open_browser(account)
    answer = await browser.get(f"/api/admin/sessions?{query}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["next_cursor"] is None
    return [item["id"] for item in body["items"]]


async def test_a_session_shows_what_happened(
    give: Give, county: County, open_browser: OpenBrowser
) -> None:
    session = await give(county)
    browser = await open_browser(county.administrator)
    (item,) = (await browser.get("/api/admin/sessions")).json()["items"]
    assert item["id"] == session
    assert (item["sites_total"], item["sites_attended"], item["headcount_total"]) == (2, 1, 12)
    assert (item["is_live"], item["end_reason"]) == (False, "ended_by_lecturer")
    body = (await browser.get(f"/api/admin/sessions/{session}")).json()
    assert body["session"]["id"] == session
    assert body["session"]["interruptions"] == 0
    assert (body["duration_ms"], body["planned_ms"]) == (40 * MINUTE, 40 * MINUTE)
    came = next(row for row in body["attendance"] if row["connected_ms"])
    assert came["connected_ms"] == 39 * MINUTE
    assert came["bars"] == [{"from_ms": MINUTE, "to_ms": 40 * MINUTE, "kind": "connected"}]
    assert (came["headcount"], came["state"]) == (12, "AUTO_CLOSED")
    (stage,) = body["stage"]
    assert (stage["from_ms"], stage["to_ms"]) == (5 * MINUTE, 7 * MINUTE)
    assert stage["name"] == f"{came['school']} {came['classroom']}"
    assert body["pauses"] == [{"from_ms": 8 * MINUTE, "to_ms": 9 * MINUTE}]
    assert body["chain"] == {"events": 9, "is_intact": True, "broken_at": None}
    assert body["live"] is None
    assert body["lesson"]["session_id"] == session
    assert [seat["role"] for seat in body["seats"]] == ["lecturer", "classroom", "classroom"]


async def test_a_live_lesson_shows_what_is_earned_so_far(
    give: Give, county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    session = await give(county, ends=False)
    clock.advance(minutes=12)
    browser = await open_browser(county.administrator)
    body = (await browser.get(f"/api/admin/sessions/{session}")).json()
    assert body["session"]["is_live"]
    assert body["duration_ms"] == 12 * MINUTE
    came = next(row for row in body["attendance"] if row["connected_ms"])
    assert (came["connected_ms"], came["state"]) == (10 * MINUTE, "OPEN")


async def test_a_changed_event_shows_on_the_page(
    give: Give, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    session = await give(county)
    async with database.unit_of_work() as db:
        await db.execute(
            update(ClassEvent).where(ClassEvent.number == 4).values(payload={"count": 99})
        )
    browser = await open_browser(county.administrator)
    body = (await browser.get(f"/api/admin/sessions/{session}")).json()
    assert body["chain"] == {"events": 9, "is_intact": False, "broken_at": 4}


async def test_sessions_are_seen_within_the_scope_and_nowhere_else(
    give: Give, county: County, other_county: County, open_browser: OpenBrowser, database: Database
) -> None:
    ours = await give(county)
    theirs = await give(other_county)
    assert await ids_seen(open_browser, county.administrator) == [ours]
    assert await ids_seen(open_browser, county.supervisor) == [ours]
    assert await ids_seen(open_browser, other_county.administrator) == [theirs]
    stranger = await open_browser(other_county.administrator)
    for path in ("", "/events", "/attendance/export", "/views"):
        answer = await stranger.get(f"/api/admin/sessions/{ours}{path}")
        assert answer.status_code == 404, path
    unknown = await stranger.get(f"/api/admin/sessions/{UUID(int=1)}")
    foreign = await stranger.get(f"/api/admin/sessions/{ours}")
    assert unknown.json() == foreign.json()


async def test_regions_nest_and_invited_schools_count(
    give: Give, database: Database, open_browser: OpenBrowser
) -> None:
    async with database.unit_of_work() as db:
        city = await make_region(db)
        one = await make_county(db, parent=city)
        two = await make_county(db, parent=city)
        above = await make_person(db, role=Role.ADMINISTRATOR, region=city)
    mine = await give(one)
    shared = await give(one, classrooms=two.classrooms)
    assert set(await ids_seen(open_browser, above)) == {mine, shared}
    assert await ids_seen(open_browser, two.administrator) == [shared]


@pytest.fixture
async def shared(
    give: Give, county: County, other_county: County, database: Database, clock: Clock
) -> str:
    """A lesson with a classroom of two counties each, where both said something."""
    classrooms = [county.classrooms[0], other_county.classrooms[0]]
    session = await give(county, classrooms=classrooms)
    async with database.unit_of_work() as db:
        sites = await db.scalars(select(LessonSite))
        site_of = {site.classroom_id: site.id for site in sites}
    ours, theirs = (site_seat(site_of[classroom.id]) for classroom in classrooms)
    ledger = DatabaseLedger(database, clock=clock)
    await ledger.record(
        session,
        [
            RoomEvent(EventType.STAGE_GRANTED, 12 * MINUTE, ours, HUB),
            RoomEvent(EventType.STAGE_RELEASED, 13 * MINUTE, ours, HUB),
            RoomEvent(EventType.STAGE_GRANTED, 14 * MINUTE, theirs, HUB),
            RoomEvent(EventType.STAGE_RELEASED, 15 * MINUTE, theirs, HUB),
            RoomEvent(EventType.CHAT, 16 * MINUTE, ours, ours, {"text": "our words"}),
            RoomEvent(EventType.CHAT, 17 * MINUTE, theirs, theirs, {"text": "their words"}),
            RoomEvent(EventType.CHAT, 18 * MINUTE, HUB, HUB, {"text": "the hub's words"}),
        ],
    )
    return session


async def test_whoever_inspects_the_hub_sees_every_school(
    shared: str, county: County, other_county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.administrator)
    path = f"/api/admin/sessions/{shared}"
    both = {county.points[0].name, other_county.points[0].name}
    body = (await browser.get(path)).json()
    assert {row["school"] for row in body["attendance"]} == both
    assert {seat["school"] for seat in body["seats"]} == both | {county.hub.name}
    table = (await browser.get(f"{path}/attendance/export")).text
    assert all(name in table for name in both)
    events = (await browser.get(f"{path}/events?limit=1000")).json()
    assert len(events["items"]) == events["total"] == 16
    said = [each["payload"]["text"] for each in events["items"] if each["type"] == "chat"]
    assert said == ["our words", "their words", "the hub's words"]


@pytest.mark.parametrize("who", ["administrator", "supervisor"])
async def test_whoever_inspects_an_invited_school_sees_that_school_and_the_hub(
    who: str, shared: str, county: County, other_county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(getattr(other_county, who))
    path = f"/api/admin/sessions/{shared}"
    theirs, ours = other_county.points[0].name, county.points[0].name
    body = (await browser.get(path)).json()
    assert body["session"]["lecturer"] == county.teacher.person.name
    assert body["session"]["sites_total"] == 2
    assert body["chain"] == {"events": 16, "is_intact": True, "broken_at": None}
    assert [row["school"] for row in body["attendance"]] == [theirs]
    assert [seat["school"] for seat in body["seats"]] == [county.hub.name, theirs]
    assert body["stage"]
    assert all(theirs in span["name"] for span in body["stage"])
    table = (await browser.get(f"{path}/attendance/export")).text
    assert theirs in table
    assert ours not in table
    own_seats = {None, HUB, body["seats"][1]["seat_id"]}
    seen: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:  # in pages, as everybody reads them
        page = (await browser.get(f"{path}/events?limit=3&after={after}")).json()
        seen += page["items"]
        after = page["next"]
    assert page["total"] == 16
    assert {each["seat_id"] for each in seen} == own_seats
    said = [each["payload"]["text"] for each in seen if each["type"] == "chat"]
    assert said == ["their words", "the hub's words"]
    assert "our words" not in str(seen)
    assert ours not in str(seen)


@pytest.mark.parametrize("who", ["teacher", "nobody", "device"])
async def test_nobody_else_sees_sessions(
    who: str, give: Give, county: County, open_browser: OpenBrowser
) -> None:
    session = await give(county)
    if who == "nobody":
        browser, status = await open_browser(), 401
    elif who == "device":
        browser, status = await open_browser(device=county.credentials[0]), 401
    else:
        browser, status = await open_browser(county.teacher), 403
    for path in (
        "",
        "/export",
        f"/{session}",
        f"/{session}/events",
        f"/{session}/attendance/export",
    ):
        assert (await browser.get(f"/api/admin/sessions{path}")).status_code == status, path


async def test_the_list_is_filtered_by_day_school_kind_state_and_words(
    give: Give, county: County, open_browser: OpenBrowser, database: Database
) -> None:
    first = await give(county, title="小雨沙沙", at=NOON)
    second = await give(
        county,
        title="100%的勇气_",
        kind=LessonKind.MASTER,
        classrooms=county.classrooms[:1],
        at=NOON + timedelta(days=1),
        ends=False,
    )
    admin = county.administrator

    async def found(query: str) -> set[str]:
        return set(await ids_seen(open_browser, admin, query))

    assert await found("from=2026-03-02&to=2026-03-02") == {first}
    assert await found("from=2026-03-03") == {second}
    assert await found("to=2026-03-02") == {first}
    assert await found("kind=MASTER") == {second}
    assert await found("state=LIVE") == {second}
    assert await found("state=ENDED") == {first}
    assert await found("q=沙沙") == {first}
    assert await found("q=100%25的") == {second}
    assert await found("q=%25") == {second}
    assert await found("q=_") == {second}
    assert await found("q=音乐") == await found("q=三年级") == {first, second}
    assert await found("q=美术") == set()
    assert await found("subject=音乐&grade=三年级") == {first, second}
    assert await found("subject=美术") == await found("grade=五年级") == set()
    async with database.unit_of_work() as db:
        hub = await db.get_one(School, county.hub.id)
        hub.name = "乐安县长宁小学"
    assert await found("q=leanxian") == await found("q=LAXCN") == {first, second}
    assert await found("q=shasha") == set(), "a title is found as it is written"
    assert await found(f"school_id={county.points[1].id}") == {first}
    assert await found(f"school_id={county.hub.id}") == {first, second}
    assert await found(f"school_id={UUID(int=3)}") == set()


@pytest.mark.parametrize(
    "query",
    [
        *("kind=NONE", "state=x", "q=%00", "limit=0", "limit=201", "subject=%00", "grade=%00"),
        *("from=soon", "from=0001-01-01", "to=9999-12-31"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(
    query: str, county: County, open_browser: OpenBrowser
) -> None:
    browser = await open_browser(county.administrator)
    assert (await browser.get(f"/api/admin/sessions?{query}")).status_code == 422


async def test_pages_follow_each_other_without_gap_or_repetition(
    give: Give, county: County, open_browser: OpenBrowser
) -> None:
    given = [await give(county) for _ in range(5)]  # all at the same moment
    browser = await open_browser(county.administrator)
    seen: list[str] = []
    path: str | None = "/api/admin/sessions?limit=2"
    while path is not None:
        page = (await browser.get(path)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        path = cursor and f"/api/admin/sessions?limit=2&cursor={cursor}"
    assert len(seen) == len(given)
    assert sorted(seen) == sorted(given)


async def test_events_come_in_pages_with_names(
    give: Give, county: County, open_browser: OpenBrowser
) -> None:
    session = await give(county)
    browser = await open_browser(county.administrator)
    path = f"/api/admin/sessions/{session}/events"
    first = (await browser.get(f"{path}?limit=5")).json()
    assert (first["total"], first["next"]) == (9, 5)
    rest = (await browser.get(f"{path}?after=5&limit=5")).json()
    assert rest["next"] is None
    numbers = [event["number"] for event in first["items"] + rest["items"]]
    assert numbers == list(range(1, 10))
    granted = first["items"][3]
    assert granted["type"] == "stage_granted"
    assert granted["seat_name"].startswith("小学")
    assert granted["actor_name"].startswith("老师")
    last = (await browser.get(f"{path}?after={2**31 - 1}")).json()
    assert (last["items"], last["next"]) == ([], None)
    beyond = await browser.get(f"{path}?after={2**31}")  # wider than the column
    assert (beyond.status_code, beyond.json()["type"]) == (422, "malformed-input")


async def test_the_lists_export_for_a_chinese_excel(
    give: Give, county: County, open_browser: OpenBrowser
) -> None:
    session = await give(county, title="=HYPERLINK(1)")
    browser = await open_browser(county.administrator)
    answer = await browser.get("/api/admin/sessions/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    header, row = answer.content.decode("utf-8-sig").split("\r\n")[:2]
    assert header.startswith("课题,课堂类型,")
    assert row.startswith("'=HYPERLINK(1),专递课堂,音乐,三年级,")
    assert "2026-03-02 10:00:00" in row
    table = (await browser.get(f"/api/admin/sessions/{session}/attendance/export")).content
    lines = table.decode("utf-8-sig").split("\r\n")
    assert lines[0] == (
        "学校,教室,计划分钟,在线分钟,听清分钟,不清分钟,未听到分钟,离线分钟,看到分钟,"
        "首次进入,最后离开,中断次数,人数,计入,更正次数,异议,状态"
    )
    came = ",40.0,39.0,0.0,0.0,39.0,1.0,0.0,0:01:00,0:40:00,0,12,不计入,0,,待确认"
    stayed_away = ",40.0,0.0,0.0,0.0,0.0,40.0,0.0,,,0,,不计入,0,,待确认"
    assert any(line.endswith(came) for line in lines)
    assert any(line.endswith(stayed_away) for line in lines)


async def test_the_hubs_administrator_ends_a_lesson_and_the_reason_is_kept(
    give: Give, county: County, other_county: County, open_browser: OpenBrowser, clock: Clock
) -> None:
    session = await give(county, ends=False)
    clock.advance(minutes=20)
    path = f"/api/admin/sessions/{session}/end"
    for account, status in ((county.supervisor, 403), (other_county.administrator, 404)):
        browser = await open_browser(account)
        assert (await browser.post(path, {"reason": "演练"})).status_code == status
    administrator = await open_browser(county.administrator)
    assert (await administrator.post(path, {"reason": "  "})).status_code == 422
    assert (await administrator.post(path, {"reason": "演练"})).status_code == 200
    body = (await administrator.get(f"/api/admin/sessions/{session}")).json()
    assert body["session"]["end_reason"] == "ended_by_administrator"
    assert body["session"]["lesson_state"] == "ENDED"
    assert body["duration_ms"] == 20 * MINUTE
    (incident,) = body["incidents"]
    assert (incident["action"], incident["reason"]) == ("ended_by_administrator", "演练")
    assert incident["actor"] == supervisor_seat(county.administrator.person_id)
    assert incident["actor_name"].startswith("老师")
    assert body["chain"]["is_intact"]
    again = await administrator.post(path, {"reason": "演练"})
    assert (again.status_code, again.json()["type"]) == (409, "lesson-not-open")
