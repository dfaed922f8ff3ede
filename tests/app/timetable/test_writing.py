"""Planned lessons become rows: once however often they are said, and never two in one place."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.database import Database, uuid7
from app.errors import WrongState
from app.lessons.clashes import Claim, Taken, find_clashes
from app.lessons.errors import LessonClash
from app.lessons.models import CourseOffering, Lesson, LessonSite, LessonState, OfferingState
from app.lessons.queries import get_lesson
from app.lessons.timetable import LessonPlan, OfferingPlan, SitePlan, Written, write_lessons
from tests.app.alliance_steps import statements
from tests.app.timetable_steps import make_offering, planned
from tests.factories import NOON, County, make_classroom, make_county, make_lesson, make_person

DAY = timedelta(days=1)


@pytest.fixture
async def county(either_database: Database) -> County:
    async with either_database.unit_of_work() as db:
        return await make_county(db)


@pytest.fixture
async def offering(either_database: Database, county: County) -> CourseOffering:
    async with either_database.unit_of_work() as db:
        return await make_offering(db, county)


async def write(
    database: Database,
    offering: CourseOffering,
    *rows: LessonPlan,
    publish: bool = True,
    only_these: bool = False,
) -> Written:
    async with database.unit_of_work() as db:
        again = await db.get_one(
            CourseOffering, offering.id, options=[selectinload(CourseOffering.sites)]
        )
        return await write_lessons(
            db,
            [OfferingPlan(again, rows)],
            publish=publish,
            only_these_from=NOON if only_these else None,
        )


def named(refused: LessonClash) -> list[dict[str, Any]]:
    found = refused.extra["clashes"]
    assert isinstance(found, list)
    return found


async def sites_of(database: Database, lesson: Lesson) -> Sequence[LessonSite]:
    async with database.unit_of_work() as db:
        return (await get_lesson(db, lesson.id)).sites


async def test_a_planned_lesson_is_whole_and_published(
    either_database: Database, county: County, offering: CourseOffering
) -> None:
    written = await write(either_database, offering, planned("W10-1"), planned("W10-2", NOON + DAY))
    assert len(written.created) == 2
    async with either_database.unit_of_work() as db:
        lesson = await get_lesson(db, written.created[0].id)
        again = await db.get_one(CourseOffering, offering.id)
    assert (lesson.title, lesson.subject, lesson.grade) == ("三年级音乐", "音乐", "三年级")
    assert lesson.state is LessonState.PUBLISHED
    assert lesson.hub_classroom_id == offering.hub_classroom_id
    assert lesson.lecturer_id == county.teacher.person_id
    assert {site.classroom_id for site in lesson.sites} == {room.id for room in county.classrooms}
    assert again.state is OfferingState.ACTIVE


async def test_a_lesson_is_after_school_as_its_offering_was_when_it_was_written(
    either_database: Database, offering: CourseOffering
) -> None:
    async with either_database.unit_of_work() as db:
        (await db.get_one(CourseOffering, offering.id)).is_after_school = True
    (lesson,) = (await write(either_database, offering, planned("a"))).created
    async with either_database.unit_of_work() as db:
        (await db.get_one(CourseOffering, offering.id)).is_after_school = False
    (other,) = (await write(either_database, offering, planned("b", NOON + DAY))).created
    async with either_database.unit_of_work() as db:
        found = [await db.get_one(Lesson, each.id) for each in (lesson, other)]
    assert [each.is_after_school for each in found] == [True, False]


async def test_said_twice_nothing_is_done_twice(
    either_database: Database, offering: CourseOffering
) -> None:
    rows = [planned(f"W10-{n}", NOON + n * DAY) for n in range(5)]
    first = await write(either_database, offering, *rows)
    second = await write(either_database, offering, *rows)
    assert (len(second.unchanged), second.created, second.changed) == (5, [], [])
    assert {row.version for row in second.unchanged} == {1}
    assert {row.id for row in first.created} == {row.id for row in second.unchanged}
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(LessonSite)) == 10


async def test_a_slot_that_moves_keeps_its_lesson_and_the_seats_that_stay(
    either_database: Database, county: County, offering: CourseOffering
) -> None:
    written = await write(either_database, offering, planned("W10-1"))
    (before,) = written.created
    seats = {site.classroom_id: site.id for site in await sites_of(either_database, before)}
    async with either_database.unit_of_work() as db:
        third = await make_classroom(db, county.points[0])
    stays = county.classrooms[0].id
    moved = replace(planned("W10-1", NOON + DAY), sites=(SitePlan(stays), SitePlan(third.id)))
    written = await write(either_database, offering, moved)
    (after,) = written.changed
    assert (after.id, after.version, after.planned_start) == (before.id, 2, NOON + DAY)
    now = {site.classroom_id: site.id for site in await sites_of(either_database, after)}
    assert now.keys() == {stays, third.id}
    assert now[stays] == seats[stays]


async def test_two_lessons_may_change_places_in_one_go(
    either_database: Database, offering: CourseOffering
) -> None:
    await write(either_database, offering, planned("a"), planned("b", NOON + DAY))
    written = await write(either_database, offering, planned("a", NOON + DAY), planned("b"))
    assert len(written.changed) == 2


@pytest.mark.parametrize("state", [LessonState.LIVE, LessonState.ENDED, LessonState.CANCELLED])
async def test_what_has_begun_is_over_or_was_given_up_is_left_alone(
    either_database: Database, offering: CourseOffering, state: LessonState
) -> None:
    (lesson,) = (await write(either_database, offering, planned("a"))).created
    async with either_database.unit_of_work() as db:
        (await db.get_one(Lesson, lesson.id)).state = state
    written = await write(either_database, offering, planned("a", NOON + DAY))
    assert [row.id for row in written.kept] == [lesson.id]
    assert written.kept[0].planned_start == NOON


async def test_drafts_that_are_planned_no_more_go_and_published_lessons_stay(
    either_database: Database, offering: CourseOffering
) -> None:
    await write(either_database, offering, planned("published"))
    await write(either_database, offering, planned("past", NOON - DAY), publish=False)
    await write(either_database, offering, planned("draft", NOON + DAY), publish=False)
    written = await write(
        either_database, offering, planned("other", NOON + DAY), publish=False, only_these=True
    )
    assert written.removed == 1
    async with either_database.unit_of_work() as db:
        slots = set(await db.scalars(select(Lesson.slot)))
    assert slots == {"published", "past", "other"}


async def test_a_teacher_who_has_a_lesson_then_is_named_with_it(
    either_database: Database, county: County, offering: CourseOffering
) -> None:
    async with either_database.unit_of_work() as db:
        await make_lesson(db, lecturer=county.teacher, hub=county.hub, title="认识周长")
    with pytest.raises(
        LessonClash, match="《认识周长》 on 2026-03-02 from 10:00 to 10:40"
    ) as refused:
        await write(either_database, offering, planned("a", NOON + timedelta(minutes=39)))
    (clash,) = named(refused.value)
    assert clash["kind"] is Taken.PERSON
    assert (
        await write(either_database, offering, planned("a", NOON + timedelta(minutes=40)))
    ).created


@pytest.mark.parametrize("where", ["hub", "site"])
async def test_a_classroom_gives_or_receives_one_lesson_at_a_time(
    either_database: Database, county: County, offering: CourseOffering, where: str
) -> None:
    await write(either_database, offering, planned("a"))
    async with either_database.unit_of_work() as db:
        other = await make_person(db, school=county.hub)
        second = await make_offering(db, county, name="美术")
        second.lecturer_id = other.person_id
        if where == "hub":
            second.hub_classroom_id = offering.hub_classroom_id
    sites = () if where == "hub" else (SitePlan(county.classrooms[1].id),)
    with pytest.raises(LessonClash, match="三年级音乐") as refused:
        await write(either_database, second, replace(planned("a"), sites=sites))
    assert {clash["kind"] for clash in named(refused.value)} == {Taken.CLASSROOM}


async def test_lessons_given_up_take_up_nobodys_time(
    either_database: Database, county: County, offering: CourseOffering
) -> None:
    async with either_database.unit_of_work() as db:
        for state in (LessonState.CANCELLED, LessonState.MISSED, LessonState.MADE_UP):
            await make_lesson(
                db,
                lecturer=county.teacher,
                hub=county.hub,
                classrooms=county.classrooms,
                state=state,
            )
    assert (await write(either_database, offering, planned("a"))).created


async def test_one_plan_cannot_want_the_same_teacher_twice(
    either_database: Database, offering: CourseOffering
) -> None:
    with pytest.raises(LessonClash) as refused:
        await write(either_database, offering, planned("a"), planned("b", NOON + DAY / 60))
    assert refused.value.extra["count"] == 4  # the teacher, the hub's classroom, two sites
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(Lesson)) == 0


async def test_an_offering_that_has_ended_gets_no_lessons(
    either_database: Database, offering: CourseOffering
) -> None:
    async with either_database.unit_of_work() as db:
        (await db.get_one(CourseOffering, offering.id)).state = OfferingState.ENDED
    with pytest.raises(WrongState, match="has ended"):
        await write(either_database, offering, planned("a"))


async def test_of_two_who_claim_a_teacher_at_once_one_gets_him(
    either_database: Database, county: County, offering: CourseOffering
) -> None:
    async with either_database.unit_of_work() as db:
        second = await make_offering(db, county, name="另一门")
    answers = await asyncio.gather(
        *(write(either_database, each, planned("a")) for each in (offering, second)),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["LessonClash", "Written"]


async def test_deciding_costs_the_same_however_many_lessons(
    either_database: Database, offering: CourseOffering
) -> None:
    await write(either_database, offering, planned("first"))
    counts = []
    for many in (2, 60):
        rows = [planned(f"{many}-{n}", NOON + (many + n) * DAY) for n in range(many)]
        with statements(either_database) as sent:
            await write(either_database, offering, *rows)
        counts.append(len([each for each in sent if each.lstrip().startswith("SELECT")]))
    assert counts[0] == counts[1]


PEOPLE, ROOMS = [uuid7() for _ in range(3)], [uuid7() for _ in range(3)]
CLASSES, LINES = [uuid7() for _ in range(2)], {uuid7(): 1, uuid7(): 2}
CHAINS = [uuid7() for _ in range(2)]


@st.composite
def some_claims(draw: st.DrawFn) -> Claim:
    start = draw(st.integers(0, 30))
    return Claim(
        title="",
        starts_at=NOON + timedelta(minutes=start),
        ends_at=NOON + timedelta(minutes=start + draw(st.integers(1, 15))),
        people=frozenset(draw(st.sets(st.sampled_from(PEOPLE), max_size=2))),
        classrooms=frozenset(draw(st.sets(st.sampled_from(ROOMS), max_size=2))),
        lesson_id=uuid7(),
        chain_id=draw(st.sampled_from([None, None, *CHAINS])),
        classes=frozenset(draw(st.sets(st.sampled_from(CLASSES), max_size=1))),
        lines=frozenset(draw(st.sets(st.sampled_from(sorted(LINES)), max_size=1))),
    )


@given(st.lists(some_claims(), max_size=6), st.lists(some_claims(), max_size=6))
def test_every_overlap_over_something_is_found_and_nothing_else(
    claims: list[Claim], beside: list[Claim]
) -> None:
    found = {
        (frozenset({clash.wanted.lesson_id, clash.other.lesson_id}), clash.resource_id)
        for clash in find_clashes(claims, beside, LINES)
        if clash.kind is not Taken.LINE
    }
    pairs = [(one, other) for n, one in enumerate(claims) for other in [*claims[n + 1 :], *beside]]
    expected = {
        (frozenset({one.lesson_id, other.lesson_id}), resource)
        for one, other in pairs
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at
        if one.chain_id is None or one.chain_id != other.chain_id
        for resource in (one.people & other.people)
        | (one.classrooms & other.classrooms)
        | (one.classes & other.classes)
    }
    assert found == expected


@given(st.lists(some_claims(), max_size=6), st.lists(some_claims(), max_size=6))
def test_a_line_that_would_carry_too_much_is_found_and_no_other(
    claims: list[Claim], beside: list[Claim]
) -> None:
    def only_lines(group: list[Claim]) -> list[Claim]:
        nothing: frozenset[UUID] = frozenset()
        return [
            replace(each, people=nothing, classrooms=nothing, classes=nothing) for each in group
        ]

    wanted, there = only_lines(claims), only_lines(beside)
    found = find_clashes(wanted, there, LINES)
    crowded = {
        line
        for line, most in LINES.items()
        for minute in range(50)
        for running in [
            [
                each
                for each in (*wanted, *there)
                if line in each.lines
                and each.starts_at <= NOON + timedelta(minutes=minute) < each.ends_at
            ]
        ]
        if len(running) > most and any(each in wanted for each in running)
    }
    assert {clash.resource_id for clash in found} == crowded
    for clash in found:
        assert (clash.kind, clash.at_once) == (Taken.LINE, LINES[clash.resource_id])
        assert clash.wanted in wanted
        assert clash.wanted.starts_at < clash.other.ends_at
        assert clash.other.starts_at < clash.wanted.ends_at


def test_a_crowded_line_is_not_told_where_the_two_lessons_clash_anyway() -> None:
    (line,) = (line for line, most in LINES.items() if most == 1)
    one = Claim("先", NOON, NOON + DAY / 24, frozenset(), frozenset({ROOMS[0]}))
    one = replace(one, lines=frozenset({line}))
    other = replace(one, title="后")
    assert [clash.kind for clash in find_clashes([other], [one], LINES)] == [Taken.CLASSROOM]
    elsewhere = replace(other, classrooms=frozenset({ROOMS[1]}))
    assert [clash.kind for clash in find_clashes([elsewhere], [one], LINES)] == [Taken.LINE]


def test_a_point_passes_on_what_it_receives_at_the_same_time() -> None:
    origin, room = uuid7(), uuid7()
    first = Claim("源头", NOON, NOON + DAY / 24, frozenset(), frozenset({room}), lesson_id=origin)
    second = replace(first, title="转播", lesson_id=uuid7(), chain_id=origin)
    assert find_clashes([second], [first], {}) == []
    assert find_clashes([replace(second, chain_id=None)], [first], {}) != []
