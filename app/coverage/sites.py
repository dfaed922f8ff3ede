"""What a question is about: sites, each with its county and the plan that holds there.

Sites come from a roster, whose words of the day it was taken decide the county; or one school is
asked about. Statements only: nothing here is read row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    Uuid,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.delivered import PERIODS, of_rows, words_of
from app.attendance.recounting import require_counted
from app.coverage.inputs import Frozen, Plan, curricula_on
from app.coverage.models import Basis, Indicator, IndicatorDefinition
from app.coverage.weeks import Period
from app.schools.models import Region, RegionLabel, School
from app.schools.roster_models import RosterEntry

COUNTY_DIGITS = 6

#: Of so many sites at most it pays to look for their own facts. Of more, nearly all there are are
#: theirs: they are gone through first.
FEW_SITES = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """Which figures: of whom, when, by which rows.

    `roster_id` or `school_id`. `roster_size`: how many sites are on it. `region_code`: only what
    lies in it. `label`: only counties that bore it on `on`. `as_of`: by what was written down until
    then, from the rows themselves. `frozen`: with what a sheet keeps, whatever stands today.
    """

    period: Period
    basis: Basis = Basis.COUNTED
    roster_id: UUID | None = None
    roster_size: int = 0
    school_id: UUID | None = None
    region_code: str = ""
    label_id: UUID | None = None
    on: date | None = None
    as_of: datetime | None = None
    frozen: Frozen | None = None


def school_ids_of(roster_id: UUID) -> Select[UUID]:
    """Return a query of the schools on a roster, for `.in_(...)`."""
    return select(RosterEntry.school_id).where(RosterEntry.snapshot_id == roster_id)


def prefix_of(region_code: str) -> str:
    """Return what the codes of a region and of all below it begin with (GB/T 2260).

    510000 is a province, 511900 a city, 511902 a county; below, twelve digits.
    """
    code = region_code
    while len(code) > 2 and code.endswith("00" if len(code) <= COUNTY_DIGITS else "000"):
        code = code[:-2] if len(code) <= COUNTY_DIGITS else code[:-3]
    return code


@dataclass(frozen=True, slots=True)
class Basics:
    """What is read before a question is put: sites, facts, and how subjects are taken together.

    `are_many`: there are more than `FEW_SITES`.
    """

    asked: Question
    plans: Sequence[UUID]
    sites: CTE
    are_many: bool
    facts: FromClause
    required_subjects: frozenset[UUID]
    folded: Mapping[UUID, UUID]
    definitions: Mapping[Indicator, IndicatorDefinition]

    @property
    def measure(self) -> ColumnElement[int]:
        """Return how many periods of a fact count."""
        c = self.facts.c
        return c.locked_periods if self.asked.basis is Basis.LOCKED else c.periods

    def fold(self, subject: SQLColumnExpression[Any]) -> ColumnElement[Any]:
        """Return the subject a plan asks for that this one is, or is among: English, a language."""
        if not self.folded:
            return cast(null(), Uuid())
        known = {one: literal(other, Uuid()) for one, other in self.folded.items()}
        return case(known, value=subject, else_=cast(null(), Uuid()))

    @property
    def plain_subjects(self) -> frozenset[UUID]:
        """Return the subjects that are required and that no other one is taken for."""
        taken = {wide for one, wide in self.folded.items() if one != wide}
        return self.required_subjects - taken

    def asks(
        self, plan_id: SQLColumnExpression[Any], of_site: SQLColumnExpression[Any]
    ) -> ColumnElement[bool]:
        """Return the condition that a plan is the one that holds at a site."""
        if len(self.plans) == 1:  # said so that the database knows how many rows that gives
            return plan_id == literal(self.plans[0], Uuid())
        return plan_id == of_site

    def kinds_of(self, indicator: Indicator) -> list[str]:
        """Return the kinds of lessons an indicator counts."""
        return self.definitions[indicator].kinds.split(";")

    def permille_of(self, indicator: Indicator) -> int:
        """Return the share an indicator asks for."""
        permille = self.definitions[indicator].permille
        assert permille
        return permille


async def basics_of(
    db: AsyncSession,
    asked: Question,
    *,
    definitions: Mapping[Indicator, IndicatorDefinition] | None = None,
) -> Basics:
    """Read plans, subjects and definitions: six small statements, whatever is asked.

    `definitions`: those of a sheet, which may be older ones. Raise FiguresBeingCounted, unless the
    rows themselves are asked.
    """
    curricula = (
        await curricula_on(db, asked.period.middle, as_of=asked.as_of)
        if asked.frozen is None
        else asked.frozen.inputs.curricula
    )
    return Basics(
        asked,
        [plan_id for plan_id, _ in curricula.plans],
        _sites(asked, curricula.plans).cte("sites"),
        _are_many(asked),
        await _facts(db, asked),
        curricula.required,
        curricula.folded,
        definitions or await definitions_on(db, asked.period.middle),
    )


def _are_many(asked: Question) -> bool:
    is_of_some = asked.region_code or asked.label_id is not None or asked.school_id is not None
    return asked.roster_size > FEW_SITES and not is_of_some


async def definitions_on(db: AsyncSession, day: date) -> dict[Indicator, IndicatorDefinition]:
    """Return the definition of each indicator that is in force on a day."""
    rows = await db.scalars(
        select(IndicatorDefinition)
        .where(IndicatorDefinition.valid_from <= day)
        .order_by(IndicatorDefinition.valid_from, IndicatorDefinition.number)
    )
    return {row.indicator: row for row in rows}


async def _facts(db: AsyncSession, asked: Question) -> FromClause:
    """Return what was delivered: the table, or, as of a moment, the very rows."""
    if asked.as_of is None:
        await require_counted(db)
        return PERIODS
    first, last = asked.period.first, asked.period.last
    words = await words_of(db, first, last) if asked.frozen is None else asked.frozen.inputs.words
    return of_rows(first, last, words, as_of=asked.as_of).subquery("facts")


def _plan_at(code: SQLColumnExpression[str], plans: Sequence[Plan]) -> ColumnElement[Any]:
    """Return the plan of the nearest region; the nation's is behind all others."""
    near = [
        (code.startswith(prefix_of(region), autoescape=True), literal(plan_id, Uuid()))
        for plan_id, region in reversed(plans)
        if region
    ]
    national = next((literal(plan_id, Uuid()) for plan_id, region in plans if not region), null())
    return case(*near, else_=national) if near else cast(national, Uuid())


