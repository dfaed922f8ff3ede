"""The platform, telling with every answer how many SQL statements it cost: `X-Statements`.

    python -m bench.data.counted serve

Takes the place of `python -m app` in `bench.data`. Only statements of the request's own task are
counted, not those of jobs and rooms beside it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import cli

STATEMENTS = "X-Statements"
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        counts = [0]
        token = _asked.set(counts)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[STATEMENTS] = str(counts[0])
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
