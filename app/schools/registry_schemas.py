"""What the registry's pages send and get: regions, authorities, schools, classes."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.clock import Day
from app.database import WITHOUT_NUL
from app.schools.models import AuthorityLevel, ChangeKind, VoidReason
from app.schools.schemas import Named


class Incoming(BaseModel):
    """What a page sends: unknown fields are refused, blanks at the ends of texts dropped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


Text = Annotated[str, Field(pattern=WITHOUT_NUL)]
Name = Annotated[Text, Field(min_length=1, max_length=120)]
ShortName = Annotated[Text, Field(min_length=1, max_length=80)]
CodeText = Annotated[str, Field(min_length=1, max_length=24, pattern=r"^[A-Za-z0-9_.-]+$")]
MoeCode = Annotated[str, Field(pattern=r"^\d{10}$", examples=["2151000001"])]
LocalSuffix = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,10}$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Altitude = Annotated[int, Field(ge=-500, le=9000)]
RoadNote = Annotated[Text, Field(max_length=200)]
ClassName = Annotated[Text, Field(min_length=1, max_length=40)]
MOST_GRADE_NO = 99  # far beyond any: which there are the code set says
GradeNo = Annotated[
    int,
    Field(
        ge=0, le=MOST_GRADE_NO, description="A code of the stored set of grades; 0: before school."
    ),
]
PupilCount = Annotated[int, Field(ge=0, le=500)]
Seats = Annotated[int, Field(ge=0, le=1000)]
FewOf = Annotated[int, Field(ge=0, le=20)]


class RegionIn(Incoming):
    """A region to add below another."""

    code: Annotated[str, Field(min_length=6, max_length=12, examples=["511902"])]
    name: ShortName
    parent_id: UUID


class RegionEdit(Incoming):
    """A region as it should have been entered. Its code changes while nothing refers to it."""

    code: Annotated[str, Field(min_length=6, max_length=12, examples=["511902"])]
    name: ShortName


class RegionLabelOut(BaseModel):
    """What a region counted as. `code_id`: of kind REGION_LABEL."""

    id: UUID
    code_id: UUID
    valid_from: date | None
    valid_to: date | None
    version: int


class RegionLabelIn(Incoming):
    """A label and its days, both included; null: no limit."""

    code_id: UUID
    valid_from: Day | None = None
    valid_to: Day | None = None


class RegionOut(BaseModel):
    """A region. `schools`: how many lie in it and below. `is_own`: the caller administers it."""

    id: UUID
    code: str
    name: str
    path: str
    parent_id: UUID | None
    labels: list[RegionLabelOut]
    schools: int
    points: int
    is_own: bool
    version: int


class AuthorityIn(Incoming):
    """An authority to add."""

    region_id: UUID
    name: Name
    level: AuthorityLevel


class AuthorityEdit(Incoming):
    """An authority as it should have been entered. Its region stays."""

    name: Name
    level: AuthorityLevel


class AuthorityOut(BaseModel):
    """An education authority. `is_own`: the caller administers its region, and may correct it."""

    id: UUID
    name: str
    level: AuthorityLevel
    region: Named
    is_own: bool
    version: int


class SchoolPlace(Incoming):
    """Where a school is and how to get there."""

    latitude: Latitude | None = None
    longitude: Longitude | None = None
    altitude_m: Altitude | None = None
    road_note: RoadNote = ""


class SchoolIn(SchoolPlace):
    """A school to register. A teaching point names its parent."""

    name: Name
    category: CodeText
    region_id: UUID
    moe_code: MoeCode | None = None
    parent_id: UUID | None = None
    local_suffix: LocalSuffix | None = None
    authority_id: UUID | None = None
    urban_rural: CodeText | None = None
    opened_on: Day | None = None
    may_record_pupils: bool = True
    may_publish_pupils: bool = False


class SchoolEdit(Incoming):
    """What changes of a school; what is left out stays.

    Category, opening and closing have requests of their own: they have a day and void codes.
    """

    name: Name | None = None
    region_id: UUID | None = None
    moe_code: MoeCode | None = None
    parent_id: UUID | None = None
    local_suffix: LocalSuffix | None = None
    authority_id: UUID | None = None
    urban_rural: CodeText | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    altitude_m: Altitude | None = None
    road_note: RoadNote | None = None
    may_record_pupils: bool | None = None
    may_publish_pupils: bool | None = None


class OnDay(Incoming):
    """From which day it holds; null: today."""

    on: Day | None = None


class CategoryIn(OnDay):
    """Another category; a teaching point names its parent."""

    category: CodeText
    parent_id: UUID | None = None


class SchoolItem(BaseModel):
    """A school in a list. `local_code`: of a point without a code of its own, by its parent's."""

    id: UUID
    name: str
    category: str
    moe_code: str | None
    local_code: str | None
    region: Named
    parent: Named | None
    urban_rural: str | None
    opened_on: date | None
    closed_on: date | None
    classes: int
    pupils: int
    classrooms: int


class SchoolCodeOut(BaseModel):
    """A code the school has or had."""

    moe_code: str
    given_on: date | None
    voided_on: date | None
    void_reason: VoidReason | None


class SchoolChangeOut(BaseModel):
    """One thing that happened to a school."""

    happened_on: date
    kind: ChangeKind
    before: str
    after: str
    noted_at: datetime


class SchoolDetail(SchoolItem):
    """A school's page."""

    local_suffix: str | None
    authority: Named | None
    latitude: float | None
    longitude: float | None
    altitude_m: int | None
    road_note: str
    may_record_pupils: bool
    may_publish_pupils: bool
    version: int
    codes: list[SchoolCodeOut]
    changes: list[SchoolChangeOut]


class SchoolClassIn(Incoming):
    """A class to add. `grade_no`: a code of the stored set of grades; 0: before school."""

    school_id: UUID
    name: ClassName
    stage: CodeText
    grade_no: GradeNo
    entry_year: Annotated[int, Field(ge=1990, le=2100)]
    pupil_count: PupilCount
    language_of_instruction: Annotated[
        CodeText | None, Field(description="Null or left out: the first language that holds.")
    ] = None


class SchoolClassEdit(Incoming):
    """What changes of a class; what is left out stays."""

    name: ClassName | None = None
    grade_no: GradeNo | None = None
    pupil_count: PupilCount | None = None
    language_of_instruction: CodeText | None = None
    closed_on: Day | None = None


class SchoolClassOut(BaseModel):
    """A class of pupils."""

    id: UUID
    school: Named
    name: str
    stage: str
    grade_no: int
    entry_year: int
    pupil_count: int
    language_of_instruction: str
    closed_on: date | None
    version: int


class ClassroomIn(Incoming):
    """A classroom to add."""

    school_id: UUID
    name: ShortName
    link_kind: CodeText | None = None
    seats: Seats | None = None
    cameras: FewOf = 1
    displays: FewOf = 1
    has_microphone_array: bool = False
    may_broadcast: bool = False


class ClassroomEdit(Incoming):
    """What changes of a classroom; what is left out stays."""

    name: ShortName | None = None
    link_kind: CodeText | None = None
    seats: Seats | None = None
    cameras: FewOf | None = None
    displays: FewOf | None = None
    has_microphone_array: bool | None = None
    may_broadcast: bool | None = None
