"""Find out which packets of a stream are missing and when to ask for them again."""

import math
from collections import deque

from media.core.seqnum import delta16

MAX_MISSING = 512
MIN_RETRY_S = 0.02

# Until a round trip has been measured: about what a village line over 4G takes.
DEFAULT_RTT_S = 0.1

# A reply is late by the line's jitter too, and each further request is a sign that
# the line has no room for more: so a little over the round trip, growing.
_RTT_MARGIN = 1.1
_BACKOFF = 1.25

# Of so many retransmissions one came by the first request.
_REPAIRS_REMEMBERED = 8


class _Missing:
    """One packet that has not come: when to ask next, when to stop waiting."""

    __slots__ = ("asked_at", "attempts", "due_at", "expires_at")

    def __init__(self, due_at: float, expires_at: float) -> None:
        self.due_at = due_at
        self.expires_at = expires_at
        self.attempts = 0
        #: When it was first asked for.
        self.asked_at = due_at


class NackGenerator:
    """Ask the sender of one RTP stream for what is missing (RFC 4585 section 6.2.1).

    A gap is asked for after `first_delay_s`, which forgives mere reordering; then
    again no sooner than a reply can have come; and is given up after `max_attempts`
    requests or when it is `max_age_s` old, later than anybody would play it.

    At most `MAX_MISSING` packets are waited for. A jump past more than that, or gaps
    that add up to more, cannot be repaired in time: what is too much is given up and
    `needs_keyframe` is set. The caller acts on it and sets it back to False.

    A sequence number far behind is always taken as old, never as a restart: SRTP's
    replay protection (RFC 3711 section 3.3.2) lets no stream go backwards.

    Retransmissions count as received like any packet, under their original sequence
    number. All times are seconds on the caller's monotonic clock.
    """

    __slots__ = (
        "_first_delay_s",
        "_highest",
        "_is_rtt_told",
        "_max_age_s",
        "_max_attempts",
        "_missing",
        "_next_at",
        "_repairs_s",
        "_retry_s",
        "given_up",
        "needs_keyframe",
        "recovered",
    )

    def __init__(
        self, *, max_attempts: int = 10, max_age_s: float = 2.0, first_delay_s: float = 0.01
    ) -> None:
        self._max_attempts = max_attempts
        self._max_age_s = max_age_s
        self._first_delay_s = first_delay_s
        self._retry_s = max(MIN_RETRY_S, DEFAULT_RTT_S * _RTT_MARGIN)
        self._highest = -1
        # In the order of sequence numbers, by extended sequence number.
        self._missing: dict[int, _Missing] = {}
        self._next_at = math.inf
        self._repairs_s: deque[float] = deque(maxlen=_REPAIRS_REMEMBERED)
        self._is_rtt_told = False
        self.given_up = 0
        self.recovered = 0
        self.needs_keyframe = False

    @property
    def missing(self) -> int:
        """Return how many packets are being waited for."""
        return len(self._missing)

    def set_rtt(self, rtt_s: float) -> None:
        """Use a newly measured round trip time for requests from now on."""
        self._retry_s = max(MIN_RETRY_S, rtt_s * _RTT_MARGIN)
        self._is_rtt_told = True

    def repaired(self, seq: int, now: float) -> None:
        """Learn the round trip from a retransmission that has come; tell `received` after.

        From the first time it was asked for: if that request was lost, or its answer, this is
        too long, so the shortest of the last few counts. It serves where nobody measures
        the line (a publisher that does not subscribe); `set_rtt` is better and overrides it.
        """
        if self._is_rtt_told or self._highest < 0:
            return
        missing = self._missing.get(self._highest + delta16(seq, self._highest))
        if missing is not None and missing.attempts:
            self._repairs_s.append(now - missing.asked_at)
            self._retry_s = max(MIN_RETRY_S, min(self._repairs_s) * _RTT_MARGIN)

    def received(self, seq: int, now: float) -> bool:
        """Note an arrival; False if it is a duplicate or too old and must be dropped.

        What came before the first packet seen counts as too old.
        """
        highest = self._highest
        # Almost every packet is the next one, and is done with here.
        if (highest + 1) & 0xFFFF == seq:
            self._highest = highest + 1
            return True
        if highest < 0:
            self._highest = seq
            return True
        ahead = delta16(seq, highest)
        if ahead > 0:
            self._skip_to(highest + ahead, now)
            return True
        missing = self._missing.pop(highest + ahead, None)
        if missing is None:
            return False
        if missing.attempts:
            self.recovered += 1
        return True

    def deadline(self) -> float | None:
        """Return when there is next something to ask for, or None if nothing is missing.

        Minus infinity (at once) when so much was given up that only a keyframe is left.
        """
        if self.needs_keyframe:
            return -math.inf
        return self._next_at if self._missing else None

    def poll(self, now: float) -> list[int]:
        """Return the 16-bit sequence numbers to ask for now, oldest first."""
        if not self._missing or now < self._next_at:
            return []
        wanted: list[int] = []
        hopeless: list[int] = []
        self._next_at = math.inf
        for extended, missing in self._missing.items():
            if now >= missing.due_at:
                if self._is_hopeless(missing, now):
                    hopeless.append(extended)
                    continue
                wanted.append(extended & 0xFFFF)
                if not missing.attempts:
                    missing.asked_at = now
                retry_at = now + self._retry_s * _BACKOFF**missing.attempts
                missing.due_at = min(retry_at, missing.expires_at)
                missing.attempts += 1
            self._next_at = min(self._next_at, missing.due_at)
        for extended in hopeless:
            del self._missing[extended]
        self.given_up += len(hopeless)
        return wanted

    def _is_hopeless(self, missing: _Missing, now: float) -> bool:
        return missing.attempts >= self._max_attempts or now >= missing.expires_at

    def _skip_to(self, extended: int, now: float) -> None:
        """Wait for everything between the highest packet so far and `extended`."""
        first_missing, self._highest = self._highest + 1, extended
        gap = extended - first_missing
        if gap > MAX_MISSING:
            self.given_up += len(self._missing) + gap
            self._missing.clear()
            self.needs_keyframe = True
            return
        excess = len(self._missing) + gap - MAX_MISSING
        if excess > 0:
            for oldest in list(self._missing)[:excess]:
                del self._missing[oldest]
            self.given_up += excess
            self.needs_keyframe = True
        due_at, expires_at = now + self._first_delay_s, now + self._max_age_s
        for number in range(first_missing, extended):
            self._missing[number] = _Missing(due_at, expires_at)
        # With nothing else missing `_next_at` is left over from what has come since.
        self._next_at = min(self._next_at, due_at) if len(self._missing) > gap else due_at
