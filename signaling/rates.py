"""How often something may happen."""

from signaling.config import Rate


class TokenBucket:
    """Allow `rate.burst` at once and `rate.per_s` a second after that.

    `now` is seconds on the caller's monotonic clock.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._counted_at: float | None = None

    def take(self, now: float) -> bool:
        """Return whether it may happen now, and count it if so."""
        if self._counted_at is not None:
            gained = (now - self._counted_at) * self._rate.per_s
            self._tokens = min(self._rate.burst, self._tokens + gained)
        self._counted_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
