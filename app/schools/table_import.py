"""A table that is imported: looked at as a whole, then written or not at all.

What there is, is read in a few statements however long the table is; of each row is said what is
wrong with it; written is only when nothing is, unless faulty rows are to be left out. The same
file a second time changes nothing. What a kind of table needs of its own is a `World`.

SQLite has one writer: it is held from the first row written to the commit, so everything is
checked before, and rows are inserted in portions without the unit of work's bookkeeping.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import service as codes
from app.codes.catalogue import Catalogue
from app.database import PORTION
from app.schools.cells import Fault, Refused, Report
from app.schools.histories import Noting
from app.security import Scope
from app.sheets import Line, Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row asks for: a thing by its key, and what is said of it."""

    line: Line
    key: Hashable
    facts: dict[str, Any]


class World(ABC, Generic[T]):
    """The things of one kind there are in scope, by their keys. A kind's own is made by a Load.

    `key_column`: where a row that is there twice is said to be wrong.
    """

    key_column: str
    there: dict[Hashable, T]

    @abstractmethod
    def read(self, line: Line) -> Wanted:
        """Understand a row. Raise Refused."""

    def in_order(self, wanted: list[Wanted]) -> Sequence[Wanted]:
        """Return rows in the order in which they can be made."""
        return wanted

    def require_new(self, wanted: Wanted) -> None:
        """Raise Refused when a thing that is there may be changed, but not made."""

    def changes(self, thing: T, wanted: Wanted) -> dict[str, Any]:
        """Return what differs from what is said. Raise Refused when it may not be changed so."""
        return {key: said for key, said in wanted.facts.items() if getattr(thing, key) != said}

    def change(self, db: AsyncSession, thing: T, changes: dict[str, Any]) -> None:  # noqa: ARG002 - for kinds that tell others
        """Change what differs."""
        for key, value in changes.items():
            setattr(thing, key, value)

    @abstractmethod
    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert what is new."""


Load = Callable[[AsyncSession, Scope, Catalogue, Noting], Awaitable[World[Any]]]
Run = Callable[..., Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table: its columns, those that must be there, two rows as an example.

    `run(db, table, *, scope, noting, is_dry, leaves_out)` imports one and returns its Report.
    """

    headings: tuple[str, ...]
    required: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    run: Run


def kind_of(
    headings: tuple[str, ...],
    required: tuple[str, ...],
    examples: tuple[tuple[str, ...], ...],
    load: Load,
) -> Kind:
    """Return a kind whose rows are things with keys."""

    async def run(
        db: AsyncSession,
        table: Table,
        *,
        scope: Scope,
        noting: Noting,
        is_dry: bool,
        leaves_out: bool = False,
    ) -> Report:
        report = Report(rows=len(table.lines))
        if lacks_columns(report, table, required):
            return report
        world = await load(db, scope, await codes.catalogue(db), noting)
        new, edits = await _compare(world, table, report)
        report.faults.sort(key=lambda fault: fault.row)
        if is_dry or (report.faults and not leaves_out):
            return report
        for number, (thing, changes) in enumerate(edits):
            if number % PORTION == 0:
                await db.flush()
            world.change(db, thing, changes)
        if new:
            await world.make(db, new)
        await db.flush()
        report.is_written = True
        return report

    return Kind(headings, required, examples, run)


def lacks_columns(report: Report, table: Table, required: Sequence[str]) -> bool:
    """Note the columns that are missing; return whether any is."""
    report.faults = [
        Fault(1, column, "", "column-missing")
        for column in required
        if column not in table.headings
    ]
    if report.faults:
        report.left_out = report.rows
    return bool(report.faults)


async def _compare(
    world: World[Any], table: Table, report: Report
) -> tuple[list[Wanted], list[tuple[Any, dict[str, Any]]]]:
    rows: list[Wanted] = []
    seen: set[Hashable] = set()
    for line in table.lines:
        await let_others_run(line.number)
        try:
            wanted = world.read(line)
            if wanted.key in seen:
                raise Refused(world.key_column, "twice-in-file")
            seen.add(wanted.key)
            rows.append(wanted)
        except Refused as refused:
            report.fault(line, refused)
    new: list[Wanted] = []
    edits: list[tuple[Any, dict[str, Any]]] = []
    for wanted in world.in_order(rows):
        await let_others_run(wanted.line.number)
        there = world.there.get(wanted.key)
        try:
            if there is None:
                world.require_new(wanted)
                new.append(wanted)
                report.created += 1
            elif changes := world.changes(there, wanted):
                edits.append((there, changes))
                report.changed += 1
            else:
                report.unchanged += 1
        except Refused as refused:
            report.fault(wanted.line, refused)
    return new, edits


async def let_others_run(number: int) -> None:
    """Give way now and then: lessons share the loop."""
    if number % 20 == 0:
        await asyncio.sleep(0)
