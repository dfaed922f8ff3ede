"""Lists as files for Excel: CSV or XLSX, streamed, in memory that does not grow with the rows.

CSV: UTF-8 with a byte order mark (Excel takes the system's code page without it), lines ended
by CRLF and fields quoted as in RFC 4180. XLSX: written row by row into a file without a name,
and sent from there.

Text can never become a formula. Moments are shown in the schools' zone.
"""

import asyncio
import csv
import io
import tempfile
from collections import namedtuple
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Annotated, Any

import xlsxwriter
from fastapi import Query
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncResult
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.clock import DISPLAY_ZONE
from app.database import Database

BYTE_ORDER_MARK = "\ufeff"
ROWS_AT_ONCE = 2000
PIECE_BYTES = 256 * 1024
MOST_SHEET_ROWS = 1_048_576  # of one sheet, its header included (Excel's limit)
MOST_CELL_CHARACTERS = 32_767  # likewise

# A cell that begins with one of these is run as a formula by Excel and its kin, also in its
# full-width form; the apostrophe in front makes it text (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | float | date | datetime | None


class ExportFormat(StrEnum):
    """The kinds of file a list is given as."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPE = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

ExportQuery = Annotated[ExportFormat, Query(alias="format", description="The kind of file.")]

# Of every route that exports: `@router.get("/things/export", **EXPORT_ROUTE)`.
EXPORT_ROUTE: dict[str, Any] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "The whole list as a file.",
            "content": {
                media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for media_type in MEDIA_TYPE.values()
            },
        }
    },
}

Batches = AsyncGenerator[Sequence[Sequence[Cell]], None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what it shows of a row."""

    heading: str
    cell: Callable[[Any], Cell]  # Any: rows are named tuples of whatever a list selects


class ExportResponse(StreamingResponse):
    """A file that is made while it is sent. `name` is ASCII and ours, without an ending."""

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], *, name: str, export_format: ExportFormat
    ) -> None:
        super().__init__(
            self._send_on(pieces),
            media_type=MEDIA_TYPE[export_format],
            headers={
                "Content-Disposition": f'attachment; filename="{name}.{export_format}"',
                "Cache-Control": "private, no-store",
            },
        )
        self._pieces = pieces
        self._first = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file. What fails before its first piece is still answered with a problem."""
        async with aclosing(self._pieces):
            self._first = await anext(self._pieces)
            await super().__call__(scope, receive, send)

    async def _send_on(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield self._first
        async for piece in pieces:
            yield piece


def stream(
    database: Database,
    statement: Select[*tuple[Any, ...]],
    *,
    columns: Sequence[Column],
    name: str,
    export_format: ExportFormat,
) -> ExportResponse:
    """Return a download of all that `statement` selects, in its order.

    A column's `cell` is given the row as the statement selects it. A long list selects columns:
    a model costs as much as ten of them. The rows are read in a transaction of their own: the
    request's is over before the first byte is sent.
    """
    batches = _read(database, statement, columns)
    headings = [column.heading for column in columns]
    make = csv_pieces if export_format is ExportFormat.CSV else xlsx_pieces
    return ExportResponse(make(headings, batches), name=name, export_format=export_format)


def written(
    columns: Sequence[Column],
    batches: AsyncGenerator[Sequence[Any], None],
    *,
    name: str,
    export_format: ExportFormat,
) -> ExportResponse:
    """Return a download of what no single statement selects. A `cell` is given an item of a batch.

    The first batch is asked for before the answer begins. Cells are made in a thread: what they
    show of a model must have been loaded.
    """
    shown = _cells_of(columns)

    async def rows() -> Batches:
        async with aclosing(batches):
            async for items in batches:
                yield await asyncio.to_thread(shown, items)

    make = csv_pieces if export_format is ExportFormat.CSV else xlsx_pieces
    headings = [column.heading for column in columns]
    return ExportResponse(make(headings, rows()), name=name, export_format=export_format)


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    name: str,
    export_format: ExportFormat,
) -> ExportResponse:
    """Return a download of a small table that is in memory already."""

    async def at_once() -> Batches:
        yield rows

    make = csv_pieces if export_format is ExportFormat.CSV else xlsx_pieces
    return ExportResponse(make(headings, at_once()), name=name, export_format=export_format)


def _cells_of(columns: Sequence[Column]) -> Callable[[Iterable[Any]], Sequence[Sequence[Cell]]]:
    """Return what makes the lines of a table."""
    cells = [column.cell for column in columns]

    def shown(rows: Iterable[Any]) -> Sequence[Sequence[Cell]]:
        rows = list(rows)
        return list(zip(*(map(cell, rows) for cell in cells), strict=True))

    return shown


async def _read(
    database: Database, statement: Select[*tuple[Any, ...]], columns: Sequence[Column]
) -> Batches:
    cells = shown = _cells_of(columns)
    statement = statement.execution_options(yield_per=ROWS_AT_ONCE)
    async with database.unit_of_work() as db:
        if _has_models(statement):
            result: AsyncResult[*tuple[Any, ...]] = await db.stream(statement)
        else:
            result = await (await db.connection()).stream(statement)
            # Python's own named tuple tells what is in it five times as fast as SQLAlchemy's.
            # Of columns alone: the names of a session's rows can be fewer than what is in them.
            named = namedtuple("Row", result.keys(), rename=True)._make  # type: ignore[attr-defined]

            def shown(rows: Iterable[Any]) -> Sequence[Sequence[Cell]]:
                return cells(map(named, rows))

        async for rows in result.partitions():
            # Not on the event loop, where lessons are: so many rows take tens of milliseconds.
            yield await asyncio.to_thread(shown, rows)


def _has_models(statement: Select[*tuple[Any, ...]]) -> bool:
    """Return whether it selects models, which the session has to make; columns need none."""
    return any(each["expr"] is each.get("entity") for each in statement.column_descriptions)


async def csv_pieces(headings: Sequence[str], batches: Batches) -> AsyncGenerator[bytes, None]:
    """Yield a CSV file: the heading with the first rows, then batch by batch."""
    async with aclosing(batches):
        begun = BYTE_ORDER_MARK.encode() + csv_lines([headings])
        async for rows in batches:
            yield begun + await asyncio.to_thread(csv_lines, rows)
            begun = b""
        if begun:
            yield begun


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return lines of a CSV file, all as long as the first. Numbers stay numbers."""
    out = io.StringIO(newline="")
    columns = zip(*rows, strict=True)
    csv.writer(out, lineterminator="\r\n").writerows(zip(*map(_in_csv, columns), strict=True))
    return out.getvalue().encode()


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet runs it."""
    return "'" + text if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def meant(text: str) -> str:
    """Return what a cell said before `harmless` made it so."""
    bare = text.removeprefix("'")
    return bare if harmless(bare) == text else text


def local(moment: datetime) -> datetime:
    """Return a moment as a clock in the schools' zone shows it, to the second, without a zone."""
    return moment.astimezone(DISPLAY_ZONE).replace(tzinfo=None, microsecond=0)


