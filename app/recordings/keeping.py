"""How long a recording is kept, as whoever may look at its lesson reads it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.queries import names_of
from app.errors import NotFound
from app.lessons.queries import is_visible
from app.recordings.certificates import certificate_of
from app.recordings.keeping_schemas import HoldOut, KeptOut, PurposeOut, rule_named
from app.recordings.models import HIDDEN, Recording, RecordingPurpose
from app.recordings.retention import Keeper, expired_by, holds_of, removed_after
from app.recordings.retention_rules import schedules
from app.schools.models import School
from app.schools.queries import schools_within
from app.security import PersonCaller, Role, Scope


@dataclass(frozen=True, slots=True)
class Kept:
    """What is answered, and which version of it: it counts all that can be changed here."""

    out: KeptOut
    version: str


async def visible(db: AsyncSession, person: PersonCaller, session_id: UUID) -> Recording:
    """Return a recording of a lesson this person may look at, with it. Raise NotFound."""
    recording = await db.scalar(
        select(Recording)
        .join(Recording.lesson)
        .where(Recording.session_id == session_id, is_visible(person))
        .options(joinedload(Recording.lesson))
    )
    if recording is None:
        raise NotFound
    return recording


async def keeper_of(db: AsyncSession, person: PersonCaller, recording: Recording) -> Keeper:
    """Return as whom a person holds a recording she administers, or lifts a hold."""
    above = Scope(region_ids=person.scope(Role.ADMINISTRATOR).region_ids)
    return Keeper(person.person_id, is_office=await _is_given_within(db, recording, above))


async def kept_of(
    db: AsyncSession, person: PersonCaller, recording: Recording, *, now: datetime
) -> Kept:
    """Return how long a recording is kept, with its lesson. `person` may look at that."""
    may_change = await _is_given_within(db, recording, person.scope(Role.ADMINISTRATOR))
    keeper = await keeper_of(db, person, recording)
    holds = await holds_of(db, recording.id)
    people = {each for hold in holds for each in (hold.placed_by_id, hold.lifted_by_id) if each}
    names = await names_of(db, people)
    lifted = sum(hold.lifted_at is not None for hold in holds)
    of_purpose = await schedules(db, now)
    ends = {each: of_purpose[each].end_of(recording.started_at) for each in RecordingPurpose}
    end, expired = ends[recording.purpose], await expired_by(db, recording)
    is_hidden = recording.state in HIDDEN
    rule = expired if is_hidden else end.rule
    out = KeptOut(
        state=recording.state,
        purpose=recording.purpose,
        kept_until=None if is_hidden else end.at,
        rule=None if rule is None else rule_named(rule),
        purposes=[
            PurposeOut(purpose=each, kept_until=one.at, rule=rule_named(one.rule))
            for each, one in ends.items()
        ],
        hidden_at=recording.hidden_at,
        hidden_note=recording.hidden_note,
        removed_after=removed_after(recording, expired),
        holds=[
            HoldOut(
                id=hold.id,
                reason=hold.reason,
                placed_at=hold.placed_at,
                placed_by=hold.placed_by_id and names[hold.placed_by_id],
                is_of_office=hold.is_of_office,
                lifted_at=hold.lifted_at,
                lifted_by=hold.lifted_by_id and names[hold.lifted_by_id],
                may_lift=(
                    may_change
                    and hold.lifted_at is None
                    and (keeper.is_office or not hold.is_of_office)
                ),
            )
            for hold in holds
        ],
        certificate=await certificate_of(db, person, recording.id),
        may_change=may_change,
    )
    rules = ".".join(str(one.rule.number) for one in ends.values())
    return Kept(out, f"{recording.purpose}.{recording.state}.{len(holds)}.{lifted}.{rules}")


async def _is_given_within(db: AsyncSession, recording: Recording, scope: Scope) -> bool:
    is_within = exists().where(
        School.id == recording.lesson.hub_school_id, School.id.in_(schools_within(scope))
    )
    return bool(await db.scalar(select(is_within)))
