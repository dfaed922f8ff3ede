"""One seat of a lesson as its page would hold it: HTTP, WebSocket and two media connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.security import CSRF_HEADER
from bench.peer import LightPeer
from tests.integration.cut_line import CutLine
from tests.integration.server import BOUND_S, Server
from tests.media.rtp_source import encode_h264, encode_opus, h264_payloads, split_annex_b

FPS = 15
CLIP_S = 2.0
SOURCES = {"0": "microphone", "1": "camera"}
SECTIONS = [("0", ("opus",)), ("1", ("h264",))]


class Page:
    """A browser without a screen: cookies, CSRF token, JSON."""

    def __init__(
        self, server: Server, cookies: Mapping[str, str], *, line: CutLine | None = None
    ) -> None:
        self.server = server
        self.line = line
        self.url = server.url if line is None else f"http://127.0.0.1:{line.tcp_port}"
        self.client = httpx2.AsyncClient(base_url=self.url, cookies=dict(cookies), timeout=BOUND_S)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(path, **options)

    async def post(self, path: str, json: Any = None) -> httpx2.Response:
        me = (await self.client.get("/api/me")).json()
        token = (me["person"] or me["device"])["csrf_token"]
        headers = {CSRF_HEADER: token, "Origin": self.url}
        return await self.client.post(path, json=json, headers=headers)

    async def ticket(self, lesson_id: object, role: str) -> str:
        answer = await self.post(f"/api/lessons/{lesson_id}/tickets", {"as": role})
        assert answer.status_code == 201, answer.text
        ticket: str = answer.json()["ticket"]
        return ticket


class Seat:
    """A seat that is in the room. Facts are read as they come; `until` waits for one."""

    def __init__(self, socket: ClientConnection, line: CutLine | None = None) -> None:
        self.socket = socket
        self.line = line
        self.messages: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.publisher: LightPeer | None = None
        self.subscriber: LightPeer | None = None
        self.received: dict[tuple[str, str], int] = {}
        self.mids: dict[str, tuple[str, str]] = {}
        self._news = asyncio.Condition()
        self._refs = 0

    @property
    def state(self) -> dict[str, Any]:
        """Return the room as it was told on entering."""
        return next(m for m in self.messages if m["type"] == "room_state")

    async def send(self, type_: str, **fields: Any) -> int:
        self._refs += 1
        await self.socket.send(json.dumps({"type": type_, "ref": self._refs, **fields}))
        return self._refs

    async def do(self, type_: str, **fields: Any) -> None:
        """Send a command and wait until it is carried out."""
        ref = await self.send(type_, **fields)
        answer = await self.until(lambda m: m.get("ref") == ref)
        assert answer["type"] == "done", answer

    async def until(
        self, matches: Callable[[dict[str, Any]], bool], *, after: int = 0
    ) -> dict[str, Any]:
        """Return the first message, come or coming, that matches; `after` so many others."""

        def found() -> dict[str, Any] | None:
            return next((m for m in self.messages[after:] if matches(m)), None)

        async with asyncio.timeout(BOUND_S), self._news:
            await self._news.wait_for(lambda: found() is not None or self.close_code)
        message = found()
        assert message is not None, f"closed with {self.close_code}; {self.messages[-3:]}"
        return message

    async def until_closed(self) -> int:
        async with asyncio.timeout(BOUND_S), self._news:
            await self._news.wait_for(lambda: self.close_code is not None)
        assert self.close_code is not None
        return self.close_code

    async def read(self) -> None:
        """Take messages until the server closes or dies."""
        try:
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] == "subscribe_offer":
                    await self._answer(message)
                async with self._news:
                    self.messages.append(message)
                    self._news.notify_all()
        except ConnectionClosed as closed:
            async with self._news:
                self.close_code = closed.rcvd.code if closed.rcvd else 1006
                self._news.notify_all()

    async def ping(self) -> None:
        while self.close_code is None:
            await asyncio.sleep(2)
            if self.close_code is None:
                await self.send("ping")

    async def _answer(self, offer: dict[str, Any]) -> None:
        self.mids |= {t["mid"]: (t["seat_id"], t["source"]) for t in offer["tracks"]}
        if self.subscriber is None:
            self.subscriber = LightPeer(on_rtp=self._on_rtp)
        sdp = await self.subscriber.answer(self._through_line(offer["sdp"]))
        await self.send("subscribe_answer", revision=offer["revision"], sdp=sdp)

    def _on_rtp(self, packet: Any) -> None:
        track = self.mids[packet.mid]
        self.received[track] = self.received.get(track, 0) + 1

    def _through_line(self, sdp: str) -> str:
        return sdp if self.line is None else self.line.through(sdp)

    async def publish(self, *, is_restart: bool = False) -> None:
        """Publish camera and microphone and connect; or restart ICE on what is published."""
        if not is_restart:
            self.publisher = LightPeer()
        assert self.publisher is not None
        sdp = await self.publisher.publish_offer(SECTIONS, restart_ice=is_restart)
        ref = await self.send("publish", sdp=sdp, sources=SOURCES)
        answer = await self.until(lambda m: m.get("ref") == ref)
        assert answer["type"] == "publish_answer", answer
        await self.publisher.accept_publish_answer(self._through_line(answer["sdp"]))
        await self.publisher.connected()

    def go_on_from(self, before: "Seat") -> None:
        """Share the media of an earlier connection of the same page."""
        self.publisher, self.subscriber = before.publisher, before.subscriber
        self.mids, self.received = before.mids, before.received
        if self.subscriber is not None:
            self.subscriber.on_rtp = self._on_rtp

    async def watch(self) -> None:
        """Subscribe, and connect once there is an offer."""
        await self.do("subscribe")

    async def heard(self, seat_id: str, source: str, packets: int) -> None:
        """Wait until so many more packets of a track have come."""
        await self.until(lambda m: m["type"] == "subscribe_offer")
        assert self.subscriber is not None
        await self.subscriber.connected()
        goal = self.received.get((seat_id, source), 0) + packets
        await self.subscriber.until(
            lambda: self.received.get((seat_id, source), 0) >= goal, timeout_s=BOUND_S
        )

    async def stream(self) -> None:
        """Send two seconds of real H.264 and Opus over and over, in real time."""
        assert self.publisher is not None
        loop = asyncio.get_running_loop()
        video = encode_h264(CLIP_S, fps=FPS, size=(160, 120), gop=FPS)
        audio = encode_opus(CLIP_S)
        started, video_count, audio_count = loop.time(), 0, 0
        while True:
            elapsed = loop.time() - started
            while audio_count / 50 <= elapsed:
                data = audio[audio_count % len(audio)].data
                self.publisher.send_rtp("0", data, marker=False, timestamp_increment=960)
                audio_count += 1
            while video_count / FPS <= elapsed:
                frame = video[video_count % len(video)]
                payloads = h264_payloads(split_annex_b(frame.data))
                for index, payload in enumerate(payloads):
                    self.publisher.send_rtp(
                        "1",
                        payload,
                        marker=index == len(payloads) - 1,
                        timestamp_increment=90_000 // FPS if index == 0 else 0,
                    )
                video_count += 1
            await asyncio.sleep(0.01)

    def vanish(self) -> None:
        """Let go of the media without a word."""
        for peer in (self.publisher, self.subscriber):
            if peer is not None:
                peer.vanish()


@asynccontextmanager
async def seated(
    page: Page, ticket: str, *, name: str | None = None, kind: str = "ticket"
) -> AsyncIterator[Seat]:
    """Enter a room with a ticket, and hold the seat until the block is left.

    `name` is what the page calls itself, `kind` how the handshake names the ticket.
    """
    words = ["classroom.v1", f"{kind}.{ticket}", *([f"page.{name}"] if name else [])]
    async with connect(
        page.url.replace("http", "ws", 1) + "/api/live",
        origin=page.url,  # type: ignore[arg-type]  # a str, as the header is
        subprotocols=[Subprotocol(word) for word in words],
        compression=None,
        close_timeout=1,
    ) as socket:
        seat = Seat(socket, page.line)
        tasks = [asyncio.ensure_future(seat.read()), asyncio.ensure_future(seat.ping())]  # noqa: TID251 - ended below, whatever happens in the block
        try:
            yield seat
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            seat.vanish()
