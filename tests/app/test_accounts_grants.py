"""Grants: within a region, a school or an authority's region, and until a moment."""

from datetime import timedelta

import pytest

from app.accounts import service
from app.accounts.queries import grants_of
from app.database import Database
from app.schools.models import Authority, AuthorityLevel
from app.schools.queries import schools_within
from app.security import Grant, Role, Scope
from tests.factories import NOON, make_person, make_region, make_school


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: grants are rows with an end."""
    return either_url


async def test_grant_of_an_authority_reaches_over_its_region(database: Database) -> None:
    async with database.unit_of_work() as db:
        city = await make_region(db)
        county = await make_region(db, parent=city)
        school = await make_school(db, county)
        await make_school(db, await make_region(db))
        authority = Authority(region_id=city.id, name="教育局", level=AuthorityLevel.CITY)
        db.add(authority)
        await db.flush()
        account = await make_person(db)
        await service.grant(
            db,
            person_id=account.person_id,
            role=Role.ADMINISTRATOR,
            authority_id=authority.id,
            until=NOON + timedelta(days=1),
            purpose="学期检查",
        )
        (grant,) = await grants_of(db, account.person_id, now=NOON)
        assert grant == Grant(Role.ADMINISTRATOR, city.id, None)
        scope = Scope(region_ids=frozenset({city.id}))
        assert (await db.scalars(schools_within(scope))).all() == [school.id]
        assert await grants_of(db, account.person_id, now=NOON + timedelta(days=1)) == []
