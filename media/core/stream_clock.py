"""What one RTP stream's sender says of its clock, and how two streams of it compare."""

_NTP_UNIT = 1 << 32
_MASK64 = 0xFFFF_FFFF_FFFF_FFFF


class StreamClock:
    """One RTP clock: a new SSRC, or the same one after a restart, has another.

    `report` is the last sender report (RFC 3550 section 6.4.1): 64-bit NTP time, the RTP
    timestamp of the same moment, and when it came, in the caller's seconds. The NTP times of
    one sender's streams are of one clock, so two reports tell how their RTP clocks compare.
    """

    __slots__ = ("rate", "report")

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.report: tuple[int, int, float] | None = None

    def at(self, now: float) -> tuple[int, int] | None:
        """Return the sender's (64-bit NTP time, RTP timestamp) of this moment, or None.

        Its last report, moved on by the time that passed: subscribers see the publisher's own
        NTP clock, so its tracks stay in step.
        """
        if self.report is None:
            return None
        ntp_time, rtp_time, at = self.report
        elapsed_s = now - at
        return (
            (ntp_time + int(elapsed_s * _NTP_UNIT)) & _MASK64,
            rtp_time + round(elapsed_s * self.rate),
        )

    def ticks_to(self, other: "StreamClock") -> int | None:
        """Return what to add to a timestamp of this clock to get the same moment's of `other`.

        None if it is not known. Each report is right to about a millisecond.
        """
        if other is self:
            return 0
        if self.report is None or other.report is None:
            return None
        ntp_time, rtp_time, _ = self.report
        other_ntp_time, other_rtp_time, _ = other.report
        between_s = (ntp_time - other_ntp_time) / _NTP_UNIT
        return other_rtp_time + round(between_s * self.rate) - rtp_time
