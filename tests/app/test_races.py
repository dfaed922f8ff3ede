"""Two who write the same at once: one is first, the other is told, and neither meets a fault."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.util import await_only

from app.attendance.delivered import Words
from app.coverage import curriculum, sheets
from app.coverage.errors import PlanThere, SignedAlready, TimetableThere
from app.coverage.inputs import Curricula, Inputs
from app.coverage.models import (
    Basis,
    CurriculumPlan,
    FigureSheet,
    LocalTimetable,
    SheetState,
    SheetStep,
)
from app.database import Database
from app.errors import Problem
from app.lessons import feeds
from app.lessons.feeds import Holder
from app.lessons.models import CalendarFeed
from app.schools.models import SchoolClass
from app.schools.roster_models import RosterSnapshot
from app.security import hash_token
from tests.app.coverage_world import FIRST_MONDAY, World, make_world
from tests.app.test_coverage_figures import take_roster
from tests.factories import NOON, make_class

Write = Callable[[AsyncSession], Awaitable[object]]


async def at_once(database: Database, write: Write) -> list[object]:
    """Run it twice, each in a transaction of its own, and let both read before either writes.

    Return what the two came to, a refusal as itself.
    """
    barrier = asyncio.Barrier(2)

    async def run() -> object:
        try:
            async with database.unit_of_work() as db:
                event.listen(
                    db.sync_session,
                    "before_flush",
                    lambda *_: await_only(barrier.wait()),
                    once=True,
                )
                return await write(db)
        except Problem as refused:
            return refused

    async with asyncio.timeout(30):
        return list(await asyncio.gather(run(), run()))


@pytest.fixture
async def world(either_database: Database) -> World:
    async with either_database.unit_of_work() as db:
        return await make_world(db, 3)


async def test_of_two_first_addresses_made_at_once_one_is_valid(
    either_database: Database, world: World
) -> None:
    holder = Holder(person_id=world.county.teacher.person_id)
    made = await at_once(either_database, lambda db: feeds.renew(db, holder, now=NOON))
    async with either_database.unit_of_work() as db:
        (row,) = (await db.scalars(select(CalendarFeed))).all()
    assert row.token_hash in {hash_token(str(token)) for token in made}
    assert row.made_at == NOON
    assert len(set(made)) == 2


async def test_a_class_is_given_one_timetable_of_a_term(
    either_database: Database, world: World
) -> None:
    async with either_database.unit_of_work() as db:
        pupils = await make_class(db, world.schools[0].id)
    its_school = joinedload(SchoolClass.school)

    async def hand_in(db: AsyncSession) -> object:
        held = await db.get_one(SchoolClass, pupils.id, options=[its_school])
        return await curriculum.add_timetable(db, school_class=held, term=world.term, now=NOON)

    came = await at_once(either_database, hand_in)
    assert {type(each) for each in came} == {LocalTimetable, TimetableThere}
    async with either_database.unit_of_work() as db:
        held = select(func.count()).where(LocalTimetable.class_id == pupils.id)
        assert await db.scalar(held) == 1


async def test_a_region_is_given_one_curriculum_from_a_day(
    either_database: Database, world: World
) -> None:
    async def add(db: AsyncSession) -> object:
        plan = CurriculumPlan(
            region_id=world.county.region.id, name="县课程计划", valid_from=date(2026, 2, 1)
        )
        by = world.county.administrator.person_id
        await curriculum.save_plan(db, plan, [], by=by, now=NOON)
        return plan

    came = await at_once(either_database, add)
    assert {type(each) for each in came} == {CurriculumPlan, PlanThere}
    async with either_database.unit_of_work() as db:
        held = select(func.count()).where(CurriculumPlan.region_id == world.county.region.id)
        assert await db.scalar(held) == 1


def sheet_of(
    roster: RosterSnapshot, state: SheetState, amends_id: UUID | None = None
) -> FigureSheet:
    """A sheet of weeks without lessons: none of their rows is open."""
    after = FIRST_MONDAY + timedelta(weeks=20)
    return FigureSheet(
        roster_id=roster.id,
        first_on=after,
        last_on=after + timedelta(days=6),
        weeks=1,
        basis=Basis.LOCKED,
        state=state,
        computed_at=NOON,
        rows=0,
        rows_hash="0" * 64,
        open_rows=0,
        inputs=Inputs((), Curricula((), frozenset(), {}), (), Words({}, {})).stored(),
        amends_id=amends_id,
    )


async def test_of_two_amendments_signed_at_once_one_amends(
    either_database: Database, world: World, tmp_path: Path
) -> None:
    by = sheets.Signer(world.county.administrator.person_id, "管理员", NOON)
    async with either_database.unit_of_work() as db:
        roster = await take_roster(db, world, tmp_path)
        signed = sheet_of(roster, SheetState.SIGNED_OFF)
        db.add(signed)
        await db.flush()
        amendments = [sheet_of(roster, SheetState.CHECKED, signed.id) for _ in range(2)]
        db.add_all(amendments)
    first, second = (each.id for each in amendments)

    async with either_database.unit_of_work() as late:
        hers = await late.get_one(FigureSheet, second)
        its = await late.get_one(FigureSheet, signed.id)
        async with either_database.unit_of_work() as db:
            await sheets.sign_off(db, await db.get_one(FigureSheet, first), by=by)
        assert its.state is SheetState.SIGNED_OFF, "as she read it"
        with pytest.raises(SignedAlready):
            await sheets.sign_off(late, hers, by=by)
    async with either_database.unit_of_work() as db:
        states = {each.id: each.state for each in await db.scalars(select(FigureSheet))}
        steps = set(await db.scalars(select(SheetStep.sheet_id)))
    assert steps == {first, signed.id}
    assert states == {
        signed.id: SheetState.AMENDED,
        first: SheetState.SIGNED_OFF,
        second: SheetState.CHECKED,
    }


async def test_of_two_sheets_signed_at_once_one_is_in_force(
    either_database: Database, world: World, tmp_path: Path
) -> None:
    by = sheets.Signer(world.county.administrator.person_id, "管理员", NOON)
    async with either_database.unit_of_work() as db:
        roster = await take_roster(db, world, tmp_path)
        both = [sheet_of(roster, SheetState.CHECKED) for _ in range(2)]
        db.add_all(both)
    barrier = asyncio.Barrier(2)

    async def sign(sheet_id: UUID) -> UUID | None:
        try:
            async with either_database.unit_of_work() as db:
                sheet = await db.get_one(FigureSheet, sheet_id)
                await barrier.wait()
                await sheets.sign_off(db, sheet, by=by)
        except SignedAlready as refused:
            return UUID(str(refused.extra["signed_id"]))
        return None

    async with asyncio.timeout(30):
        came = dict(
            zip(
                (each.id for each in both),
                await asyncio.gather(*map(sign, (each.id for each in both))),
                strict=True,
            )
        )
    [signed] = [sheet_id for sheet_id, refused in came.items() if refused is None]
    assert set(came.values()) == {None, signed}, "who was second is led to the first"
    async with either_database.unit_of_work() as db:
        states = {each.id: each.state for each in await db.scalars(select(FigureSheet))}
    assert sorted(states.values()) == [SheetState.CHECKED, SheetState.SIGNED_OFF]
    assert states[signed] is SheetState.SIGNED_OFF


async def test_of_two_who_sign_one_sheet_the_second_is_told_it_was_changed(
    either_database: Database, world: World, tmp_path: Path
) -> None:
    by = sheets.Signer(world.county.administrator.person_id, "管理员", NOON)
    async with either_database.unit_of_work() as db:
        sheet = sheet_of(await take_roster(db, world, tmp_path), SheetState.CHECKED)
        db.add(sheet)

    async def sign_both() -> None:
        async with either_database.unit_of_work() as late:
            hers = await late.get_one(FigureSheet, sheet.id)
            async with either_database.unit_of_work() as db:
                await sheets.sign_off(db, await db.get_one(FigureSheet, sheet.id), by=by)
            assert hers.state is SheetState.CHECKED, "as she read it"
            await sheets.sign_off(late, hers, by=by)

    with pytest.raises(StaleDataError):  # answered as ChangedMeanwhile
        await sign_both()
    async with either_database.unit_of_work() as db:
        assert await db.scalar(select(func.count()).select_from(SheetStep)) == 1
