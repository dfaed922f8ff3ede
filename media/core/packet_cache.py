"""What an up-track sent lately, for answering subscribers' NACKs (RFC 4585 section 6.2.1)."""

from collections import deque

#: (timestamp, marker 0 or 0x80, payload, arrival_s)
CachedPacket = tuple[int, int, bytes, float]


class PacketCache:
    """Keep payloads by extended sequence number for `max_age_s`, in at most `max_bytes`.

    Two seconds of 4 Mbit/s are one megabyte; `max_bytes` must exceed one packet. Full means
    the oldest go: a packet that old is past every player's jitter buffer.
    """

    __slots__ = ("_bytes", "_max_bytes", "_order", "_packets", "max_age_s")

    def __init__(self, *, max_age_s: float, max_bytes: int) -> None:
        #: In seconds; may be changed at any time.
        self.max_age_s = max_age_s
        self._max_bytes = max_bytes
        self._packets: dict[int, CachedPacket] = {}
        self._order: deque[int] = deque()
        self._bytes = 0

    def insert(self, ext_seq: int, packet: CachedPacket) -> None:
        """Keep a packet if it is not here yet, and drop what has become too old or too much.

        Twice the same number comes of a sender without NACK that repeats itself unasked, or
        jumps in its numbers: the first counts.
        """
        packets, order = self._packets, self._order
        if ext_seq in packets:
            return
        packets[ext_seq] = packet
        order.append(ext_seq)
        self._bytes += len(packet[2])
        oldest_allowed = packet[3] - self.max_age_s
        while packets[order[0]][3] < oldest_allowed or self._bytes > self._max_bytes:
            self._bytes -= len(packets.pop(order.popleft())[2])

    def get(self, ext_seq: int) -> CachedPacket | None:
        """Return the packet, or None if it never came or is gone."""
        return self._packets.get(ext_seq)

    def first_of_frame(self, ext_seq: int) -> int:
        """Return the earliest packet that joins `ext_seq` without a gap and has its timestamp.

        Parameter sets may travel in packets of their own before the key picture.
        """
        packets = self._packets
        timestamp = packets[ext_seq][0]
        while (before := packets.get(ext_seq - 1)) is not None and before[0] == timestamp:
            ext_seq -= 1
        return ext_seq

    def clear(self) -> None:
        """Forget everything: nothing of it may be sent any more."""
        self._packets.clear()
        self._order.clear()
        self._bytes = 0

    @property
    def size_bytes(self) -> int:
        """Return how many payload bytes are kept."""
        return self._bytes
