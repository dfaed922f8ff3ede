"""Regions from a table; the columns are those of their export."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.codes.catalogue import Catalogue
from app.database import PORTION, insert_many, uuid7
from app.schools import cells, corrections
from app.schools.cells import Refused
from app.schools.corrections import Corrector
from app.schools.errors import BadRegionCode
from app.schools.histories import Noting
from app.schools.models import Region
from app.schools.queries import regions_within
from app.schools.service import region_code
from app.schools.table_import import Wanted, World, kind_of
from app.security import Scope
from app.sheets import Line

CODE, NAME, ABOVE = "行政区划代码", "名称", "上级区划代码"
HEADINGS = (CODE, NAME, ABOVE)


@dataclass(slots=True)
class Regions(World[Region]):
    """A region is told by its code. Those in scope may be changed and built on.

    `foreign`: codes that are taken by regions elsewhere. A region stays below the one it is
    below: its code is part of the path of all below it (ADR 0012).
    """

    there: dict[Hashable, Region]
    above: dict[str, str]
    foreign: frozenset[str]
    by: Corrector
    made: dict[str, Region] = field(default_factory=dict)
    key_column = CODE

    def read(self, line: Line) -> Wanted:
        """Understand a row."""
        row = line.cells
        code = self._code(cells.text(row, CODE, 12), CODE)
        name = cells.text(row, NAME, 80)
        if code in self.foreign:
            raise Refused(CODE, "not-your-region")
        above = self._code(row[ABOVE], ABOVE) if row.get(ABOVE) else None
        return Wanted(line, code, {"name": name, "above": above})

    @staticmethod
    def _code(text: str, column: str) -> str:
        try:
            return region_code(text)
        except BadRegionCode:
            raise Refused(column, "malformed-code") from None

    def in_order(self, wanted: list[Wanted]) -> Sequence[Wanted]:
        """Return what others of the table lie in before these; what is in a circle comes last."""
        waiting = {each.key: each for each in wanted}
        ordered: list[Wanted] = []
        while waiting:
            ready = [each for each in waiting.values() if each.facts["above"] not in waiting]
            ordered.extend(waiting.pop(each.key) for each in ready or list(waiting.values()))
        return ordered

    def require_new(self, wanted: Wanted) -> None:
        """Refuse one that is not to lie in a region in scope, there or made before it."""
        above = wanted.facts["above"]
        if above is None:
            raise Refused(ABOVE, "required")
        parent = self.there.get(above) or self.made.get(above)
        if parent is None:
            raise Refused(ABOVE, "not-your-region")
        code = str(wanted.key)
        self.made[code] = Region(
            id=uuid7(),
            code=code,
            name=wanted.facts["name"],
            parent_id=parent.id,
            path=f"{parent.path}{code}/",
        )

    def changes(self, thing: Region, wanted: Wanted) -> dict[str, Any]:
        """Compare the name; where a region lies does not change."""
        above = wanted.facts["above"]
        if above is not None and above != self.above.get(thing.code):
            raise Refused(ABOVE, "lies-elsewhere")
        return {"name": wanted.facts["name"]} if thing.name != wanted.facts["name"] else {}

    def change(self, db: AsyncSession, thing: Region, changes: dict[str, Any]) -> None:
        """Give it the name that is said, and write down what it was, as a correction."""
        corrections.rename_region(db, thing, changes["name"], by=self.by)

    async def make(self, db: AsyncSession, wanted: Sequence[Wanted]) -> None:
        """Insert them, each after the one it lies in.

        What they lie in is held before: its code, which is part of their paths, may have been
        corrected since the table was looked at, and is not from here on.
        """
        made = [self.made[str(each.key)] for each in wanted]
        async with db.begin_nested():
            paths = await _held_paths(db, {one.parent_id for one in made if one.parent_id})
            for one in made:
                assert one.parent_id is not None, "a table makes no region that lies in none"
                one.path = paths[one.id] = f"{paths[one.parent_id]}{one.code}/"
            fields = ("id", "code", "name", "parent_id", "path")
            rows = [{key: getattr(one, key) for key in fields} for one in made]
            await insert_many(db, Region, rows)


async def _held_paths(db: AsyncSession, region_ids: set[UUID]) -> dict[UUID, str]:
    """Return the paths of those regions that are there, whose codes stay until the commit."""
    paths: dict[UUID, str] = {}
    ids = sorted(region_ids)
    for first in range(0, len(ids), PORTION):
        found = await db.execute(
            select(Region.id, Region.path)
            .where(Region.id.in_(ids[first : first + PORTION]))
            .with_for_update(read=True, key_share=True)
        )
        paths |= {row.id: row.path for row in found}
    return paths


async def _regions(db: AsyncSession, scope: Scope, _sets: Catalogue, noting: Noting) -> Regions:
    own = await db.scalars(select(Region).where(Region.id.in_(regions_within(scope))))
    there: dict[Hashable, Region] = {region.code: region for region in own}
    every = (await db.execute(select(Region.id, Region.code, Region.parent_id))).all()
    codes = {row.id: row.code for row in every}
    above = {row.code: codes[row.parent_id] for row in every if row.parent_id is not None}
    foreign = frozenset(codes.values()) - {str(code) for code in there}
    return Regions(there, above, foreign, Corrector(noting.by, noting.now))


REGIONS = kind_of(
    HEADINGS,
    (CODE, NAME),
    (("990122", "示范二县", "990100"), ("990122100000", "示范镇", "990122")),
    _regions,
)
