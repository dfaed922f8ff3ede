"""Facts of what was delivered: always what a plain rule makes of the rows (domain.md F9, 4)."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from app.attendance import delivered
from app.attendance.delivered import PERIODS
from app.calendars.days import local_day, monday_of
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage import seeds
from app.database import Database
from app.schools.models import School
from tests.app.conftest import Clock
from tests.app.coverage_world import GRADES, SUBJECTS, World, make_world
from tests.app.held_lessons import hold_in_a_new_county

Fact = tuple[Any, ...]


async def expected(database: Database, world: World) -> Counter[Fact]:
    """Count in the plainest way: each (origin, school) that counts anywhere, once."""
    async with database.unit_of_work() as db:
        sets = await codes.catalogue(db)
    pairs: dict[tuple[Any, Any], list[Any]] = {}
    for row in world.rows:
        if row.counts and not row.is_after_school and row.school_id != row.giver_id:
            pairs.setdefault((row.origin_id, row.school_id), []).append(row)
    facts: Counter[Fact] = Counter()
    for (_, school_id), rows in pairs.items():
        one = rows[0]
        code = SUBJECTS[one.subject]
        subject = None if code is None else sets.stored(CodeKind.SUBJECT, code).id
        week = monday_of(local_day(one.at))
        key = (school_id, week, one.kind, subject, GRADES[one.grade])
        facts[key, "periods"] += 1
        facts[key, "locked"] += any(row.is_locked for row in rows)
    return +facts


async def kept(database: Database, world: World) -> Counter[Fact]:
    facts: Counter[Fact] = Counter()
    async with database.unit_of_work() as db:
        ids = [school.id for school in world.schools] + [world.county.hub.id]
        rows = (await db.execute(select(PERIODS).where(PERIODS.c.school_id.in_(ids)))).all()
    for row in rows:
        facts[tuple(row[:5]), "periods"] += row.periods
        facts[tuple(row[:5]), "locked"] += row.locked_periods
    assert len({tuple(row[:5]) for row in rows}) == len(rows), "a fact stands twice"
    return +facts


@pytest.mark.parametrize("seed", range(3))
async def test_the_facts_are_what_the_rows_say_however_they_were_written(
    either_database: Database, seed: int
) -> None:
    async with either_database.unit_of_work() as db:
        world = await make_world(db, seed)
    records = [row.record_id for row in world.rows]
    Random(seed).shuffle(records)
    for begin in range(0, len(records), 7):  # in pieces, in no order, as lessons end
        async with either_database.unit_of_work() as db:
            await delivered.refresh_of_records(db, records[begin : begin + 7])
    wanted = await expected(either_database, world)
    assert len(wanted) > 20
    assert await kept(either_database, world) == wanted
    first, last = world.term.starts_on, world.term.ends_on
    async with either_database.unit_of_work() as db:
        everywhere = select(School.id)
        await delivered.refresh(db, schools=everywhere, first=first, last=last)
    assert await kept(either_database, world) == wanted


async def test_facts_that_are_missing_are_written_once_at_the_start(
    either_database: Database, clock: Clock
) -> None:
    held = await hold_in_a_new_county(either_database, clock)
    async with either_database.unit_of_work() as db:
        before = (await db.execute(select(PERIODS))).all()
        await db.execute(delete(PERIODS))
    assert [(row.school_id, row.periods) for row in before] == [(held.county.points[0].id, 1)]
    await seeds.load_own(either_database)
    async with either_database.unit_of_work() as db:
        assert (await db.execute(select(PERIODS))).all() == before
        await db.execute(
            insert(PERIODS).values({**before[0]._asdict(), "school_id": held.county.points[1].id})
        )
    await seeds.load_own(either_database)
    async with either_database.unit_of_work() as db:
        assert len((await db.execute(select(PERIODS))).all()) == 2
