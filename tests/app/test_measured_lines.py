"""What was measured of a line: kept at leaving, shown beside what was declared."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from app.attendance.lines import Spread
from app.attendance.models import SeatLink
from app.attendance.seats import HUB, site_seat
from app.database import Database
from app.live import service
from app.live.ledger import DatabaseLedger
from app.security import Role
from signaling.link_statistics import LinkStatistics
from signaling.ports import EventType, RoomEvent
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import County, make_lesson, make_person
from tests.signaling.link_reports import report

FIGURES = {
    "estimate_down_kbps": 3600,
    "estimate_down_low_kbps": 3600,
    "down_kbps": 2000,
    "down_high_kbps": 2000,
    "up_kbps": 400,
    "up_high_kbps": 400,
    "rtt_ms": 40,
    "rtt_high_ms": 40,
    "loss_down_permille": 20,
    "loss_down_high_permille": 20,
    "loss_up_permille": None,
    "loss_up_high_permille": None,
}


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: the newest measurement of each is a statement."""
    return either_url


def summed_up(seat_id: str, reports: int = 3, *, estimate: float = 3600) -> RoomEvent:
    """The event a room writes: its payload is made by the room's own statistics."""
    statistics = LinkStatistics()
    for _ in range(reports):
        statistics.add(report(None, 0.02, estimate=estimate))
    summary = statistics.summary()
    assert summary is not None
    return RoomEvent(EventType.LINK_SUMMARY, 5000, seat_id, payload=summary)


class Lesson:
    """A lesson that has begun, seen from signalling."""

    def __init__(self, session_id: UUID, sites: dict[UUID, str], ledger: DatabaseLedger) -> None:
        self.session_id = session_id
        self.sites = sites
        self._ledger = ledger

    async def record(self, *events: RoomEvent) -> None:
        await self._ledger.record(str(self.session_id), events)


async def begin(database: Database, county: County, clock: Clock) -> Lesson:
    async with database.unit_of_work() as db:
        lesson = await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            classrooms=county.classrooms,
            planned_start=clock.now,
        )
        session = await service.start_lesson(
            db, lesson_id=lesson.id, lecturer_id=county.teacher.person_id, now=clock.now
        )
    sites = {site.classroom_id: site_seat(site.id) for site in lesson.sites}
    return Lesson(session.id, sites, DatabaseLedger(database, clock=clock))


@pytest.fixture
async def lesson(database: Database, county: County, clock: Clock) -> Lesson:
    return await begin(database, county, clock)


async def lines(open_browser: OpenBrowser, account: Any, lesson: Lesson) -> dict[str, Any]:
    browser = await open_browser(account)
    answer = await browser.get(f"/api/admin/sessions/{lesson.session_id}")
    assert answer.status_code == 200, answer.text
    return {line["seat_id"]: line for line in answer.json()["lines"]}


async def test_a_line_stands_beside_what_was_declared_on_the_sessions_page(
    open_browser: OpenBrowser, county: County, lesson: Lesson
) -> None:
    one = lesson.sites[county.classrooms[0].id]
    administrator = await open_browser(county.administrator)
    answer = await administrator.act(
        f"/api/admin/classrooms/{county.classrooms[0].id}/line",
        {"budget_down_kbps": 4000, "budget_up_kbps": None},
        etag='"1"',
    )
    assert answer.status_code == 200, answer.text
    await lesson.record(summed_up(one), summed_up(HUB))
    found = await lines(open_browser, county.administrator, lesson)
    assert found.keys() == {one, HUB}
    assert {**found[one]["measured"]}.items() >= FIGURES.items()
    assert found[one]["measured"]["reports"] == 3
    assert (found[one]["budget_down_kbps"], found[one]["budget_up_kbps"]) == (4000, None)
    assert found[HUB]["budget_down_kbps"] is None


