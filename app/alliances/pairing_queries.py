"""Reads of pairings, whole, and of their histories. Rights are part of the query.

Who sees what is said in `app.alliances.queries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from app.alliances.models import (
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    PairingSubject,
    Side,
)
from app.alliances.queries import alliances_kept, found
from app.calendars.days import Span
from app.schools.models import School
from app.schools.queries import schools_within
from app.security import Scope

# What a hub has promised: agreed or under way.
PROMISED = (PairingState.ACCEPTED, PairingState.ACTIVE, PairingState.SUSPENDED)
# Whose days may count: it is active, or was.
RAN = (
    PairingState.ACTIVE,
    PairingState.SUSPENDED,
    PairingState.ENDED,
    PairingState.ARCHIVED,
)


def _whole_pairings() -> Select[Pairing]:
    return select(Pairing).options(
        # Joined: asked for by their ids, the schools of a page may be too many for one statement.
        # Of each what pairings ask of it: a page has many hundreds of them.
        selectinload(Pairing.parties)
        .joinedload(PairingParty.school)
        .load_only(School.name, School.opened_on, School.closed_on, raiseload=True),
        selectinload(Pairing.subjects),
        selectinload(Pairing.alliance),
    )


async def rivals_of(db: AsyncSession, pairings: Sequence[Pairing]) -> Sequence[Pairing]:
    """Return the other pairings that ran between the hub of one of these and a partner of it."""
    mine, theirs = aliased(PairingParty), aliased(PairingParty)
    ids = [pairing.id for pairing in pairings]

    def both_have(side: Side) -> ColumnElement[bool]:
        return (
            select(mine.id)
            .join(theirs, theirs.school_id == mine.school_id)
            .where(
                mine.pairing_id.in_(ids),
                mine.side == side,
                theirs.side == side,
                theirs.pairing_id == Pairing.id,
            )
            .exists()
        )

    rows = await db.scalars(
        _whole_pairings().where(
            Pairing.id.not_in(ids),
            Pairing.state.in_(RAN),
            both_have(Side.HUB),
            both_have(Side.PARTNER),
        )
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class PairingFilter:
    """Which pairings; what is not given may be anything.

    `subject`: by its code. `school_id`: on either side. `text`: words of the name.
    """

    alliance_id: UUID | None = None
    state: PairingState | None = None
    kind: PairingKind | None = None
    subject: str | None = None
    school_id: UUID | None = None
    text: str = ""


ANY_PAIRING = PairingFilter()


def pairings_seen(scope: Scope, wanted: PairingFilter = ANY_PAIRING) -> Select[Pairing]:
    """Return a query of the pairings of alliances one keeps, and of those one has a school in."""
    as_party = select(PairingParty.pairing_id).where(
        PairingParty.school_id.in_(schools_within(scope))
    )
    query = _whole_pairings().where(
        or_(Pairing.alliance_id.in_(alliances_kept(scope)), Pairing.id.in_(as_party))
    )
    if wanted.alliance_id is not None:
        query = query.where(Pairing.alliance_id == wanted.alliance_id)
    if wanted.state is not None:
        query = query.where(Pairing.state == wanted.state)
    if wanted.kind is not None:
        query = query.where(Pairing.kind == wanted.kind)
    if wanted.subject is not None:
        about = select(PairingSubject.pairing_id).where(PairingSubject.subject == wanted.subject)
        query = query.where(Pairing.id.in_(about))
    if wanted.school_id is not None:
        of_school = select(PairingParty.pairing_id).where(
            PairingParty.school_id == wanted.school_id
        )
        query = query.where(Pairing.id.in_(of_school))
    for word in wanted.text.split():
        query = query.where(Pairing.name.icontains(word, autoescape=True))
    return query


async def pairing_seen(db: AsyncSession, scope: Scope, pairing_id: UUID) -> Pairing:
    """Return a pairing one may look at, whole."""
    return found(await db.scalar(pairings_seen(scope).where(Pairing.id == pairing_id)))


async def get_pairing(db: AsyncSession, pairing_id: UUID) -> Pairing:
    """Return a pairing, whole, whoever asks. For callers that checked the right themselves."""
    query = _whole_pairings().where(Pairing.id == pairing_id)
    return found(await db.scalar(query.execution_options(populate_existing=True)))


async def pairings_of_alliance(
    db: AsyncSession, alliance_id: UUID, *, scope: Scope | None = None
) -> Sequence[Pairing]:
    """Return the pairings of an alliance, whole; with `scope`, those one may look at."""
    query = _whole_pairings() if scope is None else pairings_seen(scope)
    rows = await db.scalars(query.where(Pairing.alliance_id == alliance_id).order_by(Pairing.id))
    return rows.all()


async def histories(db: AsyncSession, pairing_ids: Sequence[UUID]) -> Sequence[PairingChange]:
    """Return the changes of these pairings, each one's in order."""
    rows = await db.scalars(
        select(PairingChange)
        .where(PairingChange.pairing_id.in_(pairing_ids))
        .order_by(PairingChange.pairing_id, PairingChange.number)
    )
    return rows.all()


async def steps(
    db: AsyncSession, pairing_ids: Sequence[UUID]
) -> Sequence[Row[UUID, int, date, PairingState]]:
    """Return of the changes of these pairings: pairing_id, number, day, to_state; in no order."""
    change = PairingChange
    rows = await db.execute(
        select(change.pairing_id, change.number, change.day, change.to_state).where(
            change.pairing_id.in_(pairing_ids)
        )
    )
    return rows.all()


async def promised_periods(
    db: AsyncSession, school_ids: Sequence[UUID], subject: str, *, days: Span
) -> dict[UUID, int]:
    """Return the periods a week each hub has promised in a subject, in a week of these days.

    Of a pairing whose last day is over nothing is, although nobody has ended it.
    """
    assert days.last is not None
    rows = await db.execute(
        select(PairingParty.school_id, func.sum(Pairing.periods_a_week))
        .join(Pairing, PairingParty.pairing_id == Pairing.id)
        .join(PairingSubject, PairingSubject.pairing_id == Pairing.id)
        .where(
            PairingParty.school_id.in_(school_ids),
            PairingParty.side == Side.HUB,
            PairingSubject.subject == subject,
            Pairing.state.in_(PROMISED),
            Pairing.starts_on <= days.last,
            or_(Pairing.ends_on.is_(None), Pairing.ends_on >= days.first),
        )
        .group_by(PairingParty.school_id)
    )
    return {row[0]: int(row[1]) for row in rows}
