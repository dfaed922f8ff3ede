"""A receiver's transport-wide feedback, as a browser sends it (transport-cc).

draft-holmer-rmcat-transport-wide-cc-extensions-01. Written apart from
`media.core.bandwidth` on purpose: the peer stands for the other side.
"""

from media.core.rtcp import TransportFeedback

_TICK_NS = 250_000
_TICKS_PER_REFERENCE = 256  # 64 ms
_MOST_STATUSES = 2000
_LONGEST_DELTA = 0x7FFF
# Chromium forgets arrivals after half a second: what comes later is not reported again.
_REMEMBERED_TICKS = 2000
_STREAMS = 4


class ArrivalReport:
    """Note every arrival; `take` returns what is to be told since the last time.

    A packet that was reported missing and comes late is reported once more, as arrived.
    """

    def __init__(self, sender_ssrc: int) -> None:
        self._sender_ssrc = sender_ssrc
        self._arrivals: dict[int, int] = {}
        self._fresh: list[int] = []
        self._highest: int | None = None
        self._next: int | None = None
        self._count = 0
        #: Of so many packets one is read (`bench.sampling`); the gap it closes is told as arrived
        #: with it, if it is no wider than some streams of such samples leave. When each of them
        #: really came is not known, and even steps would be wrong: a server that had stopped for
        #: 40 ms and then sent what had gathered would look like one that sent ahead of its time,
        #: and its next packets as if they had waited for 40 ms on the line.
        self.sampling = 1

    def arrived(self, transport_sequence: int, arrival_ns: int) -> None:
        """Note a packet by its 16-bit number and the kernel's arrival time."""
        if self._highest is None:
            extended = transport_sequence
        else:
            ahead = ((transport_sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
            extended = self._highest + ahead
            if self.sampling > 1 and 1 < ahead <= _STREAMS * self.sampling:
                for number in range(self._highest + 1, extended):
                    self._arrivals[number] = arrival_ns // _TICK_NS
                    self._fresh.append(number)
        self._highest = extended if self._highest is None else max(self._highest, extended)
        if extended not in self._arrivals:
            self._arrivals[extended] = arrival_ns // _TICK_NS
            self._fresh.append(extended)

    def take(self, media_ssrc: int) -> TransportFeedback | None:
        """Return the feedback due now, None when nothing has arrived since the last."""
        if not self._fresh:
            return None
        first, last = min(self._fresh), max(self._fresh)
        if self._next is not None:
            first = min(first, self._next)
        first = max(first, last - _MOST_STATUSES + 1)
        self._next = last + 1
        self._fresh.clear()
        report = self._report(first, last, media_ssrc)
        newest = self._arrivals[last]
        self._arrivals = {
            number: at for number, at in self._arrivals.items() if at > newest - _REMEMBERED_TICKS
        }
        return report

    def _report(self, first: int, last: int, media_ssrc: int) -> TransportFeedback:
        known = [n for n in range(first, last + 1) if n in self._arrivals]
        reference = self._arrivals[known[0]] // _TICKS_PER_REFERENCE
        previous = reference * _TICKS_PER_REFERENCE
        deltas: list[int | None] = []
        for number in range(first, last + 1):
            at = self._arrivals.get(number)
            if at is None or abs(at - previous) > _LONGEST_DELTA:
                deltas.append(None)
            else:
                deltas.append(at - previous)
                previous = at
        self._count = (self._count + 1) & 0xFF
        return TransportFeedback(
            sender_ssrc=self._sender_ssrc,
            media_ssrc=media_ssrc,
            base_seq=first & 0xFFFF,
            feedback_count=self._count,
            reference_time_64ms=((reference + 0x80_0000) & 0xFF_FFFF) - 0x80_0000,
            deltas=tuple(deltas),
        )
