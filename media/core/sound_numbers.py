"""Number the packets of sound in RED apart from what else takes sequence numbers.

A browser that publishes nothing but sound probes its line with packets of padding, under the
sequence numbers of the sound (RFC 3550 section 5.1), up to one for each. Lost ones look like
lost sound, and those that come stand between a lost packet and the one that repeats it. What
tells them apart is time: sound goes on without holes, packet by packet.
"""

from media.core import opus
from media.core.seqnum import delta16, delta32

_SEQ_MASK = 0xFFFF


class SoundNumbers:
    """Give each packet of one stream of Opus its place among those that carry sound.

    It moves on by the time that has passed, in packets of the length of the one before; never
    further than the sender's own numbers did, so that a pause in the sound is no loss. As long
    as nothing but sound is sent, places differ by what sequence numbers do.
    """

    __slots__ = ("_newest", "_packet_ticks", "_seq", "_timestamp")

    def __init__(self) -> None:
        self._seq: int | None = None
        self._timestamp = 0
        self._packet_ticks = 0
        self._newest = 0

    def number(self, seq: int, timestamp: int, payload: bytes | memoryview) -> int:
        """Return the place (16 bits) of the packet `seq`; raise MalformedPacket if it is no Opus.

        A packet that comes late gets the place it would have had; what comes twice, the same.
        """
        ticks = opus.duration_ticks(payload)
        if self._seq is None:
            self._newest = seq
        else:
            ahead = delta16(seq, self._seq)
            packets = self.packets_in(delta32(timestamp, self._timestamp))
            if ahead <= 0:
                return (self._newest - min(-ahead, max(1, -packets))) & _SEQ_MASK
            self._newest += min(ahead, max(1, packets))
        self._seq, self._timestamp, self._packet_ticks = seq, timestamp, ticks
        return self._newest & _SEQ_MASK

    def packets_in(self, ticks: int) -> int:
        """Return how many packets as long as the newest sound for `ticks`, to the nearest."""
        return (ticks + self._packet_ticks // 2) // self._packet_ticks
