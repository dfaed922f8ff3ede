"""A market of two hubs and a point, on either database."""

import pytest

from app.database import Database
from app.schools.models import School
from tests.app.alliance_steps import made
from tests.app.conftest import OpenBrowser
from tests.app.needs.market import PERIODS, Market, offer
from tests.factories import County, make_school


@pytest.fixture
def database_url(either_url: str) -> str:
    """Both databases: rights, overlaps and counts are statements here."""
    return either_url


@pytest.fixture
async def market(open_browser: OpenBrowser, county: County, database: Database) -> Market:
    async with database.unit_of_work() as db:
        far = await make_school(db, county.region, name="远山小学")
        hub = await db.get_one(School, county.hub.id)
        site = await db.get_one(School, county.points[0].id)
        (hub.latitude, hub.longitude) = (31.85, 106.75)
        (site.latitude, site.longitude) = (31.86, 106.76)
        (far.latitude, far.longitude) = (32.90, 107.80)
    keeper = await open_browser(county.administrator)
    for school, periods in ((hub, PERIODS), (far, PERIODS[2:])):
        await made(
            keeper,
            "/api/bell-schedules",
            {
                "school_id": str(school.id),
                "name": "作息",
                "valid_from": "2025-09-01",
                "periods": periods,
            },
        )
    await made(keeper, "/api/hub-offers", offer(far, grade_from=5))
    await made(keeper, "/api/hub-offers", offer(hub))
    return Market(keeper, county, hub, far, site)
