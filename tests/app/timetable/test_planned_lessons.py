"""Planned lessons through the API: moved, cancelled, given by another, made up, missed."""

from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.database import Database
from app.jobs import service as jobs
from app.jobs.models import Queue
from app.jobs.worker import Worker
from app.lessons.changes import MISSING_KIND
from app.lessons.models import Cancellation, Lesson, LessonState, Substitution
from app.workers import PERIODIC, job_handlers
from tests.app.alliance_steps import found, made
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timetable_steps import HOUR, JSON, Timetabled, act, at, offering_of, plan_one, tag
from tests.factories import NOON, County, make_classroom


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: plans become rows."""
    return either_url


async def run_jobs(app: FastAPI, database: Database, clock: Clock) -> None:
    assert MISSING_KIND in PERIODIC
    async with database.unit_of_work() as db:
        await jobs.enqueue(db, kind=MISSING_KIND, payload={}, owner=None, now=clock.now)
    worker = Worker(
        database,
        database.events,
        handlers=job_handlers(),
        periodic={},
        files=app.state.job_files,
        queues=frozenset(Queue),
        clock=clock,
    )
    assert await worker.run_due() == 1


async def test_a_lesson_is_planned_and_moved(
    keeper: TestBrowser, school: Timetabled, lesson: JSON
) -> None:
    assert (lesson["state"], lesson["subject"], lesson["grade"]) == ("PUBLISHED", "音乐", "三年级")
    path = f"/api/lessons/{lesson['id']}"
    body = at(
        NOON + 3 * HOUR,
        title="小雨沙沙",
        hub_classroom_id=school.hub_classroom_id,
        sites=[{"classroom_id": str(school.county.classrooms[0].id), "mode": "OBSERVE"}],
    )
    answer = await keeper.send("PUT", path, etag=tag(lesson), json=body)
    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert moved["version"] == lesson["version"] + 1
    assert [site["mode"] for site in moved["sites"]] == ["OBSERVE"]
    assert (await keeper.send("PUT", path, etag=tag(lesson), json=body)).status_code == 412


async def test_a_clash_names_the_lesson_and_its_time(
    keeper: TestBrowser, opened: JSON, lesson: JSON
) -> None:
    answer = await keeper.post("/api/lessons", at(NOON + HOUR, offering_id=opened["id"]))
    assert (answer.status_code, answer.json()["type"]) == (409, "lesson-clash")
    assert "《三年级音乐》 on 2026-03-02 from 11:00 to 11:40" in answer.json()["detail"]
    assert answer.json()["count"] == 4
    kinds = {clash["kind"] for clash in answer.json()["clashes"]}
    assert kinds == {"PERSON", "CLASSROOM"}


async def test_what_has_passed_is_not_planned(
    keeper: TestBrowser, opened: JSON, lesson: JSON
) -> None:
    past = at(NOON - HOUR, offering_id=opened["id"])
    assert (await keeper.post("/api/lessons", past)).json()["type"] == "lesson-in-the-past"


@pytest.mark.parametrize("minutes", [0, -5, 241])
async def test_a_lesson_ends_after_it_begins_within_four_hours(
    keeper: TestBrowser, opened: JSON, minutes: int
) -> None:
    body = {
        "offering_id": opened["id"],
        "starts_at": NOON.isoformat(),
        "ends_at": (NOON + timedelta(minutes=minutes)).isoformat(),
    }
    assert (await keeper.post("/api/lessons", body)).status_code == 422


async def test_a_cancelled_lesson_keeps_its_reason_and_frees_its_time(
    keeper: TestBrowser, opened: JSON, lesson: JSON, database: Database
) -> None:
    done = await act(keeper, lesson, "cancel", {"reason": "大雪封路"})
    assert (done["state"], done["cancelled_because"]) == ("CANCELLED", "大雪封路")
    assert (await plan_one(keeper, opened))["state"] == "PUBLISHED"
    again = await keeper.act(
        f"/api/lessons/{lesson['id']}/cancel", {"reason": "再一次"}, etag=tag(done)
    )
    assert (again.status_code, again.json()["possible"]) == (409, ["MADE_UP"])
    async with database.unit_of_work() as db:
        assert len((await db.scalars(select(Cancellation))).all()) == 1


async def test_a_reason_is_asked_for(keeper: TestBrowser, lesson: JSON) -> None:
    answer = await keeper.act(
        f"/api/lessons/{lesson['id']}/cancel", {"reason": "  "}, etag=tag(lesson)
    )
    assert answer.status_code == 422


async def test_who_stands_in_gives_the_lesson_and_the_first_teacher_is_kept(
    *, keeper: TestBrowser, school: Timetabled, lesson: JSON, database: Database
) -> None:
    body = {"person_id": school.other_teacher_id, "reason": "王老师病假"}
    done = await act(keeper, lesson, "substitute", body)
    assert done["lecturer"]["name"] == "代课老师"
    assert [step["reason"] for step in done["substitutions"]] == ["王老师病假"]
    again = await keeper.act(f"/api/lessons/{lesson['id']}/substitute", body, etag=tag(done))
    assert again.json()["type"] == "same-teacher"
    back = {"person_id": str(school.county.teacher.person_id), "reason": "病好了"}
    done = await act(keeper, done, "substitute", back)
    async with database.unit_of_work() as db:
        steps = (await db.scalars(select(Substitution).order_by(Substitution.number))).all()
    assert [str(step.to_person_id) for step in steps] == [
        school.other_teacher_id,
        str(school.county.teacher.person_id),
    ]


async def test_who_has_a_lesson_then_cannot_stand_in(
    *, keeper: TestBrowser, database: Database, school: Timetabled, lesson: JSON
) -> None:
    async with database.unit_of_work() as db:  # a line of two lessons, so far as is known
        await make_classroom(db, school.county.hub)
    other = await made(
        keeper,
        "/api/course-offerings",
        offering_of(school, lecturer_id=school.other_teacher_id, hub_classroom_id=None, sites=[]),
    )
    await plan_one(keeper, other)
    answer = await keeper.act(
        f"/api/lessons/{lesson['id']}/substitute",
        {"person_id": school.other_teacher_id, "reason": "病假"},
        etag=tag(lesson),
    )
    assert answer.json()["type"] == "lesson-clash"
    assert (await found(keeper, f"/api/lessons/{lesson['id']}"))["substitutions"] == []


async def test_a_make_up_stands_in_and_when_it_fails_the_original_is_open_again(
    keeper: TestBrowser, lesson: JSON
) -> None:
    cancelled = await act(keeper, lesson, "cancel", {"reason": "停电"})
    path = f"/api/lessons/{lesson['id']}"
    made_up = await act(keeper, cancelled, "make-up", at(NOON + 24 * HOUR))
    assert made_up["makes_up"]["id"] == lesson["id"]
    assert {site["classroom"]["id"] for site in made_up["sites"]} == {
        site["classroom"]["id"] for site in lesson["sites"]
    }
    original = await found(keeper, path)
    assert (original["state"], original["made_up_by"]["id"]) == ("MADE_UP", made_up["id"])
    await act(keeper, made_up, "cancel", {"reason": "又停电"})
    original = await found(keeper, path)
    assert (original["state"], original["cancelled_because"]) == ("CANCELLED", "停电")
    failed = await found(keeper, f"/api/lessons/{made_up['id']}")
    answer = await keeper.act(
        f"/api/lessons/{made_up['id']}/make-up", at(NOON + 48 * HOUR), etag=tag(failed)
    )
    assert answer.json()["type"] == "wrong-state"
    assert (await act(keeper, original, "make-up", at(NOON + 48 * HOUR)))["state"] == "PUBLISHED"


async def test_a_lesson_after_school_is_made_up_after_school(
    keeper: TestBrowser, school: Timetabled, database: Database
) -> None:
    opened = await made(keeper, "/api/course-offerings", offering_of(school, is_after_school=True))
    cancelled = await act(keeper, await plan_one(keeper, opened), "cancel", {"reason": "停电"})
    await act(keeper, cancelled, "make-up", at(NOON + 24 * HOUR))
    async with database.unit_of_work() as db:
        kept = (await db.scalars(select(Lesson.is_after_school))).all()
    assert kept == [True, True]


@pytest.mark.parametrize("late", [True, False])
async def test_lessons_to_come_are_after_school_as_their_offering_becomes(
    keeper: TestBrowser, school: Timetabled, database: Database, late: bool
) -> None:
    """What has begun, or was to begin by now, stays as it is."""
    opened = await made(
        keeper, "/api/course-offerings", offering_of(school, is_after_school=not late)
    )
    lesson_id = UUID((await plan_one(keeper, opened))["id"])
    async with database.unit_of_work() as db:
        to_come = await db.get_one(Lesson, lesson_id)
        stands = {
            LessonState.PLANNED: HOUR,
            LessonState.PUBLISHED: HOUR,
            LessonState.READY: HOUR,
            LessonState.CANCELLED: HOUR,
            LessonState.LIVE: HOUR,
            LessonState.ENDED: -HOUR,
            LessonState.CREDITED: -HOUR,
            LessonState.MISSED: -HOUR,
        }
        for state, after in stands.items():
            db.add(
                Lesson(
                    **{
                        name: getattr(to_come, name)
                        for name in (
                            *("kind", "subject", "grade", "hub_school_id", "lecturer_id"),
                            *("offering_id", "is_after_school"),
                        )
                    },
                    title=state,
                    state=state,
                    planned_start=NOON + after,
                    planned_end=NOON + after + timedelta(minutes=40),
                )
            )
    read = await keeper.get(f"/api/course-offerings/{opened['id']}")
    changed = await keeper.send(
        "PUT",
        f"/api/course-offerings/{opened['id']}",
        json=offering_of(school, is_after_school=late),
        etag=read.headers["ETag"],
    )
    assert changed.status_code == 200, changed.text
    async with database.unit_of_work() as db:
        rows = await db.execute(select(Lesson.id, Lesson.state, Lesson.is_after_school))
        after_school = {row[0]: (row[1], row[2]) for row in rows}
    assert after_school.pop(lesson_id) == (LessonState.PUBLISHED, late)
    follows = {LessonState.PLANNED, LessonState.PUBLISHED, LessonState.READY, LessonState.CANCELLED}
    assert dict(after_school.values()) == {
        state: late if state in follows else not late for state in stands
    }


async def test_nobody_else_changes_a_lesson(
    *,
    school: Timetabled,
    lesson: JSON,
    other_county: County,
    open_browser: OpenBrowser,
) -> None:
    for account, statuses in (
        (school.county.supervisor, {403}),
        (school.county.teacher, {403}),
        (other_county.administrator, {404}),
    ):
        browser = await open_browser(account)
        answer = await browser.act(
            f"/api/lessons/{lesson['id']}/cancel", {"reason": "不许"}, etag=tag(lesson)
        )
        assert answer.status_code in statuses


async def test_a_lesson_nobody_began_is_missed_when_its_time_is_over(
    *,
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    lesson: JSON,
    open_browser: OpenBrowser,
) -> None:
    async def state(of: JSON) -> str:
        keeper = await open_browser(county.administrator)
        word: str = (await found(keeper, f"/api/lessons/{of['id']}"))["state"]
        return word

    clock.advance(minutes=99)
    await run_jobs(app, database, clock)
    assert await state(lesson) == "PUBLISHED"
    clock.advance(minutes=1)
    await run_jobs(app, database, clock)
    assert await state(lesson) == "MISSED"
    keeper = await open_browser(county.administrator)
    missed = await found(keeper, f"/api/lessons/{lesson['id']}")
    made_up = await act(keeper, missed, "make-up", at(NOON + 24 * HOUR))
    assert await state(lesson) == "MADE_UP"
    clock.advance(days=2)
    await run_jobs(app, database, clock)
    assert await state(made_up) == "MISSED"
    assert await state(lesson) == "MISSED"


async def test_a_live_lesson_is_neither_missed_nor_changed(
    *,
    keeper: TestBrowser,
    school: Timetabled,
    lesson: JSON,
    database: Database,
    app: FastAPI,
    clock: Clock,
    open_browser: OpenBrowser,
) -> None:
    clock.advance(hours=1)
    teacher = await open_browser(school.county.teacher)
    assert (await teacher.post(f"/api/lessons/{lesson['id']}/start")).status_code == 200
    clock.advance(minutes=45)
    await run_jobs(app, database, clock)
    live = await found(keeper, f"/api/lessons/{lesson['id']}")
    assert live["state"] == "LIVE"
    for what, body in (
        ("cancel", {"reason": "晚了"}),
        ("substitute", {"person_id": school.other_teacher_id, "reason": "晚了"}),
    ):
        answer = await keeper.act(f"/api/lessons/{lesson['id']}/{what}", body, etag=tag(live))
        assert answer.status_code == 409, answer.text


async def test_what_was_given_up_leaves_the_states_in_the_database(
    keeper: TestBrowser, lesson: JSON, database: Database
) -> None:
    await act(keeper, lesson, "cancel", {"reason": "停课"})
    async with database.unit_of_work() as db:
        row = (await db.scalars(select(Lesson))).one()
    assert row.state is LessonState.CANCELLED
