"""What the routes of this slice ask of the running live plane (`app.live.plane.LivePlane`)."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request

from app.live.check import CheckRooms
from app.live.turn import TurnRelay
from signaling.messages import EndReason
from signaling.ports import RoomSummary


class Live(Protocol):
    """The live rooms of this process."""

    checks: CheckRooms
    relay: TurnRelay

    def media_port(self) -> tuple[int, tuple[str, ...]]:
        """Return the port of media, UDP and TCP alike, and the addresses it is told to be at."""

    def summary(self, session_id: UUID) -> RoomSummary | None:
        """Return the open room of a session at a glance."""

    async def end_session(
        self, session_id: UUID, *, reason: EndReason, clock_ms: int, actor: str, now: datetime
    ) -> None:
        """End a lesson for everybody and return when it is over in the records."""


def _live_of(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


LiveRooms = Annotated[Live, Depends(_live_of)]
