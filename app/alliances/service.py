"""Use cases of alliances: keep them, their members, their plans and their agreements."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import queries as accounts
from app.alliances import queries
from app.alliances.errors import MembershipOverlaps, TermForeign
from app.alliances.models import Agreement, Alliance, AllianceMember, Pairing, TermPlan
from app.alliances.pairing_schemas import PairingIn
from app.alliances.schemas import AllianceIn, MemberChange, MemberIn, TermPlanIn
from app.calendars.models import Term
from app.database import hold_row
from app.errors import ChangedMeanwhile, NotFound
from app.files import StoredFile
from app.schools import queries as schools
from app.schools.models import School
from app.security import Scope


async def save_alliance(db: AsyncSession, alliance: Alliance, body: AllianceIn) -> None:
    """Make a new alliance, or an old one, what `body` says."""
    for name, value in body.model_dump().items():
        setattr(alliance, name, value)
    db.add(alliance)
    await db.flush()


async def add_member(
    db: AsyncSession, alliance: Alliance, school: School, body: MemberIn
) -> AllianceMember:
    """Add a school to an alliance. Raise MembershipOverlaps."""
    await hold_row(db, Alliance, alliance.id)
    member = AllianceMember(
        alliance_id=alliance.id,
        school_id=school.id,
        role=body.role,
        from_on=body.from_on,
        to_on=body.to_on,
    )
    await _require_alone(db, member)
    db.add(member)
    await db.flush()
    return member


async def change_member(db: AsyncSession, member: AllianceMember, body: MemberChange) -> None:
    """Change a membership's role or its last day. Raise MembershipOverlaps."""
    await hold_row(db, Alliance, member.alliance_id)
    member.role, member.to_on = body.role, body.to_on
    with db.no_autoflush:
        await _require_alone(db, member)
    await db.flush()


async def _require_alone(db: AsyncSession, member: AllianceMember) -> None:
    """Raise MembershipOverlaps when the school is in the alliance on one of these days already."""
    if member.to_on is not None and member.to_on < member.from_on:
        raise MembershipOverlaps(f"It began on {member.from_on}: the last day lies before it.")
    for other in await queries.memberships(db, member.alliance_id, [member.school_id]):
        begins_before_end = other.to_on is None or member.from_on <= other.to_on
        ends_after_begin = member.to_on is None or other.from_on <= member.to_on
        if other.id != member.id and begins_before_end and ends_after_begin:
            raise MembershipOverlaps(
                f"It is a {other.role} from {other.from_on} to {other.to_on or 'further notice'}: "
                "let that end first.",
                role=other.role,
                from_on=other.from_on.isoformat(),
            )


async def save_plan(
    db: AsyncSession, alliance: Alliance, term: Term, plan: TermPlan | None, body: TermPlanIn
) -> TermPlan:
    """Make the alliance's plan of a term what `body` says.

    Raise ChangedMeanwhile: another wrote its first one this moment.
    """
    if plan is None:
        plan = TermPlan(alliance_id=alliance.id, term_id=term.id, term=term)
    for name, value in body.model_dump().items():
        setattr(plan, name, value)
    db.add(plan)
    try:
        await db.flush()
    except IntegrityError as error:
        raise ChangedMeanwhile(
            "Somebody wrote the plan of this term this moment. Read it, then change it.",
            current=None,
        ) from error
    return plan


@dataclass(frozen=True, slots=True)
class _NoPlanYet:
    version: int = 0


NO_PLAN_YET = _NoPlanYet()  # what `If-Match` names before there is a plan


async def require_named(
    db: AsyncSession, body: PairingIn, scope: Scope, draft: Pairing | None = None
) -> None:
    """Raise NotFound unless each person and class named is of the school it is named for.

    Of a school outside `scope`, which the caller administers, only those its own side named in the
    `draft` before: whom it sends it says itself.
    """
    parties = (body.hub, *body.partners)
    own = await schools.ids_within(db, scope, {party.school_id for party in parties})
    known = {
        (party.school_id, each)
        for party in (draft.parties if draft else ())
        for each in (party.person_id, party.class_id)
    }
    for party in parties:
        named = {party.person_id, party.class_id} - {None}
        if party.school_id not in own and any(
            (party.school_id, each) not in known for each in named
        ):
            raise NotFound("Whom and which class a school sends, it names itself.")
        if party.person_id is not None:
            await accounts.require_person_of(db, party.person_id, school_id=party.school_id)
        if party.class_id is not None:
            await schools.require_class_of(db, party.class_id, school_id=party.school_id)


async def require_term_of(db: AsyncSession, alliance: Alliance, term: Term) -> None:
    """Raise TermForeign unless the term holds in the alliance's region."""
    if not await queries.holds_in(db, term, alliance.region):
        raise TermForeign("Choose a term of the alliance's region, or of one it lies in.")


async def attach_agreement(
    db: AsyncSession,
    file: StoredFile,
    *,
    alliance_id: UUID | None = None,
    pairing_id: UUID | None = None,
    person_id: UUID,
    now: datetime,
) -> Agreement:
    """Attach an agreement to an alliance or a pairing; an earlier one is kept behind it."""
    agreement = Agreement(
        alliance_id=alliance_id,
        pairing_id=pairing_id,
        file_id=file.id,
        file=file,
        attached_at=now,
        attached_by=person_id,
    )
    db.add(agreement)
    await db.flush()
    return agreement
