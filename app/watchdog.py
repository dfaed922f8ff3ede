"""A thread that watches over the event loop: it says what holds it up, and ends what is lost.

Everything a lesson needs passes through one event loop. When it stands still nobody is
heard, and nobody on it can say so; so a thread of its own does. It notices within 3 s and
writes down what the loop was doing; then it breaks off a room whose rules do not come to an
end (`signaling.current_work`); and if the loop is still dead after 10 s it ends the process
with `EXIT_CODE`, for its supervisor to start it again: browsers come back by themselves,
and find everything as it was saved. Code outside of Python that never lets another thread
run is ended by `faulthandler` (exit code 1), which needs no turn.
"""

import asyncio
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from signaling.current_work import CurrentWork

log = structlog.get_logger(__name__)

#: Of a process that ended itself because its loop was dead (sysexits.h, EX_SOFTWARE).
EXIT_CODE: Final = 70

_LOG_WITHIN_S: Final = 1.0
_STDERR: Final = 2  # whatever sys.stderr is replaced with: faulthandler writes to a descriptor


@dataclass(frozen=True, slots=True)
class WatchdogConfig:
    """After how many seconds of standstill what is done."""

    beat_s: float = 0.25
    notice_after_s: float = 2.0
    break_off_after_s: float = 3.0
    end_after_s: float = 10.0
    end_without_turn_after_s: float = 15.0


class Verdict(Enum):
    """What a look at the loop calls for."""

    NOTICED = auto()
    BREAK_OFF = auto()
    END = auto()
    OVER = auto()


class Standstill:
    """How long the loop has stood still: told of its beats, it says once what is to be done.

    Times are seconds on any monotonic clock. A look that comes late itself counts for no
    more than two: then the whole process stood still, and the loop is not to blame.
    """

    def __init__(self, config: WatchdogConfig, *, now: float) -> None:
        self._config = config
        self._steps = (
            (config.notice_after_s, Verdict.NOTICED),
            (config.break_off_after_s, Verdict.BREAK_OFF),
            (config.end_after_s, Verdict.END),
        )
        self._beats = 0
        self._looked_at = now
        self._done = 0
        #: How long it stands still now, and how long it did before it last went on.
        self.lasted_s = 0.0
        self.stood_s = 0.0

    def look(self, beats: int, now: float) -> Verdict | None:
        """Take how often the loop has beaten by now."""
        passed_s = min(now - self._looked_at, 2 * self._config.beat_s)
        self._looked_at = now
        if beats != self._beats:
            self._beats = beats
            was_noticed, self._done = self._done > 0, 0
            self.stood_s, self.lasted_s = self.lasted_s, 0.0
            return Verdict.OVER if was_noticed else None
        self.lasted_s += passed_s
        if self._done < len(self._steps) and self.lasted_s >= self._steps[self._done][0]:
            self._done += 1
            return self._steps[self._done - 1][1]
        return None


class Watchdog:
    """Watch the loop that enters `running`. `end` ends the process; it does not return."""

    def __init__(
        self,
        current: CurrentWork,
        registry: CollectorRegistry,
        *,
        config: WatchdogConfig | None = None,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._current = current
        self._config = config or WatchdogConfig()
        self._end = end
        self._beats = 0
        self._stop = threading.Event()
        self._loop_thread_id = 0
        self.standstills = 0
        self.longest_s = 0.0
        self._count = Counter(
            "classrooms_loop_standstills_total",
            "How often the event loop stood still for two seconds or more.",
            registry=registry,
        )
        self._lag = Gauge(
            "classrooms_loop_longest_standstill_seconds",
            "The longest standstill of the event loop since the start.",
            registry=registry,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch until the block is left."""
        self._loop_thread_id = threading.get_ident()
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._beat())
                try:
                    yield
                finally:
                    beating.cancel()
        finally:
            self._stop.set()
            thread.join()

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep(self._config.beat_s)

    # In the thread

    def _watch(self) -> None:
        standstill = Standstill(self._config, now=time.monotonic())
        try:
            while not self._stop.wait(self._config.beat_s):
                # Armed anew each time: it goes off when not even this thread gets a turn.
                faulthandler.dump_traceback_later(
                    self._config.end_without_turn_after_s, exit=True, file=_STDERR
                )
                verdict = standstill.look(self._beats, time.monotonic())
                if verdict is not None:
                    self._act(verdict, standstill.lasted_s or standstill.stood_s)
        finally:
            faulthandler.cancel_dump_traceback_later()

    def _act(self, verdict: Verdict, lasted_s: float) -> None:
        self.longest_s = max(self.longest_s, lasted_s)
        self._lag.set(self.longest_s)
        if verdict is Verdict.NOTICED:
            self.standstills += 1
            self._count.inc()
            self._say("loop_stands_still", stack=self._stack())
        elif verdict is Verdict.BREAK_OFF:
            room_id = self._current.break_off()
            if room_id is not None:
                self._say("room_broken_off", room_id=room_id)
        elif verdict is Verdict.OVER:
            self._say("loop_goes_on", stood_still_s=round(lasted_s, 1))
        else:
            self._say("loop_is_dead", stack=self._stack(), exit_code=EXIT_CODE)
            self._end(EXIT_CODE)

    def _stack(self) -> str:
        """Return where the loop is: lines of code, no values."""
        frame = sys._current_frames().get(self._loop_thread_id)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

    def _say(self, event: str, **fields: object) -> None:
        """Log from a thread of its own: what holds the loop up may hold up the log as well."""
        saying = threading.Thread(target=log.error, args=(event,), kwargs=fields, daemon=True)
        saying.start()
        saying.join(_LOG_WITHIN_S)
