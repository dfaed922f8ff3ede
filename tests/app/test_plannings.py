"""Plannings through the API: asked, answered by the job, one plan accepted or refused whole."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.calendars import service as calendars
from app.calendars.models import BellSchedule, Term
from app.calendars.schemas import BellsIn, PeriodIn
from app.clock import DISPLAY_ZONE
from app.database import Database
from app.jobs.models import Queue
from app.jobs.worker import Worker
from app.lessons.models import CourseOffering, Lesson, LessonState, OfferingState
from app.workers import job_handlers
from tests.app.conftest import Clock, OpenBrowser, TestBrowser
from tests.app.timetable_steps import make_bells, make_offering, make_term
from tests.factories import County, make_lesson

JSON = dict[str, Any]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: what is planned around, and accepted, is found by statements."""
    return either_url


@pytest.fixture
async def music(database: Database, county: County) -> CourseOffering:
    async with database.unit_of_work() as db:
        await make_term(db, county)
        await make_bells(db, county)
        return await make_offering(db, county)


@pytest.fixture
async def keeper(open_browser: OpenBrowser, county: County) -> TestBrowser:
    return await open_browser(county.administrator)


def body(offering: CourseOffering, **values: Any) -> JSON:
    return {"term_id": str(offering.term_id), "offering_ids": [str(offering.id)], **values}


async def plan(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser, asked: JSON
) -> JSON:
    """Ask, have the job run, and return the planning."""
    answer = await keeper.post("/api/plannings", asked)
    assert answer.status_code == 202, answer.text
    assert answer.json()["answer"] is None
    await work(app, database, clock)
    found = await keeper.get(answer.headers["Location"])
    assert found.status_code == 200, found.text
    planning: JSON = found.json()
    return planning


async def work(app: FastAPI, database: Database, clock: Clock) -> None:
    worker = Worker(
        database,
        database.events,
        handlers=job_handlers(),
        periodic={},
        files=app.state.job_files,
        queues=frozenset({Queue.HEAVY}),
        clock=clock,
    )
    assert await worker.run_due() == 1


async def lessons_of(database: Database, offering: CourseOffering) -> list[Lesson]:
    async with database.unit_of_work() as db:
        rows = await db.scalars(
            select(Lesson)
            .where(Lesson.offering_id == offering.id)
            .options(selectinload(Lesson.sites))
            .order_by(Lesson.planned_start)
        )
        return list(rows)


async def accept(keeper: TestBrowser, planning: JSON, number: int = 0, **values: Any) -> Any:
    return await keeper.post(f"/api/plannings/{planning['id']}/accept", {"plan": number, **values})


async def test_a_plan_is_asked_for_found_and_becomes_the_lessons_of_the_term(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser, music: CourseOffering
) -> None:
    planning = await plan(app, database, clock, keeper, body(music))
    assert planning["state"] == "ANSWERED"
    plans = planning["answer"]["plans"]
    assert len(plans) == 3
    assert planning["answer"]["conflicts"] == []
    assert all(len(each["slots"]) == 2 and each["is_best"] for each in plans)

    answer = await accept(keeper, planning, publish=True)
    assert answer.status_code == 200, answer.text
    accepted = answer.json()["accepted"]
    lessons = await lessons_of(database, music)
    assert accepted["created"] == len(lessons) > 30
    assert {lesson.state for lesson in lessons} == {LessonState.PUBLISHED}
    slots = {(slot["weekday"], slot["timings"][0]["starts_minute"]) for slot in plans[0]["slots"]}
    for lesson in lessons:
        starts = lesson.planned_start.astimezone(DISPLAY_ZONE)
        assert (starts.isoweekday(), starts.hour * 60 + starts.minute) in slots
        assert {site.classroom_id for site in lesson.sites} == {
            site.classroom_id for site in music.sites
        }


async def test_accepting_again_changes_nothing_and_another_plan_is_refused(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser, music: CourseOffering
) -> None:
    planning = await plan(app, database, clock, keeper, body(music))
    first = await accept(keeper, planning)
    again = await accept(keeper, planning)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    other = await accept(keeper, planning, 1)
    assert (other.status_code, other.json()["type"]) == (409, "wrong-state")
    assert len(await lessons_of(database, music)) == first.json()["accepted"]["created"]


async def test_a_plan_that_is_not_there_is_not_found(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser, music: CourseOffering
) -> None:
    planning = await plan(app, database, clock, keeper, body(music))
    answer = await accept(keeper, planning, 9)
    assert (answer.status_code, answer.json()["type"]) == (404, "no-such-plan")
    assert (await accept(keeper, planning)).status_code == 200


async def test_nothing_is_accepted_before_there_is_an_answer(
    keeper: TestBrowser, music: CourseOffering
) -> None:
    planning = (await keeper.post("/api/plannings", body(music))).json()
    answer = await accept(keeper, planning)
    assert (answer.status_code, answer.json()["type"]) == (409, "wrong-state")


