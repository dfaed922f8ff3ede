"""Pages of sites and gaps, put together, are the whole list, however many sites are tried first."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from app.attendance import delivered
from app.attendance.delivered import WEEK
from app.coverage import listing
from app.coverage.lesson_pages import fetch_lessons_page, since_of
from app.coverage.models import Indicator
from app.coverage.site_pages import NEXT_SITES, List, fetch_sites_page
from app.coverage.sites import FEW_SITES, Basics, basics_of
from app.database import Database
from app.lessons.queries import bounds_of
from app.paging import BadCursor, Order, PageRequest, fetch_page
from tests.app.alliance_steps import statements
from tests.app.coverage_world import FIRST_MONDAY, make_world
from tests.app.test_coverage_figures import LATER, ask, take_roster

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


def rows_asked(basics: Basics, most_sites: int) -> listing.RowsAsked:
    return listing.RowsAsked(most_sites, basics.kinds_of(Indicator.PERIOD_RATE))


async def test_lessons_are_the_same_however_many_sites_there_can_be(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        shown = []
        for most_sites in (FEW_SITES, FEW_SITES + 1):
            query, order = listing.lessons(basics, rows_asked(basics, most_sites))
            found = await fetch_page(db, query, order=order, page=PageRequest(ALL))
            shown.append([(row[0], row[9]) for row in found.items])
            assert found.items == sorted(found.items, key=lambda row: row[6], reverse=True)
    assert shown[0] == shown[1]
    assert shown[0]


def of_lessons(sent: list[str]) -> list[bool]:
    """Tell of each statement for lessons whether it looked among the last weeks' alone."""
    return ["held_at BETWEEN" in each for each in sent if "FROM attendance_records" in each]


async def test_pages_of_lessons_are_the_whole_list_and_look_at_the_last_weeks_first(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        statement, order = listing.lessons(basics, rows_asked(basics, 1))
        whole = [tuple(row) for row in await db.execute(statement.order_by(*order))]
        looked: dict[int, list[bool]] = {}
        for most_sites in (1, FEW_SITES, FEW_SITES + 1):
            wanted = rows_asked(basics, most_sites)
            with statements(either_database) as sent:
                found = await fetch_lessons_page(db, basics, wanted, PageRequest(FEW), now=LATER)
                rows = [*found.items]
                while found.next_cursor is not None:
                    page = PageRequest(FEW, found.next_cursor)
                    found = await fetch_lessons_page(db, basics, wanted, page, now=LATER)
                    rows += found.items
            assert rows == whole
            looked[most_sites] = of_lessons(sent)
        # The last page of all is looked for among all lessons, once its weeks did not fill it.
        assert looked[FEW_SITES][0]
        assert not looked[FEW_SITES][-1]
        assert not any(looked[FEW_SITES + 1])
        with statements(either_database) as sent:
            await fetch_lessons_page(
                db, basics, rows_asked(basics, FEW_SITES), PageRequest(FEW), now=LATER
            )
        assert of_lessons(sent) == [True]
        with statements(either_database) as sent:
            await fetch_lessons_page(
                db, basics, rows_asked(basics, FEW_SITES), PageRequest(ALL), now=LATER
            )
        assert of_lessons(sent) == [True, False]


async def test_a_cursor_of_another_list_is_none_of_lessons(
    either_database: Database, tmp_path: Path
) -> None:
    async with either_database.unit_of_work() as db:
        basics = await basics_of_a_world(db, tmp_path)
        found = await fetch_sites_page(db, basics, sites(db, None, is_met=None), PageRequest(FEW))
        with pytest.raises(BadCursor):
            await fetch_lessons_page(
                db, basics, rows_asked(basics, FEW), PageRequest(FEW, found.next_cursor), now=LATER
            )


def test_as_many_weeks_are_looked_at_as_fill_a_page_of_one_lesson_a_week() -> None:
    teaching = [FIRST_MONDAY + WEEK * number for number in (0, 1, 3, 4, 5)]
    until, _ = bounds_of(teaching[-1] + timedelta(days=2))

    def since(limit: int, sites: int, moment: datetime = until) -> datetime | None:
        return since_of(teaching, moment, limit=limit, sites=sites)

    assert since(50, 50) == bounds_of(teaching[3])[0]
    assert since(51, 50) == bounds_of(teaching[2])[0]
    assert since(50, 50, until - WEEK) == bounds_of(teaching[2])[0]
    assert since(50, 50, until + WEEK * 9) == bounds_of(teaching[3])[0]
    assert since(4, 1) is None
    assert since(50, 50, until - WEEK * 9) is None
    assert since(50, 0) is None
