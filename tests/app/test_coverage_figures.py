"""Figures from statements equal figures from plain rules, from facts and from the rows alike."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered
from app.calendars.days import Span
from app.calendars.models import CalendarDay, DayKind, Term
from app.codes import service as codes
from app.coverage import listing, rules, seeds
from app.coverage.figures import figures
from app.coverage.models import Basis, CurriculumPeriods, CurriculumPlan, Indicator
from app.coverage.rules import Cell
from app.coverage.sites import FEW_SITES, Question, basics_of, prefix_of
from app.coverage.weeks import months_of, period_of
from app.database import Database
from app.schools import histories, rosters
from app.schools.histories import Noting
from app.schools.models import Region, School
from app.schools.roster_models import RosterSnapshot
from app.signing import load_signer
from tests.app.coverage_rule import figures_of, unplaced_of
from tests.app.coverage_world import FIRST_MONDAY, WEEKS, World, make_world
from tests.factories import make_region

LATER = datetime(2026, 6, 1, tzinfo=UTC)


async def take_roster(
    db: AsyncSession, world: World, folder: Path, *, region: Region | None = None
) -> RosterSnapshot:
    return await rosters.take(
        db,
        region=region or world.county.region,
        name="名册",
        on=FIRST_MONDAY,
        by=None,
        signer=load_signer(folder / "keys"),
        now=LATER,
    )


async def required_of(db: AsyncSession) -> dict[tuple[int, str], int]:
    plan = (await db.scalars(select(CurriculumPlan).where(CurriculumPlan.key == seeds.PLAN))).one()
    rows = await db.scalars(select(CurriculumPeriods).where(CurriculumPeriods.plan_id == plan.id))
    sets = await codes.catalogue(db)
    return {(row.grade_no, sets.get(row.subject_id).code): row.tenths_a_week for row in rows}


async def ask(db: AsyncSession, world: World, roster: RosterSnapshot, **more: object) -> Question:
    period = await period_of(
        db, world.county.region, first=world.term.starts_on, last=world.term.ends_on
    )
    return Question(period, roster_id=roster.id, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
async def test_statements_and_plain_rules_agree(
    either_database: Database, tmp_path: Path, seed: int
) -> None:
    async with either_database.unit_of_work() as db:
        world = await make_world(db, seed)
        holiday = [
            CalendarDay(
                region_id=world.county.region.id,
                day=FIRST_MONDAY + timedelta(weeks=3, days=number),
                kind=DayKind.HOLIDAY,
                name="农忙",
            )
            for number in range(5)
        ]
        db.add_all(holiday)
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        roster = await take_roster(db, world, tmp_path)
    for basis in Basis:
        async with either_database.unit_of_work() as db:
            asked = await ask(db, world, roster, basis=basis)
            assert len(asked.period.teaching) == WEEKS - 1
            wanted = figures_of(
                world,
                basis,
                await required_of(db),
                schools=[each.id for each in world.schools],
                teaching=list(asked.period.teaching),
            )
            whole, counties = await figures(db, await basics_of(db, asked))
            assert whole.figures == wanted
            assert whole.sites == len(world.schools)
            assert whole.without_timetable == 1
            assert whole.unplaced == unplaced_of(
                world,
                basis,
                await required_of(db),
                schools=[each.id for each in world.schools],
            )
            assert [each.figures for each in counties.values()] == [wanted]
            of_rows = await ask(db, world, roster, basis=basis, as_of=LATER)
            assert await figures(db, await basics_of(db, of_rows)) == (whole, counties)
            as_of_many = await ask(db, world, roster, basis=basis, roster_size=FEW_SITES + 1)
            assert await figures(db, await basics_of(db, as_of_many)) == (whole, counties)
    assert wanted


async def test_each_county_has_its_own_figures_and_the_whole_has_their_sums(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        province = await make_region(db)
        worlds = [await make_world(db, seed, parent=province) for seed in (21, 22, 23)]
        term = worlds[0].term
        db.add(
            Term(
                region_id=province.id,
                name="本学期",
                starts_on=term.starts_on,
                ends_on=term.ends_on,
            )
        )
        for world in worlds:
            await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        roster = await take_roster(db, worlds[0], tmp_path, region=province)
        of_one = await take_roster(db, worlds[0], tmp_path)
    async with either_database.unit_of_work() as db:
        required = await required_of(db)
        period = await period_of(db, province, first=term.starts_on, last=term.ends_on)
        for basis in Basis:
            asked = Question(period, basis, roster_id=roster.id)
            whole, counties = await figures(db, await basics_of(db, asked))
            # However many sites are said to be on a roster: the facts of others are not its own.
            code = worlds[0].county.region.code
            alone = Question(period, basis, roster_id=of_one.id, roster_size=FEW_SITES + 1)
            found_alone = await figures(db, await basics_of(db, alone))
            assert found_alone == (counties[code], {code: counties[code]})
            unplaced = 0
            for world in worlds:
                schools = [each.id for each in world.schools]
                found = counties[world.county.region.code]
                assert found.sites == len(schools)
                assert found.figures == figures_of(
                    world, basis, required, schools=schools, teaching=list(period.teaching)
                )
                unplaced += unplaced_of(world, basis, required, schools=schools)
            assert len(counties) == len(worlds)
            assert whole.sites == sum(each.sites for each in counties.values())
            assert whole.unplaced == unplaced
            for indicator, (numerator, denominator) in whole.figures.items():
                parts = [each.figures[indicator] for each in counties.values()]
                assert numerator == sum(part[0] for part in parts)
                assert denominator == sum(part[1] for part in parts)


@pytest.mark.parametrize("basis", Basis)
async def test_each_site_is_listed_with_what_it_is_counted_by(
    either_database: Database, tmp_path: Path, basis: Basis
) -> None:
    async with either_database.unit_of_work() as db:
        world = await make_world(db, 31)
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        roster = await take_roster(db, world, tmp_path)
    async with either_database.unit_of_work() as db:
        asked = await ask(db, world, roster, basis=basis)
        statement, order = await listing.sites(
            db, await basics_of(db, asked), indicator=None, is_met=None
        )
        rows = (await db.execute(statement.order_by(*order))).all()
        assert {row[1] for row in rows} == {each.id for each in world.schools}
        for _, school_id, _, _, reached, weeks, asking, met, *sums in rows:
            subjects, offered, required, taught, lacking, filled = sums
            regular = weeks * 1000 >= len(asked.period.teaching) * 800
            assert figures_of(
                world,
                basis,
                await required_of(db),
                schools=[school_id],
                teaching=list(asked.period.teaching),
            ) == {
                Indicator.COV_REACHED: (int(reached > 0), 1),
                Indicator.COV_REGULAR: (int(regular), 1),
                Indicator.COV_NEED: (int(0 < asking == met), int(asking > 0)),
                Indicator.COV_PERIODS: (filled, lacking),
                Indicator.OFFER_RATE: (offered, subjects),
                Indicator.PERIOD_RATE: (taught, required),
            }


async def test_closing_a_school_changes_no_past_figure(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        world = await make_world(db, 11)
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        roster = await take_roster(db, world, tmp_path)
        before = await figures(db, await basics_of(db, await ask(db, world, roster)))
    async with either_database.unit_of_work() as db:
        for school_id in [world.schools[0].id, world.schools[2].id]:
            school = await db.get_one(School, school_id)
            await histories.close(db, school, Noting(date(2026, 5, 1), LATER, None))
    async with either_database.unit_of_work() as db:
        after = await figures(db, await basics_of(db, await ask(db, world, roster)))
        assert after == before
        roster_then = await take_roster(db, world, tmp_path)
        assert roster_then.size == roster.size


async def test_the_number_of_statements_does_not_grow_with_the_data(
    either_database: Database, tmp_path: Path
) -> None:
    counts = []
    for seed in (1, 2):
        async with either_database.unit_of_work() as db:
            worlds = [await make_world(db, seed * 10 + number) for number in range(seed)]
            rosters_taken = [await take_roster(db, each, tmp_path) for each in worlds]
        async with either_database.unit_of_work() as db:
            asked = await ask(db, worlds[0], rosters_taken[0])
            statements = 0

            def count(*_: object) -> None:
                nonlocal statements
                statements += 1

            engine = either_database.engine.sync_engine
            event.listen(engine, "before_cursor_execute", count)
            await figures(db, await basics_of(db, asked))
            event.remove(engine, "before_cursor_execute", count)
            counts.append(statements)
    assert counts[0] == counts[1] <= 12


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(0, 500), st.integers(0, 500)), max_size=9),
    st.integers(1, 1000),
)
def test_no_cell_makes_up_for_another(cells: list[tuple[int, int, int]], permille: int) -> None:
    found = [Cell(*each) for each in cells]
    totals = rules.total(found, permille=permille)
    for cell in found:
        assert cell.taught + cell.gap == cell.required
        assert 0 <= cell.filled <= cell.lacking <= cell.required
        assert cell.gap == cell.lacking - cell.filled
        assert cell.is_offered(permille) or cell.gap
    assert totals.taught == totals.required - sum(cell.gap for cell in found)
    more = [Cell(cell.required, cell.local, cell.delivered + 10) for cell in found]
    assert rules.total(more, permille=permille).offered >= totals.offered


def test_the_national_plan_keeps_to_the_figures_of_2022() -> None:
    rows, weeks = seeds.rows_of(seeds.PLAN), dict.fromkeys(range(1, 10), 35) | {9: 33}
    a_week = {grade: sum(float(row[str(grade)]) for row in rows) for grade in weeks}
    assert [a_week[grade] for grade in range(1, 10)] == [26, 26, 30, 30, 30, 30, 34, 34, 34]
    whole = sum(a_week[grade] * weeks[grade] for grade in weeks)
    assert whole == 9522
    groups: dict[str, float] = {}
    for row in rows:
        periods = sum(float(row[str(grade)]) * weeks[grade] for grade in weeks)
        groups[row["group"]] = groups.get(row["group"], 0) + periods
    for row in rows:
        share = groups[row["group"]] / whole * 100
        assert float(row["share_from"]) <= share <= float(row["share_to"]), row["group"]


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("510000", "51"),
        ("511900", "5119"),
        ("511902", "511902"),
        ("511902100000", "511902100"),
        ("511902000000", "511902"),
        ("511902100201", "511902100201"),
    ],
)
def test_a_regions_prefix_is_that_of_all_below_it(code: str, prefix: str) -> None:
    assert prefix_of(code) == prefix


def test_a_week_is_of_the_month_its_thursday_is_in() -> None:
    months = months_of(Span(date(2026, 3, 2), date(2026, 4, 24)))
    assert months == [
        ("2026-03", date(2026, 3, 2), date(2026, 3, 29)),
        ("2026-04", date(2026, 3, 30), date(2026, 4, 26)),
    ]
