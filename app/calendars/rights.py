"""Who looks at calendars, and whose they are to change."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars.models import BellSchedule, CalendarDay, Term
from app.schools import queries as schools
from app.security import INSPECTING, PersonCaller, Role, Scope


def seen(caller: PersonCaller) -> Scope:
    """Return what the caller may look at."""
    return caller.scope(*INSPECTING)


def kept(caller: PersonCaller) -> Scope:
    """Return what the caller administers."""
    return caller.scope(Role.ADMINISTRATOR)


async def own_regions(
    db: AsyncSession, caller: PersonCaller, found: Iterable[Term | CalendarDay]
) -> set[UUID]:
    """Return which regions of these the caller administers."""
    ids = {row.region_id for row in found if row.region_id is not None}
    return await schools.region_ids_within(db, kept(caller), ids)


async def own_schools(
    db: AsyncSession, caller: PersonCaller, found: Iterable[CalendarDay | BellSchedule]
) -> set[UUID]:
    """Return which schools of these the caller administers."""
    ids = {row.school_id for row in found if row.school_id is not None}
    return await schools.ids_within(db, kept(caller), ids)
