"""What accounts tell the slices above."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AccountDisabled:
    """An account may no longer be used: whatever it holds open is to be closed now."""

    account_id: UUID
