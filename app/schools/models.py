"""Tables of regions, schools, classrooms and devices."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Id

TEACHING_POINT = "218"  # 小学教学点 in the ministry's table of school categories

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


class Region(Base):
    """行政区划: a province, city, county or township, with its statistical code."""

    __tablename__ = "regions"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id"), index=True)


class School(Base):
    """学校, or 教学点: a school of category 218 with its parent (中心校)."""

    __tablename__ = "schools"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(3))
    moe_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("schools.id"), index=True)
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    may_record_pupils: Mapped[bool] = mapped_column(default=True)

    region: Mapped[Region] = relationship(lazy="raise")
    parent: Mapped["School | None"] = relationship(lazy="raise", remote_side="School.id")

    @property
    def is_teaching_point(self) -> bool:
        """Return whether this is a 教学点."""
        return self.category == TEACHING_POINT


def _is_line(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {LEAST_KBPS} AND {MOST_KBPS}", name=column)


class Classroom(Base):
    """教室: where a lesson is given or received.

    `budget_down_kbps` and `budget_up_kbps`: the line as it was declared; None: not declared.
    """

    __tablename__ = "classrooms"
    __table_args__ = (_is_line("budget_down_kbps"), _is_line("budget_up_kbps"))

    id: Mapped[Id]
    school_id: Mapped[UUID] = mapped_column(ForeignKey("schools.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    budget_down_kbps: Mapped[int | None]
    budget_up_kbps: Mapped[int | None]

    school: Mapped[School] = relationship(lazy="raise")


class Device(Base):
    """终端: the computer of a classroom. It proves itself by a credential of its own."""

    __tablename__ = "devices"

    id: Mapped[Id]
    classroom_id: Mapped[UUID] = mapped_column(ForeignKey("classrooms.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
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
