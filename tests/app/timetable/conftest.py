"""A county that plans lessons."""

import pytest

from app.database import Database
from tests.app.alliance_steps import made
from tests.app.conftest import TestBrowser
from tests.app.timetable_steps import (
    JSON,
    Timetabled,
    make_bells,
    make_term,
    offering_of,
    plan_one,
)
from tests.factories import County, make_classroom, make_person


@pytest.fixture
async def school(database: Database, county: County) -> Timetabled:
    """The county with a term, bells, a classroom at the hub and another teacher there."""
    async with database.unit_of_work() as db:
        term = await make_term(db, county)
        await make_bells(db, county)
        room = await make_classroom(db, county.hub)
        other = await make_person(db, school=county.hub, name="代课老师")
    return Timetabled(county, str(term.id), str(room.id), str(other.person_id))


@pytest.fixture
async def opened(keeper: TestBrowser, school: Timetabled) -> JSON:
    """An offering of the hub, as a page reads it."""
    return await made(keeper, "/api/course-offerings", offering_of(school))


@pytest.fixture
async def lesson(keeper: TestBrowser, opened: JSON) -> JSON:
    """A published lesson of it, an hour from now."""
    return await plan_one(keeper, opened)
