"""Reading a table of alliances: what there is that rows may name, and what a row says."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.alliances.models import Alliance, AllianceMember, MemberRole, TermPlan
from app.alliances.queries import alliances_kept
from app.alliances.tables import (
    ALLIANCE,
    ENDS,
    JOINED,
    LEFT,
    PLACE,
    PLAN,
    PURPOSE,
    ROLE,
    ROLE_WORDS,
    STARTS,
    TARGETS,
    TERM,
    TERM_STARTS,
)
from app.calendars.models import Term
from app.calendars.queries import terms_seen
from app.database import PORTION, hold_row, in_portions
from app.schools import cells
from app.schools.cells import Refused
from app.schools.errors import BadRegionCode
from app.schools.models import Region, School, SchoolCode
from app.schools.queries import regions_within, schools_within
from app.schools.school_finder import SCHOOL, SchoolFinder
from app.schools.service import region_code
from app.security import Scope
from app.sheets import Line, Table

_ROLES = {word: role for role, word in ROLE_WORDS.items()} | {
    each.value: each for each in MemberRole
}
_MOST_TARGET = 100_000
_CODE_DIGITS = 10
Key = tuple[str, str]  # of an alliance: its region's code, its name


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be understood. `said` of the alliance, `planned` for the term: if filled."""

    line: Line
    said: dict[str, Any]
    school: School | None
    role: MemberRole | None
    joined: date | None
    left: date | None
    term: Term | None
    planned: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may name. `beyond`: schools out of scope that are members already."""

    headings: frozenset[str]
    regions: dict[str, Region]
    alliances: dict[Key, list[Alliance]]
    stays: dict[UUID, list[AllianceMember]]
    plans: dict[UUID, list[TermPlan]]
    schools: SchoolFinder
    beyond: frozenset[UUID]
    by_code: dict[str, School]
    void_codes: frozenset[str]
    terms: dict[str, list[tuple[str, Term]]]  # by name, each with its region's code

    def alliance_of(self, line: Line) -> tuple[str, Region, Alliance | None]:
        """Return the name, the region and the alliance, if it is there, of a row. Raise Refused."""
        name = cells.text(line.cells, ALLIANCE, 120)
        try:
            code = region_code(cells.text(line.cells, PLACE, 20))
        except BadRegionCode:
            raise Refused(PLACE, "malformed-code") from None
        there = self.alliances.get((code, name), [])
        if len(there) > 1:
            raise Refused(ALLIANCE, "ambiguous-alliance")
        if there:
            return name, there[0].region, there[0]
        if code not in self.regions:
            raise Refused(PLACE, "not-your-region")
        return name, self.regions[code], None

    def read(self, line: Line, region: Region, there: Alliance | None) -> Row:
        """Understand what a row says of its alliance, of a member and of a plan. Raise Refused."""
        row = line.cells
        said: dict[str, Any] = {
            column: cells.day(row[column], column) for column in (STARTS, ENDS) if row.get(column)
        }
        if row.get(PURPOSE):
            said[PURPOSE] = cells.text(row, PURPOSE, 1000)
        school = role = None
        if row.get(SCHOOL) or any(row.get(column) for column in (ROLE, JOINED, LEFT)):
            school = self._school(row)
            role = _ROLES.get(cells.text(row, ROLE, 20))
            if role is None:
                raise Refused(ROLE, "unknown-role")
        joined, left = (cells.day(row.get(column, ""), column) for column in (JOINED, LEFT))
        planned: dict[str, Any] = {
            column: cells.whole(row[column], column, 0, _MOST_TARGET)
            for column in TARGETS
            if row.get(column)
        }
        if row.get(PLAN):
            planned[PLAN] = cells.text(row, PLAN, 4000)
        term = None
        if planned or row.get(TERM) or row.get(TERM_STARTS):
            term = self._term(row, region, there)
        return Row(line, said, school, role, joined, left, term, planned)

    def _school(self, row: dict[str, str]) -> School:
        """Return a school in scope, a member, or any by its code. Raise Refused."""
        try:
            return self.schools.find(row)
        except Refused as refused:
            named = row.get(SCHOOL, "")
            if refused.reason != "no-such-school":
                raise
            if named in self.void_codes:
                raise Refused(SCHOOL, "code-is-void") from None
            if named not in self.by_code:
                raise
            return self.by_code[named]

    def may_join(self, school: School, named: str) -> bool:
        """Return whether a school named so may become a member: others' only by their code."""
        is_own = school.id in self.schools.schools and school.id not in self.beyond
        return is_own or named == school.moe_code

    def _term(self, row: dict[str, str], region: Region, there: Alliance | None) -> Term:
        """Return the term of this name that is planned already, or the nearest. Raise Refused."""
        name = cells.text(row, TERM, 80)
        starts_on = cells.day(row.get(TERM_STARTS, ""), TERM_STARTS)
        around = region.path.strip("/").split("/")
        found = [
            (around.index(code), term)
            for code, term in self.terms.get(name, [])
            if code in around and starts_on in {None, term.starts_on}
        ]
        of_plans = {plan.term_id for plan in self.plans.get(there.id, [])} if there else set()
        found = [each for each in found if each[1].id in of_plans] or found
        if not found:
            raise Refused(TERM, "no-such-term-there")
        depth = max(place for place, _ in found)
        nearest = [term for place, term in found if place == depth]
        if len(nearest) > 1:
            raise Refused(TERM, "ambiguous-term-there")
        return nearest[0]


