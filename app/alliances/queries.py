"""Reads of alliances: members, term plans, agreements. Rights are part of the query.

Who sees what: an alliance is *kept* by the administrators of its region and by those who hold
it as their scope, and *seen* besides by every member school's. Who keeps an alliance sees all its
pairings and the lessons of all its members, also of those outside the region; never their staff,
their classrooms or their pupils, which the schools' own scope decides. A member school sees the
pairings it is a party of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased, selectinload

from app.alliances.models import Agreement, Alliance, AllianceMember, MemberRole, TermPlan
from app.calendars.models import Term
from app.errors import NotFound
from app.pinyin import is_named
from app.schools.models import Region, School
from app.schools.queries import regions_within, schools_within
from app.security import Scope

T = TypeVar("T")


def found(row: T | None) -> T:
    """Return a row that is there. Raise NotFound."""
    if row is None:
        raise NotFound
    return row


def is_kept(scope: Scope) -> ColumnElement[bool]:
    """Return whether an alliance is the caller's to keep."""
    return or_(Alliance.region_id.in_(regions_within(scope)), Alliance.id.in_(scope.alliance_ids))


def alliances_kept(scope: Scope) -> Select[UUID]:
    """Return a query of the ids of the alliances to keep, for `.in_(...)`."""
    return select(Alliance.id).where(is_kept(scope))


def alliances_seen(
    scope: Scope, *, text: str | None = None, school_id: UUID | None = None
) -> Select[Alliance]:
    """Return a query of the alliances one keeps or has a member school in, with their region.

    `text`: part of the name. `school_id`: which this school is in, was in or will be in.
    """
    as_member = select(AllianceMember.alliance_id).where(
        AllianceMember.school_id.in_(schools_within(scope))
    )
    query = (
        select(Alliance)
        .where(or_(is_kept(scope), Alliance.id.in_(as_member)))
        .options(selectinload(Alliance.region))
    )
    if school_id is not None:
        of_school = select(AllianceMember.alliance_id).where(AllianceMember.school_id == school_id)
        query = query.where(Alliance.id.in_(of_school))
    return query if not text else query.where(Alliance.name.contains(text, autoescape=True))


async def alliance_seen(db: AsyncSession, scope: Scope, alliance_id: UUID) -> Alliance:
    """Return an alliance one keeps or has a member school in."""
    return found(await db.scalar(alliances_seen(scope).where(Alliance.id == alliance_id)))


async def alliance_kept(db: AsyncSession, scope: Scope, alliance_id: UUID) -> Alliance:
    """Return an alliance one keeps."""
    query = alliances_seen(scope).where(Alliance.id == alliance_id, is_kept(scope))
    return found(await db.scalar(query))


