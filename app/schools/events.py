"""What schools tell the slices above."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """A device may no longer be used: whatever it holds open is to be closed now."""

    device_id: UUID


@dataclass(frozen=True, slots=True)
class LineDeclared:
    """A classroom's line was declared anew: a lesson under way is to keep to it."""

    classroom_id: UUID
    down_kbps: int | None
    up_kbps: int | None
