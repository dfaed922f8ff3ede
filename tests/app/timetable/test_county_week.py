"""The week of a whole county: by hub, by teacher and by point, in scope, filtered, in pages."""

from datetime import timedelta
from typing import Any

import pytest

from app.database import Database
from app.lessons.county_weeks import county_week
from app.lessons.lesson_schemas import WeekBy
from app.lessons.timetable_queries import LessonFilter
from app.paging import PageRequest
from app.security import Grant, PersonCaller, Role
from tests.app.alliance_steps import found, statements
from tests.app.conftest import OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, plan_one
from tests.factories import NOON, County, make_county, make_lesson, make_school

WEEK = "/api/weeks/county?date=2026-03-05"
DAY = timedelta(days=1)


def rows(week: JSON) -> dict[str, list[str]]:
    return {row["name"]: row["lesson_ids"] for row in week["items"]}


@pytest.fixture
async def two(keeper: TestBrowser, school: Timetabled, opened: JSON) -> list[JSON]:
    """Two lessons of this week, the later one given by another teacher; one of the week after."""
    one = await plan_one(keeper, opened)
    other = await plan_one(keeper, opened, NOON + DAY)
    body = {"person_id": school.other_teacher_id, "reason": "病假"}
    await act(keeper, other, "substitute", body)
    await plan_one(keeper, opened, NOON + 7 * DAY)
    return [one, other]


async def test_a_week_is_laid_out_by_who_gives_who_teaches_and_who_receives(
    keeper: TestBrowser, school: Timetabled, two: list[JSON]
) -> None:
    ids = [lesson["id"] for lesson in two]
    county = school.county
    by_hub = await found(keeper, WEEK)
    assert by_hub["first_day"] == "2026-03-02"
    assert rows(by_hub) == {county.hub.name: ids}
    assert [lesson["id"] for lesson in by_hub["lessons"]] == ids
    by_teacher = await found(keeper, f"{WEEK}&by=TEACHER")
    assert sorted(rows(by_teacher).values()) == sorted([[ids[0]], [ids[1]]])
    assert rows(by_teacher)["代课老师"] == [ids[1]]
    assert {row["detail"] for row in by_teacher["items"]} == {county.hub.name}
    by_point = await found(keeper, f"{WEEK}&by=POINT")
    assert rows(by_point) == {point.name: ids for point in county.points}
    assert [lesson["id"] for lesson in by_point["lessons"]] == ids  # once each, in two rows


async def test_it_is_narrowed_as_the_list_of_lessons_is(
    keeper: TestBrowser, school: Timetabled, two: list[JSON]
) -> None:
    one, other = two
    await act(keeper, one, "cancel", {"reason": "大雪"})
    point = school.county.points[0]
    for narrowed, expected in (
        ("&state=CANCELLED", [one["id"]]),
        ("&state=LIVE", []),
        ("&subject=音乐", [one["id"], other["id"]]),
        ("&subject=体育", []),
        ("&kind=MASTER", []),
        ("&q=代课", [other["id"]]),
        (f"&school_id={point.id}", [one["id"], other["id"]]),
    ):
        week = await found(keeper, WEEK + narrowed)
        assert [lesson["id"] for lesson in week["lessons"]] == expected, narrowed
        assert len(week["items"]) == bool(expected)
        listed = await found(keeper, f"/api/lessons?from=2026-03-02&to=2026-03-08{narrowed}")
        assert [lesson["id"] for lesson in listed["items"]] == expected, narrowed
    export = await keeper.get("/api/lessons/export?from=2026-03-02&to=2026-03-08&subject=音乐")
    assert export.text.count("三年级音乐") == 2


async def test_rows_come_in_pages_and_bring_only_their_own_lessons(
    keeper: TestBrowser, school: Timetabled, two: list[JSON]
) -> None:
    first = await found(keeper, f"{WEEK}&by=TEACHER&limit=1")
    second = await found(keeper, f"{WEEK}&by=TEACHER&limit=1&cursor={first['next_cursor']}")
    assert second["next_cursor"] is None
    shown = [week["items"][0]["lesson_ids"] for week in (first, second)]
    assert sorted(shown) == sorted([[lesson["id"]] for lesson in two])
    for week in (first, second):
        assert [each["id"] for each in week["lessons"]] == week["items"][0]["lesson_ids"]
    assert (await keeper.get(f"{WEEK}&cursor=nonsense")).status_code == 400


async def test_teachers_and_classrooms_are_refused_and_another_county_sees_nothing(
    *, two: list[JSON], school: Timetabled, database: Database, open_browser: OpenBrowser
) -> None:
    async with database.unit_of_work() as db:
        elsewhere = await make_county(db)
    stranger = await open_browser(elsewhere.supervisor)
    for by in WeekBy:
        assert (await found(stranger, f"{WEEK}&by={by}"))["items"] == []
    supervisor = await open_browser(school.county.supervisor)
    week = await found(supervisor, WEEK)
    assert len(week["lessons"]) == 2
    assert not any(lesson["is_own"] for lesson in week["lessons"])
    for who in (school.county.teacher, None):
        browser = await open_browser(who) if who else await open_browser()
        assert (await browser.get(WEEK)).status_code in {401, 403}


async def test_a_point_of_another_county_is_no_row_of_ours(
    database: Database, county: County, keeper: TestBrowser
) -> None:
    async with database.unit_of_work() as db:
        elsewhere = await make_county(db)
        rooms = (county.classrooms[0], elsewhere.classrooms[0])
        await make_lesson(db, lecturer=county.teacher, hub=county.hub, classrooms=rooms)
    week = await found(keeper, f"{WEEK}&by=POINT")
    assert list(rows(week)) == [county.points[0].name]


def inspector(county: County) -> PersonCaller:
    return PersonCaller(
        person_id=county.administrator.person_id,
        account_id=county.administrator.id,
        session_id=county.administrator.id,
        name="",
        school_id=None,
        csrf_token="",
        is_restricted=False,
        grants=(Grant(Role.ADMINISTRATOR, county.region.id, None, None),),
    )


@pytest.mark.parametrize("by", list(WeekBy))
async def test_ten_hubs_take_as_many_statements_as_one(
    by: WeekBy, either_database: Database
) -> None:
    counts: list[int] = []

    async def week_of(county: County, **given: Any) -> int:
        async with either_database.unit_of_work() as db:
            with statements(either_database) as asked:
                week = await county_week(
                    db,
                    inspector(county),
                    LessonFilter(),
                    monday=NOON.date(),
                    by=by,
                    page=PageRequest(**given),
                )
        counts.append(len(asked))
        return len(week.lessons)

    async with either_database.unit_of_work() as db:
        county = await make_county(db)
        await make_lesson(db, lecturer=county.teacher, hub=county.hub, classrooms=county.classrooms)
    assert await week_of(county) == 1
    async with either_database.unit_of_work() as db:
        for n in range(9):
            hub = await make_school(db, county.region)
            start = NOON + n * HOUR
            await make_lesson(
                db,
                lecturer=county.teacher,
                hub=hub,
                classrooms=county.classrooms,
                planned_start=start,
            )
    assert await week_of(county) == 10
    assert counts[0] == counts[1]
