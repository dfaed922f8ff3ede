"""What a report of a roster and a period says; how it is drawn is another module's."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.coverage import cells as cell_statements
from app.coverage import queries
from app.coverage.exports import FIGURE_COLUMNS, KIND_WORDS, STATE_WORDS
from app.coverage.figures import figures
from app.coverage.models import Basis, FigureSheet, Indicator, SheetState
from app.coverage.schemas import CoverageOut, CoveragePeriod, DefinitionOut, Figures
from app.coverage.sites import Basics, Question, basics_of
from app.coverage.totals import totals
from app.coverage.weeks import Period
from app.lessons.models import LessonKind
from app.schools.roster_models import RosterSnapshot
from app.schools.schemas import Named

BASIS_WORDS = {
    Basis.COUNTED: "已计入的到课记录（学期锁定前为预计数）",
    Basis.LOCKED: "已锁定的到课记录",
}
HEADINGS = ("部分", *FIGURE_COLUMNS)
Line = tuple[str | float | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report, in the words of its readers. Lines are what the tables hold."""

    title: str
    roster_line: str
    made_line: str
    signed_line: str
    coverage: CoverageOut
    kinds: list[Line]
    gaps: list[Line]

    def lines(self) -> list[Line]:
        """Return the report as one long table."""
        blank: Line = ("", "", "")
        return [
            *(("指标", *line) for line in self.coverage.lines()),
            *(
                ("课型", code, name, kind, periods, *blank, "")
                for code, name, kind, periods in self.kinds
            ),
            *(
                ("缺口", "", "", subject, gap, required, None, f"{sites} 个教学点", "")
                for subject, gap, required, sites in self.gaps
            ),
        ]


async def gather(
    db: AsyncSession,
    roster: RosterSnapshot,
    period: Period,
    basis: Basis,
    *,
    by: str,
    now: datetime,
) -> Report:
    """Compute all that a report says."""
    basics = await basics_of(db, Question(period, basis, roster_id=roster.id))
    whole, counties = await figures(db, basics)
    names = await queries.county_names(db, counties)
    coverage = CoverageOut(
        roster=Named(id=roster.id, name=roster.name),
        taken_on=roster.taken_on,
        period=CoveragePeriod.of(period),
        basis=basis,
        definitions=[DefinitionOut.of(basics.definitions[each]) for each in Indicator],
        whole=Figures.of(whole),
        counties=CoverageOut.counties_of(counties, names),
    )
    made = now.astimezone(DISPLAY_ZONE)
    return Report(
        title=f"{roster.region.name}三个课堂应用报告 {period.first} 至 {period.last}",
        roster_line=f"名册：{roster.name}（{roster.taken_on}，{roster.size} 个教学点，"
        f"摘要 {roster.digest[:16]}）",
        made_line=f"编制：{by}　{made:%Y-%m-%d %H:%M}　依据：{BASIS_WORDS[basis]}　"
        f"教学周：{len(period.teaching)}",
        signed_line=await _signed(db, roster, period),
        coverage=coverage,
        kinds=await _kinds(db, basics, names),
        gaps=await _gaps(db, basics),
    )


async def _signed(db: AsyncSession, roster: RosterSnapshot, period: Period) -> str:
    """Say whether a sheet of this very roster and period was signed off, by whom and when."""
    sheet = await db.scalar(
        select(FigureSheet)
        .where(
            FigureSheet.roster_id == roster.id,
            FigureSheet.first_on == period.first,
            FigureSheet.last_on == period.last,
            FigureSheet.state == SheetState.SIGNED_OFF,
        )
        .order_by(FigureSheet.computed_at.desc())
        .limit(1)
    )
    if sheet is None:
        return "本期指标尚未签发。"
    signed = next(
        step for step in await queries.steps_of(db, sheet.id) if step.state is SheetState.SIGNED_OFF
    )
    day = signed.at.astimezone(DISPLAY_ZONE).date()
    return (
        f"指标核定表{STATE_WORDS[sheet.state]}：{signed.person_name}　{day}　"
        f"依据 {sheet.rows} 行　摘要 {sheet.rows_hash[:16]}"
    )


async def _kinds(db: AsyncSession, basics: Basics, names: dict[str, str]) -> list[Line]:
    """Return (county's code, name, kind of lesson, periods): one statistic for all three."""
    facts, sites, period = basics.facts.c, basics.sites.c, basics.asked.period
    rows = await db.execute(
        select(sites.county, facts.kind, func.sum(basics.measure))
        .join_from(basics.sites, basics.facts, sites.school_id == facts.school_id)
        .where(facts.week_on.between(period.first, period.last))
        .group_by(sites.county, facts.kind)
        .order_by(sites.county)
    )
    found: dict[str, dict[LessonKind, int]] = defaultdict(dict)
    for county, kind, periods in rows:
        found[county][LessonKind(kind)] = int(periods)
    return [
        (county, names.get(county, county), KIND_WORDS[kind], kinds.get(kind, 0))
        for county, kinds in found.items()
        for kind in LessonKind
    ]


async def _gaps(db: AsyncSession, basics: Basics) -> list[Line]:
    """Return (subject, periods lacking, periods required, sites) of each subject, widest first."""
    found = cell_statements.cells(basics, totals(basics))
    c = found.c
    rows: Any = await db.execute(
        select(
            c.subject_id,
            func.sum(c.gap),
            func.sum(c.required),
            func.count(c.school_id.distinct()),
        )
        .where(c.gap > 0)
        .group_by(c.subject_id)
    )
    sets = await codes.catalogue(db)
    lines: list[Line] = [
        (sets.label(subject_id), int(gap) / 10, int(required) / 10, sites)
        for subject_id, gap, required, sites in rows
    ]
    return sorted(lines, key=lambda line: (-float(line[1] or 0), str(line[0])))