async def _change_bells(database: Database, county: County, _: JSON) -> None:
    async with database.unit_of_work() as db:
        schedule = await db.scalar(select(BellSchedule).options(selectinload(BellSchedule.periods)))
        assert schedule is not None
        for period in schedule.periods:
            period.starts_minute += 3


async def _change_offering(database: Database, county: County, _: JSON) -> None:
    async with database.unit_of_work() as db:
        offering = (await db.scalars(select(CourseOffering))).one()
        offering.textbook = "人教版"


async def _plan_beside(database: Database, county: County, planning: JSON) -> None:
    """Give the teacher a lesson of her own where the plan has one."""
    slot = planning["answer"]["plans"][0]["slots"][0]["timings"][0]
    begins = datetime.fromisoformat(slot["last"]).replace(tzinfo=DISPLAY_ZONE)
    async with database.unit_of_work() as db:
        await make_lesson(
            db,
            lecturer=county.teacher,
            hub=county.hub,
            planned_start=begins + timedelta(minutes=slot["starts_minute"] + 10),
        )


@pytest.mark.parametrize("change", [_change_bells, _change_offering, _plan_beside])
async def test_a_plan_is_refused_whole_when_something_changed_meanwhile(
    change: Any,
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    keeper: TestBrowser,
    music: CourseOffering,
) -> None:
    planning = await plan(app, database, clock, keeper, body(music))
    await change(database, county, planning)
    answer = await accept(keeper, planning)
    assert (answer.status_code, answer.json()["type"]) == (412, "plan-outdated")
    assert await lessons_of(database, music) == []
    again = await keeper.get(f"/api/plannings/{planning['id']}")
    assert again.json()["state"] == "ANSWERED"


async def test_planning_again_moves_the_lessons_that_are_there(
    app: FastAPI, database: Database, clock: Clock, keeper: TestBrowser, music: CourseOffering
) -> None:
    first = await plan(app, database, clock, keeper, body(music))
    assert (await accept(keeper, first, publish=True)).status_code == 200
    before = await lessons_of(database, music)
    slot = first["answer"]["plans"][0]["slots"][0]
    taken = {name: slot[name] for name in ("weekday", "period")}
    kept = [{"school_id": str(music.hub_school_id)} | taken]
    second = await plan(app, database, clock, keeper, body(music, kept_free=kept))
    answer = await accept(keeper, second, publish=True)
    assert answer.status_code == 200, answer.text
    after = await lessons_of(database, music)
    assert {lesson.id for lesson in before} == {lesson.id for lesson in after}
    starts = {
        (at.isoweekday(), at.hour * 60 + at.minute)
        for at in (lesson.planned_start.astimezone(DISPLAY_ZONE) for lesson in after)
    }
    assert (slot["weekday"], slot["timings"][0]["starts_minute"]) not in starts


async def test_what_cannot_be_is_said_in_one_sentence_and_the_rest_is_planned(
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    keeper: TestBrowser,
    music: CourseOffering,
) -> None:
    late = BellsIn(
        school_id=county.points[0].id,
        name="山区作息",
        valid_from=date(2026, 2, 1),
        periods=[PeriodIn(number=1, starts="09:00", ends="09:40")],
    )
    async with database.unit_of_work() as db:
        await calendars.save_bells(db, BellSchedule(periods=[]), late)
    planning = await plan(app, database, clock, keeper, body(music))
    assert planning["answer"]["plans"][0]["lacking"] == [
        {"offering_id": str(music.id), "periods": 2}
    ]
    [conflict] = planning["answer"]["conflicts"]
    assert conflict["code"] == "no-shared-window"
    assert conflict["values"]["site"] == county.points[0].name
    assert (conflict["values"]["overlap"], conflict["values"]["minutes"]) == (20, 35)
    assert (conflict["values"]["hub_period"], conflict["values"]["site_period"]) == (1, 1)


@pytest.mark.parametrize("change", ["is_after_school", "sites", "term", "ended", "other term"])
async def test_what_is_not_for_the_planner_is_refused(
    change: str,
    database: Database,
    county: County,
    keeper: TestBrowser,
    music: CourseOffering,
) -> None:
    asked = body(music)
    async with database.unit_of_work() as db:
        offering = (
            await db.scalars(select(CourseOffering).options(selectinload(CourseOffering.sites)))
        ).one()
        if change == "is_after_school":
            offering.is_after_school = True
        elif change == "sites":
            offering.sites.clear()
        elif change == "ended":
            offering.state = OfferingState.ENDED
        elif change == "other term":
            days = {"starts_on": date(2026, 8, 31), "ends_on": date(2027, 1, 15)}
            autumn = Term(region_id=county.region.id, name="秋季学期", **days)
            db.add(autumn)
            await db.flush()
            asked["term_id"] = str(autumn.id)
        else:
            (await db.scalars(select(Term))).one().ends_on = date(2026, 3, 6)
    answer = await keeper.post("/api/plannings", asked)
    assert (answer.status_code, answer.json()["type"]) == (409, "cannot-plan")


