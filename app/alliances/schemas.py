"""What pages get and send of alliances: their members, agreements and term plans."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.alliances.models import Agreement, Alliance, AllianceMember, MemberRole, TermPlan
from app.clock import Day
from app.database import SAYS_SOMETHING, WITHOUT_NUL
from app.schools.models import Region, School
from app.schools.registry_schemas import MOST_GRADE_NO, Incoming
from app.schools.schemas import Named

Name = Annotated[str, Field(min_length=1, max_length=120, pattern=SAYS_SOMETHING)]
SubjectCode = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[0-9A-Za-z_-]+$")]
GradeNo = Annotated[
    int,
    Field(
        ge=1,
        le=MOST_GRADE_NO,
        description="A code of the stored set of grades, counted from the first form.",
    ),
]
PeriodsAWeek = Annotated[int, Field(ge=1, le=40)]
Target = Annotated[int, Field(ge=0, le=100_000)]


def require_in_order(first: date, last: date | None) -> None:
    """Raise ValueError when the last of two days, both included, lies before the first."""
    if last is not None and last < first:
        raise ValueError("The last day lies before the first.")


class AllianceIn(Incoming):
    """教学联盟, kept by the authority of a region."""

    region_id: UUID
    name: Name
    purpose: Annotated[str, Field(max_length=1000, pattern=WITHOUT_NUL)] = ""
    starts_on: Day
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _dates(self) -> Self:
        require_in_order(self.starts_on, self.ends_on)
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


class MemberIn(Incoming):
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
        require_in_order(self.from_on, self.to_on)
        return self


class MemberChange(Incoming):
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


class TrackTargets(Incoming):
    """How many facts of each track are meant to come about in a term."""

    preparations: Target
    lessons: Target
    resources: Target
    trainings: Target


class TermPlanIn(TrackTargets):
    """What an alliance means to do in a term."""

    text: Annotated[str, Field(max_length=4000, pattern=WITHOUT_NUL)] = ""


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
