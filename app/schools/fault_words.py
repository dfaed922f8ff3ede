"""The words for what is wrong with a cell of an imported table, as the page has them.

`app.schools.cells.Fault` has a stable word; files that people open in Excel say it as the page
does in its first language (`frontend/src/i18n/registry/imports.ts`).
"""

from collections.abc import Mapping
from typing import Final

REASON_WORDS: Final[Mapping[str, str]] = {
    "column-missing": "表里没有这一列",
    "required": "必须填写",
    "too-long": "太长",
    "not-a-number": "不是数字",
    "out-of-range": "超出范围",
    "not-a-date": "不是日期 (例: 2026-09-01)",
    "in-the-future": "日期在今天以后",
    "unknown-code": "代码表里没有",
    "malformed-code": "代码的位数或写法不对",
    "not-your-region": "不在您负责的范围里, 或者没有这个区划",
    "needs-parent": "教学点必须写所属学校",
    "only-points-have-parents": "只有教学点才填这一项",
    "no-such-parent": "没有这所开办中的学校",
    "ambiguous-parent": "同名学校不止一所, 请写标识码",
    "code-of-another": "这个标识码属于别的学校",
    "code-is-void": "标识码已作废, 或者学校已停办",
    "twice-in-file": "表里重复",
    "not-yes-or-no": "只能填 是 或 否",
    "no-such-school": "没有这所学校, 或者它不在您负责的范围里",
    "ambiguous-school": "同名学校不止一所, 请写标识码, 或者写行政区划和所属学校",
    "school-closed": "学校已停办",
    "grade-unfit": "年级与学段或学校类型不符",
    "lies-elsewhere": "已有的区划不能改上级",
    "unknown-post": "只能填 教师, 助教, 校长, 其他",
    "before-its-beginning": "早于任职日期",
    "name-differs": "这个人属于别的学校, 不能在这里改名",
    "suffix-taken": "同校另一个教学点已用这个编号",
    "new-and-closed": "新学校不能已经停办",
    "category-differs": "与现有办学类型不同; 请在学校页面改变类型",
    "closed-on-another-day": "已经在另一天停办",
    "no-such-term": "学校所在的区划和上级都没有这个学期, 或者它早已结束",
    "ambiguous-term": "同名学期不止一个",
    "no-such-class": "学校没有这个班, 或者它已经撤班",
    "ambiguous-class": "同名班级不止一个, 请写入学年份",
    "grade-without-curriculum": "这个年级没有课程计划 (学前班)",
    "finer-than-tenths": "最多写到一位小数",
}
