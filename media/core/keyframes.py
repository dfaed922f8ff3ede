"""Ask a publisher for keyframes, seldom."""

import math


class RequestPace:
    """When the encodings of one track may next ask for a keyframe, all of them together.

    Browsers answer a request for one encoding with a keyframe of every one.
    """

    __slots__ = ("next_at",)

    def __init__(self) -> None:
        self.next_at = -math.inf


class KeyframeRequester:
    """Turn many subscribers' wishes for a keyframe into few requests.

    A request is repeated every `interval` until a keyframe arrives, because a
    Picture Loss Indication may be lost like any packet (RFC 4585 section 6.3.1), and
    at most `max_attempts` times after the last wish, because a publisher who has
    paused will not answer: whoever still needs a keyframe when packets flow again
    wishes again. There is one requester per encoding of a track, and one pace for them all.

    All times are seconds on the caller's monotonic clock.
    """

    __slots__ = ("_attempts_left", "_interval", "_max_attempts", "_pace", "asked_at", "sent")

    def __init__(
        self, pace: RequestPace | None = None, *, interval: float = 0.5, max_attempts: int = 10
    ) -> None:
        self._pace = pace or RequestPace()
        self._interval = interval
        self._max_attempts = max_attempts
        self._attempts_left = 0
        #: When this encoding was last asked: the one that has waited longest comes first.
        self.asked_at = -math.inf
        self.sent = 0

    @property
    def is_pending(self) -> bool:
        """Return True while a keyframe is wished for and requests are left to spend."""
        return self._attempts_left > 0

    def request(self) -> None:
        """Wish for a keyframe. Free to call as often as one likes."""
        self._attempts_left = self._max_attempts

    def request_once(self) -> None:
        """Wish for a keyframe that nobody waits for: the caller asks again if none comes."""
        self._attempts_left = max(1, self._attempts_left)

    def keyframe_arrived(self) -> None:
        """Fulfil all wishes: whoever waits can start from this keyframe.

        The interval since the last request keeps running, so wishes that arrive
        just after a keyframe still cost one request per interval at most.
        """
        self._attempts_left = 0

    def deadline(self) -> float | None:
        """Return when `poll` is next worth calling, or None if nothing is pending.

        A moment in the past (minus infinity at first) means: at once.
        """
        return self._pace.next_at if self._attempts_left else None

    def poll(self, now: float) -> bool:
        """Return True if one keyframe request must be sent now."""
        if not self._attempts_left or now < self._pace.next_at:
            return False
        self._attempts_left -= 1
        self._pace.next_at = now + self._interval
        self.asked_at = now
        self.sent += 1
        return True
