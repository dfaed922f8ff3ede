"""One room's way into the ledger: in order, with patience, and never in the room's way."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from signaling.messages import EndReason
from signaling.ports import EventType, RoomEvent, RoomLedger

logger = logging.getLogger(__name__)

BATCH: Final = 500
FIRST_RETRY_S: Final = 0.2


class LedgerWriter:
    """Write what a room gives, however long the ledger is out of order.

    Events wait in a bounded queue. When it is full new ones are lost; how many is written
    as an incident as soon as there is room again, so the record never looks complete when
    it is not. State and presence do not queue: only the latest is worth writing.
    """

    def __init__(
        self, room_id: str, ledger: RoomLedger, *, queue_events: int, retry_max_s: float
    ) -> None:
        self._room_id = room_id
        self._ledger = ledger
        self._queue_events = queue_events
        self._retry_max_s = retry_max_s
        self._events: deque[RoomEvent] = deque()
        self._lost = 0
        self._state: Mapping[str, JsonValue] | None = None
        self._presence: tuple[Sequence[str], int] | None = None
        self._end: tuple[EndReason, int, str | None] | None = None
        self._is_finishing = False
        self._news = asyncio.Event()
        self._limit: asyncio.Timeout | None = None

    def add(self, event: RoomEvent) -> None:
        """Write this event after those before it."""
        if len(self._events) >= self._queue_events:
            self._lost += 1
        else:
            self._events.append(event)
        self._news.set()

    def save(self, state: Mapping[str, JsonValue]) -> None:
        """Keep this state; an earlier one that is still waiting is superseded."""
        self._state = state
        self._news.set()

    def report_presence(self, seat_ids: Sequence[str], clock_ms: int) -> None:
        """Say who is here; an earlier report that is still waiting is superseded."""
        self._presence = (seat_ids, clock_ms)
        self._news.set()

    def end(self, reason: EndReason, clock_ms: int, actor: str | None) -> None:
        """Close the lesson in the ledger, after everything that was given before."""
        self._end = (reason, clock_ms, actor)
        self._news.set()

    def finish(self) -> None:
        """Nothing more comes: `run` returns when everything is written."""
        self._is_finishing = True
        self._news.set()

    def give_up_after(self, delay_s: float) -> None:
        """Bound how long `run` goes on; what is then unwritten is logged as lost."""
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + delay_s)

    async def run(self) -> None:
        """Write until `finish`."""
        try:
            async with asyncio.timeout(None) as self._limit:
                await self._write_all()
        except TimeoutError:
            logger.error(
                "The ledger did not take the rest of a room",
                extra={"room_id": self._room_id, "events": len(self._events) + self._lost},
            )
        finally:
            self._limit = None

    async def _write_all(self) -> None:
        failures = 0
        while True:
            self._news.clear()
            try:
                while await self._write_next():
                    failures = 0
            except Exception:
                # Whatever the ledger raises, its contract is: try again, keep the order.
                if failures == 0:
                    logger.exception("The ledger is out of order", extra={"room_id": self._room_id})
                await asyncio.sleep(min(self._retry_max_s, FIRST_RETRY_S * 2**failures))
                failures = min(failures + 1, 16)
                continue
            if self._is_finishing and not self._news.is_set():
                return
            await self._news.wait()

    async def _write_next(self) -> bool:
        """Write one thing, the most perishable order first; return whether there was any."""
        if self._events:
            batch = [event for event, _ in zip(self._events, range(BATCH), strict=False)]
            await self._ledger.record(self._room_id, batch)
            for _ in batch:
                self._events.popleft()
            self._own_up(batch[-1].clock_ms)
        elif self._state is not None:
            state = self._state
            await self._ledger.save_state(self._room_id, state)
            if self._state is state:
                self._state = None
        elif self._presence is not None:
            seat_ids, clock_ms = presence = self._presence
            await self._ledger.still_present(self._room_id, seat_ids, clock_ms)
            if self._presence is presence:
                self._presence = None
        elif self._end is not None:
            reason, clock_ms, actor = self._end
            await self._ledger.lesson_ended(self._room_id, reason, clock_ms, actor)
            self._end = None
        else:
            return False
        return True

    def _own_up(self, clock_ms: int) -> None:
        if self._lost:
            payload: dict[str, JsonValue] = {
                "action": "failure",
                "reason": "events_lost",
                "count": self._lost,
            }
            self._lost = 0
            self._events.append(RoomEvent(EventType.INCIDENT, clock_ms, payload=payload))