async def keeps(db: AsyncSession, scope: Scope, alliance_id: UUID) -> bool:
    """Return whether the alliance is the caller's to keep."""
    return await db.scalar(alliances_kept(scope).where(Alliance.id == alliance_id)) is not None


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Which members; what is not given may be anything.

    `text`: letters of the school's name, as written or read. `on`: members that day.
    """

    text: str = ""
    role: MemberRole | None = None
    on: date | None = None


ANY_MEMBER = MemberFilter()


def members_of(
    alliance_id: UUID, wanted: MemberFilter = ANY_MEMBER
) -> Select[AllianceMember, School, Region, bool]:
    """Return a query of the members with school, region, and whether they lie outside.

    Outside: beyond the region whose authority keeps the alliance.
    """
    home = aliased(Region)
    is_outside = ~Region.path.startswith(home.path, autoescape=False)
    query = (
        select(AllianceMember, School, Region, is_outside)
        .join(School, AllianceMember.school_id == School.id)
        .join(Region, School.region_id == Region.id)
        .join(Alliance, AllianceMember.alliance_id == Alliance.id)
        .join(home, Alliance.region_id == home.id)
        .where(AllianceMember.alliance_id == alliance_id)
    )
    for word in wanted.text.split():
        query = query.where(is_named(School, word))
    if wanted.role is not None:
        query = query.where(AllianceMember.role == wanted.role)
    if wanted.on is not None:
        query = query.where(in_force(AllianceMember.from_on, AllianceMember.to_on, wanted.on))
    return query


async def memberships(
    db: AsyncSession, alliance_id: UUID, school_ids: Sequence[UUID]
) -> Sequence[AllianceMember]:
    """Return the stays of these schools in an alliance."""
    rows = await db.scalars(
        select(AllianceMember)
        .where(AllianceMember.alliance_id == alliance_id, AllianceMember.school_id.in_(school_ids))
        .order_by(AllianceMember.from_on)
    )
    return rows.all()


async def member_kept(db: AsyncSession, scope: Scope, member_id: UUID) -> AllianceMember:
    """Return a member of an alliance one keeps."""
    return found(
        await db.scalar(
            select(AllianceMember).where(
                AllianceMember.id == member_id,
                AllianceMember.alliance_id.in_(alliances_kept(scope)),
            )
        )
    )


async def member_row(
    db: AsyncSession, member: AllianceMember
) -> tuple[AllianceMember, School, Region, bool]:
    """Return a member with what its list shows of it."""
    rows = await db.execute(members_of(member.alliance_id).where(AllianceMember.id == member.id))
    found, school, region, is_outside = rows.one()
    return found, school, region, is_outside


async def hubs_of(
    db: AsyncSession, alliance_ids: Sequence[UUID], *, day: date
) -> Sequence[tuple[UUID, School]]:
    """Return (alliance, hub school) of all hubs in force that day, names in order."""
    rows = await db.execute(
        select(AllianceMember.alliance_id, School)
        .join(School, AllianceMember.school_id == School.id)
        .where(
            AllianceMember.alliance_id.in_(alliance_ids),
            AllianceMember.role == MemberRole.HUB,
            in_force(AllianceMember.from_on, AllianceMember.to_on, day),
        )
        .order_by(School.name, School.id)
    )
    return [(alliance_id, school) for alliance_id, school in rows]


def in_force(
    first: InstrumentedAttribute[date],
    last: InstrumentedAttribute[date | None],
    day: date | ColumnElement[date],
) -> ColumnElement[bool]:
    """Return whether a day lies from `first` to `last`; null: without end."""
    return and_(first <= day, or_(last.is_(None), last >= day))


async def member_counts(
    db: AsyncSession, alliance_ids: Sequence[UUID], *, day: date
) -> dict[UUID, int]:
    """Return how many members each alliance has that day."""
    rows = await db.execute(
        select(AllianceMember.alliance_id, func.count())
        .where(
            AllianceMember.alliance_id.in_(alliance_ids),
            in_force(AllianceMember.from_on, AllianceMember.to_on, day),
        )
        .group_by(AllianceMember.alliance_id)
    )
    return {row[0]: row[1] for row in rows}


async def shared_alliance(
    db: AsyncSession, hub_id: UUID, site_id: UUID, *, day: date
) -> UUID | None:
    """Return an alliance both schools are in that day; the oldest of several."""
    own, theirs = aliased(AllianceMember), aliased(AllianceMember)
    return await db.scalar(
        select(own.alliance_id)
        .join(theirs, theirs.alliance_id == own.alliance_id)
        .where(
            own.school_id == hub_id,
            own.role != MemberRole.OBSERVER,
            theirs.school_id == site_id,
            theirs.role != MemberRole.OBSERVER,
            in_force(own.from_on, own.to_on, day),
            in_force(theirs.from_on, theirs.to_on, day),
        )
        .order_by(own.alliance_id)
        .limit(1)
    )


async def plans_of(db: AsyncSession, alliance_id: UUID) -> Sequence[TermPlan]:
    """Return the term plans of an alliance with their terms, the newest term first."""
    rows = await db.scalars(
        select(TermPlan)
        .where(TermPlan.alliance_id == alliance_id)
        .options(selectinload(TermPlan.term))
    )
    return sorted(rows, key=lambda plan: plan.term.starts_on, reverse=True)


async def plan_of(db: AsyncSession, alliance_id: UUID, term_id: UUID) -> TermPlan | None:
    """Return an alliance's plan of a term, with the term."""
    return await db.scalar(
        select(TermPlan)
        .where(TermPlan.alliance_id == alliance_id, TermPlan.term_id == term_id)
        .options(selectinload(TermPlan.term))
    )


async def holds_in(db: AsyncSession, term: Term, region: Region) -> bool:
    """Return whether a term holds in a region: it is of that region, or of one it lies in."""
    path = await db.scalar(select(Region.path).where(Region.id == term.region_id))
    return path is not None and region.path.startswith(path)


async def newest_agreement(
    db: AsyncSession, *, alliance_id: UUID | None = None, pairing_id: UUID | None = None
) -> Agreement | None:
    """Return the agreement in force of an alliance or a pairing, with its file."""
    owner = (
        Agreement.alliance_id == alliance_id
        if pairing_id is None
        else Agreement.pairing_id == pairing_id
    )
    return await db.scalar(
        select(Agreement)
        .where(owner)
        .options(selectinload(Agreement.file))
        .order_by(Agreement.attached_at.desc(), Agreement.id.desc())
        .limit(1)
    )
