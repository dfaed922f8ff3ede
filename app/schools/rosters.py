"""名册快照: the teaching points open in a region on a day, frozen and signed.

They are the denominator of every figure of coverage. What happens to a school later changes none
of them: entries hold the words of that day, and the signature is over exactly those.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager

from app.clock import DISPLAY_ZONE
from app.codes import service as codes
from app.database import analyze
from app.errors import NotFound
from app.pinyin import is_named
from app.schools.errors import WrongDay
from app.schools.histories import STANDING, standing_on
from app.schools.models import Region, School, SchoolChange
from app.schools.queries import regions_within
from app.schools.registry_queries import local_code, visible_regions
from app.schools.roster_models import RosterEntry, RosterSnapshot, SigningKey
from app.security import PersonCaller, Scope
from app.signing import Signer, is_signed

FORM = "three-classrooms-roster-1"


def canonical(snapshot: RosterSnapshot, entries: Sequence[RosterEntry]) -> bytes:
    """Return what is signed: JSON with sorted keys, without blanks, in UTF-8."""
    content = {
        "form": FORM,
        "id": str(snapshot.id),
        "name": snapshot.name,
        "region": str(snapshot.region_id),
        "taken_on": snapshot.taken_on.isoformat(),
        "made_at": snapshot.made_at.isoformat(),
        "made_by": None if snapshot.made_by is None else str(snapshot.made_by),
        "entries": [
            [
                str(entry.school_id),
                entry.position,
                entry.name,
                entry.moe_code,
                entry.local_code,
                entry.category,
                entry.region_code,
                entry.region_name,
                entry.parent_name,
            ]
            for entry in entries
        ],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


async def take(
    db: AsyncSession,
    *,
    region: Region,
    name: str,
    on: date,
    by: PersonCaller | None,
    signer: Signer,
    now: datetime,
) -> RosterSnapshot:
    """Freeze the teaching points that were open in a region at the end of a day.

    Raise WrongDay when the day has not come.
    """
    if on > now.astimezone(DISPLAY_ZONE).date():
        raise WrongDay(f"{on} has not come yet: nobody knows which points will be open.")
    await _keep_key(db, signer, now)
    snapshot = RosterSnapshot(
        region_id=region.id,
        region=region,
        name=name,
        taken_on=on,
        made_at=now,
        made_by=None if by is None else by.person_id,
        made_by_name="" if by is None else by.name,
        size=0,
        digest="",
        key_id=signer.key_id,
        signature="",
    )
    db.add(snapshot)
    await db.flush()
    entries = await _entries(db, snapshot, on)
    db.add_all(entries)
    content = canonical(snapshot, entries)
    snapshot.size = len(entries)
    snapshot.digest = hashlib.sha256(content).hexdigest()
    snapshot.signature = signer.sign(content).hex()
    await db.flush()
    await analyze(db, RosterEntry)  # figures are asked for next, of as many sites as these
    return snapshot


async def _keep_key(db: AsyncSession, signer: Signer, now: datetime) -> None:
    if await db.get(SigningKey, signer.key_id) is None:
        db.add(
            SigningKey(key_id=signer.key_id, public_key=signer.public_key.hex(), first_used_at=now)
        )
        await db.flush()


async def _entries(db: AsyncSession, snapshot: RosterSnapshot, on: date) -> list[RosterEntry]:
    """Return the entries, by region and name. Not only today's points: some were, that day."""
    parent: Any = aliased(School)  # None for a school that belongs to none
    below = regions_within(Scope(region_ids=frozenset({snapshot.region_id})))
    rows = await db.execute(
        select(School, Region, parent)
        .join(Region, Region.id == School.region_id)
        .outerjoin(parent, parent.id == School.parent_id)
        .where(School.region_id.in_(below))
        .order_by(Region.path, School.name, School.id)
    )
    changes = await _changes_within(db, below)
    sets = await codes.catalogue(db)
    entries: list[RosterEntry] = []
    for school, region, its_parent in rows:
        standing = standing_on(school, changes.get(school.id, ()), on)
        if not standing.is_open or not sets.is_point(standing.category):
            continue
        entries.append(
            RosterEntry(
                snapshot_id=snapshot.id,
                school_id=school.id,
                position=len(entries) + 1,
                name=school.name,
                moe_code=school.moe_code or "",
                local_code=(local_code(school, its_parent) or "")[:24],
                category=standing.category,
                region_code=region.code,
                region_name=region.name,
                parent_name="" if its_parent is None else its_parent.name,
            )
        )
    return entries


