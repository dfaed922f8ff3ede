"""The platform, telling with every answer what it cost.

    python -m bench.data.counted serve

Takes the place of `python -m app` in `bench.data`. `X-Statements`: SQL statements of the request's
own task, not those of jobs and rooms beside it. `X-Loop-Held`: for how many milliseconds the event
loop was held at most since the last answer: processor time of its thread from one turn of a timer
to the next, so that other programs do not count.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import cli

STATEMENTS, HELD = "X-Statements", "X-Loop-Held"
_TURN_S = 0.002
# A list, since the request's handler may run in a task with a copy of the context.
_asked: ContextVar[list[int] | None] = ContextVar("asked", default=None)


@event.listens_for(Engine, "before_cursor_execute")
def _count(*_: Any) -> None:
    counts = _asked.get()
    if counts is not None:
        counts[0] += 1


class Counting:
    """ASGI middleware: adds the number of statements asked before the answer began."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turned_at: float | None = None
        self._held_s = 0.0

    def _turn(self) -> None:
        now = time.thread_time()
        if self._turned_at is not None:
            self._held_s = max(self._held_s, now - self._turned_at)
        self._turned_at = now
        asyncio.get_running_loop().call_later(_TURN_S, self._turn)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._turned_at is None:
            self._turn()
        counts = [0]
        token = _asked.set(counts)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[STATEMENTS] = str(counts[0])
                headers[HELD] = f"{self._held_s * 1000:.1f}"
                self._held_s = 0.0
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            _asked.reset(token)


def main() -> None:
    """Serve as the platform does, with the count around it."""
    made: Callable[..., FastAPI] = vars(cli)["create_app"]

    def create_counted(*given: Any, **named: Any) -> FastAPI:
        app = made(*given, **named)
        app.add_middleware(Counting)
        return app

    vars(cli)["create_app"] = create_counted
    cli.main()


if __name__ == "__main__":
    main()
