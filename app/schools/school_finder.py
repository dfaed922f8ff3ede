"""Which school a row of a table is about: by its code, or by name, region and the one it is of."""

from collections import defaultdict
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import in_portions
from app.exports import Column
from app.schools.cells import Refused
from app.schools.models import Region, School
from app.schools.queries import schools_within
from app.schools.registry_queries import local_code
from app.security import Scope

SCHOOL, REGION, PARENT = "学校", "行政区划代码", "所属学校"
HEADINGS = (SCHOOL, REGION, PARENT)


def school_columns(place: int) -> tuple[Column, ...]:
    """Return the columns that name a school of rows with school, region and parent at `place`."""

    def named(school: School, parent: School | None) -> str:
        with_code = school.moe_code or (
            local_code(school, parent) if parent is not None and parent.moe_code else None
        )
        return with_code or school.name

    return (
        Column(SCHOOL, lambda row: named(row[place], row[place + 2])),
        Column(REGION, lambda row: row[place + 1].code),
        Column(
            PARENT, lambda row: row[place + 2] and (row[place + 2].moe_code or row[place + 2].name)
        ),
    )


@dataclass(slots=True)
class SchoolFinder:
    """The schools in scope by what tables name them by."""

    schools: dict[UUID, School] = field(default_factory=dict)
    _regions: dict[UUID, str] = field(default_factory=dict)
    _by_code: dict[str, School] = field(default_factory=dict)
    _by_name: dict[str, list[School]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def load(
        cls, db: AsyncSession, scope: Scope, *, also: Collection[UUID] = ()
    ) -> "SchoolFinder":
        """Read the schools in scope, closed ones included, and those whose ids are in `also`."""
        finder = cls()
        statement = (
            select(School, Region.code)
            .join(Region, Region.id == School.region_id)
            .where(or_(School.id.in_(schools_within(scope)), School.id.in_(also)))
            .order_by(School.id)
        )
        async for school, region in in_portions(db, statement):
            finder.schools[school.id] = school
            finder._regions[school.id] = region
            finder._by_name[school.name].append(school)
        for school in finder.schools.values():
            parent = finder.schools.get(school.parent_id) if school.parent_id else None
            code = school.moe_code or local_code(school, parent)
            if code is not None:
                finder._by_code[code] = school
        return finder

    def find(self, cells: dict[str, str]) -> School:
        """Return the school of a row. Raise Refused."""
        name = cells.get(SCHOOL, "")
        if not name:
            raise Refused(SCHOOL, "required")
        if name in self._by_code:
            return self._by_code[name]
        found = self._by_name.get(name, [])
        if len(found) > 1 and (region := cells.get(REGION)):
            found = [each for each in found if self._regions[each.id] == region]
        if len(found) > 1 and (parent := cells.get(PARENT)):
            found = [each for each in found if self._is_of(each, parent)]
        if len(found) != 1:
            raise Refused(SCHOOL, "ambiguous-school" if found else "no-such-school")
        return found[0]

    def require_open(self, key: Hashable) -> None:
        """Refuse a new thing of a closed school, whose id its key begins with. Raise Refused."""
        assert isinstance(key, tuple)
        if self.schools[key[0]].closed_on is not None:
            raise Refused(SCHOOL, "school-closed")

    def _is_of(self, school: School, parent: str) -> bool:
        its = self.schools.get(school.parent_id) if school.parent_id else None
        return its is not None and parent in {its.moe_code, its.name}
