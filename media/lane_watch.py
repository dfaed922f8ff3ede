"""Look whether the native plane's threads still turn; say so if one does not, and replace it."""

import logging
from collections.abc import Callable
from ctypes import CDLL
from pathlib import Path

log = logging.getLogger(__name__)

#: A lane that has not turned for this long is stalled; idle it turns twice a second.
STALLED_AFTER_S = 3.0
LOOK_EVERY_S = 0.5

_WHERE = ("wchan", "syscall", "stack")


class LaneWatch:
    """The heartbeats of one plane's lanes. Call `look` every `LOOK_EVERY_S`, on the event loop.

    `count` adds to a counter of the node. Times are seconds on the caller's monotonic clock.
    """

    def __init__(
        self, library: CDLL, plane: int, lanes: int, *, count: Callable[[str], None], now: float
    ) -> None:
        self._library = library
        self._plane = plane
        self._count = count
        self._looked_at = now
        self._beats = [(0, now)] * lanes

    def look(self, now: float) -> None:
        """Replace the thread of each lane whose heartbeat has stood still for too long.

        Time in which nobody looked is not held against the lanes: the loop, or the whole
        process, stood still itself.
        """
        pause_s = max(0.0, now - self._looked_at - 2 * LOOK_EVERY_S)
        self._looked_at = now
        for lane, (beat, at) in enumerate(self._beats):
            newest = self._library.plane_heartbeat(self._plane, lane)
            if newest != beat:
                self._beats[lane] = (newest, now)
            elif now - at - pause_s >= STALLED_AFTER_S:
                self._beats[lane] = (newest, now)
                self._replace(lane)
            else:
                self._beats[lane] = (beat, at + pause_s)

    def _replace(self, lane: int) -> None:
        self._count("lane_standstills")
        where = _where(self._library.plane_thread_id(self._plane, lane))
        if self._library.plane_revive(self._plane, lane):
            log.error(
                "A lane of the native data plane stood still; it has a new thread.", extra=where
            )
        else:
            log.error(
                "A lane of the native data plane stands still; its rooms do too.", extra=where
            )


def _where(thread_id: int) -> dict[str, str]:
    """Return what the kernel tells of where a thread of ours is; some of it only to root."""
    told: dict[str, str] = {"thread_id": str(thread_id)}
    for name in _WHERE:
        try:
            told[name] = Path(f"/proc/self/task/{thread_id}/{name}").read_text("ascii").strip()
        except OSError as error:
            told[name] = str(error)
    return told
