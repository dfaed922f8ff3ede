"""The teacher's day, the classroom's day, a lesson's card, and when it may start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.errors import WrongState
from app.lessons import service
from app.lessons.cards import light_of
from app.lessons.errors import LessonNotStartable
from app.lessons.models import NEXT_LESSON_STATE, Lesson, LessonKind, LessonState
from app.lessons.ports import AwaitingHeadcount
from app.schools.models import Device
from tests.app.conftest import Clock, OpenBrowser
from tests.factories import NOON, County, make_lesson


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what a day has is a statement."""
    return either_url


async def plan(database: Database, county: County, **options: object) -> Lesson:
    async with database.unit_of_work() as db:
        options.setdefault("classrooms", county.classrooms)
        return await make_lesson(db, lecturer=county.teacher, hub=county.hub, **options)  # type: ignore[arg-type]  # a test's options, each checked by make_lesson


async def test_card_shows_the_lesson_as_planned(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    lesson = await plan(database, county, kind=LessonKind.MASTER)
    browser = await open_browser(county.teacher)
    (card,) = (await browser.get("/api/teacher/lessons?date=2026-03-02")).json()["lessons"]
    sites = card.pop("sites")
    assert card == {
        "id": str(lesson.id),
        "kind": "MASTER",
        "title": "小雨沙沙",
        "subject": "音乐",
        "grade": "三年级",
        "hub_school": county.hub.name,
        "lecturer": county.teacher.person.name,
        "planned_start": "2026-03-02T02:00:00Z",
        "planned_end": "2026-03-02T02:40:00Z",
        "state": "PUBLISHED",
        "session_id": None,
        "is_recorded": True,
        "can_start": True,
        "can_start_from": "2026-03-02T01:30:00Z",
        "lacks": ["UNCHECKED"],  # it is time, and she never tried her line
    }
    assert [site["school"] for site in sites] == sorted(point.name for point in county.points)
    assert {site["state"] for site in sites} == {"EXPECTED"}


async def test_day_is_the_schools_day_and_not_utcs(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    starts = [
        datetime(2026, 3, 1, 15, 59, tzinfo=UTC),  # 23:59 in Beijing, the day before
        datetime(2026, 3, 1, 16, 0, tzinfo=UTC),  # midnight
        datetime(2026, 3, 2, 15, 59, tzinfo=UTC),  # 23:59
        datetime(2026, 3, 2, 16, 0, tzinfo=UTC),  # the next midnight
    ]
    for number, start in enumerate(starts):
        await plan(database, county, planned_start=start, title=str(number))
    browser = await open_browser(county.teacher)
    clock.now = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    clock_browser = await open_browser(county.teacher)
    named = (await browser.get("/api/teacher/lessons?date=2026-03-02")).json()
    today = (await clock_browser.get("/api/teacher/lessons")).json()
    assert [lesson["title"] for lesson in named["lessons"]] == ["1", "2"]
    assert today["date"] == "2026-03-02"
    assert today["lessons"] == named["lessons"]


async def test_lesson_that_is_live_is_not_lost_at_midnight(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    clock.now = datetime(2026, 3, 2, 15, 50, tzinfo=UTC)  # 23:50 in Beijing
    lesson = await plan(database, county, planned_start=clock.now)
    browser = await open_browser(county.teacher)
    assert (await browser.post(f"/api/lessons/{lesson.id}/start")).status_code == 200
    clock.advance(minutes=15)
    shown = (await browser.get("/api/teacher/lessons")).json()
    assert shown["date"] == "2026-03-03"
    assert [card["id"] for card in shown["lessons"]] == [str(lesson.id)]


async def test_teacher_sees_her_own_lessons_only(
    open_browser: OpenBrowser, database: Database, county: County, other_county: County
) -> None:
    await plan(database, county)
    browser = await open_browser(other_county.teacher)
    assert (await browser.get("/api/teacher/lessons?date=2026-03-02")).json()["lessons"] == []


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("administrator", 403), ("supervisor", 403), ("teacher", 200)]
)
async def test_teachers_day_is_for_teachers(
    open_browser: OpenBrowser, county: County, who: str | None, status: int
) -> None:
    browser = await open_browser(getattr(county, who) if who else None)
    assert (await browser.get("/api/teacher/lessons")).status_code == status


async def test_malformed_date_is_refused(open_browser: OpenBrowser, county: County) -> None:
    browser = await open_browser(county.teacher)
    answer = await browser.get("/api/teacher/lessons?date=2026-02-30")
    assert answer.status_code == 422
    assert answer.json()["fields"][0]["field"] == "query.date"


async def test_classroom_sees_the_lessons_it_is_invited_to(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    invited = await plan(database, county)
    await plan(database, county, classrooms=[county.classrooms[1]], title="not for us")
    await plan(database, county, state=LessonState.PLANNED, title="not published")
    await plan(database, county, planned_start=NOON + timedelta(days=1), title="tomorrow")
    later = await plan(database, county, planned_start=NOON + timedelta(hours=2), title="later")
    browser = await open_browser(device=county.credentials[0])
    day = (await browser.get("/api/classroom/today")).json()
    assert [lesson["id"] for lesson in day["lessons"]] == [str(invited.id), str(later.id)]
    assert day["classroom"] == {
        "id": str(county.classrooms[0].id),
        "name": county.classrooms[0].name,
    }
    assert day["school"]["name"] == county.points[0].name
    assert day["current"] is None
    assert day["next"]["id"] == str(invited.id)
    assert day["to_confirm"] is None
    clock.advance(minutes=41)
    assert (await browser.get("/api/classroom/today")).json()["next"]["id"] == str(later.id)


@pytest.mark.parametrize("state", [LessonState.LIVE, LessonState.PAUSED_ALL])
async def test_live_lesson_is_the_current_one_even_past_midnight(
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    clock: Clock,
    state: LessonState,
) -> None:
    lesson = await plan(database, county, state=state)
    browser = await open_browser(device=county.credentials[0])
    for _ in range(2):
        day = (await browser.get("/api/classroom/today")).json()
        assert day["current"]["id"] == str(lesson.id)
        assert day["next"] is None
        clock.advance(hours=20)


async def test_cancelled_lesson_is_shown_but_never_next(
    open_browser: OpenBrowser, database: Database, county: County
) -> None:
    await plan(database, county, state=LessonState.CANCELLED)
    browser = await open_browser(device=county.credentials[0])
    day = (await browser.get("/api/classroom/today")).json()
    assert [lesson["state"] for lesson in day["lessons"]] == ["CANCELLED"]
    assert day["next"] is None


async def test_classrooms_day_is_for_devices(open_browser: OpenBrowser, county: County) -> None:
    for browser in (await open_browser(), await open_browser(county.teacher)):
        answer = await browser.get("/api/classroom/today")
        assert answer.status_code == 401


async def test_light_of_a_site_tells_when_its_device_was_heard_of(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    await plan(database, county)
    teacher = await open_browser(county.teacher)
    device = await open_browser(device=county.credentials[0])

    async def lights() -> dict[str, str]:
        (card,) = (await teacher.get("/api/teacher/lessons")).json()["lessons"]
        return {site["school"]: site["light"] for site in card["sites"]}

    first, second = county.points[0].name, county.points[1].name
    assert await lights() == {first: "never", second: "never"}
    await device.get("/api/classroom/today")
    assert await lights() == {first: "ready", second: "never"}
    clock.advance(seconds=21)
    assert await lights() == {first: "offline", second: "never"}


async def test_light_is_that_of_the_device_heard_of_last_and_revoked_ones_do_not_count(
    open_browser: OpenBrowser, database: Database, county: County, clock: Clock
) -> None:
    await plan(database, county)
    async with database.unit_of_work() as db:
        (await db.get_one(Device, county.devices[0].id)).last_seen_at = clock.now
    teacher = await open_browser(county.teacher)
    administrator = await open_browser(county.administrator)
    await administrator.post(f"/api/admin/devices/{county.devices[0].id}/revoke")
    (card,) = (await teacher.get("/api/teacher/lessons")).json()["lessons"]
    assert {site["light"] for site in card["sites"]} == {"never"}


@pytest.mark.parametrize(
    ("ago_s", "light"), [(None, "never"), (0, "ready"), (20, "ready"), (20.1, "offline")]
)
def test_light_changes_after_twenty_seconds(ago_s: float | None, light: str) -> None:
    seen = None if ago_s is None else NOON - timedelta(seconds=ago_s)
    assert light_of(seen, NOON) == light


@pytest.mark.parametrize(
    ("minutes", "state", "says"),
    [
        (-31, LessonState.PUBLISHED, "can be started from 09:30"),
        (40, LessonState.PUBLISHED, "planned time is over"),
        (0, LessonState.CANCELLED, "CANCELLED"),
        (0, LessonState.ENDED, "ENDED"),
        (0, LessonState.PLANNED, "PLANNED"),
    ],
)
async def test_lesson_outside_its_time_or_state_is_not_startable_and_says_why(
    database: Database, county: County, minutes: int, state: LessonState, says: str
) -> None:
    lesson = await plan(database, county, state=state)
    now = NOON + timedelta(minutes=minutes)
    assert not service.can_start(lesson, now)
    with pytest.raises(LessonNotStartable, match=says):
        service.require_startable(lesson, now)


@pytest.mark.parametrize("state", [LessonState.PUBLISHED, LessonState.READY])
@pytest.mark.parametrize("minutes", [-30, 0, 39])
async def test_lesson_may_start_from_half_an_hour_before_until_its_end(
    database: Database, county: County, minutes: int, state: LessonState
) -> None:
    lesson = await plan(database, county, state=state)
    now = NOON + timedelta(minutes=minutes)
    assert service.can_start(lesson, now)
    service.require_startable(lesson, now)


async def test_state_moves_along_its_table_only(database: Database, county: County) -> None:
    lesson = await plan(database, county)
    service.move(lesson, LessonState.LIVE)
    assert lesson.state is LessonState.LIVE
    with pytest.raises(WrongState, match="LIVE") as refused:
        service.move(lesson, LessonState.PUBLISHED)
    assert refused.value.extra["possible"] == sorted(NEXT_LESSON_STATE[LessonState.LIVE])


def test_every_state_has_its_row_and_is_led_to() -> None:
    assert set(NEXT_LESSON_STATE) == set(LessonState)
    led_to = {after for states in NEXT_LESSON_STATE.values() for after in states}
    assert led_to == set(LessonState) - {LessonState.PLANNED}
    # Locked rows are corrected beside, and the lesson with them: nothing else leads back from it.
    assert NEXT_LESSON_STATE[LessonState.CREDITED] == {LessonState.VERIFIED}


async def test_filters_are_kinds_and_states_and_schools_are_looked_for(
    open_browser: OpenBrowser, county: County, other_county: County
) -> None:
    for account in (county.administrator, county.supervisor):
        browser = await open_browser(account)
        filters = (await browser.get("/api/admin/filters")).json()
        assert filters.keys() == {"kinds", "states"}
        for school in (county.hub, *county.points, other_county.hub):
            found = (await browser.get(f"/api/schools?q={school.name}&limit=20")).json()["items"]
            is_ours = school.id != other_county.hub.id
            assert (str(school.id) in {each["id"] for each in found}) is is_ours
        assert filters["kinds"] == ["DELIVERY", "MASTER", "ELITE"]
        assert "LIVE" in filters["states"]


async def test_filters_are_for_who_may_look(open_browser: OpenBrowser, county: County) -> None:
    assert (await (await open_browser()).get("/api/admin/filters")).status_code == 401
    teacher = await open_browser(county.teacher)
    assert (await teacher.get("/api/admin/filters")).status_code == 403


@dataclass
class Records:
    """Records that remember one lesson to confirm. Satisfies `app.lessons.ports.LessonRecords`."""

    waiting: AwaitingHeadcount

    async def session_ids(
        self, db: AsyncSession, *, lesson_ids: Collection[UUID]
    ) -> Mapping[UUID, UUID]:
        return dict.fromkeys(lesson_ids, UUID(int=5))

    async def awaiting_headcount(
        self, db: AsyncSession, *, classroom_id: UUID, now: datetime
    ) -> AwaitingHeadcount | None:
        return self.waiting


@pytest.mark.parametrize("hours", [1, 20])
async def test_classroom_is_asked_to_confirm_a_lesson_also_after_midnight(
    app: FastAPI,
    open_browser: OpenBrowser,
    database: Database,
    county: County,
    clock: Clock,
    hours: int,
) -> None:
    lesson = await plan(database, county, state=LessonState.ENDED)
    app.state.lesson_records = Records(
        AwaitingHeadcount(
            lesson_id=lesson.id,
            headcount=23,
            planned_ms=2_400_000,
            connected_ms=2_400_000,
            audible_ms=1_800_000,
            is_counted=False,
        )
    )
    clock.advance(hours=hours)
    browser = await open_browser(device=county.credentials[0])
    day = (await browser.get("/api/classroom/today")).json()
    assert day["to_confirm"]["headcount"] == 23
    assert (day["to_confirm"]["audible_ms"], day["to_confirm"]["is_counted"]) == (1_800_000, False)
    assert day["to_confirm"]["lesson"]["id"] == str(lesson.id)
    assert day["to_confirm"]["lesson"]["session_id"] == str(UUID(int=5))
    assert len(day["lessons"]) == (1 if hours == 1 else 0)