@pytest.mark.parametrize(
    "wrong",
    [
        {"offering_ids": []},
        {"least_minutes": 19},
        {"kept_free": [{"school_id": str(UUID(int=1)), "weekday": 8, "period": 1}]},
    ],
)
async def test_a_question_that_is_none_is_refused(
    keeper: TestBrowser, music: CourseOffering, wrong: JSON
) -> None:
    answer = await keeper.post("/api/plannings", body(music, **wrong))
    assert (answer.status_code, answer.json()["type"]) == (422, "malformed-input")


@pytest.mark.parametrize("what", ["term", "school", "another's"])
async def test_a_term_or_a_school_that_is_not_there_or_not_in_it_is_not_found(
    keeper: TestBrowser, music: CourseOffering, other_county: County, what: str
) -> None:
    nowhere = str(UUID(int=1))
    school = other_county.hub.id if what == "another's" else nowhere
    kept = [{"school_id": str(school), "weekday": 1, "period": 1}]
    wrong: JSON = {"term_id": nowhere} if what == "term" else {"kept_free": kept}
    answer = await keeper.post("/api/plannings", body(music, **wrong))
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")


async def test_a_plan_that_would_begin_in_the_past_is_outdated(
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    keeper: TestBrowser,
    music: CourseOffering,
    open_browser: OpenBrowser,
) -> None:
    planning = await plan(app, database, clock, keeper, body(music))
    clock.advance(days=7)
    later = await open_browser(county.administrator)
    answer = await accept(later, planning)
    assert (answer.status_code, answer.json()["type"]) == (412, "plan-outdated")
    assert await lessons_of(database, music) == []


async def test_the_offerings_of_a_term_to_choose_from_are_ones_own(
    other_county: County, open_browser: OpenBrowser, keeper: TestBrowser, music: CourseOffering
) -> None:
    path = f"/api/plannings/offerings?term_id={music.term_id}"
    [shown] = (await keeper.get(path)).json()["items"]
    assert (shown["id"], shown["periods_a_week"], len(shown["sites"])) == (str(music.id), 2, 2)
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get(path)).json()["items"] == []


async def test_the_offerings_of_another_county_are_not_found(
    other_county: County, open_browser: OpenBrowser, music: CourseOffering
) -> None:
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.post("/api/plannings", body(music))).status_code == 404


async def test_whoever_does_not_administer_the_hub_cannot_plan(
    open_browser: OpenBrowser, county: County, music: CourseOffering
) -> None:
    for account in (county.supervisor, county.teacher):
        browser = await open_browser(account)
        assert (await browser.post("/api/plannings", body(music))).status_code == 403


async def test_a_planning_is_seen_in_its_scope_only_and_listed(
    other_county: County,
    open_browser: OpenBrowser,
    keeper: TestBrowser,
    county: County,
    music: CourseOffering,
) -> None:
    made = (await keeper.post("/api/plannings", body(music))).json()
    supervisor = await open_browser(county.supervisor)
    listed = (await supervisor.get("/api/plannings")).json()["items"]
    assert [(each["id"], each["offerings"]) for each in listed] == [(made["id"], 1)]
    exported = await supervisor.get("/api/plannings/export?format=csv")
    assert county.hub.name in exported.text
    stranger = await open_browser(other_county.administrator)
    assert (await stranger.get(f"/api/plannings/{made['id']}")).status_code == 404
    assert (await stranger.get("/api/plannings")).json()["items"] == []


async def test_the_same_request_again_asks_once(
    database: Database, keeper: TestBrowser, music: CourseOffering
) -> None:
    headers = await keeper._ours() | {"Idempotency-Key": "once"}
    answers = [await keeper.post("/api/plannings", body(music), headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await keeper.get("/api/plannings")).json()["items"]) == 1


async def test_a_lesson_that_is_there_is_planned_around(
    app: FastAPI,
    database: Database,
    clock: Clock,
    county: County,
    keeper: TestBrowser,
    music: CourseOffering,
) -> None:
    """The points' classrooms are taken at every hub period but two."""
    free = {(2, 3), (4, 5)}
    async with database.unit_of_work() as db:
        for weekday in range(1, 6):
            for period, starts in enumerate((520, 570, 630, 680, 870, 920), start=1):
                if (weekday, period) in free:
                    continue
                day = datetime(2026, 3, 9, tzinfo=DISPLAY_ZONE) + timedelta(days=weekday - 1)
                await make_lesson(
                    db,
                    lecturer=county.administrator,
                    hub=county.points[1],
                    classrooms=county.classrooms[:1],
                    planned_start=day + timedelta(minutes=starts),
                )
    planning = await plan(app, database, clock, keeper, body(music))
    slots = planning["answer"]["plans"][0]["slots"]
    assert {(each["weekday"], each["period"]) for each in slots} == free
    assert len(planning["answer"]["plans"]) == 1 + len(
        [each for each in planning["answer"]["plans"][1:] if each["lacking"]]
    )
