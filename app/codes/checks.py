"""What makes code sets of no use to those who depend on them, asked of the whole as loaded. Pure.

Rows of other tables hold stored codes as text of a given width or as a number; forms, imports and
figures find a code by any of its words, a grade's stage and a code in another set. A table that
breaks one of these is refused as it is loaded, not met as a fault a term later.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from app.codes.catalogue import Catalogue, KnownCode
from app.codes.errors import CodeTableMalformed
from app.codes.models import CodeKind

#: What rows can hold of a stored code of each kind: the width of their columns.
_HELD = {
    CodeKind.SUBJECT: r"[A-Za-z0-9_-]{1,24}",
    CodeKind.STAGE: r"[A-Za-z0-9]{1,2}",
    CodeKind.GRADE: r"[1-9][0-9]?",
    CodeKind.SCHOOL_CATEGORY: r"[0-9]{3}",
    CodeKind.URBAN_RURAL: r"[0-9]{1,3}",
    CodeKind.LINK: r"[A-Za-z0-9_.-]{1,16}",
    CodeKind.LANGUAGE: r"[A-Za-z0-9-]{1,8}",
    CodeKind.REGION_LABEL: r"[A-Za-z0-9_.-]{1,24}",
}
#: Which kinds are mapped to another: the stages a grade is of, and a kind of school teaches.
_ACROSS = {
    (CodeKind.GRADE, CodeKind.STAGE),
    (CodeKind.SCHOOL_CATEGORY, CodeKind.STAGE),
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping by its ends."""

    origin: KnownCode
    target: KnownCode
    is_exact: bool


def name_of(code: KnownCode) -> str:
    """Return what a code is called in a refusal."""
    return f"{code.set.key}/{code.code}"


def require_sound(known: Catalogue, mappings: Iterable[Mapping]) -> None:
    """Raise CodeTableMalformed, naming the codes, when somebody who depends on them could not."""
    mappings = list(mappings)
    for code in known.codes.values():
        if code.set.is_stored and not re.fullmatch(_HELD[code.set.kind], code.code):
            raise CodeTableMalformed(
                f"codes.csv: rows refer to the codes of {code.set.key}, and cannot hold "
                f"{code.code!r}: it has to look like {_HELD[code.set.kind]}."
            )
    _require_words(known.codes.values())
    for mapping in mappings:
        _require_possible(mapping)
    _require_one_to_one(mappings)
    _require_stages(known, mappings)


def last_day(code: KnownCode) -> date:
    """Return the last day a code may be used, by itself and by its set; date.max: no limit."""
    return min(code.valid_to or date.max, code.set.valid_to or date.max)


def _first_day(code: KnownCode) -> date:
    return max(code.valid_from or date.min, code.set.valid_from or date.min)


def _together(one: KnownCode, other: KnownCode) -> bool:
    """Return whether two codes hold on one day."""
    return max(map(_first_day, (one, other))) <= min(map(last_day, (one, other)))


def _require_words(codes: Iterable[KnownCode]) -> None:
    """Of two codes of a set that hold on one day, no word means both."""
    by_word: dict[tuple[str, str], set[KnownCode]] = defaultdict(set)
    for code in codes:
        for word in code.words:
            by_word[code.set.key, word.strip().casefold()].add(code)
    for (_, word), meant in by_word.items():
        for one, other in combinations(sorted(meant, key=name_of), 2):
            if _together(one, other):
                raise CodeTableMalformed(
                    f"codes.csv: {word!r} is a word for {name_of(one)} and for {name_of(other)}, "
                    "which hold on the same days. Let the one end before the other begins, or "
                    "write one of them otherwise."
                )


def _require_possible(mapping: Mapping) -> None:
    one, other = mapping.origin, mapping.target
    said = f"maps.csv: {name_of(one)} to {name_of(other)}"
    if one is other:
        raise CodeTableMalformed(f"{said}: a code is not mapped to itself.")
    kinds = one.set.kind, other.set.kind
    if kinds[0] is not kinds[1] and kinds not in _ACROSS:
        raise CodeTableMalformed(
            f"{said}: of kinds that are not mapped to each other, {kinds[0]} and {kinds[1]}. A "
            "grade and a kind of school are mapped to their stages, others within their kind."
        )
    if mapping.is_exact and (kinds[0] is not kinds[1] or one.set is other.set):
        raise CodeTableMalformed(
            f"{said}: write no under is_exact. Only codes of two sets of one kind are the same; "
            "within a set the first is among the second."
        )


def _require_one_to_one(mappings: Iterable[Mapping]) -> None:
    """What is the same in another set is one code there on any day; no two are among each other."""
    same: dict[tuple[KnownCode, str], list[KnownCode]] = defaultdict(list)
    among: set[tuple[KnownCode, KnownCode]] = set()
    for mapping in mappings:
        one, other = mapping.origin, mapping.target
        if mapping.is_exact:
            same[one, other.set.key].append(other)
            same[other, one.set.key].append(one)
        elif one.set is other.set:
            if (other, one) in among:
                raise CodeTableMalformed(
                    f"maps.csv: {name_of(one)} and {name_of(other)} are each among the other."
                )
            among.add((one, other))
    for (code, _), there in same.items():
        for one, other in combinations(sorted(there, key=name_of), 2):
            if one is not other and _together(one, other):
                raise CodeTableMalformed(
                    f"maps.csv: {name_of(code)} is exactly {name_of(one)} and exactly "
                    f"{name_of(other)}, which hold on the same days: only one of them can be."
                )


def _require_stages(known: Catalogue, mappings: Iterable[Mapping]) -> None:
    """Each stored grade is of a stored stage while it holds: classes have both."""
    stages: dict[KnownCode, list[KnownCode]] = defaultdict(list)
    for mapping in mappings:
        if (mapping.origin.set.kind, mapping.target.set.kind) == (CodeKind.GRADE, CodeKind.STAGE):
            stages[mapping.origin].append(mapping.target)
    for grade in known.codes.values():
        if grade.set.kind is CodeKind.GRADE and grade.set.is_stored:
            of = [stage for stage in stages[grade] if stage.set.is_stored]
            if not any(_together(grade, stage) for stage in of):
                raise CodeTableMalformed(
                    f"maps.csv: no line says of which stage the grade {name_of(grade)} is, so no "
                    "class could be in it."
                )
