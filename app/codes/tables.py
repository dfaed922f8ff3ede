"""Tables of codes as files: `sets.csv`, `codes.csv` and `maps.csv` in one folder, UTF-8.

The folder `data/` holds those every installation has; an authority's own sets are loaded from a
folder of the same form.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from app.codes.errors import CodeTableMalformed
from app.codes.models import CodeKind

OWN = Path(__file__).parent / "data"

_KEY = re.compile(r"[A-Z0-9_]{1,40}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,24}")
RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class SetRow:
    """A line of `sets.csv`."""

    key: str
    kind: CodeKind
    is_stored: bool
    is_shown: bool
    label_zh: str
    label_en: str
    source: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A line of `codes.csv`."""

    set: str
    code: str
    label_zh: str
    label_en: str
    label_bo: str
    aliases: str
    valid_from: date | None
    valid_to: date | None
    is_point: bool | None = None  # None: not said


@dataclass(frozen=True, slots=True)
class MapRow:
    """A line of `maps.csv`: (set, code) to (set, code)."""

    origin: tuple[str, str]
    target: tuple[str, str]
    is_exact: bool


@dataclass(frozen=True, slots=True)
class CodeTables:
    """All that a folder holds."""

    sets: tuple[SetRow, ...]
    codes: tuple[CodeRow, ...]
    maps: tuple[MapRow, ...]


class _Line:
    """One line of a file, read field by field."""

    def __init__(self, file: str, number: int, fields: Mapping[str, str | None]) -> None:
        self._file, self._number, self._fields = file, number, fields

    def wrong(self, column: str, reason: str) -> CodeTableMalformed:
        return CodeTableMalformed(f"{self._file}, line {self._number}, column {column}: {reason}")

    def text(self, column: str, *, most: int, least: int = 0) -> str:
        value = self._fields.get(column)
        if value is None:
            raise self.wrong(column, "there is no such column, or the line is too short.")
        if "\0" in value:
            raise self.wrong(column, "there is a NUL in it.")
        if not least <= len(value.strip()) <= most:
            raise self.wrong(column, f"{least} to {most} characters, not {len(value.strip())}.")
        return value.strip()

    def matching(self, column: str, pattern: re.Pattern[str]) -> str:
        value = self.text(column, most=40)
        if not pattern.fullmatch(value):
            raise self.wrong(column, f"{value!r} does not look like {pattern.pattern}.")
        return value

    def kind(self) -> CodeKind:
        value = self.text("kind", most=24)
        if value not in set(CodeKind):
            raise self.wrong("kind", f"{value!r} is none of {', '.join(CodeKind)}.")
        return CodeKind(value)

    def truth(self, column: str) -> bool:
        value = self.text(column, most=3)
        if value not in {"yes", "no"}:
            raise self.wrong(column, f"write yes or no, not {value!r}.")
        return value == "yes"

    def flag(self, column: str) -> bool | None:
        """Return a truth few lines say; false where nothing stands, None without the column."""
        value = self._fields.get(column)
        return None if value is None else value != "" and self.truth(column)

    def day(self, column: str) -> date | None:
        value = self.text(column, most=10)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise self.wrong(column, f"{value!r} is no date like 2022-09-01.") from None

    def days(self) -> dict[str, date | None]:
        first, last = self.day("valid_from"), self.day("valid_to")
        if first is not None and last is not None and last < first:
            raise self.wrong("valid_to", f"the last day, {last}, is before the first, {first}.")
        return {"valid_from": first, "valid_to": last}


def read_tables(folder: Path) -> CodeTables:
    """Read a folder. Raise CodeTableMalformed."""
    tables = CodeTables(
        sets=_read(folder / "sets.csv", _set_row, lambda row: row.key),
        codes=_read(folder / "codes.csv", _code_row, lambda row: (row.set, row.code)),
        maps=_read(folder / "maps.csv", _map_row, lambda row: (row.origin, row.target)),
    )
    if not tables.sets:
        raise CodeTableMalformed(f"{folder / 'sets.csv'} is not there, or has no line.")
    return tables


def _read(
    file: Path, make: Callable[[_Line], RowT], identity: Callable[[RowT], Any]
) -> tuple[RowT, ...]:
    if not file.exists():
        return ()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            numbered = [(line, _Line(file.name, reader.line_num, line)) for line in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CodeTableMalformed(f"{file.name} is no CSV in UTF-8: {error}") from None
    rows = tuple(make(line) for _, line in numbered)
    _refuse_doubles(file.name, map(identity, rows))
    return rows


def _refuse_doubles(file: str, identities: Iterable[Any]) -> None:
    seen = set()
    for identity in identities:
        if identity in seen:
            raise CodeTableMalformed(f"{file}: {identity} is there twice.")
        seen.add(identity)


def _set_row(line: _Line) -> SetRow:
    return SetRow(
        key=line.matching("key", _KEY),
        kind=line.kind(),
        is_stored=line.truth("is_stored"),
        is_shown=line.truth("is_shown"),
        label_zh=line.text("label_zh", least=1, most=80),
        label_en=line.text("label_en", least=1, most=80),
        source=line.text("source", most=200),
        **line.days(),
    )


def _code_row(line: _Line) -> CodeRow:
    return CodeRow(
        set=line.matching("set", _KEY),
        code=line.matching("code", _CODE),
        label_zh=line.text("label_zh", least=1, most=80),
        label_en=line.text("label_en", least=1, most=80),
        label_bo=line.text("label_bo", most=120),
        aliases=line.text("aliases", most=200),
        is_point=line.flag("is_point"),
        **line.days(),
    )


def _map_row(line: _Line) -> MapRow:
    return MapRow(
        origin=(line.matching("from_set", _KEY), line.matching("from_code", _CODE)),
        target=(line.matching("to_set", _KEY), line.matching("to_code", _CODE)),
        is_exact=line.truth("is_exact"),
    )
