"""From figures to a word: how a seat's line is."""

from typing import Final

from media.interface import Direction, LinkReport
from signaling.messages import Link

# A line is weak when a teacher would hear or see it: bursts beyond what NACK repairs in
# time, or answers that come a second late. The satellite lines of the teaching points have
# 600 ms of flight time and are good all the same.
WEAK_LOSS: Final = 0.08
WEAK_RTT_MS: Final = 1000.0
GOOD_LOSS: Final = 0.03
GOOD_RTT_MS: Final = 800.0
REPORTS_TO_WEAKEN: Final = 2
REPORTS_TO_RECOVER: Final = 3


class LinkMeter:
    """Judge a line from its reports, slow enough that the badge does not flicker.

    Between the good and the weak thresholds the earlier word stands. A first report
    decides alone; after it two bad ones in a row weaken and three good ones recover. A
    direction from which nothing authenticates is weak at once: nothing is worse.
    """

    def __init__(self) -> None:
        self._measured = Link.UNKNOWN
        self._in_a_row = 0
        self._silent: set[Direction] = set()

    @property
    def link(self) -> Link:
        """Return good, weak or unknown."""
        return Link.WEAK if self._silent else self._measured

    def report(self, report: LinkReport) -> None:
        """Take one report."""
        verdict = _verdict(report)
        if verdict is None or verdict is self._measured:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        needed = REPORTS_TO_WEAKEN if verdict is Link.WEAK else REPORTS_TO_RECOVER
        if self._measured is Link.UNKNOWN or self._in_a_row >= needed:
            self._measured = verdict
            self._in_a_row = 0

    def silence(self, direction: Direction) -> None:
        """Nothing comes any more on this connection."""
        self._silent.add(direction)

    def sound(self, direction: Direction) -> None:
        """This connection is heard again."""
        self._silent.discard(direction)


def _verdict(report: LinkReport) -> Link | None:
    losses = [loss for loss in (report.loss_up, report.loss_down) if loss is not None]
    loss = max(losses, default=None)
    rtt_ms = report.rtt_ms
    if loss is None and rtt_ms is None:
        return None
    if (loss or 0.0) >= WEAK_LOSS or (rtt_ms or 0.0) >= WEAK_RTT_MS:
        return Link.WEAK
    if (loss or 0.0) <= GOOD_LOSS and (rtt_ms or 0.0) <= GOOD_RTT_MS:
        return Link.GOOD
    return None
