"""What pages send and get of plannings."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.lessons.models import CourseOffering
from app.planning.models import Planning, PlanningState
from app.planning.solver import Answer
from app.schools.registry_schemas import Incoming
from app.schools.schemas import Named

MOST_OFFERINGS = 200
MOST_KEPT_FREE = 2000
OfferingIds = Annotated[list[UUID], Field(min_length=1, max_length=MOST_OFFERINGS)]


class KeptFree(Incoming):
    """A period of a school's own weekday that no lesson from afar may take."""

    school_id: UUID
    weekday: Annotated[int, Field(ge=1, le=7, description="ISO 8601: 1 Monday to 7 Sunday.")]
    period: Annotated[int, Field(ge=0, le=20)]


class PlanningIn(Incoming):
    """What to plan: offerings of one term, of one hub or of several."""

    term_id: UUID
    offering_ids: OfferingIds
    least_minutes: Annotated[int, Field(ge=20, le=60, description="No lesson is shorter.")] = 35
    kept_free: Annotated[list[KeptFree], Field(default_factory=list, max_length=MOST_KEPT_FREE)]


class PlanAcceptIn(Incoming):
    """Which plan to take, counted from 0. `publish`: teachers and classrooms see it at once."""

    plan: Annotated[int, Field(ge=0, le=9)]
    publish: bool = False


class AcceptedOut(BaseModel):
    """What accepting wrote. `kept`: lessons that had begun or were given up."""

    plan: int
    is_published: bool
    created: int
    changed: int
    unchanged: int
    kept: int
    removed: int


class PlannedSiteOut(BaseModel):
    """A classroom that receives an offering."""

    classroom: Named
    school: Named


class PlannedOfferingOut(BaseModel):
    """An offering that is planned."""

    id: UUID
    name: str
    hub: Named
    lecturer: Named
    periods_a_week: int
    sites: list[PlannedSiteOut]

    @classmethod
    def of(cls, course: CourseOffering) -> "PlannedOfferingOut":
        """Describe an offering that is loaded whole."""
        sites = [
            PlannedSiteOut(
                classroom=Named(id=site.classroom.id, name=site.classroom.name),
                school=Named(id=site.classroom.school.id, name=site.classroom.school.name),
            )
            for site in course.sites
        ]
        return cls(
            id=course.id,
            name=course.name,
            hub=Named(id=course.hub_school.id, name=course.hub_school.name),
            lecturer=Named(id=course.lecturer.id, name=course.lecturer.name),
            periods_a_week=course.periods_a_week,
            sites=sites,
        )


class PlanningCard(BaseModel):
    """A planning in a list."""

    id: UUID
    term: Named
    hubs: list[Named]
    offerings: int
    state: PlanningState
    asked_at: datetime
    asked_by: str
    accepted_at: datetime | None

    @classmethod
    def of(cls, planning: Planning) -> "PlanningCard":
        """Describe a planning whose term, asker and hubs are loaded."""
        return cls(
            id=planning.id,
            term=Named(id=planning.term.id, name=planning.term.name),
            hubs=hubs_of(planning),
            offerings=len(planning.courses),
            state=planning.state,
            asked_at=planning.asked_at,
            asked_by=planning.asker.name,
            accepted_at=planning.accepted_at,
        )


class PlanningOut(BaseModel):
    """A planning, whole. `job_id`: to be watched by whoever asked; `answer` null: not yet."""

    id: UUID
    term: Named
    first_day: date
    last_day: date
    least_minutes: int
    kept_free: list[KeptFree]
    offerings: list[PlannedOfferingOut]
    state: PlanningState
    job_id: UUID | None
    asked_at: datetime
    asked_by: str
    answer: Answer | None
    accepted: AcceptedOut | None
    accepted_at: datetime | None
    version: int

    @classmethod
    def of(cls, planning: Planning, answer: Answer | None) -> "PlanningOut":
        """Describe a planning that is loaded whole."""
        accepted = planning.accepted
        return cls(
            id=planning.id,
            term=Named(id=planning.term.id, name=planning.term.name),
            first_day=planning.first_day,
            last_day=planning.term.ends_on,
            least_minutes=planning.least_minutes,
            kept_free=[KeptFree.model_validate(each) for each in planning.kept_free],
            offerings=[PlannedOfferingOut.of(course.offering) for course in planning.courses],
            state=planning.state,
            job_id=planning.job_id,
            asked_at=planning.asked_at,
            asked_by=planning.asker.name,
            answer=answer,
            accepted=None if accepted is None else AcceptedOut.model_validate(accepted),
            accepted_at=planning.accepted_at,
            version=planning.version,
        )


def hubs_of(planning: Planning) -> list[Named]:
    """Return the hubs of a planning, by name."""
    hubs = {
        course.offering.hub_school.id: course.offering.hub_school for course in planning.courses
    }
    return sorted(
        (Named(id=hub.id, name=hub.name) for hub in hubs.values()), key=lambda hub: hub.name
    )
