"""Tables of what happened: sessions, presence, events, attendance, incidents."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    event,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, ClockMs, Id
from app.lessons.models import Lesson, LessonSite
from app.schools.models import Classroom


class AttendanceState(StrEnum):
    """OPEN while the lesson runs; a correction after LOCKED is a new amendment row."""

    OPEN = "OPEN"
    AUTO_CLOSED = "AUTO_CLOSED"
    CONFIRMED = "CONFIRMED"
    LOCKED = "LOCKED"


NEXT_ATTENDANCE_STATE: dict[AttendanceState, frozenset[AttendanceState]] = {
    AttendanceState.OPEN: frozenset({AttendanceState.AUTO_CLOSED}),
    AttendanceState.AUTO_CLOSED: frozenset({AttendanceState.CONFIRMED, AttendanceState.LOCKED}),
    AttendanceState.CONFIRMED: frozenset({AttendanceState.LOCKED}),
    AttendanceState.LOCKED: frozenset(),
}


class NotCounted(StrEnum):
    """Why a lesson does not count at a site."""

    OBSERVED = "OBSERVED"
    NEVER_CAME = "NEVER_CAME"
    TOO_LITTLE_AUDIBLE = "TOO_LITTLE_AUDIBLE"
    AMENDED = "AMENDED"


class Session(Base):
    """课堂会话: one lesson going live. Its id is the id of the room."""

    __tablename__ = "sessions"

    id: Mapped[Id]
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"), unique=True)
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))
    epoch: Mapped[int] = mapped_column(default=0)
    last_alive_ms: Mapped[ClockMs] = mapped_column(default=0)
    saved_state: Mapped[dict[str, Any] | None]
    # The head of the chain of events: without it, cutting off the newest rows would not show.
    event_count: Mapped[int] = mapped_column(default=0)
    event_head: Mapped[str | None] = mapped_column(String(64))

    lesson: Mapped[Lesson] = relationship(lazy="raise")


class SeatPresence(Base):
    """接入: one stay of one seat, from joining to leaving, on the lesson clock.

    `last_seen_ms` moves on every two seconds, so a crash costs nobody what was earned.
    """

    __tablename__ = "seat_presences"

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    seat_id: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    lesson_site_id: Mapped[UUID | None] = mapped_column(ForeignKey("lesson_sites.id"), index=True)
    joined_ms: Mapped[ClockMs]
    last_seen_ms: Mapped[ClockMs]
    left_ms: Mapped[ClockMs | None]
    leave_reason: Mapped[str | None] = mapped_column(String(40))


class ClassEvent(Base):
    """课堂事件: append only, chained by hash, on the lesson clock."""

    __tablename__ = "class_events"
    __table_args__ = (UniqueConstraint("session_id", "number"),)

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    number: Mapped[int]
    clock_ms: Mapped[ClockMs]
    written_at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(32))
    seat_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str | None] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class SeatLink(Base):
    """线路实测: what a seat's line was in one lesson, the middle of each figure and its worse end.

    Written when the seat leaves, over all its stays since the room was opened; None: nothing
    was measured of it.
    """

    __tablename__ = "seat_links"
    __table_args__ = (UniqueConstraint("session_id", "seat_id"),)

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    seat_id: Mapped[str] = mapped_column(String(64))
    lesson_site_id: Mapped[UUID | None] = mapped_column(ForeignKey("lesson_sites.id"), index=True)
    measured_at: Mapped[datetime]
    reports: Mapped[int]
    estimate_down_kbps: Mapped[int | None]
    estimate_down_low_kbps: Mapped[int | None]
    down_kbps: Mapped[int | None]
    down_high_kbps: Mapped[int | None]
    up_kbps: Mapped[int | None]
    up_high_kbps: Mapped[int | None]
    rtt_ms: Mapped[int | None]
    rtt_high_ms: Mapped[int | None]
    loss_down_permille: Mapped[int | None]
    loss_down_high_permille: Mapped[int | None]
    loss_up_permille: Mapped[int | None]
    loss_up_high_permille: Mapped[int | None]


class AttendanceRule(Base):
    """计入规则: what a lesson must have been at a site to count, from a day on. Never edited.

    Of two from the same day the later one is meant. The first has nobody who added it.
    """

    __tablename__ = "attendance_rules"
    __table_args__ = (
        CheckConstraint("min_audible_permille BETWEEN 1 AND 1000", name="share_of_the_plan"),
    )

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    valid_from: Mapped[date] = mapped_column(index=True)
    min_audible_permille: Mapped[int]
    note: Mapped[str] = mapped_column(String(200))
    added_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    added_at: Mapped[datetime | None]


# The first rule set comes with the table, as the migration brings it.
event.listen(
    AttendanceRule.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]  # not annotated by SQLAlchemy
        "INSERT INTO attendance_rules (id, number, valid_from, min_audible_permille, note)"
        " VALUES ('019380000000700080000000000000a1', 1, '2000-01-01', 850, '默认规则')"
    ),
)


class AttendanceLock(Base):
    """期末锁定: an administrator locked the rows of a term. Append only."""

    __tablename__ = "attendance_locks"

    id: Mapped[Id]
    term_id: Mapped[UUID] = mapped_column(ForeignKey("terms.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]


class AttendanceAmendment(Base):
    """更正: what somebody says of a row instead, beside what was recorded. Append only.

    The newest one is what holds; `old` is what held before it.
    """

    __tablename__ = "attendance_amendments"
    __table_args__ = (UniqueConstraint("record_id", "number"),)

    id: Mapped[Id]
    record_id: Mapped[UUID] = mapped_column(ForeignKey("attendance_records.id"))
    number: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(500))
    old_is_counted: Mapped[bool | None]
    new_is_counted: Mapped[bool | None]
    old_headcount: Mapped[int | None]
    new_headcount: Mapped[int | None]


#: Every lesson minute of a site is in exactly one of these.
MINUTES = ("audible_ms", "degraded_ms", "lost_ms", "offline_ms")
_IS_WAITING = text("state = 'AUTO_CLOSED' AND first_joined_ms IS NOT NULL")


class AttendanceRecord(Base):
    """到课记录: one row per lesson and site, whatever the number of connections.

    The figures are written at the end of the lesson, from what was recorded of it, and never
    edited: a correction is an `AttendanceAmendment` beside them. Figures that are None were not
    measured: the lesson was closed before what a seat received was kept.

    `held_at`, `hub_school_id` and `school_id` are the lesson's planned start, the school that gave
    it and the site's own, as they were when it began (`of`); none of them changes afterwards. A
    province's minutes are added up from these rows alone.
    """

    __tablename__ = "attendance_records"
    __table_args__ = (
        Index("ix_attendance_records_state", "state"),
        Index("ix_attendance_records_hub_school_id_held_at", "hub_school_id", "held_at"),
        Index("ix_attendance_records_school_id_held_at", "school_id", "held_at"),
        # All that is added up of many: no row itself is looked at.
        Index(
            "ix_attendance_records_held_at",
            "held_at",
            postgresql_include=["school_id", *MINUTES],
        ),
        # Of all rows there ever were these few are asked for whenever a workbench is looked at.
        Index(
            "ix_attendance_records_lesson_site_id_waiting",
            "lesson_site_id",
            sqlite_where=_IS_WAITING,
            postgresql_where=_IS_WAITING,
        ),
    )

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    lesson_site_id: Mapped[UUID] = mapped_column(ForeignKey("lesson_sites.id"), unique=True)
    held_at: Mapped[datetime]
    hub_school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    state: Mapped[AttendanceState] = mapped_column(default=AttendanceState.OPEN)
    planned_ms: Mapped[ClockMs]
    connected_ms: Mapped[ClockMs] = mapped_column(default=0)
    first_joined_ms: Mapped[ClockMs | None]
    last_left_ms: Mapped[ClockMs | None]
    audible_ms: Mapped[ClockMs | None]
    degraded_ms: Mapped[ClockMs | None]
    lost_ms: Mapped[ClockMs | None]
    offline_ms: Mapped[ClockMs | None]
    visible_ms: Mapped[ClockMs | None]
    silent_ms: Mapped[ClockMs | None]
    interruptions: Mapped[int] = mapped_column(default=0)
    is_counted: Mapped[bool | None]
    not_counted_reason: Mapped[NotCounted | None]
    rule_number: Mapped[int | None] = mapped_column(ForeignKey("attendance_rules.number"))
    headcount: Mapped[int | None]
    headcount_source: Mapped[str | None] = mapped_column(String(16))
    # The assistant of the classroom that reported it, or the administrator who did.
    headcount_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    # What the assistant says against the figures; None: nothing, or it was answered.
    objection: Mapped[str | None] = mapped_column(String(200))
    locked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("attendance_locks.id"))

    site: Mapped[LessonSite] = relationship(lazy="raise")

    @classmethod
    def of(cls, lesson: Lesson, site: LessonSite, **columns: Any) -> "AttendanceRecord":
        """Return a new row of a lesson's site; `columns`: the others than those these say."""
        room = select(Classroom.school_id).where(Classroom.id == site.classroom_id)
        return cls(
            lesson_site_id=site.id,
            held_at=lesson.planned_start,
            hub_school_id=lesson.hub_school_id,
            school_id=room.scalar_subquery(),
            **columns,
        )


class Incident(Base):
    """安全事件: a lesson that was shut down, and why."""

    __tablename__ = "incidents"

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    clock_ms: Mapped[ClockMs]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
