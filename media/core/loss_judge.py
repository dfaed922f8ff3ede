"""What losses say of a line: draft-ietf-rmcat-gcc-02 section 6, where they can be ours.

A radio or a satellite loses a fifth whatever is sent. To send less would not help; it would
only end the lesson. A line that is full and has no queue (a policer, RFC 2475 section 2.3.3.4)
loses what is above its rate, and nothing below. So a loss above a tenth is put to the test: the
rate is lowered once, to what arrives, and what is lost then is compared with what either kind
would lose, as the loss-based estimator of libwebrtc weighs its candidates by likelihood
(`LossBasedBweV2`: an inherent loss, and a rate the line is limited to); here there are only two.
"""

from enum import StrEnum
from math import log, sqrt

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
# The line's own loss follows a fall of the loss slowly, but for one that is no chance any more
# (three deviations); and a rise only by a test.
_FORGETTING_PER_S = 0.05
_SURELY = 3.0
_MAX_OWN_LOSS = 0.5

# Twenty to one decide a test. Losses come in runs: each tells half of what one by chance would.
_DECIDED = log(20)
_INDEPENDENT = 0.5
_AT_ONCE = 0.75 * _DECIDED
_LEAST_LOSS = 0.01
# More than was lost before although less is sent, surely so and twice in a row: the line has become
# another meanwhile. Where little is sent, chance alone makes a tenth more every few seconds.
_WORSE = 0.1

# Where a sender sends less only when it can (its sound is never held back) a test tells nothing:
# then as much as before is tried again, and watched for so long.
_MAX_TEST_S = 4.0
_MAX_WATCH_S = 15.0

#: Loss of a full queue comes with the delay of a full queue.
EMPTY_QUEUE_S = 0.04


class LossVerdict(StrEnum):
    """What should become of the rate."""

    GROW = "grow"
    HOLD = "hold"
    LOWER = "lower"
    RESTORE = "restore"
    #: The line is full: it carries `carried_bps`.
    FULL = "full"


class _Test:
    """The rate was lowered: what either kind of line would lose, and what since was lost."""

    __slots__ = (
        "begun_at",
        "carried_bps",
        "chance",
        "is_watched",
        "known_of",
        "lost",
        "odds",
        "own",
        "total",
        "was_worse",
    )

    def __init__(
        self, *, chance: float, known_of: int, own: float, carried_bps: float, now: float
    ) -> None:
        #: What was lost before, 0..1, and of how many packets that is known.
        self.chance = chance
        self.known_of = known_of
        self.own = own
        #: What the line carries, if it is full.
        self.carried_bps = carried_bps
        self.begun_at = now
        #: As much as before is sent again.
        self.is_watched = False
        self.lost = self.total = 0
        #: The last judgement found surely more lost than before.
        self.was_worse = False
        #: The logarithm of how much likelier chance is than a line that is full.
        self.odds = 0.0

    def add(self, received: int, lost: int, sent_bps: float) -> None:
        """Take what one judgement is about; no single one decides."""
        self.lost, self.total = self.lost + lost, self.total + received + lost
        arrives = (1.0 - self.own) * min(1.0, self.carried_bps / sent_bps)
        if_full, if_chance = _possible(1.0 - arrives), _possible(self.chance)
        by_lost = lost * log(if_chance / if_full)
        by_received = received * log((1.0 - if_chance) / (1.0 - if_full))
        told = _INDEPENDENT * (by_lost + by_received)
        self.odds += min(max(told, -_AT_ONCE), _AT_ONCE)

    def is_worse(self, loss: float, total: int) -> bool:
        """Return whether so much lost of so many packets is surely more than before."""
        spread = self.chance * (1.0 - self.chance) * (1.0 / total + 1.0 / self.known_of)
        return loss > self.chance + max(_WORSE, _SURELY * sqrt(spread))

    @property
    def loss(self) -> float:
        """Return what has been lost since, 0..1."""
        return max(0.0, self.lost / self.total)


