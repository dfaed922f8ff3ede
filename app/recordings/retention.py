"""How long recordings are kept, who keeps one longer, and the proof that one is gone.

Deletion has two steps. A recording that expired or was withdrawn is shown to nobody from that
moment; some time later every copy of it is removed (`app.recordings.purging`). Until then a hold
keeps it, whatever the reason it was to go. When it expires, and how much later it is removed, is
said by rules (`app.recordings.retention_rules`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, exists, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, Id
from app.errors import Forbidden, NotFound, Problem, WrongState
from app.recordings.models import (
    HIDDEN,
    NEXT_RECORDING_STATE,
    Recording,
    RecordingPurpose,
    RecordingState,
)
from app.recordings.retention_rules import RetentionRule

#: From being withdrawn to being removed: for what is under way to end. Not by a rule: whoever
#: withdraws a recording is told so, and others rely on it (`app.live.timeshift_routes`).
REMOVED_AFTER_WITHDRAWAL: Final = timedelta(hours=1)
#: Nobody is shown it, and its copies are to be removed.
GOING: Final = HIDDEN - {RecordingState.PURGED}


class DeletionReason(StrEnum):
    """Why a recording was removed."""

    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class RecordingHold(Base):
    """Keeps a recording from being removed until it is lifted: a dispute, an inspection.

    `placed_by_id`, `lifted_by_id` None: from the command line. `is_of_office`: it was placed from
    above the school, or from the command line, and the school alone cannot lift it.
    """

    __tablename__ = "recording_holds"

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_of_office: Mapped[bool]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class DeletionCertificate(Base):
    """That every copy of a recording was removed, and of what: nothing of its content.

    `files`, `bytes`: what there was of it at the end; `replaced_files`, `replaced_bytes`: what was
    removed before: in whose place others were made, or that somebody deleted.
    `files_sha256` is the SHA-256 of lines `<sha256> <bytes> <name>` of all files, sorted: who has
    a copy of the manifest can tell which recording it was. `rule_number`: the rule by which it
    expired and was removed; None: it was withdrawn.
    """

    __tablename__ = "deletion_certificates"

    id: Mapped[Id]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), unique=True)
    reason: Mapped[DeletionReason]
    rule_number: Mapped[int | None] = mapped_column(ForeignKey("retention_rules.number"))
    note: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    removed_at: Mapped[datetime] = mapped_column(index=True)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    replaced_files: Mapped[int] = mapped_column(default=0)
    replaced_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    files_sha256: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    # The bucket's address, or None: there was no object store.
    store: Mapped[str | None] = mapped_column(String(300))


class HeldBack(Problem):
    """The recording may not be removed while somebody holds it."""

    status, type, title = 409, "recording-held", "The recording is held"


class HeldFromAbove(Forbidden):
    """The hold was placed from above the school: so it is lifted."""

    type, title = "held-from-above", "The office above holds it"


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who holds a recording or lifts a hold. `person_id` None: whoever runs the server.

    `is_office`: who administers the hub school from above it, by its region.
    """

    person_id: UUID | None
    is_office: bool


OPERATOR: Final = Keeper(None, is_office=True)


def is_held() -> ColumnElement[bool]:
    """Return the condition that a recording has a hold that was not lifted."""
    return exists().where(
        RecordingHold.recording_id == Recording.id, RecordingHold.lifted_at.is_(None)
    )


async def lock(db: AsyncSession, recording: Recording) -> None:
    """Have nobody else change a recording until this transaction is over; read it again.

    Its columns alone: what it was read together with is joined, which PostgreSQL does not lock.
    """
    columns = [column.key for column in inspect(Recording).column_attrs]
    await db.refresh(recording, columns, with_for_update=True)


async def holds_of(db: AsyncSession, recording_id: UUID) -> Sequence[RecordingHold]:
    """Return all holds there ever were, in the order in which they were placed."""
    rows = await db.scalars(
        select(RecordingHold)
        .where(RecordingHold.recording_id == recording_id)
        .order_by(RecordingHold.placed_at, RecordingHold.id)
    )
    return rows.all()


async def expired_by(db: AsyncSession, recording: Recording) -> RetentionRule | None:
    """Return the rule by which a recording expired; None: it did not."""
    if recording.rule_number is None:
        return None
    query = select(RetentionRule).where(RetentionRule.number == recording.rule_number)
    return (await db.scalars(query)).one()


