"""Two who enter what must not be there twice, one just before the other is written down."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances import service as alliances
from app.alliances.errors import MembershipOverlaps
from app.alliances.models import Alliance, AllianceMember, MemberRole, TermPlan
from app.alliances.schemas import MemberIn, TermPlanIn
from app.calendars import service as calendars
from app.calendars.errors import BellsOverlap, TermOverlaps
from app.calendars.models import BellSchedule, Term
from app.calendars.schemas import BellsIn, TermIn
from app.database import Base, Database
from app.errors import ChangedMeanwhile, Problem
from app.schools import histories, registry
from app.schools.errors import NameTaken, SchoolCodeTaken
from app.schools.histories import Noting
from app.schools.models import Region, School, SchoolCode
from app.schools.registry import SchoolFacts
from tests.app.test_calendars import bells, term
from tests.factories import NOON, County, make_county

Write = Callable[[AsyncSession], Awaitable[object]]


async def close_together(database: Database, first: Write, second: Write) -> object:
    """Do the first; begin the second before that is committed; return what the second came to."""

    async def follow() -> object:
        try:
            async with database.unit_of_work() as db:
                return await second(db)
        except Problem as refused:
            return refused

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks, database.unit_of_work() as db:
        await first(db)
        following = tasks.create_task(follow())
        # Time to ask what it asks; that it waits for the commit is what is to be shown.
        await asyncio.wait({following}, timeout=0.5)
    return following.result()


async def count(database: Database, table: type[Base]) -> int:
    async with database.unit_of_work() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
async def county(either_database: Database) -> County:
    async with either_database.unit_of_work() as db:
        return await make_county(db)


async def test_terms_entered_at_once_do_not_overlap(
    either_database: Database, county: County
) -> None:
    async def enter(db: AsyncSession) -> object:
        return await calendars.save_term(db, Term(), TermIn.model_validate(term(county)))

    refused = await close_together(either_database, enter, enter)
    assert isinstance(refused, TermOverlaps)
    assert await count(either_database, Term) == 1


async def test_bells_entered_at_once_do_not_overlap(
    either_database: Database, county: County
) -> None:
    body = BellsIn.model_validate(bells(county.hub.id))

    async def enter(db: AsyncSession) -> object:
        return await calendars.save_bells(db, BellSchedule(periods=[]), body)

    refused = await close_together(either_database, enter, enter)
    assert isinstance(refused, BellsOverlap)
    assert await count(either_database, BellSchedule) == 1


async def make_alliance(database: Database, county: County) -> Alliance:
    async with database.unit_of_work() as db:
        alliance = Alliance(
            region_id=county.region.id, name="联盟", purpose="", starts_on=date(2026, 2, 24)
        )
        db.add(alliance)
    return alliance


async def test_a_school_that_joins_twice_at_once_is_a_member_once(
    either_database: Database, county: County
) -> None:
    alliance = await make_alliance(either_database, county)

    def joining(first_day: str) -> Write:
        body = MemberIn.model_validate(
            {"school_id": str(county.hub.id), "role": "HUB", "from_on": first_day}
        )

        async def join(db: AsyncSession) -> object:
            return await alliances.add_member(db, alliance, county.hub, body)

        return join

    refused = await close_together(either_database, joining("2026-02-24"), joining("2026-03-02"))
    assert isinstance(refused, MembershipOverlaps)
    assert refused.extra["role"] is MemberRole.HUB
    assert await count(either_database, AllianceMember) == 1


async def test_of_two_first_plans_of_a_term_the_second_is_told_it_was_changed(
    either_database: Database, county: County
) -> None:
    alliance = await make_alliance(either_database, county)
    async with either_database.unit_of_work() as db:
        spring = await calendars.save_term(db, Term(), TermIn.model_validate(term(county)))
    body = TermPlanIn(preparations=1, lessons=2, resources=3, trainings=4)

    async def plan(db: AsyncSession) -> object:
        held = await db.get_one(Term, spring.id)
        return await alliances.save_plan(db, alliance, held, None, body)

    refused = await close_together(either_database, plan, plan)
    assert isinstance(refused, ChangedMeanwhile)
    assert await count(either_database, TermPlan) == 1


async def test_a_code_given_to_two_schools_at_once_is_given_to_one(
    either_database: Database, county: County
) -> None:
    async with either_database.unit_of_work() as db:
        region = await db.get_one(Region, county.region.id)
        facts = [SchoolFacts(name, "211", region) for name in ("东小学", "西小学")]
        schools = [
            (await registry.register_school(db, each, Noting.today(NOON))).id for each in facts
        ]

    def giving(school_id: object) -> Write:
        async def give(db: AsyncSession) -> None:
            school = await db.get_one(School, school_id)
            await histories.give_code(db, school, "2199000777", Noting.today(NOON))

        return give

    refused = await close_together(either_database, *map(giving, schools))
    assert isinstance(refused, SchoolCodeTaken)
    assert await count(either_database, SchoolCode) == 1


async def test_a_school_registered_twice_at_once_is_there_once(
    either_database: Database, county: County
) -> None:
    before = await count(either_database, School)

    async def register(db: AsyncSession) -> object:
        region = await db.get_one(Region, county.region.id)
        return await registry.register_school(
            db, SchoolFacts("新建小学", "211", region), Noting.today(NOON)
        )

    refused = await close_together(either_database, register, register)
    assert isinstance(refused, NameTaken)
    assert await count(either_database, School) == before + 1
