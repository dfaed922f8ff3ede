"""What pages get and send of alliances and pairings."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.alliances.models import (
    Agreement,
    Alliance,
    AllianceMember,
    MemberRole,
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    Side,
    TermPlan,
    Track,
    TrackEvent,
)
from app.calendars.days import Span
from app.clock import Day
from app.schools.models import Region, School
from app.schools.schemas import Named

MOST_PARTNERS = 60

Name = Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]
SubjectCode = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[0-9A-Za-z_-]+$")]
GradeNo = Annotated[int, Field(ge=1, le=12, description="Counted from the first form, 1 to 12.")]
PeriodsAWeek = Annotated[int, Field(ge=1, le=40)]
Reason = Annotated[str, Field(max_length=500)]
Target = Annotated[int, Field(ge=0, le=100_000)]


class In(BaseModel):
    """What is sent: nothing unknown, and no blanks around words."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def _in_order(first: date, last: date | None) -> None:
    if last is not None and last < first:
        raise ValueError("The last day lies before the first.")


class AllianceIn(In):
    """教学联盟, kept by the authority of a region."""

    region_id: UUID
    name: Name
    purpose: Annotated[str, Field(max_length=1000)] = ""
    starts_on: Day
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _dates(self) -> Self:
        _in_order(self.starts_on, self.ends_on)
        return self


class AllianceOut(BaseModel):
    """An alliance with its hubs of today. `is_kept`: the caller may change it."""

    id: UUID
    region: Named
    name: str
    purpose: str
    starts_on: date
    ends_on: date | None
    hubs: list[Named]
    members: int
    is_kept: bool
    version: int

    @classmethod
    def of(
        cls, alliance: Alliance, *, hubs: list[School], members: int, is_kept: bool
    ) -> "AllianceOut":
        """Describe an alliance whose region is loaded."""
        return cls(
            id=alliance.id,
            region=Named(id=alliance.region.id, name=alliance.region.name),
            name=alliance.name,
            purpose=alliance.purpose,
            starts_on=alliance.starts_on,
            ends_on=alliance.ends_on,
            hubs=[Named(id=hub.id, name=hub.name) for hub in hubs],
            members=members,
            is_kept=is_kept,
            version=alliance.version,
        )


class MemberIn(In):
    """A school in an alliance from a day on, to a day or without end.

    A school one does not see is named by the ministry's code: that of another region's.
    """

    school_id: UUID | None = None
    moe_code: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = None
    role: MemberRole
    from_on: Day
    to_on: Day | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.school_id is None) == (self.moe_code is None):
            raise ValueError("Name the school by its id or by the ministry's code, not by both.")
        _in_order(self.from_on, self.to_on)
        return self


class MemberChange(In):
    """What may change of a membership: its role and its last day."""

    role: MemberRole
    to_on: Day | None = None


class MemberOut(BaseModel):
    """A member. `is_outside`: it lies beyond the alliance's region.

    Of one outside its lessons are seen (授课), its staff, classrooms and pupils are not.
    """

    id: UUID
    school: Named
    region: Named
    role: MemberRole
    from_on: date
    to_on: date | None
    is_outside: bool
    version: int

    @classmethod
    def of(
        cls, member: AllianceMember, school: School, region: Region, is_outside: bool
    ) -> "MemberOut":
        """Describe a member."""
        return cls(
            id=member.id,
            school=Named(id=school.id, name=school.name),
            region=Named(id=region.id, name=region.name),
            role=member.role,
            from_on=member.from_on,
            to_on=member.to_on,
            is_outside=is_outside,
            version=member.version,
        )


class AgreementOut(BaseModel):
    """The agreement in force: its file, when it was attached, and the SHA-256 of the bytes."""

    name: str
    media_type: str
    size_bytes: int
    sha256: str
    attached_at: datetime

    @classmethod
    def of(cls, agreement: Agreement) -> "AgreementOut":
        """Describe an agreement whose file is loaded."""
        return cls(
            name=agreement.file.name,
            media_type=agreement.file.media_type,
            size_bytes=agreement.file.size_bytes,
            sha256=agreement.file.sha256,
            attached_at=agreement.attached_at,
        )


class TrackTargets(In):
    """How many facts of each track are meant to come about in a term."""

    preparations: Target
    lessons: Target
    resources: Target
    trainings: Target


class TermPlanIn(TrackTargets):
    """What an alliance means to do in a term."""

    text: Annotated[str, Field(max_length=4000)] = ""


