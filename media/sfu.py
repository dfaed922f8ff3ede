"""`Sfu`: the one class of the media plane that signalling sees."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from media.config import RecordingTarget, SfuConfig
from media.core.ids import PeerId, RoomId, Source
from media.driver import RoomDriver
from media.interface import ForwardingPlan, LinkBudget, NegotiationRefused, SfuListener
from media.planes import new_plane
from media.transport import Certificate

log = logging.getLogger(__name__)


class Sfu:
    """All rooms of one node, on one UDP port. Implements `media.interface.SfuPort`.

    `start` before anything else, on the event loop that will run it; `close` at the end.
    """

    def __init__(self, config: SfuConfig, listener: SfuListener) -> None:
        self._config = config
        self._listener = listener
        self._rooms: dict[RoomId, RoomDriver] = {}
        self._plane = new_plane(config)
        self._certificate = Certificate()
        self._closing = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._supervisor: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bind the UDP port. Raise OSError if it is taken."""
        self._plane.open()
        started = asyncio.Event()
        # The group that owns every task of this plane needs a task of its own to live in.
        self._supervisor = asyncio.get_running_loop().create_task(self._supervise(started))
        await started.wait()

    async def _supervise(self, started: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            started.set()
            await self._closing.wait()

    async def close(self) -> None:
        """Close every room, end every task, release the port."""
        for room_id in list(self._rooms):
            await self.close_room(room_id)
        self._closing.set()
        if self._supervisor is not None:
            await self._supervisor
        self._plane.close()

    @property
    def port(self) -> int:
        """Return the UDP port in use."""
        return self._plane.port

    @property
    def data_plane(self) -> str:
        """Return the name of the data plane in use: reference or native."""
        return self._plane.name

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None, "the Sfu is started"
        self._tasks.create_task(_alone(work))

    def _room(self, room_id: RoomId) -> RoomDriver:
        room = self._rooms.get(room_id)
        if room is None:
            raise NegotiationRefused("no_such_peer", "the room is not open")
        return room

    # -- SfuPort -----------------------------------------------------------------------

    def open_room(self, room_id: RoomId) -> None:
        """See SfuPort."""
        if room_id in self._rooms:
            raise ValueError(f"room {room_id} is open already")
        self._rooms[room_id] = RoomDriver(
            room_id,
            config=self._config,
            listener=self._listener,
            plane=self._plane,
            certificate=self._certificate,
            spawn=self._spawn,
        )

    async def close_room(self, room_id: RoomId) -> None:
        """See SfuPort."""
        room = self._rooms.pop(room_id, None)
        if room is not None:
            await room.close()

    def set_plan(self, room_id: RoomId, plan: ForwardingPlan) -> None:
        """See SfuPort."""
        self._room(room_id).set_plan(plan)

    def set_budget(self, room_id: RoomId, peer_id: PeerId, budget: LinkBudget) -> None:
        """See SfuPort."""
        self._room(room_id).set_budget(peer_id, budget)

    async def publish(
        self, room_id: RoomId, peer_id: PeerId, *, offer: str, sources: Mapping[str, Source]
    ) -> str:
        """See SfuPort."""
        return self._room(room_id).publish(peer_id, offer, sources)

    def subscribe(self, room_id: RoomId, peer_id: PeerId) -> None:
        """See SfuPort."""
        self._room(room_id).subscribe(peer_id)

    def restart_subscription(self, room_id: RoomId, peer_id: PeerId) -> None:
        """See SfuPort."""
        self._room(room_id).restart_subscription(peer_id)

    async def accept_answer(
        self, room_id: RoomId, peer_id: PeerId, *, revision: int, answer: str
    ) -> None:
        """See SfuPort."""
        self._room(room_id).accept_answer(peer_id, revision, answer)

    async def remove_peer(self, room_id: RoomId, peer_id: PeerId) -> None:
        """See SfuPort."""
        await self._room(room_id).remove_peer(peer_id)

    def start_recording(self, room_id: RoomId, target: RecordingTarget) -> None:
        """See SfuPort."""
        self._room(room_id).start_recording(target)

    async def stop_recording(self, room_id: RoomId) -> None:
        """See SfuPort."""
        await self._room(room_id).stop_recording()

    def counters(self, room_id: RoomId) -> dict[str, int]:
        """See SfuPort."""
        return self._room(room_id).counters()

    def open_rooms(self) -> tuple[RoomId, ...]:
        """Return the rooms that are open on this node."""
        return tuple(self._rooms)


async def _alone(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` so that a bug in it ends nothing else; it is logged."""
    try:
        await work
    except Exception:
        log.exception("A task of the media plane met an error.")