def removed_after(recording: Recording, rule: RetentionRule | None) -> datetime | None:
    """Return from when on the copies of a hidden recording are removed; None: it is not to go.

    `rule`: the one it expired by. Rules that were added since change nothing.
    """
    if recording.hidden_at is None or recording.state not in GOING:
        return None
    if recording.state is RecordingState.WITHDRAWN:
        return recording.hidden_at + REMOVED_AFTER_WITHDRAWAL
    assert rule is not None, "whatever expires does so by a rule"
    return recording.hidden_at + timedelta(days=rule.grace_days)


async def change_purpose(db: AsyncSession, recording: Recording, purpose: RecordingPurpose) -> None:
    """Say what a recording is kept for, and so for how long. Raise WrongState."""
    await lock(db, recording)
    if recording.state in HIDDEN:
        raise WrongState(
            f"The recording is {recording.state}: it will be removed whatever it is for. "
            "Hold it to keep it.",
            state=recording.state,
            possible=[],
        )
    recording.purpose = purpose
    await db.flush()


async def hold(
    db: AsyncSession, recording: Recording, *, reason: str, by: Keeper = OPERATOR, now: datetime
) -> None:
    """Keep a recording until the hold is lifted. Raise WrongState when it is gone, or going."""
    await lock(db, recording)
    if recording.state is RecordingState.PURGED:
        raise WrongState("The recording was removed.", state=recording.state, possible=[])
    if recording.removal_begun_at is not None:
        raise WrongState("The recording is being removed.", state=recording.state, possible=[])
    db.add(
        RecordingHold(
            recording_id=recording.id,
            reason=reason,
            placed_at=now,
            placed_by_id=by.person_id,
            is_of_office=by.is_office,
        )
    )
    await db.flush()


async def lift(
    db: AsyncSession, recording: Recording, hold_id: UUID, *, by: Keeper, now: datetime
) -> None:
    """Lift one hold of a recording. Raise NotFound, HeldFromAbove, WrongState if it was lifted."""
    await lock(db, recording)
    held = await db.scalar(
        select(RecordingHold)
        .where(RecordingHold.id == hold_id, RecordingHold.recording_id == recording.id)
        .with_for_update()
    )
    if held is None:
        raise NotFound("The recording has no such hold.")
    if held.is_of_office and not by.is_office:
        raise HeldFromAbove("Ask the office that placed it.")
    if held.lifted_at is not None:
        raise WrongState("The hold was lifted.", state=recording.state, possible=[])
    held.lifted_at, held.lifted_by_id = now, by.person_id
    await db.flush()


async def lift_all(db: AsyncSession, recording: Recording, *, by: Keeper, now: datetime) -> int:
    """Lift all holds of a recording; return how many there were. Raise as `lift` does."""
    held = [one for one in await holds_of(db, recording.id) if one.lifted_at is None]
    for one in held:
        await lift(db, recording, one.id, by=by, now=now)
    return len(held)


async def withdraw(db: AsyncSession, recording: Recording, *, note: str, now: datetime) -> None:
    """Show a recording to nobody from now on, and have it removed. Raise WrongState, HeldBack."""
    await lock(db, recording)
    if await db.scalar(select(is_held()).where(Recording.id == recording.id)):
        raise HeldBack("Lift the hold first, or wait until it is lifted.")
    hide(recording, RecordingState.WITHDRAWN, note=note, now=now)


def hide(
    recording: Recording,
    to: RecordingState,
    *,
    note: str,
    now: datetime,
    rule: RetentionRule | None = None,
) -> None:
    """Take a recording from whoever could see it. Raise WrongState.

    `rule`: by which it expires; None: it is withdrawn.
    """
    assert to in GOING
    assert (to is RecordingState.EXPIRED) is (rule is not None)
    possible = NEXT_RECORDING_STATE[recording.state]
    if to not in possible:
        raise WrongState(
            f"The recording is {recording.state}.",
            state=recording.state,
            possible=sorted(possible),
        )
    recording.state, recording.hidden_at, recording.hidden_note = to, now, note
    recording.rule_number = None if rule is None else rule.number
