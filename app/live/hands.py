"""What needs a hand today: each thing counted, in one statement each however much there is."""

import shutil
from collections.abc import Mapping
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
from app.jobs.models import Queue
from app.jobs.queries import GIVEN_UP, JobFilter, dead_letters, jobs_of
from app.lessons.queries import day_of
from app.recordings.reconciling import unknown_folders
from app.recordings.reserved import reserved_bytes
from app.recordings.room_left import Left
from app.schools.queries import covers_everything
from app.security import INSPECTING, PersonCaller, Role

LOW_DISK_PERCENT = 10
UNCONFIRMED_DAYS = timedelta(days=14)


class Hand(StrEnum):
    """A kind of thing somebody has to do."""

    OBJECTIONS = "OBJECTIONS"
    UNCONFIRMED = "UNCONFIRMED"
    NEEDS = "NEEDS"
    AGREEMENTS = "AGREEMENTS"
    JOBS = "JOBS"
    PLATFORM_JOBS = "PLATFORM_JOBS"
    DISK = "DISK"
    ROOM = "ROOM"
    SECOND_PLACE = "SECOND_PLACE"
    UNKNOWN_FOLDERS = "UNKNOWN_FOLDERS"
    QUEUE_LIGHT = "QUEUE_LIGHT"
    QUEUE_REPLAYS = "QUEUE_REPLAYS"
    QUEUE_KEEPING = "QUEUE_KEEPING"
    QUEUE_HEAVY = "QUEUE_HEAVY"


UNATTENDED: Mapping[Queue, Hand] = {queue: Hand(f"QUEUE_{queue}") for queue in Queue}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many things of a kind wait; of DISK, the percentage that is free.

    Of ROOM, how many GB the disk of the recordings lacks for the lessons of today. Of the second
    place, and of a queue nobody works for, for how many minutes it is so.
    """

    hand: Hand
    count: int


@dataclass(frozen=True, slots=True)
class Server:
    """What was seen of the server when it was last looked at: a disk may not answer now.

    `room`: what is left on the disk of the recordings. `away`: what should be there and is not,
    since when.
    """

    disk: Path
    room: Left | None
    away: Mapping[Hand, datetime]


async def wanted(
    db: AsyncSession, person: PersonCaller, server: Server, *, now: datetime
) -> list[Wanted]:
    """Return what waits for a hand, the most urgent first; what does not wait is left out."""
    sight, since = await sight_of(db, person), day_of(now - UNCONFIRMED_DAYS)
    scope = person.scope(*INSPECTING)
    failed = JobFilter(None, GIVEN_UP)
    found = [
        (Hand.OBJECTIONS, waiting_in_sight(sight, WaitsFor.ADMINISTRATOR)),
        (Hand.UNCONFIRMED, waiting_in_sight(sight, WaitsFor.ASSISTANT, first_day=since)),
        (Hand.NEEDS, needs_seen(scope, today=day_of(now), state=NeedState.OPEN)),
        (Hand.AGREEMENTS, _to_agree(person)),
        (Hand.JOBS, jobs_of(person, failed)),
    ]
    is_operator = await covers_everything(db, person.scope(Role.ADMINISTRATOR))
    if is_operator:
        found.append((Hand.PLATFORM_JOBS, dead_letters()))
    counted = [Wanted(hand, await _count(db, query)) for hand, query in found]
    if is_operator:
        counted.append(Wanted(Hand.UNKNOWN_FOLDERS, await unknown_folders(db)))
    return [*await _of_server(db, server, now), *(each for each in counted if each.count)]


async def _of_server(db: AsyncSession, server: Server, now: datetime) -> list[Wanted]:
    """Return what the server lacks, which recordings need first."""
    free = shutil.disk_usage(server.disk)
    percent = free.free * 100 // free.total
    low = [Wanted(Hand.DISK, percent)] if percent < LOW_DISK_PERCENT else []
    room = server.room
    lacking = await reserved_bytes(db, now=now) - room.free if room is not None else 0
    if lacking > 0:
        low.append(Wanted(Hand.ROOM, -(-lacking // 1000**3)))
    for hand, since in server.away.items():
        low.append(Wanted(hand, -((since - now) // timedelta(minutes=1))))
    return low


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
