"""The week of a teacher, a classroom and a school; the classroom's screen before the bell."""

from datetime import timedelta

import pytest

from app.database import Database
from tests.app.alliance_steps import found, made, statements
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, plan_one
from tests.factories import NOON, County


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: a week is found, and counted, by statements."""
    return either_url


async def test_a_published_lesson_appears_on_the_classrooms_screen_before_the_bell(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    opened: JSON,
    open_browser: OpenBrowser,
    clock: Clock,
) -> None:
    screen = await open_browser(device=school.county.credentials[0])
    assert (await found(screen, "/api/classroom/today"))["next"] is None
    draft = at(NOON + 2 * HOUR, offering_id=opened["id"], is_published=False)
    await made(keeper, "/api/lessons", draft)
    assert (await found(screen, "/api/classroom/today"))["next"] is None
    lesson = await plan_one(keeper, opened)
    clock.advance(minutes=55)  # five minutes before the bell, and nobody typed anything
    today = await found(screen, "/api/classroom/today")
    assert today["next"]["id"] == lesson["id"]
    teacher = await open_browser(school.county.teacher)
    assert (await teacher.post(f"/api/lessons/{lesson['id']}/start")).status_code == 200
    assert (await found(screen, "/api/classroom/today"))["current"]["id"] == lesson["id"]


async def test_the_week_has_each_lesson_in_its_cell(
    *, keeper: TestBrowser, school: Timetabled, opened: JSON, open_browser: OpenBrowser
) -> None:
    bell = NOON.replace(hour=2, minute=30)  # 10:30 at the schools, the third bell
    lesson = await plan_one(keeper, opened, bell)
    late = await plan_one(keeper, opened, bell + timedelta(hours=24, minutes=45))
    evening = await plan_one(keeper, opened, bell + timedelta(hours=10))
    week = await found(keeper, f"/api/weeks/schools/{school.county.hub.id}?date=2026-03-05")
    assert (week["first_day"], week["week_number"]) == ("2026-03-02", 2)
    assert [day["why_not"] for day in week["days"]] == [None] * 5 + ["WEEKEND"] * 2
    assert [row["number"] for row in week["periods"]] == [1, 2, 3, 4, 5, 6]
    cells = {row["lesson"]["id"]: (row["day"], row["period"]) for row in week["lessons"]}
    assert cells == {
        lesson["id"]: ("2026-03-02", 3),
        late["id"]: ("2026-03-03", 4),
        evening["id"]: ("2026-03-02", None),
    }
    room = school.county.classrooms[0]
    at_point = await found(keeper, f"/api/weeks/classrooms/{room.id}?date=2026-03-02")
    assert [row["gives"] for row in at_point["lessons"]] == [False] * 3
    teacher = await open_browser(school.county.teacher)
    assert len((await found(teacher, "/api/weeks/mine?date=2026-03-08"))["lessons"]) == 3
    assert (await found(teacher, "/api/weeks/mine?date=2026-03-09"))["lessons"] == []


async def test_teachers_see_no_drafts_and_the_first_teacher_sees_who_stands_in(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    opened: JSON,
    lesson: JSON,
    open_browser: OpenBrowser,
) -> None:
    draft = at(NOON + 2 * HOUR, offering_id=opened["id"], is_published=False)
    await made(keeper, "/api/lessons", draft)
    body = {"person_id": school.other_teacher_id, "reason": "外出"}
    await act(keeper, lesson, "substitute", body)
    teacher = await open_browser(school.county.teacher)
    (mine,) = (await found(teacher, "/api/weeks/mine"))["lessons"]
    assert mine["lesson"]["lecturer"]["name"] == "代课老师"
    whole = await found(keeper, f"/api/weeks/schools/{school.county.hub.id}")
    assert len(whole["lessons"]) == 2


async def test_a_week_costs_the_same_however_full_it_is(
    *, keeper: TestBrowser, school: Timetabled, opened: JSON, database: Database
) -> None:
    path = f"/api/weeks/schools/{school.county.hub.id}?date=2026-03-09"
    counts = []
    for day in (7, 9):
        for n in range(1 if day == 7 else 6):
            await plan_one(keeper, opened, NOON + timedelta(days=day, minutes=45 * n))
        with statements(database) as sent:
            await found(keeper, path)
            await found(keeper, "/api/lessons")
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_a_week_of_another_county_is_not_found(
    keeper: TestBrowser, other_county: County, school: Timetabled
) -> None:
    for path in (
        f"/api/weeks/schools/{other_county.hub.id}",
        f"/api/weeks/classrooms/{other_county.classrooms[0].id}",
        f"/api/schools/{other_county.hub.id}/teachers",
    ):
        assert (await keeper.get(path)).status_code == 404
    people = await found(keeper, f"/api/schools/{school.county.hub.id}/teachers")
    assert school.other_teacher_id in {person["id"] for person in people}
