"""Reads of people, accounts, grants, sessions and links."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    and_,
    column,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.accounts.models import (
    Account,
    AccountLink,
    AccountState,
    LinkPurpose,
    Person,
    RoleGrant,
    SignInFailure,
    SignInSession,
    StaffPost,
)
from app.errors import NotFound
from app.schools.models import Authority, Region, School
from app.schools.queries import schools_within
from app.security import INSPECTING, Grant, PersonCaller, Role


def administered_schools(person: PersonCaller) -> Select[UUID]:
    """Return a query of the schools this person administers, for `.in_(...)`."""
    return schools_within(person.scope(Role.ADMINISTRATOR))


def inspected_schools(person: PersonCaller) -> Select[UUID]:
    """Return a query of the schools whose lessons this person may look at (administer, 巡课)."""
    return schools_within(person.scope(*INSPECTING))


async def live_session(
    db: AsyncSession, token_hash: str, *, now: datetime, idle_since: datetime
) -> SignInSession | None:
    """Return the session of a cookie, with account and person, while all of it is valid."""
    return await db.scalar(
        select(SignInSession)
        .join(SignInSession.account)
        .where(
            SignInSession.token_hash == token_hash,
            SignInSession.revoked_at.is_(None),
            SignInSession.expires_at > now,
            SignInSession.last_seen_at > idle_since,
            Account.state.in_([AccountState.ACTIVE, AccountState.RESTRICTED]),
        )
        .options(selectinload(SignInSession.account).selectinload(Account.person))
    )


def is_in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a grant has not ended."""
    return or_(RoleGrant.until.is_(None), RoleGrant.until > now)


def has_lost_every_post(
    person_id: ColumnElement[UUID] | InstrumentedAttribute[UUID], today: date
) -> ColumnElement[bool]:
    """Return the condition that somebody had posts and the last of them is over."""
    held = exists().where(StaffPost.person_id == person_id)
    kept = held.where(or_(StaffPost.until_on.is_(None), StaffPost.until_on > today))
    return and_(held, ~kept)


async def grants_of(db: AsyncSession, person_id: UUID, *, now: datetime) -> Sequence[Grant]:
    """Return the grants in force, in a stable order. An authority's reaches over its region."""
    region_id = func.coalesce(RoleGrant.region_id, Authority.region_id)
    rows = await db.execute(
        select(RoleGrant.role, region_id, RoleGrant.school_id, RoleGrant.alliance_id)
        .outerjoin(Authority, Authority.id == RoleGrant.authority_id)
        .where(RoleGrant.person_id == person_id, is_in_force(now))
        .order_by(RoleGrant.id)
    )
    return [Grant(*row) for row in rows]


# Alliances lie above accounts, and a grant within one is shown by its name all the same.
ALLIANCES = table(
    "alliances", column("id", Uuid), column("name", String), column("region_id", Uuid)
)


async def scope_names(db: AsyncSession, person: PersonCaller) -> dict[UUID, str]:
    """Return the names of where the caller's grants hold, and of her school."""
    scope = person.scope(*Role)
    schools = scope.school_ids | ({person.school_id} if person.school_id else set())
    rows = [
        *(await db.execute(select(Region.id, Region.name).where(Region.id.in_(scope.region_ids)))),
        *(await db.execute(select(School.id, School.name).where(School.id.in_(schools)))),
        *(
            await db.execute(
                select(ALLIANCES.c.id, ALLIANCES.c.name).where(
                    ALLIANCES.c.id.in_(scope.alliance_ids)
                )
            )
        ),
    ]
    return {row.id: row.name for row in rows}


async def names_of(db: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of these people."""
    rows = await db.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {row.id: row.name for row in rows}


async def require_person_of(db: AsyncSession, person_id: UUID, *, school_id: UUID) -> None:
    """Raise NotFound unless this person belongs to this school."""
    found = await db.scalar(
        select(Person.id).where(Person.id == person_id, Person.school_id == school_id)
    )
    if found is None:
        raise NotFound("This person does not belong to the school she is named for.")


async def account_by_username(db: AsyncSession, username: str) -> Account | None:
    """Return the account with its person. Names are stored folded."""
    return await db.scalar(
        select(Account).where(Account.username == username).options(selectinload(Account.person))
    )


async def failures_of(db: AsyncSession, username: str, address: str) -> SignInFailure | None:
    """Return what is remembered of failures of this name from this address."""
    return await db.scalar(
        select(SignInFailure).where(
            SignInFailure.username == username, SignInFailure.address == address
        )
    )


async def link_by_token(db: AsyncSession, token_hash: str, *, now: datetime) -> AccountLink | None:
    """Return a link that may still be used: not expired, and unused unless a demonstration's."""
    return await db.scalar(
        select(AccountLink).where(
            AccountLink.token_hash == token_hash,
            AccountLink.expires_at > now,
            or_(AccountLink.used_at.is_(None), AccountLink.purpose == LinkPurpose.DEMONSTRATION),
        )
    )


async def get_account(db: AsyncSession, account_id: UUID) -> Account:
    """Return an account with its person. Only for ids the database itself gave."""
    return (
        await db.execute(
            select(Account).where(Account.id == account_id).options(selectinload(Account.person))
        )
    ).scalar_one()
