"""The code sets in memory: a few hundred rows that every list and every import asks for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.codes.errors import CodeUnknown
from app.codes.models import Code, CodeKind, CodeMap, CodeSet


@dataclass(frozen=True, slots=True)
class KnownSet:
    """A code set without its codes."""

    id: UUID
    key: str
    kind: CodeKind
    label_zh: str
    label_en: str
    source: str
    is_stored: bool
    is_shown: bool
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class KnownCode:
    """A code and the set it is of. `aliases`: other words for it; `is_point`: see `Code`."""

    id: UUID
    set: KnownSet
    code: str
    label_zh: str
    label_en: str
    label_bo: str
    aliases: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    is_point: bool

    def label(self, language: str = "zh") -> str:
        """Return the word for it in `zh`, `en` or `bo`; in Chinese where there is none."""
        words = {"en": self.label_en, "bo": self.label_bo}
        return words.get(language) or self.label_zh

    def is_valid_on(self, day: date) -> bool:
        """Return whether the code, and its set, may be used on a day."""
        return all(
            (limits.valid_from is None or limits.valid_from <= day)
            and (limits.valid_to is None or day <= limits.valid_to)
            for limits in (self, self.set)
        )

    @property
    def words(self) -> tuple[str, ...]:
        """Return all that may be written for it."""
        return (self.code, self.label_zh, self.label_en, *self.aliases)


@dataclass(frozen=True, slots=True)
class Translation:
    """A code in another set. Not exact: one of the two is wider than the other."""

    code: KnownCode
    is_exact: bool


def _folded(text: str) -> str:
    return text.strip().casefold()


@dataclass(slots=True)
class Catalogue:
    """All code sets. Read only; `app.codes.service.catalogue` gives the one in force."""

    sets: tuple[KnownSet, ...]
    codes: Mapping[UUID, KnownCode]
    _maps: Mapping[UUID, Sequence[tuple[UUID, bool]]]
    _wider: Mapping[UUID, Sequence[UUID]]
    _by_code: dict[tuple[str, str], KnownCode] = field(default_factory=dict)
    _by_word: dict[tuple[CodeKind, str], KnownCode] = field(default_factory=dict)

    @classmethod
    def of(
        cls, sets: Iterable[CodeSet], codes: Iterable[Code], maps: Iterable[CodeMap]
    ) -> "Catalogue":
        """Make the catalogue of the rows."""
        known_sets = {row.id: _known_set(row) for row in sets}
        known = {row.id: _known_code(row, known_sets[row.set_id]) for row in codes}
        across: dict[UUID, list[tuple[UUID, bool]]] = {}
        wider: dict[UUID, list[UUID]] = {}
        for row in maps:
            if known[row.from_id].set is known[row.to_id].set:
                wider.setdefault(row.from_id, []).append(row.to_id)
                continue
            across.setdefault(row.from_id, []).append((row.to_id, row.is_exact))
            across.setdefault(row.to_id, []).append((row.from_id, row.is_exact))
        made = cls(tuple(known_sets.values()), known, across, wider)
        made._index()
        return made

    def _index(self) -> None:
        """Where sets of one kind use a word for different things, the shown set's holds."""
        before = sorted(
            self.codes.values(), key=lambda c: (not c.set.is_shown, not c.set.is_stored, c.set.key)
        )
        for code in before:
            self._by_code[code.set.key, code.code] = code
        for place in ("code", "label", "alias"):
            for code in before:
                for word in _words_at(code, place):
                    self._by_word.setdefault((code.set.kind, _folded(word)), code)

    def get(self, code_id: UUID) -> KnownCode:
        """Return the code a row refers to. Raise CodeUnknown."""
        if code_id not in self.codes:
            raise CodeUnknown(f"There is no code with the id {code_id}.")
        return self.codes[code_id]

    def of_set(self, key: str, code: str) -> KnownCode:
        """Return a code of a set. Raise CodeUnknown."""
        found = self._by_code.get((key, code))
        if found is None:
            raise CodeUnknown(f"The code set {key} has no code {code!r}.")
        return found

    def stored_set(self, kind: CodeKind) -> KnownSet:
        """Return the set rows refer to. Raise CodeUnknown when the sets were never loaded."""
        return self._one(kind, [each for each in self.sets if each.is_stored])

    def shown_set(self, kind: CodeKind) -> KnownSet:
        """Return the set pages and exports speak in. Raise CodeUnknown as above."""
        return self._one(kind, [each for each in self.sets if each.is_shown])

    @staticmethod
    def _one(kind: CodeKind, sets: Iterable[KnownSet]) -> KnownSet:
        for each in sets:
            if each.kind is kind:
                return each
        raise CodeUnknown(f"No code set of kind {kind} is loaded: run `classrooms codes load`.")

    def of_kind(self, kind: CodeKind, *, on: date | None = None) -> list[KnownCode]:
        """Return the codes of the stored set of a kind, in order; `on`: those valid that day."""
        stored = self.stored_set(kind)
        return [
            code
            for code in self.codes.values()
            if code.set is stored and (on is None or code.is_valid_on(on))
        ]

    def stored(self, kind: CodeKind, code: str) -> KnownCode:
        """Return a code of the stored set of a kind. Raise CodeUnknown."""
        return self.of_set(self.stored_set(kind).key, code)

    def holding(
        self, kind: CodeKind, code: str, first: date, last: date | None = None
    ) -> KnownCode:
        """Return a stored code that holds on a first day and on a last one, if that is known.

        Raise CodeUnknown: there is none, or no longer, or not yet.
        """
        found = self.stored(kind, code)
        for day in (first, last or first):
            if not found.is_valid_on(day):
                raise CodeUnknown(
                    f"{found.label_zh} ({code}) does not hold on {day}. Choose one that does, or "
                    "other days."
                )
        return found

    def usual(self, kind: CodeKind, day: date) -> KnownCode:
        """Return what is meant where nothing is said: the first stored code that holds on a day.

        Raise CodeUnknown when there is none.
        """
        for code in self.of_kind(kind, on=day):
            return code
        raise CodeUnknown(f"No code of kind {kind} holds on {day}: name one, or load the sets.")

    def is_point(self, category: str) -> bool:
        """Return whether schools of a category, a stored code, are teaching points (教学点)."""
        return self.stored(CodeKind.SCHOOL_CATEGORY, category).is_point

    def find(self, kind: CodeKind, text: str) -> KnownCode | None:
        """Return the stored code that is written `text`: a code, a label or another word.

        Codes come before labels, labels before other words, and the shown set before the rest.
        What only another set knows is translated where that is exact; else it is that set's.
        """
        found = self._by_word.get((kind, _folded(text)))
        if found is None or found.set.is_stored:
            return found
        translated = self.translate(found.id, self.stored_set(kind).key)
        return translated.code if translated is not None and translated.is_exact else found

    def translate(self, code_id: UUID, to_set: str) -> Translation | None:
        """Return what a code is in another set; the exact one before a wider or narrower one."""
        code = self.get(code_id)
        if code.set.key == to_set:
            return Translation(code, is_exact=True)
        candidates = [
            Translation(self.codes[other], is_exact)
            for other, is_exact in self._maps.get(code_id, ())
            if self.codes[other].set.key == to_set
        ]
        return next((each for each in candidates if each.is_exact), next(iter(candidates), None))

    def related(self, code_id: UUID, kind: CodeKind) -> list[KnownCode]:
        """Return the codes of another kind a code is mapped to: the stages of a category."""
        others = (self.codes[other] for other, _ in self._maps.get(code_id, ()))
        return [other for other in others if other.set.kind is kind]

    def wider(self, code_id: UUID) -> list[KnownCode]:
        """Return the codes of the same set this one is among: 音乐 is among 艺术."""
        return [self.codes[other] for other in self._wider.get(code_id, ())]

    def over(self, code: KnownCode | None) -> frozenset[str]:
        """Return a stored code and those it is among, as rows name them; of any other none.

        Whatever is agreed for one of these holds for the code: what is said of 艺术 for 音乐.
        """
        if code is None or not code.set.is_stored:
            return frozenset()
        return frozenset({code.code, *(each.code for each in self.wider(code.id))})

    def shown(self, code_id: UUID) -> KnownCode:
        """Return a code as pages show it: in the shown set where that has the very same."""
        code = self.get(code_id)
        translated = self.translate(code_id, self.shown_set(code.set.kind).key)
        return translated.code if translated is not None and translated.is_exact else code

    def said(self, kind: CodeKind, code: str | int | None) -> str:
        """Return the word pages show for what a row holds: a stored code, a grade's number.

        Nothing where it holds none. What no table knows, as grade 0 (before school), names itself.
        """
        if code is None:
            return ""
        known = self._by_code.get((self.stored_set(kind).key, str(code)))
        return str(code) if known is None else self.label(known.id)

    def label(self, code_id: UUID, language: str = "zh") -> str:
        """Return the word pages show for a code."""
        return self.shown(code_id).label(language)


def _words_at(code: KnownCode, place: str) -> tuple[str, ...]:
    if place == "code":
        return (code.code,)
    return (code.label_zh, code.label_en) if place == "label" else code.aliases


def _known_set(row: CodeSet) -> KnownSet:
    return KnownSet(
        id=row.id,
        key=row.key,
        kind=row.kind,
        label_zh=row.label_zh,
        label_en=row.label_en,
        source=row.source,
        is_stored=row.is_stored,
        is_shown=row.is_shown,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _known_code(row: Code, of: KnownSet) -> KnownCode:
    return KnownCode(
        id=row.id,
        set=of,
        code=row.code,
        label_zh=row.label_zh,
        label_en=row.label_en,
        label_bo=row.label_bo,
        aliases=tuple(word for word in row.aliases.split(";") if word),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        is_point=row.is_point,
    )
