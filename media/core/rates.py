"""How much a stream takes of a line, measured where it comes in."""

from media.core.congestion import WIRE_OVERHEAD_BYTES

# A keyframe is ten pictures' worth: shorter than this a rate says more of it than of the stream.
_MEMORY_S = 3.0
_MIN_SAMPLE_S = 0.4
# After a pause of this length what was measured before it is kept, and the pause not counted.
_PAUSE_S = 2.0


class RateMeter:
    """Smooth the rate of one stream, from its totals. Headers of the way on are counted in."""

    __slots__ = ("_bytes", "_packets", "_sampled_at", "kbps")

    def __init__(self) -> None:
        #: None until enough has come.
        self.kbps: float | None = None
        self._bytes = self._packets = 0
        self._sampled_at: float | None = None

    def sample(self, total_bytes: int, total_packets: int, now: float) -> None:
        """Take the stream's totals of this moment. A stream that rests keeps its rate."""
        before = self._sampled_at
        elapsed_s = 0.0 if before is None else now - before
        if before is not None and elapsed_s < _MIN_SAMPLE_S:
            return
        packets = total_packets - self._packets
        taken = total_bytes - self._bytes + packets * WIRE_OVERHEAD_BYTES
        self._bytes, self._packets, self._sampled_at = total_bytes, total_packets, now
        if elapsed_s == 0.0 or elapsed_s > _PAUSE_S or packets <= 0:
            return
        kbps = taken * 8 / 1000 / elapsed_s
        if self.kbps is None:
            self.kbps = kbps
        else:
            self.kbps += (kbps - self.kbps) * min(1.0, elapsed_s / _MEMORY_S)
