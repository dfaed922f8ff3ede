"""What losses say of a line: draft-ietf-rmcat-gcc-02 section 6, where they can be ours.

A radio or a satellite loses a fifth whatever is sent. To send less would not help; it would
only end the lesson. So a loss above a tenth is put to the test: the rate is lowered once,
and if the loss stays it belongs to the line and is not counted against the rate any more.
"""

from enum import StrEnum
from math import sqrt

_LOW_LOSS = 0.02
_HIGH_LOSS = 0.10

# One judgement is about at least this much, so that one lost packet is not a verdict.
_MIN_PACKETS = 20
_MIN_INTERVAL_S = 0.25
_ENOUGH_PACKETS = 50
_LONG_INTERVAL_S = 1.0
_REPORT_MEMORY_S = 2.0

# What the line loses by itself it loses by chance: more counts only beyond two deviations.
_DEVIATIONS = 2.0
# The line's own loss follows a fall of the loss slowly, and a rise only by a test.
_FORGETTING_PER_S = 0.05
_UNMOVED = 0.6
_MAX_OWN_LOSS = 0.5
_MIN_TEST_PACKETS = 50

# Where a sender sends less only when it can (its sound is never held back), a test ends so.
_MAX_TEST_S = 4.0

#: Loss of a full queue comes with the delay of a full queue.
EMPTY_QUEUE_S = 0.04


class LossVerdict(StrEnum):
    """What should become of the rate."""

    GROW = "grow"
    HOLD = "hold"
    LOWER = "lower"
    RESTORE = "restore"


class _Test:
    """The rate was lowered: what was lost and sent before, and what since it could show."""

    __slots__ = ("begun_at", "loss_before", "lost", "received", "sent_before_bps")

    def __init__(self, loss: float, sent_bps: float, now: float) -> None:
        self.loss_before = loss
        self.sent_before_bps = sent_bps
        self.begun_at = now
        self.received = self.lost = 0


class LossJudge:
    """Count what arrives and what does not; say what follows."""

    def __init__(self) -> None:
        #: The loss of the last seconds, 0..1, before repair.
        self.loss = 0.0
        #: What the line loses whatever is sent, as far as tests have shown.
        self.own_loss = 0.0
        #: By what the rate is multiplied where the verdict is LOWER.
        self.factor = 1.0
        self._received = 0
        self._lost = 0
        self._since_s: float | None = None
        self._verdict = LossVerdict.GROW
        self._lowered_at = float("-inf")
        self._test: _Test | None = None

    @property
    def is_testing(self) -> bool:
        """Return whether the rate has been lowered to see what the loss does."""
        return self._test is not None

    def count(self, received: int, lost: int) -> None:
        """Add what a feedback says; `lost` is negative where packets came after all."""
        self._received += received
        self._lost += lost

    def judge(
        self, now: float, *, sent_bps: float, queue_s: float, response_s: float
    ) -> LossVerdict:
        """Return what losses up to now say; between judgements, the last one again.

        LOWER and RESTORE are said once. `sent_bps` is what was sent lately, `response_s` how
        long it takes until a change of the rate shows in feedback.
        """
        if self._since_s is None:
            self._since_s = now
        elapsed_s = now - self._since_s
        total = self._received + self._lost
        is_small = total < _ENOUGH_PACKETS and elapsed_s < _LONG_INTERVAL_S
        if total < _MIN_PACKETS or elapsed_s < _MIN_INTERVAL_S or is_small:
            return self._verdict
        loss = min(1.0, max(0.0, self._lost / total))
        self.loss += (loss - self.loss) * min(1.0, elapsed_s / _REPORT_MEMORY_S)
        if self.loss < self.own_loss:
            self.own_loss += (self.loss - self.own_loss) * min(1.0, elapsed_s * _FORGETTING_PER_S)
        has_shown = now - self._lowered_at >= response_s + _MIN_INTERVAL_S
        if (
            self._test is not None
            and has_shown
            and self._is_own(self._test, now, sent_bps, queue_s)
        ):
            said = LossVerdict.RESTORE
        else:
            is_waiting = self._test is not None and queue_s < EMPTY_QUEUE_S
            said = self._weigh(loss, total, may_lower=has_shown and not is_waiting)
            if said is LossVerdict.LOWER:
                self._lowered_at = now
                self._test = self._test or _Test(loss, sent_bps, now)
        self._received = self._lost = 0
        self._since_s = now
        is_once = said in (LossVerdict.LOWER, LossVerdict.RESTORE)
        self._verdict = LossVerdict.HOLD if is_once else said
        return said

    def _weigh(self, loss: float, total: int, *, may_lower: bool) -> LossVerdict:
        """Compare what is ours of a loss with the thresholds of section 6.

        Only what lasts lowers: a radio's burst, or a competitor's that filled the queue, is
        over before it is known.
        """
        ours = self._ours(loss, total)
        if ours <= _LOW_LOSS:
            return LossVerdict.GROW
        lasting = self._ours(min(loss, self.loss), total)
        if lasting <= _HIGH_LOSS or not may_lower:
            return LossVerdict.HOLD
        self.factor = 1.0 - 0.5 * ours
        return LossVerdict.LOWER

    def _ours(self, loss: float, total: int) -> float:
        """Return what is not the line's own of a loss, 0..1."""
        own = self.own_loss
        chance = _DEVIATIONS * sqrt(own * (1.0 - own) / total)
        return max(0.0, loss - own - chance) / (1.0 - own)

    def _is_own(self, test: _Test, now: float, sent_bps: float, queue_s: float) -> bool:
        """Return whether a test shows that the loss is the line's own, whatever is sent."""
        test.received += self._received
        test.lost += self._lost
        total = test.received + test.lost
        if total < _MIN_TEST_PACKETS:
            return False
        loss = max(0.0, test.lost / total)
        is_unmoved = loss >= _UNMOVED * test.loss_before and queue_s < EMPTY_QUEUE_S
        has_fallen = sent_bps < 0.95 * test.sent_before_bps
        if not has_fallen and is_unmoved and now - test.begun_at < _MAX_TEST_S:
            return False
        self._test = None
        if is_unmoved:
            self.own_loss = min(max(loss, self.own_loss), _MAX_OWN_LOSS)
        return is_unmoved
