"""Lists in pages: the same rows once each, in one order, whatever is inserted meanwhile.

Keyset paging: a cursor holds the last row's values of the list's order, and the next page
begins behind them, so that a page costs the same at the beginning and at the millionth row.
A cursor gives no rights, since the statement holds them: it is opaque and not signed.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Any, Generic, TypeVar, TypeVarTuple, overload

from fastapi import Depends, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python
from sqlalchemy import BigInteger, ColumnElement, Select, and_, or_, tuple_
from sqlalchemy import literal as bound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import asc_op, desc_op

from app.errors import Problem

MOST_PER_PAGE = 200
USUAL_PER_PAGE = 50
# What a cursor can be at most: a name of 120 characters escaped, an id and a moment, in base64.
LONGEST_CURSOR = 2000

T = TypeVar("T")
U = TypeVar("U")
Ts = TypeVarTuple("Ts")


class BadCursor(Problem):
    """The cursor was not given by this list in this order."""

    status, type, title = 400, "bad-cursor", "This is no cursor of this list"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `cursor` None: the first."""

    limit: int = USUAL_PER_PAGE
    cursor: str | None = None


def page_request(
    limit: Annotated[
        int, Query(ge=1, le=MOST_PER_PAGE, description="How many items a page has at most.")
    ] = USUAL_PER_PAGE,
    cursor: Annotated[
        str | None,
        Query(
            max_length=LONGEST_CURSOR,
            description="`next_cursor` of the page before; without it, the first page.",
        ),
    ] = None,
) -> PageRequest:
    """Read which page is asked for."""
    return PageRequest(limit, cursor)


PageQuery = Annotated[PageRequest, Depends(page_request)]


class Page(BaseModel, Generic[T]):
    """One page of a list. `next_cursor` null: it is the last."""

    items: list[T]
    next_cursor: Annotated[str | None, Field(description="Ask for the next page with it.")]


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """One page of rows, before they are described to the caller."""

    items: Sequence[T]
    next_cursor: str | None

    def page(self, describe: Callable[[T], U]) -> Page[U]:
        """Return the page of what `describe` makes of each row."""
        return Page(items=[describe(item) for item in self.items], next_cursor=self.next_cursor)

    def map(self, describe: Callable[[T], U]) -> "Fetched[U]":
        """Return the page of what `describe` makes of each row."""
        return Fetched([describe(item) for item in self.items], self.next_cursor)


# An order's part: a column that is never null, or `.asc()` or `.desc()` of one.
OrderPart = ColumnElement[Any] | InstrumentedAttribute[Any]
Order = tuple[OrderPart, ...]


@overload
async def fetch_page(
    db: AsyncSession, statement: Select[T], *, order: Order, page: PageRequest
) -> Fetched[T]: ...


@overload
async def fetch_page(
    db: AsyncSession, statement: Select[T, U, *Ts], *, order: Order, page: PageRequest
) -> Fetched[tuple[T, U, *Ts]]: ...


async def fetch_page(
    db: AsyncSession, statement: Select[*tuple[Any, ...]], *, order: Order, page: PageRequest
) -> Fetched[Any]:
    """Return one page of what `statement` selects, in `order`, whose last part is unique.

    Items are what the statement selects: a model or value when it selects one thing, else a
    tuple. Raise BadCursor.
    """
    keys = [_Key.of(part) for part in order]
    width = len(statement.column_descriptions)
    query = statement.add_columns(*(key.column for key in keys)).order_by(*order)
    if page.cursor is not None:
        query = query.where(_is_behind(keys, _read(page.cursor, keys)))
    rows = (await db.execute(query.limit(page.limit + 1))).unique().all()
    shown = rows[: page.limit]
    cursor = _write(keys, shown[-1][width:]) if len(rows) > page.limit else None
    if width == 1:
        return Fetched([row[0] for row in shown], cursor)
    return Fetched([tuple(row[:width]) for row in shown], cursor)


def last_shown(page: PageRequest, order: Order) -> list[Any] | None:
    """Return the values of `order` a page begins behind; None: it is the first. Raise BadCursor."""
    if page.cursor is None:
        return None
    return _read(page.cursor, [_Key.of(part) for part in order])


@dataclass(frozen=True, slots=True)
class _Key:
    column: ColumnElement[Any]
    is_descending: bool

    @classmethod
    def of(cls, part: OrderPart) -> "_Key":
        is_descending = False
        if isinstance(part, InstrumentedAttribute):
            part = part.expression
        if isinstance(part, UnaryExpression) and part.modifier in {asc_op, desc_op}:
            is_descending = part.modifier is desc_op
            part = part.element
        # A null is neither before nor behind anything: rows would be left out.
        assert not getattr(part, "nullable", False), f"{part} may be null; coalesce it"
        return cls(part, is_descending)

    @property
    def adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.column.type.python_type)


def _fingerprint(keys: Sequence[_Key]) -> str:
    order = ",".join(f"{key.column} {key.is_descending}" for key in keys)
    return hashlib.sha256(order.encode()).hexdigest()[:8]


def _write(keys: Sequence[_Key], values: Sequence[Any]) -> str:
    parts = [_fingerprint(keys), *(to_jsonable_python(value) for value in values)]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str, keys: Sequence[_Key]) -> list[Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        order, *parts = json.loads(text)
        values = [
            key.adapter.validate_json(json.dumps(part), strict=True)
            for key, part in zip(keys, parts, strict=True)
        ]
    except (ValueError, TypeError, RecursionError, ValidationError):
        raise BadCursor("Begin again without a cursor.") from None
    if order != _fingerprint(keys) or not all(map(_is_comparable, keys, values)):
        raise BadCursor("Begin again without a cursor.")
    return values


def _is_comparable(key: _Key, value: object) -> bool:
    """Return whether both databases can compare a column with it.

    No NUL, a moment in UTC, and a number of the column's own width: PostgreSQL's integer has 32
    bits, where SQLite's has 64.
    """
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, datetime):
        # At either end of the calendar a zone's offset leads out of it.
        return value.tzinfo is not None and MINYEAR < value.year < MAXYEAR
    bits = 64 if isinstance(key.column.type, BigInteger) else 32
    return not isinstance(value, int) or -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is_behind(keys: Sequence[_Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after the one with `values`."""
    given = [bound(value, key.column.type) for key, value in zip(keys, values, strict=True)]
    if len({key.is_descending for key in keys}) == 1:
        # One comparison of rows, which an index over the order answers as it stands.
        row, last = tuple_(*(key.column for key in keys)), tuple_(*given)
        return row < last if keys[0].is_descending else row > last
    chances: list[ColumnElement[bool]] = []
    for place, (key, value) in enumerate(zip(keys, given, strict=True)):
        equal = [before.column == last for before, last in zip(keys[:place], given, strict=False)]
        further = key.column < value if key.is_descending else key.column > value
        chances.append(and_(*equal, further))
    first, value = keys[0], given[0]
    # Said once more for the index: nothing before the first part's value can match.
    reach = first.column <= value if first.is_descending else first.column >= value
    return and_(reach, or_(*chances))
