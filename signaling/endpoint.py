"""The route `/api/live`: who may open a WebSocket, and with what in hand.

The client offers the subprotocols `classroom.v1` and `ticket.<ticket>` (or `announced.<ticket>`,
with one it has drawn and asks the application to accept at the same time, or `return.<ticket>`,
with the one it was given over the WebSocket it had before), a page that may come back also
`page.<its name for itself>`, and one that will receive `receive`; the server selects the first. A
ticket in the URL would end up in logs and histories; a header cannot be set by a page. What a
page may not learn the reason of is refused before the handshake with HTTP 403; everything else is
accepted, told in an `error`, and closed with a code a page can read.
"""

import logging
import re
from collections.abc import Collection
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnected

from signaling import wire
from signaling.errors import CloseCode, ErrorCode
from signaling.hub import LiveHub, TicketKind
from signaling.messages import PROTOCOL, Error
from signaling.ports import Refused
from signaling.session import Outbox, Session, SocketGone, close_politely

logger = logging.getLogger(__name__)

TICKET_PREFIX: Final = "ticket."
ANNOUNCED_PREFIX: Final = "announced."
RETURN_PREFIX: Final = "return."
PAGE_PREFIX: Final = "page."
RECEIVE: Final = "receive"
_KINDS: Final = {
    TICKET_PREFIX: TicketKind.GIVEN,
    ANNOUNCED_PREFIX: TicketKind.ANNOUNCED,
    RETURN_PREFIX: TicketKind.RETURN,
}
_TICKET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PAGE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HTTP_OF: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}

_CLOSE_CODES: Final[dict[str, CloseCode]] = {
    ErrorCode.MALFORMED: CloseCode.MALFORMED,
    ErrorCode.TICKET_INVALID: CloseCode.NO_TICKET,
    ErrorCode.TICKET_USED: CloseCode.NO_TICKET,
    ErrorCode.TICKET_EXPIRED: CloseCode.NO_TICKET,
    ErrorCode.LESSON_NOT_OPEN: CloseCode.NOT_ADMITTED,
    ErrorCode.NOT_INVITED: CloseCode.NOT_ADMITTED,
    ErrorCode.BLOCKED: CloseCode.NOT_ADMITTED,
    ErrorCode.NO_SUCH_ROOM: CloseCode.NO_SUCH_ROOM,
    ErrorCode.LESSON_OVER: CloseCode.LESSON_OVER,
    ErrorCode.UNAVAILABLE: CloseCode.INTERNAL,
}


def make_router(
    hub: LiveHub,
    *,
    allowed_origins: Collection[str] = (),
    allows_missing_origin: bool = False,
    path: str = "/api/live",
) -> APIRouter:
    """Return the WebSocket route of the live rooms.

    `allowed_origins` (`https://host[:port]`) are accepted besides the request's own scheme
    and Host; a reverse proxy that ends TLS makes it needed, unless uvicorn is told to trust
    the proxy's headers. `allows_missing_origin` lets in clients that are no browsers.
    """
    router = APIRouter()
    allowed = frozenset(filter(None, map(_origin_key, allowed_origins)))

    @router.websocket(path)
    async def live(websocket: WebSocket) -> None:
        """Carry one seat of a live room."""
        if not _is_from_us(websocket, allowed, allows_missing_origin=allows_missing_origin):
            logger.info("A foreign origin was refused")
            await _deny(websocket, 403, "origin_not_allowed: this page may not open a live room.")
        elif PROTOCOL not in websocket.scope["subprotocols"]:
            await _deny(websocket, 400, f"unknown_protocol: this server speaks {PROTOCOL}.")
        else:
            try:
                await websocket.accept(subprotocol=PROTOCOL)
            except OSError:
                return
            await _serve(hub, websocket)

    return router


