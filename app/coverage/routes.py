"""Routes of figures and of what lies behind each: sites, gaps, lessons."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.delivered import words_of
from app.attendance.errors import FiguresBeingCounted, PeriodTooLong
from app.clock import Day, Now
from app.codes import service as codes
from app.coverage import listing, queries
from app.coverage.errors import NoTeachingWeeks
from app.coverage.exports import FIGURE_COLUMNS, LESSON_COLUMNS, SITE_COLUMNS, gap_columns
from app.coverage.figures import figures
from app.coverage.lesson_pages import fetch_lessons_page
from app.coverage.models import Basis, Indicator
from app.coverage.rules import Cell, total
from app.coverage.schemas import (
    CoverageOut,
    CoveragePeriod,
    CoverageSite,
    DefinitionOut,
    DeliveredLesson,
    Figures,
    GapOut,
    GapSum,
    PeriodChoice,
    RegionCode,
    SchoolGaps,
    SiteGapOut,
)
from app.coverage.site_pages import fetch_sites_page
from app.coverage.sites import Basics, Question, basics_of
from app.coverage.weeks import period_of
from app.database import Db
from app.errors import refuses
from app.exports import EXPORT_ROUTE, ExportFormat, ExportQuery, ExportResponse, stream, table
from app.paging import Order, Page, PageQuery
from app.schools.queries import school_within
from app.schools.registry_schemas import MOST_GRADE_NO
from app.schools.roster_models import RosterSnapshot
from app.schools.schemas import Named
from app.security import INSPECTING, CurrentInspector, PersonCaller

router = APIRouter(prefix="/api/coverage", tags=["coverage"])


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures are asked for; days are widened to whole weeks."""

    roster_id: UUID
    first: Day
    last: Day
    basis: Basis
    region_code: str
    label_id: UUID | None


def _asked(
    *,
    roster_id: UUID,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
    basis: Basis = Basis.COUNTED,
    region_code: RegionCode = "",
    label_id: UUID | None = None,
) -> Asked:
    return Asked(roster_id, first, last, basis, region_code, label_id)


Wanted = Annotated[Asked, Depends(_asked)]


async def _basics(
    db: AsyncSession, caller: PersonCaller, asked: Asked, *, school_id: UUID | None = None
) -> tuple[RosterSnapshot, Basics]:
    """Return the roster, in the caller's scope, and what is read before the question is put."""
    roster = await queries.roster_within(db, caller.scope(*INSPECTING), asked.roster_id)
    period = await period_of(db, roster.region, first=asked.first, last=asked.last)
    question = Question(
        period,
        asked.basis,
        roster_id=roster.id,
        roster_size=roster.size,
        school_id=school_id,
        region_code=asked.region_code,
        label_id=asked.label_id,
        on=roster.taken_on,
    )
    return roster, await basics_of(db, question)


@router.get("/periods")
async def list_coverage_periods(
    roster_id: UUID, db: Db, caller: CurrentInspector
) -> list[PeriodChoice]:
    """List the terms of a roster's region and their months: what figures are usually asked for."""
    roster = await queries.roster_within(db, caller.scope(*INSPECTING), roster_id)
    return await queries.periods_of(db, roster.region)


async def _coverage(db: AsyncSession, caller: PersonCaller, asked: Asked) -> CoverageOut:
    roster, basics = await _basics(db, caller, asked)
    whole, counties = await figures(db, basics)
    names = await queries.county_names(db, counties)
    return CoverageOut(
        roster=Named(id=roster.id, name=roster.name),
        taken_on=roster.taken_on,
        period=CoveragePeriod.of(basics.asked.period),
        basis=asked.basis,
        definitions=[DefinitionOut.of(basics.definitions[each]) for each in Indicator],
        whole=Figures.of(whole),
        counties=CoverageOut.counties_of(counties, names),
    )


