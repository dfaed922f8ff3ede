"""Use cases of accounts: sign in, sign out, links, passwords, grants."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import locks, queries
from app.accounts.errors import (
    LinkUsedOrExpired,
    PasswordTooWeak,
    SignInRefused,
    UsernameTaken,
)
from app.accounts.events import AccountDisabled
from app.accounts.models import (
    NEXT_ACCOUNT_STATE,
    Account,
    AccountLink,
    AccountState,
    LinkPurpose,
    Person,
    RoleGrant,
    SignInSession,
)
from app.accounts.passwords import Passwords, fold, weaknesses
from app.addresses import source_of
from app.database import Database, is_one
from app.events import emit
from app.security import PersonCaller, Role, hash_token, new_token

SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a signed-in session lasts without use, and at most."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from."""

    address: str
    user_agent: str


async def authenticate(
    db: AsyncSession, *, token: str, now: datetime, idle: timedelta
) -> PersonCaller | None:
    """Return who is signed in with this token; note at most once a minute that she was here."""
    session = await queries.live_session(db, hash_token(token), now=now, idle_since=now - idle)
    if session is None:
        return None
    if now - session.last_seen_at >= SEEN_EVERY:
        session.last_seen_at = now
    account, person = session.account, session.account.person
    grants = await queries.grants_of(db, person.id, now=now)
    return PersonCaller(
        person_id=person.id,
        account_id=account.id,
        session_id=session.id,
        name=person.name,
        school_id=person.school_id,
        csrf_token=session.csrf_token,
        is_restricted=account.state is AccountState.RESTRICTED,
        grants=tuple(grants),
    )


async def sign_in(
    database: Database,
    passwords: Passwords,
    *,
    username: str,
    password: str,
    browser: Browser,
    lifetimes: Lifetimes,
    now: datetime,
) -> str:
    """Check name and password and return the token of a new session.

    Takes the database rather than a session: a failure must be remembered although the
    request is refused, and no transaction may stay open while the password is hashed.
    Raise SignInLocked, SignInRefused.
    """
    name, source = fold(username)[:64], source_of(browser.address)
    async with database.unit_of_work() as db:
        await locks.refuse_when_locked(db, name, source, now)
        account = await queries.account_by_username(db, name)
        stored = account.password_hash if account is not None else None
    is_right = await passwords.verify(password, stored)
    async with database.unit_of_work() as db:
        # Again: guesses sent all at once would else all be answered before the first is counted.
        await locks.refuse_when_locked(db, name, source, now)
        account = await queries.account_by_username(db, name) if is_right else None
        if account is not None and may_sign_in(account):
            await locks.forget_failures(db, name, source)
            return start_session(db, account=account, browser=browser, lifetimes=lifetimes, now=now)
        locked_until = await locks.remember_failure(db, name, source, now)
    if locked_until is not None:
        raise locks.locked(locked_until, now)
    raise SignInRefused


def may_sign_in(account: Account) -> bool:
    """Return whether the account's state lets its owner in."""
    return account.state in {AccountState.ACTIVE, AccountState.RESTRICTED}


def start_session(
    db: AsyncSession,
    *,
    account: Account,
    browser: Browser,
    lifetimes: Lifetimes,
    now: datetime,
) -> str:
    """Sign an account in and return the new session's token; only its hash is kept."""
    token = new_token()
    account.last_sign_in_at = now
    db.add(
        SignInSession(
            token_hash=hash_token(token),
            csrf_token=new_token(),
            account_id=account.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lifetimes.absolute,
            address=browser.address,
            user_agent=browser.user_agent[:300],
        )
    )
    return token


async def sign_out(db: AsyncSession, *, session_id: UUID, now: datetime) -> None:
    """End a session."""
    await db.execute(
        update(SignInSession).where(SignInSession.id == session_id).values(revoked_at=now)
    )


