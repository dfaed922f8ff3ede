"""Use cases of pairings: draft, propose, agree, run, suspend, end. One way through the states."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.alliances import pairing_queries, queries
from app.alliances.active_days import Step, counted_spans, within
from app.alliances.errors import (
    AgreementMissing,
    AlreadyAgreed,
    NotAMember,
    PairingIncomplete,
    SchoolNotOpen,
)
from app.alliances.models import (
    NEXT_NEED_STATE,
    NEXT_PAIRING_STATE,
    Agreement,
    Match,
    MemberRole,
    Need,
    NeedState,
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    PairingSubject,
    Side,
)
from app.alliances.pairing_schemas import PairingIn
from app.calendars.days import Span, local_day
from app.codes import service as codes
from app.codes.models import CodeKind
from app.errors import NotFound, WrongState
from app.schools.models import School


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step, for which school (None: for the authority), when and why."""

    person_id: UUID
    now: datetime
    school_id: UUID | None = None
    reason: str = ""

    @property
    def today(self) -> date:
        """Return the day at the schools."""
        return local_day(self.now)


def _require_possible(pairing: Pairing, to: PairingState) -> None:
    """Raise WrongState unless `to` follows the pairing's state."""
    possible = NEXT_PAIRING_STATE[pairing.state]
    if to not in possible:
        raise WrongState(
            f"The pairing is {pairing.state}; from there it can become "
            f"{', '.join(sorted(possible)) or 'nothing else'}.",
            state=pairing.state,
            possible=sorted(possible),
        )


async def _move(db: AsyncSession, pairing: Pairing, to: PairingState, actor: Actor) -> None:
    """Change the state along its table and write the step down."""
    _require_possible(pairing, to)
    count = await db.scalar(select(func.count()).where(PairingChange.pairing_id == pairing.id))
    db.add(
        PairingChange(
            pairing_id=pairing.id,
            number=(count or 0) + 1,
            at=actor.now,
            day=actor.today,
            from_state=pairing.state,
            to_state=to,
            by_person_id=actor.person_id,
            for_school_id=actor.school_id,
            reason=actor.reason,
        )
    )
    pairing.state = to
    await db.flush()


def hub_of(pairing: Pairing) -> PairingParty:
    """Return the party that gives the lessons."""
    return next(party for party in pairing.parties if party.side is Side.HUB)


def partners_of(pairing: Pairing) -> list[PairingParty]:
    """Return the parties that receive them, names in order."""
    partners = [party for party in pairing.parties if party.side is Side.PARTNER]
    return sorted(partners, key=lambda party: (party.school.name, str(party.school_id)))


def new() -> Pairing:
    """Return a pairing of which nothing is known yet."""
    return Pairing(state=PairingState.DRAFT, parties=[], subjects=[])


async def require_codes(
    db: AsyncSession,
    *,
    days: tuple[date, date | None],
    subjects: Iterable[str],
    language: str | None = None,
    grades: Iterable[int] = (),
) -> None:
    """Raise CodeUnknown unless these are codes of the stored sets of their kinds.

    And hold on the first and the last of `days`, if there is a last.
    """
    known = await codes.catalogue(db)
    for subject in subjects:
        known.holding(CodeKind.SUBJECT, subject, *days)
    if language is not None:
        known.holding(CodeKind.LANGUAGE, language, *days)
    for grade_no in grades:
        known.holding(CodeKind.GRADE, str(grade_no), *days)


