"""What pages get and send of course offerings."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from app.alliances.need_schemas import Language
from app.alliances.schemas import GradeNo, PeriodsAWeek, SubjectCode
from app.codes.catalogue import Catalogue
from app.lessons.models import CourseOffering, LessonKind, OfferingSite, OfferingState, SiteMode
from app.schools.registry_schemas import Incoming, Name, Text
from app.schools.schemas import Named

MOST_SITES = 60


class SiteIn(Incoming):
    """A classroom that receives, whose pupils sit there, who helps, how, and for which pairing.

    `through_id`: another of the classrooms, which passes it on to this one; null: the hub's.
    """

    classroom_id: UUID
    class_id: UUID | None = None
    assistant_id: UUID | None = None
    mode: SiteMode = SiteMode.LIVE
    pairing_id: UUID | None = None
    through_id: UUID | None = None


def require_different(sites: list[SiteIn]) -> list[SiteIn]:
    """Raise ValueError when a classroom is named twice."""
    if len({site.classroom_id for site in sites}) < len(sites):
        raise ValueError("A classroom is named twice.")
    return sites


class OfferingIn(Incoming):
    """课程: what a hub gives through a term."""

    name: Name
    kind: LessonKind = LessonKind.DELIVERY
    hub_school_id: UUID
    hub_class_id: UUID | None = None
    hub_classroom_id: UUID | None = None
    lecturer_id: UUID
    subject: SubjectCode
    grade_no: GradeNo
    textbook: Annotated[Text, Field(max_length=200)] = ""
    language: Annotated[
        Language | None, Field(description="Null or left out: the first language that holds.")
    ] = None
    term_id: UUID
    periods_a_week: PeriodsAWeek
    minutes: Annotated[int, Field(ge=10, le=240, description="How long a lesson is.")] = 40
    is_after_school: Annotated[bool, Field(description="课后服务: no required period.")] = False
    sites: Annotated[list[SiteIn], Field(default_factory=list, max_length=MOST_SITES)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        require_different(self.sites)
        return self


class SiteOut(BaseModel):
    """A classroom that receives. `assistant` only where the caller's scope reaches.

    `through_id`: the classroom of these that passes it on to this one; null: the hub's.
    """

    classroom: Named
    school: Named
    school_class: Named | None
    assistant: Named | None
    mode: SiteMode
    pairing_id: UUID | None
    through_id: UUID | None


class OfferingOut(BaseModel):
    """An offering. `is_own`: the caller administers its hub; `drafts`: lessons not published."""

    id: UUID
    name: str
    kind: LessonKind
    hub_school: Named
    hub_class: Named | None
    hub_classroom: Named | None
    lecturer: Named
    subject: str
    grade_no: int
    textbook: str
    language: str
    term: Named
    periods_a_week: int
    minutes: int
    is_after_school: bool
    state: OfferingState
    sites: list[SiteOut]
    lessons: int
    drafts: int
    is_own: bool
    version: int

    @classmethod
    def of(
        cls,
        row: CourseOffering,
        words: Catalogue,
        *,
        lessons: tuple[int, int],
        own: set[UUID],
    ) -> "OfferingOut":
        """Describe an offering loaded by `offering_queries`; `own`: schools administered."""
        return cls(
            id=row.id,
            name=row.name,
            kind=row.kind,
            hub_school=Named(id=row.hub_school.id, name=row.hub_school.name),
            hub_class=row.hub_class and Named(id=row.hub_class.id, name=row.hub_class.name),
            hub_classroom=row.hub_classroom
            and Named(id=row.hub_classroom.id, name=row.hub_classroom.name),
            lecturer=Named(id=row.lecturer.id, name=row.lecturer.name),
            subject=words.get(row.subject_id).code,
            grade_no=row.grade_no,
            textbook=row.textbook,
            language=row.language,
            term=Named(id=row.term.id, name=row.term.name),
            periods_a_week=row.periods_a_week,
            minutes=row.minutes,
            is_after_school=row.is_after_school,
            state=row.state,
            sites=[_site(site, own) for site in row.sites],
            lessons=lessons[0],
            drafts=lessons[1],
            is_own=row.hub_school_id in own,
            version=row.version,
        )


def _site(row: OfferingSite, own: set[UUID]) -> SiteOut:
    school = row.classroom.school
    helper = row.assistant if school.id in own else None
    return SiteOut(
        classroom=Named(id=row.classroom.id, name=row.classroom.name),
        school=Named(id=school.id, name=school.name),
        school_class=row.school_class and Named(id=row.school_class.id, name=row.school_class.name),
        assistant=helper and Named(id=helper.id, name=helper.name),
        mode=row.mode,
        pairing_id=row.pairing_id,
        through_id=row.through_id,
    )


class PublishedOut(BaseModel):
    """How many drafts were published."""

    published: int
