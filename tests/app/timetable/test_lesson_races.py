"""Two who change lessons at once: one is first, the other is told, and nothing is lost."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, selectinload
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.util import await_only

from app.database import Database
from app.errors import WrongState
from app.lessons import changes
from app.lessons.changes import By
from app.lessons.models import (
    Cancellation,
    CourseOffering,
    Lesson,
    LessonState,
    OfferingState,
    Substitution,
)
from app.lessons.queries import get_lesson
from app.lessons.timetable import LessonPlan, OfferingPlan, Written, write_lessons
from tests.app.timetable_steps import make_offering, planned
from tests.factories import NOON, County, make_county, make_person

DAY = timedelta(days=1)

Do = Callable[[], Awaitable[object]]


@pytest.fixture
async def county(either_database: Database) -> County:
    async with either_database.unit_of_work() as db:
        return await make_county(db)


@pytest.fixture
async def offering(either_database: Database, county: County) -> CourseOffering:
    async with either_database.unit_of_work() as db:
        made = await make_offering(db, county)
        made.state = OfferingState.ACTIVE
        return made


async def load(db: AsyncSession, offering: CourseOffering) -> CourseOffering:
    sites = selectinload(CourseOffering.sites)
    return await db.get_one(CourseOffering, offering.id, options=[sites])


async def write(
    database: Database, offering: CourseOffering, row: LessonPlan, *, publish: bool = True
) -> Written:
    async with database.unit_of_work() as db:
        plan = OfferingPlan(await load(db, offering), [row])
        return await write_lessons(db, [plan], publish=publish)


def before_it_writes(db: AsyncSession, do: Do) -> list[object]:
    """Have something done, once, when this session read and is about to write or to lock."""
    done: list[object] = []

    def first(state: ORMExecuteState) -> None:
        if not done and (state.is_update or state.is_delete):
            done.append(None)
            await_only(do())

    event.listen(db.sync_session, "do_orm_execute", first)
    return done


def before_drafts_go(db: AsyncSession, do: Do) -> list[object]:
    """Have something done, once, when the lessons were read and some are to be removed."""
    read: list[object] = []
    done: list[object] = []

    def between(state: ORMExecuteState) -> None:
        if state.is_relationship_load or done:
            return
        if read:
            done.append(None)
            await_only(do())
        elif state.is_select and state.execution_options.get("populate_existing"):
            read.append(None)

    event.listen(db.sync_session, "do_orm_execute", between)
    return done


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cancel", "cancel"),
        ("cancel", "substitute"),
        ("substitute", "cancel"),
        ("substitute", "substitute"),
    ],
)
async def test_of_two_who_change_a_lesson_at_once_the_second_is_told(
    either_database: Database, county: County, offering: CourseOffering, before: str, after: str
) -> None:
    lesson_id = (await write(either_database, offering, planned("a"))).created[0].id
    by = By(county.administrator.person_id, NOON - DAY)
    people = {}
    async with either_database.unit_of_work() as db:
        for reason in ("first", "second"):
            person = await make_person(db, school=county.hub, name=reason)
            people[reason] = person.person_id

    async def act(db: AsyncSession, lesson: Lesson, what: str, reason: str) -> None:
        if what == "cancel":
            await changes.cancel(db, lesson, reason=reason, by=by)
        else:
            await changes.substitute(db, lesson, to_person_id=people[reason], reason=reason, by=by)

    async def both() -> None:
        async with either_database.unit_of_work() as late:
            hers = await get_lesson(late, lesson_id)
            async with either_database.unit_of_work() as db:
                await act(db, await get_lesson(db, lesson_id), before, "first")
            await act(late, hers, after, "second")

    with pytest.raises(StaleDataError):  # answered as ChangedMeanwhile
        await both()
    async with either_database.unit_of_work() as db:
        said = [*await db.scalars(select(Cancellation.reason))]
        said += await db.scalars(select(Substitution.reason))
        lesson = await get_lesson(db, lesson_id)
    assert said == ["first"]
    assert (lesson.state is LessonState.CANCELLED) == (before == "cancel")
    assert (lesson.lecturer_id == people["first"]) == (before == "substitute")


# SQLite has one writer: who would publish the draft waits until the plan is written.
@pytest.mark.parametrize(
    "either_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
@pytest.mark.parametrize("state", [LessonState.PUBLISHED, LessonState.CANCELLED])
async def test_a_draft_that_is_published_or_cancelled_as_a_plan_leaves_it_out_stays(
    either_database: Database, county: County, offering: CourseOffering, state: LessonState
) -> None:
    drafts = [
        (await write(either_database, offering, planned(slot, NOON + day * DAY), publish=False))
        for day, slot in enumerate(("kept", "gone"), start=1)
    ]
    kept_id, gone_id = (each.created[0].id for each in drafts)

    async def change() -> None:
        async with either_database.unit_of_work() as db:
            lesson = await get_lesson(db, kept_id)
            if state is LessonState.PUBLISHED:
                changes.publish(lesson, NOON)
            else:
                by = By(county.administrator.person_id, NOON)
                await changes.cancel(db, lesson, reason="大雪", by=by)

    async with either_database.unit_of_work() as db:
        plan = OfferingPlan(await load(db, offering), [planned("new", NOON + 3 * DAY)])
        done = before_drafts_go(db, change)
        written = await write_lessons(db, [plan], only_these_from=NOON)
        assert done
    assert written.removed == 1
    async with either_database.unit_of_work() as db:
        there = {row.id: row.state for row in await db.scalars(select(Lesson))}
        assert len((await get_lesson(db, kept_id)).sites) == len(plan.offering.sites)
    assert there == {kept_id: state, written.created[0].id: LessonState.PLANNED}
    assert gone_id not in there


async def test_an_offering_that_is_ended_this_moment_gets_no_lesson(
    either_database: Database, offering: CourseOffering
) -> None:
    async def end() -> None:
        async with either_database.unit_of_work() as db:
            await changes.end_offering(db, await load(db, offering), NOON)

    async def plan() -> None:
        async with either_database.unit_of_work() as db:
            hers = await load(db, offering)
            assert hers.state is OfferingState.ACTIVE
            done = before_it_writes(db, end)
            try:
                await changes.add_lesson(db, hers, planned("a"), publish=True, now=NOON - DAY)
            finally:
                assert done

    with pytest.raises(WrongState, match="has ended"):
        await plan()
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(Lesson)) == 0


async def test_an_offering_that_gets_a_lesson_this_moment_is_not_ended(
    either_database: Database, offering: CourseOffering
) -> None:
    async def end() -> None:
        async with either_database.unit_of_work() as db:
            hers = await load(db, offering)
            done = before_it_writes(db, lambda: write(either_database, offering, planned("a")))
            try:
                await changes.end_offering(db, hers, NOON - DAY)
            finally:
                assert done

    with pytest.raises(WrongState, match="1 lessons of it lie ahead"):
        await end()
    async with either_database.unit_of_work() as db:
        assert (await load(db, offering)).state is OfferingState.ACTIVE
