"""What the pages get of schools, classrooms and devices."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schools.models import (
    LEAST_KBPS,
    MOST_KBPS,
    Classroom,
    Device,
    DeviceState,
    LineCheck,
    Road,
)
from app.schools.room_tests import RoomTestOut


class Named(BaseModel):
    """Something with an id and a name."""

    id: UUID
    name: str


class DeviceOut(BaseModel):
    """A device as its administrator sees it."""

    id: UUID
    name: str
    state: DeviceState
    last_seen_at: datetime | None
    enrolled_at: datetime

    @classmethod
    def of(cls, device: Device) -> "DeviceOut":
        """Describe a device."""
        return cls.model_validate(device, from_attributes=True)


# Strict: neither a word nor a truth value passes for a figure.
Kbps = Annotated[int, Field(ge=LEAST_KBPS, le=MOST_KBPS, strict=True)]


class LineIn(BaseModel):
    """What a classroom's line is declared to carry, in kbit/s; null: not declared."""

    model_config = ConfigDict(extra="forbid")

    budget_down_kbps: Kbps | None
    budget_up_kbps: Kbps | None


class LineOut(BaseModel):
    """What a classroom's line is declared to carry, in kbit/s; null: not declared."""

    budget_down_kbps: int | None
    budget_up_kbps: int | None


class LineCheckOut(BaseModel):
    """What a device check found: the road media takes, the others, the delay, the rates."""

    checked_at: datetime
    road: Road
    is_udp_open: bool
    is_tcp_open: bool
    is_turn_open: bool | None
    rtt_ms: int | None
    down_kbps: int | None
    up_kbps: int | None

    @classmethod
    def of(cls, check: LineCheck) -> "LineCheckOut":
        """Describe a check."""
        return cls.model_validate(check, from_attributes=True)


class ClassroomOut(LineOut):
    """A classroom with its devices. `school` and `region` are names.

    `checked`: the newest check of its line, `room_test` the newest test of its sound; None:
    there has been none.
    """

    id: UUID
    name: str
    school: str
    region: str
    category: str
    devices: list[DeviceOut]
    checked: LineCheckOut | None
    room_test: RoomTestOut | None

    @classmethod
    def of(
        cls,
        classroom: Classroom,
        devices: list[Device],
        check: LineCheck | None,
        room_test: RoomTestOut | None,
    ) -> "ClassroomOut":
        """Describe a classroom whose school and region are loaded."""
        return cls(
            id=classroom.id,
            name=classroom.name,
            school=classroom.school.name,
            region=classroom.school.region.name,
            category=classroom.school.category,
            budget_down_kbps=classroom.budget_down_kbps,
            budget_up_kbps=classroom.budget_up_kbps,
            devices=[DeviceOut.of(device) for device in devices],
            checked=None if check is None else LineCheckOut.of(check),
            room_test=room_test,
        )


class ClassroomList(BaseModel):
    """All classrooms in the caller's scope."""

    items: list[ClassroomOut]


class IssuedCode(BaseModel):
    """An enrolment code, shown once."""

    code: str
    expires_at: datetime
