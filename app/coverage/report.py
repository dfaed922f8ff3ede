"""What a report of a roster and a period says; how it is drawn is another module's."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.coverage import queries
from app.coverage.exports import FIGURE_COLUMNS, KIND_WORDS, STATE_WORDS
from app.coverage.figures import figures
from app.coverage.listing import GapKey, gap_sums
from app.coverage.models import Basis, Indicator
from app.coverage.schemas import (
    CoverageOut,
    CoveragePeriod,
    DefinitionOut,
    FigureOut,
    Figures,
)
from app.coverage.signed import Amended, Place, Signed, signed_of
from app.coverage.sites import Basics, Question, basics_of
from app.coverage.weeks import Period
from app.lessons.models import LessonKind
from app.schools.roster_models import RosterSnapshot
from app.schools.schemas import Named

BASIS_WORDS = {
    Basis.COUNTED: "已计入的到课记录（学期锁定前为预计数）",
    Basis.LOCKED: "已锁定的到课记录",
}
#: Beside each figure: what was signed off, and what had been until it was amended.
SIGNED_COLUMNS = (
    *("核定分子", "核定分母", "核定百分比"),
    *("更正前分子", "更正前分母", "更正前百分比", "更正"),
)
HEADINGS = ("部分", *FIGURE_COLUMNS, *SIGNED_COLUMNS)
Line = tuple[str | float | None, ...]
_NOTHING: Line = (None,) * len(SIGNED_COLUMNS)


def shown(number: float) -> str:
    """Return a figure as people write it: whole ones without a point."""
    return f"{number:.1f}".removesuffix(".0")


def share(figure: FigureOut) -> str:
    """Return a share in per cent, to a tenth; a dash where there is nothing to be a share of."""
    return "—" if figure.permille is None else f"{figure.permille / 10:.1f}%"


def in_full(figure: FigureOut) -> str:
    """Return a figure with what it is a share of: 81.2%（13/16）."""
    return f"{share(figure)}（{shown(figure.numerator)}/{shown(figure.denominator)}）"


def said(amended: Amended) -> str:
    """Say what a figure was, by whom and when it was amended, and why."""
    return f"原 {in_full(amended.was)}，{amended.by} {amended.on} 更正：{amended.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """A report, in the words of its readers. Lines are what the tables hold."""

    title: str
    roster_line: str
    made_line: str
    signed_line: str
    signed: Signed | None
    coverage: CoverageOut
    kinds: list[Line]
    gaps: list[Line]

    def lines(self) -> list[Line]:
        """Return the report as one long table."""
        blank: Line = ("", "", "")
        return [
            *(
                ("指标", *line, *self._beside(place))
                for place, line in zip(self.places(), self.coverage.lines(), strict=True)
            ),
            *(
                ("课型", code, name, kind, periods, *blank, "", *_NOTHING)
                for code, name, kind, periods in self.kinds
            ),
            *(
                ("缺口", "", "", subject, gap, required, None, f"{sites} 个教学点", "", *_NOTHING)
                for subject, gap, required, sites in self.gaps
            ),
        ]

    def places(self) -> list[Place]:
        """Return where each of the coverage's lines stands, in their order."""
        codes_of = ("", *(county.code for county in self.coverage.counties))
        shown_figures = self.coverage.whole.figures
        return [Place(code, each.indicator) for code in codes_of for each in shown_figures]

    def signed_figure(self, place: Place) -> FigureOut | None:
        """Return what was signed off for a figure; None: nothing was."""
        return None if self.signed is None else self.signed.figures.get(place)

    def amended(self, place: Place) -> Sequence[Amended]:
        """Return what a signed figure had been, the latest first."""
        return () if self.signed is None else self.signed.amended.get(place, ())

    def _beside(self, place: Place) -> Line:
        """Return the cells of `SIGNED_COLUMNS` of a figure; all amendments are in the last."""
        amended = self.amended(place)
        before = amended[0].was if amended else None
        words = "；".join(map(said, amended)) or None
        return (*_cells(self.signed_figure(place)), *_cells(before), words)


def _cells(figure: FigureOut | None) -> Line:
    if figure is None:
        return None, None, None
    permille = figure.permille
    return figure.numerator, figure.denominator, None if permille is None else permille / 10


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
    asked = Question(period, basis, roster_id=roster.id, roster_size=roster.size)
    basics = await basics_of(db, asked)
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
    signed = await signed_of(db, roster.id, period)
    made = now.astimezone(DISPLAY_ZONE)
    return Report(
        title=f"{roster.region.name}三个课堂应用报告 {period.first} 至 {period.last}",
        roster_line=f"名册：{roster.name}（{roster.taken_on}，{roster.size} 个教学点，"
        f"摘要 {roster.digest[:16]}）",
        made_line=f"编制：{by}　{made:%Y-%m-%d %H:%M}　依据：{BASIS_WORDS[basis]}　"
        f"教学周：{len(period.teaching)}",
        signed_line=_signed_line(signed),
        signed=signed,
        coverage=coverage,
        kinds=await _kinds(db, basics, names),
        gaps=await _gaps(db, basics),
    )


def _signed_line(signed: Signed | None) -> str:
    """Say whether a sheet of this very roster and period was signed off, by whom and when."""
    if signed is None:
        return "本期指标尚未签发。"
    sheet = signed.sheet
    why = f"　更正原因：{sheet.reason}" if sheet.reason else ""
    return (
        f"指标核定表{STATE_WORDS[sheet.state]}：{signed.by}　{signed.on}　"
        f"依据 {sheet.rows} 行　摘要 {sheet.rows_hash[:16]}{why}"
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
    rows: Any = await db.execute(gap_sums(basics, GapKey.SUBJECT))
    sets = await codes.catalogue(db)
    lines: list[Line] = [
        (sets.label(subject_id), int(gap) / 10, int(required) / 10, sites)
        for subject_id, gap, required, sites in rows
    ]
    return sorted(lines, key=lambda line: (-float(line[1] or 0), str(line[0])))