async def revoke_sessions(db: AsyncSession, *, account_id: UUID, now: datetime) -> None:
    """End all sessions of an account."""
    await db.execute(
        update(SignInSession)
        .where(SignInSession.account_id == account_id, SignInSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def disable_account(db: AsyncSession, *, account: Account, now: datetime) -> None:
    """Shut an account out: its sessions end, and its live connections after the commit."""
    move(account, AccountState.DISABLED)
    await revoke_sessions(db, account_id=account.id, now=now)
    emit(db, AccountDisabled(account.id))


def enable_account(account: Account) -> None:
    """Let an account that was disabled in again, with the password it had."""
    assert account.state is AccountState.DISABLED
    move(account, AccountState.ACTIVE)


def move(account: Account, state: AccountState) -> None:
    """Change the account's state along its table."""
    assert state in NEXT_ACCOUNT_STATE[account.state], f"{account.state} -> {state}"
    account.state = state


async def create_person(
    db: AsyncSession, *, name: str, username: str, school_id: UUID | None, now: datetime
) -> Account:
    """Add a person with an account that has no password yet. Raise UsernameTaken."""
    folded = fold(username)
    if await queries.account_by_username(db, folded) is not None:
        raise UsernameTaken(f"{folded!r} is taken.")
    person = Person(name=name, school_id=school_id)
    db.add(person)
    await db.flush()
    account = Account(
        person_id=person.id,
        person=person,
        username=folded,
        state=AccountState.PENDING,
        created_at=now,
    )
    db.add(account)
    await db.flush()
    return account


async def grant(
    db: AsyncSession,
    *,
    person_id: UUID,
    role: Role,
    region_id: UUID | None = None,
    school_id: UUID | None = None,
    authority_id: UUID | None = None,
    alliance_id: UUID | None = None,
    until: datetime | None = None,
    purpose: str = "",
) -> RoleGrant:
    """Give a role within a region, a school, an authority's region or an alliance; exactly one.

    `until`: the moment from which it holds no more; None: it has no end.
    """
    given = RoleGrant(
        person_id=person_id,
        role=role,
        region_id=region_id,
        school_id=school_id,
        authority_id=authority_id,
        alliance_id=alliance_id,
        until=until,
        purpose=purpose,
    )
    db.add(given)
    await db.flush()
    return given


async def make_link(
    db: AsyncSession,
    *,
    account_id: UUID,
    purpose: LinkPurpose,
    lifetime: timedelta,
    now: datetime,
) -> str:
    """Return the token of a new link to `/enter#<token>`; only its hash is kept."""
    token = new_token()
    db.add(
        AccountLink(
            account_id=account_id,
            token_hash=hash_token(token),
            purpose=purpose,
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    await db.flush()
    return token


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a link gave: a session's token, or the leave to set a password for `username`."""

    purpose: LinkPurpose
    username: str
    session_token: str | None


async def redeem_link(
    db: AsyncSession,
    *,
    token: str,
    browser: Browser,
    lifetimes: Lifetimes,
    now: datetime,
    is_demonstration: bool,
) -> Redeemed:
    """Look at a link; a demonstration's signs in, a set-up's waits for the password.

    Raise LinkUsedOrExpired, also for a demonstration's where there is no demonstration.
    """
    link = await queries.link_by_token(db, hash_token(token), now=now)
    if link is None:
        raise LinkUsedOrExpired
    account = await queries.get_account(db, link.account_id)
    if account.state is AccountState.DISABLED:
        raise LinkUsedOrExpired
    session_token = None
    if link.purpose is LinkPurpose.DEMONSTRATION:
        if not is_demonstration:
            raise LinkUsedOrExpired
        session_token = start_session(
            db, account=account, browser=browser, lifetimes=lifetimes, now=now
        )
    return Redeemed(link.purpose, account.username, session_token)


async def set_password(
    database: Database,
    passwords: Passwords,
    *,
    token: str,
    password: str,
    browser: Browser,
    lifetimes: Lifetimes,
    now: datetime,
) -> str:
    """Use up a set-up link: store the password, end other sessions, sign in; return the token.

    Takes the database rather than a session: no transaction may stay open while the password
    is hashed. Raise LinkUsedOrExpired, PasswordTooWeak.
    """
    async with database.unit_of_work() as db:
        _, account = await _setup_link(db, token, now)
        own_words = (account.username, account.person.name)
    reasons = weaknesses(password, own_words=own_words)
    if reasons:
        raise PasswordTooWeak(reasons)
    hashed = await passwords.hash(password)
    async with database.unit_of_work() as db:
        # Again: meanwhile the account may have been disabled.
        link, account = await _setup_link(db, token, now)
        # Two requests may have come this far with one link: the update lets only one go on.
        used = await db.execute(
            update(AccountLink)
            .where(AccountLink.id == link.id, AccountLink.used_at.is_(None))
            .values(used_at=now)
        )
        if not is_one(used):
            raise LinkUsedOrExpired
        account.password_hash = hashed
        if account.state is AccountState.PENDING:
            move(account, AccountState.ACTIVE)
        await revoke_sessions(db, account_id=account.id, now=now)
        return start_session(db, account=account, browser=browser, lifetimes=lifetimes, now=now)


async def _setup_link(db: AsyncSession, token: str, now: datetime) -> tuple[AccountLink, Account]:
    """Return a set-up link that may still be used, and whose. Raise LinkUsedOrExpired."""
    link = await queries.link_by_token(db, hash_token(token), now=now)
    if link is None or link.purpose is not LinkPurpose.SET_PASSWORD:
        raise LinkUsedOrExpired
    account = await queries.get_account(db, link.account_id)
    if account.state is AccountState.DISABLED:
        raise LinkUsedOrExpired
    return link, account