async def test_the_summary_with_more_reports_stays(
    open_browser: OpenBrowser, county: County, lesson: Lesson
) -> None:
    one = lesson.sites[county.classrooms[0].id]
    reports = []
    # Longer replaces shorter; what a room opened anew counts does not replace the whole lesson.
    for number, estimate in ((3, 1000), (9, 2000), (2, 500)):
        await lesson.record(summed_up(one, number, estimate=estimate))
        measured = (await lines(open_browser, county.administrator, lesson))[one]["measured"]
        reports.append((measured["reports"], measured["estimate_down_kbps"]))
    assert reports == [(3, 1000), (9, 2000), (9, 2000)]


async def test_the_last_lesson_counts_for_a_classroom(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock, lesson: Lesson
) -> None:
    one, two = (classroom.id for classroom in county.classrooms)
    await lesson.record(summed_up(lesson.sites[one], 50, estimate=1000))
    await lesson.record(summed_up(lesson.sites[two], 50, estimate=1500))
    await lesson.record(summed_up(HUB, 50))
    clock.advance(days=1)
    later = await begin(database, county, clock)
    await later.record(summed_up(later.sites[one], 2, estimate=2500))
    browser = await open_browser(county.administrator)
    items = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    assert {
        item["classroom_id"]: (item["session_id"], item["measured"]["estimate_down_kbps"])
        for item in items
    } == {
        str(one): (str(later.session_id), 2500),
        str(two): (str(lesson.session_id), 1500),
    }


async def test_nobody_sees_the_lines_of_others(
    *,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    other_county: County,
    lesson: Lesson,
) -> None:
    one, two = (lesson.sites[classroom.id] for classroom in county.classrooms)
    await lesson.record(summed_up(one), summed_up(two), summed_up(HUB))
    async with database.unit_of_work() as db:
        of_a_point = await make_person(db, role=Role.SUPERVISOR, school=county.points[0])
    assert (await lines(open_browser, of_a_point, lesson)).keys() == {one, HUB}
    browser = await open_browser(of_a_point)
    items = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    assert [item["classroom_id"] for item in items] == [str(county.classrooms[0].id)]
    stranger = await open_browser(other_county.administrator)
    nothing: dict[str, Any] = {"items": [], "next_cursor": None}
    assert (await stranger.get("/api/admin/classroom-lines")).json() == nothing
    of_others = f"/api/admin/classroom-lines?classroom_id={county.classrooms[0].id}"
    assert (await stranger.get(of_others)).json() == nothing
    answer = await stranger.get(f"/api/admin/sessions/{lesson.session_id}")
    assert answer.status_code == 404
    teacher = await open_browser(county.teacher)
    assert (await teacher.get("/api/admin/classroom-lines")).status_code == 403