class LossJudge:
    """Count what arrives and what does not; say what follows."""

    def __init__(self) -> None:
        #: The loss of the last seconds, 0..1, before repair.
        self.loss = 0.0
        #: What the line loses whatever is sent, as far as tests have shown.
        self.own_loss = 0.0
        #: By what the rate is multiplied where the verdict is LOWER.
        self.factor = 1.0
        #: What arrived, less chance, where the verdict is LOWER or FULL: all that a line that is
        #: full carries.
        self.carried_bps = 0.0
        #: How long every judgement has found more lost than a line may.
        self.lasting_s = 0.0
        self._received = 0
        self._lost = 0
        self._bytes = 0
        self._since_s: float | None = None
        self._elapsed_s = 0.0
        self._verdict = LossVerdict.GROW
        self._lowered_at = float("-inf")
        self._test: _Test | None = None

    @property
    def is_testing(self) -> bool:
        """Return whether the rate has been lowered to see what the loss does."""
        return self._test is not None and not self._test.is_watched

    def count(self, received: int, lost: int, received_bytes: int) -> None:
        """Add what a feedback says; `lost` is negative where packets came after all."""
        self._received += received
        self._lost += lost
        self._bytes += received_bytes

    def judge(
        self, now: float, *, queue_s: float, response_s: float, patience_s: float = 0.0
    ) -> LossVerdict:
        """Return what losses up to now say; between judgements, the last one again.

        LOWER, RESTORE and FULL are said once. `response_s`: how long it takes until a change of
        the rate shows in feedback; `patience_s`: how long a loss must last that lowers.
        """
        if self._since_s is None:
            self._since_s = now
        self._elapsed_s = elapsed_s = now - self._since_s
        total = self._received + self._lost
        enough = _ENOUGH_PACKETS if self._test is None else _MIN_PACKETS
        is_small = total < enough and elapsed_s < _LONG_INTERVAL_S
        if total < _MIN_PACKETS or elapsed_s < _MIN_INTERVAL_S or is_small:
            return self._verdict
        loss = min(1.0, max(0.0, self._lost / total))
        self._remember(loss, total, elapsed_s)
        has_shown = now - self._lowered_at >= response_s + _MIN_INTERVAL_S
        is_since = self._since_s - self._lowered_at >= response_s
        said = self._tested(now, loss, queue_s) if is_since else None
        if said is None:
            may_lower = has_shown and self._may_lower(queue_s) and self.lasting_s >= patience_s
            said = self._weigh(loss, total, may_lower=may_lower)
            if said is LossVerdict.LOWER:
                self._begin_test(loss, now)
        self._received = self._lost = self._bytes = 0
        self._since_s = now
        lasts = said in (LossVerdict.GROW, LossVerdict.HOLD)
        self._verdict = said if lasts else LossVerdict.HOLD
        return said

    def _remember(self, loss: float, total: int, elapsed_s: float) -> None:
        self.loss += (loss - self.loss) * min(1.0, elapsed_s / _REPORT_MEMORY_S)
        own = self.own_loss
        if loss < own - _SURELY * sqrt(own * (1.0 - own) / total):
            self.own_loss = (own + loss) / 2  # no chance is so kind
        elif self.loss < own:
            self.own_loss += (self.loss - own) * min(1.0, elapsed_s * _FORGETTING_PER_S)
        is_high = self._ours(loss, total) > _HIGH_LOSS
        self.lasting_s = self.lasting_s + elapsed_s if is_high else 0.0

    def _begin_test(self, loss: float, now: float) -> None:
        self._lowered_at = now
        self.carried_bps = self._bytes * 8 / self._elapsed_s / (1.0 - self.own_loss)
        self._test = self._test or _Test(
            chance=loss,
            known_of=self._received + self._lost,
            own=self.own_loss,
            carried_bps=self.carried_bps,
            now=now,
        )

    def _may_lower(self, queue_s: float) -> bool:
        """Return whether to lower is more than to disturb a test."""
        return self._test is None or queue_s >= EMPTY_QUEUE_S

    def _weigh(self, loss: float, total: int, *, may_lower: bool) -> LossVerdict:
        """Compare what is ours of a loss with the thresholds of section 6.

        Only what lasts lowers: a radio's burst, or a competitor's that filled the queue, is
        over before it is known.
        """
        ours = self._ours(loss, total)
        if ours <= _LOW_LOSS:
            return LossVerdict.GROW
        lasting = self._ours(min(loss, self.loss), total)
        if lasting <= _HIGH_LOSS or not may_lower or self.lasting_s <= self._elapsed_s:
            return LossVerdict.HOLD  # or found only once: of a line that narrowed in between
        self.factor = 1.0 - 0.5 * ours
        return LossVerdict.LOWER

    def _ours(self, loss: float, total: int) -> float:
        """Return what is not the line's own of a loss, 0..1."""
        own = self.own_loss
        chance = _DEVIATIONS * sqrt(own * (1.0 - own) / total)
        return max(0.0, loss - own - chance) / (1.0 - own)

    def _tested(self, now: float, loss: float, queue_s: float) -> LossVerdict | None:
        """Add to the test there is; return what it has shown, or None to judge as ever."""
        test = self._test
        if test is None:
            return None
        was_worse = test.was_worse
        test.was_worse = test.is_worse(loss, self._received + self._lost)
        if queue_s >= EMPTY_QUEUE_S or (was_worse and test.was_worse):
            self._test = None  # the queue tells more; or the line has become another
            return None
        if self._received and not test.was_worse:
            sent_bps = self._bytes * 8 / self._elapsed_s / (1.0 - loss)
            test.add(self._received, self._lost, sent_bps)
        if test.odds >= _DECIDED:
            self._test = None
            self.own_loss = min(max(test.loss, self.own_loss), _MAX_OWN_LOSS)
            return LossVerdict.RESTORE
        if test.odds <= -_DECIDED:
            self._test = None
            self.carried_bps = test.carried_bps
            return LossVerdict.FULL
        return self._undecided(test, now)

    def _undecided(self, test: _Test, now: float) -> LossVerdict | None:
        lasts_s = now - test.begun_at
        if not test.is_watched and lasts_s >= _MAX_TEST_S:
            test.is_watched = True
            return LossVerdict.RESTORE
        if lasts_s >= _MAX_WATCH_S:
            self._test = None
        return None


def _possible(loss: float) -> float:
    """Return a loss that is neither impossible nor certain."""
    return min(max(loss, _LEAST_LOSS), 1.0 - _LEAST_LOSS)
