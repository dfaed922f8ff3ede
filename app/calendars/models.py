"""Tables of terms, of days that differ from the week, and of bells."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id
from app.etags import Versioned

MINUTES_A_DAY = 24 * 60


class DayKind(StrEnum):
    """放假, or 补课: a day that runs the timetable of the weekday it `follows`."""

    HOLIDAY = "HOLIDAY"
    MAKE_UP = "MAKE_UP"


class PeriodKind(StrEnum):
    """Only a LESSON counts for 开齐 and 开足; 早读 and 课后服务 lie outside the timetable."""

    LESSON = "LESSON"
    SELF_STUDY = "SELF_STUDY"
    AFTER_SCHOOL = "AFTER_SCHOOL"


class Term(Versioned, Base):
    """学期 of a region; the schools of the region and of those below it keep to it.

    Of several that cover a day, the one of the nearest region is in force.
    """

    __tablename__ = "terms"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="ends_after_start"),)

    id: Mapped[Id]
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class CalendarDay(Versioned, Base):
    """A day that is not as its weekday says: national, of a region, or of one school.

    The narrowest row decides: a school's before a region's, a near region's before a far one's,
    the nation's last.
    """

    __tablename__ = "calendar_days"
    __table_args__ = (
        CheckConstraint("region_id IS NULL OR school_id IS NULL", name="one_place"),
        CheckConstraint("(kind = 'MAKE_UP') = (follows IS NOT NULL)", name="make_up_follows"),
        CheckConstraint("follows BETWEEN 1 AND 7", name="follows_a_weekday"),
        UniqueConstraint("region_id", "day"),
        UniqueConstraint("school_id", "day"),
        Index(
            "uq_calendar_days_national_day",
            "day",
            unique=True,
            sqlite_where=text("region_id IS NULL AND school_id IS NULL"),
            postgresql_where=text("region_id IS NULL AND school_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"))
    school_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"))
    day: Mapped[date] = mapped_column(index=True)
    kind: Mapped[DayKind]
    name: Mapped[str] = mapped_column(String(80))
    follows: Mapped[int | None]  # ISO weekday, 1 Monday to 7 Sunday


class BellSchedule(Versioned, Base):
    """作息时间表 of a school: its periods, in force from a day, in one season of each year.

    `season_from` and `season_to` are "MM-DD", both included, and may run over the new year
    (10-01 to 04-30); both NULL: all the year. No two of one school are in force on one day.
    """

    __tablename__ = "bell_schedules"
    __table_args__ = (
        CheckConstraint("(season_from IS NULL) = (season_to IS NULL)", name="season_is_whole"),
        CheckConstraint("valid_to >= valid_from", name="valid_to_after_from"),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    season_from: Mapped[str | None] = mapped_column(String(5))
    season_to: Mapped[str | None] = mapped_column(String(5))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    periods: Mapped[list["Period"]] = relationship(
        lazy="raise", order_by="Period.starts_minute", cascade="all, delete-orphan"
    )


class Period(Base):
    """节次: from one bell to the next. Minutes after midnight in the schools' zone."""

    __tablename__ = "periods"
    __table_args__ = (
        UniqueConstraint("bell_schedule_id", "number"),
        CheckConstraint(
            "0 <= starts_minute AND starts_minute < ends_minute "
            f"AND ends_minute <= {MINUTES_A_DAY}",
            name="within_a_day",
        ),
    )

    id: Mapped[Id]
    bell_schedule_id: Mapped[UUID] = mapped_column(ForeignKey("bell_schedules.id"), index=True)
    number: Mapped[int]
    kind: Mapped[PeriodKind] = mapped_column(default=PeriodKind.LESSON)
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
