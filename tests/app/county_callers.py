"""The people of a county who ask: each kind of role, and each kind of place it holds in."""

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from app.accounts.grants import Reach
from app.accounts.models import Account
from app.accounts.service import grant
from app.database import Database
from app.schools.models import Region
from app.security import Role
from tests.app.conftest import Clock
from tests.factories import County, make_person


async def callers_of(
    database: Database, clock: Clock, county: County, city: Region, alliance_id: UUID
) -> dict[str, Account]:
    """Return the county's own, and who has a role elsewhere, or had one there."""
    administrator, gone = Role.ADMINISTRATOR, clock.now - timedelta(seconds=1)
    async with database.unit_of_work() as db:
        ally, past = await make_person(db), await make_person(db)
        await grant(db, person_id=ally.person_id, role=administrator, alliance_id=alliance_id)
        for where in (
            Reach(region_id=county.region.id),
            Reach(school_id=county.hub.id),
            Reach(alliance_id=alliance_id),
        ):
            held = asdict(where)
            await grant(db, person_id=past.person_id, role=administrator, until=gone, **held)
        return {
            "administrator": county.administrator,
            "supervisor": county.supervisor,
            "teacher": county.teacher,
            "principal": await make_person(db, role=administrator, school=county.hub),
            "city": await make_person(db, role=administrator, region=city),
            "ally": ally,
            "past": past,
        }
