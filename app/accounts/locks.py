"""Guessing made slow: failures of a name from an address are counted, and lock the two together."""

from datetime import datetime, timedelta

from sqlalchemy import Update, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries
from app.accounts.errors import SignInLocked
from app.accounts.models import SignInFailure

FAILURES_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
FAILURES_FORGOTTEN_AFTER = timedelta(hours=24)


async def refuse_when_locked(db: AsyncSession, username: str, address: str, now: datetime) -> None:
    """Raise SignInLocked while a name is locked at an address."""
    failure = await queries.failures_of(db, username, address)
    if failure is not None and failure.locked_until and failure.locked_until > now:
        raise locked(failure.locked_until, now)


def locked(until: datetime, now: datetime) -> SignInLocked:
    """Return the refusal that says how long the lock lasts."""
    return SignInLocked(max(1, int((until - now).total_seconds()) + 1))


async def remember_failure(
    db: AsyncSession, username: str, address: str, now: datetime
) -> datetime | None:
    """Count a failure; return until when name and address are now locked, or None.

    The fifth failure locks for a minute, each further one twice as long, at most 15 minutes.
    The lock is per pair: whoever fails from one address locks nobody out at another.
    """
    await db.execute(
        delete(SignInFailure).where(SignInFailure.last_failed_at < now - FAILURES_FORGOTTEN_AFTER)
    )
    failures = await _count_failure(db, username, address, now)
    over = failures - FAILURES_BEFORE_LOCK
    if over < 0:
        return None
    locked_until = now + min(FIRST_LOCK * (1 << min(over, 8)), LONGEST_LOCK)
    await db.execute(_failures(username, address).values(locked_until=locked_until))
    return locked_until


def _failures(username: str, address: str) -> Update:
    return update(SignInFailure).where(
        SignInFailure.username == username, SignInFailure.address == address
    )


async def _count_failure(db: AsyncSession, username: str, address: str, now: datetime) -> int:
    """Add one and return how many there are. Guesses at the same moment are each counted."""
    one_more = (
        _failures(username, address)
        .values(failures=SignInFailure.failures + 1, last_failed_at=now)
        .returning(SignInFailure.failures)
        .execution_options(synchronize_session=False)
    )
    failures = await db.scalar(one_more)
    if failures is not None:
        return failures
    try:
        async with db.begin_nested():
            db.add(
                SignInFailure(username=username, address=address, failures=1, last_failed_at=now)
            )
    except IntegrityError:  # another request was first
        return await db.scalar(one_more) or 1
    return 1


async def forget_failures(db: AsyncSession, username: str, address: str) -> None:
    """Forget the failures of a name from an address, after it was right."""
    await db.execute(
        delete(SignInFailure).where(
            SignInFailure.username == username, SignInFailure.address == address
        )
    )
