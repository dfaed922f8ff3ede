"""One room's way into the media plane: what was asked for, in its order, beside the rules."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, assert_never

from media.core.ids import PeerId, RoomId, Source
from media.interface import NegotiationRefused, SfuPort
from signaling.connection import Connection, answer
from signaling.effects import AcceptAnswer, AcceptOffer, OpenSubscription, RemoveMedia
from signaling.errors import ErrorCode
from signaling.messages import Done, Error, MediaSource, PublishAnswer

logger = logging.getLogger(__name__)

# Every seat may ask for ten at once: this is all of a large room's seats at the same moment.
MAX_WAITING: Final = 1024

Negotiation = AcceptOffer | OpenSubscription | AcceptAnswer
Published = Callable[[str, tuple[MediaSource, ...]], None]


class Negotiator:
    """Carry offers and answers to the media plane and its words back to their seats.

    `holder` names the connection that holds a seat now; what a connection asked for is not
    begun any more once it has lost its seat.
    """

    def __init__(
        self,
        room_id: RoomId,
        sfu: SfuPort,
        *,
        timeout_s: float,
        holder: Callable[[str], Connection | None],
    ) -> None:
        self._room_id = room_id
        self._sfu = sfu
        self._timeout_s = timeout_s
        self._holder = holder
        self._waiting: asyncio.Queue[tuple[Negotiation, Connection] | RemoveMedia]
        self._waiting = asyncio.Queue()
        self._subscribed: dict[str, Connection] = {}

    def negotiate(self, job: Negotiation, connection: Connection) -> None:
        """Do this for a connection; when too much waits already, refuse it at once."""
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put_nowait((job, connection))
        else:
            answer(connection, _unavailable(job.ref))

    def remove(self, job: RemoveMedia) -> None:
        """Close a seat's media, after what was asked for before."""
        self._waiting.put_nowait(job)

    def is_subscribed(self, seat_id: str) -> bool:
        """Return whether the connection that holds the seat now has asked to receive."""
        holder = self._holder(seat_id)
        return holder is not None and self._subscribed.get(seat_id) is holder

    async def run(self, published: Published) -> None:
        """Work until cancelled; an exception means that the media plane broke its contract.

        `published` is told which sources an accepted offer carries. It is the room's own: kept
        longer than this runs, it would hold the room that holds this.
        """
        while True:
            job = await self._waiting.get()
            if isinstance(job, RemoveMedia):
                async with asyncio.timeout(self._timeout_s):
                    await self._sfu.remove_peer(self._room_id, PeerId(job.seat_id))
            else:
                await self._try(*job, published)

    async def _try(self, job: Negotiation, connection: Connection, published: Published) -> None:
        if self._holder(job.seat_id) is not connection:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._negotiate(job, connection, published)
        except NegotiationRefused as refusal:
            answer(connection, Error(ref=job.ref, code=refusal.code, detail=refusal.detail))
        except TimeoutError:
            logger.warning("A negotiation took too long", extra={"room_id": self._room_id})
            answer(connection, _unavailable(job.ref))

    async def _negotiate(
        self, job: Negotiation, connection: Connection, published: Published
    ) -> None:
        room_id, peer_id = self._room_id, PeerId(job.seat_id)
        match job:
            case AcceptOffer():
                sources = {mid: Source(source) for mid, source in job.sources.items()}
                sdp = await self._sfu.publish(room_id, peer_id, offer=job.sdp, sources=sources)
                published(job.seat_id, tuple(job.sources.values()))
                answer(connection, PublishAnswer(ref=job.ref, sdp=sdp))
                return
            case OpenSubscription():
                # First, because the offer may come from within the call.
                self._subscribed[job.seat_id] = connection
                if job.is_restart:
                    self._sfu.restart_subscription(room_id, peer_id)
                else:
                    self._sfu.subscribe(room_id, peer_id)
            case AcceptAnswer():
                await self._sfu.accept_answer(
                    room_id, peer_id, revision=job.revision, answer=job.sdp
                )
            case _:
                assert_never(job)
        if job.ref is not None:
            answer(connection, Done(ref=job.ref))


def _unavailable(ref: int | None) -> Error:
    return Error(ref=ref, code=ErrorCode.UNAVAILABLE, detail="The media plane is busy.")
