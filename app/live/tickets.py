"""Entry tickets: 256 random bits, thirty seconds, once. Only their hash is kept.

A page may draw the bits itself, and open its WebSocket while it asks for them to be accepted.

A ticket is bound to an account or a device, a session, a seat and a role, so that the
WebSocket needs nothing but the ticket.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.events import emit
from app.live.errors import TicketTaken
from app.live.models import EntryTicket
from app.security import hash_token, new_token
from signaling.ports import Refused

LIFETIME = timedelta(seconds=30)
KEPT = timedelta(hours=1)  # so that a ticket used twice can be told from an unknown one


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a ticket is: exactly one of account and device."""

    account_id: UUID | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TicketAccepted:
    """A ticket that a page has drawn is good from now on."""

    ticket: str = field(repr=False)


async def issue(
    db: AsyncSession,
    *,
    session_id: UUID,
    seat_id: str,
    role: str,
    holder: Holder,
    now: datetime,
    drawn: str | None = None,
) -> str:
    """Return a new ticket, or make the one that the page has `drawn` one. Raise TicketTaken.

    Those that nobody can be told anything about any more are forgotten.
    """
    await db.execute(delete(EntryTicket).where(EntryTicket.expires_at < now - KEPT))
    ticket = drawn or new_token()
    db.add(
        EntryTicket(
            token_hash=hash_token(ticket),
            session_id=session_id,
            seat_id=seat_id,
            role=role,
            account_id=holder.account_id,
            device_id=holder.device_id,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    try:
        await db.flush()
    except IntegrityError:
        if drawn is None:
            raise
        raise TicketTaken("Draw another ticket: this one was given out before.") from None
    if drawn is not None:
        emit(db, TicketAccepted(drawn))
    return ticket


async def use_up(db: AsyncSession, *, ticket: str, now: datetime) -> EntryTicket:
    """Take a ticket out of the world: of two who come with it, one gets in. Raise Refused."""
    digest = hash_token(ticket)
    used: EntryTicket | None = await db.scalar(
        update(EntryTicket)
        .where(
            EntryTicket.token_hash == digest,
            EntryTicket.used_at.is_(None),
            EntryTicket.expires_at > now,
        )
        .values(used_at=now)
        .returning(EntryTicket)
    )
    if used is not None:
        return used
    known = await db.scalar(select(EntryTicket).where(EntryTicket.token_hash == digest))
    if known is None:
        raise Refused("ticket_invalid", "This ticket is not known.")
    if known.used_at is not None:
        raise Refused("ticket_used", "This ticket was used already.")
    raise Refused("ticket_expired", "This ticket is older than thirty seconds.")
