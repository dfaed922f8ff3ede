"""指标定义: the versions of how each figure is counted, and an authority's own added to them.

A version is never edited, for figures refer to it; another rule is another number, from a day to
come. Those that come with the platform have small numbers (`app.coverage.seeds`), an authority's
own begin at `FIRST_OWN`: a later platform's number 2 is not taken by them.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.coverage.errors import DefinitionsMalformed
from app.coverage.models import Indicator, IndicatorDefinition
from app.coverage.sites import definitions_on
from app.lessons.models import LessonKind

FIRST_OWN = 1001
COLUMNS = (
    *("indicator", "valid_from", "permille", "kinds", "title_zh", "title_en", "rule_zh"),
    "rule_en",
)
_LONGEST = {"title_zh": 40, "title_en": 80, "rule_zh": 300, "rule_en": 400}
T = TypeVar("T")

ORDER = (
    IndicatorDefinition.indicator.asc(),
    IndicatorDefinition.valid_from.desc(),
    IndicatorDefinition.number.desc(),
)


@dataclass(frozen=True, slots=True)
class NewDefinition:
    """A line of a table of definitions. `permille` None: the rule asks for no share."""

    line: int
    indicator: Indicator
    valid_from: date
    permille: int | None
    kinds: tuple[LessonKind, ...]
    title_zh: str
    title_en: str
    rule_zh: str
    rule_en: str


def versions(indicator: Indicator | None = None) -> Select[IndicatorDefinition]:
    """Return a query of all versions; `indicator`: of this one alone."""
    query = select(IndicatorDefinition)
    return query if indicator is None else query.where(IndicatorDefinition.indicator == indicator)


def read_definitions(file: Path) -> list[NewDefinition]:
    """Read a CSV in UTF-8 with the columns of `COLUMNS`. Raise DefinitionsMalformed."""
    try:
        reader = csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline=""), restval="")
        lines = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DefinitionsMalformed(f"{file.name} is no CSV in UTF-8 that can be read.") from error
    lacking = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if lacking:
        raise DefinitionsMalformed(f"{file.name} lacks the columns {', '.join(lacking)}.")
    if not lines:
        raise DefinitionsMalformed(f"{file.name} has no line.")
    return [_read(number, row) for number, row in enumerate(lines, start=2)]


async def add(db: AsyncSession, rows: Sequence[NewDefinition], *, today: date) -> int:
    """Add a version for each row, all or none; return how many. Raise DefinitionsMalformed.

    Each holds from a day to come, and not before the newest of its indicator: what was counted
    until today stays counted as it was. It asks for a share if the one before does.
    """
    for row in rows:
        of = await db.scalars(versions(row.indicator).order_by(*ORDER))
        known = of.all()
        newest = known[0]
        if row.valid_from <= max(today, newest.valid_from):
            day = max(today, newest.valid_from)
            raise _wrong(row.line, "valid_from", f"must be after {day}: figures rest on what held")
        if (row.permille is None) is not (newest.permille is None):
            says = "asks for no share" if newest.permille is None else "asks for a share"
            raise _wrong(row.line, "permille", f"{row.indicator} {says}")
        db.add(
            IndicatorDefinition(
                indicator=row.indicator,
                number=max(FIRST_OWN, *(each.number + 1 for each in known)),
                valid_from=row.valid_from,
                permille=row.permille,
                kinds=";".join(row.kinds),
                title_zh=row.title_zh,
                title_en=row.title_en,
                rule_zh=row.rule_zh,
                rule_en=row.rule_en,
            )
        )
        await db.flush()
    return len(rows)


async def held_on(db: AsyncSession, day: date) -> frozenset[UUID]:
    """Return the ids of the versions that hold on a day, one of each indicator."""
    return frozenset(each.id for each in (await definitions_on(db, day)).values())


def _read(line: int, row: Mapping[str, str]) -> NewDefinition:
    def value(column: str, read: Callable[[str], T], says: str) -> T:
        try:
            return read(row[column].strip())
        except ValueError:
            raise _wrong(line, column, says) from None

    def text(column: str) -> str:
        found = row[column].strip()
        if not 0 < len(found) <= _LONGEST[column] or "\0" in found:
            raise _wrong(line, column, f"write 1 to {_LONGEST[column]} characters")
        return found

    return NewDefinition(
        line=line,
        indicator=value("indicator", Indicator, f"write one of {', '.join(Indicator)}"),
        valid_from=value("valid_from", date.fromisoformat, "write a day such as 2027-02-22"),
        permille=value("permille", _share, "write 1 to 1000, or nothing"),
        kinds=value("kinds", _kinds, f"write some of {';'.join(LessonKind)}, each once"),
        title_zh=text("title_zh"),
        title_en=text("title_en"),
        rule_zh=text("rule_zh"),
        rule_en=text("rule_en"),
    )


def _share(text: str) -> int | None:
    if text == "":
        return None
    share = int(text)
    if not 1 <= share <= 1000:
        raise ValueError
    return share


def _kinds(text: str) -> tuple[LessonKind, ...]:
    kinds = tuple(LessonKind(each.strip()) for each in text.split(";"))
    if len(set(kinds)) != len(kinds):
        raise ValueError
    return kinds


def _wrong(line: int, column: str, says: str) -> DefinitionsMalformed:
    return DefinitionsMalformed(f"Line {line}, column {column}: {says}.")
