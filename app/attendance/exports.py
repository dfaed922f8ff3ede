"""Tables for a Chinese Excel."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import words
from app.attendance.listing import ListedSession
from app.attendance.models import Session
from app.attendance.names import seats_of
from app.attendance.seats import site_seat
from app.attendance.sheet import to_csv
from app.attendance.standing import standings

_SESSIONS_HEADER = (
    *("课题", "课堂类型", "学科", "年级", "主讲学校", "主讲教师"),
    *("计划开始", "计划结束", "实际开始", "实际结束", "结束原因", "状态"),
    *("应到教室", "实到教室", "到课人数", "录像"),
)
_ATTENDANCE_HEADER = (
    *("学校", "教室", "计划分钟", "在线分钟", "首次进入", "最后离开"),
    *("中断次数", "人数", "状态"),
)


def sessions_csv(rows: Sequence[ListedSession], recordings: Mapping[str, str]) -> str:
    """Return the list of sessions as a table; `recordings` maps session ids to states' words."""
    return to_csv(
        _SESSIONS_HEADER,
        [
            (
                row.lesson.title,
                words.KIND[row.lesson.kind],
                row.lesson.subject,
                row.lesson.grade,
                row.hub_school,
                row.lecturer,
                words.local(row.lesson.planned_start),
                words.local(row.lesson.planned_end),
                words.local(row.session.started_at),
                words.local(row.session.ended_at),
                words.END_REASON.get(row.session.end_reason or "", row.session.end_reason),
                words.LESSON_STATE[row.lesson.state],
                row.sites_total,
                row.sites_attended,
                row.headcount_total,
                recordings.get(str(row.session.id), ""),
            )
            for row in rows
        ],
    )


async def attendance_csv(
    db: AsyncSession, session: Session, *, now: datetime, sight: Collection[str] | None
) -> str:
    """Return the attendance of a session as a table, schools in order.

    `sight`: the seats to be shown; None: all.
    """
    standing_of = {
        site_seat(standing.record.lesson_site_id): standing
        for standing in await standings(db, session, now=now)
    }
    seats = await seats_of(db, session.lesson_id, session.id)
    found = ((seat, standing_of.get(seat.seat_id)) for seat in seats.values())
    return to_csv(
        _ATTENDANCE_HEADER,
        [
            (
                seat.school,
                seat.name,
                words.minutes(standing.record.planned_ms),
                words.minutes(standing.evidence.connected_ms),
                words.clock(standing.evidence.first_joined_ms),
                words.clock(standing.evidence.last_left_ms),
                standing.evidence.interruptions,
                standing.record.headcount,
                words.ATTENDANCE_STATE[standing.record.state],
            )
            for seat, standing in found
            if standing is not None and (sight is None or seat.seat_id in sight)
        ],
    )
