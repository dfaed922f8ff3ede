"""Facts of what was delivered: always what a plain rule makes of the rows (domain.md F9, 4)."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app import migrations
from app.attendance import delivered, rewording
from app.attendance.delivered import PERIODS
from app.calendars.days import local_day, monday_of
from app.codes import service as codes
from app.codes.models import CodeKind
from app.codes.tables import CodeRow, CodeTables, MapRow, SetRow
from app.coverage.code_holders import holders
from app.database import Database
from app.events import EventBus
from app.schools.models import School
from tests.app.coverage_world import GRADES, SUBJECTS, World, make_world

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


#: 舞龙 becomes a subject, and 全校 a word for the grade rows call 3.
KNOWN = CodeTables(
    (),
    (
        CodeRow("CURR2022", "dragon", "舞龙", "Dragon dance", "", "", None, None),
        CodeRow("GRADE_NO", "3", "三年级", "Grade 3", "", "3年级;全校", None, None),
    ),
    (),
)


async def written(database: Database) -> World:
    async with database.unit_of_work() as db:
        world = await make_world(db, 1)
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
    return world


async def fresh(database: Database, world: World) -> Counter[Fact]:
    """Return the facts as they stand after all are written anew."""
    async with database.unit_of_work() as db:
        first, last = world.term.starts_on, world.term.ends_on
        await delivered.refresh(db, schools=select(School.id), first=first, last=last)
    return await kept(database, world)


async def test_facts_follow_when_a_word_becomes_known(either_database: Database) -> None:
    world = await written(either_database)
    before = await kept(either_database, world)
    async with either_database.unit_of_work() as db:
        assert await codes.load(db, KNOWN, follow=rewording.follow, holders=holders) == 2
    after = await kept(either_database, world)
    assert after == await fresh(either_database, world) != before
    unknown = [key for (key, _) in after if None in key]
    assert not unknown
    assert any(None in key for (key, _) in before)


async def test_facts_follow_when_another_set_is_shown(either_database: Database) -> None:
    """Two sets have the word 音乐; what the shown one means by it is another subject."""
    local = SetRow("LOCAL", CodeKind.SUBJECT, False, False, "本地", "Local", "", None, None)
    music = CodeRow("LOCAL", "91", "音乐", "Music", "", "", None, None)
    to_arts = MapRow(("LOCAL", "91"), ("CURR2022", "fine_art"), True)
    world = await written(either_database)
    before = await kept(either_database, world)
    async with either_database.unit_of_work() as db:
        tables = CodeTables((local,), (music,), (to_arts,))
        await codes.load(db, tables, follow=rewording.follow, holders=holders)
    assert await kept(either_database, world) == before
    async with either_database.unit_of_work() as db:
        await codes.show(db, "LOCAL", follow=rewording.follow)
    shown = await kept(either_database, world)
    assert shown == await fresh(either_database, world) != before
    async with either_database.unit_of_work() as db:
        await codes.show(db, "CURR2022", follow=rewording.follow)
    assert await kept(either_database, world) == before


async def test_words_that_are_taken_back_are_remembered_by_nobody(
    either_database: Database,
) -> None:
    world = await written(either_database)
    before = await kept(either_database, world)

    async def load_and_fail() -> None:
        async with either_database.unit_of_work() as db:
            await codes.load(db, KNOWN, follow=rewording.follow, holders=holders)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await load_and_fail()
    assert await kept(either_database, world) == before
    # As many rows change, so that what says whether any did is the same as it was.
    other = CodeRow("CURR2022", "drums", "腰鼓", "Drums", "", "", None, None)
    async with either_database.unit_of_work() as db:
        await codes.load(
            db,
            CodeTables((), (other, KNOWN.codes[1]), ()),
            follow=rewording.follow,
            holders=holders,
        )
    async with either_database.unit_of_work() as db:
        sets = await codes.catalogue(db)
        assert sets.find(CodeKind.SUBJECT, "舞龙") is None
        assert sets.find(CodeKind.SUBJECT, "腰鼓") is not None
    assert await kept(either_database, world) == await fresh(either_database, world) != before


@pytest.mark.postgres
async def test_facts_written_while_a_word_becomes_known_follow_it_too(
    postgres_url: str,
) -> None:
    """Who loads words waits for facts that are being written by what they meant, and sees them."""
    database = Database(postgres_url, EventBus())
    await migrations.upgrade(database.engine)
    await codes.load_own(database, follow=rewording.follow, holders=holders)
    async with database.unit_of_work() as db:
        world = await make_world(db, 1)

    async def load() -> None:
        async with database.unit_of_work() as db:
            await codes.load(db, KNOWN, follow=rewording.follow, holders=holders)

    waiting = select(func.count()).select_from(text("pg_locks")).where(text("NOT granted"))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group, database.unit_of_work() as db:
        await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
        loading = group.create_task(load())
        is_waiting = False
        while not is_waiting:
            async with database.unit_of_work() as other:
                is_waiting = bool(await other.scalar(waiting))
        assert not loading.done()
    after = await kept(database, world)
    assert after == await fresh(database, world)
    assert not [key for (key, _) in after if None in key]
    await database.close()


async def test_a_grade_of_another_set_is_none_of_the_timetables(
    either_database: Database,
) -> None:
    local = SetRow("LOCAL", CodeKind.GRADE, False, False, "本地", "Local", "", None, None)
    whole = CodeRow("LOCAL", "all", "全校", "Whole school", "", "", None, None)
    world = await written(either_database)
    before = await kept(either_database, world)
    async with either_database.unit_of_work() as db:
        await codes.load(
            db,
            CodeTables((local,), (whole,), ()),
            follow=rewording.follow,
            holders=holders,
        )
    assert await fresh(either_database, world) == before
