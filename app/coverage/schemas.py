"""What the pages of coverage get: figures with their rules, sites, gaps, and their lessons."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from app.codes.catalogue import Catalogue
from app.coverage.curriculum_schemas import Force, SubjectOut
from app.coverage.figures import Figure, Found
from app.coverage.models import UNITS, Basis, Indicator, IndicatorDefinition, Unit
from app.coverage.rules import Cell, Standing
from app.coverage.weeks import Period
from app.lessons.models import LessonKind
from app.schools.schemas import Named

RegionCode = Annotated[str, Query(pattern=r"^(\d{6}|\d{12})?$", description="Only this region.")]


class CoveragePeriod(BaseModel):
    """Whole weeks: a Monday, a Sunday, and how many teaching weeks lie between."""

    first: date
    last: date
    weeks: int

    @classmethod
    def of(cls, period: Period) -> "CoveragePeriod":
        """Return a period."""
        return cls(first=period.first, last=period.last, weeks=len(period.teaching))


class FigureOut(BaseModel):
    """A figure: of `denominator`, `numerator`. Of TENTHS both are periods, to a tenth.

    `permille`: the share in thousandths, rounded down; null: there is nothing to be a share of.
    """

    indicator: Indicator
    numerator: float
    denominator: float
    permille: int | None

    @classmethod
    def of(cls, indicator: Indicator, figure: Figure) -> "FigureOut":
        """Return a figure in the unit people read."""
        numerator, denominator = figure
        parts = 10 if UNITS[indicator] is Unit.TENTHS else 1
        return cls(
            indicator=indicator,
            numerator=numerator / parts,
            denominator=denominator / parts,
            permille=numerator * 1000 // denominator if denominator else None,
        )


class DefinitionOut(BaseModel):
    """How a figure is counted, in words."""

    id: UUID
    indicator: Indicator
    number: int
    unit: Unit
    permille: int | None
    kinds: list[LessonKind]
    title_zh: str
    title_en: str
    rule_zh: str
    rule_en: str

    @classmethod
    def of(cls, row: IndicatorDefinition) -> "DefinitionOut":
        """Return a definition."""
        return cls(
            id=row.id,
            indicator=row.indicator,
            number=row.number,
            unit=UNITS[row.indicator],
            permille=row.permille,
            kinds=[LessonKind(each) for each in row.kinds.split(";")],
            title_zh=row.title_zh,
            title_en=row.title_en,
            rule_zh=row.rule_zh,
            rule_en=row.rule_en,
        )


class DefinitionVersion(DefinitionOut):
    """A version of a definition in a list, with the day from which it holds."""

    valid_from: date
    force: Force

    @classmethod
    def standing(
        cls, row: IndicatorDefinition, *, held: Collection[UUID], today: date
    ) -> "DefinitionVersion":
        """Return a version; `held`: the ids of those that hold today."""
        later = Force.TO_COME if row.valid_from > today else Force.REPLACED
        return cls(
            **DefinitionOut.of(row).model_dump(),
            valid_from=row.valid_from,
            force=Force.HOLDS if row.id in held else later,
        )


class Figures(BaseModel):
    """All figures of a county, or of all counties.

    `without_timetable`: sites that say nothing of what they teach, and are in no figure of
    subjects or periods. `unplaced`: periods that came for no grade and subject that is required.
    """

    sites: int
    without_timetable: int
    unplaced: int
    figures: list[FigureOut]

    @classmethod
    def of(cls, found: Found) -> "Figures":
        """Return what was found."""
        return cls(
            sites=found.sites,
            without_timetable=found.without_timetable,
            unplaced=found.unplaced,
            figures=[FigureOut.of(each, found.figures[each]) for each in Indicator],
        )


class CountyFigures(Figures):
    """The figures of a county; its code as it stood on the roster."""

    code: str
    name: str


class CoverageOut(BaseModel):
    """Figures over a roster and a period, side by side, with the rules they are counted by."""

    roster: Named
    taken_on: date
    period: CoveragePeriod
    basis: Basis
    definitions: list[DefinitionOut]
    whole: Figures
    counties: list[CountyFigures]

    @staticmethod
    def counties_of(counties: Mapping[str, Found], names: Mapping[str, str]) -> list[CountyFigures]:
        """Return the counties, each with its name; its code where it has none any more."""
        return [
            CountyFigures(code=code, name=names.get(code, code), **Figures.of(found).model_dump())
            for code, found in counties.items()
        ]

    def lines(self) -> list[tuple[str | float | None, ...]]:
        """Return the figures as lines of a table, all counties' first; see `exports`."""
        words = {each.indicator: each for each in self.definitions}
        everywhere = CountyFigures(code="", name="合计", **self.whole.model_dump())
        return [
            (
                each.code,
                each.name,
                words[figure.indicator].title_zh,
                figure.numerator,
                figure.denominator,
                None if figure.permille is None else figure.permille / 10,
                words[figure.indicator].rule_zh,
                words[figure.indicator].number,
            )
            for each in (everywhere, *self.counties)
            for figure in each.figures
        ]


