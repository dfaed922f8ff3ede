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
    DeviceKind,
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
    kind: DeviceKind
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
    there has been none. `link_kind` is a code of kind LINK, None: nobody has said.
    """

    id: UUID
    name: str
    school_id: UUID
    school: str
    region: str
    category: str
    link_kind: str | None
    seats: int | None
    cameras: int
    displays: int
    has_microphone_array: bool
    may_broadcast: bool
    version: int
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
            school_id=classroom.school_id,
            school=classroom.school.name,
            region=classroom.school.region.name,
            category=classroom.school.category,
            link_kind=classroom.link_kind,
            seats=classroom.seats,
            cameras=classroom.cameras,
            displays=classroom.displays,
            has_microphone_array=classroom.has_microphone_array,
            may_broadcast=classroom.may_broadcast,
            version=classroom.version,
            budget_down_kbps=classroom.budget_down_kbps,
            budget_up_kbps=classroom.budget_up_kbps,
            devices=[DeviceOut.of(device) for device in devices],
            checked=None if check is None else LineCheckOut.of(check),
            room_test=room_test,
        )


class IssuedCode(BaseModel):
    """An enrolment code, shown once."""

    code: str
    expires_at: datetime
