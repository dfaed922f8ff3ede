"""Hold a stream to what was agreed: what comes beyond it is dropped unread."""


class TokenBucket:
    """Let `per_s` through on average, and `burst` at once: bytes, packets, or attempts.

    A keyframe is a burst, and so is what a sender sends to find its bandwidth: the burst is
    the room for both. It begins full. Times are seconds on the caller's monotonic clock.
    """

    __slots__ = ("_at", "_burst", "_left", "_per_s")

    def __init__(self, *, per_s: float, burst: float, now: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._at = now

    def set_rate(self, *, per_s: float, burst: float) -> None:
        """Agree on another rate; what is left of the burst stays, up to the new one."""
        self._per_s = per_s
        self._burst = burst
        self._left = min(self._left, burst)

    def take(self, amount: int, now: float, *, spared: float = 0.0) -> bool:
        """Take `amount`; False, with nothing taken, if there is not that much left.

        `spared` (0..1) of a full burst is left for others.
        """
        elapsed_s = max(0.0, now - self._at)
        self._at = max(self._at, now)
        left = min(self._burst, self._left + elapsed_s * self._per_s)
        is_within = amount <= left - spared * self._burst
        self._left = left - amount if is_within else left
        return is_within
