"""A line that drops what is above its rate, and has no queue: remember the rate it was found at.

Short bursts pass a policer's bucket, so probing finds what the line does not carry for long. Each
time the same rate is found again it is believed for longer, as libwebrtc's loss-based estimator
holds its estimate for a time that grows (`LossBasedBweV2`); after that it is gone above by steps.
"""

from math import inf

# Found again within this, and so near, it is the same line.
_AGAIN_WITHIN_S = 60.0
_ALIKE = 0.3
_FIRST_HOLD_S = 5.0
_LONGEST_HOLD_S = 60.0
_STEP = 1.3


class LossLimit:
    """What is not exceeded for now. Rates are bits per second, times the caller's seconds."""

    def __init__(self) -> None:
        self._bps = 0.0
        self._hold_s = 0.0
        self._until = -inf

    def found(self, bps: float, now: float) -> None:
        """Note that the line was found full at this rate."""
        is_again = now < self._until + _AGAIN_WITHIN_S and abs(bps - self._bps) < _ALIKE * self._bps
        self._hold_s = min(2 * self._hold_s, _LONGEST_HOLD_S) if is_again else _FIRST_HOLD_S
        self._bps, self._until = bps, now + self._hold_s

    def step_bps(self, estimate_bps: float, now: float) -> float:
        """Return up to what a burst that passed may raise the estimate."""
        was_lately = now < self._until + _AGAIN_WITHIN_S
        return min(self.bps(now), _STEP * estimate_bps if was_lately else inf)

    def bps(self, now: float) -> float:
        """Return the rate that is not exceeded now; infinity if there is none."""
        return self._bps if now < self._until else inf
