"""Tables of regions, authorities, schools, their classes, classrooms and devices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id
from app.etags import Versioned
from app.pinyin import Named

# Compared byte by byte, so that all paths below one lie between it and it with PATH_END, whatever
# language a PostgreSQL sorts by. SQLite compares so by itself.
PathText = String(160).with_variant(String(160, collation="C"), "postgresql")
PATH_END = "~"  # after every digit and every slash

# What a line may be declared to carry: the least that holds a conversation; a gigabit.
LEAST_KBPS, MOST_KBPS = 64, 1_000_000


class DeviceState(StrEnum):
    """ENROLLED until it first comes back by itself, then TRUSTED; REVOKED for good."""

    ENROLLED = "ENROLLED"
    TRUSTED = "TRUSTED"
    REVOKED = "REVOKED"


NEXT_DEVICE_STATE: dict[DeviceState, frozenset[DeviceState]] = {
    DeviceState.ENROLLED: frozenset({DeviceState.TRUSTED, DeviceState.REVOKED}),
    DeviceState.TRUSTED: frozenset({DeviceState.REVOKED}),
    DeviceState.REVOKED: frozenset(),
}


class Region(Versioned, Named, Base):
    """行政区划: a province, city, county or township, with its statistical code.

    `code`: six digits down to the county, twelve below (统计用区划代码). `path`: the codes from
    the top down to this region, as in "/510000/511900/511902/": it begins with its parent's.
    """

    __tablename__ = "regions"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"), index=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)


class RegionLabel(Versioned, Base):
    """区划标签: what a region counted as from a day to a day, both included; None: no limit."""

    __tablename__ = "region_labels"
    __table_args__ = (UniqueConstraint("region_id", "code_id", "valid_from"),)

    id: Mapped[Id]
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"))
    code_id: Mapped[UUID] = mapped_column(ForeignKey("codes.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class AuthorityLevel(StrEnum):
    """How high an authority stands."""

    MINISTRY = "MINISTRY"
    PROVINCE = "PROVINCE"
    CITY = "CITY"
    COUNTY = "COUNTY"


class Authority(Versioned, Base):
    """教育行政部门: the education authority of a region."""

    __tablename__ = "authorities"
    __table_args__ = (UniqueConstraint("region_id", "name"),)

    id: Mapped[Id]
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"))
    name: Mapped[str] = mapped_column(String(120))
    level: Mapped[AuthorityLevel]


class Corrected(StrEnum):
    """What of the registry was corrected, beside schools, which have changes of their own."""

    REGION = "REGION"
    LABEL = "LABEL"
    AUTHORITY = "AUTHORITY"


class RegistryCorrection(Base):
    """登记更正: what a region, a label or an authority was before somebody corrected it.

    Only ever added. `before` and `after`: as people read them. `noted_by`: a person.
    """

    __tablename__ = "registry_corrections"

    id: Mapped[Id]
    thing: Mapped[Corrected]
    thing_id: Mapped[UUID] = mapped_column(index=True)
    before: Mapped[str] = mapped_column(String(200))
    after: Mapped[str] = mapped_column(String(200))
    noted_at: Mapped[datetime]
    # No foreign key: people lie above schools (docs/architecture.md).
    noted_by: Mapped[UUID | None]


class School(Versioned, Named, Base):
    """学校, or 教学点: a school of a category whose code says so, with its parent (中心校).

    `moe_code`: the ministry's code while it is in force; `SchoolCode` keeps all there ever were.
    `local_suffix`: what tells a point from the others of its parent where it has no code of its
    own. `category` and `urban_rural` are codes of the stored sets of their kinds.
    """

    __tablename__ = "schools"
    __table_args__ = (
        UniqueConstraint("parent_id", "local_suffix"),
        Index("ix_schools_category_region_id", "category", "region_id"),
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120), index=True)
    category: Mapped[str] = mapped_column(String(3))
    moe_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    authority_id: Mapped[UUID | None] = mapped_column(ForeignKey("authorities.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"), index=True)
    local_suffix: Mapped[str | None] = mapped_column(String(10))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    urban_rural: Mapped[str | None] = mapped_column(String(3))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    altitude_m: Mapped[int | None]
    road_note: Mapped[str] = mapped_column(String(200), default="")
    may_record_pupils: Mapped[bool] = mapped_column(default=True)
    # Shown to other schools: a purpose of its own, which nobody consents to by saying nothing.
    may_publish_pupils: Mapped[bool] = mapped_column(default=False)

    region: Mapped[Region] = relationship(lazy="raise")
    parent: Mapped["School | None"] = relationship(lazy="raise", remote_side="School.id")

    def is_open_on(self, day: date) -> bool:
        """Return whether the school is open that day; on the day it closes it is no more."""
        return (self.opened_on is None or self.opened_on <= day) and (
            self.closed_on is None or day < self.closed_on
        )


class VoidReason(StrEnum):
    """Why a code is in force no more."""

    CLOSED = "CLOSED"
    CATEGORY_CHANGED = "CATEGORY_CHANGED"
    REPLACED = "REPLACED"


class SchoolCode(Base):
    """学校标识码: a ten-digit code the ministry ever gave; a void one is given to nobody else.

    《学校(机构)代码管理办法》: closing or changing category voids the code, a reopened school
    regains it. `voided_on` None: in force.
    """

    __tablename__ = "school_codes"

    id: Mapped[Id]
    moe_code: Mapped[str] = mapped_column(String(10), unique=True)
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    given_on: Mapped[date | None]
    voided_on: Mapped[date | None]
    void_reason: Mapped[VoidReason | None]


class ChangeKind(StrEnum):
    """What happened to a school."""

    OPENED = "OPENED"
    CLOSED = "CLOSED"
    REOPENED = "REOPENED"
    RENAMED = "RENAMED"
    CATEGORY_CHANGED = "CATEGORY_CHANGED"
    PARENT_CHANGED = "PARENT_CHANGED"
    REGION_CHANGED = "REGION_CHANGED"
    CODE_GIVEN = "CODE_GIVEN"
    CODE_VOIDED = "CODE_VOIDED"
    CODE_REGAINED = "CODE_REGAINED"


class SchoolChange(Base):
    """学校变更: one thing that happened to a school; only ever added.

    `happened_on` is the day from which it holds, `noted_at` when it was written down, by whom
    (None: the command line). `before` and `after` are names and codes as people read them.
    """

    __tablename__ = "school_changes"
    __table_args__ = (Index("ix_school_changes_school_id_happened_on", "school_id", "happened_on"),)

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    happened_on: Mapped[date]
    kind: Mapped[ChangeKind]
    before: Mapped[str] = mapped_column(String(120), default="")
    after: Mapped[str] = mapped_column(String(120), default="")
    noted_at: Mapped[datetime]
    # No foreign key: people lie above schools (docs/architecture.md).
    noted_by: Mapped[UUID | None]


class SchoolClass(Versioned, Base):
    """行政班: the pupils that are taught together.

    `grade_no` counts from the first form, and is a code of the stored set; 0: before school.
    `stage` and `language_of_instruction` are codes of the stored sets of their kinds.
    """

    __tablename__ = "school_classes"
    __table_args__ = (
        UniqueConstraint("school_id", "stage", "entry_year", "name"),
        CheckConstraint("grade_no >= 0", name="grade_no"),
        CheckConstraint("pupil_count >= 0", name="pupil_count"),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"))
    name: Mapped[str] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(2))
    grade_no: Mapped[int]
    entry_year: Mapped[int]
    pupil_count: Mapped[int]
    language_of_instruction: Mapped[str] = mapped_column(String(8))
    closed_on: Mapped[date | None]

    school: Mapped[School] = relationship(lazy="raise")


def _is_line(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {LEAST_KBPS} AND {MOST_KBPS}", name=column)


class Classroom(Versioned, Base):
    """教室: where a lesson is given or received.

    `budget_down_kbps` and `budget_up_kbps`: the line as it was declared; None: not declared.
    `link_kind`: what the line is, a code of the stored set of that kind. `may_broadcast`: it is
    fitted out to give lessons, not only to receive them.
    """

    __tablename__ = "classrooms"
    __table_args__ = (
        _is_line("budget_down_kbps"),
        _is_line("budget_up_kbps"),
        UniqueConstraint("school_id", "name"),
    )

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    budget_down_kbps: Mapped[int | None]
    budget_up_kbps: Mapped[int | None]
    link_kind: Mapped[str | None] = mapped_column(String(16))
    seats: Mapped[int | None]
    cameras: Mapped[int] = mapped_column(default=1)
    displays: Mapped[int] = mapped_column(default=1)
    has_microphone_array: Mapped[bool] = mapped_column(default=False)
    may_broadcast: Mapped[bool] = mapped_column(default=False)

    school: Mapped[School] = relationship(lazy="raise")


class DeviceKind(StrEnum):
    """What a device is: a browser on a computer, a recorder with a browser in it, a camera."""

    BROWSER = "BROWSER"
    RECORDER = "RECORDER"
    CAMERA = "CAMERA"


class Device(Base):
    """终端: the computer of a classroom. It proves itself by a credential of its own."""

    __tablename__ = "devices"

    id: Mapped[Id]
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[DeviceKind] = mapped_column(default=DeviceKind.BROWSER)
    credential_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[DeviceState] = mapped_column(default=DeviceState.ENROLLED)
    enrolled_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(300), default="")

    classroom: Mapped[Classroom] = relationship(lazy="raise")


class Road(StrEnum):
    """The way media takes: straight over UDP or TCP, or through the relay; or none is open."""

    UDP = "udp"
    TCP = "tcp"
    TURN = "turn"
    NONE = "none"


class LineCheck(Base):
    """设备检测: what a browser last found of its line. Of a device, or of a person's account.

    `road` is the best one that was open. Open roads by name; None: there is no such road here.
    """

    __tablename__ = "line_checks"
    __table_args__ = (
        CheckConstraint("(device_id IS NULL) <> (account_id IS NULL)", name="one_holder"),
    )

    id: Mapped[Id]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("devices.id"), unique=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    checked_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    road: Mapped[str] = mapped_column(String(8))
    is_udp_open: Mapped[bool]
    is_tcp_open: Mapped[bool]
    is_turn_open: Mapped[bool | None]
    rtt_ms: Mapped[int | None]
    down_kbps: Mapped[int | None]
    up_kbps: Mapped[int | None]


class EnrolmentCode(Base):
    """A one-time code that makes a browser the device of a classroom."""

    __tablename__ = "enrolment_codes"

    id: Mapped[Id]
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    uses_left: Mapped[int] = mapped_column(default=1)
    # What the device is that will use it.
    device_kind: Mapped[DeviceKind] = mapped_column(default=DeviceKind.BROWSER)