async def test_a_line_is_known_by_its_lessons_of_the_last_thirty_days(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    one, two = (classroom.id for classroom in county.classrooms)
    for estimate in (9000, 1000, 3000, 2000, None):  # 31, 29, 28, 27 and 26 days ago
        lesson = await begin(database, county, clock)
        event = summed_up(lesson.sites[one], estimate=estimate or 0)
        if estimate is None:  # a browser that gives no estimate: what was used counts
            event = replace(event, payload={**event.payload, "estimate_down_kbps": None})
        await lesson.record(event)
        clock.advance(days=2 if estimate == 9000 else 1)
    clock.advance(days=25)
    browser = await open_browser(county.administrator)
    (line,) = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    assert (line["classroom_id"], line["measured"]["estimate_down_kbps"]) == (str(one), None)
    history = line["history"]
    assert history["lessons"] == 4
    assert history["down_kbps"] == {"p10": 1000, "p50": 2000, "p90": 3000}
    assert history["up_kbps"] == {"p10": 400, "p50": 400, "p90": 400}
    assert history["rtt_ms"] == {"p10": 40, "p50": 40, "p90": 40}
    assert history["loss_down_permille"] == {"p10": 20, "p50": 20, "p90": 20}
    assert history["loss_up_permille"] is None
    clock.advance(days=30)
    browser = await open_browser(county.administrator)
    (line,) = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    assert line["history"] is None, "what was measured is still there, and no longer counts"
    rows = (await browser.get(f"/api/admin/classroom-lines?classroom_id={two}")).json()["items"]
    assert rows == [], "never measured"


async def test_a_line_nobody_measured_for_longer_than_a_year_is_not_listed(
    open_browser: OpenBrowser, county: County, clock: Clock, lesson: Lesson
) -> None:
    await lesson.record(*(summed_up(site) for site in lesson.sites.values()))
    clock.advance(days=399)
    browser = await open_browser(county.administrator)
    items = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    assert [line["history"] for line in items] == [None, None]
    clock.advance(days=1)
    browser = await open_browser(county.administrator)
    assert (await browser.get("/api/admin/classroom-lines")).json()["items"] == []
    export = await browser.get("/api/admin/classroom-lines/export?format=csv")
    assert len(export.content.decode("utf-8-sig").splitlines()) == 1


async def test_the_last_of_two_lessons_measured_at_once_is_the_one_written_last(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    one = county.classrooms[0].id
    for estimate in (1000, 2000):
        lesson = await begin(database, county, clock)
        await lesson.record(summed_up(lesson.sites[one], estimate=estimate))
    seen = []
    for days in (0, 31):  # by the last weeks, and by what lies before them
        clock.advance(days=days)
        browser = await open_browser(county.administrator)
        (line,) = (await browser.get("/api/admin/classroom-lines")).json()["items"]
        seen.append((line["measured"]["estimate_down_kbps"], line["history"] is None))
    assert seen == [(2000, False), (2000, True)]


async def test_of_many_lessons_one_row_a_line_is_made_an_object(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    for _ in range(3):
        lesson = await begin(database, county, clock)
        await lesson.record(*(summed_up(site) for site in lesson.sites.values()))
        clock.advance(days=1)
    browser = await open_browser(county.administrator)
    loaded: list[SeatLink] = []

    def note(link: SeatLink, _context: object) -> None:
        loaded.append(link)

    event.listen(SeatLink, "load", note)
    try:
        items = (await browser.get("/api/admin/classroom-lines")).json()["items"]
    finally:
        event.remove(SeatLink, "load", note)
    assert [line["history"]["lessons"] for line in items] == [3, 3]
    assert len(loaded) == len(items)


async def test_lines_are_paged_filtered_and_exported_in_the_same_order(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    lesson = await begin(database, county, clock)
    await lesson.record(*(summed_up(site) for site in lesson.sites.values()))
    browser = await open_browser(county.administrator)
    path = "/api/admin/classroom-lines"
    first = (await browser.get(f"{path}?limit=1")).json()
    second = (await browser.get(f"{path}?limit=1&cursor={first['next_cursor']}")).json()
    assert second["next_cursor"] is None
    found = [line["school"] for line in first["items"] + second["items"]]
    assert found == sorted(school.name for school in county.points)
    of_school = (await browser.get(f"{path}?school_id={county.points[1].id}")).json()["items"]
    assert [line["school"] for line in of_school] == [county.points[1].name]
    export = await browser.get(f"{path}/export?format=csv")
    head, *rows = export.content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == found
    cells = dict(zip(head.split(","), rows[0].split(","), strict=True))
    assert (cells["近 30 天课数"], cells["下行 kbit/s p50"]) == ("1", "3600")


ranks = st.lists(st.integers(0, 50) | st.none(), max_size=40)


@given(ranks)
def test_a_spread_is_of_values_there_are_and_so_many_lie_below(values: list[int | None]) -> None:
    known = [value for value in values if value is not None]
    spread = Spread.of(values)
    if not known:
        assert spread is None
        return
    assert spread is not None
    for tenths, found in ((1, spread.p10), (5, spread.p50), (9, spread.p90)):
        assert found in known
        at_most = sum(value <= found for value in known)
        below = sum(value < found for value in known)
        assert at_most * 10 >= tenths * len(known) > below * 10
