"""Does the queue on the way to a receiver grow? Delay gradient, trend, adaptive threshold.

draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4, with the Kalman filter of section 5.3
replaced by a line fitted through smoothed delays, as senders do today; and with the
standing queue as a second witness (docs/adr/0007-congestion-control.md).
"""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum
from math import inf

from media.core.send_history import Arrival

# Packets sent within this are one group: their spacing says nothing of the line (5.2).
_BURST_S = 0.005
_MAX_BURST_S = 0.1

# A receiver's clock that jumps by more was set; a line that stops for longer is another line.
_MAX_STEP_S = 1.0

_WINDOW = 20
_SMOOTHING = 0.9
_GAIN = 4.0
_MAX_WEIGHT = 60

# The adaptive threshold (5.4), in milliseconds: it rises slower than the gradients of a
# competing flow, and falls four times as slowly, so that we are not starved by it.
_FIRST_THRESHOLD_MS = 12.5
_MIN_THRESHOLD_MS = 6.0
_MAX_THRESHOLD_MS = 600.0
_THRESHOLD_UP = 0.0087
_THRESHOLD_DOWN = 0.039
_OUTLIER_MS = 15.0
_MAX_ADAPTATION_S = 0.1
_OVERUSE_S = 0.01

# The shortest way seen in this long is the empty line. Two halves, so that it can be forgotten.
_BASE_WINDOW_S = 20.0

# A queue delays everybody; jitter spares some. So the shortest of the last few ways counts.
_QUEUE_WINDOW = 8

# A queue shorter than this is jitter of radio, schedulers and browsers, whatever its trend.
_MIN_QUEUE_S = 0.025


class LineUse(StrEnum):
    """What the trend says of the line."""

    NORMAL = "normal"
    OVERUSED = "overused"
    UNDERUSED = "underused"