class CoverageSite(BaseModel):
    """What a site is counted by in every figure. Periods to a tenth.

    `weeks`: the teaching weeks in which its best subject came. `subjects` 0: no timetable.
    """

    position: int
    school: Named
    county: str
    reached: int
    weeks: int
    needs: int
    needs_met: int
    subjects: int
    offered: int
    required: float
    taught: float
    lacking: float
    filled: float

    @classmethod
    def of(cls, row: Any) -> "CoverageSite":
        """Return a row of `app.coverage.listing.sites`."""
        position, school_id, name, county, reached, weeks, needs, met, *cells = row
        subjects, offered, required, taught, lacking, filled = cells
        return cls(
            position=position,
            school=Named(id=school_id, name=name),
            county=county,
            reached=reached,
            weeks=weeks,
            needs=needs,
            needs_met=met,
            subjects=subjects,
            offered=offered,
            required=required / 10,
            taught=taught / 10,
            lacking=lacking / 10,
            filled=filled / 10,
        )


class CellRow(NamedTuple):
    """A cell with its site's position and name, as `app.coverage.listing` selects it."""

    position: int
    name: str
    school_id: UUID
    county: str
    grade_no: int
    subject_id: UUID
    required: int
    local: int
    delivered: int
    lacking: int
    filled: int
    taught: int
    gap: int


class GapOut(BaseModel):
    """A grade and a subject at a site: what is required, and what is lacking. In periods."""

    grade_no: int
    subject: SubjectOut
    required: float
    local: float
    delivered: float
    gap: float
    standing: Standing

    @classmethod
    def cell(cls, row: Any, sets: Catalogue, *, permille: int) -> "GapOut":
        """Return a cell of `app.coverage.cells`."""
        cell = Cell(row.required, row.local, row.delivered)
        return cls(
            grade_no=row.grade_no,
            subject=SubjectOut.of(row.subject_id, sets),
            required=cell.required / 10,
            local=cell.local / 10,
            delivered=cell.delivered / 10,
            gap=cell.gap / 10,
            standing=cell.standing(permille),
        )


class SiteGapOut(GapOut):
    """A gap in a list of many sites."""

    position: int
    school: Named
    county: str

    @classmethod
    def row(cls, row: Any, sets: Catalogue, *, permille: int) -> "SiteGapOut":
        """Return a row of `app.coverage.listing.gaps`: a tuple in the order of `COLUMNS`."""
        cell = CellRow(*row)
        return cls(
            **GapOut.cell(cell, sets, permille=permille).model_dump(),
            position=cell.position,
            school=Named(id=cell.school_id, name=cell.name),
            county=cell.county,
        )


class GapSum(BaseModel):
    """What is lacking of a subject, or in a grade, at `sites` sites together. In periods.

    `subject` or `grade_no`, by which it was added up; `required`: of the cells that lack any.
    """

    subject: SubjectOut | None
    grade_no: int | None
    gap: float
    required: float
    sites: int

    @classmethod
    def of(cls, row: Any, sets: Catalogue) -> "GapSum":
        """Return a row of `app.coverage.listing.gap_sums`."""
        key, gap, required, sites = row
        is_grade = isinstance(key, int)
        return cls(
            subject=None if is_grade else SubjectOut.of(key, sets),
            grade_no=key if is_grade else None,
            gap=int(gap) / 10,
            required=int(required) / 10,
            sites=sites,
        )


class SchoolGaps(BaseModel):
    """All cells of a school: grades and subjects. None: no timetable was handed in."""

    school: Named
    period: CoveragePeriod
    basis: Basis
    cells: list[GapOut]
    subjects: int
    offered: int
    required: float
    taught: float
    gap: float


class DeliveredLesson(BaseModel):
    """A lesson behind a figure, as it came to a school; `session_id`: its page of evidence."""

    lesson_id: UUID
    session_id: UUID
    title: str
    kind: LessonKind
    subject: str
    grade: str
    planned_start: datetime
    hub: Named
    school: Named
    is_locked: bool

    @classmethod
    def of(cls, row: Any) -> "DeliveredLesson":
        """Return a row of `app.coverage.listing.lessons`."""
        lesson_id, session_id, title, kind, subject, grade, start, *places, locked = row
        hub_id, hub, site_id, site = places
        return cls(
            lesson_id=lesson_id,
            session_id=session_id,
            title=title,
            kind=kind,
            subject=subject,
            grade=grade,
            planned_start=start,
            hub=Named(id=hub_id, name=hub),
            school=Named(id=site_id, name=site),
            is_locked=bool(locked),
        )


class PeriodChoice(BaseModel):
    """A period people ask for: a term, or a month of it. `name`: the term's, or "2026-03"."""

    name: str
    term_id: UUID
    is_term: bool
    first: date
    last: date