async def load(db: AsyncSession, table: Table, scope: Scope, *, is_held: bool) -> Known:
    """Read what the rows of a table may name.

    `is_held`: nobody else changes these alliances, or founds some by a table, until the commit.
    """
    named = {line.cells.get(ALLIANCE, "") for line in table.lines}
    codes = {_code(line.cells.get(PLACE, "")) for line in table.lines}
    regions = select(Region).where(Region.id.in_(regions_within(scope)))
    in_scope = {region.code: region async for (region,) in in_portions(db, regions)}
    own = select(Alliance.id, Alliance.name).where(Alliance.id.in_(alliances_kept(scope)))
    if is_held:
        for region in sorted((in_scope[each] for each in codes & in_scope.keys()), key=_id):
            await hold_row(db, Region, region.id)
        for each in (await db.execute(own.order_by(Alliance.id))).all():
            if each.name in named:
                await hold_row(db, Alliance, each.id)
    kept = await db.scalars(
        select(Alliance)
        .where(Alliance.id.in_(alliances_kept(scope)))
        .options(selectinload(Alliance.region))
        .execution_options(populate_existing=True)
    )
    alliances: dict[Key, list[Alliance]] = defaultdict(list)
    for alliance in kept:
        alliances[alliance.region.code, alliance.name].append(alliance)
    stays: dict[UUID, list[AllianceMember]] = defaultdict(list)
    members = AllianceMember.alliance_id.in_(alliances_kept(scope))
    async for (stay,) in in_portions(db, select(AllianceMember).where(members)):
        stays[stay.alliance_id].append(stay)
    plans: dict[UUID, list[TermPlan]] = defaultdict(list)
    for plan in await db.scalars(
        select(TermPlan).where(TermPlan.alliance_id.in_(alliances_kept(scope)))
    ):
        plans[plan.alliance_id].append(plan)
    beyond = frozenset(
        await db.scalars(
            select(AllianceMember.school_id)
            .where(members, AllianceMember.school_id.not_in(schools_within(scope)))
            .distinct()
        )
    )
    by_code, void_codes = await _by_code(db, table)
    homes = {alliance.region_id for some in alliances.values() for alliance in some}
    around = replace(scope, region_ids=scope.region_ids | homes)
    terms: dict[str, list[tuple[str, Term]]] = defaultdict(list)
    for term, _, code in await db.execute((await terms_seen(db, around)).add_columns(Region.code)):
        terms[term.name].append((code, term))
    return Known(
        frozenset(table.headings),
        in_scope,
        dict(alliances),
        dict(stays),
        dict(plans),
        await SchoolFinder.load(db, scope, also=beyond),
        beyond,
        by_code,
        void_codes,
        dict(terms),
    )


def _id(region: Region) -> UUID:
    return region.id


def _code(cell: str) -> str:
    try:
        return region_code(cell)
    except BadRegionCode:
        return ""


async def _by_code(db: AsyncSession, table: Table) -> tuple[dict[str, School], frozenset[str]]:
    """Return the schools whose codes rows name, wherever they lie, and which codes are void."""
    codes = sorted(
        {
            named
            for line in table.lines
            if len(named := line.cells.get(SCHOOL, "")) == _CODE_DIGITS
            and named.isascii()
            and named.isdigit()
        }
    )
    by_code: dict[str, School] = {}
    void: set[str] = set()
    for first in range(0, len(codes), PORTION):
        portion = codes[first : first + PORTION]
        for school in await db.scalars(select(School).where(School.moe_code.in_(portion))):
            by_code[school.moe_code or ""] = school
        void.update(
            await db.scalars(
                select(SchoolCode.moe_code).where(
                    SchoolCode.moe_code.in_(portion), SchoolCode.voided_on.is_not(None)
                )
            )
        )
    return by_code, frozenset(void)
