"""Tables of what is required, what sites teach themselves, and of figures with their definitions.

What figures rest on is never overwritten: a row that is replaced keeps `saved_at` and
`replaced_at`, so that a figure can be computed again as of the moment it was signed off.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.database import Base, Id
from app.etags import Versioned
from app.schools.models import Region
from app.schools.roster_models import RosterSnapshot

MOST_TENTHS = 400  # forty periods a week: more than any week has


class CurriculumPlan(Versioned, Base):
    """课程计划: what must be taught, in a region and below it; without a region, in the nation.

    Of several, the nearest region's is in force, and of those the latest that has begun. `key`:
    it comes with the platform; such a one is brought up to date only while nobody edited it.
    """

    __tablename__ = "curriculum_plans"
    # Of two from one day neither would be the latest.
    __table_args__ = (UniqueConstraint("region_id", "valid_from"),)

    id: Mapped[Id]
    key: Mapped[str | None] = mapped_column(String(40), unique=True)
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(300), default="")
    valid_from: Mapped[date]

    region: Mapped[Region | None] = relationship(lazy="raise")


class CurriculumPeriods(Base):
    """周课时: tenths of a period a week that a plan requires of a subject in a grade."""

    __tablename__ = "curriculum_periods"
    __table_args__ = (
        CheckConstraint("grade_no >= 1", name="grade_no"),
        CheckConstraint(f"tenths_a_week BETWEEN 1 AND {MOST_TENTHS}", name="tenths_a_week"),
    )

    id: Mapped[Id]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("curriculum_plans.id"), index=True)
    grade_no: Mapped[int]
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"))
    tenths_a_week: Mapped[int]
    saved_at: Mapped[datetime]
    saved_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    replaced_at: Mapped[datetime | None]


class LocalTimetable(Versioned, Base):
    """本地课表: what a class is taught by its own school in a term.

    `grade_no` is the grade the class was in when the timetable was handed in: it says which
    grades a site had that term, whatever becomes of the class or of the school.
    """

    __tablename__ = "local_timetables"
    __table_args__ = (
        UniqueConstraint("term_id", "class_id"),
        Index("ix_local_timetables_school_id_term_id", "school_id", "term_id"),
        CheckConstraint("grade_no >= 1", name="grade_no"),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    term_id: Mapped[UUID] = mapped_column(ForeignKey("terms.id"))
    class_id: Mapped[UUID] = mapped_column(ForeignKey("school_classes.id"))
    grade_no: Mapped[int]
    saved_at: Mapped[datetime]


class LocalPeriods(Base):
    """本地周课时: tenths of a period a week that a class is taught of a subject by its school."""

    __tablename__ = "local_periods"
    __table_args__ = (
        CheckConstraint(f"tenths_a_week BETWEEN 1 AND {MOST_TENTHS}", name="tenths_a_week"),
    )

    id: Mapped[Id]
    timetable_id: Mapped[UUID] = mapped_column(ForeignKey("local_timetables.id"), index=True)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"))
    tenths_a_week: Mapped[int]
    saved_at: Mapped[datetime]
    saved_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    replaced_at: Mapped[datetime | None]


class Unit(StrEnum):
    """What a figure's numerator and denominator count."""

    SITES = "SITES"
    SUBJECTS = "SUBJECTS"  # pairs of a grade and a subject at a site
    TENTHS = "TENTHS"  # tenths of a period


class Indicator(StrEnum):
    """The figures there are; how each is counted is a definition's."""

    COV_REACHED = "COV_REACHED"
    COV_REGULAR = "COV_REGULAR"
    COV_NEED = "COV_NEED"
    COV_PERIODS = "COV_PERIODS"
    OFFER_RATE = "OFFER_RATE"
    PERIOD_RATE = "PERIOD_RATE"


UNITS = {
    Indicator.COV_REACHED: Unit.SITES,
    Indicator.COV_REGULAR: Unit.SITES,
    Indicator.COV_NEED: Unit.SITES,
    Indicator.COV_PERIODS: Unit.TENTHS,
    Indicator.OFFER_RATE: Unit.SUBJECTS,
    Indicator.PERIOD_RATE: Unit.TENTHS,
}


