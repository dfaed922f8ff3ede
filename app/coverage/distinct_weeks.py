"""How many weeks there are among the facts of a group, as an aggregate of either database.

PostgreSQL sorts each group for `count(DISTINCT ...)`; of a province's facts that takes longer than
all the rest. There a week is a bit of a number instead, and the bits that are set are counted.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.coverage.weeks import MOST_WEEKS

assert MOST_WEEKS < 64, "a bigint has one bit for each week"


class DistinctWeeks(FunctionElement[int]):
    """`week`: a Monday, or null for what does not count. `first`: the first Monday there can be."""

    name = "distinct_weeks"
    type = Integer()
    inherit_cache = True

    def __init__(self, week: ColumnElement[Any], first: date) -> None:
        super().__init__(week, literal(first, Date()))


@compiles(DistinctWeeks)
def _count_distinct(element: DistinctWeeks, compiler: SQLCompiler, **given: Any) -> str:
    week, _ = element.clauses
    return f"count(DISTINCT {compiler.process(week, **given)})"


@compiles(DistinctWeeks, "postgresql")
def _count_bits(element: DistinctWeeks, compiler: SQLCompiler, **given: Any) -> str:
    week, first = (compiler.process(each, **given) for each in element.clauses)
    bits = f"bit_or(CAST(1 AS bigint) << ((({week}) - {first}) / 7))"
    return f"coalesce(bit_count(CAST({bits} AS bit(64))), 0)"
