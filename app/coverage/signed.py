"""What was signed off of a roster and a period, and what each figure was before it was amended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import DISPLAY_ZONE
from app.coverage.models import (
    FigureSheet,
    Indicator,
    IndicatorDefinition,
    IndicatorValue,
    SheetState,
    SheetStep,
)
from app.coverage.schemas import FigureOut
from app.coverage.weeks import Period


class Place(NamedTuple):
    """Where a figure stands on a sheet: a county's code ("": all together), and which it is."""

    region_code: str
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class Amended:
    """A figure as it was signed off, and what it became when an amendment was.

    `by`, `on`, `reason`: who signed that amendment, on which day, and why there was one.
    """

    was: FigureOut
    became: FigureOut
    by: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A sheet in force, who signed it and when, and its figures; what they were, latest first."""

    sheet: FigureSheet
    by: str
    on: date
    figures: Mapping[Place, FigureOut]
    amended: Mapping[Place, Sequence[Amended]]


async def signed_of(db: AsyncSession, roster_id: UUID, period: Period) -> Signed | None:
    """Return what is signed off of this very roster and period; None: nothing is.

    Three statements, however often it was amended.
    """
    rows = await db.scalars(
        select(FigureSheet)
        .where(
            FigureSheet.roster_id == roster_id,
            FigureSheet.first_on == period.first,
            FigureSheet.last_on == period.last,
            FigureSheet.state.in_([SheetState.SIGNED_OFF, SheetState.AMENDED]),
        )
        .order_by(FigureSheet.computed_at.desc(), FigureSheet.id.desc())
    )
    sheets = {row.id: row for row in rows}
    newest = next((row for row in sheets.values() if row.state is SheetState.SIGNED_OFF), None)
    if newest is None:
        return None
    chain = [newest]
    while (amends_id := chain[-1].amends_id) is not None:
        chain.append(sheets[amends_id])
    values = await _values(db, chain)
    signers = await _signers(db, chain)
    amended: dict[Place, list[Amended]] = {}
    for later, earlier in pairwise(chain):
        step = signers[later.id]
        for place, was in values[earlier.id].items():
            became = values[later.id][place]
            if became != was:
                amended.setdefault(place, []).append(
                    Amended(was, became, step.person_name, _day(step), later.reason)
                )
    signing = signers[newest.id]
    return Signed(newest, signing.person_name, _day(signing), values[newest.id], amended)


def _day(step: SheetStep) -> date:
    return step.at.astimezone(DISPLAY_ZONE).date()


async def _values(
    db: AsyncSession, chain: Sequence[FigureSheet]
) -> dict[UUID, dict[Place, FigureOut]]:
    rows = await db.execute(
        select(IndicatorValue, IndicatorDefinition.indicator)
        .join(IndicatorDefinition, IndicatorValue.definition_id == IndicatorDefinition.id)
        .where(IndicatorValue.sheet_id.in_([sheet.id for sheet in chain]))
    )
    found: dict[UUID, dict[Place, FigureOut]] = {sheet.id: {} for sheet in chain}
    for value, indicator in rows:
        figure = FigureOut.of(indicator, (value.numerator, value.denominator))
        found[value.sheet_id][Place(value.region_code, indicator)] = figure
    return found


async def _signers(db: AsyncSession, chain: Sequence[FigureSheet]) -> dict[UUID, SheetStep]:
    rows = await db.scalars(
        select(SheetStep).where(
            SheetStep.sheet_id.in_([sheet.id for sheet in chain]),
            SheetStep.state == SheetState.SIGNED_OFF,
        )
    )
    return {row.sheet_id: row for row in rows}
