"""Sound towards a line that loses: when packets carry earlier ones again, and how (RFC 2198).

One lost packet of twenty milliseconds is heard as a click, and a retransmission comes too
late where the round trip is long. The packet before in the same datagram costs 40 kbit/s and
turns a loss of p into p squared, two of them into p cubed (as long as losses are random).
"""

from collections import deque

from media.core import red
from media.core.downtrack import DownTrack
from media.core.outputs import Outputs
from media.core.packet_cache import CachedPacket, PacketCache

ON_LOSS = 0.05
DOUBLE_LOSS = 0.12
SINGLE_AGAIN_LOSS = 0.08
OFF_LOSS = 0.02

#: Loss is judged over this long: a browser reports on sound only every few seconds.
WINDOW_S = 6.0
#: For so long a line must be calm before it gets a block less.
CALM_S = 6.0
#: Below this many packets a fraction says nothing.
MIN_PACKETS = 40

# What fits into any path's packet with RTP header, extension and SRTP trailer around it.
_MAX_PAYLOAD_BYTES = 1100


class RedundancyRule:
    """Decide how many earlier packets one subscriber's sound carries: 0, 1 or 2.

    More at once when loss asks for it; less, step by step, after `CALM_S` of less loss than
    the next step down would need. Times are seconds on the caller's monotonic clock.
    """

    __slots__ = ("_calm_since", "_reports", "level")

    def __init__(self) -> None:
        self.level = 0
        self._reports: deque[tuple[float, int, int]] = deque()
        self._calm_since: float | None = None

    def report(self, *, expected: int, lost: int, now: float) -> None:
        """Take what the subscriber told of one of its streams, since the report before."""
        self._reports.append((now, expected, lost))
        while self._reports[0][0] < now - WINDOW_S:
            self._reports.popleft()
        packets = sum(report[1] for report in self._reports)
        if packets < MIN_PACKETS:
            return
        loss = sum(report[2] for report in self._reports) / packets
        wanted = 2 if loss > DOUBLE_LOSS else int(loss > ON_LOSS)
        if wanted > self.level:
            self.level = wanted
            self._calm_since = None
        elif self.level and loss < (SINGLE_AGAIN_LOSS if self.level == 2 else OFF_LOSS):
            self._calm(now)
        else:
            self._calm_since = None

    def _calm(self, now: float) -> None:
        if self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= CALM_S:
            self.level -= 1
            self._calm_since = None


def send(
    downs: list[DownTrack],
    ext_seq: int,
    cached: CachedPacket,
    *,
    cache: PacketCache,
    outputs: Outputs,
) -> None:
    """Put the packet, with those before it, into the outbox for everybody in `downs`.

    Nothing from before a subscriber's run is repeated to it: it was not allowed to hear that.
    """
    payloads: dict[tuple[int, int], bytes] = {}
    if not cached[2]:  # padding, which a publisher's probe leaves: it only keeps the numbers
        for down in downs:
            outputs.outbox.append((down.link, down.packet(ext_seq, cached)))
            down.count_one(0)
        return
    for down in downs:
        payload_type = down.red_payload_type
        assert payload_type is not None, "only who takes RED is sent it"
        reach = min(down.redundancy, ext_seq - down.rewriter.first_ext)
        payload = payloads.get((reach, down.payload_type))
        if payload is None:
            payload = _compose(cache, ext_seq, cached, reach, down.payload_type)
            payloads[reach, down.payload_type] = payload
        packet = down.numbered(ext_seq, cached, payload, payload_type)
        outputs.outbox.append((down.link, packet))
        down.count_one(len(payload))


def _compose(
    cache: PacketCache, ext_seq: int, cached: CachedPacket, reach: int, payload_type: int
) -> bytes:
    """Return the RED payload: the newest of what can be repeated first, as far as there is room."""
    timestamp, _, primary, _ = cached
    room = _MAX_PAYLOAD_BYTES - len(primary)
    blocks: list[red.Redundant] = []
    for back in range(1, reach + 1):
        earlier = cache.get(ext_seq - back)
        if earlier is None or not earlier[2]:
            continue
        offset_ticks = (timestamp - earlier[0]) & 0xFFFF_FFFF
        room -= len(earlier[2])
        fits = room >= 0 and len(earlier[2]) <= red.MAX_BLOCK_BYTES
        if not fits or not 0 < offset_ticks <= red.MAX_OFFSET_TICKS:
            break
        blocks.insert(0, red.Redundant(payload_type, offset_ticks, earlier[2]))
    return red.build(payload_type, primary, blocks)
