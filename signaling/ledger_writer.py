"""One room's way into the ledger: in order, with patience, and never in the room's way."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from pydantic import JsonValue

from signaling.messages import EndReason
from signaling.ports import EventType, LedgerAway, RoomEvent, RoomLedger

logger = logging.getLogger(__name__)

BATCH: Final = 500
FIRST_RETRY_S: Final = 0.2
LOST: Final = "events_lost"
TRIES: Final = 5
REMIND_S: Final = 60.0


class LedgerWriter:
    """Write what a room gives, however long the ledger is out of order.

    Events wait in a bounded queue. When it is full new ones are lost; how many is written
    as an incident as soon as there is room again, so the record never looks complete when
    it is not. State and presence do not queue: only the latest is worth writing.

    A batch that the ledger refuses `TRIES` times although it can be reached holds an event
    that cannot be written. Its events are then written one by one, and the one that is still
    refused is lost, logged and owned up to like the others.
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
        self._refusals = 0
        self._singly = 0
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
        remind_at = 0.0
        now = asyncio.get_running_loop().time
        while True:
            self._news.clear()
            try:
                while await self._write_next():
                    failures = 0
            except Exception:
                # Whatever the ledger raises, its contract is: try again, keep the order.
                if failures == 0 or now() >= remind_at:
                    remind_at = now() + REMIND_S
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
            await self._write_events()
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

    async def _write_events(self) -> None:
        batch = list(islice(self._events, 1 if self._singly else BATCH))
        try:
            await self._ledger.record(self._room_id, batch)
        except (LedgerAway, OSError):
            raise
        except Exception:
            self._refusals += 1
            if self._refusals < TRIES:
                raise
            self._refusals = 0
            if len(batch) > 1:
                self._singly = len(batch)
            else:
                self._leave_out(self._events.popleft())
            return
        self._refusals = 0
        for _ in batch:
            self._events.popleft()
        self._singly = max(0, self._singly - len(batch))
        self._own_up(batch[-1].clock_ms)

    def _leave_out(self, event: RoomEvent) -> None:
        logger.exception(
            "The ledger refuses an event, which is lost",
            extra={"room_id": self._room_id, "event_type": event.type, "clock_ms": event.clock_ms},
        )
        self._singly = max(0, self._singly - 1)
        owned_up = event.payload.get("count") if event.payload.get("reason") == LOST else None
        if isinstance(owned_up, int):
            # Told again with the next event that the ledger takes, not at once and for ever.
            self._lost += owned_up
        else:
            self._lost += 1
            self._own_up(event.clock_ms)

    def _own_up(self, clock_ms: int) -> None:
        if self._lost:
            payload: dict[str, JsonValue] = {
                "action": "failure",
                "reason": LOST,
                "count": self._lost,
            }
            self._lost = 0
            self._events.append(RoomEvent(EventType.INCIDENT, clock_ms, payload=payload))