class TrackCounts(BaseModel):
    """How many facts there are of each track on the days that count.

    `deliveries`: sites reached, each once per lesson at the beginning of its chain.
    """

    preparations: int
    lessons: int
    deliveries: int
    resources: int
    trainings: int


class TermPlanOut(BaseModel):
    """A term plan and what has come of it so far."""

    id: UUID
    term: Named
    starts_on: date
    ends_on: date
    text: str
    targets: TrackTargets
    counts: TrackCounts
    version: int

    @classmethod
    def of(cls, plan: TermPlan, counts: TrackCounts) -> "TermPlanOut":
        """Describe a plan whose term is loaded."""
        return cls(
            id=plan.id,
            term=Named(id=plan.term.id, name=plan.term.name),
            starts_on=plan.term.starts_on,
            ends_on=plan.term.ends_on,
            text=plan.text,
            targets=TrackTargets(
                preparations=plan.preparations,
                lessons=plan.lessons,
                resources=plan.resources,
                trainings=plan.trainings,
            ),
            counts=counts,
            version=plan.version,
        )


class TermPlans(BaseModel):
    """The plans of an alliance, the newest term first."""

    items: list[TermPlanOut]


class PartyIn(In):
    """A school of a pairing.

    `person_id`: the mentor, or who is mentored, of 师徒结对; `class_id`: the class of a 1+N.
    """

    school_id: UUID
    person_id: UUID | None = None
    class_id: UUID | None = None


class PairingIn(In):
    """结对: a hub, its partners, and what is agreed."""

    alliance_id: UUID | None = None
    kind: PairingKind
    name: Name
    hub: PartyIn
    partners: Annotated[list[PartyIn], Field(min_length=1, max_length=MOST_PARTNERS)]
    subjects: Annotated[list[SubjectCode], Field(max_length=30)] = []
    periods_a_week: PeriodsAWeek
    starts_on: Day
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _in_order(self.starts_on, self.ends_on)
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


class SpanOut(BaseModel):
    """Days from the first to the last, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, span: Span) -> "SpanOut":
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


class MoveIn(In):
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
    active: list[SpanOut]


class TrackEventIn(In):
    """An event of a track with its evidence: a link, or a file handed in before."""

    held_on: Day
    title: Name
    people: Annotated[int, Field(ge=1, le=10_000)] | None = None
    link: Annotated[str, Field(max_length=500, pattern=r"^https?://\S+$")] | None = None
    file_id: UUID | None = None

    @model_validator(mode="after")
    def _has_evidence(self) -> Self:
        if self.link is None and self.file_id is None:
            raise ValueError("Give a link or hand in a file: an event without evidence is none.")
        return self


class WithdrawIn(In):
    """Why an event is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]


class TrackEventOut(BaseModel):
    """An event of a track. `counts`: it lies on a day that counts and was not taken back.

    `file`: the name of the file that is its evidence. `withdrawn`: why it was taken back.
    """

    id: UUID
    track: Track
    held_on: date
    title: str
    people: int | None
    link: str | None
    file: str | None
    entered_at: datetime
    entered_by: str
    counts: bool
    withdrawn: str | None

    @classmethod
    def of(
        cls,
        track: Track,
        event: TrackEvent,
        entered_by: str,
        file: str | None,
        withdrawn: str | None,
        *,
        spans: list[Span],
    ) -> "TrackEventOut":
        """Describe an event; `spans`: the days that count."""
        return cls(
            id=event.id,
            track=track,
            held_on=event.held_on,
            title=event.title,
            people=event.people,
            link=event.link,
            file=file,
            entered_at=event.entered_at,
            entered_by=entered_by,
            counts=withdrawn is None and any(event.held_on in span for span in spans),
            withdrawn=withdrawn,
        )


class EvidenceOut(BaseModel):
    """A file that was handed in; an event names it by `file_id`."""

    file_id: UUID
    name: str
    sha256: str


class EnteredOut(BaseModel):
    """What was entered."""

    id: UUID


class TracksOut(BaseModel):
    """The four tracks of a pairing between two days, and the days that count among them."""

    first: date
    last: date
    active_days: int
    active: list[SpanOut]
    counts: TrackCounts


class TaughtOut(BaseModel):
    """授课: a lesson that reached one of the partners. `origin_id`: the lesson it passes on."""

    lesson_id: UUID
    origin_id: UUID
    session_id: UUID
    day: date
    title: str
    subject: str
    hub: Named
    site: Named
    connected_minutes: int
