"""A seat of a lesson at the far end of an impaired line: HTTP, WebSocket, two connections.

It behaves as the page does: it reconnects without end, goes on with its media where the server
still has it and builds it anew where not, and rebuilds a receiving connection on which nothing
has come for a while. It has no screen: what came is in its traces.
"""

import asyncio
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from bench.impair.access import OPEN_S, Access, Refused, Requests
from bench.impair.receiving import Receiving, SeatTrack
from bench.impair.trace import Trace, wall_s
from bench.peer import ALL_CODECS, LightPeer, PeerFailed
from signaling.messages import PROTOCOL

MICROPHONE_MID, CAMERA_MID = "0", "1"
SOURCES = {MICROPHONE_MID: "microphone", CAMERA_MID: "camera"}
_PING_S = 1.5
# As the page: so long without a word, or without an answer to its pings.
_SILENT_AFTER_S, _UNANSWERED_AFTER_S = 5.0, 6.0
_SILENT = 4408
_RETRY_S = (0.3, 0.6, 1.0)
_ENDED = "lesson ended"
# As the page: a socket for coming back may take this, and four round trips; then the next.
_RETURN_S, _RETURN_ROUND_TRIPS = 1.0, 4

_SESSION_ID = re.compile(r"^o=\S+ (\S+)", re.MULTILINE)

Message = dict[str, Any]  # JSON


class _Broken(Exception):
    """The connection is of no use any more."""


def _first_of(group: BaseExceptionGroup[Exception]) -> Exception:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


@dataclass(slots=True)
class Happening:
    """Something the seat met, with the wall time."""

    at_s: float
    what: str


