"""A live server on loopback with real WebSockets, and ports that keep what they were told."""

import asyncio
import contextlib
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from media.config import RecordingTarget
from media.core.ids import PeerId, RoomId, Source
from media.interface import (
    ForwardingPlan,
    LinkBudget,
    NegotiationRefused,
    OfferedTrack,
    SfuListener,
)
from signaling.config import LiveConfig
from signaling.endpoint import make_router
from signaling.hub import LiveHub
from signaling.messages import PROTOCOL, EndReason
from signaling.ports import Admission, Refused, RoomEvent, RoomSeed
from tests.signaling.live_rooms import admission, seed

BOUND_S = 5.0


class TicketOffice:
    """A RoomGate: a ticket is `<room>_<seat>_<number>`, good once; rooms are kept by name."""

    def __init__(self) -> None:
        self.rooms: dict[str, RoomSeed] = {}
        self.refusals: dict[str, Refused] = {}
        self.fault: Exception | None = None
        self.changes: dict[str, Any] = {}
        self.saved: Mapping[str, Mapping[str, JsonValue]] = {}
        self.loads = 0
        self.shut_out: set[str] = set()
        self.unknown: set[str] = set()
        self.asked: Counter[str] = Counter()
        self._used: set[str] = set()

    async def redeem(self, ticket: str) -> Admission:
        if self.fault is not None:
            raise self.fault
        self.asked[ticket] += 1
        if ticket in self.unknown:
            raise Refused("ticket_invalid", "This ticket is not known.")
        if ticket in self._used:
            raise Refused("ticket_used", "This ticket was used.")
        self._used.add(ticket)
        room_id, seat_id, _ = ticket.split("_")
        return admission(seat_id, room_id=room_id, **self.changes)

    async def readmit(self, admission: Admission) -> Admission:
        if self.fault is not None:
            raise self.fault
        if admission.seat_id in self.shut_out:
            raise Refused("ticket_invalid", "Shut out meanwhile.")
        return replace(admission, **self.changes)

    async def load_room(self, room_id: str) -> RoomSeed:
        self.loads += 1
        if refusal := self.refusals.get(room_id):
            raise refusal
        changes: dict[str, Any] = {
            "room_id": room_id,
            "epoch": self.loads,
            "saved_state": self.saved.get(room_id),
        }
        return seed(**changes)


class Notebook:
    """A RoomLedger that keeps everything, or is out of order while `fault` is set."""

    def __init__(self) -> None:
        self.events: dict[str, list[RoomEvent]] = {}
        self.saved: dict[str, Mapping[str, JsonValue]] = {}
        self.present: dict[str, tuple[tuple[str, ...], int]] = {}
        self.ended: dict[str, tuple[EndReason, str | None, int]] = {}
        self.fault: Exception | None = None
        self.refused = 0

    def _check(self) -> None:
        if self.fault is not None:
            self.refused += 1
            raise self.fault

    async def record(self, room_id: str, events: Sequence[RoomEvent]) -> None:
        self._check()
        self.events.setdefault(room_id, []).extend(events)

    async def save_state(self, room_id: str, state: Mapping[str, JsonValue]) -> None:
        self._check()
        # Through text, as a database would: what is saved must be JSON.
        self.saved[room_id] = json.loads(json.dumps(state))

    async def still_present(self, room_id: str, seat_ids: Sequence[str], clock_ms: int) -> None:
        self._check()
        self.present[room_id] = (tuple(seat_ids), clock_ms)

    async def lesson_ended(
        self, room_id: str, reason: EndReason, clock_ms: int, actor: str | None
    ) -> None:
        self._check()
        self.ended[room_id] = (reason, actor, len(self.events[room_id]))

    def state(self, room_id: str = "room") -> Mapping[str, JsonValue]:
        return self.saved.get(room_id, {"hands": None})

    def types(self, room_id: str = "room") -> list[str]:
        return [event.type.value for event in self.events.get(room_id, [])]


