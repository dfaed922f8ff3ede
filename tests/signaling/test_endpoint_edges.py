"""The WebSocket route when the other side vanishes between two steps."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket

from signaling.config import LiveConfig
from signaling.endpoint import WebSocketAdapter, make_router
from signaling.messages import PROTOCOL
from signaling.session import SocketGone
from tests.signaling.live_server import Server

Message = MutableMapping[str, Any]


class Peer:
    """The server's side of a connection: gives events, and is gone from a given send on."""

    def __init__(self, *events: Message, gone_at: int = 10_000) -> None:
        self.events = list(events)
        self.gone_at = gone_at
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if not self.events:
            await asyncio.Event().wait()
        return self.events.pop(0)

    async def send(self, message: Message) -> None:
        if len(self.sent) >= self.gone_at:
            raise OSError("gone")
        self.sent.append(message)


def scope(*words: str, scheme: str = "wss", **headers: str) -> dict[str, Any]:
    values = {"host": "school.example", "origin": "https://school.example"} | headers
    return {
        "type": "websocket",
        "scheme": scheme,
        "path": "/api/live",
        "raw_path": b"/api/live",
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in values.items()],
        "subprotocols": list(words),
        "extensions": {"websocket.http.response": {}},
    }


@asynccontextmanager
async def application() -> AsyncIterator[tuple[Server, FastAPI]]:
    server = Server(LiveConfig())
    app = FastAPI()
    app.include_router(make_router(server.hub))
    async with asyncio.timeout(5), server.hub.running(server.sfu):
        yield server, app


CONNECT = {"type": "websocket.connect"}
GONE = {"type": "websocket.disconnect", "code": 1006}


async def test_a_peer_gone_before_the_handshake_costs_nothing() -> None:
    async with application() as (server, app):
        peer = Peer(CONNECT, gone_at=0)
        await app(scope(PROTOCOL, "ticket.x"), peer.receive, peer.send)
        assert server.gate.loads == 0


async def test_a_peer_gone_before_it_is_refused_costs_nothing() -> None:
    async with application() as (_, app):
        peer = Peer(CONNECT, gone_at=1)
        await app(scope(PROTOCOL), peer.receive, peer.send)
        assert [message["type"] for message in peer.sent] == ["websocket.accept"]


async def test_a_peer_gone_after_it_entered_leaves_its_seat() -> None:
    async with application() as (server, app):
        peer = Peer(CONNECT, GONE)
        words = (PROTOCOL, f"ticket.{server.ticket('a')}")
        await app(scope(*words), peer.receive, peer.send)
        await server.eventually(lambda: "seat_left" in server.ledger.types())


async def test_behind_tls_the_origin_is_https() -> None:
    async with application() as (server, app):
        words = (PROTOCOL, f"ticket.{server.ticket('a')}")
        peer = Peer(CONNECT)
        await app(scope(*words, scheme="ws"), peer.receive, peer.send)
        assert peer.sent[0]["status"] == 403
        peer = Peer(CONNECT, GONE)
        await app(scope(*words), peer.receive, peer.send)
        assert peer.sent[0] == {
            "type": "websocket.accept",
            "subprotocol": PROTOCOL,
            "headers": [],
        }


async def test_every_step_on_a_socket_that_is_gone_says_so() -> None:
    peer = Peer(CONNECT, GONE, gone_at=1)
    websocket = WebSocket(scope(PROTOCOL), peer.receive, peer.send)
    await websocket.accept()
    adapter = WebSocketAdapter(websocket)
    for _ in range(2):
        with pytest.raises(SocketGone) as gone:
            await adapter.receive()
        assert gone.value.code == 1006
    for _ in range(2):
        with pytest.raises(SocketGone):
            await adapter.send("text")
        with pytest.raises(SocketGone):
            await adapter.close(1000, "")
