"""Tables of plannings: what was asked, what the planner answered, which plan was accepted."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.calendars.models import Term
from app.database import Base, Id
from app.etags import Versioned
from app.lessons.models import CourseOffering


class PlanningState(StrEnum):
    """PLANNING until there is an answer; ACCEPTED when lessons were written from one of its plans.

    A planning whose job came to nothing stays PLANNING: the job says why, and can be retried.
    """

    PLANNING = "PLANNING"
    ANSWERED = "ANSWERED"
    ACCEPTED = "ACCEPTED"


NEXT_PLANNING_STATE: dict[PlanningState, frozenset[PlanningState]] = {
    PlanningState.PLANNING: frozenset({PlanningState.ANSWERED}),
    PlanningState.ANSWERED: frozenset({PlanningState.ACCEPTED}),
    PlanningState.ACCEPTED: frozenset(),
}


class Planning(Versioned, Base):
    """排课: a question about some offerings of a term, and what came of it.

    `kept_free`: [{"school_id", "weekday", "period"}]. `answer`: as `app.planning.solver.Answer`;
    None: not yet. `first_day`: no lesson is planned before. `accepted`: {"plan", "created", ...}.
    """

    __tablename__ = "plannings"

    id: Mapped[Id]
    term_id: Mapped[UUID] = mapped_column(ForeignKey("terms.id"), index=True)
    first_day: Mapped[date]
    least_minutes: Mapped[int]
    kept_free: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[PlanningState] = mapped_column(default=PlanningState.PLANNING)
    # No foreign key: jobs that ended are deleted after a while.
    job_id: Mapped[UUID | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    accepted: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    term: Mapped[Term] = relationship(lazy="raise")
    asker: Mapped[Person] = relationship(lazy="raise", foreign_keys=asked_by)
    courses: Mapped[list["PlannedCourse"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="PlannedCourse.offering_id"
    )


class PlannedCourse(Base):
    """An offering of a planning. `offering_version`: as it was when the plans were made."""

    __tablename__ = "planned_courses"

    planning_id: Mapped[UUID] = mapped_column(ForeignKey("plannings.id"), primary_key=True)
    offering_id: Mapped[UUID] = mapped_column(
        ForeignKey("course_offerings.id"), primary_key=True, index=True
    )
    offering_version: Mapped[int | None]

    offering: Mapped[CourseOffering] = relationship(lazy="raise")
