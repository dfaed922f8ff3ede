"""What the pages of signed figures and reports send and get."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.clock import Day
from app.coverage.changes import Input
from app.coverage.models import (
    Basis,
    FigureSheet,
    Indicator,
    IndicatorDefinition,
    IndicatorValue,
    SheetState,
    SheetStep,
)
from app.coverage.schemas import DefinitionOut, FigureOut
from app.schools.registry_schemas import Incoming, Text
from app.schools.schemas import Named


class SheetIn(Incoming):
    """Which figures to freeze. `amends_id`: the signed sheet to amend, and `reason` why."""

    roster_id: UUID
    first: Day
    last: Day
    amends_id: UUID | None = None
    reason: Annotated[Text, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _says_why(self) -> "SheetIn":
        if (self.amends_id is not None) != bool(self.reason):
            raise ValueError("an amendment says why, and nothing else does")
        return self


class SheetNote(Incoming):
    """A word of whoever signs."""

    note: Annotated[Text, Field(max_length=500)] = ""


class SheetOut(BaseModel):
    """A sheet in a list. `open_rows`: rows that were not locked when it was computed.

    `keeps_inputs`: false of one from before sheets did, which is neither checked nor signed.
    """

    id: UUID
    roster: Named
    region: Named
    taken_on: date
    first: date
    last: date
    weeks: int
    basis: Basis
    state: SheetState
    computed_at: datetime
    rows: int
    rows_hash: str
    open_rows: int
    keeps_inputs: bool
    amends_id: UUID | None
    reason: str
    version: int

    @classmethod
    def of(cls, row: FigureSheet) -> "SheetOut":
        """Return a sheet with its roster and region loaded."""
        region = row.roster.region
        return cls(
            id=row.id,
            roster=Named(id=row.roster.id, name=row.roster.name),
            region=Named(id=region.id, name=region.name),
            taken_on=row.roster.taken_on,
            first=row.first_on,
            last=row.last_on,
            weeks=row.weeks,
            basis=row.basis,
            state=row.state,
            computed_at=row.computed_at,
            rows=row.rows,
            rows_hash=row.rows_hash,
            open_rows=row.open_rows,
            keeps_inputs=row.keeps_inputs,
            amends_id=row.amends_id,
            reason=row.reason,
            version=row.version,
        )


class StepOut(BaseModel):
    """Who brought a sheet to a state, and when. `person_id`: whether two steps are one person's."""

    state: SheetState
    person_id: UUID | None
    person_name: str
    at: datetime
    note: str

    @classmethod
    def of(cls, row: SheetStep) -> "StepOut":
        """Return a step."""
        return cls(
            state=row.state,
            person_id=row.person_id,
            person_name=row.person_name,
            at=row.at,
            note=row.note,
        )


class SheetFigure(FigureOut):
    """A frozen figure; `before`: what the sheet it amends had signed off for it."""

    region_code: str
    region_name: str
    definition_number: int
    before: FigureOut | None


class SheetDetail(SheetOut):
    """A sheet with its figures, the rules they were counted by, and who signed.

    `changed`: what it was computed with that is another today; null: that was not kept.
    `in_force_id`: another sheet of the same roster and days that is signed and not amended. One
    that does not amend it cannot be signed.
    """

    definitions: list[DefinitionOut]
    figures: list[SheetFigure]
    steps: list[StepOut]
    changed: list[Input] | None
    in_force_id: UUID | None


Held = Sequence[tuple[IndicatorValue, IndicatorDefinition]]


def sheet_detail(
    sheet: FigureSheet,
    held: Held,
    before: Held,
    steps: Sequence[SheetStep],
    changed: list[Input] | None,
    *,
    in_force_id: UUID | None,
) -> SheetDetail:
    """Return a sheet, each figure beside the one it amends."""
    earlier = {
        (value.region_code, definition.indicator): FigureOut.of(
            definition.indicator, (value.numerator, value.denominator)
        )
        for value, definition in before
    }
    places = {indicator: place for place, indicator in enumerate(Indicator)}
    rows = sorted(held, key=lambda row: (row[0].region_code, places[row[1].indicator]))
    return SheetDetail(
        **SheetOut.of(sheet).model_dump(),
        definitions=[
            DefinitionOut.of(definition) for value, definition in rows if not value.region_code
        ],
        figures=[
            SheetFigure(
                **FigureOut.of(
                    definition.indicator, (value.numerator, value.denominator)
                ).model_dump(),
                region_code=value.region_code,
                region_name=value.region_name,
                definition_number=definition.number,
                before=earlier.get((value.region_code, definition.indicator)),
            )
            for value, definition in rows
        ],
        steps=[StepOut.of(step) for step in steps],
        changed=changed,
        in_force_id=in_force_id,
    )


class ReportFormat(StrEnum):
    """The kinds of file a report is made as."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


class ReportIn(Incoming):
    """Which report to make."""

    roster_id: UUID
    first: Day
    last: Day
    basis: Basis = Basis.COUNTED
    format: ReportFormat = ReportFormat.PDF
