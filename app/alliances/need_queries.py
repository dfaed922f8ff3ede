"""Reads of needs and offers. Rights are part of the query."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from app.alliances.models import AllianceMember, HubOffer, Match, MemberRole, Need, NeedState
from app.alliances.queries import found, in_force
from app.schools.models import Region, School
from app.schools.queries import schools_within
from app.security import Scope

CITY, COUNTY = 2, 3  # levels of `Region.path`, below the province


def offers_seen(
    scope: Scope, *, school_id: UUID | None = None, subject: str | None = None
) -> Select[HubOffer]:
    """Return a query of the offers of the schools in scope, with their school."""
    query = (
        select(HubOffer)
        .join(School, HubOffer.school_id == School.id)
        .where(HubOffer.school_id.in_(schools_within(scope)))
        .options(selectinload(HubOffer.school))
    )
    if school_id is not None:
        query = query.where(HubOffer.school_id == school_id)
    return query if subject is None else query.where(HubOffer.subject == subject)


async def offer_near(
    db: AsyncSession, need: Need, region: Region, offer_id: UUID, *, today: date
) -> HubOffer:
    """Return an offer of a hub whose offers the need's list shows, of whatever it is now.

    `region`: of the need's school. Raise NotFound for one of any other hub.
    """
    query = _near(need, region, today).where(HubOffer.id == offer_id)
    return found(await db.scalar(query.options(selectinload(HubOffer.school))))


async def offer_within(db: AsyncSession, scope: Scope, offer_id: UUID) -> HubOffer:
    """Return an offer of a school in scope."""
    return found(await db.scalar(offers_seen(scope).where(HubOffer.id == offer_id)))


def needs_seen(
    scope: Scope,
    *,
    today: date,
    school_id: UUID | None = None,
    state: NeedState | None = None,
    subject: str | None = None,
) -> Select[Need]:
    """Return a query of the needs of the schools in scope, and of those its hubs could answer.

    A hub sees the open needs that are not over of the schools it shares an alliance with on the
    first day a pairing could run: as the need begins, or `today` where it has begun (`_allied`).
    """
    own, theirs = aliased(AllianceMember), aliased(AllianceMember)
    first_day = case((Need.starts_on > today, Need.starts_on), else_=literal(today))
    ever_allied = (
        select(theirs.school_id)
        .join(own, own.alliance_id == theirs.alliance_id)
        .where(own.school_id.in_(schools_within(scope)), own.role != MemberRole.OBSERVER)
    )
    allied = ever_allied.where(
        theirs.school_id == Need.school_id,
        in_force(own.from_on, own.to_on, first_day),
        in_force(theirs.from_on, theirs.to_on, first_day),
    ).correlate(Need)
    query = (
        select(Need)
        .join(School, Need.school_id == School.id)
        .where(
            or_(
                Need.school_id.in_(schools_within(scope)),
                and_(
                    Need.state == NeedState.OPEN,
                    Need.ends_on >= today,
                    # Found once, and hardly any need is left to be asked the second one about.
                    Need.school_id.in_(ever_allied),
                    Need.school_id.in_(allied),
                ),
            )
        )
        .options(selectinload(Need.school))
    )
    if school_id is not None:
        query = query.where(Need.school_id == school_id)
    if state is not None:
        query = query.where(Need.state == state)
    return query if subject is None else query.where(Need.subject == subject)


async def pairings_made_for(db: AsyncSession, need_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the pairing each need was matched with last."""
    rows = await db.execute(
        select(Match.need_id, Match.pairing_id)
        .where(Match.need_id.in_(need_ids))
        .order_by(Match.made_at, Match.id)
    )
    return {row[0]: row[1] for row in rows}


async def need_seen(db: AsyncSession, scope: Scope, need_id: UUID, *, today: date) -> Need:
    """Return a need one may look at."""
    return found(await db.scalar(needs_seen(scope, today=today).where(Need.id == need_id)))


async def need_within(db: AsyncSession, scope: Scope, need_id: UUID) -> Need:
    """Return a need of a school in scope."""
    query = select(Need).where(Need.id == need_id, Need.school_id.in_(schools_within(scope)))
    return found(await db.scalar(query.options(selectinload(Need.school))))


async def offers_for(
    db: AsyncSession, need: Need, region: Region, *, today: date, most: int | None
) -> Sequence[HubOffer]:
    """Return the offers that could answer a need: its subject, its dates, another open school.

    Of its dates those that are left. Allied ones first, then those of the same county; `most` at
    most, None: all.
    """
    first_day = max(need.starts_on, today)
    if first_day > need.ends_on:
        return []
    rows = await db.scalars(
        _near(need, region, today)
        .where(
            HubOffer.subject == need.subject,
            HubOffer.school_id != need.school_id,
            HubOffer.valid_from <= need.ends_on,
            or_(HubOffer.valid_to.is_(None), HubOffer.valid_to >= first_day),
            or_(School.closed_on.is_(None), School.closed_on > first_day),
        )
        .options(selectinload(HubOffer.school))
        .order_by(
            HubOffer.school_id.in_(_allied(need, today)).desc(),
            Region.path.startswith(_upper(region, COUNTY)).desc(),
            School.name,
            HubOffer.id,
        )
        .limit(most)
    )
    return rows.all()


def _near(need: Need, region: Region, today: date) -> Select[HubOffer]:
    """Return a query of the offers of the schools of the need's alliances, and of its city.

    The allied lie wherever they do.
    """
    in_city = Region.path.startswith(_upper(region, CITY))
    return (
        select(HubOffer)
        .join(School, HubOffer.school_id == School.id)
        .join(Region, School.region_id == Region.id)
        .where(or_(HubOffer.school_id.in_(_allied(need, today)), in_city))
    )


def _upper(region: Region, levels: int) -> str:
    """Return the path of the region a region lies in that is so many levels from the top."""
    return "/" + "/".join(region.path.strip("/").split("/")[:levels]) + "/"


def _allied(need: Need, today: date) -> Select[UUID]:
    """Return a query of the ids of the schools the need's own is allied with as it begins.

    Where it has begun: today, which is when a pairing for it would start.
    """
    own, theirs = aliased(AllianceMember), aliased(AllianceMember)
    first_day = max(need.starts_on, today)
    return (
        select(theirs.school_id)
        .join(own, own.alliance_id == theirs.alliance_id)
        .where(
            own.school_id == need.school_id,
            theirs.role != MemberRole.OBSERVER,
            in_force(own.from_on, own.to_on, first_day),
            in_force(theirs.from_on, theirs.to_on, first_day),
        )
    )
