"""Weeks as numbers: needs count in those asked about, and one statement asks whatever they are."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import literal, select, union_all

from app.attendance import delivered
from app.calendars.models import CalendarDay, DayKind
from app.coverage import listing
from app.coverage.figures import figures
from app.coverage.models import Basis, Indicator
from app.coverage.sites import Basics, Question, basics_of
from app.coverage.week_numbers import WeekNumber, taught_before
from app.coverage.weeks import Period, period_of
from app.database import Database
from tests.app.coverage_rule import figures_of
from tests.app.coverage_world import FIRST_MONDAY, WEEKS, make_world
from tests.app.test_coverage_figures import required_of, take_roster

WEEK = timedelta(weeks=1)
SPANS = [(begin, end) for begin in range(WEEKS) for end in range(begin, WEEKS)]
FREE = 3


@pytest.mark.parametrize("seed", [2, 5])
async def test_needs_count_in_the_weeks_asked_about(
    either_database: Database, tmp_path: Path, seed: int
) -> None:
    async with either_database.unit_of_work() as db:
        world = await make_world(db, seed)
        db.add_all(
            CalendarDay(
                region_id=world.county.region.id,
                day=FIRST_MONDAY + WEEK * FREE + timedelta(days=number),
                kind=DayKind.HOLIDAY,
                name="农忙",
            )
            for number in range(5)
        )
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        roster = await take_roster(db, world, tmp_path)
        schools, required = [each.id for each in world.schools], await required_of(db)
        found, texts = [], set()
        for begin, end in SPANS:
            if (begin, end) == (FREE, FREE):
                continue
            first, last = FIRST_MONDAY + WEEK * begin, FIRST_MONDAY + WEEK * end
            period = await period_of(db, world.county.region, first=first, last=last)
            basics = await basics_of(db, Question(period, roster_id=roster.id))
            whole, _ = await figures(db, basics)
            wanted = figures_of(
                world, Basis.COUNTED, required, schools=schools, teaching=list(period.teaching)
            )[Indicator.COV_NEED]
            assert whole.figures[Indicator.COV_NEED] == wanted
            found.append(wanted)
            texts.add(await _text_of_sites(either_database, basics))
        assert len(set(found)) > 2
        assert len(texts) == 1


async def _text_of_sites(database: Database, basics: Basics) -> str:
    async with database.unit_of_work() as db:
        statement, _ = await listing.sites(db, basics, indicator=None, is_met=None)
    return str(statement.compile(dialect=database.engine.dialect))


async def test_weeks_have_numbers_and_those_taught_are_counted(either_database: Database) -> None:
    first = date(2026, 8, 31)
    taught = {0, 2, 3, delivered.MOST_WEEKS - 1}
    last = first + WEEK * delivered.MOST_WEEKS - timedelta(days=1)
    period = Period(first, last, tuple(first + WEEK * number for number in sorted(taught)))
    days = [first + timedelta(days=number) for number in range(30)]
    days += [last - timedelta(days=number) for number in range(9)]
    asked = union_all(*(select(literal(day).label("day")) for day in days)).subquery()
    number = WeekNumber(asked.c.day, first)
    async with either_database.unit_of_work() as db:
        rows = await db.execute(
            select(
                asked.c.day,
                number,
                taught_before(period, number),
                taught_before(period, number + 1),
            )
        )
        found = {row[0]: tuple(row[1:]) for row in rows}
    assert found == {
        day: (
            week := (day - first).days // 7,
            sum(each < week for each in taught),
            sum(each <= week for each in taught),
        )
        for day in days
    }
