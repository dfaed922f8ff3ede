"""What the attendance slice announces after a commit."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A lesson is over and its attendance is weighed."""

    session_id: UUID
