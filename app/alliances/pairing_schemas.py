"""What pages get and send of pairings: their schools, their steps, the days that count."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.alliances.models import (
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    Side,
)
from app.alliances.schemas import Name, PeriodsAWeek, SubjectCode, require_in_order
from app.calendars.days import Span
from app.clock import Day
from app.database import WITHOUT_NUL
from app.schools.registry_schemas import Incoming
from app.schools.schemas import Named

MOST_PARTNERS = 60
Reason = Annotated[str, Field(max_length=500, pattern=WITHOUT_NUL)]


class PartyIn(Incoming):
    """A school of a pairing.

    `person_id`: the mentor, or who is mentored, of 师徒结对; `class_id`: the class of a 1+N.
    """

    school_id: UUID
    person_id: UUID | None = None
    class_id: UUID | None = None


class PairingIn(Incoming):
    """结对: a hub, its partners, and what is agreed."""

    alliance_id: UUID | None = None
    kind: PairingKind
    name: Name
    hub: PartyIn
    partners: Annotated[list[PartyIn], Field(min_length=1, max_length=MOST_PARTNERS)]
    subjects: list[SubjectCode] = Field(default=[], max_length=30)
    periods_a_week: PeriodsAWeek
    starts_on: Day
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        require_in_order(self.starts_on, self.ends_on)
        ids = [self.hub.school_id, *(partner.school_id for partner in self.partners)]
        if len(set(ids)) != len(ids):
            raise ValueError("A school is named twice: the hub is no partner, each partner one.")
        return self


class PartyOut(BaseModel):
    """A school of a pairing and when it agreed; `person`: mentor or mentee; its class in a 1+N."""

    school: Named
    side: Side
    person: Named | None
    school_class: Named | None
    agreed_at: datetime | None

    @classmethod
    def of(cls, party: PairingParty, names: dict[UUID, str]) -> "PartyOut":
        """Describe a party whose school is loaded; `names`: of its person and its class."""
        person, school_class = (
            None if each is None else Named(id=each, name=names[each])
            for each in (party.person_id, party.class_id)
        )
        return cls(
            school=Named(id=party.school.id, name=party.school.name),
            side=party.side,
            person=person,
            school_class=school_class,
            agreed_at=party.agreed_at,
        )


class DaySpanOut(BaseModel):
    """Days from the first to the last, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, span: Span) -> "DaySpanOut":
        """Describe a closed span."""
        assert span.last is not None
        return cls(first=span.first, last=span.last)


class PairingOut(BaseModel):
    """A pairing with its schools. `active_days`: how many days have counted until today.

    `possible`: the states it can enter now. `acts_for`: the schools of it the caller may act for.
    """

    id: UUID
    alliance: Named | None
    kind: PairingKind
    name: str
    hub: PartyOut
    partners: list[PartyOut]
    subjects: list[str]
    periods_a_week: int
    starts_on: date
    ends_on: date | None
    state: PairingState
    possible: list[PairingState]
    active_days: int
    acts_for: list[Named]
    version: int

    @classmethod
    def of(
        cls,
        pairing: Pairing,
        *,
        hub: PartyOut,
        partners: list[PartyOut],
        active_days: int,
        possible: list[PairingState],
        acts_for: list[Named],
    ) -> "PairingOut":
        """Describe a pairing that is loaded whole."""
        alliance = pairing.alliance
        return cls(
            id=pairing.id,
            alliance=None if alliance is None else Named(id=alliance.id, name=alliance.name),
            kind=pairing.kind,
            name=pairing.name,
            hub=hub,
            partners=partners,
            subjects=[each.subject for each in pairing.subjects],
            periods_a_week=pairing.periods_a_week,
            starts_on=pairing.starts_on,
            ends_on=pairing.ends_on,
            state=pairing.state,
            possible=possible,
            active_days=active_days,
            acts_for=acts_for,
            version=pairing.version,
        )


class MoveIn(Incoming):
    """A step of a pairing: the state to enter, for which school, and why.

    DRAFT is how a school declines; a school proposes (PROPOSED) and the others agree (ACCEPTED).
    """

    to: PairingState
    school_id: UUID | None = None
    reason: Reason = ""


class ChangeOut(BaseModel):
    """A step a pairing has taken. `on`: from that day the new state held."""

    number: int
    at: datetime
    on: date
    from_state: PairingState
    to_state: PairingState
    by: str
    for_school: str | None
    reason: str

    @classmethod
    def of(cls, change: PairingChange, by: str, for_school: str | None) -> "ChangeOut":
        """Describe a step taken by the person, for the school, of these names."""
        return cls(
            number=change.number,
            at=change.at,
            on=change.day,
            from_state=change.from_state,
            to_state=change.to_state,
            by=by,
            for_school=for_school,
            reason=change.reason,
        )


class History(BaseModel):
    """All steps of a pairing, and the days that count."""

    items: list[ChangeOut]
    active: list[DaySpanOut]
