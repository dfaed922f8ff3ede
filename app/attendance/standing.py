"""How a lesson's attendance stands: as closed at its end, or as earned so far."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import queries
from app.attendance.evidence import Evidence, weigh
from app.attendance.minutes import Minutes, Portion, portions, total
from app.attendance.models import AttendanceRecord, AttendanceState, Session

MINUTES = tuple(field.name for field in fields(Minutes))


@dataclass(frozen=True, slots=True)
class Standing:
    """An attendance row with what it is made of. While the lesson runs, so far."""

    record: AttendanceRecord
    evidence: Evidence
    minutes: Minutes
    portions: tuple[Portion, ...]

    @property
    def is_measured(self) -> bool:
        """Return whether what the site received was kept: of all lessons but the oldest."""
        record = self.record
        return record.state is AttendanceState.OPEN or record.audible_ms is not None

    @property
    def agrees(self) -> bool:
        """Return whether the figures that were closed follow from what is recorded, to the ms."""
        record = self.record
        if record.audible_ms is None:
            return True
        closed = Minutes(**{name: getattr(record, name) for name in MINUTES})
        return closed == self.minutes and record.connected_ms == self.evidence.connected_ms


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
    return await weigh_sites(db, session.id, end_ms=end_ms)


async def weigh_sites(db: AsyncSession, session_id: UUID, *, end_ms: int) -> list[Standing]:
    """Return what each site of a session has of it until `end_ms`, from what is recorded."""
    stays = await queries.stays_by_site(db, session_id)
    heard = await queries.heard_by_site(db, session_id)
    found = []
    for record in await queries.records_of_session(db, session_id):
        site_id, planned_ms = record.lesson_site_id, record.planned_ms
        own = stays.get(site_id, [])
        parts = portions(heard.get(site_id, ()), own, end_ms=end_ms)
        evidence = weigh(own, planned_ms=planned_ms, end_ms=end_ms)
        minutes = total(parts, planned_ms=planned_ms)
        found.append(Standing(record, evidence, minutes, tuple(parts)))
    return found
