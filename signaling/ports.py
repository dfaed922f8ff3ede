"""What signalling asks of the application, and what it tells it. `app.live` implements it.

Signalling knows seats, not schools: the application says who sits where (`Admission`),
what the room is (`RoomSeed`), and keeps what happened (`RoomLedger`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from media.recorder.places import SecondPlace
from signaling.messages import (
    EndReason,
    LessonInfo,
    Permissions,
    RecordingLight,
    Role,
    Seat,
)


class EventType(StrEnum):
    """What can happen in a lesson. The names are kept for ever: evidence is made of them."""

    LESSON_STARTED = "lesson_started"
    LESSON_ENDED = "lesson_ended"
    SEAT_JOINED = "seat_joined"
    SEAT_LEFT = "seat_left"
    HAND_RAISED = "hand_raised"
    HAND_LOWERED = "hand_lowered"
    STAGE_GRANTED = "stage_granted"
    STAGE_RELEASED = "stage_released"
    PERMISSIONS_SET = "permissions_set"
    PAUSED_ALL = "paused_all"
    RESTORED_ALL = "restored_all"
    MUTED = "muted"
    CHAT = "chat"
    QUICK_MESSAGE = "quick_message"
    HEADCOUNT = "headcount"
    SAVING_SET = "saving_set"
    EJECTED = "ejected"
    UNBLOCKED = "unblocked"
    INCIDENT = "incident"
    LINK_CHANGED = "link_changed"
    LINK_SUMMARY = "link_summary"
    RECEPTION = "reception"
    ECHO_DETECTED = "echo_detected"
    ECHO_CLEARED = "echo_cleared"
    TRACK_STARTED = "track_started"
    TRACK_STOPPED = "track_stopped"
    RECORDING_STARTED = "recording_started"
    RECORDING_FAILED = "recording_failed"
    RECORDING_RECOVERED = "recording_recovered"
    RECORDING_STOPPED = "recording_stopped"


@dataclass(frozen=True, slots=True)
class RoomEvent:
    """Something that happened, on the lesson clock.

    `seat_id` is whom it is about, `actor` the seat that did it (None: the server).
    """

    type: EventType
    clock_ms: int
    seat_id: str | None = None
    actor: str | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who holds a ticket, and as what they may enter.

    `seat_id` is the same each time the same site, lecturer or supervisor comes. At most
    one connection holds a seat; a newer one replaces the older. The budgets are what the
    site's line was declared to carry; None: not declared.
    """

    room_id: str
    seat_id: str
    role: Role
    name: str
    school: str
    account_id: str | None
    device_id: str | None
    budget_down_kbps: int | None = None
    budget_up_kbps: int | None = None


@dataclass(frozen=True, slots=True)
class ExpectedSeat:
    """A seat that was invited, shown as away until it comes."""

    seat_id: str
    role: Role
    name: str
    school: str
    may_record_video: bool = True


@dataclass(frozen=True, slots=True)
class RoomSeed:
    """All that is needed to open a room, for the first time or after a restart.

    `elapsed_s` is the lesson clock at the moment of loading, and `zero_at` what time it was when
    it stood at 0, where that is known. `saved_state` is what
    `RoomLedger.save_state` was last given, or None. `epoch` grows with every opening.
    """

    room_id: str
    lesson: LessonInfo
    seats: tuple[ExpectedSeat, ...]
    elapsed_s: float
    epoch: int
    recording_folder: Path | None
    # Where the recording goes when the folder's disk does not take it.
    second_place: SecondPlace | None = field(default=None, kw_only=True)
    # What the recording's epoch is to say of itself.
    recording_metadata: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    zero_at: datetime | None = None
    stage_limit: int = 1
    class_permissions: Permissions | None = None
    saved_state: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """An open room at a glance, for the application's status pages."""

    room_id: str
    clock_ms: int
    is_paused: bool
    stage: tuple[str, ...]
    hands: tuple[str, ...]
    seats: tuple[Seat, ...]
    recording: RecordingLight


@dataclass(frozen=True, slots=True)
class Holders:
    """With which accounts and devices seats are held at this moment."""

    account_ids: frozenset[str]
    device_ids: frozenset[str]


class Refused(Exception):
    """The application says no. `code` is for the client, `detail` a sentence for people.

    Codes: `ticket_invalid`, `ticket_used`, `ticket_expired`, `lesson_not_open`, `lesson_over`,
    `not_invited`, `blocked`, `no_such_room`; `unavailable`: not now.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class LedgerAway(Exception):
    """The ledger cannot be reached now; nothing is wrong with what it was given."""


class RoomGate(Protocol):
    """Who may enter as what."""

    async def redeem(self, ticket: str) -> Admission:
        """Use up a ticket. Raise Refused when it is unknown, used, or older than 30 s."""

    async def readmit(self, admission: Admission) -> Admission:
        """Return what is true now of one who was admitted before. Raise Refused if nothing is.

        Account or device may have been shut out since, the lesson be over, the names be others.
        """

    async def load_room(self, room_id: str) -> RoomSeed:
        """Return what the room is made of. Raise Refused when its lesson is not live."""


class RoomLedger(Protocol):
    """What happened, kept. Calls of one room come one after another, in order.

    Each method is durable when it returns; if it raises, signalling retries with back-off
    and keeps the order, while the lesson goes on. LedgerAway and OSError say that the ledger
    is out of order, for however long. Anything else may be the fault of what was given: an
    event that fails so again and again is left out, so that those behind it are written.
    """

    async def record(self, room_id: str, events: Sequence[RoomEvent]) -> None:
        """Append events. Joins and leaves among them make the attendance."""

    async def save_state(self, room_id: str, state: Mapping[str, JsonValue]) -> None:
        """Keep what must survive a restart: pause, permissions, stage, mutes, blocks."""

    async def still_present(self, room_id: str, seat_ids: Sequence[str], clock_ms: int) -> None:
        """Say every 2 s who is here, so that a crash costs nobody what they had earned."""

    async def lesson_ended(
        self, room_id: str, reason: EndReason, clock_ms: int, actor: str | None
    ) -> None:
        """Close the lesson in the records: states, attendance, recording."""
