"""Pages of sites and gaps, put together, are the whole list, however many sites are tried first."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered
from app.coverage import listing
from app.coverage.models import Indicator
from app.coverage.site_pages import NEXT_SITES, List, fetch_sites_page
from app.coverage.sites import Basics, basics_of
from app.database import Database
from app.paging import BadCursor, Order, PageRequest, fetch_page
from tests.app.alliance_steps import statements
from tests.app.coverage_world import make_world
from tests.app.test_coverage_figures import ask, take_roster

FEW, ALL = 2, 200
SOME = (Indicator.COV_REGULAR, Indicator.OFFER_RATE)


@pytest.fixture
def database_url(either_url: str) -> str:
    """Run each test on both databases: the statements are the risk."""
    return either_url


async def basics_of_a_world(db: AsyncSession, folder: Path) -> Basics:
    world = await make_world(db, 41)
    await delivered.refresh_of_records(db, [row.record_id for row in world.rows])
    return await basics_of(db, await ask(db, world, await take_roster(db, world, folder)))


def gaps() -> List:
    async def listed(some: Basics) -> tuple[Select[*tuple[Any, ...]], Order]:
        return listing.gaps(some)

    return listed


def sites(db: AsyncSession, indicator: Indicator | None, *, is_met: bool | None) -> List:
    return lambda some: listing.sites(db, some, indicator=indicator, is_met=is_met)


async def in_pages(
    db: AsyncSession, basics: Basics, listed: List, *, limit: int, next_sites: int
) -> list[Any]:
    rows: list[Any] = []
    cursor = None
    while True:
        found = await fetch_sites_page(
            db, basics, listed, PageRequest(limit, cursor), next_sites=next_sites
        )
        rows += found.items
        assert len(found.items) == limit or found.next_cursor is None
        cursor = found.next_cursor
        if cursor is None:
            return rows


def of_sites(sent: list[str]) -> int:
    return sum("FROM roster_entries" in each for each in sent)


@pytest.mark.parametrize("next_sites", [1, NEXT_SITES])
async def test_pages_are_the_whole_list(
    either_database: Database, tmp_path: Path, next_sites: int
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        lists = [gaps(), sites(db, None, is_met=None)]
        lists += [sites(db, each, is_met=met) for each in SOME for met in (True, False)]
        lengths = []
        for listed in lists:
            statement, order = await listed(basics)
            whole = [tuple(row) for row in await db.execute(statement.order_by(*order))]
            for limit in (FEW, ALL):
                paged = await in_pages(db, basics, listed, limit=limit, next_sites=next_sites)
                assert paged == whole
            lengths.append(len(whole))
    gap_count, site_count, *counted = lengths
    assert gap_count > site_count > FEW
    assert any(0 < each < site_count for each in counted)


async def test_a_page_that_the_next_sites_fill_asks_for_no_others(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        for listed in (gaps(), sites(db, None, is_met=None)):
            with statements(either_database) as filled:
                await fetch_sites_page(db, basics, listed, PageRequest(FEW), next_sites=FEW + 1)
            with statements(either_database) as followed:
                await fetch_sites_page(db, basics, listed, PageRequest(ALL), next_sites=FEW + 1)
            assert (of_sites(filled), of_sites(followed)) == (1, 2)


async def test_a_cursor_of_another_list_is_refused(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        listed = sites(db, None, is_met=None)
        found = await fetch_sites_page(db, basics, listed, PageRequest(FEW))
        with pytest.raises(BadCursor):
            await fetch_sites_page(db, basics, gaps(), PageRequest(FEW, found.next_cursor))


async def test_lessons_are_the_same_however_many_sites_there_can_be(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        kinds = basics.kinds_of(Indicator.PERIOD_RATE)
        shown = []
        for most_sites in (listing.FEW_SITES, listing.FEW_SITES + 1):
            query, order = listing.lessons(
                basics, most_sites=most_sites, words=(None, None), kinds=kinds
            )
            found = await fetch_page(db, query, order=order, page=PageRequest(ALL))
            shown.append([(row[0], row[9]) for row in found.items])
            assert found.items == sorted(found.items, key=lambda row: row[6], reverse=True)
    assert shown[0] == shown[1]
    assert shown[0]
