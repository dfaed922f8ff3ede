"""Use cases of codes: load tables of them, look them up, choose which set is shown."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes import queries
from app.codes.catalogue import Catalogue
from app.codes.errors import CodeTableMalformed, CodeUnknown
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


async def load_own(database: Database, *, follow: Follow) -> int:
    """Load the tables every installation has; return how many rows were new or changed.

    Every process does so when it starts. Of two that start at once on an empty database one
    comes second, and then finds the rows of the first.
    """
    tables = read_tables(OWN)
    try:
        async with database.unit_of_work() as db:
            return await load(db, tables, follow=follow)
    except IntegrityError:
        async with database.unit_of_work() as db:
            return await load(db, tables, follow=follow)


async def load(db: AsyncSession, tables: CodeTables, *, follow: Follow) -> int:
    """Bring sets, codes and mappings to what the tables say; return how many rows changed.

    Nothing is taken away: a code that is used no more gets a last day. Which set is shown stays
    as it was chosen. Raise CodeTableMalformed.
    """
    sets, before = await _begin(db)
    touched: set[str] = set()
    changed = _load_sets(db, tables.sets, sets)
    await db.flush()
    codes = {(row.set_id, row.code): row for row in await queries.all_codes(db)}
    changed += _load_codes(db, tables.codes, sets, codes, touched)
    await db.flush()
    maps = {(row.from_id, row.to_id): row for row in await queries.all_maps(db)}
    changed += _load_maps(db, tables.maps, sets, codes, maps=maps, touched=touched)
    for key in touched:
        sets[key].revision += 1
    await db.flush()
    if changed:
        await follow(db, before)
    return changed


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


def _load_sets(db: AsyncSession, rows: tuple[SetRow, ...], sets: dict[str, CodeSet]) -> int:
    changed = 0
    for row in rows:
        values = {name: getattr(row, name) for name in SetRow.__slots__}
        others = [each for key, each in sets.items() if each.kind is row.kind and key != row.key]
        if row.is_stored and any(each.is_stored for each in others):
            raise CodeTableMalformed(
                f"sets.csv: {row.key} cannot be stored, another set of kind {row.kind} is."
            )
        there = sets.get(row.key)
        if there is None:
            values["is_shown"] = row.is_shown and not any(each.is_shown for each in others)
            sets[row.key] = CodeSet(**values)
            db.add(sets[row.key])
            changed += 1
            continue
        if there.kind is not row.kind:
            raise CodeTableMalformed(f"sets.csv: {row.key} is of kind {there.kind} already.")
        del values["is_shown"]
        if _assign(there, values):
            there.revision += 1
            changed += 1
    return changed


def _load_codes(
    db: AsyncSession,
    rows: tuple[CodeRow, ...],
    sets: dict[str, CodeSet],
    codes: dict[tuple[UUID, str], Code],
    touched: set[str],
) -> int:
    changed = 0
    for position, row in enumerate(rows):
        if row.set not in sets:
            raise CodeTableMalformed(f"codes.csv: there is no set {row.set}.")
        identity = (sets[row.set].id, row.code)
        values = {name: getattr(row, name) for name in CodeRow.__slots__ if name != "set"}
        values["position"] = position
        if row.is_point is None:  # a file from before they were marked unmarks none
            del values["is_point"]
        if identity not in codes:
            codes[identity] = Code(set_id=identity[0], **values)
            db.add(codes[identity])
        elif not _assign(codes[identity], values):
            continue
        touched.add(row.set)
        changed += 1
    return changed


def _load_maps(
    db: AsyncSession,
    rows: tuple[MapRow, ...],
    sets: dict[str, CodeSet],
    codes: dict[tuple[UUID, str], Code],
    *,
    maps: dict[tuple[UUID, UUID], CodeMap],
    touched: set[str],
) -> int:
    changed = 0
    for row in rows:
        ends = [
            codes.get((sets[key].id, code)) if key in sets else None
            for key, code in (row.origin, row.target)
        ]
        origin, target = ends
        if origin is None or target is None:
            missing = row.origin if origin is None else row.target
            raise CodeTableMalformed(f"maps.csv: there is no code {'/'.join(missing)}.")
        there = maps.get((origin.id, target.id))
        if there is None:
            db.add(CodeMap(from_id=origin.id, to_id=target.id, is_exact=row.is_exact))
        elif not _assign(there, {"is_exact": row.is_exact}):
            continue
        touched.add(row.origin[0])
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


async def require(db: AsyncSession, kind: CodeKind, code: str) -> None:
    """Raise CodeUnknown unless `code` is one of the stored set of this kind."""
    (await catalogue(db)).stored(kind, code)