async def _changes_within(
    db: AsyncSession, regions: Select[UUID]
) -> dict[UUID, list[SchoolChange]]:
    rows = await db.scalars(
        select(SchoolChange)
        .join(School, School.id == SchoolChange.school_id)
        .where(School.region_id.in_(regions), SchoolChange.kind.in_(STANDING))
        .order_by(SchoolChange.happened_on, SchoolChange.id)
    )
    found: dict[UUID, list[SchoolChange]] = {}
    for row in rows:
        found.setdefault(row.school_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a snapshot is what was signed, and with which key."""

    is_intact: bool
    public_key: str


async def verify(db: AsyncSession, snapshot: RosterSnapshot) -> Verified:
    """Check a snapshot against its signature, from the rows as they are now."""
    key = await db.get_one(SigningKey, snapshot.key_id)
    entries = await entries_of(db, snapshot.id)
    content = canonical(snapshot, entries)
    is_intact = (
        snapshot.size == len(entries)
        and hashlib.sha256(content).hexdigest() == snapshot.digest
        and is_signed(
            content,
            signature=bytes.fromhex(snapshot.signature),
            public_key=bytes.fromhex(key.public_key),
        )
    )
    return Verified(is_intact, key.public_key)


def entries(snapshot_id: UUID, text: str = "") -> Select[RosterEntry]:
    """Return the entries of a snapshot, in whatever order.

    `text`: words of what the list says of each: names of the point, its region and its school, or
    the beginning of a code.
    """
    query = select(RosterEntry).where(RosterEntry.snapshot_id == snapshot_id)
    named = (RosterEntry.name, RosterEntry.region_name, RosterEntry.parent_name)
    coded = (RosterEntry.moe_code, RosterEntry.local_code, RosterEntry.region_code)
    for word in text.split():
        query = query.where(
            or_(
                *(each.icontains(word, autoescape=True) for each in named),
                *(each.istartswith(word, autoescape=True) for each in coded),
            )
        )
    return query


async def entries_of(db: AsyncSession, snapshot_id: UUID) -> Sequence[RosterEntry]:
    """Return the entries of a snapshot in their order."""
    return (await db.scalars(entries(snapshot_id).order_by(RosterEntry.position))).all()


@dataclass(frozen=True, slots=True)
class RosterFilter:
    """Which rosters. `text`: words in their name or their region's.

    `is_own`: of regions in scope alone, whose figures one may see; not of the one a school in
    scope lies in.
    """

    text: str = ""
    is_own: bool = False


EVERY_ROSTER = RosterFilter()


def snapshots(scope: Scope, wanted: RosterFilter = EVERY_ROSTER) -> Select[RosterSnapshot]:
    """Return the snapshots of the regions in sight, region loaded."""
    regions = regions_within(scope) if wanted.is_own else visible_regions(scope)
    query = (
        select(RosterSnapshot)
        .join(RosterSnapshot.region)
        .where(RosterSnapshot.region_id.in_(regions))
        .options(contains_eager(RosterSnapshot.region))
    )
    for word in wanted.text.split():
        query = query.where(
            or_(
                RosterSnapshot.name.icontains(word, autoescape=True),
                is_named(Region, word),
            )
        )
    return query


async def snapshot_within(db: AsyncSession, scope: Scope, snapshot_id: UUID) -> RosterSnapshot:
    """Return a snapshot of a region in scope. Raise NotFound."""
    found = await db.scalar(snapshots(scope).where(RosterSnapshot.id == snapshot_id))
    if found is None:
        raise NotFound("There is no such roster, or it is not yours.")
    return found
