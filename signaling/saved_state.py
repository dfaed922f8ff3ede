"""What of a room survives a restart, as JSON: a lesson goes on as it was."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from signaling.messages import ChatLine, MediaSource, Permissions, QuickMessage, Role


class SavedPart(BaseModel):
    """What the parts share: they are read back as strictly as a message."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SavedSeat(SavedPart):
    """What a seat keeps. `has_come` tells a seat that is away from one not yet seen.

    `is_saving` is missing in what version 0.1 saved.
    """

    seat_id: str
    role: Role
    name: str
    school: str
    may_record_video: bool
    has_come: bool
    is_blocked: bool
    account_id: str | None
    device_id: str | None
    away_since_ms: int | None
    override: Permissions | None
    hand_raised_at_ms: int | None
    headcount: int | None
    muted: tuple[MediaSource, ...]
    is_saving: bool = False


class SavedRoom(SavedPart):
    """A room without its connections and its media.

    `quick_messages` is missing in what version 0.1 saved.
    """

    version: Literal[1] = 1
    is_paused: bool
    class_permissions: Permissions
    stage: tuple[str, ...]
    stage_limit: int
    hands: tuple[str, ...]
    seats: tuple[SavedSeat, ...]
    chat: tuple[ChatLine, ...]
    quick_messages: tuple[QuickMessage, ...] = ()


def to_json(saved: SavedRoom) -> dict[str, JsonValue]:
    """Return what the ledger keeps."""
    state: dict[str, JsonValue] = saved.model_dump(mode="json")
    return state


def from_json(state: Mapping[str, JsonValue]) -> SavedRoom:
    """Read it back. A state that does not validate raises a ValueError.

    To go on without it would undo a pause or a block that the lecturer believes in.
    """
    return SavedRoom.model_validate(state)
