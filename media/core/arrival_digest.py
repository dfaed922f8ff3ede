"""What feedback says of a line, in few numbers: what a data plane tells who decides.

A receiver answers twenty times a second, and there may be hundreds of them. The packets of an
answer are matched with what was sent and their delays watched here; congestion control hears of
counts, of the queue, and of the trend's verdict. While a line that carries all that is wished for
is calm (nothing lost, no queue), five times a second is enough. The native plane does the same in
media/native/arrivals.h, to the bit: the order of every sum matters.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from media.core.delay_trend import DelayTrend, LineUse
from media.core.rtcp import TransportFeedback
from media.core.send_history import NEVER, NOTHING, Arrival, SendHistory

#: A line that has been calm for so long is told of this often. What it was found to carry in
#: the moment before is measured over half a second, closely.
CALM_AFTER_S = 1.0
CALM_INTERVAL_S = 0.2
#: No more is called calm above this queue.
CALM_QUEUE_S = 0.02

#: No feedback at all for this long is a cut, not a narrow line.
CUT_S = 1.0


class Probed(NamedTuple):
    """What has arrived of the numbers watched, `SendHistory.watch`, from `watched_from` on.

    Times are the earliest and the latest, each on its own side's clock; sizes are of all, and
    of those told of first and last.
    """

    watched_from: int
    packets: int
    size_bytes: int
    first_bytes: int
    last_bytes: int
    first_sent_s: float
    last_sent_s: float
    first_arrived_s: float
    last_arrived_s: float


class Digest(NamedTuple):
    """What one feedback or a few say. Sizes are of RTP packets, before protection.

    `newest` is the highest number spoken of, `numbered` how many had been sent by then. `lost`
    counts packets passed over for the first time, less those that came after all. `feedbacks`
    are those with arrivals; `sent_s` and `arrived_s` are of the arrival with the highest number
    of the last of them, and mean nothing where nothing was `received`. `is_after_cut`: nothing
    had been heard for `CUT_S`, and the trend has begun anew.
    """

    newest: int
    numbered: int
    feedbacks: int
    received: int
    lost: int
    size_bytes: int
    sent_s: float
    arrived_s: float
    queue_s: float
    use: LineUse
    is_after_cut: bool
    probed: Probed | None


class Missed(NamedTuple):
    """What did not come, by one feedback: the numbers passed over, and those it leaves unsaid."""

    passed_over: Sequence[int]
    unsaid: Sequence[int]


_NOTHING_MISSED = Missed(NOTHING, NOTHING)


class ArrivalDigests:
    """Digest the feedback of one transport. Times are seconds on the caller's clock."""

    def __init__(self, history: SendHistory) -> None:
        #: By the feedback taken last; None: it said nothing new. A cut is no loss to be repaired.
        self.missed: Missed | None = None
        self._history = history
        self._trend = DelayTrend()
        self._told_at: float | None = None
        self._given_at = self._stirred_at = -inf
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Gather the next digest."""
        self._feedbacks = self._received = self._size_bytes = 0
        self._sent_s = self._arrived_s = 0.0

    def take(self, message: TransportFeedback, now: float) -> Digest | None:
        """Take one feedback; return what is to be said of it and of those kept back before.

        None: it says nothing new, or all is calm.
        """
        arrivals, lost, newest, *missed = self._history.take(message)
        self.missed = None
        if not arrivals and not lost:
            return None
        is_after_cut = self._told_at is not None and now - self._told_at >= CUT_S
        self.missed = _NOTHING_MISSED if is_after_cut else Missed(*missed)
        self._told_at = now
        if is_after_cut:
            self._trend = DelayTrend()
            self._begin_anew()
        if arrivals:
            self._gather(arrivals)
        trend = self._trend
        use = trend.judge()
        probed = self._probed(arrivals)
        is_quiet = use is LineUse.NORMAL and trend.queue_s < CALM_QUEUE_S and not lost
        first, _, is_attentive = self._history.attention
        if not is_quiet or is_attentive or first != NEVER or is_after_cut:
            self._stirred_at = now
        is_calm = now - self._stirred_at >= CALM_AFTER_S
        if is_calm and now - self._given_at < CALM_INTERVAL_S:
            return None
        digest = Digest(
            newest,
            self._history.count,
            self._feedbacks,
            self._received,
            lost,
            self._size_bytes,
            self._sent_s,
            self._arrived_s,
            trend.queue_s,
            use,
            is_after_cut,
            probed,
        )
        self._given_at = now
        self._begin_anew()
        return digest

    def _gather(self, arrivals: list[Arrival]) -> None:
        self._feedbacks += 1
        self._received += len(arrivals)
        self._size_bytes += sum([one[3] for one in arrivals])
        _, self._sent_s, self._arrived_s, _ = arrivals[-1]
        self._trend.arrived(arrivals)

    def _probed(self, arrivals: list[Arrival]) -> Probed | None:
        first, end, _ = self._history.attention
        if first == NEVER:
            return None
        return probed([one for one in arrivals if first <= one[0] < end], first)


def probed(arrivals: list[Arrival], watched_from: int) -> Probed | None:
    """Sum up arrivals of what is watched; None if there are none."""
    if not arrivals:
        return None
    return Probed(
        watched_from,
        len(arrivals),
        sum(one[3] for one in arrivals),
        arrivals[0][3],
        arrivals[-1][3],
        min(one[1] for one in arrivals),
        max(one[1] for one in arrivals),
        min(one[2] for one in arrivals),
        max(one[2] for one in arrivals),
    )


def together(earlier: Probed | None, later: Probed) -> Probed:
    """Return both as one; they are of the same watch."""
    if earlier is None:
        return later
    return Probed(
        later.watched_from,
        earlier.packets + later.packets,
        earlier.size_bytes + later.size_bytes,
        earlier.first_bytes,
        later.last_bytes,
        min(earlier.first_sent_s, later.first_sent_s),
        max(earlier.last_sent_s, later.last_sent_s),
        min(earlier.first_arrived_s, later.first_arrived_s),
        max(earlier.last_arrived_s, later.last_arrived_s),
    )
