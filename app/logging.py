"""Structured logs: constant messages, ids as fields. Uvicorn's own lines come out the same way."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.settings import Settings


def _without_uvicorns_colours(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event.pop("color_message", None)
    return event


def configure(settings: Settings) -> None:
    """Set up logging for the process. Called once, by the command line."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_json
        # Not the default, which prints every frame's variables (passwords, tokens, SDP among them)
        # and holds up the event loop for seconds to do so.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # The planes below log by the standard library, their ids in `extra`.
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), _without_uvicorns_colours],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ]
            if settings.log_json
            else [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # These tell every step, SDP and statements included.
    for noisy in ("aiosqlite", "aioice", "aiortc", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # On debug its WebSockets write down cookies, tickets and frames.
    logging.getLogger("uvicorn.error").setLevel(max(logging.INFO, root.level))
