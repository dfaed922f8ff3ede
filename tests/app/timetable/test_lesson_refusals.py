"""What cannot be done to planned lessons, and that the lesson stays as it was."""

import pytest

from tests.app.alliance_steps import found, made
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, offering_of, plan_one, tag
from tests.factories import NOON, County

DAY = 24 * HOUR


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: clashes are statements."""
    return either_url


def edit_of(lesson: JSON, **other: object) -> JSON:
    """What a page sends when nothing of a lesson is changed."""
    return {
        "title": lesson["title"],
        "hub_classroom_id": lesson["hub_classroom"]["id"],
        "sites": [{"classroom_id": site["classroom"]["id"]} for site in lesson["sites"]],
        "starts_at": lesson["planned_start"],
        "ends_at": lesson["planned_end"],
    } | other


async def refused(keeper: TestBrowser, lesson: JSON, what: str, body: JSON) -> tuple[int, str]:
    """Try to change a lesson, which must stay as it is; return how it was refused."""
    path = f"/api/lessons/{lesson['id']}"
    before = await found(keeper, path)
    if what == "edit":
        answer = await keeper.send("PUT", path, etag=tag(before), json=body)
    else:
        answer = await keeper.act(f"{path}/{what}", body, etag=tag(before))
    assert await found(keeper, path) == before
    return answer.status_code, answer.json()["type"]


async def test_a_lesson_is_not_moved_onto_another_nor_into_the_past(
    keeper: TestBrowser, opened: JSON, lesson: JSON
) -> None:
    await plan_one(keeper, opened, NOON + 3 * HOUR)
    onto = edit_of(lesson, **at(NOON + 3 * HOUR + HOUR / 2))
    assert await refused(keeper, lesson, "edit", onto) == (409, "lesson-clash")
    past = edit_of(lesson, **at(NOON - HOUR))
    assert await refused(keeper, lesson, "edit", past) == (409, "lesson-in-the-past")


async def test_a_lesson_is_held_where_it_may_be(
    keeper: TestBrowser, school: Timetabled, other_county: County, lesson: JSON
) -> None:
    own = str(school.county.classrooms[0].id)
    for change, how in (
        ({"hub_classroom_id": own}, (404, "not-found")),
        ({"sites": [{"classroom_id": str(other_county.classrooms[0].id)}]}, (404, "not-found")),
        ({"sites": [{"classroom_id": own, "pairing_id": own}]}, (409, "site-unfit")),
        ({"sites": [{"classroom_id": own}] * 2}, (422, "malformed-input")),
    ):
        assert await refused(keeper, lesson, "edit", edit_of(lesson, **change)) == how


async def test_what_is_over_is_neither_moved_published_nor_given_by_another(
    *,
    school: Timetabled,
    lesson: JSON,
    open_browser: OpenBrowser,
    clock: Clock,
) -> None:
    clock.advance(minutes=100)  # nobody began it, and nothing marked it as missed yet
    keeper = await open_browser(school.county.administrator)
    stand_in = {"person_id": school.other_teacher_id, "reason": "病假"}
    for what, body in (
        ("edit", edit_of(lesson, **at(NOON + DAY))),
        ("publish", {}),
        ("substitute", stand_in),
    ):
        assert await refused(keeper, lesson, what, body) == (409, "lesson-not-changeable")


async def test_what_was_cancelled_is_neither_moved_nor_published(
    keeper: TestBrowser, lesson: JSON
) -> None:
    await act(keeper, lesson, "cancel", {"reason": "停电"})
    moved = edit_of(lesson, **at(NOON + DAY))
    assert await refused(keeper, lesson, "edit", moved) == (409, "lesson-not-changeable")
    assert await refused(keeper, lesson, "publish", {}) == (409, "lesson-not-changeable")


async def test_a_lesson_is_published_once(keeper: TestBrowser, lesson: JSON) -> None:
    assert await refused(keeper, lesson, "publish", {}) == (409, "wrong-state")


async def test_only_what_was_cancelled_or_missed_is_made_up(
    keeper: TestBrowser, lesson: JSON
) -> None:
    assert await refused(keeper, lesson, "make-up", at(NOON + DAY)) == (409, "wrong-state")


async def test_a_make_up_needs_a_time_that_is_free_and_a_teacher_of_the_hub(
    *, keeper: TestBrowser, opened: JSON, other_county: County, lesson: JSON
) -> None:
    await plan_one(keeper, opened, NOON + DAY)
    await act(keeper, lesson, "cancel", {"reason": "停电"})
    stranger = str(other_county.teacher.person_id)
    for body, how in (
        (at(NOON - HOUR), (409, "lesson-in-the-past")),
        (at(NOON + DAY + HOUR / 2), (409, "lesson-clash")),
        (at(NOON + 2 * DAY, lecturer_id=stranger), (404, "not-found")),
    ):
        assert await refused(keeper, lesson, "make-up", body) == how
    made_up = await act(keeper, lesson, "make-up", at(NOON + 2 * DAY))
    assert made_up["state"] == "PUBLISHED"
    again = at(NOON + 3 * DAY)
    assert await refused(keeper, lesson, "make-up", again) == (409, "wrong-state")


async def test_what_is_made_up_is_not_cancelled_again(keeper: TestBrowser, lesson: JSON) -> None:
    await act(keeper, lesson, "cancel", {"reason": "停电"})
    original = await found(keeper, f"/api/lessons/{lesson['id']}")
    await act(keeper, original, "make-up", at(NOON + DAY))
    reason = {"reason": "再一次"}
    assert await refused(keeper, lesson, "cancel", reason) == (409, "wrong-state")


async def test_only_a_teacher_of_the_hub_stands_in(
    keeper: TestBrowser, other_county: County, lesson: JSON
) -> None:
    body = {"person_id": str(other_county.teacher.person_id), "reason": "病假"}
    assert await refused(keeper, lesson, "substitute", body) == (404, "not-found")


@pytest.mark.parametrize("what", ["cancel", "substitute"])
async def test_nothing_is_done_to_a_lesson_that_was_changed_meanwhile(
    keeper: TestBrowser, school: Timetabled, lesson: JSON, what: str
) -> None:
    path = f"/api/lessons/{lesson['id']}"
    moved = edit_of(lesson, **at(NOON + 3 * HOUR))
    assert (await keeper.send("PUT", path, etag=tag(lesson), json=moved)).status_code == 200
    body = {"reason": "停电"}
    if what == "substitute":
        body["person_id"] = school.other_teacher_id
    answer = await keeper.act(f"{path}/{what}", body, etag=tag(lesson))
    assert (answer.status_code, answer.json()["current"]["title"]) == (412, lesson["title"])
    assert (await keeper.post(f"{path}/{what}", body)).status_code == 428
    assert (await found(keeper, path))["state"] == "PUBLISHED"


async def test_nobody_plans_lessons_of_another_countys_offering(
    opened: JSON, other_county: County, open_browser: OpenBrowser
) -> None:
    theirs = await open_browser(other_county.administrator)
    body = at(NOON + HOUR, offering_id=opened["id"])
    answer = await theirs.post("/api/lessons", body)
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_an_offering_that_has_ended_is_neither_changed_published_nor_ended_again(
    keeper: TestBrowser, school: Timetabled
) -> None:
    opened = await made(keeper, "/api/course-offerings", offering_of(school))
    path = f"/api/course-offerings/{opened['id']}"
    await keeper.act(f"{path}/publish", None, etag=tag(opened))
    ended = await keeper.act(f"{path}/end", None, etag=tag(await found(keeper, path)))
    assert ended.json()["state"] == "ENDED", ended.text
    change = await keeper.send("PUT", path, etag=tag(ended.json()), json=offering_of(school))
    for answer in (
        change,
        await keeper.act(f"{path}/publish", None, etag=tag(ended.json())),
        await keeper.act(f"{path}/end", None, etag=tag(ended.json())),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")
