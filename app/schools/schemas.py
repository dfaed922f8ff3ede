"""What the pages get of schools, classrooms and devices."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.schools.models import Classroom, Device, DeviceState


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


class ClassroomOut(BaseModel):
    """A classroom with its devices. `school` and `region` are names."""

    id: UUID
    name: str
    school: str
    region: str
    category: str
    devices: list[DeviceOut]

    @classmethod
    def of(cls, classroom: Classroom, devices: list[Device]) -> "ClassroomOut":
        """Describe a classroom whose school and region are loaded."""
        return cls(
            id=classroom.id,
            name=classroom.name,
            school=classroom.school.name,
            region=classroom.school.region.name,
            category=classroom.school.category,
            devices=[DeviceOut.of(device) for device in devices],
        )


class ClassroomList(BaseModel):
    """All classrooms in the caller's scope."""

    items: list[ClassroomOut]


class IssuedCode(BaseModel):
    """An enrolment code, shown once."""

    code: str
    expires_at: datetime
