"""Use cases of codes: load tables of them, look them up, choose which set is shown."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import queries
from app.codes.catalogue import Catalogue, KnownCode
from app.codes.checks import Mapping, last_day, name_of, require_sound
from app.codes.errors import CodeInUse, CodeTableMalformed, CodeUnknown
from app.codes.models import Code, CodeKind, CodeMap, CodeSet
from app.codes.tables import OWN, CodeRow, CodeTables, MapRow, SetRow, read_tables
from app.database import Database

Known = tuple[tuple[int, int], Catalogue]
# By engine: what was read from one database says nothing of another.
_caches: WeakKeyDictionary[Any, Known] = WeakKeyDictionary()
# In a session's `info`: it changed code sets, which may be taken back yet.
_CHANGES = "changes_code_sets"

#: Writes anew, in the same transaction, what rests on words that meant something else before.
Follow = Callable[[AsyncSession, Catalogue], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ended:
    """A code that is to have a last day, or an earlier one. `last` None: what holds it at all."""

    code: KnownCode
    last: date | None


#: Says what holds such a code beyond its last day, in words ("3 schools"); nothing: it may end.
Holders = Callable[[AsyncSession, Ended], Awaitable[Sequence[str]]]


async def catalogue(db: AsyncSession) -> Catalogue:
    """Return the code sets, from memory while none has changed (one small statement says so).

    A session that changes them reads its own; of that nothing is remembered.
    """
    if _CHANGES in db.info:
        return await _read(db)
    engine = db.get_bind()
    stamp = await queries.stamp(db)
    cached = _caches.get(engine)
    if cached is not None and cached[0] == stamp:
        return cached[1]
    made = await _read(db)
    _caches[engine] = (stamp, made)
    return made


async def _read(db: AsyncSession) -> Catalogue:
    """Read all sets. What refers to others comes first, for no row is ever taken away.

    On PostgreSQL each statement sees what was committed meanwhile: read the other way round, codes
    would be there whose set is not.
    """
    maps = await queries.all_maps(db)
    codes = await queries.all_codes(db)
    return Catalogue.of(await queries.all_sets(db), codes, maps)


async def hold(db: AsyncSession) -> None:
    """Have the meaning of words stay until the transaction ends.

    To be called before anything is written down by what they mean: who changes code sets waits
    for it, and then sees it.
    """
    await queries.hold_sets(db)


async def load_own(database: Database, *, follow: Follow, holders: Holders) -> int:
    """Load the tables every installation has; return how many rows were new or changed.

    Every process does so when it starts. Of two that start at once on an empty database one
    comes second, and then finds the rows of the first. What an authority's table said otherwise
    stays as that said it.
    """
    tables = read_tables(OWN)
    try:
        async with database.unit_of_work() as db:
            return await _Loading(db, is_local=False).load(tables, follow, holders)
    except IntegrityError:
        async with database.unit_of_work() as db:
            return await _Loading(db, is_local=False).load(tables, follow, holders)


async def load(db: AsyncSession, tables: CodeTables, *, follow: Follow, holders: Holders) -> int:
    """Bring sets, codes and mappings to what an authority's tables say; return how many changed.

    Nothing is taken away: a code that is used no more gets a last day. Which set is shown stays
    as it was chosen, and codes that are there stay in their order unless a table has all of their
    set. Raise CodeTableMalformed; CodeInUse: something holds a code beyond the day it is to end.
    """
    return await _Loading(db, is_local=True).load(tables, follow, holders)


async def _begin(db: AsyncSession) -> tuple[dict[str, CodeSet], Catalogue]:
    """Return the sets by their keys, for nobody else to change, and what words mean so far."""
    sets = {row.key: row for row in await queries.sets_to_change(db)}
    before = await catalogue(db)
    db.info[_CHANGES] = True
    return sets, before


def _assign(row: Any, values: dict[str, Any]) -> bool:
    """Set what differs; return whether anything did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


