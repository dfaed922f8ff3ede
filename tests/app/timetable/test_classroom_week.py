"""What a classroom's screen announces of the coming days, and what it says of changes."""

from datetime import timedelta
from typing import Any

import pytest

from tests.app.alliance_steps import found, made
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, plan_one, tag
from tests.factories import NOON, County

WEEK = "/api/classroom/week"
DAY = timedelta(days=1)
QUIET = dict.fromkeys(
    ("moved_from", "moved_to", "cancelled_because", "instead_of", "makes_up", "made_up_on")
)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is announced is found by statements."""
    return either_url


@pytest.fixture
async def screen(school: Timetabled, open_browser: OpenBrowser) -> TestBrowser:
    return await open_browser(device=school.county.credentials[0])


async def announced(screen: TestBrowser) -> dict[str, JSON]:
    return {lesson["id"]: lesson for lesson in (await found(screen, WEEK))["lessons"]}


def said(lesson: JSON) -> dict[str, Any]:
    """What is said of a change."""
    return {name: lesson[name] for name in QUIET if lesson[name] is not None}


async def move(keeper: TestBrowser, lesson: JSON, start: Any) -> JSON:
    sites = [
        {"classroom_id": site["classroom"]["id"], "mode": site["mode"]} for site in lesson["sites"]
    ]
    body = at(start, title=lesson["title"], hub_classroom_id=None, sites=sites)
    answer = await keeper.send("PUT", f"/api/lessons/{lesson['id']}", etag=tag(lesson), json=body)
    assert answer.status_code == 200, answer.text
    changed: JSON = answer.json()
    return changed


async def test_today_and_six_days_more_are_announced_in_order_of_time(
    *, keeper: TestBrowser, screen: TestBrowser, opened: JSON, clock: Clock
) -> None:
    planned = [await plan_one(keeper, opened, NOON + n * DAY) for n in (6, 0, 7, 3)]
    await made(
        keeper, "/api/lessons", at(NOON + HOUR, offering_id=opened["id"], is_published=False)
    )
    week = await found(screen, WEEK)
    assert week["today"] == "2026-03-02"
    shown = [(lesson["id"], lesson["day"]) for lesson in week["lessons"]]
    assert shown == [
        (planned[1]["id"], "2026-03-02"),
        (planned[3]["id"], "2026-03-05"),
        (planned[0]["id"], "2026-03-08"),
    ]
    assert all(said(lesson) == {} for lesson in week["lessons"])
    clock.advance(days=1)
    assert planned[2]["id"] in await announced(screen)


async def test_what_is_moved_says_from_when_and_moved_back_says_nothing(
    *, keeper: TestBrowser, screen: TestBrowser, opened: JSON, lesson: JSON
) -> None:
    moved = await move(keeper, lesson, NOON + DAY)
    moved = await move(keeper, moved, NOON + 2 * DAY)
    (shown,) = (await announced(screen)).values()
    assert said(shown) == {"moved_from": lesson["planned_start"]}
    assert shown["day"] == "2026-03-04"
    await move(keeper, moved, NOON + HOUR)
    (shown,) = (await announced(screen)).values()
    assert said(shown) == {}


async def test_what_is_moved_out_of_these_days_is_said_where_it_was(
    *, keeper: TestBrowser, screen: TestBrowser, opened: JSON, clock: Clock
) -> None:
    gone = await plan_one(keeper, opened, NOON + 2 * DAY)
    before = await plan_one(keeper, opened, NOON + DAY)
    after = await plan_one(keeper, opened, NOON + 3 * DAY)
    moved = await move(keeper, gone, NOON + 10 * DAY)
    week = (await found(screen, WEEK))["lessons"]
    assert [shown["id"] for shown in week] == [before["id"], gone["id"], after["id"]]
    assert said(week[1]) == {"moved_to": moved["planned_start"]}
    times = ("planned_start", "planned_end", "day")
    assert [week[1][name] for name in times] == [*(gone[name] for name in times[:2]), "2026-03-04"]
    clock.advance(days=4)  # the day it left is over, the one it went to is among the seven
    shown = (await announced(screen))[gone["id"]]
    assert said(shown) == {"moved_from": gone["planned_start"]}
    assert [shown[name] for name in times] == [*(moved[name] for name in times[:2]), "2026-03-12"]


async def test_what_is_moved_away_and_then_cancelled_is_cancelled_where_it_was(
    *, keeper: TestBrowser, screen: TestBrowser, lesson: JSON
) -> None:
    moved = await move(keeper, lesson, NOON + 10 * DAY)
    await act(keeper, moved, "cancel", {"reason": "大雪封路"})
    (shown,) = (await announced(screen)).values()
    assert (shown["state"], shown["day"]) == ("CANCELLED", "2026-03-02")
    assert said(shown) == {
        "moved_to": moved["planned_start"],
        "cancelled_because": "大雪封路",
    }


async def test_a_draft_that_is_moved_was_never_anywhere_else(
    *, keeper: TestBrowser, screen: TestBrowser, opened: JSON
) -> None:
    body = at(NOON + HOUR, offering_id=opened["id"], is_published=False)
    draft = await move(keeper, await made(keeper, "/api/lessons", body), NOON + DAY)
    await act(keeper, draft, "publish", {})
    (shown,) = (await announced(screen)).values()
    assert said(shown) == {}


async def test_what_is_cancelled_made_up_and_given_by_another_says_so(
    *, keeper: TestBrowser, school: Timetabled, screen: TestBrowser, lesson: JSON
) -> None:
    gone = await act(keeper, lesson, "cancel", {"reason": "大雪封路"})
    (shown,) = (await announced(screen)).values()
    assert (shown["state"], said(shown)) == ("CANCELLED", {"cancelled_because": "大雪封路"})
    again = await act(keeper, gone, "make-up", at(NOON + DAY))
    body = {"person_id": school.other_teacher_id, "reason": "病假"}
    await act(keeper, again, "substitute", body)
    week = await announced(screen)
    first, second = week[lesson["id"]], week[again["id"]]
    assert first["state"] == "MADE_UP"
    assert said(first) == {
        "cancelled_because": "大雪封路",
        "made_up_on": again["planned_start"],
    }
    assert second["lecturer"] == "代课老师"
    assert said(second) == {
        "makes_up": lesson["planned_start"],
        "instead_of": lesson["lecturer"]["name"],
    }


async def test_who_gives_her_lesson_after_all_stands_in_for_nobody(
    *, keeper: TestBrowser, school: Timetabled, screen: TestBrowser, lesson: JSON
) -> None:
    for person_id in (school.other_teacher_id, str(school.county.teacher.person_id)):
        body = {"person_id": person_id, "reason": "病假"}
        lesson = await act(keeper, lesson, "substitute", body)
    (shown,) = (await announced(screen)).values()
    assert said(shown) == {}


async def test_only_the_classrooms_own_lessons_are_announced(
    *, keeper: TestBrowser, county: County, opened: JSON, lesson: JSON, open_browser: OpenBrowser
) -> None:
    kept = [{"classroom_id": str(county.classrooms[1].id)}]
    body = at(NOON + HOUR, title="三年级音乐", hub_classroom_id=None, sites=kept)
    path = f"/api/lessons/{lesson['id']}"
    assert (await keeper.send("PUT", path, etag=tag(lesson), json=body)).status_code == 200
    screens = [await open_browser(device=each) for each in county.credentials]
    assert [len(await announced(each)) for each in screens] == [0, 1]
    assert (await keeper.get(WEEK)).status_code == 401
