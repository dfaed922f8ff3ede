"""What schools tell the slices above."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeviceRevoked:
    """A device may no longer be used: whatever it holds open is to be closed now."""

    device_id: UUID
