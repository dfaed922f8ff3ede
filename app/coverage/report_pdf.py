"""A report as a PDF for printing on A4, in Chinese, with the font inside.

The font is Noto Sans SC (SIL Open Font License 1.1), which comes as a Python package: no server
has to have one. Only the letters that are used are embedded.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from fpdf import FPDF
from fpdf.enums import Align, TableCellFillMode, XPos, YPos
from fpdf.fonts import FontFace

from app.coverage.models import Unit
from app.coverage.report import Line, Report
from app.coverage.schemas import CountyFigures, DefinitionOut, FigureOut, Figures

FONT = "NotoSansSC"
MARGIN_MM = 15
TITLE_PT, HEADING_PT, TEXT_PT, SMALL_PT = 18, 12, 9.5, 8
INK, QUIET, BAND = (28, 34, 40), (95, 104, 112), (232, 242, 243)
LINE_MM = 5.5


@cache
def _font() -> str:
    return str(files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf")


class _Page(FPDF):
    """An A4 page with its number below."""

    def __init__(self, title: str) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._title = title
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + 5)
        self.add_font(FONT, fname=_font())
        self.set_font(FONT, size=TEXT_PT)
        self.set_title(title)
        self.set_lang("zh-CN")
        self.add_page()

    def footer(self) -> None:
        """Say what this is and which page of how many."""
        self.set_y(-MARGIN_MM)
        self.set_font(FONT, size=SMALL_PT)
        self.set_text_color(*QUIET)
        self.cell(0, 5, f"{self._title}　第 {self.page_no()} 页 / 共 {{nb}} 页", align=Align.C)

    def say(self, text: str, *, size: float = TEXT_PT, ink: tuple[int, int, int] = INK) -> None:
        """Write a paragraph."""
        self.set_font(FONT, size=size)
        self.set_text_color(*ink)
        self.multi_cell(0, size * 0.62, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def head(self, text: str) -> None:
        """Begin a part."""
        self.ln(4)
        self.say(text, size=HEADING_PT)
        self.ln(1)

    def grid(self, rows: Sequence[Sequence[str]], widths: Sequence[int], numbers: int) -> None:
        """Draw a table; its headings come again on each page. The last `numbers` are figures."""
        self.set_font(FONT, size=SMALL_PT)
        self.set_text_color(*INK)
        aligned = [Align.L] * (len(widths) - numbers) + [Align.R] * numbers
        heading = FontFace(emphasis="", fill_color=BAND, color=INK)
        with self.table(
            rows,
            col_widths=tuple(widths),
            text_align=tuple(aligned),
            headings_style=heading,
            line_height=LINE_MM,
            cell_fill_mode=TableCellFillMode.NONE,
        ):
            pass


def shown(number: float) -> str:
    """Return a figure as people write it: whole ones without a point."""
    return f"{number:.1f}".removesuffix(".0")


def share(figure: FigureOut) -> str:
    """Return a share in per cent, to a tenth; a dash where there is nothing to be a share of."""
    return "—" if figure.permille is None else f"{figure.permille / 10:.1f}%"


UNIT_WORDS = {Unit.SITES: "个教学点", Unit.SUBJECTS: "个年级学科", Unit.TENTHS: "节"}


def render(report: Report) -> bytes:
    """Draw the report."""
    page = _Page(report.title)
    page.say(report.title, size=TITLE_PT)
    page.ln(2)
    for line in (report.roster_line, report.made_line, report.signed_line):
        page.say(line, ink=QUIET)
    coverage = report.coverage
    page.head("一、总体指标")
    page.grid(_whole(coverage.whole, coverage.definitions), (20, 18, 16, 16, 14, 86), 0)
    page.say(_remarks(coverage.whole), size=SMALL_PT, ink=QUIET)
    page.head("二、各县（市、区）")
    page.grid(_counties(coverage.counties, coverage.definitions), (26, *[24] * 6), 6)
    page.head("三、三类课堂节次")
    page.grid(_kinds(report.kinds), (40, 40, 40), 1)
    page.head("四、学科缺口")
    page.grid(_gaps(report.gaps), (40, 40, 40, 40), 3)
    return bytes(page.output())


def _whole(whole: Figures, definitions: Sequence[DefinitionOut]) -> list[list[str]]:
    words = {each.indicator: each for each in definitions}
    rows = [["指标", "单位", "分子", "分母", "比例", "口径"]]
    for figure in whole.figures:
        definition = words[figure.indicator]
        rows.append(
            [
                definition.title_zh,
                UNIT_WORDS[definition.unit],
                shown(figure.numerator),
                shown(figure.denominator),
                share(figure),
                f"{definition.rule_zh}（第 {definition.number} 版）",
            ]
        )
    return rows


def _remarks(whole: Figures) -> str:
    return (
        f"名册教学点 {whole.sites} 个；未报本地课表 {whole.without_timetable} 个，"
        f"不计入学科与节次指标；无法对应应开学科的送达节次 {whole.unplaced} 节。"
    )


def _counties(
    counties: Sequence[CountyFigures], definitions: Sequence[DefinitionOut]
) -> list[list[str]]:
    rows = [["区域", *(each.title_zh for each in definitions)]]
    for county in counties:
        figures = [
            f"{share(each)}\n{shown(each.numerator)}/{shown(each.denominator)}"
            for each in county.figures
        ]
        rows.append([county.name, *figures])
    return rows


def _kinds(kinds: Sequence[Line]) -> list[list[str]]:
    rows = [["区域", "课型", "计入节次"]]
    return rows + [[str(name), str(kind), str(periods)] for _, name, kind, periods in kinds]


def _gaps(gaps: Sequence[Line]) -> list[list[str]]:
    rows = [["学科", "缺口节次", "应开节次", "教学点"]]
    return rows + [
        [str(subject), shown(float(gap or 0)), shown(float(required or 0)), str(sites)]
        for subject, gap, required, sites in gaps
    ]
