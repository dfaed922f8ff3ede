"""Find out whether a line carries more: a short burst of padding, and how fast it came.

Without it an estimate grows no further than half above what is sent, and a site that was sent
the small picture would never be sent the large one.
"""

from media.core.arrival_digest import Probed, together
from media.core.send_history import SendHistory

#: How long a burst lasts. A queue of 300 ms takes it even at four times the line's rate.
DURATION_S = 0.08
_MIN_PACKETS = 8
_MIN_SPREAD_S = 0.03
_MIN_RECEIVED = 0.6

# What comes more slowly than it left was slowed down by the line: then that is its rate.
_KEPT_UP = 0.9
_SLOWED_MARGIN = 0.95

_FIRST_WAIT_S = 2.0
_MAX_WAIT_S = 6.0
_RESULT_WITHIN_S = 2.0


class Prober:
    """Send one burst at a time, wait for what became of it, wait longer if it was in vain."""

    def __init__(self, history: SendHistory) -> None:
        self._history = history
        self.target_bps = 0.0
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._first = 0
        self._end = 0
        self._came: Probed | None = None
        self._wait_s = _FIRST_WAIT_S
        self._next_at = float("-inf")
        self.sent = 0

    @property
    def is_sending(self) -> bool:
        """Return whether a burst is being sent."""
        return self._started_at is not None and self._ended_at is None

    @property
    def is_under_way(self) -> bool:
        """Return whether a burst is being sent, or its result is awaited."""
        return self._started_at is not None

    def may_begin(self, now: float) -> bool:
        """Return whether it is time for another burst."""
        return self._started_at is None and now >= self._next_at

    def begin(self, target_bps: float, now: float) -> None:
        """Begin a burst; `packets_due` says what to send."""
        self.target_bps = target_bps
        self._started_at, self._ended_at = now, None
        self._first = self._history.watch()
        self._came = None
        self.sent += 1

    def postpone(self, now: float) -> None:
        """Wait some seconds: the line was just found full."""
        self._next_at = max(self._next_at, now + _FIRST_WAIT_S)

    def hasten(self, now: float) -> None:
        """Let the next burst follow now: the line was found to carry much more."""
        self._next_at = now

    def packets_due(self, now: float, packet_bytes: int) -> int:
        """Return how many packets of padding fill up to the target what is sent anyway."""
        if self._started_at is None or self._end_of(self._started_at, now) is not None:
            return 0
        due_bytes = self.target_bps / 8 * (now - self._started_at + 0.005)
        gone_bytes = self._history.bytes_between(self._first, self._history.count)
        return max(0, int((due_bytes - gone_bytes) // packet_bytes))

    def result_bps(self, probed: Probed | None, newest: int, now: float) -> float | None:
        """Take what arrived of a burst; return what the line was found to carry, once known.

        What is said of an earlier burst comes too late.
        """
        if self._started_at is None:
            return None
        ended_at = self._end_of(self._started_at, now)
        if probed is not None and probed.watched_from == self._first:
            self._came = together(self._came, probed)
        if ended_at is None:
            return None
        if newest < self._end - 1:
            if now - ended_at > _RESULT_WITHIN_S:
                self._over(now, is_success=False)
            return None
        carried = self._carried()
        self._over(now, is_success=carried is not None and carried >= _KEPT_UP * self.target_bps)
        return carried

    def _end_of(self, started_at: float, now: float) -> float | None:
        """Return when the burst ended; by time, also if nothing is left to carry it."""
        if self._ended_at is None and now - started_at >= DURATION_S:
            self._ended_at = now
            self._end = self._history.watch_until_now()
        return self._ended_at

    def _over(self, now: float, *, is_success: bool) -> None:
        self._started_at = None
        self._history.watch_no_more()
        self._wait_s = _FIRST_WAIT_S if is_success else min(self._wait_s * 2, _MAX_WAIT_S)
        self._next_at = now + self._wait_s

    def _carried(self) -> float | None:
        """Return the rate the burst came at, or None if too little of it did."""
        came = self._came
        least = max(_MIN_PACKETS, _MIN_RECEIVED * (self._end - self._first))
        if came is None or came.packets < least:
            return None
        sent_s = came.last_sent_s - came.first_sent_s
        arrived_s = came.last_arrived_s - came.first_arrived_s
        if sent_s < _MIN_SPREAD_S or arrived_s < _MIN_SPREAD_S:
            return None
        left_bps = (came.size_bytes - came.last_bytes) * 8 / sent_s
        came_bps = (came.size_bytes - came.first_bytes) * 8 / arrived_s
        if came_bps < _KEPT_UP * left_bps:
            return came_bps * _SLOWED_MARGIN
        return min(left_bps, came_bps)