@dataclass
class MediaLog:
    """A SfuPort that negotiates nothing: it answers, and keeps what it was asked."""

    listener: SfuListener
    open: set[str] = field(default_factory=set)
    closed: list[str] = field(default_factory=list)
    plans: dict[str, ForwardingPlan] = field(default_factory=dict)
    budgets: dict[str, LinkBudget] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    targets: list[RecordingTarget] = field(default_factory=list)
    recording_fault: OSError | None = None
    publish_fault: Exception | None = None
    close_fault: Exception | None = None
    stands_still: bool = False

    def open_room(self, room_id: RoomId) -> None:
        assert room_id not in self.open
        self.open.add(room_id)

    async def close_room(self, room_id: RoomId) -> None:
        if self.close_fault is not None:
            raise self.close_fault
        self.open.remove(room_id)
        self.closed.append(room_id)

    async def _stand_still(self) -> None:
        while self.stands_still:
            await asyncio.sleep(0.001)

    def set_plan(self, room_id: RoomId, plan: ForwardingPlan) -> None:
        assert room_id in self.open
        self.plans[room_id] = plan

    def set_budget(self, room_id: RoomId, peer_id: PeerId, budget: LinkBudget) -> None:
        assert room_id in self.open
        self.budgets[peer_id] = budget

    async def publish(
        self, room_id: RoomId, peer_id: PeerId, *, offer: str, sources: Mapping[str, Source]
    ) -> str:
        self.calls.append(("publish", peer_id, offer, dict(sources)))
        await self._stand_still()
        if self.publish_fault is not None:
            raise self.publish_fault
        return f"answer to {offer}"

    def subscribe(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.calls.append(("subscribe", peer_id))
        self.offer(room_id, peer_id, 1)

    def restart_subscription(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.calls.append(("restart", peer_id))
        self.offer(room_id, peer_id, 1)

    def offer(self, room_id: str, peer_id: str, revision: int) -> None:
        tracks: tuple[OfferedTrack, ...] = ()
        self.listener.subscriber_offer(
            RoomId(room_id), PeerId(peer_id), revision=revision, sdp="offer", tracks=tracks
        )

    async def accept_answer(
        self, room_id: RoomId, peer_id: PeerId, *, revision: int, answer: str
    ) -> None:
        if revision != 1:
            raise NegotiationRefused("stale_answer", "This offer is not the newest.")
        self.calls.append(("answer", peer_id, revision, answer))

    async def remove_peer(self, room_id: RoomId, peer_id: PeerId) -> None:
        self.calls.append(("remove", peer_id))
        await self._stand_still()

    def start_recording(self, room_id: RoomId, target: RecordingTarget) -> None:
        if self.recording_fault is not None:
            raise self.recording_fault
        self.targets.append(target)

    async def stop_recording(self, room_id: RoomId) -> None:
        self.calls.append(("stop_recording", room_id))

    def counters(self, room_id: RoomId) -> dict[str, int]:
        return {}


class Client:
    """One seat's page, as far as messages go."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def send(self, type_: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(BOUND_S):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        self.seen.append(message)
        return message

    async def until(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Read until a message of this type with these fields comes."""
        while True:
            message = await self.next()
            if message["type"] == type_ and fields.items() <= message.items():
                return message

    async def until_seat(self, seat_id: str, **fields: Any) -> dict[str, Any]:
        """Read until a seat is told to be like this."""
        while True:
            seat: dict[str, Any] = (await self.until("seat_changed"))["seat"]
            if seat["seat_id"] == seat_id and fields.items() <= seat.items():
                return seat

    async def until_closed(self) -> tuple[int, str]:
        """Read to the end and return how the server closed."""
        with pytest.raises(ConnectionClosed) as closed:
            await self._read_on()
        frame = closed.value.rcvd
        assert frame is not None, "the server did not close, the connection broke"
        return frame.code, frame.reason

    async def _read_on(self) -> None:
        while True:
            await self.next()


class Server:
    """Everything of one running server."""

    def __init__(self, config: LiveConfig) -> None:
        self.gate = TicketOffice()
        self.ledger = Notebook()
        self.gate.saved = self.ledger.saved
        self.emptied = 0
        self.hub = LiveHub(
            gate=self.gate, ledger=self.ledger, config=config, when_empty=self._emptied
        )
        self.sfu = MediaLog(self.hub)
        self.port = 0
        self._numbers = iter(range(10_000))

    def _emptied(self) -> None:
        self.emptied += 1

    def ticket(self, seat_id: str, *, room: str = "room") -> str:
        return f"{room}_{seat_id}_{next(self._numbers)}"

    @contextlib.asynccontextmanager
    async def dial(
        self,
        *words: str,
        origin: str | None = "own",
        receive_buffer: int | None = None,
    ) -> AsyncIterator[Client]:
        """Open a socket with these subprotocols."""
        own = f"http://127.0.0.1:{self.port}"
        raw = _tcp_socket()
        if receive_buffer is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self.port))
        async with connect(
            f"ws://127.0.0.1:{self.port}/api/live",
            subprotocols=[Subprotocol(word) for word in words] or None,
            origin=Origin(own if origin == "own" else origin) if origin else None,
            sock=raw,
            proxy=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None if receive_buffer is None else 1,
            max_size=None,
        ) as connection:
            yield Client(connection)

    @contextlib.asynccontextmanager
    async def client(self, seat_id: str, *, room: str = "room") -> AsyncIterator[Client]:
        """Enter as this seat and read the first `room_state`."""
        async with self.dial(PROTOCOL, f"ticket.{self.ticket(seat_id, room=room)}") as client:
            await client.until("room_state")
            yield client

    async def eventually(self, condition: Callable[[], object]) -> None:
        """Wait, with a bound, until the server has come to this."""
        async with asyncio.timeout(BOUND_S):
            while not condition():
                await asyncio.sleep(0.005)


def _tcp_socket() -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each second
    # message waits 40 ms for a delayed acknowledgement.
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        # uvicorn looks ten times a second whether it is to stop; a test need not wait for that.
        self.stopping = asyncio.Event()
        await self.stopping.wait()


@contextlib.asynccontextmanager
async def running_server(
    config: LiveConfig | None = None, **router_options: Any
) -> AsyncIterator[Server]:
    """Run the live route in uvicorn on a loopback port of the system's choice."""
    server = Server(config or LiveConfig())
    app = FastAPI()
    app.include_router(make_router(server.hub, **router_options))
    listening = _tcp_socket()
    # Small, so that a client that does not read is felt before megabytes; not so small that
    # senders wait for delayed acknowledgements.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    listening.bind(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    web = _QuietServer(uvicorn.Config(app, lifespan="off", log_level="error", access_log=False))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(web.serve(sockets=[listening]))
        await server.eventually(lambda: web.started)
        try:
            async with server.hub.running(server.sfu):
                yield server
        finally:
            web.stopping.set()
            await serving
    listening.close()