def _sites(asked: Question, plans: Sequence[Plan]) -> Select[*tuple[Any, ...]]:
    """Return the sites: school_id, position, name, county, plan_id."""
    if asked.roster_id is None:
        return (
            select(
                School.id.label("school_id"),
                literal(1).label("position"),
                School.name,
                func.substr(Region.code, 1, COUNTY_DIGITS).label("county"),
                _plan_at(Region.code, plans).label("plan_id"),
            )
            .join(Region, School.region_id == Region.id)
            .where(School.id == asked.school_id)
        )
    county = func.substr(RosterEntry.region_code, 1, COUNTY_DIGITS)
    query = select(
        RosterEntry.school_id,
        RosterEntry.position,
        RosterEntry.name,
        county.label("county"),
        _plan_at(RosterEntry.region_code, plans).label("plan_id"),
    ).where(RosterEntry.snapshot_id == asked.roster_id)
    if asked.region_code:
        prefix = prefix_of(asked.region_code)
        query = query.where(RosterEntry.region_code.startswith(prefix, autoescape=True))
    if asked.school_id is not None:
        query = query.where(RosterEntry.school_id == asked.school_id)
    if asked.label_id is not None:
        query = query.where(_bears(county, asked.label_id, asked.on))
    return query


def _bears(county: ColumnElement[str], label_id: UUID, on: date | None) -> ColumnElement[bool]:
    return exists().where(
        Region.code == county,
        RegionLabel.region_id == Region.id,
        RegionLabel.code_id == label_id,
        or_(RegionLabel.valid_from.is_(None), RegionLabel.valid_from <= on),
        or_(RegionLabel.valid_to.is_(None), RegionLabel.valid_to >= on),
    )