class LightSeat:
    """Call `hold` in a task: it keeps the seat until it is cancelled."""

    def __init__(
        self,
        access: Access,
        *,
        rids: Sequence[str] = (),
        on_keyframe_request: Callable[[str], None] | None = None,
    ) -> None:
        self._access = access
        self._rids = tuple(rids)
        self._on_keyframe_request = on_keyframe_request
        self.happenings: list[Happening] = []
        self.room: Message = {}
        self.counts: Counter[str] = Counter()
        self.publisher: LightPeer | None = None
        self.receiving = Receiving(access.host, self.counts)
        self._page = secrets.token_hex(16)
        self._return_ticket = ""
        self._session_id = ""
        self._socket: ClientConnection | None = None
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._offers: asyncio.Queue[Message] = asyncio.Queue()
        self._state_came = asyncio.Event()
        self._refs = 0
        self.requests = Requests(access)
        self.entering_at_s: list[float] = []
        #: When the first entry had come how far: `ticket`, `offer`, `keys`; in wall time.
        self.steps_s: dict[str, float] = {}

    # --- what a lesson asks of the seat ---------------------------------------------------

    @property
    def seat_id(self) -> str:
        """Return the seat's id, once it has entered."""
        return str(self.room["you"])

    @property
    def own_state(self) -> Message:
        """Return the room's word on this seat: role, permissions, mute, stage."""
        own = next(seat for seat in self.room["seats"] if seat["seat_id"] == self.seat_id)
        kept = ("role", "permissions", "is_on_stage", "muted", "headcount", "hand_raised_at_ms")
        return {name: own[name] for name in kept}

    def trace(self, seat_id: str, source: str) -> Trace:
        """Return what came of a track, also before anything did."""
        return self.receiving.trace((seat_id, source))

    async def command(self, type_: str, **fields: Any) -> Message:
        """Send a command and return its answer. Raise Refused."""
        if self._socket is None:
            raise Refused("not connected")
        self._refs += 1
        ref = self._refs
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[ref] = future
        try:
            await self._socket.send(json.dumps({"type": type_, "ref": ref, **fields}))
            async with asyncio.timeout(10):
                answer = await future
        finally:
            self._answers.pop(ref, None)
        if answer["type"] == "error":
            raise Refused(f"{type_}: {answer['code']} {answer.get('detail', '')}")
        return answer

    async def refresh(self) -> None:
        """Fetch the whole state of the room anew. Raise Refused, TimeoutError."""
        if self._socket is None:
            raise Refused("not connected")
        self._state_came.clear()
        await self._socket.send('{"type": "get_room_state"}')
        async with asyncio.timeout(10):
            await self._state_came.wait()

    async def until_receiving(self, track: SeatTrack, *, packets: int = 1) -> None:
        """Wait until so many packets of a track have come."""
        while len(self.trace(*track).got) < packets:
            await asyncio.sleep(0.05)

    @property
    def is_in_room(self) -> bool:
        """Return True while the seat is held: what it says reaches the room."""
        return self._socket is not None

    @property
    def has_ended(self) -> bool:
        """Return True once the seat was told that the lesson is over."""
        return any(each.what == _ENDED for each in self.happenings)

    @property
    def is_receiving(self) -> bool:
        """Return True while the room and its media are connected."""
        return self._socket is not None and self.receiving.is_connected

    def break_line(self) -> None:
        """Lose everything at once, as by a power cut; `hold` comes back with the page anew."""
        self._page, self._return_ticket = secrets.token_hex(16), ""
        if self._socket is not None:
            self._socket.transport.abort()
        self._drop_media()

    async def close(self) -> None:
        """Let go of everything, without a word."""
        self._drop_media()
        await self.requests.close()

    # --- the connection -------------------------------------------------------------------

    async def hold(self) -> None:
        """Enter the room, and again after every loss, until cancelled."""
        attempt = 0
        while True:
            try:
                await self._attend()
            except* (
                _Broken,
                OSError,
                TimeoutError,
                WebSocketException,
                InvalidHandshake,
                httpx2.TransportError,
                Refused,
                PeerFailed,
            ) as group:
                reason = _first_of(group)
                self._note(f"lost: {type(reason).__name__} {reason}")
                self.counts["connections_lost"] += bool(self.room)
            attempt = 0 if self._socket is not None else attempt + 1
            self._socket = None
            self._drop_unfinished()
            await self.requests.renew()
            await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])

    async def _attend(self) -> None:
        async with asyncio.TaskGroup() as group:
            word, patience_s, asking = await self._way_in(group)
            await self._attend_with(word, patience_s, asking)

    async def _attend_with(
        self, word: str, patience_s: float, asking: Sequence["asyncio.Task[None]"]
    ) -> None:
        async with connect(
            self._access.url.replace("http", "ws", 1) + "/api/live",
            origin=self._access.url,  # type: ignore[arg-type]  # a str, as the header is
            subprotocols=[
                Subprotocol(word) for word in (PROTOCOL, word, f"page.{self._page}", "receive")
            ],
            compression=None,
            ping_interval=None,
            open_timeout=patience_s,
            close_timeout=0.2,
            local_addr=(self._access.host, 0),
        ) as socket:
            self._offers = asyncio.Queue()
            # The relay's credentials come with the ticket: a page goes no further without.
            await asyncio.gather(*asking)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(socket))
                group.create_task(self._ping(socket))
                group.create_task(self._negotiate())
                group.create_task(self._answer_offers())
                group.create_task(self._watch_media())

    async def _way_in(
        self, group: asyncio.TaskGroup
    ) -> tuple[str, float, Sequence["asyncio.Task[None]"]]:
        """Return the ticket as the handshake names it, and how long the socket may take (s).

        With them the request that makes the ticket good, if it needs one.
        """
        if self._return_ticket:
            self.entering_at_s.append(wall_s())
            peer = self.receiving.peer
            rtt_s = (peer and peer.ice.rtt_s) or 0.0
            return f"return.{self._return_ticket}", _RETURN_S + _RETURN_ROUND_TRIPS * rtt_s, ()
        await self.requests.load()
        self.entering_at_s.append(wall_s())
        ticket = secrets.token_urlsafe(32)
        asking = group.create_task(self._announce(ticket))
        return f"announced.{ticket}", OPEN_S + 1, (asking,)

    async def _announce(self, ticket: str) -> None:
        """Ask the application to accept the ticket that was drawn."""
        path = f"/api/lessons/{self._access.lesson_id}/tickets"
        await self.requests.post(path, {"as": self._access.role, "ticket": ticket})
        self.steps_s.setdefault("ticket", wall_s())

    async def _read(self, socket: ClientConnection) -> None:
        answered_s = wall_s()
        while True:
            message = await self._next(socket, answered_s + _UNANSWERED_AFTER_S - wall_s())
            match message["type"]:
                case "pong":
                    answered_s = wall_s()
                case "room_state":
                    self.room = message
                    self._state_came.set()
                    if self._socket is None:
                        self._entered(socket, is_resumed=message["is_resumed"])
                case "return_ticket":
                    self._return_ticket = message["ticket"]
                case "error" if message["code"].startswith("ticket_"):
                    self._return_ticket = ""
                case "subscribe_offer":
                    self.steps_s.setdefault("offer", wall_s())
                    self._offers.put_nowait(message)
                case "lesson_ended":
                    self._note(_ENDED)
            future = self._answers.get(message.get("ref") or 0)
            if future is not None and not future.done():
                future.set_result(message)

    async def _next(self, socket: ClientConnection, left_s: float) -> Message:
        """Return the next message; give the socket up as the page does. Raise TimeoutError."""
        try:
            async with asyncio.timeout(min(_SILENT_AFTER_S, left_s)):
                message: Message = json.loads(await socket.recv())
        except TimeoutError:
            await socket.close(_SILENT)
            raise
        return message

    def _entered(self, socket: ClientConnection, *, is_resumed: bool) -> None:
        if not is_resumed:
            self._drop_media()
        self.receiving.last_media_s = wall_s()
        self._socket = socket
        self._note("entered")

    async def _ping(self, socket: ClientConnection) -> None:
        while True:
            await asyncio.sleep(_PING_S)
            await socket.send('{"type": "ping"}')

    def _note(self, what: str) -> None:
        self.happenings.append(Happening(wall_s(), what))

    # --- media ----------------------------------------------------------------------------

    async def _negotiate(self) -> None:
        while self._socket is None:
            await asyncio.sleep(0.01)
        if self.room["is_resumed"] and self.receiving.peer is None:
            await self.command("subscribe")
        if self._access.role != "supervisor":
            await self._publish()

    async def _publish(self) -> None:
        peer, is_resumed = self.publisher, self.publisher is not None
        if peer is None:
            peer = LightPeer(host=self._access.host, on_keyframe_request=self._on_keyframe_request)
            self.publisher = peer
        sections = [(MICROPHONE_MID, ("opus",)), (CAMERA_MID, ("h264",))]
        rids = {CAMERA_MID: self._rids} if self._rids else None
        offer = await peer.publish_offer(sections, rids=rids, restart_ice=is_resumed)
        answer = await self.command("publish", sdp=offer, sources=SOURCES)
        await peer.accept_publish_answer(self._access.through(answer["sdp"]))
        await peer.connected(15)
        self._note("publishing")

    async def _answer_offers(self) -> None:
        while True:
            offer = await self._offers.get()
            # Another session id is another connection at the server (docs/protocol.md).
            named = _SESSION_ID.search(offer["sdp"])
            assert named is not None
            if self.receiving.peer is None and named[1] == self._session_id:
                continue  # of a connection that was given up here: another was asked for
            if self.receiving.peer is None or named[1] != self._session_id:
                self.receiving.begin()
            self._session_id = named[1]
            peer = self.receiving.peer
            assert peer is not None
            self.receiving.expect(offer["tracks"])
            sdp = self._access.through(offer["sdp"])
            answer = await peer.answer(sdp, codecs=(*ALL_CODECS, "red"))
            try:
                await self.command("subscribe_answer", revision=offer["revision"], sdp=answer)
            except Refused as refused:
                if "stale_answer" not in str(refused):
                    raise
                continue
            # The line may have broken meanwhile: then `peer` is gone, and never connects.
            await peer.connected(15)
            self.receiving.last_media_s = wall_s()
            self.steps_s.setdefault("keys", self.receiving.last_media_s)

    async def _watch_media(self) -> None:
        """Rebuild the receiving connection when nothing has come for too long."""
        while True:
            await asyncio.sleep(0.5)
            if self.receiving.is_silent:
                self._note("receiving anew")
                self.counts["receiving_anew"] += 1
                self.receiving.last_media_s = wall_s()
                await self.command("subscribe")

    def _drop_unfinished(self) -> None:
        """A handshake that was broken off cannot be taken up again; what is connected goes on."""
        if self.publisher is not None and not self.publisher.is_connected:
            self.publisher.vanish()
            self.publisher = None
        if not self.receiving.is_connected:
            self.receiving.drop()

    def _drop_media(self) -> None:
        if self.publisher is not None:
            self.publisher.vanish()
        self.publisher = None
        self.receiving.drop()