@router.get("/figures")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def read_coverage(db: Db, caller: CurrentInspector, asked: Wanted) -> CoverageOut:
    """Return all figures of a roster and a period side by side, in all and county by county."""
    return await _coverage(db, caller, asked)


@router.get("/figures/export", **EXPORT_ROUTE)
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def export_coverage(
    db: Db, caller: CurrentInspector, asked: Wanted, export_format: ExportQuery = ExportFormat.CSV
) -> ExportResponse:
    """Export the figures, one line for a county and a figure."""
    found = await _coverage(db, caller, asked)
    headings, rows = FIGURE_COLUMNS, found.lines()
    return table(headings, rows, name="coverage", export_format=export_format)


IndicatorQuery = Annotated[Indicator | None, Query(description="Of whose denominator.")]
MetQuery = Annotated[bool | None, Query(description="In its numerator, or not.")]


@router.get("/sites")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def list_coverage_sites(
    *,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    indicator: IndicatorQuery = None,
    is_met: MetQuery = None,
    page: PageQuery,
) -> Page[CoverageSite]:
    """List the sites of a roster with what each is counted by; those a figure counts, or not."""
    _, basics = await _basics(db, caller, asked)
    found = await fetch_sites_page(
        db,
        basics,
        lambda some: listing.sites(db, some, indicator=indicator, is_met=is_met),
        page,
    )
    return found.page(CoverageSite.of)


@router.get("/sites/export", **EXPORT_ROUTE)
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def export_coverage_sites(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    indicator: IndicatorQuery = None,
    is_met: MetQuery = None,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the list of sites."""
    _, basics = await _basics(db, caller, asked)
    statement, order = await listing.sites(db, basics, indicator=indicator, is_met=is_met)
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=SITE_COLUMNS,
        name="coverage-sites",
        export_format=export_format,
    )


@dataclass(frozen=True, slots=True)
class CellFilter:
    """Of which site, subject and grade alone."""

    school_id: UUID | None
    subject_id: UUID | None
    grade_no: int | None


def _cell_filter(
    *,
    school_id: UUID | None = None,
    subject_id: Annotated[UUID | None, Query(description="Only this subject.")] = None,
    grade_no: Annotated[
        int | None, Query(ge=1, le=MOST_GRADE_NO, description="Only this grade.")
    ] = None,
) -> CellFilter:
    return CellFilter(school_id, subject_id, grade_no)


WantedCells = Annotated[CellFilter, Depends(_cell_filter)]


@router.get("/gaps")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def list_gaps(
    *,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    cells: WantedCells,
    page: PageQuery,
) -> Page[SiteGapOut]:
    """List what is lacking still at the sites of a roster: a site, a grade, a subject each."""
    _, basics = await _basics(db, caller, asked, school_id=cells.school_id)

    async def gaps_of(some: Basics) -> tuple[Select[*tuple[Any, ...]], Order]:
        return listing.gaps(some, subject_id=cells.subject_id, grade_no=cells.grade_no)

    found = await fetch_sites_page(db, basics, gaps_of, page)
    sets = await codes.catalogue(db)
    permille = basics.permille_of(Indicator.OFFER_RATE)
    return found.page(lambda row: SiteGapOut.row(row, sets, permille=permille))


@router.get("/gaps/sums")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def sum_gaps(
    *,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    cells: WantedCells,
    by: listing.GapKey = listing.GapKey.SUBJECT,
) -> list[GapSum]:
    """Add up what is lacking still at the sites of a roster, the widest gap first."""
    _, basics = await _basics(db, caller, asked, school_id=cells.school_id)
    rows = await db.execute(
        listing.gap_sums(basics, by, subject_id=cells.subject_id, grade_no=cells.grade_no)
    )
    sets = await codes.catalogue(db)
    found = [GapSum.of(row, sets) for row in rows]
    return sorted(found, key=lambda each: (-each.gap, -each.required))


@router.get("/gaps/export", **EXPORT_ROUTE)
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def export_gaps(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    cells: WantedCells,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export what is lacking."""
    _, basics = await _basics(db, caller, asked, school_id=cells.school_id)
    statement, order = listing.gaps(basics, subject_id=cells.subject_id, grade_no=cells.grade_no)
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=gap_columns(await codes.catalogue(db)),
        name="gaps",
        export_format=export_format,
    )


