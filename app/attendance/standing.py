"""How a lesson's attendance stands: as closed at its end, or as earned so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries
from app.attendance.evidence import Evidence, weigh
from app.attendance.models import AttendanceRecord, Session


@dataclass(frozen=True, slots=True)
class Standing:
    """An attendance row with what it is made of. While the lesson runs, so far."""

    record: AttendanceRecord
    evidence: Evidence


def duration_ms(session: Session, *, now: datetime) -> int:
    """Return how long the lesson lasted, or has lasted so far, on its clock."""
    if session.ended_at is not None:
        return (session.ended_at - session.started_at) // timedelta(milliseconds=1)
    so_far = (now - session.started_at) // timedelta(milliseconds=1)
    return max(session.last_alive_ms, so_far)


async def standings(db: AsyncSession, session: Session, *, now: datetime) -> list[Standing]:
    """Return the standing of every site of a session.

    While the lesson runs, a site that is there is weighed until it was last heard of.
    """
    end_ms = duration_ms(session, now=now) if session.ended_at else session.last_alive_ms
    stays = await queries.stays_by_site(db, session.id)
    return [
        Standing(
            record,
            weigh(
                stays.get(record.lesson_site_id, ()), planned_ms=record.planned_ms, end_ms=end_ms
            ),
        )
        for record in await queries.records_of_session(db, session.id)
    ]
