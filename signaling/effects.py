"""What a room asks of the world, in order. The room decides, `signaling.runner` carries out.

Facts inside `Tell` have `seq` 0: each connection counts its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from media.interface import ForwardingPlan, LinkBudget
from signaling.errors import CloseCode
from signaling.messages import AnyServerMessage, EndReason, MediaSource
from signaling.ports import RoomEvent


@dataclass(frozen=True, slots=True)
class Tell:
    """Send this message to these seats' connections."""

    seat_ids: tuple[str, ...]
    message: AnyServerMessage


@dataclass(frozen=True, slots=True)
class Admit:
    """From here on the seat's connection is the one that asked to enter."""

    seat_id: str


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close the seat's connection after what was told before."""

    seat_id: str
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Write this event into the ledger."""

    event: RoomEvent


@dataclass(frozen=True, slots=True)
class ApplyPlan:
    """Make this the forwarding truth, before anything that follows."""

    plan: ForwardingPlan


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Tell the media plane what the seat's line is declared to carry."""

    seat_id: str
    budget: LinkBudget


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Give a publisher's offer to the media plane and the answer to the seat."""

    seat_id: str
    ref: int | None
    sdp: str
    sources: Mapping[str, MediaSource]


@dataclass(frozen=True, slots=True)
class OpenSubscription:
    """Create the seat's subscribing connection, or restart its ICE; offers follow."""

    seat_id: str
    ref: int | None
    is_restart: bool


@dataclass(frozen=True, slots=True)
class AcceptAnswer:
    """Give a subscriber's answer to the media plane."""

    seat_id: str
    ref: int | None
    revision: int
    sdp: str


@dataclass(frozen=True, slots=True)
class RemoveMedia:
    """Close both of the seat's peer connections."""

    seat_id: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record from now on; `offset_s` is the lesson clock at this moment."""

    offset_s: float


@dataclass(frozen=True, slots=True)
class SaveState:
    """Keep this for a restart; a later one replaces it."""

    state: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ReportPresence:
    """Say who is here, so that a crash costs nobody what they had earned."""

    seat_ids: Sequence[str]
    clock_ms: int


@dataclass(frozen=True, slots=True)
class FinishLesson:
    """The lesson is over: nothing is forwarded after this, and the room is closed."""

    reason: EndReason
    clock_ms: int
    actor: str | None


Effect = (
    Admit
    | Tell
    | Disconnect
    | Note
    | ApplyPlan
    | SetBudget
    | AcceptOffer
    | OpenSubscription
    | AcceptAnswer
    | RemoveMedia
    | StartRecording
    | SaveState
    | ReportPresence
    | FinishLesson
)
Effects = tuple[Effect, ...]