async def save_draft(db: AsyncSession, pairing: Pairing, body: PairingIn) -> Pairing:
    """Make a new pairing, or a draft, what `body` says; return it whole.

    Raise WrongState when it is a draft no more: what was agreed is not rewritten; CodeUnknown.
    """
    if pairing.state is not PairingState.DRAFT:
        raise WrongState(
            f"The pairing is {pairing.state}: what the schools agreed to cannot be changed. "
            "End it and draft another.",
            state=pairing.state,
            possible=sorted(NEXT_PAIRING_STATE[pairing.state]),
        )
    await require_codes(db, days=(body.starts_on, body.ends_on), subjects=body.subjects)
    for name in ("alliance_id", "kind", "name", "periods_a_week", "starts_on", "ends_on"):
        setattr(pairing, name, getattr(body, name))
    wanted = {each.school_id: (Side.PARTNER, each) for each in body.partners}
    wanted[body.hub.school_id] = (Side.HUB, body.hub)
    there = {party.school_id: party for party in pairing.parties}
    pairing.parties = [there.get(school) or PairingParty(school_id=school) for school in wanted]
    for party in pairing.parties:
        party.side, given = wanted[party.school_id]
        party.person_id, party.class_id = given.person_id, given.class_id
    known = {each.subject: each for each in pairing.subjects}
    pairing.subjects = [
        known.get(code) or PairingSubject(subject=code) for code in sorted(set(body.subjects))
    ]
    flag_modified(pairing, "name")  # a new version also when only its schools changed
    db.add(pairing)
    await db.flush()
    return await pairing_queries.get_pairing(db, pairing.id)