@dataclass(slots=True)
class _Loading:
    """One run over some tables. `is_local`: they are an authority's, not the platform's own."""

    db: AsyncSession
    is_local: bool
    sets: dict[str, CodeSet] = field(default_factory=dict)
    codes: dict[tuple[UUID, str], Code] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    async def load(self, tables: CodeTables, follow: Follow, holders: Holders) -> int:
        """Load them; return how many rows are new or changed. Raise as `load`."""
        db = self.db
        self.sets, before = await _begin(db)
        changed = self._load_sets(tables.sets)
        await db.flush()
        self.codes = {(row.set_id, row.code): row for row in await queries.all_codes(db)}
        changed += self._load_codes(tables.codes)
        await db.flush()
        maps = {(row.from_id, row.to_id): row for row in await queries.all_maps(db)}
        changed += self._load_maps(tables.maps, maps)
        for key in self.touched:
            self.sets[key].revision += 1
        await db.flush()
        if changed:
            await self._require_sound(before, holders)
            await follow(db, before)
        return changed

    async def _require_sound(self, before: Catalogue, holders: Holders) -> None:
        """Raise CodeTableMalformed or CodeInUse unless all that rests on the sets still can."""
        known = await catalogue(self.db)
        rows = await queries.all_maps(self.db)
        require_sound(
            known,
            (Mapping(known.get(row.from_id), known.get(row.to_id), row.is_exact) for row in rows),
        )
        for was in before.codes.values():
            code = known.get(was.id)
            if code.is_point is not was.is_point and (
                held := await holders(self.db, Ended(code, None))
            ):
                raise CodeInUse(
                    f"{name_of(code)} is of {', '.join(held)}: whether they are teaching points "
                    "cannot change under them. Add another category, and give them that."
                )
            if last_day(code) < last_day(was) and (
                held := await holders(self.db, Ended(code, last_day(code)))
            ):
                raise CodeInUse(
                    f"{name_of(code)} is to end on {last_day(code)}, and beyond that day "
                    f"{', '.join(held)} have it. Give them another first, or it a later day."
                )

    def _change(self, row: Any, values: dict[str, Any]) -> bool:
        """Set what differs; return whether anything did. What an authority said stays said."""
        if row.is_local and not self.is_local:
            return False
        if not _assign(row, values):
            return False
        row.is_local = self.is_local
        return True

    def _load_sets(self, rows: Iterable[SetRow]) -> int:
        changed = 0
        for row in rows:
            values = {name: getattr(row, name) for name in SetRow.__slots__}
            others = [
                each for key, each in self.sets.items() if each.kind is row.kind and key != row.key
            ]
            if row.is_stored and any(each.is_stored for each in others):
                raise CodeTableMalformed(
                    f"sets.csv: {row.key} cannot be stored, another set of kind {row.kind} is."
                )
            there = self.sets.get(row.key)
            if there is None:
                values["is_shown"] = row.is_shown and not any(each.is_shown for each in others)
                self.sets[row.key] = CodeSet(**values, is_local=self.is_local)
                self.db.add(self.sets[row.key])
                changed += 1
                continue
            if there.kind is not row.kind:
                raise CodeTableMalformed(f"sets.csv: {row.key} is of kind {there.kind} already.")
            if there.is_stored and not row.is_stored:
                raise CodeTableMalformed(
                    f"sets.csv: rows refer to the codes of {row.key}: it stays the stored set."
                )
            del values["is_shown"]
            if self._change(there, values):
                there.revision += 1
                changed += 1
        return changed

    def _load_codes(self, rows: Sequence[CodeRow]) -> int:
        changed = 0
        places = self._places(rows)
        for place, row in zip(places, rows, strict=True):
            identity = (self.sets[row.set].id, row.code)
            values = {name: getattr(row, name) for name in CodeRow.__slots__ if name != "set"}
            if row.is_point is None:  # a file from before they were marked unmarks none
                del values["is_point"]
            there = self.codes.get(identity)
            if there is None:
                values |= {"position": place, "is_local": self.is_local}
                self.codes[identity] = Code(set_id=identity[0], **values)
                self.db.add(self.codes[identity])
            elif not self._change(there, values | {"position": place}):
                continue
            self.touched.add(row.set)
            changed += 1
        return changed

    def _places(self, rows: Sequence[CodeRow]) -> list[int]:
        """Return where each code stands in its set: in the order of a table that has all of it.

        In one that has some, those that are there keep their places, and new ones come last: of
        several languages the first is the usual one, and nothing else may become that by chance.
        """
        said = {(self.sets[row.set].id, row.code) for row in rows if row.set in self.sets}
        places = []
        last: dict[UUID, int] = {}
        for set_id, code in self.codes:
            last[set_id] = max(last.get(set_id, 0), self.codes[set_id, code].position)
        partly = {set_id for set_id, code in self.codes if (set_id, code) not in said}
        for number, row in enumerate(rows):
            if row.set not in self.sets:
                raise CodeTableMalformed(f"codes.csv: there is no set {row.set}.")
            set_id = self.sets[row.set].id
            there = self.codes.get((set_id, row.code))
            if set_id not in partly:
                places.append(number)
            elif there is not None:
                places.append(there.position)
            else:
                last[set_id] += 1
                places.append(last[set_id])
        return places

    def _load_maps(self, rows: Iterable[MapRow], maps: dict[tuple[UUID, UUID], CodeMap]) -> int:
        changed = 0
        for row in rows:
            ends = [
                self.codes.get((self.sets[key].id, code)) if key in self.sets else None
                for key, code in (row.origin, row.target)
            ]
            origin, target = ends
            if origin is None or target is None:
                missing = row.origin if origin is None else row.target
                raise CodeTableMalformed(f"maps.csv: there is no code {'/'.join(missing)}.")
            there = maps.get((origin.id, target.id))
            if there is None:
                self.db.add(
                    CodeMap(
                        from_id=origin.id,
                        to_id=target.id,
                        is_exact=row.is_exact,
                        is_local=self.is_local,
                    )
                )
            elif not self._change(there, {"is_exact": row.is_exact}):
                continue
            self.touched.add(row.origin[0])
            changed += 1
        return changed


async def show(db: AsyncSession, key: str, *, follow: Follow) -> CodeSet:
    """Have pages and exports speak in the codes of this set. Raise CodeUnknown.

    Of what several sets call by one word, the word means the shown set's from now on.
    """
    sets, before = await _begin(db)
    if key not in sets:
        raise CodeUnknown(f"There is no code set {key!r}; there are {', '.join(sorted(sets))}.")
    for row in sets.values():
        if row.kind is sets[key].kind and row.is_shown != (row.key == key):
            row.is_shown = row.key == key
            row.revision += 1
    await db.flush()
    await follow(db, before)
    return sets[key]


async def require(db: AsyncSession, kind: CodeKind, code: str, *, on: date) -> None:
    """Raise CodeUnknown unless `code` is one of the stored set of this kind, and holds that day."""
    (await catalogue(db)).holding(kind, code, on)
