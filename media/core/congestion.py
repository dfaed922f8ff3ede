"""How much a subscriber's line carries: send-side congestion control (GCC). Sans-IO.

draft-ietf-rmcat-gcc-02, with what differs and why in docs/adr/0007-congestion-control.md. Rates
are bits per second on the wire, below SRTP and UDP. Times are seconds on the caller's clock.
"""

from collections import deque
from math import inf

from media.core.arrival_digest import Digest
from media.core.delay_trend import LineUse
from media.core.loss_judge import EMPTY_QUEUE_S, LossJudge, LossVerdict
from media.core.loss_limit import LossLimit
from media.core.probing import Prober
from media.core.send_history import SendHistory

#: SRTP's tag, UDP and IPv4 headers: what a packet costs a line beside itself.
WIRE_OVERHEAD_BYTES = 44

#: What one voice takes, headers and all. The hub's is sent whatever the line carries, so below
#: this an estimate would mean nothing; and a sound that is not the hub's, where it is all there
#: is, is never held back so that nothing could ever be known of the line again.
MIN_BPS = 80_000

# Section 5.5: over-use lowers to 0.85 of what arrives; growth is 8 % a second far from the
# rate where the line was last found full, and about a packet per round trip near it.
_BACK_OFF = 0.85
_GROWTH_PER_S = 1.08
_PACKET_BITS = 1200 * 8
_RESPONSE_EXTRA_S = 0.1
_BEYOND_ACKNOWLEDGED = 1.5
# Where nothing can carry padding (sound alone) one voice more, with the headroom that a rise
# needs, is tried by growing so far beyond what is sent.
_TRIED_BPS = 100_000
_NEAR = 0.15

# No growth above a standing queue, whatever its trend; one that stands for long is over-use.
_STANDING_QUEUE_S = 0.1
_STANDING_S = 1.0

# After a burst that filled the queue its delay is not the media's.
_PROBE_SHADOW_S = 0.3
_CALM_BEFORE_PROBE_S = 1.5
_WORTH_PROBING = 1.02
_PROBE_ABOVE = 1.15
# A burst that found this much more is followed by the next at once.
_STEP_UP = 1.3

# Lowering that relieves no queue is in vain: somebody else fills it.
_VAIN_AFTER = 2
_VAIN_FOR_S = 10.0
_RELIEF = 0.7

# What a site needs to stay in the lesson, a voice and a small picture, may be tried beside a
# competitor even if nothing like it is being sent; and, once one was there lately or lowering
# was in vain, four tenths of what the line was seen to carry. Not if more than a tenth is lost:
# a competitor delays, a narrow line drops.
_PROTECTED_BPS = 300_000
_PROTECTED_SHARE = 0.4
# Where no more than that is sent, a loss must last for so long to lower: no burst does.
_PATIENCE_S = 2.0
_FADING_PER_S = 0.01
_OUR_LOSS = 0.10
_COMPETED_LATELY_S = 30.0
_FEW_LOST = 0.05

# So long after the first feedback it is clear what a line thinks of what is sent first.
_GUESS_S = 2.0

_SHORT_QUEUE_S = 0.02
_SURELY = 0.95

# How much of the way to the newest round trip one feedback goes.
_RESPONSE_SHARE = 0.2
_MAX_RESPONSE_S = 3.0

# Feedback that stays away: what is sent into the dark shrinks.
_SILENCE_S = 2.0
_SILENCE_FACTOR = 0.8


