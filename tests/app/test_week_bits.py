"""Weeks as bits come to what sets of them do, on both databases, to the last week there can be."""

from datetime import date, timedelta
from random import Random

from sqlalchemy import ColumnElement, Date, literal, select, union_all

from app.attendance.delivered import MOST_WEEKS
from app.coverage.week_bits import AnyBits, BitCount, WeekBits, mask_of
from app.database import Database

FIRST = date(2026, 3, 2)
WEEKS = [FIRST + timedelta(weeks=number) for number in range(MOST_WEEKS)]
GROUPS, PARTS = 8, 3


def number_of(weeks: set[date]) -> int:
    return sum(1 << WEEKS.index(week) for week in weeks)


async def test_weeks_are_gathered_united_and_counted_as_sets_are(
    either_database: Database,
) -> None:
    chance = Random(20261126)
    sets: dict[tuple[int, int], set[date]] = {}
    rows = []
    for group in range(GROUPS):
        for part in range(PARTS):
            # None of the first group's rows counts; of the second every week is there at last.
            few = [] if group == 0 else chance.choices(WEEKS, k=chance.randint(0, 12))
            weeks = WEEKS[part::PARTS] if group == 1 else few
            sets[group, part] = set(weeks)
            rows += [(group, part, week) for week in [*weeks, *weeks[:3], None]]
    given = union_all(
        *(
            select(
                literal(group).label("group_no"),
                literal(part).label("part_no"),
                literal(week, Date()).label("week_on"),
            )
            for group, part, week in rows
        )
    ).cte("given")
    parts = (
        select(
            given.c.group_no, given.c.part_no, WeekBits(given.c.week_on, FIRST).label("weeks")
        )
        .group_by(given.c.group_no, given.c.part_no)
        .cte("parts")
    )  # fmt: skip
    united = (
        select(parts.c.group_no, AnyBits(parts.c.weeks).label("weeks"))
        .group_by(parts.c.group_no)
        .cte("united")
    )
    teaching = set(chance.sample(WEEKS, 40)) | {WEEKS[0], WEEKS[-1]}
    async with either_database.unit_of_work() as db:
        found = await db.execute(select(parts.c.group_no, parts.c.part_no, parts.c.weeks))
        assert {(row[0], row[1]): row[2] for row in found} == {
            key: number_of(weeks) for key, weeks in sets.items()
        }
        taught: ColumnElement[int] = united.c.weeks.bitwise_and(mask_of(teaching, FIRST))
        whole = await db.execute(
            select(united.c.group_no, united.c.weeks, BitCount(united.c.weeks), taught)
        )
        for group, bits, count, some in whole:
            come = set().union(*(sets[group, part] for part in range(PARTS)))
            assert (bits, count) == (number_of(come), len(come))
            assert some == number_of(come & teaching)
        everything = set().union(*(sets[1, part] for part in range(PARTS)))
        assert number_of(everything) == 2**MOST_WEEKS - 1
