"""What the pages of curricula and local timetables send and get. Periods a week, to a tenth."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.clock import Day
from app.codes.catalogue import Catalogue
from app.coverage.models import (
    MOST_TENTHS,
    CurriculumPeriods,
    CurriculumPlan,
    LocalPeriods,
    LocalTimetable,
)
from app.schools.models import School, SchoolClass
from app.schools.registry_schemas import MOST_GRADE_NO, Incoming, Name, Text
from app.schools.schemas import Named

Grade = Annotated[int, Field(ge=1, le=MOST_GRADE_NO)]  # a code of the stored set
AWeek = Annotated[float, Field(ge=0.1, le=MOST_TENTHS / 10, multiple_of=0.1, examples=[2])]
MOST_CELLS = 600  # as many as fifty subjects in twelve grades are


class SubjectOut(BaseModel):
    """A subject by the words of the set that is shown."""

    id: UUID
    label_zh: str
    label_en: str

    @classmethod
    def of(cls, subject_id: UUID, sets: Catalogue) -> "SubjectOut":
        """Return the subject of a row."""
        return cls(
            id=subject_id,
            label_zh=sets.label(subject_id, "zh"),
            label_en=sets.label(subject_id, "en"),
        )


class CurriculumCellIn(Incoming):
    """What a plan requires of a subject in a grade."""

    grade_no: Grade
    subject_id: UUID
    periods_a_week: AWeek


class CurriculumIn(Incoming):
    """A plan of a region, from a day on, with all that it requires."""

    region_id: UUID
    name: Name
    source: Annotated[Text, Field(max_length=300)] = ""
    valid_from: Day
    cells: Annotated[list[CurriculumCellIn], Field(min_length=1, max_length=MOST_CELLS)]


class CurriculumEdit(Incoming):
    """A plan as it is to be, but for its region."""

    name: Name
    source: Annotated[Text, Field(max_length=300)] = ""
    valid_from: Day
    cells: Annotated[list[CurriculumCellIn], Field(min_length=1, max_length=MOST_CELLS)]


class CurriculumOut(BaseModel):
    """A plan, but for what it requires. `region` null: the nation's, which nobody edits here."""

    id: UUID
    name: str
    source: str
    region: Named | None
    valid_from: date
    version: int

    @classmethod
    def of(cls, plan: CurriculumPlan) -> "CurriculumOut":
        """Return a row, its region loaded."""
        region = plan.region
        return cls(
            id=plan.id,
            name=plan.name,
            source=plan.source,
            region=None if region is None else Named(id=region.id, name=region.name),
            valid_from=plan.valid_from,
            version=plan.version,
        )


class Force(StrEnum):
    """How a plan stands on a day among those of its region, a definition among its versions."""

    HOLDS = "HOLDS"
    TO_COME = "TO_COME"
    REPLACED = "REPLACED"


class CurriculumItem(CurriculumOut):
    """A plan in a list, with how it stands today."""

    force: Force

    @classmethod
    def standing(cls, plan: CurriculumPlan, force: Force) -> "CurriculumItem":
        """Return a row, its region loaded."""
        return cls(**CurriculumOut.of(plan).model_dump(), force=force)


class CurriculumCellOut(BaseModel):
    """What a plan requires of a subject in a grade."""

    grade_no: int
    subject: SubjectOut
    periods_a_week: float


class CurriculumDetail(CurriculumOut):
    """A plan with all that it requires, grade by grade."""

    cells: list[CurriculumCellOut]

    @classmethod
    def whole(
        cls, plan: CurriculumPlan, rows: list[CurriculumPeriods], sets: Catalogue
    ) -> "CurriculumDetail":
        """Return a plan and its rows that hold."""
        cells = [
            CurriculumCellOut(
                grade_no=row.grade_no,
                subject=SubjectOut.of(row.subject_id, sets),
                periods_a_week=row.tenths_a_week / 10,
            )
            for row in rows
        ]
        return cls(**CurriculumOut.of(plan).model_dump(), cells=cells)


class LocalPeriodsIn(Incoming):
    """What a class is taught of a subject by its own school."""

    subject_id: UUID
    periods_a_week: AWeek


class LocalTimetableEdit(Incoming):
    """All that a class is taught locally; nothing: its school teaches it nothing."""

    periods: Annotated[list[LocalPeriodsIn], Field(max_length=50)]


class LocalTimetableIn(LocalTimetableEdit):
    """The timetable of a class for a term."""

    term_id: UUID
    class_id: UUID


class LocalPeriodsOut(BaseModel):
    """What a class is taught of a subject."""

    subject: SubjectOut
    periods_a_week: float


class LocalTimetableOut(BaseModel):
    """What a class is taught by its own school in a term."""

    id: UUID
    term_id: UUID
    school: Named
    school_class: Named
    grade_no: int
    periods: list[LocalPeriodsOut]
    version: int

    @classmethod
    def of(
        cls,
        timetable: LocalTimetable,
        school: School,
        school_class: SchoolClass,
        *,
        rows: list[LocalPeriods],
        sets: Catalogue,
    ) -> "LocalTimetableOut":
        """Return a timetable with its rows that hold."""
        return cls(
            id=timetable.id,
            term_id=timetable.term_id,
            school=Named(id=school.id, name=school.name),
            school_class=Named(id=school_class.id, name=school_class.name),
            grade_no=timetable.grade_no,
            periods=[
                LocalPeriodsOut(
                    subject=SubjectOut.of(row.subject_id, sets),
                    periods_a_week=row.tenths_a_week / 10,
                )
                for row in rows
            ],
            version=timetable.version,
        )
