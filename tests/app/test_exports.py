"""Files for Excel: what they hold, that nothing in them runs, and that they are streamed."""

import csv
import io
import threading
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, date
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, Select, String, cast, event, literal, select
from starlette.requests import ClientDisconnect

from app import errors, exports
from app.database import Database
from app.exports import (
    Batches,
    Cell,
    Column,
    ExportFormat,
    ExportResponse,
    csv_lines,
    csv_pieces,
    harmless,
    meant,
    stream,
    written,
    xlsx_pieces,
)
from tests.factories import NOON

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def to_csv(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    return csv_lines([header, *rows]).decode()


async def of(*batches: Sequence[Sequence[Cell]]) -> Batches:
    for batch in batches:
        yield batch


async def whole(pieces: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([piece async for piece in pieces])


def sheet(book: bytes, name: str = "sheet1") -> list[list[tuple[str, str]]]:
    """Return (type, text) of each cell: what Excel would make of it."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        root = ElementTree.fromstring(parts.read(f"xl/worksheets/{name}.xml"))
    rows = []
    for row in root.iter(f"{SHEET}row"):
        assert not list(row.iter(f"{SHEET}f")), "a formula"
        cells = row.iter(f"{SHEET}c")
        rows.append([(cell.get("t", "n"), "".join(cell.itertext())) for cell in cells])
    return rows


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


async def test_csv_begins_with_a_byte_order_mark_and_ends_its_lines_with_crlf() -> None:
    made = await whole(csv_pieces(["学校", "人数"], of([["示范小学", 32]], [["竹溪", 3]])))
    assert made.decode() == "\ufeff学校,人数\r\n示范小学,32\r\n竹溪,3\r\n"


@pytest.mark.parametrize("export_format", ExportFormat)
async def test_what_no_statement_selects_is_shown_off_the_event_loop(
    export_format: ExportFormat,
) -> None:
    threads = set()

    def cell(item: int) -> int:
        threads.add(threading.get_ident())
        return item * 2

    async def batches() -> AsyncGenerator[Sequence[int], None]:
        yield [1, 2]
        yield [3]

    columns = [Column("两倍", cell)]
    answer = written(columns, batches(), name="x", export_format=export_format)
    made = await whole(answer._pieces)
    if export_format is ExportFormat.CSV:
        assert made.decode() == "\ufeff两倍\r\n2\r\n4\r\n6\r\n"
    else:
        assert [text for ((_, text),) in sheet(made)] == ["两倍", "2", "4", "6"]
    assert threads
    assert threading.get_ident() not in threads


async def test_empty_list_is_a_file_with_its_heading() -> None:
    assert await whole(csv_pieces(["a"], of())) == "\ufeffa\r\n".encode()
    assert sheet(await whole(xlsx_pieces(["a"], of()))) == [[("inlineStr", "a")]]


def test_moments_are_shown_in_the_zone_of_the_schools_and_days_as_they_are() -> None:
    text = to_csv(["x", "y"], [[NOON, date(2026, 3, 2)]])
    assert text.splitlines()[1] == "2026-03-02 10:00:00,2026-03-02"


async def test_xlsx_keeps_numbers_and_dates_and_never_a_formula() -> None:
    day = date(2026, 3, 2)
    cells: list[Cell] = ["=1+1", "http://a.invalid", "0123", -3, 2.5, None, NOON, day]
    made = sheet(await whole(xlsx_pieces(["h"] * len(cells), of([cells]))))
    since_1900 = (day - date(1899, 12, 30)).days + 10 / 24  # as Excel counts days
    kinds = [kind for kind, _ in made[1]]
    assert kinds == ["inlineStr"] * 3 + ["n"] * 4
    texts = [text for _, text in made[1]]
    assert texts[:5] == ["'=1+1", "http://a.invalid", "0123", "-3", "2.5"]
    assert [float(text) for text in texts[5:]] == pytest.approx([since_1900, int(since_1900)])


async def test_xlsx_goes_on_in_a_further_sheet_when_one_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "MOST_SHEET_ROWS", 3)
    made = await whole(xlsx_pieces(["n"], of([[1], [2], [3]], [[4], [5]])))
    found = [[text for ((_, text),) in sheet(made, f"sheet{n}")] for n in (1, 2, 3)]
    assert found == [["n", "1", "2"], ["n", "3", "4"], ["n", "5"]]


def test_commas_quotes_and_line_breaks_stay_in_their_cell() -> None:
    cell = '三年级, "一班"\n音乐'
    assert read(to_csv(["班级"], [[cell]]))[1] == [cell]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "  ="])
def test_text_never_becomes_a_formula(start: str) -> None:
    cell = f'{start}HYPERLINK("http://evil.invalid")'
    assert read(to_csv(["x"], [[cell]]))[1] == ["'" + cell]


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert read(to_csv(["a", "b", "c"], [[-3, 2.5, None]]))[1] == ["-3", "2.5", ""]


def test_what_is_equal_in_a_column_may_still_look_different() -> None:
    column: list[Cell] = [1, 1.0, "1", None, -0.0, 0.0, date(2026, 3, 2), NOON]
    made = read(to_csv(["x", "y"], [[each, "=1"] for each in column]))[1:]
    shown = ["1", "1.0", "1", "", "-0.0", "0.0", "2026-03-02", "2026-03-02 10:00:00"]
    assert made == [[each, "'=1"] for each in shown]


typed = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(typed, min_size=1, max_size=4))
def test_whatever_people_type_is_read_back_and_is_no_formula(cells: list[str]) -> None:
    row = read(to_csv(["x"] * len(cells), [list[Cell](cells)]))[1]
    for cell, original in zip(row, cells, strict=True):
        assert cell in {original, "'" + original}
        assert cell.lstrip(" ")[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}


cells = st.none() | st.integers() | st.floats() | st.dates() | typed
moments = st.datetimes(timezones=st.just(UTC)).filter(lambda each: 1 < each.year < 9999)


@given(st.lists(st.tuples(cells, typed, st.none() | moments, st.none() | typed), max_size=8))
def test_a_line_is_the_same_whatever_lines_are_around_it(rows: list[tuple[Cell, ...]]) -> None:
    assert csv_lines(rows) == b"".join(csv_lines([row]) for row in rows)


@given(typed)
def test_text_that_was_made_harmless_is_meant_as_it_was(text: str) -> None:
    # What begins with an apostrophe already may be either: a spreadsheet does not tell.
    assert meant(harmless(text)) == text or text.startswith("'")


def many(rows: int) -> Select[Any]:
    """Return a query of so many rows, made by the database."""
    numbers = select(literal(1, Integer).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < rows))
    return select(numbers.c.n, cast(numbers.c.n, String).label("text"))


COLUMNS = (
    Column("n", lambda row: row.n),
    Column("text", lambda row: "字" * 50 + row.text),
)


# From this version on a response hears of a client that left when it sends (ASGI, 2.4).
SCOPE = {"type": "http", "method": "GET", "extensions": {}, "asgi": {"spec_version": "2.4"}}


async def peak_of(response: ExportResponse) -> tuple[int, int]:
    """Send a response to nobody; return the bytes sent and the most memory it took."""
    sent = 0

    async def send(message: Any) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))

    async def receive() -> Any:
        return {"type": "http.request"}

    tracemalloc.start()
    try:
        await response(SCOPE, receive, send)
        return sent, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", list(ExportFormat))
async def test_memory_does_not_grow_with_the_rows(
    either_database: Database, kind: ExportFormat
) -> None:
    def export(rows: int) -> ExportResponse:
        return stream(either_database, many(rows), columns=COLUMNS, name="many", export_format=kind)

    await peak_of(export(3000))  # what is loaded and cached at the first time
    small, small_peak = await peak_of(export(4000))
    large, large_peak = await peak_of(export(24_000))
    assert large > 4 * small
    assert large_peak < 1.5 * small_peak


async def test_client_that_leaves_gives_the_connection_back(either_database: Database) -> None:
    response = stream(
        either_database,
        many(10_000),
        columns=COLUMNS,
        name="many",
        export_format=ExportFormat.CSV,
    )

    checked_out: list[object] = []
    pool = either_database.engine.sync_engine.pool
    event.listen(pool, "checkout", lambda connection, *_: checked_out.append(connection))
    event.listen(pool, "checkin", lambda connection, _: checked_out.remove(connection))

    async def send(message: Any) -> None:
        if message.get("body"):
            assert checked_out
            raise OSError("the client is gone")

    async def receive() -> Any:
        return {"type": "http.request"}

    with pytest.raises(ClientDisconnect):
        await response(SCOPE, receive, send)
    assert checked_out == []


async def test_failure_before_the_first_piece_is_a_problem(either_database: Database) -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/export")
    async def export() -> ExportResponse:
        return stream(
            Database("sqlite+aiosqlite:////no/such/folder/x.db", either_database.events),
            many(1),
            columns=COLUMNS,
            name="x",
            export_format=ExportFormat.CSV,
        )

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://t.test") as client:
        answer = await client.get("/export")
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")
