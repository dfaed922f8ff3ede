"""Reads of periods, names and sheets. Rights are part of the query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.calendars.days import Span
from app.calendars.models import Term
from app.coverage.inputs import Inputs
from app.coverage.models import (
    FigureSheet,
    IndicatorDefinition,
    IndicatorValue,
    SheetState,
    SheetStep,
)
from app.coverage.schemas import PeriodChoice
from app.coverage.weeks import months_of
from app.errors import NotFound
from app.schools.models import Region
from app.schools.queries import regions_within
from app.schools.roster_models import RosterSnapshot
from app.schools.rosters import snapshots
from app.security import Scope

MOST_TERMS = 6


async def county_names(db: AsyncSession, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of regions by their codes."""
    rows = await db.execute(select(Region.code, Region.name).where(Region.code.in_(list(codes))))
    return {row.code: row.name for row in rows}


async def periods_of(db: AsyncSession, region: Region) -> list[PeriodChoice]:
    """Return the latest terms that hold in a region, each with its months, the latest first."""
    above = region.path.strip("/").split("/")
    rows = await db.scalars(
        select(Term)
        .join(Region, Term.region_id == Region.id)
        .where(Region.code.in_(above))
        .order_by(Term.starts_on.desc(), Term.id)
        .limit(MOST_TERMS)
    )
    found = []
    for term in rows:
        months = months_of(Span(term.starts_on, term.ends_on))
        names = [(term.name, months[0][1], months[-1][2]), *reversed(months)]
        found += [
            PeriodChoice(name=name, term_id=term.id, is_term=place == 0, first=first, last=last)
            for place, (name, first, last) in enumerate(names)
        ]
    return found


async def roster_within(db: AsyncSession, scope: Scope, roster_id: UUID) -> RosterSnapshot:
    """Return a roster of a region in scope, region loaded. Raise NotFound.

    A school sees the roster it stands on, but the figures are of all sites on it: they are the
    region's. What a school may know of itself is asked for by the school.
    """
    own = RosterSnapshot.region_id.in_(regions_within(scope))
    found = await db.scalar(snapshots(scope).where(RosterSnapshot.id == roster_id, own))
    if found is None:
        raise NotFound("There is no such roster whose figures are yours to see.")
    return found


@dataclass(frozen=True, slots=True)
class SheetFilter:
    """Which sheets; what is not given may be anything. `amends_id`: those that amend this one."""

    roster_id: UUID | None = None
    amends_id: UUID | None = None
    state: SheetState | None = None


ANY_SHEET = SheetFilter()


def sheets_seen(scope: Scope, wanted: SheetFilter = ANY_SHEET) -> Select[FigureSheet]:
    """Return a query of the sheets over rosters of regions in scope, with roster and region."""
    query = (
        select(FigureSheet)
        .join(FigureSheet.roster)
        .where(RosterSnapshot.region_id.in_(regions_within(scope)))
        .options(joinedload(FigureSheet.roster).joinedload(RosterSnapshot.region))
    )
    if wanted.roster_id is not None:
        query = query.where(FigureSheet.roster_id == wanted.roster_id)
    if wanted.amends_id is not None:
        query = query.where(FigureSheet.amends_id == wanted.amends_id)
    return query if wanted.state is None else query.where(FigureSheet.state == wanted.state)


async def sheet_within(db: AsyncSession, scope: Scope, sheet_id: UUID) -> FigureSheet:
    """Return a sheet in scope, with roster and region. Raise NotFound."""
    found = await db.scalar(sheets_seen(scope).where(FigureSheet.id == sheet_id))
    if found is None:
        raise NotFound("There is no such sheet of figures for you.")
    return found


async def get_sheet(db: AsyncSession, sheet_id: UUID) -> FigureSheet:
    """Return a sheet with roster and region, for jobs, whose makers checked the right."""
    query = select(FigureSheet).where(FigureSheet.id == sheet_id)
    loaded = query.options(joinedload(FigureSheet.roster).joinedload(RosterSnapshot.region))
    return (await db.scalars(loaded)).one()


async def in_force_id(db: AsyncSession, sheet: FigureSheet) -> UUID | None:
    """Return which other sheet of the same roster and days is signed and not amended; None: none.

    Of several, from before a second one was refused: the one computed last, as
    `app.coverage.signed.signed_of` has it.
    """
    found: UUID | None = await db.scalar(
        select(FigureSheet.id)
        .where(
            FigureSheet.roster_id == sheet.roster_id,
            FigureSheet.first_on == sheet.first_on,
            FigureSheet.last_on == sheet.last_on,
            FigureSheet.state == SheetState.SIGNED_OFF,
            FigureSheet.id != sheet.id,
        )
        .order_by(FigureSheet.computed_at.desc(), FigureSheet.id.desc())
        .limit(1)
    )
    return found


async def inputs_of(db: AsyncSession, sheet_id: UUID) -> Inputs | None:
    """Return what a sheet was computed with; None: it was before that was kept."""
    stored = await db.scalar(select(FigureSheet.inputs).where(FigureSheet.id == sheet_id))
    return None if stored is None else Inputs.of(stored)


async def values_of(
    db: AsyncSession, sheet_id: UUID
) -> Sequence[tuple[IndicatorValue, IndicatorDefinition]]:
    """Return the figures of a sheet with their definitions, all counties' ("") first."""
    rows = await db.execute(
        select(IndicatorValue, IndicatorDefinition)
        .join(IndicatorDefinition, IndicatorValue.definition_id == IndicatorDefinition.id)
        .where(IndicatorValue.sheet_id == sheet_id)
        .order_by(IndicatorValue.region_code, IndicatorDefinition.id)
    )
    return [(row[0], row[1]) for row in rows]


async def steps_of(db: AsyncSession, sheet_id: UUID) -> Sequence[SheetStep]:
    """Return who brought a sheet to which state, in order."""
    rows = await db.scalars(
        select(SheetStep).where(SheetStep.sheet_id == sheet_id).order_by(SheetStep.at, SheetStep.id)
    )
    return rows.all()
