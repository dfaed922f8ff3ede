"""Put a track's packets back in order and into whole frames, for the recorder.

Packets come in any order, some twice, some never. Whole frames come out in order. A hole
is waited for, because a NACK may fill it (RFC 4585 section 6.2.1), but never longer than
`max_wait_s` or `max_packets`: then it is reported as a `Gap`. After a gap, video goes on at
a key frame only: everything before it would be decoded against a picture that is not there.
"""

from collections.abc import Callable
from typing import NamedTuple

from media.core import h264, vp8

_MAX_MISORDER = 1000
"""How far behind a packet may be and still count as late (RFC 3550 appendix A.1, larger
because retransmissions come later than plain reordering)."""


class Frame(NamedTuple):
    """A whole frame: RTP time (32 bits), its payloads in order, when its last packet came."""

    rtp_time: int
    payloads: tuple[bytes, ...]
    arrival_s: float
    is_keyframe: bool


class Gap(NamedTuple):
    """`packets` were lost for good in front of the next frame; 0 where a new numbering began."""

    packets: int


class _Packet(NamedTuple):
    rtp_time: int
    marker: bool
    payload: bytes
    arrival_s: float


class JitterBuffer:
    """Sans-IO: call `insert` for every packet, `pop` for what is due, `flush` at the end.

    `codec` is `"opus"`, `"VP8"` or `"H264"`. Times are seconds on the caller's monotonic clock.
    """

    def __init__(self, codec: str, *, max_wait_s: float, max_packets: int = 2048) -> None:
        self._keyframe_test: Callable[[bytes], bool] | None = {
            "opus": None,
            "VP8": vp8.is_keyframe,
            "H264": h264.is_keyframe,
        }[codec]
        self._is_h264 = codec == "H264"
        self._max_wait_s = max_wait_s
        self._max_packets = max_packets
        self._waiting: dict[int, _Packet] = {}
        self._next: int | None = None
        self._has_popped = False
        self._suspect_seq: int | None = None
        self._renumbered = False
        self._partial: list[_Packet] = []
        self._previous_time: int | None = None
        self._needs_keyframe = self._keyframe_test is not None
        self.duplicates = 0
        self.late = 0

    def insert(self, seq: int, rtp_time: int, *, marker: bool, payload: bytes, now: float) -> None:
        """Take a packet; one without payload (padding) still fills its place in the order."""
        extended = self._place(seq)
        if extended is None:
            return
        if extended in self._waiting:
            self.duplicates += 1
            return
        self._waiting[extended] = _Packet(rtp_time, marker, payload, now)

    def pop(self, now: float) -> list[Frame | Gap]:
        """Return what is complete, in order, and the gaps that are given up at `now`."""
        out: list[Frame | Gap] = []
        if self._renumbered:
            self._renumbered = False
            out.append(Gap(0))
        while self._waiting:
            assert self._next is not None, "a packet waits, so one has been placed"
            packet = self._waiting.pop(self._next, None)
            if packet is not None:
                self._has_popped = True
                self._next += 1
                self._accept(packet, out)
            elif self._is_given_up(now):
                self._skip_hole(out)
            else:
                break
        return out

    def flush(self) -> list[Frame | Gap]:
        """Return everything that waits, as if its time had come."""
        return self.pop(float("inf"))

    def deadline(self) -> float | None:
        """Return when a hole will be given up, None when nothing waits for one."""
        if not self._waiting:
            return None
        return next(iter(self._waiting.values())).arrival_s + self._max_wait_s

    def _restart(self) -> None:
        """Forget the frame in progress; video goes on at a key frame only."""
        self._needs_keyframe = self._keyframe_test is not None
        self._partial = []

    def _place(self, seq: int) -> int | None:
        """Return the packet's place in the order, None if it is too late to have one."""
        if self._next is None:
            self._next = seq
        ahead = ((seq - self._next + 0x8000) & 0xFFFF) - 0x8000
        if ahead >= 0:
            self._suspect_seq = None
            return self._next + ahead
        if -ahead <= _MAX_MISORDER:
            if self._has_popped:
                self.late += 1
                return None
            self._next += ahead
            return self._next
        if seq != self._suspect_seq:
            self._suspect_seq = (seq + 1) & 0xFFFF
            self.late += 1
            return None
        self._renumber(seq)
        return seq

    def _renumber(self, seq: int) -> None:
        """Begin again at `seq`: two packets in a row say that the numbering did."""
        self._waiting.clear()
        self._next = seq
        self._suspect_seq = None
        self._renumbered = True
        self._previous_time = None
        self._restart()

    def _is_given_up(self, now: float) -> bool:
        deadline = self.deadline()
        overfull = len(self._waiting) >= self._max_packets
        return overfull or (deadline is not None and now >= deadline)

    def _skip_hole(self, out: list[Frame | Gap]) -> None:
        assert self._next is not None, "there is a hole in front of a packet"
        first = min(self._waiting)
        out.append(Gap(first - self._next))
        self._next = first
        self._previous_time = None
        self._restart()

    def _accept(self, packet: _Packet, out: list[Frame | Gap]) -> None:
        """Take the next packet in order into the frame it belongs to."""
        if not packet.payload:
            return
        if self._keyframe_test is None:
            out.append(Frame(packet.rtp_time, (packet.payload,), packet.arrival_s, True))
            return
        if self._partial and self._partial[0].rtp_time != packet.rtp_time:
            self._complete(out)  # the marker may be missing: a new time ends a frame as well
        if self._needs_keyframe:
            begins = self._begins_keyframe(packet)
            self._previous_time = packet.rtp_time
            if not begins:
                return
            self._needs_keyframe = False
        self._previous_time = packet.rtp_time
        if len(self._partial) >= self._max_packets:
            out.append(Gap(len(self._partial)))
            self._restart()
            return
        self._partial.append(packet)
        if packet.marker:
            self._complete(out)

    def _begins_keyframe(self, packet: _Packet) -> bool:
        """Return whether decoding can begin with `packet`, the first after a hole or a refusal.

        For H.264 an IDR picture is not enough directly behind a hole, or in the middle of its
        picture: the parameter sets in front of it may be what was lost.
        """
        assert self._keyframe_test is not None, "only video asks"
        if not self._keyframe_test(packet.payload):
            return False
        if not self._is_h264 or h264.carries_sps(packet.payload):
            return True
        return self._previous_time is not None and self._previous_time != packet.rtp_time

    def _complete(self, out: list[Frame | Gap]) -> None:
        assert self._keyframe_test is not None, "only video has partial frames"
        packets, self._partial = self._partial, []
        out.append(
            Frame(
                packets[0].rtp_time,
                tuple(packet.payload for packet in packets),
                packets[-1].arrival_s,
                any(self._keyframe_test(packet.payload) for packet in packets),
            )
        )
