"""Tables people send: Excel (.xlsx, .xls) and CSV in UTF-8 or GB18030, as rows of text."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from app.errors import Problem
from app.exports import meant

MOST_BYTES = 4 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 60
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableFile(Problem):
    """The file is no table we can read; `detail` says why."""

    status, type, title = 422, "unreadable-file", "This file cannot be read"


@dataclass(frozen=True, slots=True)
class Line:
    """A row below the heading. `number` is what the spreadsheet shows beside it."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A heading and the rows below it; empty rows are left out."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


def require_size(content: bytes) -> None:
    """Raise UnreadableFile when a file has more than MOST_BYTES."""
    if len(content) > MOST_BYTES:
        raise UnreadableFile(f"The file is larger than {MOST_BYTES // 2**20} MiB: split it.")


def read_table(content: bytes) -> Table:
    """Read the first sheet of a workbook, or a CSV file. Raise UnreadableFile."""
    require_size(content)
    is_workbook = content.startswith((_ZIP, _OLE))
    rows = _rows_of_workbook(content) if is_workbook else _rows_of_csv(content)
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if not numbered:
        raise UnreadableFile("The file is empty.")
    if len(numbered) - 1 > MOST_ROWS:
        raise UnreadableFile(f"The file has more than {MOST_ROWS} rows: split it.")
    headings = tuple(cell.rstrip("*＊ ") for cell in numbered[0][1])[:MOST_COLUMNS]
    named = [heading for heading in headings if heading]
    if len(set(named)) != len(named):
        raise UnreadableFile("Two columns have the same heading.")
    lines = (
        Line(number, {h: c for h, c in zip(headings, row, strict=False) if h})
        for number, row in numbered[1:]
    )
    return Table(headings, tuple(lines))


def _rows_of_workbook(content: bytes) -> Iterator[list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError) as error:
        raise UnreadableFile(f"The workbook is damaged, or has a password: {error}") from None
    return ([_text(cell) for cell in row] for row in rows)


def _text(cell: Any) -> str:
    """Return a cell as people see it: whole numbers without a point, days without a time."""
    match cell:
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
    return meant(str(cell).strip())


def _rows_of_csv(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFile(f"The CSV file is malformed: {error}.") from None
    return ([meant(cell.strip()) for cell in row] for row in rows)


def _decoded(content: bytes) -> str:
    """Decode strictly as UTF-8, and only then as GB18030, which takes nearly any bytes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise UnreadableFile("The file is no workbook, and no CSV in UTF-8 or GB18030.")