class CongestionControl:
    """Estimate one subscriber's line from transport-wide feedback.

    Give it every digest of feedback, what the plan would like to send (`want`), and the time at
    least twice a second; ask it how much padding to send.
    """

    def __init__(self, history: SendHistory, *, start_bps: float) -> None:
        self.history = history
        self.estimate_bps = float(start_bps)
        self.has_feedback = False
        #: How long a change of the rate takes to show: round trip, queue and feedback.
        self.response_s = 0.2
        #: How long packets queue on the way, in seconds.
        self.queue_s = 0.0
        self._losses = LossJudge()
        self._limit = LossLimit()
        self._prober = Prober(history)
        self._acked = _Acknowledged()
        self._wanted_bps = 0.0
        self._can_probe = True
        #: When `handle_time` was last called, and how many packets had been sent by then.
        self._timed: tuple[float, int] | None = None
        self._adjusted_at: float | None = None
        self._lowered_at = -inf
        self._first_heard_at: float | None = None
        self._heard_at: float | None = None
        self._heard_of = 0
        self._told_bps = float(start_bps)
        #: How often feedback came again after a cut.
        self.cuts_ended = 0
        #: What was sent before this number was sent into a cut.
        self._cut_until = 0
        self._shadow_until = -inf
        self._full_at_bps: float | None = None
        self._before_test_bps = 0.0
        self._test_begun_at = -inf
        #: From when until when the rate was lowered for a test that did not find a full line, or
        #: in vain beside a competitor.
        self._undone = (inf, -inf)
        #: When lowering was last weighed, and how long packets queued then.
        self._weighed = (-inf, 0.0)
        self._in_vain = 0
        self._fall_begun_at = -inf
        self._competing_until = -inf
        #: The most that has arrived lately; it fades.
        self._proven_bps = 0.0

    @property
    def loss(self) -> float:
        """Return the loss of the last seconds, 0..1, before repair."""
        return self._losses.loss

    def is_guess(self, now: float) -> bool:
        """Return whether the estimate is what it started with, and nothing speaks against it."""
        if self._lowered_at > -inf:
            return False
        return self._first_heard_at is None or now - self._first_heard_at < _GUESS_S

    def was_undone(self, at: float) -> bool:
        """Return whether what was lowered then was so for nothing, and is not any more."""
        begun_at, undone_at = self._undone
        return begun_at <= at <= undone_at

    @property
    def is_probing(self) -> bool:
        """Return whether a burst of padding is being sent."""
        return self._prober.is_sending

    @property
    def probes_sent(self) -> int:
        """Return how many bursts were sent."""
        return self._prober.sent

    # -- what comes in -------------------------------------------------------------

    def take(self, told: Digest, now: float) -> None:
        """Take what transport-wide feedback says."""
        if self._first_heard_at is None:
            self._first_heard_at = now
        self.has_feedback = True
        lost = self._lost_outside_cuts(told, now)
        self.queue_s = told.queue_s
        self._heard_at, self._heard_of = now, told.newest
        size = 0
        if told.received:
            response_s = min(max(0.0, now - told.sent_s), _MAX_RESPONSE_S)
            share = 1.0 - (1.0 - _RESPONSE_SHARE) ** told.feedbacks
            self.response_s += share * (response_s - self.response_s)
            size = self._acked.add(told)
        self._losses.count(told.received, lost, size)
        if self._prober.is_under_way:
            self._shadow_until = now + _PROBE_SHADOW_S
        found_bps = self._prober.result_bps(told.probed, told.newest, now)
        if found_bps is not None and found_bps > self.estimate_bps:
            if found_bps > self.estimate_bps * _STEP_UP:
                self._prober.hasten(now)
            most_bps = min(self._wanted_bps * 1.1, self._limit.step_bps(self.estimate_bps, now))
            self.estimate_bps = max(self.estimate_bps, min(found_bps, most_bps))
            self._full_at_bps = None
        self._adjust(told.use, now)
        self._told_bps = self.estimate_bps

    def _lost_outside_cuts(self, told: Digest, now: float) -> int:
        """Return what is to be counted as lost: not what was sent while nothing came back.

        After a cut the rate is what it was before it was lowered in the dark, less a margin.
        """
        if told.is_after_cut:
            self.cuts_ended += 1
            self._cut_until = told.numbered
            self.estimate_bps = max(self.estimate_bps, _BACK_OFF * self._told_bps)
            self._acked = _Acknowledged()
            self._shadow_until = now + _PROBE_SHADOW_S
        return told.lost if told.newest >= self._cut_until else min(told.lost, 0)

    def want(self, bps: float, now: float, *, can_probe: bool = True) -> None:
        """Say what the plan would send if it could: above the estimate, the line is probed.

        If nothing can carry padding, the estimate grows beyond what is sent instead. 0:
        everything wished for is sent. Then a calm line needs looking after less often.
        """
        self._wanted_bps, self._can_probe = bps, can_probe
        self.history.attend(is_attentive=bps > 0.0)
        is_calm = now - self._lowered_at > _CALM_BEFORE_PROBE_S and self.queue_s < _STANDING_QUEUE_S
        is_known = self.has_feedback and not self._losses.is_testing
        possible_bps = min(bps, self._limit.bps(now))
        is_wished = can_probe and possible_bps > self.estimate_bps * _WORTH_PROBING
        if is_wished and is_known and is_calm and self._prober.may_begin(now):
            self._prober.begin(min(bps * _PROBE_ABOVE, 2 * self.estimate_bps), now)

    def probe_packets(self, now: float, packet_bytes: int) -> int:
        """Return how many packets of padding, of so many bytes each, to send now."""
        return self._prober.packets_due(now, packet_bytes)

    def handle_time(self, now: float) -> None:
        """Lower what is sent into the dark: no feedback has come for long.

        Where nothing is sent at all, because nothing fits, nothing can be learnt: then what is
        wanted is tried in the end.
        """
        count = self.history.count
        if self._timed is not None and self._timed[1] == count and not self._can_probe:
            elapsed_s = min(now - self._timed[0], 1.0)
            grown_bps = self.estimate_bps * _GROWTH_PER_S**elapsed_s
            self.estimate_bps = max(self.estimate_bps, min(grown_bps, self._wanted_bps))
        self._timed = (now, count)
        if self._heard_at is None or self._heard_of >= self.history.count - 1:
            self._heard_at = self._heard_at and now
        elif now - self._heard_at >= _SILENCE_S:
            self._heard_at += _SILENCE_S / 2
            shrunk_bps = self.estimate_bps * _SILENCE_FACTOR
            self.estimate_bps = min(self.estimate_bps, max(_PROTECTED_BPS, shrunk_bps))

    # -- the rate ------------------------------------------------------------------

    def _adjust(self, use: LineUse, now: float) -> None:
        elapsed_s = 0.0 if self._adjusted_at is None else min(now - self._adjusted_at, 1.0)
        self._adjusted_at = now
        acked_bps = self._acked.rate_bps()
        self._proven_bps = max(acked_bps, self._proven_bps * (1.0 - _FADING_PER_S * elapsed_s))
        sent_bps = acked_bps / max(0.1, 1.0 - self.loss)
        was_testing = self._losses.is_testing
        patience_s = _PATIENCE_S if sent_bps <= _PROTECTED_BPS else 0.0
        verdict = self._losses.judge(
            now, queue_s=self.queue_s, response_s=self.response_s, patience_s=patience_s
        )
        if verdict is LossVerdict.LOWER:
            if not was_testing:
                self._before_test_bps, self._test_begun_at = self.estimate_bps, now
            self._lower_for_loss(sent_bps, now)
        elif verdict is LossVerdict.RESTORE:
            before_bps = min(self._before_test_bps, self._limit.bps(now))
            self.estimate_bps = max(self.estimate_bps, before_bps)
            self._undone = (self._test_begun_at, now)
        elif verdict is LossVerdict.FULL:
            self._full_at_bps = full_bps = _SURELY * self._losses.carried_bps
            self._limit.found(full_bps, now)
            self._lower(full_bps, now)
        if now < self._shadow_until:
            return
        is_competing = now < self._competing_until and self.loss < _OUR_LOSS
        has_queue = self.queue_s > _STANDING_QUEUE_S and not is_competing
        is_standing = has_queue and now - self._lowered_at > _STANDING_S + self.response_s
        if is_standing or (use is LineUse.OVERUSED and not is_competing):
            self._overused(acked_bps, now)
        elif verdict is LossVerdict.GROW and use is LineUse.NORMAL and not has_queue:
            self._grow(acked_bps, elapsed_s, now)

    def _lower_for_loss(self, sent_bps: float, now: float) -> None:
        """Lower by half of the loss; without a queue to what arrives, to see what is lost then."""
        if self.queue_s >= EMPTY_QUEUE_S:
            to_bps = min(self.estimate_bps, sent_bps) * self._losses.factor
        else:
            to_bps = _SURELY * self._losses.carried_bps
        self._lower(to_bps, now)

    def _overused(self, acked_bps: float, now: float) -> None:
        """Lower to 0.85 of what arrives, once per response; notice when it is in vain."""
        is_far_above = self.estimate_bps > 2 * acked_bps
        if not acked_bps or (now - self._lowered_at < self.response_s and not is_far_above):
            return
        self._weigh_relief(now)
        if self._in_vain >= _VAIN_AFTER and self.loss < _OUR_LOSS:
            self._in_vain = 0
            self._undone = (self._fall_begun_at, now)
            self._competing_until = now + _VAIN_FOR_S
            self.estimate_bps = max(self.estimate_bps, self._protected_bps(now))
            return
        protected_bps = self._protected_bps(now)
        known = self._full_at_bps
        self._full_at_bps = acked_bps if known is None else known + 0.3 * (acked_bps - known)
        has_competed = self._in_vain > 0 or now - self._competing_until < _COMPETED_LATELY_S
        is_suspect = has_competed and self.loss < _OUR_LOSS
        # A line too narrow for this loses packets too, where one that is shared only delays.
        is_first = self.estimate_bps > protected_bps and self.loss < _FEW_LOST
        # Nor does a queue stay short on one: a trend alone is no reason to send no picture.
        is_short = self.queue_s < _STANDING_QUEUE_S and self.loss < _FEW_LOST
        floor_bps = protected_bps if is_suspect or is_first or is_short else 0.0
        self._lower(max(_BACK_OFF * acked_bps, floor_bps), now)

    def _weigh_relief(self, now: float) -> None:
        """Count how often in a row lowering did not shorten the queue, given time to do so."""
        weighed_at, queue_before_s = self._weighed
        since_s = now - weighed_at
        pace_s = self.response_s + _STANDING_S
        if since_s > 3 * pace_s:
            self._fall_begun_at = now
        if since_s < pace_s:
            return
        is_relieved = self.queue_s < _RELIEF * queue_before_s
        if since_s > 3 * pace_s:
            self._in_vain = 0
        else:
            self._in_vain = max(0, self._in_vain - 1) if is_relieved else self._in_vain + 1
        self._weighed = (now, self.queue_s)

    def _protected_bps(self, now: float) -> float:
        """Return what is not given up to delay: more where a competitor is or was suspected.

        Sound alone, which nothing can probe for, has nothing to protect but itself.
        """
        if not self._can_probe:
            return MIN_BPS
        has_competed = self._in_vain > 0 or now - self._competing_until < _COMPETED_LATELY_S
        share_bps = _PROTECTED_SHARE * self._proven_bps if has_competed else 0.0
        return max(_PROTECTED_BPS, share_bps)

    def _lower(self, to_bps: float, now: float) -> None:
        if to_bps < self.estimate_bps:
            self.estimate_bps = max(MIN_BPS, to_bps)
        self._lowered_at = now
        self._prober.postpone(now)

    def _grow(self, acked_bps: float, elapsed_s: float, now: float) -> None:
        """Grow: slowly near the rate where the line was full, faster far from it."""
        if self.queue_s < _SHORT_QUEUE_S:  # what arrives without a queue, the line carries
            self.estimate_bps = max(self.estimate_bps, _SURELY * acked_bps)
        limit_bps = _BEYOND_ACKNOWLEDGED * acked_bps + 10_000
        if now < self._competing_until:
            limit_bps = max(limit_bps, self._protected_bps(now))
        if not self._can_probe:
            sent_bps = acked_bps / max(0.1, 1.0 - self.loss)
            limit_bps = max(limit_bps, min(self._wanted_bps, sent_bps + _TRIED_BPS))
        limit_bps = min(limit_bps, self._limit.bps(now))
        if self.estimate_bps >= limit_bps:
            return  # what was not tried is not known: that is what probing is for
        full_bps = self._full_at_bps
        if full_bps is not None and acked_bps > full_bps * (1 + _NEAR):
            self._full_at_bps = full_bps = None
        if full_bps is None or self.estimate_bps < full_bps * (1 - _NEAR):
            grown = self.estimate_bps * _GROWTH_PER_S**elapsed_s
        else:
            per_s = max(4000.0, _PACKET_BITS / (self.response_s + _RESPONSE_EXTRA_S))
            grown = self.estimate_bps + per_s * elapsed_s
        self.estimate_bps = min(grown, limit_bps)


class _Acknowledged:
    """The rate at which packets arrive, over half a second of the receiver's clock."""

    _WINDOW_S = 0.5
    _MIN_SPAN_S = 0.16
    _JUMP_S = 3.0

    def __init__(self) -> None:
        #: Of each digest: when its newest packet came, and how many bytes all of them were.
        self._digests: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, told: Digest) -> int:
        """Take what has arrived; return how many bytes that were on the wire."""
        kept, at_s = self._digests, told.arrived_s
        if kept and abs(at_s - kept[-1][0]) > self._JUMP_S:  # the clock was set, or a long pause
            kept.clear()
            self._bytes = 0
        size = told.size_bytes + WIRE_OVERHEAD_BYTES * told.received
        kept.append((at_s, size))
        self._bytes += size
        while kept[0][0] < at_s - self._WINDOW_S:
            self._bytes -= kept.popleft()[1]
        return size

    def rate_bps(self) -> float:
        """Return bits per second, or 0 while too little is known."""
        kept = self._digests
        if len(kept) < 2:
            return 0.0
        span_s = kept[-1][0] - kept[0][0]
        if span_s < self._MIN_SPAN_S:
            return 0.0
        return (self._bytes - kept[0][1]) * 8 / span_s