class WebSocketAdapter:
    """Starlette's WebSocket as `signaling.session.Socket`."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> str | None:
        """Return the next text frame, or None for a binary one. Raise SocketGone."""
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnected as error:
            raise SocketGone(1006) from error
        if message["type"] == "websocket.disconnect":
            raise SocketGone(message.get("code", 1006))
        text: str | None = message.get("text")
        return text

    async def send(self, text: str) -> None:
        """Send; wait while the peer does not read. Raise SocketGone."""
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, WebSocketDisconnected) as error:
            raise SocketGone(1006) from error

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame. Raise SocketGone."""
        try:
            await self._websocket.close(code, reason)
        except (WebSocketDisconnect, WebSocketDisconnected) as error:
            raise SocketGone(1006) from error


async def _serve(hub: LiveHub, websocket: WebSocket) -> None:
    """Take an accepted WebSocket from its ticket to its close frame."""
    config = hub.config.session
    socket, outbox = WebSocketAdapter(websocket), Outbox(config)
    try:
        page, receives = _page(websocket), RECEIVE in websocket.scope["subprotocols"]
        ticket, kind = _ticket(websocket)
        runner, admission = await hub.enter(ticket, outbox, page=page, receives=receives, kind=kind)
    except Refused as refusal:
        await _refuse(socket, outbox, refusal.code, refusal.detail)
    except Exception:
        logger.exception("A ticket could not be redeemed")
        await _refuse(socket, outbox, ErrorCode.UNAVAILABLE, "Try again in a moment.")
    else:
        seat_id, reason = admission.seat_id, "session_failed"
        session = Session(
            socket,
            outbox,
            config,
            receive=partial(runner.receive, seat_id, outbox),
            is_line_cut=partial(runner.is_line_cut, seat_id),
        )
        try:
            reason = await session.run()
        finally:
            hub.leave(runner, admission, outbox, reason=reason)
    await close_politely(socket, outbox, config)


async def _refuse(socket: WebSocketAdapter, outbox: Outbox, code: str, detail: str) -> None:
    outbox.close(_CLOSE_CODES.get(code, CloseCode.NOT_ADMITTED), code)
    try:
        await socket.send(wire.encode(Error(ref=None, code=code, detail=detail)))
    except SocketGone:
        return


def _ticket(websocket: WebSocket) -> tuple[str, TicketKind]:
    """Return the ticket of the handshake, and which kind it is of. Raise Refused."""
    tickets = [
        (word, kind) for prefix, kind in _KINDS.items() for word in _offered(websocket, prefix)
    ]
    if len(tickets) != 1 or not _TICKET.fullmatch(tickets[0][0]):
        raise Refused(ErrorCode.TICKET_INVALID, "No valid ticket was offered.")
    return tickets[0]


def _page(websocket: WebSocket) -> str | None:
    """Return what the page calls itself, None if it does not say. Raise Refused."""
    pages = _offered(websocket, PAGE_PREFIX)
    if not pages:
        return None
    if len(pages) > 1 or not _PAGE.fullmatch(pages[0]):
        raise Refused(ErrorCode.MALFORMED, "A page has one name of 16 to 64 letters and digits.")
    return pages[0]


def _offered(websocket: WebSocket, prefix: str) -> list[str]:
    offered: list[str] = websocket.scope["subprotocols"]
    return [word.removeprefix(prefix) for word in offered if word.startswith(prefix)]


def _is_from_us(
    websocket: WebSocket, allowed: Collection[str], *, allows_missing_origin: bool
) -> bool:
    """Return whether the page that opens this socket is ours (RFC 6455 section 10.2)."""
    origin = websocket.headers.get("origin")
    if origin is None:
        return allows_missing_origin
    key = _origin_key(origin)
    own = f"{_HTTP_OF[websocket.url.scheme]}://{websocket.headers.get('host', '')}"
    return key is not None and (key == _origin_key(own) or key in allowed)


def _origin_key(origin: str) -> str | None:
    """Return scheme, host and port of an origin as one comparable word, None if it is none."""
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port or _DEFAULT_PORTS[parts.scheme]}"


async def _deny(websocket: WebSocket, status: int, sentence: str) -> None:
    """Answer the handshake with a plain HTTP refusal."""
    await websocket.send_denial_response(PlainTextResponse(sentence, status_code=status))
