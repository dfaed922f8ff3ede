"""What tables that are imported have in common: cells that are read, faults that are named."""

from dataclasses import dataclass, field
from datetime import date

from app.codes.catalogue import Catalogue, KnownCode
from app.codes.models import CodeKind
from app.sheets import Line


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell. `reason` is a stable word the page translates.

    `value`: what is written there, and what it means where that is a code.
    """

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    rows: int
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    is_written: bool = False
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: Line, refused: "Refused") -> None:
        """Note that a row is left out, and why."""
        self.left_out += 1
        self.name(line, refused)

    def name(self, line: Line, refused: "Refused") -> None:
        """Note what is wrong with a cell of a row that is left out anyhow."""
        value = line.cells.get(refused.column, "")[:200]
        if refused.word not in {"", value}:
            value = f"{value} ({refused.word})"
        self.faults.append(Fault(line.number, refused.column, value, refused.reason))


class Refused(Exception):
    """A cell cannot be taken. `word`: what the code in it stands for."""

    def __init__(self, column: str, reason: str, *, word: str = "") -> None:
        super().__init__(reason)
        self.column, self.reason, self.word = column, reason, word


def text(cells: dict[str, str], column: str, most: int) -> str:
    """Return a text that must be there, at most `most` characters. Raise Refused."""
    if not cells.get(column):
        raise Refused(column, "required")
    if len(cells[column]) > most:
        raise Refused(column, "too-long")
    return cells[column]


def number(cell: str, column: str, least: float, most: float) -> float | None:
    """Return a number; None of an empty cell. Raise Refused."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise Refused(column, "not-a-number") from None
    if not least <= value <= most:
        raise Refused(column, "out-of-range")
    return value


def whole(cell: str, column: str, least: int, most: int) -> int | None:
    """Return a whole number; None of an empty cell. Raise Refused."""
    value = number(cell, column, least, most)
    if value is None:
        return None
    if not value.is_integer():
        raise Refused(column, "not-a-number")
    return int(value)


def day(cell: str, column: str) -> date | None:
    """Return a day, however it is written; None of an empty cell. Raise Refused."""
    if not cell:
        return None
    parts = cell.replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-")
    try:
        year, month, day_ = (int(part) for part in parts.removesuffix("日").split("-"))
        return date(year, month, day_)
    except ValueError:
        raise Refused(column, "not-a-date") from None


def yes_or_no(cell: str, column: str) -> bool:
    """Return whether a cell says 是; an empty one says 否. Raise Refused."""
    if cell in {"", "否"}:
        return False
    if cell == "是":
        return True
    raise Refused(column, "not-yes-or-no")


def code(sets: Catalogue, kind: CodeKind, cell: str, column: str) -> KnownCode:
    """Return the code of the stored set that is written so. Raise Refused."""
    if not cell:
        raise Refused(column, "required")
    found = sets.find(kind, cell)
    if found is None or not found.set.is_stored:
        raise Refused(column, "unknown-code")
    return found


def require_holding(
    sets: Catalogue, kind: CodeKind, code: str | int | None, column: str, today: date
) -> None:
    """Raise Refused when what something new is given holds no longer, or not yet.

    None, and grade 0 (before school), are no codes.
    """
    if code and not sets.stored(kind, str(code)).is_valid_on(today):
        raise Refused(column, "code-over")
