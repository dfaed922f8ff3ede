"""One subscriber's line: what it carries, what is sent within it, when more is tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from media.core.allocation import HEADROOM, Allotment, PlannedTrack, Priority, Wish, plan
from media.core.arrival_digest import ArrivalDigests, Digest
from media.core.congestion import CongestionControl
from media.core.ids import TrackKey
from media.core.policing import TokenBucket
from media.core.repairs import Repairs, Why
from media.core.send_history import SendHistory

#: Where a line of which nothing is known or declared starts.
DEFAULT_START_BPS = 1_000_000.0

#: A plan is made anew at least this often, for the rates of tracks change by themselves.
INTERVAL_S = 0.5
#: Not more often than this; or than that, if the estimate has fallen below what is sent.
MIN_INTERVAL_S = 0.1
MIN_URGENT_INTERVAL_S = 0.03
#: How often packets of a probing burst are sent.
PROBE_STEP_S = 0.005

# A track that was lowered stays low for this long; one that had only just risen, for twice as
# long as the time before. Not one that was lowered for a test of losses that found no full line.
_FIRST_REST_S = 4.0
_LONGEST_REST_S = 32.0
_SHORT_LIVED_S = 10.0

# Who agreed to report arrivals and has not within this long is not held to a guess.
_FEEDBACK_WITHIN_S = 3.0

# REMB itself names no lifetime (draft-alvestrand-rmcat-remb-03). RTP's own rule for what a
# participant once said is five reporting intervals of 5 s at least (RFC 3550 section 6.3.5), as
# for the temporary limits of RFC 5104 section 4.2.1. Browsers repeat it every second.
_REMB_LIFETIME_S = 25.0

# Retransmissions take at most this part of the line, in bursts of this length at most: what
# is late already must not make more late, sound least of all.
_RESEND_SHARE = 0.5
_RESEND_BURST_S = 0.15
_MIN_RESEND_BURST_BYTES = 4500
_RESEND_STEP = 0.05
# What may be needless leaves this of a burst to what is surely missing.
_SPARED_SHARE = 0.5
_SPARED = {Why.ASKED: 0.0, Why.LOST: 0.0, Why.UNSAID: _SPARED_SHARE, Why.COPY: _SPARED_SHARE}

# A loss of more is no line to plan for.
_MAX_LOSS = 0.5


@dataclass(slots=True)
class _Grant:
    """What a track was given last, and how long it must rest after it was lowered."""

    layer: int | None
    raised_at: float
    lowered_at: float = float("-inf")
    rest_s: float = 0.0
    redundancy: int = 0


class Steering:
    """Estimate one subscriber's line and keep to it. All times are the caller's seconds."""

    def __init__(self, *, start_bps: float) -> None:
        self.history = SendHistory()
        #: Where the plane does not digest feedback itself.
        self.digests = ArrivalDigests(self.history)
        self.control = CongestionControl(self.history, start_bps=start_bps)
        self.repairs = Repairs()
        self._told: Sequence[Wish] = ()
        self._allotted: Sequence[Allotment] = ()
        #: Everything wished for is planned at its best.
        self.is_complete = True
        #: The kbit/s of the last plan; None: there was nothing to keep to.
        self.budget_kbps: float | None = None
        #: Something was known of the line at some time; until then nothing is held back.
        self.has_limits = False
        self.steered_at = float("-inf")
        self._declared_bps: float | None = None
        self._remb_bps: float | None = None
        self._remb_at = float("-inf")
        self._answer_by: float | None = None
        self._grants: dict[TrackKey, _Grant] = {}
        self._resends = TokenBucket(per_s=0.0, burst=0.0, now=0.0)
        self._resend_kbps = 0.0

    # -- what is known of the line -------------------------------------------------

    def declare(self, down_kbps: int | None) -> None:
        """Take what the line is declared to carry: it starts there, and nothing goes above."""
        declared_bps = None if down_kbps is None else down_kbps * 1000.0
        if declared_bps is not None and declared_bps != self._declared_bps:
            is_guess = not self.control.has_feedback
            limit_bps = declared_bps if is_guess else self.control.estimate_bps
            self.control.estimate_bps = min(limit_bps, declared_bps)
        self._declared_bps = declared_bps

    def take(self, digest: Digest, now: float) -> None:
        """Take what the subscriber says of arrivals; without numbers it means nothing."""
        if self.history.element:
            self.control.take(digest, now)

    def remb(self, bps: int, now: float) -> None:
        """Take the subscriber's own estimate: the fallback where packets carry no numbers."""
        self._remb_bps, self._remb_at = float(bps), now

    def heard(self, now: float) -> None:
        """Note that the subscriber reports: an estimate it has long not repeated is no more.

        One that says nothing at all keeps it: a line that carries nothing is no wide line.
        """
        if now - self._remb_at > _REMB_LIFETIME_S:
            self._remb_bps = None

    def estimate_bps(self, now: float) -> float | None:
        """Return what the line seems to carry, or None if nothing tells."""
        if not self.history.element:
            return self._remb_bps
        if self.control.has_feedback:
            return self.control.estimate_bps
        if self._answer_by is None and self.history.count:
            self._answer_by = now + _FEEDBACK_WITHIN_S
        is_waiting = self._answer_by is None or now < self._answer_by
        return self.control.estimate_bps if is_waiting else None

    def has_narrowed(self, now: float) -> bool:
        """Return whether less is carried now than was planned with."""
        limit_kbps = self._limit_kbps(now)
        if limit_kbps is None:
            return False
        return limit_kbps < sum([one.kbps for one in self._allotted])

    def _limit_kbps(self, now: float) -> float | None:
        """Return the kbit/s to plan with, None if nothing tells."""
        known = [bps for bps in (self.estimate_bps(now), self._declared_bps) if bps is not None]
        return min(known) / 1000 if known else None

    # -- what is planned -----------------------------------------------------------

    @property
    def planned(self) -> tuple[PlannedTrack, ...]:
        """Return the last plan, in the order of protection."""
        return tuple(
            PlannedTrack(one.track, one.layer, len(wish.layers_kbps) - 1, one.kbps)
            for _, wish, one in sorted(
                (_rank(wish), wish, one)
                for wish, one in zip(self._told, self._allotted, strict=True)
            )
        )

    def steer(
        self, wishes: Sequence[Wish], now: float, *, can_probe: bool
    ) -> tuple[Allotment, ...]:
        """Plan what each wish gets now; what is not wished for any more is forgotten.

        Filled in here: `current`, `current_redundancy` and `may_rise` of the wishes, and what
        pictures cost where what is lost of them is sent again, on a long line more than once;
        sound is not. `can_probe`: there is a stream that can carry padding.
        """
        self.steered_at = now
        self.control.handle_time(now)
        self.repairs.settle()
        self.budget_kbps = self._limit_kbps(now)
        self.has_limits |= self.budget_kbps is not None
        told = [self._with_past(wish, now) for wish in wishes]
        allotted = plan(self.budget_kbps, told)
        before = self._grants
        self._grants = {
            one.track: self._grant(before.get(one.track), one.layer, now) for one in allotted
        }
        for one in allotted:
            self._grants[one.track].redundancy = one.redundancy
        self._told, self._allotted = told, allotted
        self.is_complete = all(map(_is_best, told, allotted))
        self._want(told, now, can_probe=can_probe)
        self._limit_resends()
        return allotted

    def redundancy(self, track: TrackKey, wanted: int) -> int:
        """Return how many of the earlier packets wanted the last plan had room for."""
        if not self.has_limits:
            return wanted
        grant = self._grants.get(track)
        return 0 if grant is None else min(wanted, grant.redundancy)

    def _with_past(self, wish: Wish, now: float) -> Wish:
        costs_kbps = wish.layers_kbps
        if not wish.is_audio:
            loss = min(_MAX_LOSS, self.control.loss)
            times = 1.0 / (1.0 - loss) + (self.repairs.sendings - 1) * loss
            costs_kbps = tuple([kbps * times for kbps in costs_kbps])
        grant = self._grants.get(wish.track)
        if grant is None:
            return wish._replace(layers_kbps=costs_kbps)
        top = len(costs_kbps) - 1
        may_rise = now >= grant.lowered_at + grant.rest_s or self.control.was_undone(
            grant.lowered_at
        )
        return Wish(
            wish.track,
            wish.priority,
            costs_kbps,
            None if grant.layer is None else min(grant.layer, top),
            may_rise,
            wish.redundancy,
            wish.redundancy_kbps,
            grant.redundancy,
        )

    def _grant(self, before: _Grant | None, layer: int | None, now: float) -> _Grant:
        if before is None:
            return _Grant(layer, raised_at=now)
        was, now_is = _height(before.layer), _height(layer)
        if now_is > was:
            rest_s = 0.0 if self.control.was_undone(before.lowered_at) else before.rest_s
            return _Grant(layer, now, before.lowered_at, rest_s)
        if now_is < was:
            has_risen = before.raised_at > before.lowered_at
            if has_risen and now - before.raised_at >= _SHORT_LIVED_S:
                rest_s = _FIRST_REST_S
            elif has_risen:
                rest_s = min(max(2 * before.rest_s, _FIRST_REST_S), _LONGEST_REST_S)
            else:  # one more step of the same fall
                rest_s = before.rest_s
            return _Grant(layer, before.raised_at, now, rest_s)
        return before

    def _want(self, wishes: Sequence[Wish], now: float, *, can_probe: bool) -> None:
        """Let the line be tried for what would make the plan complete; nothing otherwise."""
        full_bps = 0.0
        if not self.is_complete:
            full_kbps = sum(
                max(wish.layers_kbps) + wish.redundancy * wish.redundancy_kbps for wish in wishes
            )
            full_bps = full_kbps * HEADROOM * 1000
            if self._declared_bps is not None:
                full_bps = min(full_bps, self._declared_bps)
        self.control.want(full_bps, now, can_probe=can_probe)

    # -- what is sent beside media ---------------------------------------------------

    def resend_limit(self) -> tuple[float, float] | None:
        """Return the bytes a second retransmissions may take, and in one burst; None: no limit."""
        if self.budget_kbps is None:
            return None
        bytes_per_s = self._resend_kbps * 125
        burst = max(_MIN_RESEND_BURST_BYTES, bytes_per_s * _RESEND_BURST_S)
        return bytes_per_s * _RESEND_SHARE, burst

    def _limit_resends(self) -> None:
        """Let retransmissions follow the budget, in steps: an estimate is never twice the same."""
        budget_kbps, kept_kbps = self.budget_kbps, self._resend_kbps
        if budget_kbps is None or abs(budget_kbps - kept_kbps) <= _RESEND_STEP * kept_kbps:
            return
        self._resend_kbps = budget_kbps
        limit = self.resend_limit()
        if limit is not None:
            self._resends.set_rate(per_s=limit[0], burst=limit[1])

    def may_resend(self, size_bytes: int, now: float, why: Why = Why.ASKED) -> bool:
        """Return whether the line has room for a retransmission now, and take it."""
        if self.budget_kbps is None:
            return True
        return self._resends.take(size_bytes, now, spared=_SPARED[why])


def _is_best(wish: Wish, one: Allotment) -> bool:
    return one.layer == len(wish.layers_kbps) - 1 and one.redundancy == wish.redundancy


def _height(layer: int | None) -> int:
    return -1 if layer is None else layer


def _rank(wish: Wish) -> tuple[Priority, TrackKey]:
    return wish.priority, wish.track