def _in_csv(column: Sequence[Cell]) -> Iterable[str | int | float | None]:
    """Return a column's cells as a CSV writer takes them. It writes None as nothing."""
    kinds = set(map(type, column)) - {type(None)}
    if kinds <= {int, float}:
        return column  # type: ignore[return-value]
    if len(kinds) > 1:  # what is equal may still look different
        return map(_cell_in_csv, column)
    # Names of schools, words of a code, the bell: made once, not in every line.
    made = {cell: _cell_in_csv(cell) for cell in set(column)}
    return map(made.__getitem__, column)


def _cell_in_csv(cell: Cell) -> str | int | float | None:
    match cell:
        case str():
            return harmless(cell)
        case datetime():
            return local(cell).isoformat(" ")
        case date():
            return cell.isoformat()
    return cell


async def xlsx_pieces(headings: Sequence[str], batches: Batches) -> AsyncGenerator[bytes, None]:
    """Yield an XLSX file. It is written to disk first: its table of contents comes last."""
    with tempfile.TemporaryFile(prefix="classrooms-export-") as file:
        book = _Book(file, headings)
        try:
            async with aclosing(batches):
                async for rows in batches:
                    await asyncio.to_thread(book.write, rows)
        finally:
            await asyncio.to_thread(book.close)
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece


class _Book:
    """A workbook being written; a further sheet begins where one is full."""

    def __init__(self, file: IO[bytes], headings: Sequence[str]) -> None:
        self._book = xlsxwriter.Workbook(
            file,
            {
                # Each row goes to the disk when the next begins.
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._bold = self._book.add_format({"bold": True})
        self._headings = headings
        self._begin_sheet()

    def write(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows below those that are there."""
        for row in rows:
            if self._next_row == MOST_SHEET_ROWS:
                self._begin_sheet()
            for place, cell in enumerate(row):
                self._write_cell(place, cell)
            self._next_row += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, len(self._headings) - 1, 16)
        for place, heading in enumerate(self._headings):
            self._sheet.write_string(0, place, heading, self._bold)
        self._next_row = 1

    def _write_cell(self, place: int, cell: Cell) -> None:
        row = self._next_row
        match cell:
            case None:
                pass
            case str():
                self._sheet.write_string(row, place, harmless(cell)[:MOST_CELL_CHARACTERS])
            case datetime():
                self._sheet.write_datetime(row, place, local(cell), self._moment)
            case date():
                self._sheet.write_datetime(row, place, cell, self._day)
            case _:
                self._sheet.write_number(row, place, cell)
