"""Tables of course offerings, of lessons, the sites invited to them, and what became of them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.calendars.models import Term
from app.database import Base, Id
from app.etags import Versioned
from app.schools.models import Classroom, School, SchoolClass


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


# READY is PUBLISHED with nothing lacking (`app.lessons.readiness`): either may be taken live.
STARTABLE = frozenset({LessonState.PUBLISHED, LessonState.READY})

# A lesson in one of these takes up nobody's time.
GIVEN_UP = frozenset({LessonState.CANCELLED, LessonState.MISSED, LessonState.MADE_UP})

# It was given, and nobody has looked at what it comes to yet.
JUST_OVER = frozenset({LessonState.ENDED, LessonState.STOPPED_INCIDENT})
NEXT_LESSON_STATE: dict[LessonState, frozenset[LessonState]] = {
    LessonState.PLANNED: frozenset({LessonState.PUBLISHED, LessonState.CANCELLED}),
    LessonState.PUBLISHED: frozenset(
        {LessonState.READY, LessonState.LIVE, LessonState.CANCELLED, LessonState.MISSED}
    ),
    # Back, when something lacks again, or it is moved away.
    LessonState.READY: frozenset(
        {LessonState.PUBLISHED, LessonState.LIVE, LessonState.CANCELLED, LessonState.MISSED}
    ),
    LessonState.LIVE: frozenset({LessonState.PAUSED_ALL}) | JUST_OVER,
    LessonState.PAUSED_ALL: frozenset({LessonState.LIVE}) | JUST_OVER,
    LessonState.ENDED: frozenset({LessonState.VERIFIED}),
    LessonState.STOPPED_INCIDENT: frozenset({LessonState.VERIFIED}),
    LessonState.VERIFIED: frozenset({LessonState.CREDITED}),
    # Back, when a correction takes away the last row that counted.
    LessonState.CREDITED: frozenset({LessonState.VERIFIED}),
    LessonState.CANCELLED: frozenset({LessonState.MADE_UP}),
    LessonState.MISSED: frozenset({LessonState.MADE_UP}),
    # Back, when the lesson that was to make it up is itself cancelled or missed.
    LessonState.MADE_UP: frozenset({LessonState.CANCELLED, LessonState.MISSED}),
}


class OfferingState(StrEnum):
    """DRAFT until its first lessons are published."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


NEXT_OFFERING_STATE: dict[OfferingState, frozenset[OfferingState]] = {
    OfferingState.DRAFT: frozenset({OfferingState.ACTIVE, OfferingState.ENDED}),
    OfferingState.ACTIVE: frozenset({OfferingState.ENDED}),
    OfferingState.ENDED: frozenset(),
}


class SiteMode(StrEnum):
    """直播, 录播, 植入, 观摩: how a site takes part. Whoever only observes counts for nothing.

    The others count alike, by what their seat received while it was given (docs/adr/0013).
    RECORDED and EMBEDDED are of sites that were planned so before: no screen of a classroom plays
    a recording, so they are planned no more (`SERVED`).
    """

    LIVE = "LIVE"
    RECORDED = "RECORDED"
    EMBEDDED = "EMBEDDED"
    OBSERVE = "OBSERVE"


#: How a site can be planned to take part.
SERVED = frozenset({SiteMode.LIVE, SiteMode.OBSERVE})


class SiteState(StrEnum):
    """What became of a listening site in one lesson (docs/adr/0024).

    CONNECTED: it came. COUNTED, NOT_COUNTED: the lesson is over, and this is what holds of its
    row, as corrected. How a site fares meanwhile is measured second by second and told by the
    room; nothing of that is a state.
    """

    EXPECTED = "EXPECTED"
    CONNECTED = "CONNECTED"
    COUNTED = "COUNTED"
    NOT_COUNTED = "NOT_COUNTED"


