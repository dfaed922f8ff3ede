"""Sets of weeks as numbers, each week a bit: gathered, united and counted by either database.

PostgreSQL sorts each group for `count(DISTINCT ...)`; of a province's facts that takes longer than
all the rest. Bits it gathers in passing, and what was gathered of parts is united into a whole.
SQLite has no aggregate for bits: there they are sums, which come to the same (see each).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.attendance.delivered import MOST_WEEKS

assert MOST_WEEKS < 64, "a bigint has one bit for each week, and its sign is none"


def mask_of(weeks: Iterable[date], first: date) -> ColumnElement[int]:
    """Return the number whose bits are these weeks, all Mondays, counted from the first one."""
    return literal(sum(1 << (week - first).days // 7 for week in set(weeks)), BigInteger())


class WeekBits(FunctionElement[int]):
    """An aggregate: the weeks of a group. `week`: a Monday, or null for what does not count.

    `first`: the first Monday there can be; its bit is the lowest.
    """

    name = "week_bits"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, week: ColumnElement[Any], first: date) -> None:
        super().__init__(week, literal(first, Date()))


class AnyBits(FunctionElement[int]):
    """An aggregate: the bits set in any number of a group. `bits`: a column that is never null."""

    name = "any_bits"
    type = BigInteger()
    inherit_cache = True


class BitCount(FunctionElement[int]):
    """How many bits of a column's number are set."""

    name = "count_bits"
    type = BigInteger()
    inherit_cache = True


def _arguments(
    element: FunctionElement[int], compiler: SQLCompiler, given: dict[str, Any]
) -> list[str]:
    return [compiler.process(each, **given) for each in element.clauses]


@compiles(WeekBits)
def _sum_of_bits(element: WeekBits, compiler: SQLCompiler, **given: Any) -> str:
    """Sum up each power of two once: that has the same bits as all of them together."""
    week, first = _arguments(element, compiler, given)
    days = f"julianday({week}) - julianday({first})"
    return f"coalesce(sum(DISTINCT 1 << (CAST({days} AS INTEGER) / 7)), 0)"


@compiles(WeekBits, "postgresql")
def _gathered(element: WeekBits, compiler: SQLCompiler, **given: Any) -> str:
    week, first = _arguments(element, compiler, given)
    return f"coalesce(bit_or(CAST(1 AS bigint) << ((({week}) - {first}) / 7)), 0)"


@compiles(AnyBits)
def _bit_by_bit(element: AnyBits, compiler: SQLCompiler, **given: Any) -> str:
    (bits,) = _arguments(element, compiler, given)
    return "(" + " + ".join(f"max({bits} & {1 << place})" for place in range(MOST_WEEKS)) + ")"


@compiles(AnyBits, "postgresql")
def _united(element: AnyBits, compiler: SQLCompiler, **given: Any) -> str:
    (bits,) = _arguments(element, compiler, given)
    return f"bit_or({bits})"


@compiles(BitCount)
def _counted_singly(element: BitCount, compiler: SQLCompiler, **given: Any) -> str:
    (bits,) = _arguments(element, compiler, given)
    return "(" + " + ".join(f"(({bits} >> {place}) & 1)" for place in range(MOST_WEEKS)) + ")"


@compiles(BitCount, "postgresql")
def _counted(element: BitCount, compiler: SQLCompiler, **given: Any) -> str:
    (bits,) = _arguments(element, compiler, given)
    return f"bit_count(CAST({bits} AS bit(64)))"
