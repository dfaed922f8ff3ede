"""What needs a hand today: each thing counted, in one statement each however much there is."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import administered_schools
from app.accounts.sight import sight_of
from app.alliances.models import NeedState, Pairing, PairingParty, PairingState
from app.alliances.need_queries import needs_seen
from app.attendance.rows import WaitsFor, waiting_in_sight
from app.jobs.models import JobState
from app.jobs.queries import JobFilter, jobs_of
from app.lessons.queries import day_of
from app.recordings.reserved import reserved_bytes
from app.recordings.room_left import Left
from app.security import INSPECTING, PersonCaller

LOW_DISK_PERCENT = 10
UNCONFIRMED_DAYS = timedelta(days=14)


class Hand(StrEnum):
    """A kind of thing somebody has to do."""

    OBJECTIONS = "OBJECTIONS"
    UNCONFIRMED = "UNCONFIRMED"
    NEEDS = "NEEDS"
    AGREEMENTS = "AGREEMENTS"
    JOBS = "JOBS"
    DISK = "DISK"
    ROOM = "ROOM"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many things of a kind wait; of DISK, the percentage that is free.

    Of ROOM, how many GB the disk of the recordings lacks for the lessons of today.
    """

    hand: Hand
    count: int


async def wanted(
    db: AsyncSession, person: PersonCaller, *, disk: Path, room: Left | None, now: datetime
) -> list[Wanted]:
    """Return what waits for a hand, the most urgent first; what does not wait is left out.

    `room` is what was left on the disk of the recordings when it was last looked at: one that
    does not answer must keep nobody waiting.
    """
    sight, since = await sight_of(db, person), day_of(now - UNCONFIRMED_DAYS)
    scope = person.scope(*INSPECTING)
    failed = JobFilter(None, frozenset({JobState.FAILED, JobState.DEAD}))
    found = [
        (Hand.OBJECTIONS, waiting_in_sight(sight, WaitsFor.ADMINISTRATOR)),
        (Hand.UNCONFIRMED, waiting_in_sight(sight, WaitsFor.ASSISTANT, first_day=since)),
        (Hand.NEEDS, needs_seen(scope, state=NeedState.OPEN)),
        (Hand.AGREEMENTS, _to_agree(person)),
        (Hand.JOBS, jobs_of(person, failed)),
    ]
    counted = [Wanted(hand, await _count(db, query)) for hand, query in found]
    free = shutil.disk_usage(disk)
    percent = free.free * 100 // free.total
    low = [Wanted(Hand.DISK, percent)] if percent < LOW_DISK_PERCENT else []
    lacking = await reserved_bytes(db, now=now) - room.free if room is not None else 0
    if lacking > 0:
        low.append(Wanted(Hand.ROOM, -(-lacking // 1000**3)))
    return [*low, *(each for each in counted if each.count)]


async def _count(db: AsyncSession, query: Select[*tuple[Any, ...]]) -> int:
    return await db.scalar(select(func.count()).select_from(query.subquery())) or 0


def _to_agree(person: PersonCaller) -> Select[Pairing]:
    """Return a query of the pairings proposed to a school in scope that has not agreed."""
    waits_for_ours = exists().where(
        PairingParty.pairing_id == Pairing.id,
        PairingParty.agreed_at.is_(None),
        PairingParty.school_id.in_(administered_schools(person)),
    )
    return select(Pairing).where(Pairing.state == PairingState.PROPOSED, waits_for_ours)
