"""What pages get and send of needs, offers and matches."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue, model_validator

from app.alliances.models import HubOffer, Need, NeedState
from app.alliances.schemas import GradeNo, PeriodsAWeek, SubjectCode, require_in_order
from app.alliances.scoring import Candidate, ReasonKind
from app.calendars.schemas import ClockTime, clock_of, minutes_of
from app.clock import Day
from app.database import WITHOUT_NUL
from app.schools.registry_schemas import Incoming
from app.schools.schemas import Named

Language = Annotated[str, Field(min_length=1, max_length=8, pattern=r"^[0-9A-Za-z-]+$")]
Weekdays = Annotated[
    list[Annotated[int, Field(ge=1, le=7)]],
    Field(min_length=1, max_length=7, description="ISO 8601: 1 Monday to 7 Sunday."),
]


class OfferIn(Incoming):
    """可供课程: what a school can give, and the periods a week it has teachers for."""

    school_id: UUID
    subject: SubjectCode
    grade_from: GradeNo
    grade_to: GradeNo
    language: Language
    periods_a_week: PeriodsAWeek
    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.grade_to < self.grade_from:
            raise ValueError("The last grade lies before the first.")
        require_in_order(self.valid_from, self.valid_to)
        return self


class OfferOut(BaseModel):
    """An offer of a school. `is_own`: the caller administers that school, and may change it."""

    id: UUID
    school: Named
    subject: str
    grade_from: int
    grade_to: int
    language: str
    periods_a_week: int
    valid_from: date
    valid_to: date | None
    is_own: bool
    version: int

    @classmethod
    def of(cls, offer: HubOffer, *, is_own: bool) -> "OfferOut":
        """Describe an offer whose school is loaded."""
        return cls(
            id=offer.id,
            school=Named(id=offer.school.id, name=offer.school.name),
            subject=offer.subject,
            grade_from=offer.grade_from,
            grade_to=offer.grade_to,
            language=offer.language,
            periods_a_week=offer.periods_a_week,
            valid_from=offer.valid_from,
            valid_to=offer.valid_to,
            is_own=is_own,
            version=offer.version,
        )


class NeedIn(Incoming):
    """需求: what a site cannot teach itself, and when it could be taught."""

    school_id: UUID
    subject: SubjectCode
    grade_no: GradeNo
    language: Language
    periods_a_week: PeriodsAWeek
    weekdays: Weekdays
    earliest: ClockTime
    latest: ClockTime
    starts_on: Day
    ends_on: Day
    note: Annotated[str, Field(max_length=500, pattern=WITHOUT_NUL)] = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if minutes_of(self.latest) <= minutes_of(self.earliest):
            raise ValueError("The window ends before it begins.")
        require_in_order(self.starts_on, self.ends_on)
        return self


class NeedOut(BaseModel):
    """A need of a school. `is_own`: the caller administers the school that posted it."""

    id: UUID
    school: Named
    subject: str
    grade_no: int
    language: str
    periods_a_week: int
    weekdays: list[int]
    earliest: str
    latest: str
    starts_on: date
    ends_on: date
    note: str
    state: NeedState
    posted_at: datetime
    pairing_id: UUID | None
    is_own: bool
    version: int

    @classmethod
    def of(cls, need: Need, *, pairing_id: UUID | None, is_own: bool) -> "NeedOut":
        """Describe a need whose school is loaded."""
        return cls(
            id=need.id,
            school=Named(id=need.school.id, name=need.school.name),
            subject=need.subject,
            grade_no=need.grade_no,
            language=need.language,
            periods_a_week=need.periods_a_week,
            weekdays=[int(digit) for digit in need.weekdays],
            earliest=clock_of(need.earliest_minute),
            latest=clock_of(need.latest_minute),
            starts_on=need.starts_on,
            ends_on=need.ends_on,
            note=need.note,
            state=need.state,
            posted_at=need.posted_at,
            pairing_id=pairing_id,
            is_own=is_own,
            version=need.version,
        )


class ReasonOut(BaseModel):
    """One reason: `points` of `most`; `says` names its sentence, `values` are its figures."""

    kind: ReasonKind
    points: int
    most: int
    says: str
    values: dict[str, JsonValue]


class CandidateOut(BaseModel):
    """A hub's offer that could answer the need, with its points out of 100 and the reasons."""

    offer: OfferOut
    score: int
    reasons: list[ReasonOut]
    acts_for: list[Named]

    @classmethod
    def of(cls, candidate: Candidate, offer: HubOffer, acts_for: list[Named]) -> "CandidateOut":
        """Describe a candidate; `acts_for`: the schools the caller could accept it for."""
        return cls(
            offer=OfferOut.of(
                offer, is_own=any(school.id == offer.school_id for school in acts_for)
            ),
            score=candidate.score,
            reasons=[
                ReasonOut(
                    kind=reason.kind,
                    points=reason.points,
                    most=reason.most,
                    says=reason.says,
                    values=reason.values,
                )
                for reason in candidate.reasons
            ],
            acts_for=acts_for,
        )


class MatchList(BaseModel):
    """The candidates of a need, best first.

    `is_cut`: there are more than are ranked; allied hubs and those of its county go before others.
    """

    items: list[CandidateOut]
    is_cut: bool


class AcceptIn(Incoming):
    """Which offer is accepted, as it was read, and for which of the two schools.

    That school proposes the pairing; the other one agrees or declines on its own page.
    """

    offer_id: UUID
    offer_version: Annotated[
        int, Field(ge=1, le=2**31 - 1, description="The `version` of the offer in the list.")
    ]
    school_id: UUID


class Accepted(BaseModel):
    """The pairing that was made."""

    pairing_id: UUID
