"""Pages of the lessons a figure rests on, the latest first.

Of a county's term ten thousand rows count, and a page shows fifty. So they are looked for among the
lessons of the few weeks before first; where these do not fill the page, among all.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.calendars.days import local_day
from app.coverage.listing import RowsAsked, lessons
from app.coverage.sites import FEW_SITES, Basics
from app.lessons.queries import bounds_of
from app.paging import Fetched, PageRequest, fetch_page, last_shown


def since_of(
    teaching: Sequence[date], until: datetime, *, limit: int, sites: int
) -> datetime | None:
    """Return from when on to look first for a page that ends at a moment; None: at all there are.

    `teaching`: the Mondays of the teaching weeks, in order. One lesson a week at each of so many
    sites fills the page; the last week is not over yet.
    """
    weeks = 1 + -(-limit // max(sites, 1))
    begun = [monday for monday in teaching if monday <= local_day(until)]
    return bounds_of(begun[-weeks])[0] if weeks < len(begun) else None


async def fetch_lessons_page(
    db: AsyncSession, basics: Basics, wanted: RowsAsked, page: PageRequest, *, now: datetime
) -> Fetched[Any]:
    """Return one page of `app.coverage.listing.lessons`. Raise BadCursor."""
    found: Fetched[Any]
    if wanted.most_sites <= FEW_SITES:
        last = None
        if page.cursor is not None:
            last = last_shown(page, lessons(basics, wanted)[1])
        teaching, until = basics.asked.period.teaching, now if last is None else last[0]
        since = since_of(teaching, until, limit=page.limit, sites=wanted.most_sites)
        if since is not None:
            query, order = lessons(basics, wanted, since=since, until=until)
            found = await fetch_page(db, query, order=order, page=page)
            if found.next_cursor is not None:
                return found
    query, order = lessons(basics, wanted)
    found = await fetch_page(db, query, order=order, page=page)
    return found
