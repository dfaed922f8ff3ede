"""Repairs over a long round trip, where there is no time to be asked a second time.

What a line of 600 ms loses is there again 650 ms later. If the request for it was lost, or the
repair itself, it takes a second round trip, and the picture stands for more than a second. So on
such a line (docs/adr/0007-congestion-control.md):

- what feedback says was passed over is resent without waiting for the request (`LOST`);
- what nothing was said of, because the feedback was lost, is resent too (`UNSAID`);
- a repair is sent again with each of the next `COPIES` feedbacks (`COPY`): it may be lost too;
- the request for what is on its way already is not answered a second time.

Feedback comes every 50 to 250 ms, so the copies are apart in time: a burst of losses takes not all.
"""

from collections import deque
from enum import IntEnum
from math import inf
from typing import NamedTuple

#: The shortest round trip, in seconds, that counts as long. A little above it a packet that is lost
#: three times in a row (itself, its repair, the second repair) is back later than one second.
LONG_ROUND_TRIP_S = 0.25
#: How often a repair is sent again.
COPIES = 2
#: This share of a round trip after it was sent, a repair is on its way: requests meanwhile are
#: those that it answers. The next one comes a whole round trip after.
_UNDER_WAY_SHARE = 0.75
#: So many repairs are remembered: a line that loses a tenth of 4 Mbit/s has 20 under way.
_REMEMBERED = 128
#: The shortest round trip of this long, and as long before, is the line's; queues come and go.
_MEASURED_S = 10.0

#: A feedback that was lost spoke of no more than this.
MAX_UNSAID = 64


class Why(IntEnum):
    """Why a packet is sent again."""

    ASKED = 0
    LOST = 1
    UNSAID = 2
    COPY = 3


class Packet(NamedTuple):
    """A packet as it was sent first: of which stream, under which 16-bit number."""

    ssrc: int
    seq: int


class Repairs:
    """What was resent to one subscriber and is still on its way. Times are the caller's seconds.

    The native plane does the same (media/native/plane.c, `struct repairs`), in the same order.
    """

    def __init__(self) -> None:
        #: So long a repair is under way; 0: the line is short, and requests are all there is.
        self.under_way_s = 0.0
        self._sent: deque[tuple[Packet, float]] = deque()
        self._owed: dict[Packet, int] = {}
        self._measured_at = -inf
        self._shortest_s = self._shortest_before_s = inf

    # -- how long the line is ------------------------------------------------------

    def measured(self, round_trip_s: float, now: float) -> None:
        """Take a measured round trip; it counts from the next `settle` on."""
        if now - self._measured_at >= _MEASURED_S:
            self._shortest_before_s, self._shortest_s = self._shortest_s, inf
            self._measured_at = now
        self._shortest_s = min(self._shortest_s, round_trip_s)

    def settle(self) -> None:
        """Go by what was measured from now on."""
        shortest_s = min(self._shortest_s, self._shortest_before_s)
        is_long = LONG_ROUND_TRIP_S <= shortest_s < inf
        self.use(_UNDER_WAY_SHARE * shortest_s if is_long else 0.0)

    def use(self, under_way_s: float) -> None:
        """Take repairs to be under way for so long; 0: do nothing of all this."""
        self.under_way_s = under_way_s
        if not under_way_s:
            self._sent.clear()
            self._owed.clear()

    @property
    def sendings(self) -> int:
        """Return how often what is lost is sent again."""
        return 1 + COPIES if self.under_way_s else 1

    # -- what is under way ---------------------------------------------------------

    def is_under_way(self, packet: Packet, now: float) -> bool:
        """Return whether the packet was resent so lately that it may still come."""
        self._forget_old(now)
        return packet in self._owed

    def sent(self, packet: Packet, why: Why, now: float) -> None:
        """Note that a packet that is not under way was resent."""
        if not self.under_way_s:
            return
        if len(self._sent) == _REMEMBERED:
            self._owed.pop(self._sent.popleft()[0])
        self._sent.append((packet, now))
        self._owed[packet] = 0 if why is Why.UNSAID else COPIES

    def take_owed(self, now: float) -> list[Packet]:
        """Return of what copies are due with this feedback, oldest first."""
        self._forget_old(now)
        due = [packet for packet, copies in self._owed.items() if copies]
        for packet in due:
            self._owed[packet] -= 1
        return due

    def _forget_old(self, now: float) -> None:
        sent = self._sent
        while sent and sent[0][1] <= now - self.under_way_s:
            self._owed.pop(sent.popleft()[0])
