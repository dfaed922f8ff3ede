"""Count what arrives of one RTP stream, and how evenly (RFC 3550 appendix A)."""

from media.core import rtcp

_MAX_CUMULATIVE_LOST = 0x7F_FFFF


class ReceptionStats:
    """Loss and jitter of one stream as receiver reports want them.

    Feed it original packets only, not retransmissions: then `lost` is what the line
    lost, before repair. Times are seconds on the caller's monotonic clock.
    """

    __slots__ = (
        "_base_seq",
        "_clock_rate",
        "_highest_seq",
        "_interval_expected",
        "_interval_received",
        "_jitter_ticks",
        "_last_sr",
        "_last_sr_arrival",
        "_reported_expected",
        "_reported_received",
        "_transit_ticks",
        "packets_received",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base_seq = -1
        self._highest_seq = -1
        self._jitter_ticks = 0.0
        self._transit_ticks = 0.0
        self._last_sr = 0
        self._last_sr_arrival = 0.0
        self._reported_expected = 0
        self._reported_received = 0
        self._interval_expected = 0
        self._interval_received = 0
        self.packets_received = 0

    @property
    def expected(self) -> int:
        """Return how many packets were sent from the first to the highest seen (A.3)."""
        return self._highest_seq - self._base_seq + 1 if self.packets_received else 0

    @property
    def lost(self) -> int:
        """Return how many are missing since the start; duplicates make it negative (A.3)."""
        return self.expected - self.packets_received

    @property
    def jitter_ticks(self) -> int:
        """Return the interarrival jitter in ticks of the media clock (A.8)."""
        return int(self._jitter_ticks)

    def received(self, seq: int, rtp_time: int, now: float) -> None:
        """Count one packet: `seq` 16 bits, `rtp_time` 32 bits, as they were sent."""
        transit_ticks = now * self._clock_rate - rtp_time
        if self.packets_received:
            # A serial number difference (RFC 1982), written out: this runs per packet.
            ahead = ((seq - self._highest_seq + 0x8000) & 0xFFFF) - 0x8000
            if ahead > 0:
                self._highest_seq += ahead
            difference = abs(transit_ticks - self._transit_ticks)
            if difference > 0x8000_0000:
                # The timestamp has wrapped between the two packets.
                difference = abs(difference - 0x1_0000_0000)
            self._jitter_ticks += (difference - self._jitter_ticks) / 16
        else:
            self._base_seq = self._highest_seq = seq
        self._transit_ticks = transit_ticks
        self.packets_received += 1

    def sender_report(self, ntp_time: int, now: float) -> None:
        """Remember a sender report (64-bit NTP time), so that its sender can measure RTT."""
        self._last_sr = (ntp_time >> 16) & 0xFFFF_FFFF
        self._last_sr_arrival = now

    def report_block(self, ssrc: int, now: float) -> rtcp.ReportBlock:
        """Return the block for the next report and begin a new reporting interval (A.3)."""
        expected, received = self.expected, self.packets_received
        fraction = _loss_fraction(
            expected - self._reported_expected, received - self._reported_received
        )
        self._reported_expected, self._reported_received = expected, received
        return rtcp.ReportBlock(
            ssrc=ssrc,
            # Never 256: what made packets expected has itself been received.
            fraction_lost=int((fraction or 0.0) * 256),
            cumulative_lost=max(-_MAX_CUMULATIVE_LOST - 1, min(self.lost, _MAX_CUMULATIVE_LOST)),
            highest_seq=max(0, self._highest_seq) & 0xFFFF_FFFF,
            jitter_ticks=min(self.jitter_ticks, 0xFFFF_FFFF),
            last_sr=self._last_sr,
            delay_since_last_sr=self._delay_since_last_sr(now),
        )

    def take_interval_loss(self) -> float | None:
        """Return the fraction (0..1) lost since the last call; None if nothing was due.

        Independent of `report_block`, which keeps an interval of its own.
        """
        expected, received = self.expected, self.packets_received
        fraction = _loss_fraction(
            expected - self._interval_expected, received - self._interval_received
        )
        self._interval_expected, self._interval_received = expected, received
        return fraction

    def _delay_since_last_sr(self, now: float) -> int:
        """Return the age of the last sender report in 1/65536 s; 0 if there was none."""
        if not self._last_sr:
            return 0
        return min(int((now - self._last_sr_arrival) * 65536), 0xFFFF_FFFF)


def _loss_fraction(expected: int, received: int) -> float | None:
    """Return what part of `expected` did not come; duplicates do not make it negative."""
    if expected <= 0:
        return None
    return max(0, expected - received) / expected