async def propose(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Have one school propose the pairing to the others, and so agree to it itself.

    Who may take which side is asked of the first day it could run, which may be to come. Raise
    WrongState, NotFound (it is no school of this pairing), PairingIncomplete, NotAMember,
    SchoolNotOpen.
    """
    _require_possible(pairing, PairingState.PROPOSED)
    party = _party(pairing, actor)
    _require_whole(pairing)
    _require_open(pairing, actor.today)
    await _require_members(db, pairing, max(pairing.starts_on, actor.today))
    await _move(db, pairing, PairingState.PROPOSED, actor)
    party.agreed_at, party.agreed_by = actor.now, actor.person_id
    await db.flush()


async def agree(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Have a further school agree; when all have (双选), the pairing is ACCEPTED.

    Raise WrongState, NotFound, AlreadyAgreed, SchoolNotOpen.
    """
    _require_possible(pairing, PairingState.ACCEPTED)
    party = _party(pairing, actor)
    if party.agreed_at is not None:
        raise AlreadyAgreed(
            f"{party.school.name} has agreed; still to agree: {', '.join(_missing(pairing))}.",
            missing=_missing(pairing),
        )
    _require_open(pairing, actor.today)
    party.agreed_at, party.agreed_by = actor.now, actor.person_id
    # Two that agree at one moment would each miss the other: the second finds a newer version.
    flag_modified(pairing, "state")
    if all(each.agreed_at is not None for each in pairing.parties):
        await _move(db, pairing, PairingState.ACCEPTED, actor)
    await db.flush()


async def decline(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Have a school say no: it is a draft again, and nobody has agreed.

    Made for a need, it is put away instead and the need is open again. Raise WrongState, NotFound.
    """
    _require_possible(pairing, PairingState.DRAFT)
    _party(pairing, actor)
    for each in pairing.parties:
        each.agreed_at = each.agreed_by = None
    await _move(db, pairing, PairingState.DRAFT, actor)
    if await _reopen_need(db, pairing, actor.today):
        await _move(db, pairing, PairingState.ARCHIVED, actor)


async def activate(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Let the pairing run, for the first time or again: from today its days count.

    Raise WrongState, AgreementMissing, SchoolNotOpen, PairingIncomplete (it begins later).
    """
    _require_possible(pairing, PairingState.ACTIVE)
    if actor.today < pairing.starts_on:
        raise PairingIncomplete(f"It begins on {pairing.starts_on}: start it that day or later.")
    if await agreement_of(db, pairing) is None:
        raise AgreementMissing(
            "Attach the signed agreement to the pairing or to its alliance, then start it."
        )
    _require_open(pairing, actor.today)
    await _move(db, pairing, PairingState.ACTIVE, actor)


async def suspend(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Let the pairing rest: from today its days do not count. Raise WrongState."""
    await _move(db, pairing, PairingState.SUSPENDED, actor)


async def end(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """End the pairing; a need it was made for and that goes on is open again. Raise WrongState."""
    await _move(db, pairing, PairingState.ENDED, actor)
    await _reopen_need(db, pairing, actor.today)


async def archive(db: AsyncSession, pairing: Pairing, actor: Actor) -> None:
    """Put an ended pairing, or a draft, away. Raise WrongState."""
    await _move(db, pairing, PairingState.ARCHIVED, actor)


async def agreement_of(db: AsyncSession, pairing: Pairing) -> Agreement | None:
    """Return the agreement in force: the pairing's own, else its alliance's."""
    own = await queries.newest_agreement(db, pairing_id=pairing.id)
    if own is None and pairing.alliance_id is not None:
        own = await queries.newest_agreement(db, alliance_id=pairing.alliance_id)
    return own


async def days_that_count(
    db: AsyncSession, pairings: Iterable[Pairing], *, today: date
) -> dict[UUID, list[Span]]:
    """Return the days that count of each pairing, whole, as spans: one statement for all."""
    by_id = {pairing.id: pairing for pairing in pairings}
    steps: dict[UUID, list[Step]] = {pairing_id: [] for pairing_id in by_id}
    for pairing_id, number, day, to_state in await pairing_queries.steps(db, list(by_id)):
        steps[pairing_id].append(Step(number, day, to_state))
    return {
        pairing_id: within(
            counted_spans(
                steps[pairing_id],
                hub=open_days(hub_of(pairing).school),
                partners=[open_days(party.school) for party in partners_of(pairing)],
                today=today,
            ),
            Span(pairing.starts_on, pairing.ends_on),
        )
        for pairing_id, pairing in by_id.items()
    }


def open_days(school: School) -> Span:
    """Return the days a school is open; the day it closes is none of them any more."""
    return Span(
        school.opened_on or date.min,
        None if school.closed_on is None else school.closed_on - timedelta(days=1),
    )


def _party(pairing: Pairing, actor: Actor) -> PairingParty:
    for party in pairing.parties:
        if party.school_id == actor.school_id:
            return party
    raise NotFound("Say for which school of this pairing you act.")


def _missing(pairing: Pairing) -> list[str]:
    return sorted(party.school.name for party in pairing.parties if party.agreed_at is None)


def _require_whole(pairing: Pairing) -> None:
    if not pairing.subjects and pairing.kind is not PairingKind.SCHOOL_AID:
        raise PairingIncomplete("Name at least one subject.")
    if pairing.kind is PairingKind.TEACHER_MENTOR:
        lacking = sorted(p.school.name for p in pairing.parties if p.person_id is None)
        if lacking:
            raise PairingIncomplete(
                f"Name the mentor and who is mentored; missing at {', '.join(lacking)}."
            )
    if pairing.kind is PairingKind.INTERACTIVE_1N:
        lacking = sorted(p.school.name for p in pairing.parties if p.class_id is None)
        if lacking:
            raise PairingIncomplete(
                f"Name the class of each school; missing: {', '.join(lacking)}."
            )


def _require_open(pairing: Pairing, day: date) -> None:
    closed = sorted(p.school.name for p in pairing.parties if not p.school.is_open_on(day))
    if closed:
        raise SchoolNotOpen(
            f"Not open on {day}: {', '.join(closed)}. Draft the pairing anew without it.",
            schools=closed,
        )


async def _require_members(db: AsyncSession, pairing: Pairing, day: date) -> None:
    """Raise NotAMember unless every school may take its side in the pairing's alliance.

    A member may be the hub too: a middle point passes on what it receives (一点带多点).
    """
    if pairing.alliance_id is None:
        return
    ids = [party.school_id for party in pairing.parties]
    there = {
        member.school_id
        for member in await queries.memberships(db, pairing.alliance_id, ids)
        if member.role is not MemberRole.OBSERVER and day in Span(member.from_on, member.to_on)
    }
    lacking = sorted(p.school.name for p in pairing.parties if p.school_id not in there)
    if lacking:
        raise NotAMember(
            f"No hub or member of the alliance on {day}: {', '.join(lacking)}. Add it to the "
            "alliance first.",
            schools=lacking,
        )


async def _reopen_need(db: AsyncSession, pairing: Pairing, today: date) -> bool:
    """Open the need again this pairing was made for; return whether there is one that goes on."""
    need = await db.scalar(
        select(Need).join(Match, Match.need_id == Need.id).where(Match.pairing_id == pairing.id)
    )
    if need is None or need.state is not NeedState.MATCHED or today > need.ends_on:
        return False
    assert NeedState.OPEN in NEXT_NEED_STATE[need.state]
    need.state = NeedState.OPEN
    return True
