"""What was measured of a line: kept at leaving, shown beside what was declared."""

from typing import Any
from uuid import UUID

import pytest

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
    await administrator.post(
        f"/api/admin/classrooms/{county.classrooms[0].id}/line",
        {"budget_down_kbps": 4000, "budget_up_kbps": None},
    )
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
    assert (await stranger.get("/api/admin/classroom-lines")).json() == {"items": []}
    answer = await stranger.get(f"/api/admin/sessions/{lesson.session_id}")
    assert answer.status_code == 404
    teacher = await open_browser(county.teacher)
    assert (await teacher.get("/api/admin/classroom-lines")).status_code == 403
