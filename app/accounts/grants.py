"""Giving roles and taking them back.

Nobody gives what she does not hold: a role is given by an administrator of all it would reach
over, and never for longer than she is that herself. Nobody widens herself: her own grants are
others' to give. Every gift and every end is written down beside the grant, and never changed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service
from app.accounts.errors import GrantTooLong, OwnGrant
from app.accounts.models import GrantChange, GrantChangeKind, Person, RoleGrant
from app.accounts.queries import ALLIANCES, is_in_force
from app.errors import NotFound, WrongState
from app.schools.models import Authority, Region, School
from app.schools.queries import regions_within, schools_within
from app.security import PersonCaller, Role, Scope


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a grant holds; exactly one is given."""

    region_id: UUID | None = None
    school_id: UUID | None = None
    authority_id: UUID | None = None
    alliance_id: UUID | None = None


def within(scope: Scope) -> ColumnElement[bool]:
    """Return whether a grant reaches nowhere outside of what `scope` administers."""
    return or_(
        RoleGrant.region_id.in_(regions_within(scope)),
        RoleGrant.school_id.in_(schools_within(scope)),
        RoleGrant.authority_id.in_(
            select(Authority.id).where(Authority.region_id.in_(regions_within(scope)))
        ),
        RoleGrant.alliance_id.in_(
            select(ALLIANCES.c.id).where(ALLIANCES.c.region_id.in_(regions_within(scope)))
        ),
    )


def people(scope: Scope) -> Select[UUID]:
    """Return the ids of the people of the schools in scope, or with a grant within it."""
    granted = select(RoleGrant.person_id).where(within(scope))
    return select(Person.id).where(
        or_(Person.school_id.in_(schools_within(scope)), Person.id.in_(granted))
    )


def grants(scope: Scope) -> Select[RoleGrant, Person]:
    """Return the grants within scope, those that ended too, with who holds them."""
    return (
        select(RoleGrant, Person)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(within(scope))
    )


async def grant_within(db: AsyncSession, scope: Scope, grant_id: UUID) -> RoleGrant:
    """Return a grant that reaches nowhere outside of `scope`. Raise NotFound."""
    found = await db.scalar(select(RoleGrant).where(RoleGrant.id == grant_id, within(scope)))
    if found is None:
        raise NotFound("There is no such grant, or it is not yours to change.")
    return found


async def _covers(db: AsyncSession, scope: Scope, reach: Reach) -> bool:
    """Return whether a place is there and lies in `scope`."""
    regions = regions_within(scope)
    if reach.region_id is not None:
        query = regions.where(Region.id == reach.region_id)
    elif reach.school_id is not None:
        query = schools_within(scope).where(School.id == reach.school_id)
    elif reach.authority_id is not None:
        query = select(Authority.id).where(
            Authority.id == reach.authority_id, Authority.region_id.in_(regions)
        )
    else:
        query = select(ALLIANCES.c.id).where(
            ALLIANCES.c.id == reach.alliance_id, ALLIANCES.c.region_id.in_(regions)
        )
    return await db.scalar(query.limit(1)) is not None


async def _held(
    db: AsyncSession, by: PersonCaller, reach: Reach, now: datetime
) -> tuple[bool, datetime | None]:
    """Return whether the giver administers all of a place, and until when; None: for good."""
    held = await db.scalars(
        select(RoleGrant).where(
            RoleGrant.person_id == by.person_id,
            RoleGrant.role == Role.ADMINISTRATOR,
            is_in_force(now),
        )
    )
    ends = [grant.until for grant in held if await _covers(db, await _scope_of(db, grant), reach)]
    if not ends:
        return False, None
    return True, None if None in ends else max(end for end in ends if end is not None)


async def _scope_of(db: AsyncSession, grant: RoleGrant) -> Scope:
    region_id = grant.region_id
    if grant.authority_id is not None:
        authority = await db.get_one(Authority, grant.authority_id)
        region_id = authority.region_id
    return Scope(
        frozenset({region_id} if region_id else ()),
        frozenset({grant.school_id} if grant.school_id else ()),
    )


async def give(
    db: AsyncSession,
    *,
    by: PersonCaller,
    person_id: UUID,
    role: Role,
    reach: Reach,
    until: datetime | None,
    purpose: str,
    now: datetime,
) -> RoleGrant:
    """Give a role. Raise NotFound, OwnGrant, GrantTooLong, WrongState.

    NotFound: the person or the place is not the giver's to dispose of.
    """
    scope = by.scope(Role.ADMINISTRATOR)
    if await db.scalar(people(scope).where(Person.id == person_id)) is None:
        raise NotFound("There is no such person, or she is not of your schools.")
    if person_id == by.person_id:
        raise OwnGrant("Nobody gives a role to herself: ask another administrator.")
    if until is not None and until <= now:
        raise WrongState("The end has passed already: take a later day.")
    is_held, end = await _held(db, by, reach, now)
    if not is_held:
        raise NotFound("There is no such place, or it is not yours to give roles in.")
    _require_no_longer(until, end)
    given = await service.grant(
        db,
        person_id=person_id,
        role=role,
        region_id=reach.region_id,
        school_id=reach.school_id,
        authority_id=reach.authority_id,
        alliance_id=reach.alliance_id,
        until=until,
        purpose=purpose,
    )
    _note(db, given, GrantChangeKind.GIVEN, by, now)
    return given


def _require_no_longer(until: datetime | None, end: datetime | None) -> None:
    if end is not None and (until is None or until > end):
        raise GrantTooLong(
            f"You are administrator there until {end.isoformat()}: nobody gives a role for longer.",
            until=end.isoformat(),
        )


async def end(
    db: AsyncSession, *, by: PersonCaller, grant: RoleGrant, until: datetime | None, now: datetime
) -> None:
    """End a grant now, or earlier than it was to end. Raise OwnGrant, WrongState.

    It never lasts longer by this: for that another is given.
    """
    if grant.person_id == by.person_id:
        raise OwnGrant("Your own roles are others' to take back.")
    if grant.until is not None and grant.until <= now:
        raise WrongState("It has ended already.", possible=[])
    moment = max(until or now, now)
    if grant.until is not None and moment > grant.until:
        raise WrongState("A role is not prolonged: give it anew.", possible=[])
    grant.until = moment
    _note(db, grant, GrantChangeKind.ENDED, by, now)
    await db.flush()


def _note(
    db: AsyncSession, grant: RoleGrant, kind: GrantChangeKind, by: PersonCaller, now: datetime
) -> None:
    db.add(
        GrantChange(
            grant_id=grant.id,
            kind=kind,
            role=grant.role,
            until=grant.until,
            made_at=now,
            made_by=by.person_id,
            made_by_name=by.name,
        )
    )
