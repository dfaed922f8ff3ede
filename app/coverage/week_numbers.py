"""Weeks of a period as numbers from 0 on, told and counted by either database.

A statement that names each week is another one for each number of weeks, and is composed anew; with
numbers it is the same whatever weeks are asked about.
"""

from datetime import date
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.attendance.delivered import MOST_WEEKS
from app.coverage.weeks import Period

_DIGITS = 2
assert MOST_WEEKS < 10**_DIGITS, "a count of weeks has no more digits"


class WeekNumber(FunctionElement[int]):
    """How many weeks after a Monday the week of a day is; the day is not before it."""

    name = "week_number"
    type = Integer()
    inherit_cache = True

    def __init__(self, day: ColumnElement[Any], first: date) -> None:
        super().__init__(day, literal(first, Date()))


@compiles(WeekNumber)
def _of_julian_days(element: WeekNumber, compiler: SQLCompiler, **given: Any) -> str:
    day, first = (compiler.process(each, **given) for each in element.clauses)
    return f"(CAST(julianday({day}) - julianday({first}) AS INTEGER) / 7)"


@compiles(WeekNumber, "postgresql")
def _of_days(element: WeekNumber, compiler: SQLCompiler, **given: Any) -> str:
    day, first = (compiler.process(each, **given) for each in element.clauses)
    return f"((({day}) - {first}) / 7)"


def taught_before(period: Period, number: ColumnElement[int]) -> ColumnElement[int]:
    """Return how many teaching weeks of a period come before the one of a number, 0 to all of them.

    Looked up in a text of all the counts, which is one parameter however many there are.
    """
    taught = {(monday - period.first).days // 7 for monday in period.teaching}
    counts = accumulate((place in taught for place in range(MOST_WEEKS)), initial=0)
    text = "".join(f"{count:0{_DIGITS}}" for count in counts)
    return cast(func.substr(literal(text), number * _DIGITS + 1, _DIGITS), Integer)
