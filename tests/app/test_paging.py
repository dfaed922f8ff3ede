"""Lists in pages, on both databases: every row once, in order, whatever else happens."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.database import Database, Id, UtcDateTime
from app.paging import BadCursor, Order, PageRequest, fetch_page
from tests.factories import NOON


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


class _Tables(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012 - as SQLAlchemy wants it


class Thing(_Tables):
    __tablename__ = "things"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(20))
    number: Mapped[int]
    at: Mapped[datetime]
    note: Mapped[str | None]


ORDERS: dict[str, Order] = {
    "ascending": (Thing.name.asc(), Thing.id),
    "descending": (Thing.at.desc(), Thing.id.desc()),
    "mixed": (Thing.number.desc(), Thing.name, Thing.at.desc(), Thing.id),
    "wide": ((cast(Thing.number, BigInteger) * 2**40).desc(), Thing.id),
    "coalesced": (func.coalesce(Thing.note, "").desc(), Thing.id),
}


@pytest.fixture
async def db(either_database: Database) -> AsyncIterator[AsyncSession]:
    """Sixty things of which many are equal in every column but the id."""
    async with either_database.engine.begin() as connection:
        await connection.run_sync(_Tables.metadata.create_all)
    async with either_database.unit_of_work() as db:
        for number in range(60):
            db.add(
                Thing(
                    name=["音乐", "美术", "a'; --", "Ä"][number % 4],
                    number=number % 3 - 1,
                    at=NOON + timedelta(seconds=number % 5, microseconds=number % 2),
                    note=None if number % 2 else "n",
                )
            )
        await db.flush()
        yield db


async def walk(db: AsyncSession, order: Order, limit: int) -> list[UUID]:
    seen: list[UUID] = []
    page = PageRequest(limit)
    while True:
        found = await fetch_page(db, select(Thing), order=order, page=page)
        assert len(found.items) <= limit
        seen += [thing.id for thing in found.items]
        if found.next_cursor is None:
            return seen
        page = PageRequest(limit, found.next_cursor)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("limit", [1, 7, 20, 60, 200])
async def test_pages_together_are_the_whole_list_in_its_order(
    db: AsyncSession, order: Order, limit: int
) -> None:
    whole = list(await db.scalars(select(Thing.id).order_by(*order)))
    assert await walk(db, order, limit) == whole


async def test_rows_inserted_meanwhile_neither_repeat_nor_hide_what_was_there(
    db: AsyncSession,
) -> None:
    order = ORDERS["ascending"]
    there = list(await db.scalars(select(Thing.id).order_by(*order)))
    first = await fetch_page(db, select(Thing), order=order, page=PageRequest(10))
    for name in ("", "zzz"):
        db.add(Thing(name=name, number=0, at=NOON))
    await db.flush()
    assert first.next_cursor is not None
    rest = await fetch_page(
        db, select(Thing.id), order=order, page=PageRequest(200, first.next_cursor)
    )
    seen = [thing.id for thing in first.items] + [each for each in rest.items if each in there]
    assert seen == there


async def test_what_is_selected_comes_back_as_it_was_selected(db: AsyncSession) -> None:
    order = ORDERS["ascending"]
    found = await fetch_page(db, select(Thing.name, Thing.number), order=order, page=PageRequest(1))
    (row,) = found.items
    assert isinstance(row, tuple)
    assert len(row) == 2
    page = found.page(lambda row: row[0])
    assert page.items == [row[0]]
    assert page.next_cursor == found.next_cursor


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode(errors="surrogatepass")).decode().rstrip("=")


async def order_of(db: AsyncSession) -> tuple[str, list[object]]:
    found = await fetch_page(db, select(Thing), order=ORDERS["mixed"], page=PageRequest(1))
    assert found.next_cursor is not None
    cursor = found.next_cursor
    order, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return order, values


async def test_cursor_of_another_list_or_order_is_refused(db: AsyncSession) -> None:
    found = await fetch_page(db, select(Thing), order=ORDERS["mixed"], page=PageRequest(1))
    with pytest.raises(BadCursor):
        await fetch_page(
            db,
            select(Thing),
            order=(Thing.number, Thing.name, Thing.at, Thing.id),
            page=PageRequest(1, found.next_cursor),
        )


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *((0, value) for value in (2**31, -(2**31) - 1, 2**63, -(2**63) - 1)),
        *((0, value) for value in ("1", 1.5, None, True, [1], 1e400)),
        *((1, value) for value in ("\0", "a\0b", "\ud800", 5, None)),
        *((2, value) for value in ("soon", "2026-03-02T02:00:00", 0, "0001-01-01T00:00:00+23:00")),
        *((3, value) for value in ("x", "", 1, None)),
    ],
)
async def test_cursor_with_a_value_no_database_could_compare_is_refused(
    db: AsyncSession, place: int, value: object
) -> None:
    order, values = await order_of(db)
    values[place] = value
    cursor = forged(json.dumps([order, *values]))
    with pytest.raises(BadCursor):
        await fetch_page(db, select(Thing), order=ORDERS["mixed"], page=PageRequest(1, cursor))


async def test_cursor_with_too_few_or_too_many_values_is_refused(db: AsyncSession) -> None:
    order, values = await order_of(db)
    for wrong in ([], values[:-1], [*values, 1]):
        cursor = forged(json.dumps([order, *wrong]))
        with pytest.raises(BadCursor):
            await fetch_page(db, select(Thing), order=ORDERS["mixed"], page=PageRequest(1, cursor))


json_texts = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps)


@given(st.text() | json_texts.map(forged) | st.just(forged("[" * 5000)))
async def test_whatever_is_sent_as_cursor_is_refused_before_the_database_sees_it(
    cursor: str,
) -> None:
    nowhere = AsyncSession()  # bound to no database: a statement would raise something else
    with pytest.raises(BadCursor):
        await fetch_page(nowhere, select(Thing), order=ORDERS["mixed"], page=PageRequest(1, cursor))


async def test_order_that_may_be_null_is_refused_when_written() -> None:
    with pytest.raises(AssertionError, match="coalesce"):
        await fetch_page(
            AsyncSession(), select(Thing), order=(Thing.note, Thing.id), page=PageRequest()
        )
