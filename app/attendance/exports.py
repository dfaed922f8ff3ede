"""Tables for a Chinese Excel."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries, words
from app.attendance.lines import MeasuredLine, Spread
from app.attendance.models import AttendanceAmendment, AttendanceRecord, Session
from app.attendance.names import seats_of
from app.attendance.row_schemas import reason_of
from app.attendance.seats import site_seat
from app.attendance.standing import Standing, standings
from app.exports import Cell, Column, ExportFormat, ExportResponse, table
from app.lessons.models import SiteMode
from app.lessons.words import KIND, LESSON_STATE


def _end_reason(row: Any) -> str:
    reason: str = row.Session.end_reason or ""
    return words.END_REASON.get(reason, reason)


def _reason_in_words(row: Any) -> str | None:
    reason = reason_of(row.not_counted_reason, is_counted=row.is_counted)
    return None if reason is None else words.NOT_COUNTED[reason]


def _reporter_in_words(row: Any) -> str | None:
    if row.headcount_by is None:
        return None
    return f"{row.headcount_by} ({words.REPORTER[row.headcount_source]})"


# Of the rows of `listing.sessions_of`.
SESSION_COLUMNS = (
    Column("课题", lambda row: row.Lesson.title),
    Column("课堂类型", lambda row: KIND[row.Lesson.kind]),
    Column("学科", lambda row: row.Lesson.subject),
    Column("年级", lambda row: row.Lesson.grade),
    Column("主讲学校", lambda row: row.hub_school),
    Column("主讲教师", lambda row: row.lecturer),
    Column("计划开始", lambda row: row.Lesson.planned_start),
    Column("计划结束", lambda row: row.Lesson.planned_end),
    Column("实际开始", lambda row: row.Session.started_at),
    Column("实际结束", lambda row: row.Session.ended_at),
    Column("结束原因", _end_reason),
    Column("状态", lambda row: LESSON_STATE[row.Lesson.state]),
    Column("应到教室", lambda row: row.sites_total),
    Column("实到教室", lambda row: row.sites_attended),
    Column("到课人数", lambda row: row.headcount_total),
)
# Of the rows of `rows.rows_to_export`.
ROW_COLUMNS = (
    Column("课题", attrgetter("title")),
    Column("学科", attrgetter("subject")),
    Column("年级", attrgetter("grade")),
    Column("计划开始", attrgetter("planned_start")),
    Column("主讲学校", attrgetter("hub")),
    Column("学校", attrgetter("site")),
    Column("教室", attrgetter("classroom")),
    Column("计划分钟", lambda row: words.minutes(row.planned_ms)),
    Column("在线分钟", lambda row: words.minutes(row.connected_ms)),
    Column("听清分钟", lambda row: words.some_minutes(row.audible_ms)),
    Column("不清分钟", lambda row: words.some_minutes(row.degraded_ms)),
    Column("未听到分钟", lambda row: words.some_minutes(row.lost_ms)),
    Column("离线分钟", lambda row: words.some_minutes(row.offline_ms)),
    Column("看到分钟", lambda row: words.some_minutes(row.visible_ms)),
    Column("计入", lambda row: words.COUNTED[row.is_counted]),
    Column("未计入原因", _reason_in_words),
    Column("人数", attrgetter("headcount")),
    Column("原报人数人", _reporter_in_words),
    Column("更正次数", attrgetter("amendments")),
    Column("异议", attrgetter("objection")),
    Column("状态", lambda row: words.ATTENDANCE_STATE[row.state]),
)
# Of the rows of `sums.by_school`.
SCHOOL_MINUTE_COLUMNS = (
    Column("学校", lambda row: row.school),
    Column("记录数", lambda row: row.rows),
    Column("未测量", lambda row: row.unmeasured),
    Column("听清分钟", lambda row: words.minutes(row.audible_ms)),
    Column("不清分钟", lambda row: words.minutes(row.degraded_ms)),
    Column("未听到分钟", lambda row: words.minutes(row.lost_ms)),
    Column("离线分钟", lambda row: words.minutes(row.offline_ms)),
)
# Of the rows of `hours.hours_seen`.
HOUR_COLUMNS = (
    Column("教师", lambda row: row.name),
    Column("身份", lambda row: words.SERVICE_ROLE[row.role]),
    Column("学校", lambda row: row.school),
    Column("课节数", lambda row: row.lessons),
    Column("计入教室次数", lambda row: row.sites),
    Column("服务小时", lambda row: round(row.planned_ms / 3_600_000, 2)),
)
# Of the rows of `hours.given_by`.
OWN_HOUR_COLUMNS = (
    Column("课题", lambda row: row.Lesson.title),
    Column("学科", lambda row: row.Lesson.subject),
    Column("年级", lambda row: row.Lesson.grade),
    Column("计划开始", lambda row: row.Lesson.planned_start),
    Column("身份", lambda row: words.SERVICE_ROLE[row.role]),
    Column("听讲教室", lambda row: row.sites),
    Column("计入教室", lambda row: row.counted),
    Column("已锁定教室", lambda row: row.locked),
    Column("服务小时", lambda row: round(row.earned_ms / 3_600_000, 2)),
)


def _part_of(figure: str, part: str) -> Callable[[MeasuredLine], int | None]:
    """Return how to read p10, p50 or p90 of a figure of a line's last weeks."""

    def read(line: MeasuredLine) -> int | None:
        spread: Spread | None = getattr(line.history, figure, None)  # there may be no history
        return None if spread is None else getattr(spread, part)

    return read


