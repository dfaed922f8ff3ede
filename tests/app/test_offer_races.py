"""Who accepts an offer and who changes it at the same moment, on both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.alliances import need_queries, needs
from app.alliances.models import HubOffer, Need, NeedState, Pairing
from app.alliances.need_schemas import NeedIn, OfferIn, OfferOut
from app.alliances.pairings import Actor
from app.database import Database
from app.errors import ChangedMeanwhile
from app.schools import queries as schools
from app.schools.models import School
from tests.app.needs.market import need, offer
from tests.factories import NOON, County, make_county


@dataclass
class Meeting:
    """A need and an offer in a database, and who would accept the one for the other."""

    database: Database
    county: County
    need_id: UUID
    offer_id: UUID

    async def read(self, db: AsyncSession) -> tuple[Need, HubOffer]:
        one = await db.get_one(Need, self.need_id, options=[selectinload(Need.school)])
        region = (await schools.get_school(db, one.school_id)).region
        today = NOON.date()
        return one, await need_queries.offer_near(db, one, region, self.offer_id, today=today)

    async def accept(self, db: AsyncSession, one: Need, offered: HubOffer) -> Pairing:
        """Accept the offer as it was read."""
        actor = Actor(self.county.administrator.person_id, NOON, one.school_id)
        version = offered.version
        return await needs.accept(db, one, offered, actor, offer_version=version, is_own_offer=True)

    async def change_offer(self, db: AsyncSession, *, periods: int) -> None:
        (await db.get_one(HubOffer, self.offer_id)).periods_a_week = periods
        await db.flush()

    async def outcome(self) -> tuple[NeedState, int, int]:
        """Return the need's state, how many pairings there are, and the periods of the offer."""
        async with self.database.unit_of_work() as db:
            one = await db.get_one(Need, self.need_id)
            offered = await db.get_one(HubOffer, self.offer_id)
            count = await db.scalar(select(func.count()).select_from(Pairing))
            return one.state, count or 0, offered.periods_a_week


@pytest.fixture
async def meeting(either_database: Database) -> Meeting:
    async with either_database.unit_of_work() as db:
        county = await make_county(db)
        body = NeedIn.model_validate(need(county.points[0]))
        one = await needs.post(db, body, person_id=county.administrator.person_id, now=NOON)
        offered = HubOffer(school=await db.get_one(School, county.hub.id))
        await needs.save_offer(db, offered, OfferIn.model_validate(offer(county.hub)))
    return Meeting(either_database, county, one.id, offered.id)


async def test_an_offer_changed_between_being_read_and_being_held_is_not_accepted(
    meeting: Meeting,
) -> None:
    refused = await accept_after(meeting, lambda: change(meeting))
    assert refused.extra["etag"] == '"2"'
    current = OfferOut.model_validate(refused.extra["current"])
    assert (current.periods_a_week, current.version, current.is_own) == (1, 2, True)
    assert await meeting.outcome() == (NeedState.OPEN, 0, 1)


async def test_who_accepts_waits_for_who_is_changing_the_offer_and_is_told(
    meeting: Meeting,
) -> None:
    has_read, is_changed = asyncio.Event(), asyncio.Event()

    async def meanwhile() -> None:
        has_read.set()
        await is_changed.wait()

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        later = tasks.create_task(accept_after(meeting, meanwhile))
        await has_read.wait()
        async with meeting.database.unit_of_work() as db:
            await meeting.change_offer(db, periods=1)
            is_changed.set()
            await waits_or_has_begun(meeting.database, later)
    assert later.result().extra["etag"] == '"2"'
    assert await meeting.outcome() == (NeedState.OPEN, 0, 1)


async def test_an_offer_is_not_changed_while_it_is_being_accepted(meeting: Meeting) -> None:
    async with (
        asyncio.timeout(30),
        asyncio.TaskGroup() as tasks,
        meeting.database.unit_of_work() as db,
    ):
        await meeting.accept(db, *await meeting.read(db))
        later = tasks.create_task(change(meeting))
        await waits_or_has_begun(meeting.database, later)
        assert not later.done()
    assert await meeting.outcome() == (NeedState.MATCHED, 1, 1)


async def accept_after(
    meeting: Meeting, meanwhile: Callable[[], Awaitable[None]]
) -> ChangedMeanwhile:
    """Read, let something happen meanwhile, accept what was read; return the refusal."""
    async with meeting.database.unit_of_work() as db:
        read = await meeting.read(db)
        await meanwhile()
        with pytest.raises(ChangedMeanwhile) as refused:
            await meeting.accept(db, *read)
        await db.rollback()  # as the edge does when something is refused
    return refused.value


async def change(meeting: Meeting) -> None:
    async with meeting.database.unit_of_work() as db:
        await meeting.change_offer(db, periods=1)


async def waits_or_has_begun(database: Database, task: asyncio.Task[Any]) -> None:
    """Return when the other transaction waits for a lock; of SQLite nobody learns whether it does.

    There it has one writer at a time: the other one cannot be done before this one is.
    """
    if database.engine.dialect.name == "sqlite":
        await asyncio.sleep(0)
        return
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not task.done():
        async with database.unit_of_work() as db:
            if await db.scalar(waiting):
                return
        await asyncio.sleep(0.01)
