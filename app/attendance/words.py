"""The users' words for what exports show; `docs/glossary.md` decides."""

from app.attendance.hours import ServiceRole
from app.attendance.journal import ADMINISTRATOR, ASSISTANT
from app.attendance.models import AttendanceState, NotCounted

ATTENDANCE_STATE = {
    AttendanceState.OPEN: "上课中",
    AttendanceState.AUTO_CLOSED: "待确认",
    AttendanceState.CONFIRMED: "已确认",
    AttendanceState.LOCKED: "已锁定",
}
END_REASON = {
    "ended_by_lecturer": "教师下课",
    "shut_down": "一键关停",
    "lecturer_absent": "教师离开",
    "ended_by_administrator": "管理员结束",
    "adopted": "由录像补回",
}
SERVICE_ROLE = {ServiceRole.LECTURER: "主讲教师", ServiceRole.ASSISTANT: "辅导教师"}
#: Of the classroom that counted, the assistant is named; whether she did it herself nobody says.
REPORTER = {ASSISTANT: "教室报, 辅导教师", ADMINISTRATOR: "管理员"}
COUNTED = {True: "计入", False: "不计入", None: ""}
NOT_COUNTED = {
    NotCounted.OBSERVED: "仅观摩",
    NotCounted.NEVER_CAME: "未到课",
    NotCounted.TOO_LITTLE_AUDIBLE: "听清时长不足",
    NotCounted.AMENDED: "人工更正",
}


def some_minutes(ms: int | None) -> float | None:
    """Return milliseconds as minutes; nothing for what was not measured."""
    return None if ms is None else minutes(ms)


def minutes(ms: int) -> float:
    """Return milliseconds as minutes with one decimal."""
    return round(ms / 60_000, 1)


def clock(ms: int | None) -> str:
    """Return a moment on the lesson clock as h:mm:ss; nothing for None."""
    if ms is None:
        return ""
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
