"""What one seat received of one track: the evidence that the judges read.

Times are seconds of the wall clock of this machine, on which sender and receiver agree.
"""

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.impair.media import Stamp


def wall_s() -> float:
    """Return the time traces are kept in."""
    return time.clock_gettime(time.CLOCK_REALTIME)


class Got(NamedTuple):
    """One packet that came. `sequence` is extended, `run` the stream (SSRC) it was in.

    `run` changes when the seat connects anew: sequence numbers of two runs say nothing of
    each other.
    """

    at_s: float
    run: int
    sequence: int
    size: int
    stamp: Stamp

    @property
    def sent_s(self) -> float:
        """Return when it was sent."""
        return self.stamp.sent_ns / 1e9


@dataclass(slots=True)
class Trace:
    """All packets of a track, in the order they came."""

    got: list[Got] = field(default_factory=list)
    _run: int | None = None
    _highest: int = 0

    def note(self, *, at_s: float, run: int, sequence: int, size: int, stamp: Stamp) -> None:
        """Note a packet with its 16-bit number."""
        if run != self._run:
            self._run, self._highest = run, sequence
        ahead = ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
        extended = self._highest + ahead
        self._highest = max(self._highest, extended)
        self.got.append(Got(at_s, run, extended, size, stamp))

    def sent_between(self, begin_s: float, end_s: float) -> list[Got]:
        """Return what came of what was sent in this time."""
        return [packet for packet in self.got if begin_s <= packet.sent_s < end_s]
