"""Tell a publisher when its packets arrived, so that it can find its bitrate.

A browser that negotiated transport-cc and hears nothing starves at 35 kbit/s;
answered every 50 ms it reaches its top layer in a quarter of a second.
"""

import math
from itertools import islice, takewhile

from media.core.rtcp import TransportFeedback
from media.core.seqnum import Unwrapper16

# The format's units: 250 us per tick, 64 ms per step of the reference time.
_TICKS_PER_S = 4000
_TICKS_PER_REFERENCE = 256

INTERVAL_S = 0.05
BATCH = 100

# No one feedback spans more packets, nor is more remembered.
MAX_SPAN = 4096

# How long an arrival is remembered. Well below the 8.19 s that one delta can express.
_HISTORY_TICKS = 2 * _TICKS_PER_S

# No packet is late by a quarter of the circle: the sender has begun a new sequence.
_RESTART_DISTANCE = 0x4000

_NOTHING_FORGOTTEN = -(2**62)


class TwccRecorder:
    """Record arrivals by transport-wide sequence number and report them.

    One per publishing transport: its packets share one sequence whatever their SSRC,
    retransmissions and padding included. Only arrivals told to `received` are ever
    acknowledged, so what is dropped unread must not be told.

    A feedback covers everything since the last one; where a packet comes late it
    reaches back to it and repeats, from memory, what arrived in between, for to omit
    that would declare it lost. All times are seconds on the caller's monotonic clock.
    """

    __slots__ = (
        "_arrivals",
        "_due_at",
        "_feedback_count",
        "_floor",
        "_next_seq",
        "_sender_ssrc",
        "_seqs",
        "_times",
        "_unwrapper",
    )

    def __init__(self, sender_ssrc: int) -> None:
        self._sender_ssrc = sender_ssrc
        # What `received` was told since the last poll, in two lists: no object per packet.
        self._seqs: list[int] = []
        self._times: list[float] = []
        self._due_at = math.inf
        self._unwrapper = Unwrapper16()
        # Arrival ticks by extended sequence number, in the order of arrival.
        self._arrivals: dict[int, int] = {}
        # The extended number after the highest ever reported.
        self._next_seq: int | None = None
        # Below this extended number, what arrived may have been forgotten.
        self._floor = _NOTHING_FORGOTTEN
        self._feedback_count = 0

    def received(self, twcc_seq: int, now: float) -> None:
        """Note that the packet with this 16-bit transport-wide number has arrived.

        Past `MAX_SPAN` unreported packets the rest is not noted: to the sender it is
        lost, which is what an overloaded receiver ought to tell it.
        """
        waiting = len(self._seqs)
        if not waiting:
            self._due_at = now + INTERVAL_S
        elif waiting >= MAX_SPAN:
            return
        self._seqs.append(twcc_seq)
        self._times.append(now)

    def deadline(self) -> float | None:
        """Return when `poll` is next worth calling, or None if nothing waits."""
        if not self._seqs:
            return None
        return self._due_at if len(self._seqs) < BATCH else self._times[0]

    def poll(self, now: float, media_ssrc: int) -> TransportFeedback | None:
        """Return the feedback that is due, if one is; `media_ssrc` is any of the sender's."""
        if not self._seqs or (now < self._due_at and len(self._seqs) < BATCH):
            return None
        fresh = self._take_waiting()
        self._forget_the_old()
        fresh = [extended for extended in fresh if extended >= self._floor]
        if not fresh:
            return None
        first, last = min(fresh), max(fresh)
        if self._next_seq is None:
            self._next_seq = first
        first = max(min(first, self._next_seq), self._floor, last - MAX_SPAN + 1)
        self._next_seq = max(self._next_seq, last + 1)
        return self._feedback(first, last, media_ssrc)

    def _take_waiting(self) -> list[int]:
        """Move what waits into `_arrivals`; return the extended numbers that are new."""
        seqs, times = self._seqs, self._times
        self._seqs, self._times = [], []
        fresh: list[int] = []
        for seq, time in zip(seqs, times, strict=True):
            extended = self._unwrapper.unwrap(seq)
            if self._next_seq is not None and extended < self._next_seq - _RESTART_DISTANCE:
                self._restart()
                fresh.clear()
                extended = self._unwrapper.unwrap(seq)
            if extended not in self._arrivals:
                self._arrivals[extended] = int(time * _TICKS_PER_S)
                fresh.append(extended)
        return fresh

    def _restart(self) -> None:
        """Begin again with a sequence that has nothing to do with the one so far."""
        self._unwrapper = Unwrapper16()
        self._arrivals.clear()
        self._next_seq = None
        self._floor = _NOTHING_FORGOTTEN

    def _forget_the_old(self) -> None:
        """Bound the memory; never report again on anything before what was forgotten."""
        arrivals = self._arrivals
        oldest_kept = next(reversed(arrivals.values())) - _HISTORY_TICKS
        stale = sum(1 for _ in takewhile(oldest_kept.__gt__, arrivals.values()))
        forgotten = list(islice(arrivals, max(stale, len(arrivals) - MAX_SPAN)))
        for extended in forgotten:
            del arrivals[extended]
        if forgotten:
            self._floor = max(self._floor, max(forgotten) + 1)

    def _feedback(self, first: int, last: int, media_ssrc: int) -> TransportFeedback:
        """Return the feedback about packets `first` to `last`, of which `last` arrived."""
        reference: int | None = None
        previous = 0
        deltas: list[int | None] = []
        for extended in range(first, last + 1):
            ticks = self._arrivals.get(extended)
            if ticks is None:
                deltas.append(None)
                continue
            if reference is None:
                reference = ticks // _TICKS_PER_REFERENCE
                previous = reference * _TICKS_PER_REFERENCE
            deltas.append(ticks - previous)
            previous = ticks
        assert reference is not None, "the last packet arrived"
        count, self._feedback_count = self._feedback_count, (self._feedback_count + 1) & 0xFF
        return TransportFeedback(
            sender_ssrc=self._sender_ssrc,
            media_ssrc=media_ssrc,
            base_seq=first & 0xFFFF,
            feedback_count=count,
            reference_time_64ms=((reference + 0x80_0000) & 0xFF_FFFF) - 0x80_0000,
            deltas=tuple(deltas),
        )
