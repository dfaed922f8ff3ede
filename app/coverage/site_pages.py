"""Pages of lists that go from site to site, in the order of the roster.

What a site comes to is computed, not looked up. Of a province that takes a second, and a page shows
fifty: so it is computed of the next few sites first, which fill the page unless few of them are
asked for. Only then it is computed of all that follow: one statement more, however many there are.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from app.coverage.sites import Basics
from app.paging import MOST_PER_PAGE, Fetched, Order, PageRequest, fetch_page, last_shown
from app.schools.roster_models import RosterEntry

#: More than a page has at most: where every site is asked for, these always do.
NEXT_SITES = MOST_PER_PAGE + 56

#: What makes the list: a query over the sites of the basics, and its order, by position first.
List = Callable[[Basics], Awaitable[tuple[Select[*tuple[Any, ...]], Order]]]


def sites_from(basics: Basics, position: int, *, most: int | None = None) -> Basics:
    """Return the same, of the sites alone that stand from a position of the roster on."""
    assert basics.asked.roster_id is not None
    standing = cast(Select[*tuple[Any, ...]], basics.sites.element)
    standing = standing.where(RosterEntry.position >= position)
    if most is not None:
        standing = standing.order_by(RosterEntry.position).limit(most)
    return replace(basics, sites=standing.cte("sites"), are_many=basics.are_many and most is None)


async def fetch_sites_page(
    db: AsyncSession,
    basics: Basics,
    listed: List,
    page: PageRequest,
    *,
    next_sites: int = NEXT_SITES,
) -> Fetched[Any]:
    """Return one page of a list. `next_sites`: how many are tried first. Raise BadCursor."""
    position = 0
    if page.cursor is not None:  # to compose it takes longer than to find a page of it
        last = last_shown(page, (await listed(basics))[1])
        assert last is not None
        position = int(last[0])
    for most in (next_sites, None):
        query, order = await listed(sites_from(basics, position, most=most))
        found: Fetched[Any] = await fetch_page(db, query, order=order, page=page)
        if found.next_cursor is not None:
            break
    return found
