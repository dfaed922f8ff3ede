"""Events between slices: emitted in a transaction, delivered in process after its commit.

Delivery is at most once: what must not be lost is written in the same transaction.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger(__name__)

EventT = TypeVar("EventT")
_KEY = "emitted_events"


class EventBus:
    """Who wants to hear of what. Filled by `app.main` when the application is composed."""

    def __init__(self) -> None:
        # A handler takes the event of the type it is registered for; the table cannot say so.
        self._handlers: dict[type, list[Callable[[Any], Awaitable[None]]]] = defaultdict(list)

    def on(self, event_type: type[EventT], handler: Callable[[EventT], Awaitable[None]]) -> None:
        """Call `handler` after every commit that emitted an event of this type."""
        self._handlers[event_type].append(handler)

    async def deliver(self, event: object) -> None:
        """Call the handlers one after another; one that fails is logged, the rest still run."""
        for handler in self._handlers[type(event)]:
            try:
                await handler(event)
            except Exception:
                log.exception("event_handler_failed", event_type=type(event).__name__)


def emit(db: AsyncSession, event: object) -> None:
    """Have `event` delivered once this session's transaction has committed."""
    db.info.setdefault(_KEY, []).append(event)


async def deliver_after_commit(db: AsyncSession, bus: EventBus) -> None:
    """Deliver what was emitted. Called by the unit of work, and by nobody else."""
    for event in db.info.pop(_KEY, []):
        await bus.deliver(event)
