"""Rows into PostgreSQL by COPY: what a table needs beyond what is given is read from its model."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, NamedTuple, cast
from uuid import UUID

import asyncpg
from sqlalchemy import Column, Table
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.database import Base
from app.pinyin import Named, readings

# The first of the ids here: of version 7 (RFC 9562 section 5.7), and alike in every run.
_FIRST_ID = UUID("01900000-0000-7000-8000-000000000000").int


class Rows(NamedTuple):
    """Rows of one table, in the order of `columns`. Words of an enumeration as they are stored."""

    model: type[Base]
    columns: Sequence[str]
    rows: Iterable[tuple[Any, ...]]


class NotFilled(Exception):
    """A column must have a value and is given none: the province has to be taught of it."""


class Ids:
    """Ids in ascending order, which is the order in which a running platform would give them."""

    def __init__(self, kind: int = 0) -> None:
        self._kind, self._numbers = kind, count()

    def __call__(self) -> UUID:
        """Return the next."""
        return numbered(self._kind, next(self._numbers))


def numbered(kind: int, number: int) -> UUID:
    """Return the id of the thing of a kind (0 to 4095) with this number: no table need be kept."""
    return UUID(int=_FIRST_ID + (kind << 64) + number)


def _constants(table: Table, given: Sequence[str]) -> dict[str, Any]:
    """Return the values of columns that always begin alike. Raise NotFilled."""
    found: dict[str, Any] = {}
    for column in cast(Sequence[Column[Any]], table.columns):
        if column.name in given:
            continue
        if column.default is not None and column.default.is_scalar:
            found[column.name] = cast(ScalarElementColumnDefault, column.default).arg
        elif not column.nullable and column.server_default is None:
            raise NotFilled(f"{table.name}.{column.name} is given no value")
    return found


def _read(wanted: Rows) -> Rows:
    """Return the rows with how their names are read, as every other way of writing has it."""
    place = wanted.columns.index("name")
    return Rows(
        wanted.model,
        (*wanted.columns, "name_readings"),
        ((*row, readings(row[place])) for row in wanted.rows),
    )


async def copy(connection: "asyncpg.Connection[Any]", wanted: Rows) -> int:
    """Write the rows by COPY; return how many. Raise NotFilled before anything is written."""
    table = cast(Table, wanted.model.__table__)
    if issubclass(wanted.model, Named) and "name" in wanted.columns:
        wanted = _read(wanted)
    constants = _constants(table, wanted.columns)
    added = tuple(constants.values())
    written = 0

    def all_rows() -> Iterator[tuple[Any, ...]]:
        nonlocal written
        for row in wanted.rows:
            written += 1
            yield (*row, *added)

    await connection.copy_records_to_table(
        table.name, records=all_rows(), columns=[*wanted.columns, *constants]
    )
    return written


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """Give a connection of the driver's own to the database at SQLAlchemy's `url`."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        yield connection
    finally:
        await connection.close()
