"""What the lines of a lesson's seats were, kept from `link_summary` events, and read again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance.models import SeatLink
from app.attendance.seats import read_seat
from app.lessons.models import LessonSite
from app.schools.models import Classroom

FIGURES = frozenset(
    column.key
    for column in SeatLink.__table__.columns
    if column.key.endswith(("_kbps", "_ms", "_permille"))
)


async def keep(
    db: AsyncSession,
    *,
    session_id: UUID,
    seat_id: str,
    summary: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep a seat's summary in the place of an earlier one, unless that rests on more reports.

    A room that was opened anew, after a crash, begins to count anew.
    """
    link = await db.scalar(
        select(SeatLink).where(SeatLink.session_id == session_id, SeatLink.seat_id == seat_id)
    )
    reports = int(summary["reports"])
    if link is not None and link.reports > reports:
        return
    if link is None:
        link = SeatLink(
            session_id=session_id, seat_id=seat_id, lesson_site_id=read_seat(seat_id).of_site
        )
        db.add(link)
    link.reports, link.measured_at = reports, now
    for figure in FIGURES:
        setattr(link, figure, summary.get(figure))
    await db.flush()


async def of_session(
    db: AsyncSession, session_id: UUID, *, seats: Collection[str] | None = None
) -> Sequence[SeatLink]:
    """Return what was measured in a lesson; with `seats`, of these only."""
    query = select(SeatLink).where(SeatLink.session_id == session_id)
    if seats is not None:
        query = query.where(SeatLink.seat_id.in_(seats))
    return (await db.scalars(query.order_by(SeatLink.seat_id))).all()


async def declared_of(
    db: AsyncSession, lesson_id: UUID
) -> dict[UUID, tuple[int | None, int | None]]:
    """Return what the lines of a lesson's sites are declared to carry today, down and up."""
    rows = await db.execute(
        select(LessonSite.id, Classroom.budget_down_kbps, Classroom.budget_up_kbps)
        .join(Classroom, Classroom.id == LessonSite.classroom_id)
        .where(LessonSite.lesson_id == lesson_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
