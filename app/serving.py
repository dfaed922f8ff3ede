"""The web server: it says when it serves, and sends lessons away in order before it stops."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import structlog
import uvicorn
from fastapi import FastAPI

from app import memory, pinyin
from app.settings import Settings

log = structlog.get_logger(__name__)

WEBSOCKET_MAX_BYTES = 128 * 1024  # signalling refuses past 64 KiB with a reason; this is the wall


class _Server(uvicorn.Server):
    """Says when it serves; told to stop, it drains the lessons before it closes what is open."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        when_serving: Callable[[], None],
        drain: Callable[[], Awaitable[None]],
        drain_within_s: float,
    ) -> None:
        super().__init__(config)
        self._when_serving = when_serving
        self._drain = drain
        self._drain_within_s = drain_within_s

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        pinyin.load()
        await super().startup(sockets)
        if self.started:
            memory.settle()
            self._when_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # whoever is sent away comes to the next process, not back to this
        try:
            async with asyncio.timeout(self._drain_within_s):
                await self._drain()
        except TimeoutError:
            log.error("lessons_not_drained", after_s=self._drain_within_s)
        await super().shutdown(sockets)


def run(
    settings: Settings,
    app: FastAPI,
    listening: list[socket.socket],
    when_serving: Callable[[], None],
) -> None:
    """Serve until told to stop. Never returns normally when the start failed."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_MAX_BYTES,
        # A compressed frame would be inflated before its size is known.
        ws_per_message_deflate=False,
        # Without a limit an open WebSocket holds the stop up for ever.
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
        proxy_headers=False,  # app.main trusts the configured proxies, and nobody by default
        access_log=False,  # app.web writes one line without query strings
        server_header=False,
        log_config=None,
    )
    server = _Server(
        config,
        when_serving=when_serving,
        drain=app.state.live.drain,
        drain_within_s=settings.shutdown_timeout_s,
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=listening)
    if not server.started:
        raise SystemExit(3)