# Of `lines.MeasuredLine`.
LINE_COLUMNS = (
    Column("学校", lambda line: line.school),
    Column("教室", lambda line: line.classroom.name),
    Column("申报下行 kbit/s", lambda line: line.classroom.budget_down_kbps),
    Column("申报上行 kbit/s", lambda line: line.classroom.budget_up_kbps),
    Column("最近实测", lambda line: line.latest.measured_at),
    Column("近 30 天课数", lambda line: 0 if line.history is None else line.history.lessons),
    *(
        Column(f"{name} {part}", _part_of(figure, part))
        for name, figure in (
            ("下行 kbit/s", "down_kbps"),
            ("上行 kbit/s", "up_kbps"),
            ("往返毫秒", "rtt_ms"),
            ("下行丢包 ‰", "loss_down_permille"),
            ("上行丢包 ‰", "loss_up_permille"),
        )
        for part in ("p10", "p50", "p90")
    ),
)
_ATTENDANCE_HEADER = (
    *("学校", "教室", "计划分钟", "在线分钟", "听清分钟", "不清分钟", "未听到分钟", "离线分钟"),
    *("看到分钟", "首次进入", "最后离开", "中断次数", "人数", "计入", "更正次数", "异议", "状态"),
)


def _measured(standing: Standing) -> list[float | None]:
    """Return audible, degraded, lost, offline and visible minutes; None: not measured."""
    if not standing.is_measured:
        return [None] * 5
    found = standing.minutes
    parts = (found.audible_ms, found.degraded_ms, found.lost_ms, found.offline_ms)
    return [words.minutes(ms) for ms in (*parts, found.visible_ms)]


def _held(record: AttendanceRecord, amended: Sequence[AttendanceAmendment]) -> tuple[Cell, ...]:
    """Return head count and verdict as they hold, and how often they were corrected.

    The row's site is loaded.
    """
    last = amended[-1] if amended else None
    is_counted = record.is_counted if last is None else last.new_is_counted
    if record.site.mode is SiteMode.OBSERVE and is_counted:
        is_counted = False  # closed before whoever only observes counted for nothing
    headcount = record.headcount if last is None else last.new_headcount
    return headcount, words.COUNTED[is_counted], len(amended)


async def attendance_table(
    db: AsyncSession,
    session: Session,
    *,
    now: datetime,
    sight: Collection[str] | None,
    export_format: ExportFormat,
) -> ExportResponse:
    """Return the attendance of a session as a table, schools in order.

    `sight`: the seats to be shown; None: all.
    """
    standing_of = {
        site_seat(standing.record.lesson_site_id): standing
        for standing in await standings(db, session, now=now)
    }
    seats = await seats_of(db, session.lesson_id, session.id)
    amended = await queries.amendments_of_session(db, session.id)
    found = ((seat, standing_of.get(seat.seat_id)) for seat in seats.values())
    return table(
        _ATTENDANCE_HEADER,
        [
            (
                seat.school,
                seat.name,
                words.minutes(standing.record.planned_ms),
                words.minutes(standing.evidence.connected_ms),
                *_measured(standing),
                words.clock(standing.evidence.first_joined_ms),
                words.clock(standing.evidence.last_left_ms),
                standing.evidence.interruptions,
                *_held(standing.record, amended.get(standing.record.id, [])),
                standing.record.objection,
                words.ATTENDANCE_STATE[standing.record.state],
            )
            for seat, standing in found
            if standing is not None and (sight is None or seat.seat_id in sight)
        ],
        name=f"attendance-{session.id}",
        export_format=export_format,
    )
