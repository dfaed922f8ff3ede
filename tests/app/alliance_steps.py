"""What tests of alliances are made of: schools that join, pairings that run, lessons taught."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, select

from app.attendance.models import AttendanceRecord, Session
from app.database import Database
from app.lessons import service as lessons
from app.lessons.models import Lesson, LessonKind, LessonSite
from app.schools.models import School
from tests.app.conftest import TestBrowser
from tests.factories import NOON, County, make_classroom

PDF = b"%PDF-1.7\n" + b"agreement " * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50
JSON = dict[str, Any]


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def made(browser: TestBrowser, path: str, body: JSON) -> JSON:
    answer = await browser.post(path, body)
    assert answer.status_code == 201, answer.text
    found: JSON = answer.json()
    return found


async def found(browser: TestBrowser, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def make_alliance(keeper: TestBrowser, county: County) -> JSON:
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
    """Take a step from what is read now; who may not read it asks as if it were new."""
    path = f"/api/pairings/{one['id']}"
    version = (await browser.get(path)).json().get("version", 1)
    body = {"to": to, "school_id": str(school.id) if school else None}
    return await browser.act(f"{path}/moves", body, etag=f'"{version}"')


async def run(browser: TestBrowser, one: JSON, hub: School, *partners: School) -> None:
    """Bring a draft to ACTIVE."""
    await attach(browser, f"/api/pairings/{one['id']}")
    assert (await move(browser, one, "PROPOSED", hub)).status_code == 200
    for partner in partners:
        assert (await move(browser, one, "ACCEPTED", partner)).status_code == 200
    answer = await move(browser, one, "ACTIVE")
    assert answer.json()["state"] == "ACTIVE", answer.text


async def teach(
    database: Database,
    county: County,
    sites: list[School],
    *,
    hub: School | None = None,
    days: int = 0,
    passes_on: Lesson | None = None,
    connected: bool = True,
    subject: str = "音乐",
    after_hours: float = 0,
) -> Lesson:
    """A lesson that was given, with what the sites' attendance says."""
    async with database.unit_of_work() as db:
        rooms = [await make_classroom(db, site) for site in sites]
        start = NOON + timedelta(days=days, hours=after_hours)
        lesson = await lessons.plan_lesson(
            db,
            kind=LessonKind.DELIVERY,
            title="小雨沙沙",
            subject=subject,
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
                AttendanceRecord.of(
                    lesson,
                    site,
                    session_id=session.id,
                    planned_ms=2_400_000,
                    connected_ms=2_300_000 if connected else 0,
                    is_counted=connected,
                )
            )
        return lesson
