"""F9, item 4: a sheet computed again gives the same numbers, whatever is edited after it.

Past 400 lines: each edit there is, against one sheet.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.models import Need, NeedState
from app.attendance import delivered, locking, rewording
from app.attendance.models import (
    AttendanceAmendment,
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
)
from app.calendars.models import CalendarDay, DayKind, Term
from app.codes import service as codes
from app.codes.models import CodeKind
from app.codes.tables import OWN, CodeRow, CodeTables, read_tables
from app.coverage import changes, inputs, queries, sheets
from app.coverage.changes import Input
from app.coverage.code_holders import holders
from app.coverage.errors import InputsNotKept, TermBeingLocked
from app.coverage.inputs import Inputs
from app.coverage.models import (
    CurriculumPeriods,
    CurriculumPlan,
    FigureSheet,
    LocalPeriods,
    SheetState,
)
from app.coverage.sheets import Signer, Values
from app.coverage.weeks import period_of
from app.database import Database
from app.jobs.models import UNFINISHED, Job, JobState, Queue
from app.security import Scope
from tests.app.coverage_world import FIRST_MONDAY, SAVED, WEEKS, Taught, World, make_world
from tests.app.test_coverage_figures import LATER, take_roster
from tests.factories import make_county

BY = Signer(None, "核定人", LATER)
Edit = Callable[[AsyncSession, World, Random, datetime], Awaitable[set[Input]]]


async def make_sheet(db: AsyncSession, world: World, by: Signer) -> FigureSheet:
    period = await period_of(
        db,
        world.county.region,
        first=FIRST_MONDAY,
        last=FIRST_MONDAY + timedelta(weeks=WEEKS, days=-1),
    )
    return await sheets.compute(db, world.roster, period, by=by)


async def locked_world(db: AsyncSession, seed: int, folder: Path) -> World:
    """A county whose rows are all locked, with its roster."""
    world = await make_world(db, seed)
    lock = AttendanceLock(
        term_id=world.term.id, person_id=world.county.administrator.person_id, at=SAVED
    )
    db.add(lock)
    await db.flush()
    of_world = [row.record_id for row in world.rows]
    await db.execute(
        update(AttendanceRecord)
        .where(AttendanceRecord.id.in_(of_world))
        .values(state=AttendanceState.LOCKED, locked_by_id=lock.id)
    )
    await delivered.refresh_of_records(db, of_world)
    world.roster = await take_roster(db, world, folder)
    return world


async def held_of(db: AsyncSession, sheet_id: UUID) -> Values:
    return {
        (value.region_code, definition.indicator): (value.numerator, value.denominator)
        for value, definition in await queries.values_of(db, sheet_id)
    }


# -- what people do after a sheet was signed --------------------------------------------------


async def a_need_is_withdrawn(
    db: AsyncSession, world: World, random: Random, _now: datetime
) -> set[Input]:
    standing = [need for need in world.needs if need.state is not NeedState.WITHDRAWN]
    need = await db.get_one(Need, random.choice(standing).id)
    need.state = NeedState.WITHDRAWN
    return {Input.NEEDS}


async def a_need_asks_for_more(
    db: AsyncSession, world: World, random: Random, _now: datetime
) -> set[Input]:
    standing = [need for need in world.needs if need.state is not NeedState.WITHDRAWN]
    need = await db.get_one(Need, random.choice(standing).id)
    need.periods_a_week += 3
    need.state = NeedState.OPEN
    return {Input.NEEDS}


async def a_need_is_posted_from_an_earlier_day(
    db: AsyncSession, world: World, random: Random, now: datetime
) -> set[Input]:
    db.add(
        Need(
            school_id=random.choice(world.schools).id,
            subject="music",
            grade_no=3,
            language="zh",
            periods_a_week=9,
            weekdays="12345",
            earliest_minute=480,
            latest_minute=960,
            starts_on=FIRST_MONDAY,
            ends_on=FIRST_MONDAY + timedelta(weeks=WEEKS),
            posted_at=now,
            posted_by=world.county.administrator.person_id,
        )
    )
    return {Input.NEEDS}


async def a_week_becomes_a_holiday(
    db: AsyncSession, world: World, random: Random, _now: datetime
) -> set[Input]:
    monday = FIRST_MONDAY + timedelta(weeks=random.randrange(WEEKS))
    db.add_all(
        CalendarDay(
            region_id=world.county.region.id,
            day=monday + timedelta(days=number),
            kind=DayKind.HOLIDAY,
            name="农忙",
        )
        for number in range(7)
    )
    return {Input.TEACHING_WEEKS}


async def the_term_ends_earlier(
    db: AsyncSession, world: World, _random: Random, _now: datetime
) -> set[Input]:
    """Before the middle of the period: its timetables would be of no term, its end no school."""
    term = await db.get_one(Term, world.term.id)
    term.ends_on = FIRST_MONDAY + timedelta(days=4)
    return {Input.TEACHING_WEEKS, Input.TIMETABLES}


async def a_plan_is_added_from_an_earlier_day(
    db: AsyncSession, world: World, _random: Random, now: datetime
) -> set[Input]:
    subjects = set(await db.scalars(select(CurriculumPeriods.subject_id)))
    plan = CurriculumPlan(
        region_id=world.county.region.id, name="县课程计划", valid_from=FIRST_MONDAY
    )
    db.add(plan)
    await db.flush()
    db.add_all(
        CurriculumPeriods(
            plan_id=plan.id, grade_no=grade_no, subject_id=each, tenths_a_week=70, saved_at=now
        )
        for each in subjects
        for grade_no in (3, 4, 5)
    )
    return {Input.CURRICULA}


async def the_plan_asks_for_something_else(
    db: AsyncSession, _world: World, random: Random, now: datetime
) -> set[Input]:
    rows = await db.scalars(
        select(CurriculumPeriods)
        .where(CurriculumPeriods.grade_no == 3, CurriculumPeriods.replaced_at.is_(None))
        .order_by(CurriculumPeriods.subject_id)
    )
    old = random.choice(rows.all())
    old.replaced_at = now
    db.add(
        CurriculumPeriods(
            plan_id=old.plan_id,
            grade_no=3,
            subject_id=old.subject_id,
            tenths_a_week=old.tenths_a_week + 20,
            saved_at=now,
        )
    )
    return {Input.CURRICULA}


async def the_schools_teach_nothing_themselves(
    db: AsyncSession, _world: World, _random: Random, now: datetime
) -> set[Input]:
    for row in await db.scalars(select(LocalPeriods)):
        row.replaced_at = now
    return {Input.TIMETABLES}


async def a_row_is_corrected(
    db: AsyncSession, world: World, random: Random, now: datetime
) -> set[Input]:
    counting = [row for row in world.rows if row.counts and not row.is_after_school]
    await correct(db, world, random.choice(counting), now)
    return {Input.ROWS}


async def a_row_of_a_lesson_after_school_is_corrected(
    db: AsyncSession, world: World, random: Random, now: datetime
) -> set[Input]:
    """No figure rests on it."""
    await correct(db, world, random.choice([row for row in world.rows if row.is_after_school]), now)
    return set()


async def correct(db: AsyncSession, world: World, row: Taught, now: datetime) -> None:
    number = await db.scalar(
        select(func.coalesce(func.max(AttendanceAmendment.number), 0)).where(
            AttendanceAmendment.record_id == row.record_id
        )
    )
    assert number is not None
    db.add(
        AttendanceAmendment(
            record_id=row.record_id,
            number=number + 1,
            person_id=world.county.administrator.person_id,
            at=now,
            reason="更正",
            old_is_counted=row.counts,
            new_is_counted=not row.counts,
        )
    )
    await delivered.refresh_of_records(db, [row.record_id])


async def a_word_becomes_known(
    db: AsyncSession, world: World, _random: Random, _now: datetime
) -> set[Input]:
    """舞龙, which lessons were called and no code set knew; what it brought is placed now."""
    own = read_tables(OWN)
    (kept,) = (row for row in own.sets if row.kind is CodeKind.SUBJECT and row.is_stored)
    dragon = CodeRow(kept.key, "dragon", "舞龙", "Dragon dance", "", "", None, None)
    await codes.load(db, CodeTables((), (dragon,), ()), follow=rewording.follow, holders=holders)
    return {Input.SUBJECTS}


EDITS: tuple[Edit, ...] = (
    a_need_is_withdrawn,
    a_need_asks_for_more,
    a_need_is_posted_from_an_earlier_day,
    a_week_becomes_a_holiday,
    the_term_ends_earlier,
    a_plan_is_added_from_an_earlier_day,
    the_plan_asks_for_something_else,
    the_schools_teach_nothing_themselves,
    a_row_is_corrected,
    a_word_becomes_known,
)


@pytest.mark.parametrize("seed", [5, 6, 7, 8])
async def test_whatever_is_edited_a_sheet_stays_what_it_was_and_says_what_is_another(
    either_database: Database, tmp_path: Path, seed: int
) -> None:
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, seed, tmp_path)
        signed = await make_sheet(db, world, BY)
        assert (signed.open_rows, signed.rows > 10) == (0, True)
        held = await held_of(db, signed.id)
        first = await queries.inputs_of(db, signed.id)
    random, now, changed = Random(seed), LATER, set[Input]()
    edits = (*EDITS, a_row_of_a_lesson_after_school_is_corrected)
    for edit in random.sample(edits, len(edits)):
        now += timedelta(hours=1)
        async with either_database.unit_of_work() as db:
            changed |= await edit(db, world, random, now)
        async with either_database.unit_of_work() as db:
            sheet = await queries.get_sheet(db, signed.id)
            again, rows_hash = await sheets.recompute(db, sheet)
            assert again == held, edit.__name__
            assert rows_hash == sheet.rows_hash, edit.__name__
            assert set(await changes.since_computed(db, sheet) or ()) == changed, edit.__name__
            assert await queries.inputs_of(db, signed.id) == first
    assert changed == set(Input)


@pytest.mark.parametrize("edit", EDITS)
async def test_a_later_sheet_is_of_what_stands_then(
    either_database: Database, tmp_path: Path, edit: Edit
) -> None:
    """Else the sheet that stays the same would stay so for lack of any difference."""
    later = Signer(None, "核定人", LATER + timedelta(days=1))
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, 5, tmp_path)
        signed = await make_sheet(db, world, BY)
        assert await changes.since_computed(db, await queries.get_sheet(db, signed.id)) == []
    async with either_database.unit_of_work() as db:
        changed = await edit(db, world, Random(5), LATER + timedelta(hours=1))
    async with either_database.unit_of_work() as db:
        now = await make_sheet(db, world, later)
        rests_on = [
            (await queries.inputs_of(db, each.id), each.rows_hash, await needs_of(db, each))
            for each in (signed, now)
        ]
        figures = [await held_of(db, each.id) for each in (signed, now)]
        assert await changes.since_computed(db, await queries.get_sheet(db, now.id)) == []
        assert (await sheets.recompute(db, await queries.get_sheet(db, now.id)))[0] == figures[1]
    # Of these two kinds the sheet keeps no copy: each row has its times.
    if changed <= {Input.TIMETABLES, Input.CURRICULA}:
        assert figures[0] != figures[1]
    else:
        assert rests_on[0] != rests_on[1]


async def needs_of(db: AsyncSession, sheet: FigureSheet) -> set[tuple[object, ...]]:
    return {tuple(row) for row in await db.execute(inputs.kept_needs(sheet.id))}


async def test_inputs_are_kept_as_they_are(either_database: Database, tmp_path: Path) -> None:
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, 5, tmp_path)
        sheet = await make_sheet(db, world, BY)
    async with either_database.unit_of_work() as db:
        period = await period_of(db, world.county.region, first=sheet.first_on, last=sheet.last_on)
        found = await inputs.read(db, period)
        assert len(found.teaching) == sheet.weeks == WEEKS
        assert found.curricula.plans
        assert found.terms == (world.term.id,)
        assert found.words.grades == {"三年级": 3, "四年级": 4}
        assert await queries.inputs_of(db, sheet.id) == found
        assert Inputs.of(found.stored()) == found


async def test_a_sheet_from_before_inputs_were_kept_is_not_computed_again(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, 5, tmp_path)
        sheet = await make_sheet(db, world, BY)
        await db.execute(update(FigureSheet).where(FigureSheet.id == sheet.id).values(inputs=None))
    async with either_database.unit_of_work() as db:
        old = await queries.get_sheet(db, sheet.id)
        assert await changes.since_computed(db, old) is None
        with pytest.raises(InputsNotKept, match="Compute a new sheet"):
            await sheets.check(db, old, by=BY)


async def test_a_sheet_that_was_checked_before_inputs_were_kept_is_not_signed(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, 5, tmp_path)
        made = await make_sheet(db, world, BY)
        await sheets.check(db, made, by=BY)
        without = update(FigureSheet).where(FigureSheet.id == made.id).values(inputs=None)
        await db.execute(without.execution_options(synchronize_session=False))
    async with either_database.unit_of_work() as db:
        old = await queries.get_sheet(db, made.id)
        assert (old.state, old.keeps_inputs) == (SheetState.CHECKED, False)
        with pytest.raises(InputsNotKept, match="Compute a new sheet, check it and sign that"):
            await sheets.sign_off(db, old, by=BY)
        assert old.state is SheetState.CHECKED
    later = Signer(None, "核定人", LATER + timedelta(days=1))
    async with either_database.unit_of_work() as db:
        new = await make_sheet(db, world, later)
        await sheets.check(db, new, by=later)
        await sheets.sign_off(db, new, by=later)
        assert (await queries.get_sheet(db, new.id)).keeps_inputs


@pytest.mark.parametrize("state", JobState)
async def test_no_sheet_is_computed_while_its_rows_are_being_locked(
    either_database: Database, tmp_path: Path, state: JobState
) -> None:
    async with either_database.unit_of_work() as db:
        world = await locked_world(db, 5, tmp_path)
        elsewhere = await make_county(db)
        other = Term(
            region_id=elsewhere.region.id,
            name="别县",
            starts_on=world.term.starts_on,
            ends_on=world.term.ends_on,
        )
        before = Term(
            region_id=world.county.region.id,
            name="上学期",
            starts_on=FIRST_MONDAY - timedelta(weeks=20),
            ends_on=FIRST_MONDAY - timedelta(days=1),
        )
        db.add_all([other, before])
        await db.flush()
        for term in (other, before):
            db.add(job_of(term, JobState.RUNNING))
        await db.flush()
        await make_sheet(db, world, BY)
    async with either_database.unit_of_work() as db:
        db.add(job_of(world.term, state))
    async with either_database.unit_of_work() as db:
        if state in UNFINISHED:
            with pytest.raises(TermBeingLocked, match="本学期 is being locked"):
                await make_sheet(db, world, BY)
        else:
            assert (await make_sheet(db, world, BY)).open_rows == 0


def job_of(term: Term, state: JobState) -> Job:
    return Job(
        kind=locking.KIND,
        queue=Queue.LIGHT,
        state=state,
        payload=locking.payload_of(term.id, Scope()),
        created_at=LATER,
        run_after=LATER,
    )