async def _rows_asked(
    db: AsyncSession,
    caller: PersonCaller,
    asked: Asked,
    cells: CellFilter,
    indicator: Indicator,
) -> tuple[Basics, listing.RowsAsked]:
    roster, basics = await _basics(db, caller, asked, school_id=cells.school_id)
    subjects = grades = None
    if cells.subject_id is not None or cells.grade_no is not None:
        period = basics.asked.period
        words = await words_of(db, period.first, period.last)
        if cells.subject_id is not None:
            subjects = {
                text
                for text, found in words.subjects.items()
                if cells.subject_id in {found, basics.folded.get(found)}
            }
        if cells.grade_no is not None:
            grades = {text for text, found in words.grades.items() if found == cells.grade_no}
    return basics, listing.RowsAsked(
        most_sites=roster.size if cells.school_id is None else 1,
        kinds=basics.kinds_of(indicator),
        subjects=subjects,
        grades=grades,
    )


@router.get("/lessons")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def list_delivered_lessons(
    *,
    db: Db,
    now: Now,
    caller: CurrentInspector,
    asked: Wanted,
    cells: WantedCells,
    indicator: Indicator = Indicator.PERIOD_RATE,
    page: PageQuery,
) -> Page[DeliveredLesson]:
    """List the lessons a figure rests on, the latest first; each leads to its evidence."""
    basics, wanted = await _rows_asked(db, caller, asked, cells, indicator)
    found = await fetch_lessons_page(db, basics, wanted, page, now=now)
    return found.page(DeliveredLesson.of)


@router.get("/lessons/export", **EXPORT_ROUTE)
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def export_delivered_lessons(
    *,
    request: Request,
    db: Db,
    caller: CurrentInspector,
    asked: Wanted,
    cells: WantedCells,
    indicator: Indicator = Indicator.PERIOD_RATE,
    export_format: ExportQuery = ExportFormat.CSV,
) -> ExportResponse:
    """Export the lessons a figure rests on."""
    statement, order = listing.lessons(*await _rows_asked(db, caller, asked, cells, indicator))
    return stream(
        request.app.state.database,
        statement.order_by(*order),
        columns=LESSON_COLUMNS,
        name="delivered-lessons",
        export_format=export_format,
    )


@router.get("/schools/{school_id}")
@refuses(PeriodTooLong, NoTeachingWeeks, FiguresBeingCounted)
async def read_school_gaps(
    *,
    school_id: UUID,
    db: Db,
    caller: CurrentInspector,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
    basis: Basis = Basis.COUNTED,
) -> SchoolGaps:
    """Return how each subject of each grade of a school stands: required, taught, lacking."""
    school = await school_within(db, caller.scope(*INSPECTING), school_id)
    period = await period_of(db, school.region, first=first, last=last)
    basics = await basics_of(db, Question(period, basis, school_id=school.id))
    permille = basics.permille_of(Indicator.OFFER_RATE)
    rows = (await db.execute(listing.school_cells(basics))).all()
    sets = await codes.catalogue(db)
    cells = [Cell(row.required, row.local, row.delivered) for row in rows]
    sums = total(cells, permille=permille)
    return SchoolGaps(
        school=Named(id=school.id, name=school.name),
        period=CoveragePeriod.of(period),
        basis=basis,
        cells=[GapOut.cell(row, sets, permille=permille) for row in rows],
        subjects=sums.subjects,
        offered=sums.offered,
        required=sums.required / 10,
        taught=sums.taught / 10,
        gap=(sums.required - sums.taught) / 10,
    )
