"""The columns of coverage's lists as files. Headings in Chinese, as everywhere in exports."""

from app.codes.catalogue import Catalogue
from app.codes.models import CodeKind
from app.coverage.models import SheetState
from app.exports import Column
from app.lessons.models import LessonKind

FIGURE_COLUMNS = ("区划代码", "区域", "指标", "分子", "分母", "百分比", "口径", "口径版本")
KIND_WORDS = {
    LessonKind.DELIVERY: "专递课堂",
    LessonKind.MASTER: "名师课堂",
    LessonKind.ELITE: "名校网络课堂",
}
STATE_WORDS = {
    SheetState.COMPUTED: "已计算",
    SheetState.CHECKED: "已核对",
    SheetState.SIGNED_OFF: "已签发",
    SheetState.AMENDED: "已更正",
}


def _kinds(kinds: str) -> str:
    return "、".join(KIND_WORDS[LessonKind(each)] for each in kinds.split(";"))


# Of `definitions.versions`.
DEFINITION_COLUMNS = (
    Column("指标", lambda row: row.IndicatorDefinition.title_zh),
    Column("代码", lambda row: row.IndicatorDefinition.indicator.value),
    Column("版本", lambda row: row.IndicatorDefinition.number),
    Column("自", lambda row: row.IndicatorDefinition.valid_from),
    Column("要求 ‰", lambda row: row.IndicatorDefinition.permille),
    Column("计入课堂", lambda row: _kinds(row.IndicatorDefinition.kinds)),
    Column("口径", lambda row: row.IndicatorDefinition.rule_zh),
)

# By place: the statement's columns have no names of their own (`app.coverage.listing.sites`).
SITE_COLUMNS = (
    Column("序号", lambda row: row[0]),
    Column("教学点", lambda row: row[2]),
    Column("区划代码", lambda row: row[3]),
    Column("计入节数", lambda row: row[4]),
    Column("有课周数", lambda row: row[5]),
    Column("需求数", lambda row: row[6]),
    Column("满足数", lambda row: row[7]),
    Column("应开年级学科", lambda row: row[8]),
    Column("开齐", lambda row: row[9]),
    Column("应开节次", lambda row: row[10] / 10),
    Column("已开节次", lambda row: row[11] / 10),
    Column("本地缺少", lambda row: row[12] / 10),
    Column("补上", lambda row: row[13] / 10),
)

LESSON_COLUMNS = (
    Column("时间", lambda row: row.planned_start),
    Column("课题", lambda row: row.title),
    Column("类型", lambda row: KIND_WORDS[row.kind]),
    Column("学科", lambda row: row.subject),
    Column("年级", lambda row: row.grade),
    Column("主讲学校", lambda row: row.hub),
    Column("听讲学校", lambda row: row.site),
    Column("已锁定", lambda row: "是" if row.locked else "否"),
)

SHEET_COLUMNS = (
    Column("名册", lambda row: row.FigureSheet.roster.name),
    Column("自", lambda row: row.FigureSheet.first_on),
    Column("至", lambda row: row.FigureSheet.last_on),
    Column("教学周", lambda row: row.FigureSheet.weeks),
    Column("状态", lambda row: STATE_WORDS[row.FigureSheet.state]),
    Column("计算时间", lambda row: row.FigureSheet.computed_at),
    Column("依据行数", lambda row: row.FigureSheet.rows),
    Column("依据摘要", lambda row: row.FigureSheet.rows_hash),
    Column("更正原因", lambda row: row.FigureSheet.reason),
)


def gap_columns(sets: Catalogue) -> tuple[Column, ...]:
    """Return the columns of gaps, in the words of the sets that are shown."""
    return (
        Column("教学点", lambda row: row.name),
        Column("区划代码", lambda row: row.county),
        Column("年级", lambda row: sets.said(CodeKind.GRADE, row.grade_no)),
        Column("学科", lambda row: sets.label(row.subject_id)),
        Column("应开节次", lambda row: row.required / 10),
        Column("本地节次", lambda row: row.local / 10),
        Column("送达节次", lambda row: row.delivered / 10),
        Column("缺口节次", lambda row: row.gap / 10),
    )
