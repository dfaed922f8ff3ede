"""Tables of lessons and the sites invited to them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.database import Base, Id
from app.schools.models import Classroom, School


class LessonKind(StrEnum):
    """专递课堂, 名师课堂, 名校网络课堂."""

    DELIVERY = "DELIVERY"
    MASTER = "MASTER"
    ELITE = "ELITE"


class LessonState(StrEnum):
    """States of a lesson, as in `docs/glossary.md`."""

    PLANNED = "PLANNED"
    PUBLISHED = "PUBLISHED"
    READY = "READY"
    LIVE = "LIVE"
    PAUSED_ALL = "PAUSED_ALL"
    ENDED = "ENDED"
    STOPPED_INCIDENT = "STOPPED_INCIDENT"
    VERIFIED = "VERIFIED"
    CREDITED = "CREDITED"
    CANCELLED = "CANCELLED"
    MISSED = "MISSED"
    MADE_UP = "MADE_UP"

    @property
    def is_live(self) -> bool:
        """Return whether the room may be entered."""
        return self in {LessonState.LIVE, LessonState.PAUSED_ALL}


_OVER = frozenset({LessonState.ENDED, LessonState.STOPPED_INCIDENT})
NEXT_LESSON_STATE: dict[LessonState, frozenset[LessonState]] = {
    LessonState.PLANNED: frozenset({LessonState.PUBLISHED, LessonState.CANCELLED}),
    LessonState.PUBLISHED: frozenset(
        {LessonState.READY, LessonState.LIVE, LessonState.CANCELLED, LessonState.MISSED}
    ),
    LessonState.READY: frozenset({LessonState.LIVE, LessonState.CANCELLED, LessonState.MISSED}),
    LessonState.LIVE: frozenset({LessonState.PAUSED_ALL}) | _OVER,
    LessonState.PAUSED_ALL: frozenset({LessonState.LIVE}) | _OVER,
    LessonState.ENDED: frozenset({LessonState.VERIFIED}),
    LessonState.STOPPED_INCIDENT: frozenset({LessonState.VERIFIED}),
    LessonState.VERIFIED: frozenset({LessonState.CREDITED}),
    LessonState.CREDITED: frozenset(),
    LessonState.CANCELLED: frozenset({LessonState.MADE_UP}),
    LessonState.MISSED: frozenset({LessonState.MADE_UP}),
    LessonState.MADE_UP: frozenset(),
}


class SiteState(StrEnum):
    """States of a listening site in one lesson."""

    EXPECTED = "EXPECTED"
    CONNECTED = "CONNECTED"
    DEGRADED = "DEGRADED"
    OFFLINE_LOCAL = "OFFLINE_LOCAL"
    CLOSED = "CLOSED"
    COUNTED = "COUNTED"
    NOT_COUNTED = "NOT_COUNTED"


class Lesson(Base):
    """课节: one lesson given by a hub to its sites."""

    __tablename__ = "lessons"
    __table_args__ = (CheckConstraint("planned_end > planned_start", name="ends_after_start"),)

    id: Mapped[Id]
    kind: Mapped[LessonKind]
    title: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str] = mapped_column(String(40))
    hub_school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    lecturer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    planned_start: Mapped[datetime] = mapped_column(index=True)
    planned_end: Mapped[datetime]
    state: Mapped[LessonState] = mapped_column(default=LessonState.PUBLISHED)
    is_recorded: Mapped[bool] = mapped_column(default=True)
    stage_limit: Mapped[int] = mapped_column(default=1)
    # 一点带多点: the lesson at the beginning of the chain this one passes on; None: itself.
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"), index=True)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    hub_school: Mapped[School] = relationship(lazy="raise")
    lecturer: Mapped[Person] = relationship(lazy="raise")
    sites: Mapped[list["LessonSite"]] = relationship(lazy="raise", back_populates="lesson")


class LessonSite(Base):
    """听讲端: one classroom invited to one lesson. It is a seat, and an attendance row."""

    __tablename__ = "lesson_sites"
    __table_args__ = (UniqueConstraint("lesson_id", "classroom_id"),)

    id: Mapped[Id]
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"), index=True)
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    state: Mapped[SiteState] = mapped_column(default=SiteState.EXPECTED)

    lesson: Mapped[Lesson] = relationship(lazy="raise", back_populates="sites")
    classroom: Mapped[Classroom] = relationship(lazy="raise")
