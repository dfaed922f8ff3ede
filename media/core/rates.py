"""How much a stream takes of a line, measured where it comes in."""

from media.core.congestion import WIRE_OVERHEAD_BYTES

# A keyframe is ten pictures' worth: shorter than this a rate says more of it than of the stream.
_FIRST_SAMPLE_S = 1.5
_SAMPLE_S = 0.4
_MEMORY_S = 3.0
# After a pause of this length what was measured before it is kept, and the pause not counted.
_PAUSE_S = 2.0


class RateMeter:
    """Smooth the rate of one stream, from its totals. Headers of the way on are counted in."""

    __slots__ = ("_bytes", "_packets", "_sampled_at", "_seen_at", "_seen_packets", "kbps")

    def __init__(self) -> None:
        #: None until enough has come.
        self.kbps: float | None = None
        self._bytes = self._packets = self._seen_packets = 0
        self._sampled_at = self._seen_at = float("-inf")

    def sample(self, total_bytes: int, total_packets: int, now: float) -> None:
        """Take the stream's totals of this moment, twice a second. What rests keeps its rate."""
        if total_packets == self._seen_packets:
            return
        has_paused = now - self._seen_at > _PAUSE_S
        self._seen_packets, self._seen_at = total_packets, now
        elapsed_s = now - self._sampled_at
        if not has_paused:
            if elapsed_s < (_FIRST_SAMPLE_S if self.kbps is None else _SAMPLE_S):
                return
            overhead = (total_packets - self._packets) * WIRE_OVERHEAD_BYTES
            kbps = (total_bytes - self._bytes + overhead) / 125 / elapsed_s
            before = kbps if self.kbps is None else self.kbps
            self.kbps = before + (kbps - before) * min(1.0, elapsed_s / _MEMORY_S)
        self._bytes, self._packets, self._sampled_at = total_bytes, total_packets, now