class CourseOffering(Versioned, Base):
    """课程: what a hub gives through a term: a subject, a grade, so many periods a week.

    `language` is a code of the stored set of languages, `subject_id` a code of kind SUBJECT.
    `is_after_school`: 课后服务, outside the timetable; it counts for no required period.
    """

    __tablename__ = "course_offerings"
    __table_args__ = (
        CheckConstraint("grade_no >= 1", name="grade_no"),
        CheckConstraint("periods_a_week BETWEEN 1 AND 40", name="periods_a_week"),
        CheckConstraint("minutes BETWEEN 10 AND 240", name="minutes"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[LessonKind]
    hub_school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    hub_class_id: Mapped[UUID | None] = mapped_column(ForeignKey("school_classes.id"))
    hub_classroom_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"))
    lecturer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"))
    grade_no: Mapped[int]
    textbook: Mapped[str] = mapped_column(String(200), default="")
    language: Mapped[str] = mapped_column(String(8))
    term_id: Mapped[UUID] = mapped_column(ForeignKey("terms.id"), index=True)
    periods_a_week: Mapped[int]
    minutes: Mapped[int] = mapped_column(default=40)
    is_after_school: Mapped[bool] = mapped_column(default=False)
    state: Mapped[OfferingState] = mapped_column(default=OfferingState.DRAFT)

    hub_school: Mapped[School] = relationship(lazy="raise")
    hub_class: Mapped[SchoolClass | None] = relationship(lazy="raise")
    hub_classroom: Mapped[Classroom | None] = relationship(lazy="raise")
    lecturer: Mapped[Person] = relationship(lazy="raise")
    term: Mapped[Term] = relationship(lazy="raise")
    sites: Mapped[list["OfferingSite"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="OfferingSite.id"
    )


class OfferingSite(Base):
    """A classroom that is to receive the lessons of an offering, and the pairing it does so for.

    `through_id`: the site that passes them on to it (一点带多点); None: it has them from the hub.
    The need behind it, if there was one, is that of the pairing's match.
    """

    __tablename__ = "offering_sites"
    __table_args__ = (UniqueConstraint("offering_id", "classroom_id"),)

    id: Mapped[Id]
    offering_id: Mapped[UUID] = mapped_column(ForeignKey("course_offerings.id"))
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("school_classes.id"))
    assistant_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    mode: Mapped[SiteMode] = mapped_column(default=SiteMode.LIVE)
    pairing_id: Mapped[UUID | None] = mapped_column(ForeignKey("pairings.id"), index=True)
    through_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"))

    classroom: Mapped[Classroom] = relationship(lazy="raise", foreign_keys=classroom_id)
    school_class: Mapped[SchoolClass | None] = relationship(lazy="raise")
    assistant: Mapped[Person | None] = relationship(lazy="raise")


class Lesson(Versioned, Base):
    """课节: one lesson given by a hub to its sites.

    `lecturer_id`: who gives it now; `Substitution` keeps who was to. `slot`: its place in its
    offering ("2026-W10-2", as whoever planned it calls it), the same however often it is moved.
    `is_after_school`: as its offering said when it began, whatever that says later.
    """

    __tablename__ = "lessons"
    __table_args__ = (
        CheckConstraint("planned_end > planned_start", name="ends_after_start"),
        UniqueConstraint("offering_id", "slot"),
        Index("ix_lessons_state_planned_end", "state", "planned_end"),  # whose time is over
    )

    id: Mapped[Id]
    kind: Mapped[LessonKind]
    title: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(40))
    grade: Mapped[str] = mapped_column(String(40))
    hub_school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    lecturer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    planned_start: Mapped[datetime] = mapped_column(index=True)
    planned_end: Mapped[datetime]
    # When it was to begin as it was published; None: it stands where it was published.
    moved_from: Mapped[datetime | None]
    state: Mapped[LessonState] = mapped_column(default=LessonState.PUBLISHED)
    is_recorded: Mapped[bool] = mapped_column(default=True)
    stage_limit: Mapped[int] = mapped_column(default=1)
    is_after_school: Mapped[bool] = mapped_column(default=False)
    # 一点带多点: the lesson at the beginning of the chain this one passes on; None: itself.
    origin_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"), index=True)
    offering_id: Mapped[UUID | None] = mapped_column(ForeignKey("course_offerings.id"))
    slot: Mapped[str | None] = mapped_column(String(40))
    hub_classroom_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"), index=True)
    # 补课: the cancelled or missed lesson this one stands in for.
    makes_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("lessons.id"), index=True)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    hub_school: Mapped[School] = relationship(lazy="raise")
    lecturer: Mapped[Person] = relationship(lazy="raise")
    offering: Mapped[CourseOffering | None] = relationship(lazy="raise")
    hub_classroom: Mapped[Classroom | None] = relationship(lazy="raise")
    sites: Mapped[list["LessonSite"]] = relationship(
        lazy="raise", back_populates="lesson", cascade="all, delete-orphan"
    )


class LessonSite(Base):
    """听讲端: one classroom invited to one lesson. It is a seat, and an attendance row.

    `class_id`: the pupils who sit there; `assistant_id`: 辅导教师, the adult beside them.
    `pairing_id`: for which pairing it receives the lesson, where somebody named one; about its
    subject, it counts for no other (docs/adr/0014). `through_id`: the site that passes it on to
    this one (一点带多点, docs/adr/0026); None: it has it from the hub.
    """

    __tablename__ = "lesson_sites"
    __table_args__ = (UniqueConstraint("lesson_id", "classroom_id"),)

    id: Mapped[Id]
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"), index=True)
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("school_classes.id"))
    assistant_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    mode: Mapped[SiteMode] = mapped_column(default=SiteMode.LIVE)
    pairing_id: Mapped[UUID | None] = mapped_column(ForeignKey("pairings.id"))
    through_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"), index=True)
    state: Mapped[SiteState] = mapped_column(default=SiteState.EXPECTED)

    lesson: Mapped[Lesson] = relationship(lazy="raise", back_populates="sites")
    classroom: Mapped[Classroom] = relationship(lazy="raise", foreign_keys=classroom_id)
    through: Mapped[Classroom | None] = relationship(lazy="raise", foreign_keys=through_id)
    school_class: Mapped[SchoolClass | None] = relationship(lazy="raise")
    assistant: Mapped[Person | None] = relationship(lazy="raise")


class Cancellation(Base):
    """停课: why a lesson is not given, who said so and when. Append-only."""

    __tablename__ = "lesson_cancellations"

    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class Substitution(Base):
    """代课: who gives a lesson instead of whom, from when on, and why. Append-only."""

    __tablename__ = "lesson_substitutions"
    __table_args__ = (UniqueConstraint("lesson_id", "number"),)

    id: Mapped[Id]
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    number: Mapped[int]
    from_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    to_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class CalendarFeed(Base):
    """日历订阅: the address at which a teacher's or a classroom's lessons are read. One each."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (classroom_id IS NULL)", name="one_holder"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), unique=True)
    classroom_id: Mapped[UUID | None] = mapped_column(ForeignKey("classrooms.id"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]

    person: Mapped[Person | None] = relationship(lazy="raise")
    classroom: Mapped[Classroom | None] = relationship(lazy="raise")


def _refuse_rewriting(_mapper: object, _connection: object, target: object) -> None:
    raise AssertionError(f"{type(target).__name__} is append-only")


for _table in (Cancellation, Substitution):
    event.listen(_table, "before_update", _refuse_rewriting)
    event.listen(_table, "before_delete", _refuse_rewriting)
