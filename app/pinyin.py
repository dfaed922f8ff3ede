"""Names found by how they are read: 张伟 by zhangwei or zw (GB/T 16159 without its tones).

What a name is found by is kept beside it, made anew whenever the name is written, one by one
(`Named`) or many at once (`insert_many`): a search is then one comparison in either database.
"""

import importlib
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from types import ModuleType
from typing import Any

from sqlalchemy import ColumnElement, Text, Update, event, or_
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, validates

_LATIN = re.compile(r"[a-zA-Z' ]+")
_SEPARATORS = re.compile(r"[' ]+")


def _read_inserted(context: DefaultExecutionContext) -> str:
    """Return the readings of the name in a row that is inserted without them."""
    row: Mapping[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    return readings(row["name"])


class Named:
    """A table whose `name` is also found by its readings.

    Whatever writes a name writes its readings: an object that is given one, a row that is
    inserted. A statement that changes names by itself is refused (`_refuse_unread`).
    """

    name: Mapped[str]
    #: See `readings`.
    name_readings: Mapped[str] = mapped_column(Text, default=_read_inserted)

    @validates("name")
    def _read_name(self, _key: str, name: str) -> str:
        self.name_readings = readings(name)
        return name


@event.listens_for(Session, "do_orm_execute")
def _refuse_unread(state: ORMExecuteState) -> None:
    """Refuse a statement that gives names and leaves their readings. Raise AssertionError."""
    statement = state.statement
    if not isinstance(statement, Update) or "name_readings" not in statement.table.c:
        return
    written: Mapping[Any, Any] = statement._values or {}
    given = {getattr(column, "key", column) for column in written}
    for row in _rows(state.parameters):
        given |= row.keys()
    assert "name" not in given or "name_readings" in given, (
        "a name is changed on its object, which reads it"
    )


def _rows(parameters: Any) -> Sequence[Mapping[str, Any]]:
    if isinstance(parameters, Mapping):
        return [parameters]
    return parameters or []


def is_named(table: Any, text: str) -> ColumnElement[bool]:
    """Return the condition that a `Named` table's name has `text` in it, as written or as read.

    `table` is the class or an alias of it. Letters alone are compared with the readings too,
    spaces and apostrophes left out: `Zhang Wei` and `xi'an` are what people type.
    """
    written: ColumnElement[bool] = table.name.icontains(text, autoescape=True)
    if not _LATIN.fullmatch(text):
        return written
    read = _SEPARATORS.sub("", text).lower()
    return or_(written, table.name_readings.contains(read, autoescape=True)) if read else written


def readings(name: str) -> str:
    """Return how a name may be read, each with its initials, separated by spaces.

    A character that is read in several ways (单: dan, shan, chan) is so in each of them, the
    others as they mostly are: a name with two unusual readings is found by either of them. Other
    letters and digits stand as they are. A name without a Chinese character has no readings.
    """
    heteronyms = [_read(character) for character in name if character.isalnum()]
    if not any(is_read for is_read, _ in heteronyms):
        return ""
    usual = [ways[0] for _, ways in heteronyms]
    rare = (
        [*usual[:at], way, *usual[at + 1 :]]
        for at, (_, ways) in enumerate(heteronyms)
        for way in ways[1:]
    )
    found: dict[str, None] = {}
    for syllables in chain([usual], rare):
        found["".join(syllables)] = None
        found["".join(syllable[0] for syllable in syllables)] = None
    return " ".join(found)


@cache
def _read(character: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether it is a Chinese character, and its syllables without tones, usual first.

    `ü` is typed v or u: both are given.
    """
    syllables = _library().pinyin(
        character, style=_library().Style.NORMAL, heteronym=True, errors="ignore"
    )
    if not syllables:
        return False, (character.lower(),)
    ways: dict[str, None] = {}
    for syllable in syllables[0]:
        ways[syllable] = None
        if "v" in syllable:
            ways[syllable.replace("v", "u")] = None
    return True, tuple(ways)


def load() -> None:
    """Load what names are read with, which holds up the event loop: before a server serves."""
    _library()


@cache
def _library() -> ModuleType:
    """Return pypinyin, loaded once: 0.2 s and 13 MB; with its phrases it would be 58."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # noqa: TID251 - its only setting
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # noqa: TID251 - as above
    return importlib.import_module("pypinyin")
