"""Serial number arithmetic for RTP sequence numbers and timestamps (RFC 1982, RFC 3550 A.1)."""


def delta16(newer: int, older: int) -> int:
    """Return how far `newer` is ahead of `older` on a 16-bit circle, -32768..32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def delta32(newer: int, older: int) -> int:
    """Return how far `newer` is ahead of `older` on a 32-bit circle, -2**31..2**31 - 1."""
    return ((newer - older + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


class Unwrapper16:
    """Extend 16-bit sequence numbers into integers that never wrap.

    Every number is placed next to the highest seen so far, so reordering across a
    wrap is harmless as long as it spans less than half the circle. The first number
    stands for itself; one from before it may come out negative.
    """

    __slots__ = ("_highest",)

    def __init__(self) -> None:
        self._highest: int | None = None

    def unwrap(self, seq: int) -> int:
        """Return the extended value of `seq` (0..65535)."""
        highest = self._highest
        if highest is None:
            self._highest = seq
            return seq
        extended = highest + ((seq - highest + 0x8000) & 0xFFFF) - 0x8000
        if extended > highest:
            self._highest = extended
        return extended


class Unwrapper32:
    """Extend 32-bit RTP timestamps into integers that never wrap; see `Unwrapper16`."""

    __slots__ = ("_highest",)

    def __init__(self) -> None:
        self._highest: int | None = None

    def unwrap(self, timestamp: int) -> int:
        """Return the extended value of `timestamp` (0..2**32 - 1), in ticks."""
        highest = self._highest
        if highest is None:
            self._highest = timestamp
            return timestamp
        extended = highest + ((timestamp - highest + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        if extended > highest:
            self._highest = extended
        return extended
