"""What one received RTP stream looked like: counts, holes, repairs, jitter.

Written apart from `media.core.jitter` on purpose: the tests compare the two.
"""

from dataclasses import dataclass, field

from media.core.rtcp import ReportBlock

_MAX_MISSING = 4096


@dataclass(slots=True)
class Missing:
    """How often a packet was asked for, and when it is to be asked for next."""

    attempts: int = 0
    due_s: float = 0.0


@dataclass(slots=True)
class Reception:
    """One SSRC as received. Times are seconds on the monotonic clock.

    `missing` holds extended sequence numbers that have not come, with how each was asked for;
    `lost` counts them and those already given up for good.
    """

    mid: str
    ssrc: int
    clock_rate: int
    first_arrival_s: float
    first_sequence: int
    highest: int
    packets: int = 0
    payload_bytes: int = 0
    duplicates: int = 0
    late: int = 0
    repaired: int = 0
    forgotten: int = 0
    last_arrival_s: float = 0.0
    last_timestamp: int = 0
    missing: dict[int, Missing] = field(default_factory=dict)
    #: Something is missing that was not asked for yet.
    has_news: bool = False
    #: One packet of so many is read (`bench.sampling`): each stands for those before it.
    sampling: int = 1
    _jitter: float = 0.0
    _transit: float | None = None
    _reported_expected: int = 0
    _reported_received: int = 0
    _last_sr: int = 0
    _last_sr_at: float = 0.0

    @property
    def expected(self) -> int:
        """Return how many distinct packets the sequence numbers say were sent."""
        return self.highest - self.first_sequence + 1

    @property
    def lost(self) -> int:
        """Return how many packets are still missing, or were given up."""
        return len(self.missing) + self.forgotten

    def received(self, sequence: int, timestamp: int, size: int, now: float) -> bool:
        """Count a packet that came by itself; return False for a duplicate."""
        ahead = ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000
        if self.packets and ahead <= 0:
            extended = self.highest + ahead
            if self.missing.pop(extended, None) is None:
                self.duplicates += 1
                return False
            self.late += 1
            stands_for = 1
        else:
            stands_for = max(1, min(ahead, self.sampling))
            for extended in range(self.highest + 1, self.highest + ahead - stands_for + 1):
                self._miss(extended)
            self.highest += max(0, ahead)
        self.packets += stands_for
        self.payload_bytes += size * stands_for
        self.last_arrival_s = now
        self.last_timestamp = timestamp
        transit = now * self.clock_rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            # A timestamp that wrapped or jumped says nothing about the network.
            if difference < self.clock_rate * 10:
                self._jitter += (difference - self._jitter) / 16
        self._transit = transit
        return True

    def repair(self, sequence: int, size: int) -> bool:
        """Count a packet that came by retransmission; return False when nobody missed it."""
        ahead = ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000
        extended = self.highest + ahead
        if ahead > 0:
            for skipped in range(self.highest + 1, extended):
                self._miss(skipped)
            self.highest = extended
        elif self.missing.pop(extended, None) is None:
            self.duplicates += 1
            return False
        self.packets += 1
        self.payload_bytes += size
        self.repaired += 1
        return True

    def _miss(self, extended: int) -> None:
        if len(self.missing) >= _MAX_MISSING:
            del self.missing[next(iter(self.missing))]
            self.forgotten += 1
        self.missing[extended] = Missing()
        self.has_news = True

    def ask(self, now: float, *, again_after_s: float, most: int) -> list[int]:
        """Return the missing packets that are to be asked for now, each by itself.

        Each is asked for again `again_after_s` later, and given up after `most` times.
        """
        self.has_news = False
        wanted = []
        for extended, missing in list(self.missing.items()):
            if missing.due_s > now:
                continue
            if missing.attempts >= most:
                del self.missing[extended]
                self.forgotten += 1
                continue
            missing.attempts += 1
            missing.due_s = now + again_after_s
            wanted.append(extended & 0xFFFF)
        return wanted

    def ask_at(self) -> float | None:
        """Return when `ask` is next worth calling, None while nothing is missing."""
        return min((missing.due_s for missing in self.missing.values()), default=None)

    def sender_report(self, ntp_time: int, now: float) -> None:
        """Remember the middle 32 bits of a sender report's NTP time (RFC 3550 section 6.4.1)."""
        self._last_sr = (ntp_time >> 16) & 0xFFFFFFFF
        self._last_sr_at = now

    def report_block(self, now: float) -> ReportBlock:
        """Return the report of the interval since the last one (RFC 3550 appendix A.3)."""
        expected = self.expected - self._reported_expected
        received = self.packets - self._reported_received
        self._reported_expected, self._reported_received = self.expected, self.packets
        lost = max(0, expected - received)
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, (lost << 8) // expected) if expected > 0 else 0,
            cumulative_lost=min(self.lost, 0x7FFFFF),
            highest_seq=self.highest & 0xFFFFFFFF,
            jitter_ticks=int(self._jitter) & 0xFFFFFFFF,
            last_sr=self._last_sr,
            delay_since_last_sr=int((now - self._last_sr_at) * 65536) & 0xFFFFFFFF
            if self._last_sr
            else 0,
        )
