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

from app.coverage.models import Indicator, Unit
from app.coverage.report import Line, Report, in_full, share, shown
from app.coverage.schemas import CountyFigures, DefinitionOut, FigureOut, Figures
from app.coverage.signed import Place

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


COUNTY_NOTE = "核定值与现值不同，或核定后更正过的，写在现值下面。"
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
    page.grid(_whole(report), (22, 18, 13, 13, 15, 30, 69), 0)
    page.say(_remarks(coverage.whole), size=SMALL_PT, ink=QUIET)
    page.head("二、各县（市、区）")
    page.grid(_counties(report), (26, *[24] * 6), 6)
    if report.signed is not None:
        page.say(COUNTY_NOTE, size=SMALL_PT, ink=QUIET)
    page.head("三、三类课堂节次")
    page.grid(_kinds(report.kinds), (40, 40, 40), 1)
    page.head("四、学科缺口")
    page.grid(_gaps(report.gaps), (40, 40, 40, 40), 3)
    amendments = _amendments(report)
    if len(amendments) > 1:
        page.head("五、核定指标的更正")
        page.grid(amendments, (24, 24, 30, 30, 20, 22, 30), 0)
    return bytes(page.output())


def _whole(report: Report) -> list[list[str]]:
    words = _words(report)
    rows = [["指标", "单位", "分子", "分母", "比例", "核定", "口径"]]
    for figure in report.coverage.whole.figures:
        definition, place = words[figure.indicator], Place("", figure.indicator)
        signed = report.signed_figure(place)
        held = [] if signed is None else [in_full(signed)]
        held += [f"更正前 {in_full(each.was)}" for each in report.amended(place)]
        rows.append(
            [
                definition.title_zh,
                UNIT_WORDS[definition.unit],
                shown(figure.numerator),
                shown(figure.denominator),
                share(figure),
                "\n".join(held) or "—",
                f"{definition.rule_zh}（第 {definition.number} 版）",
            ]
        )
    return rows


def _words(report: Report) -> dict[Indicator, DefinitionOut]:
    return {each.indicator: each for each in report.coverage.definitions}


def _remarks(whole: Figures) -> str:
    return (
        f"名册教学点 {whole.sites} 个；未报本地课表 {whole.without_timetable} 个，"
        f"不计入学科与节次指标；无法对应应开学科的送达节次 {whole.unplaced} 节。"
    )


def _counties(report: Report) -> list[list[str]]:
    rows = [["区域", *(each.title_zh for each in report.coverage.definitions)]]
    return rows + [
        [county.name, *(_cell(report, county, each) for each in county.figures)]
        for county in report.coverage.counties
    ]


def _cell(report: Report, county: CountyFigures, figure: FigureOut) -> str:
    """Return a figure as it is now; where that is not all there is to say, as it was signed off."""
    lines = [share(figure), f"{shown(figure.numerator)}/{shown(figure.denominator)}"]
    place = Place(county.code, figure.indicator)
    signed, amended = report.signed_figure(place), report.amended(place)
    if signed is not None and (amended or signed != figure):
        lines += [f"核定 {share(signed)}", *(f"更正前 {share(each.was)}" for each in amended)]
    return "\n".join(lines)


def _amendments(report: Report) -> list[list[str]]:
    """Return each amendment of a figure that was signed off: what it was, what it became, why."""
    rows = [["区域", "指标", "更正前", "更正后", "更正人", "日期", "原因"]]
    words = _words(report)
    names = {"": "合计"} | {each.code: each.name for each in report.coverage.counties}
    return rows + [
        [
            names[place.region_code],
            words[place.indicator].title_zh,
            in_full(each.was),
            in_full(each.became),
            each.by,
            str(each.on),
            each.reason,
        ]
        for place in report.places()
        for each in report.amended(place)
    ]


def _kinds(kinds: Sequence[Line]) -> list[list[str]]:
    rows = [["区域", "课型", "计入节次"]]
    return rows + [[str(name), str(kind), str(periods)] for _, name, kind, periods in kinds]


def _gaps(gaps: Sequence[Line]) -> list[list[str]]:
    rows = [["学科", "缺口节次", "应开节次", "教学点"]]
    return rows + [
        [str(subject), shown(float(gap or 0)), shown(float(required or 0)), str(sites)]
        for subject, gap, required, sites in gaps
    ]
