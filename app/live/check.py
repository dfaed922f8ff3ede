"""The device check before class: a room of one, that nobody else can enter, for 20 seconds.

It is a real room of the media plane with an empty plan: what is sent is counted and dropped,
but ICE, DTLS and the congestion feedback are those of a lesson, so the page measures the
road the lesson will take.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from app.live.errors import CheckBusy, CheckRefused
from media.core.ids import PeerId, RoomId, Source
from media.interface import NegotiationRefused, SfuPort

LIFETIME_S = 20.0
MOST_ROOMS = 60
ROOM_PREFIX = "check:"
_PEER = PeerId("check")


class CheckRooms:
    """Opens check rooms and closes them; a caller has one at a time, of each road it tries."""

    def __init__(self, *, lifetime_s: float = LIFETIME_S) -> None:
        self._lifetime_s = lifetime_s
        self._sfu: SfuPort | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._rooms: dict[str, tuple[RoomId, asyncio.Task[None]]] = {}
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def running(self, sfu: SfuPort) -> AsyncIterator[None]:
        """Serve checks until the block is left; what is open then is closed."""
        async with asyncio.TaskGroup() as tasks:
            self._sfu, self._tasks = sfu, tasks
            try:
                yield
            finally:
                self._tasks = None
                for caller in list(self._rooms):
                    await self._close(caller, sfu)

    async def answer(self, caller: str, *, sdp: str, sources: Mapping[str, Source]) -> str:
        """Accept an offer into a new room of `caller` and return the answer.

        An earlier room of the caller is closed. Raise CheckRefused, CheckBusy.
        """
        sfu, tasks = self._sfu, self._tasks
        if sfu is None or tasks is None:
            raise CheckBusy("The server is not ready.", retry_after_s=5)
        async with self._one_at_a_time:
            await self._close(caller, sfu)
            if len(self._rooms) >= MOST_ROOMS:
                raise CheckBusy("Try again in a moment.", retry_after_s=int(self._lifetime_s))
            room_id = RoomId(ROOM_PREFIX + secrets.token_hex(8))
            sfu.open_room(room_id)
            expiry = tasks.create_task(self._expire(caller, room_id, sfu))
            self._rooms[caller] = (room_id, expiry)
            try:
                return await sfu.publish(room_id, _PEER, offer=sdp, sources=sources)
            except NegotiationRefused as refused:
                await self._close(caller, sfu)
                raise CheckRefused(refused.detail, code=refused.code) from None

    async def _expire(self, caller: str, room_id: RoomId, sfu: SfuPort) -> None:
        await asyncio.sleep(self._lifetime_s)
        if self._rooms[caller][0] == room_id:
            del self._rooms[caller]
            await sfu.close_room(room_id)

    async def _close(self, caller: str, sfu: SfuPort) -> None:
        if caller in self._rooms:
            room_id, expiry = self._rooms.pop(caller)
            expiry.cancel()
            await sfu.close_room(room_id)
