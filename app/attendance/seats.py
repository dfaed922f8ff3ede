"""The names of seats: the same each time the same lecturer, site or supervisor comes.

They are written into events and into recordings, so they never change their meaning.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

HUB = "hub"
_SITE, _SUPERVISOR = "site-", "sup-"


class SeatRole(StrEnum):
    """What a seat is; the same words as `signaling.messages.Role`."""

    LECTURER = "lecturer"
    CLASSROOM = "classroom"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class SeatName:
    """A seat id taken apart. `of` is the lesson site's or the person's id; the hub has none."""

    role: SeatRole
    of: UUID | None

    @property
    def of_site(self) -> UUID | None:
        """Return the lesson site's id, if it is a classroom's seat."""
        return self.of if self.role is SeatRole.CLASSROOM else None


def site_seat(lesson_site_id: UUID) -> str:
    """Return the seat of a classroom invited to a lesson."""
    return _SITE + lesson_site_id.hex


def supervisor_seat(person_id: UUID) -> str:
    """Return the seat of a person who looks in (巡课)."""
    return _SUPERVISOR + person_id.hex


def read_seat(seat_id: str) -> SeatName:
    """Take a seat id apart. Raise ValueError when it is none."""
    if seat_id == HUB:
        return SeatName(SeatRole.LECTURER, None)
    if seat_id.startswith(_SITE):
        return SeatName(SeatRole.CLASSROOM, UUID(hex=seat_id.removeprefix(_SITE)))
    if seat_id.startswith(_SUPERVISOR):
        return SeatName(SeatRole.SUPERVISOR, UUID(hex=seat_id.removeprefix(_SUPERVISOR)))
    raise ValueError("This is not the id of a seat.")