class DelayTrend:
    """Watch the delays of one transport's packets.

    Feed it every arrival, in order of sending, then ask once per feedback what they mean:
    fitting a line for each group of packets would cost more than forwarding them.
    """

    def __init__(self) -> None:
        self.use = LineUse.NORMAL
        #: How much longer than the shortest way packets take now at least, in seconds.
        self.queue_s = 0.0
        self._base = _ShortestWay()
        self._threshold_ms = _FIRST_THRESHOLD_MS
        self.restart()

    def restart(self) -> None:
        """Forget the trend, keep what was learnt of the line: packets have jumped in time."""
        self.use = LineUse.NORMAL
        # The group of packets that is coming in: (first, last) sent and arrived.
        self._first_sent_s = self._last_sent_s = -inf
        self._first_arrived_s = self._last_arrived_s = -inf
        self._before: tuple[float, float] | None = None
        self._groups = self._judged_groups = 0
        self._judged_s = 0.0
        self._accumulated_s = 0.0
        self._smoothed_s = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=_WINDOW)
        self._queues: deque[float] = deque(maxlen=_QUEUE_WINDOW)
        self._overused_s = -1.0
        self._overuses = 0
        self._trend_before = 0.0

    def arrived(self, arrivals: Iterable[Arrival]) -> None:
        """Take packets the receiver has."""
        first_sent_s, last_sent_s = self._first_sent_s, self._last_sent_s
        first_arrived_s, last_arrived_s = self._first_arrived_s, self._last_arrived_s
        for _, sent_s, arrived_s, _ in arrivals:
            if sent_s < first_sent_s:
                continue  # of an earlier group, reordered: its delay is in that group's past
            # What held the group up (a radio's pause) lets others, that left later, go at once:
            # who came on its heels belongs to it.
            after_s = arrived_s - last_arrived_s
            if sent_s - first_sent_s <= _BURST_S or (
                after_s < sent_s - last_sent_s
                and after_s <= _BURST_S
                and arrived_s - first_arrived_s < _MAX_BURST_S
            ):
                last_sent_s = max(last_sent_s, sent_s)
                last_arrived_s = max(last_arrived_s, arrived_s)
                continue
            if first_sent_s > -inf:
                self._complete(last_sent_s, last_arrived_s)
            first_sent_s = last_sent_s = sent_s
            first_arrived_s = last_arrived_s = arrived_s
        self._first_sent_s, self._last_sent_s = first_sent_s, last_sent_s
        self._first_arrived_s, self._last_arrived_s = first_arrived_s, last_arrived_s
        self._weigh()

    def _weigh(self) -> None:
        """See how long the queue is: for everybody, so by the shortest of the last few ways."""
        self.queue_s = min(self._queues, default=self.queue_s)

    def _complete(self, sent_s: float, arrived_s: float) -> None:
        before, self._before = self._before, (sent_s, arrived_s)
        if before is None:
            self._base.above(arrived_s - sent_s, sent_s)
            self._judged_s = arrived_s
            return
        gradient_s = arrived_s - before[1] - (sent_s - before[0])
        if abs(gradient_s) > _MAX_STEP_S:
            self._weigh()
            self._base = _ShortestWay()
            self.restart()
            return
        self._queues.append(self._base.above(arrived_s - sent_s, sent_s))
        self._groups += 1
        self._accumulated_s += gradient_s
        self._smoothed_s = _SMOOTHING * self._smoothed_s + (1 - _SMOOTHING) * self._accumulated_s
        self._points.append((arrived_s, self._smoothed_s))

    def judge(self) -> LineUse:
        """Compare the trend with the threshold (section 5.4).

        Over-use must last, must not be on the wane, and must have a queue to show.
        """
        new = self._groups - self._judged_groups
        if new == 0 or len(self._points) < _WINDOW:
            return self.use
        self._judged_groups = self._groups
        elapsed_s = max(0.0, self._points[-1][0] - self._judged_s)
        self._judged_s = self._points[-1][0]
        trend_ms = min(self._groups, _MAX_WEIGHT) * _slope(self._points) * _GAIN
        if trend_ms > self._threshold_ms:
            self._overused_s = max(0.0, self._overused_s) + elapsed_s / 2
            self._overuses += new
            is_lasting = self._overused_s > _OVERUSE_S and self._overuses > 1
            if is_lasting and trend_ms >= self._trend_before:
                self._overused_s, self._overuses = 0.0, 0
                has_queue = self.queue_s >= _MIN_QUEUE_S
                self.use = LineUse.OVERUSED if has_queue else LineUse.NORMAL
        else:
            self._overused_s, self._overuses = -1.0, 0
            self.use = LineUse.UNDERUSED if trend_ms < -self._threshold_ms else LineUse.NORMAL
        self._trend_before = trend_ms
        self._adapt(abs(trend_ms), min(elapsed_s, _MAX_ADAPTATION_S))
        return self.use

    def _adapt(self, trend_ms: float, elapsed_s: float) -> None:
        if trend_ms > self._threshold_ms + _OUTLIER_MS:
            return  # a spike: a route change, not a competitor
        rate = _THRESHOLD_DOWN if trend_ms < self._threshold_ms else _THRESHOLD_UP
        self._threshold_ms += rate * (trend_ms - self._threshold_ms) * elapsed_s * 1000
        self._threshold_ms = max(_MIN_THRESHOLD_MS, min(self._threshold_ms, _MAX_THRESHOLD_MS))


class _ShortestWay:
    """The smallest of the ways seen lately: sent and arrived are on different clocks."""

    __slots__ = ("_earlier_s", "_half_at_s", "_lately_s")

    def __init__(self) -> None:
        self._earlier_s = self._lately_s = inf
        self._half_at_s: float | None = None

    def above(self, way_s: float, now_s: float) -> float:
        """Take one more; return by how much it is longer than the shortest."""
        if self._half_at_s is None or now_s - self._half_at_s >= _BASE_WINDOW_S / 2:
            self._half_at_s = now_s
            self._earlier_s, self._lately_s = self._lately_s, way_s
        self._lately_s = min(self._lately_s, way_s)
        return way_s - min(self._earlier_s, self._lately_s)


def _slope(points: deque[tuple[float, float]]) -> float:
    """Return the slope of the line that fits best, by least squares; 0 if time stood still."""
    count = len(points)
    origin = points[0][0]
    sum_x = sum_y = sum_xx = sum_xy = 0.0
    for at_s, y in points:
        x = at_s - origin
        sum_x += x
        sum_y += y
        sum_xx += x * x
        sum_xy += x * y
    spread = count * sum_xx - sum_x * sum_x
    return (count * sum_xy - sum_x * sum_y) / spread if spread else 0.0