class IndicatorDefinition(Base):
    """指标定义: how a figure is counted, in words and parameters. A new number, never an edit.

    `permille`: the share the rule asks for, in thousandths; None: it asks for none. `kinds`: the
    lessons it counts, words of `LessonKind` with semicolons between.
    """

    __tablename__ = "indicator_definitions"
    __table_args__ = (UniqueConstraint("indicator", "number"),)

    id: Mapped[Id]
    indicator: Mapped[Indicator]
    number: Mapped[int]
    valid_from: Mapped[date]
    permille: Mapped[int | None]
    kinds: Mapped[str] = mapped_column(String(80))
    title_zh: Mapped[str] = mapped_column(String(40))
    title_en: Mapped[str] = mapped_column(String(80))
    rule_zh: Mapped[str] = mapped_column(String(300))
    rule_en: Mapped[str] = mapped_column(String(400))


class Basis(StrEnum):
    """Which rows a figure rests on: those that count today, or only those locked for good."""

    COUNTED = "COUNTED"
    LOCKED = "LOCKED"


class SheetState(StrEnum):
    """States of a sheet of figures."""

    COMPUTED = "COMPUTED"
    CHECKED = "CHECKED"
    SIGNED_OFF = "SIGNED_OFF"
    AMENDED = "AMENDED"


NEXT_SHEET_STATE: dict[SheetState, frozenset[SheetState]] = {
    SheetState.COMPUTED: frozenset({SheetState.CHECKED}),
    SheetState.CHECKED: frozenset({SheetState.SIGNED_OFF}),
    SheetState.SIGNED_OFF: frozenset({SheetState.AMENDED}),
    SheetState.AMENDED: frozenset(),
}


class FigureSheet(Versioned, Base):
    """指标核定表: the figures of a roster and a period, frozen as they were computed.

    `weeks`: how many teaching weeks the period has. `rows_hash`: SHA-256 over the rows that
    count (`app.coverage.sheets.evidence`). `inputs`: what else it was computed with
    (`app.coverage.inputs`), beside the needs; None: it was before inputs were kept. `amends_id`:
    the signed sheet this one is to take the place of, and `reason` why.
    """

    __tablename__ = "figure_sheets"
    __table_args__ = (CheckConstraint("last_on > first_on", name="ends_after_start"),)

    id: Mapped[Id]
    roster_id: Mapped[UUID] = mapped_column(ForeignKey("roster_snapshots.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    weeks: Mapped[int]
    basis: Mapped[Basis]
    state: Mapped[SheetState] = mapped_column(default=SheetState.COMPUTED)
    computed_at: Mapped[datetime]
    rows: Mapped[int]
    rows_hash: Mapped[str] = mapped_column(String(64))
    open_rows: Mapped[int]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    amends_id: Mapped[UUID | None] = mapped_column(ForeignKey("figure_sheets.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")

    keeps_inputs: Mapped[bool] = column_property(inputs.is_not(None))
    roster: Mapped[RosterSnapshot] = relationship(lazy="raise")


class SheetNeed(Base):
    """A need as it stood when a sheet was computed. `subject_id` None: no set knows its subject."""

    __tablename__ = "sheet_needs"

    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("figure_sheets.id"), primary_key=True)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("codes.id"))
    grade_no: Mapped[int]
    periods_a_week: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class IndicatorValue(Base):
    """指标值: one figure of a sheet, of a county of its roster, or of all ("" for the code)."""

    __tablename__ = "indicator_values"
    __table_args__ = (UniqueConstraint("sheet_id", "region_code", "definition_id"),)

    id: Mapped[Id]
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("figure_sheets.id"))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("indicator_definitions.id"))
    region_code: Mapped[str] = mapped_column(String(12), default="")
    region_name: Mapped[str] = mapped_column(String(80), default="")
    numerator: Mapped[int]
    denominator: Mapped[int]


class SheetStep(Base):
    """核定过程: who brought a sheet to a state, and when. Append only."""

    __tablename__ = "sheet_steps"
    __table_args__ = (UniqueConstraint("sheet_id", "state"),)

    id: Mapped[Id]
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("figure_sheets.id"))
    state: Mapped[SheetState]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    person_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(500), default="")
