"""A browser that sends a picture in three encodings over a bad line, for tests: seeded, no clock.

Every packet says in its last bytes which it is, so that whoever sees what comes out of the router
knows what went in: layer, picture, packet of the picture, how many there are.
"""

import random
from collections import deque
from dataclasses import dataclass
from struct import Struct

from media.core import rtcp, rtp
from media.core.codecs import VP8, Codec
from tests.media.core.lesson import LAYER_SSRCS, RTX_TYPE, VIDEO_TYPE, Lesson

FRAME_S = 1 / 30
_TAG = Struct("!BIHHB")
_TEMPORAL = (0, 2, 1, 2)  # as Chromium sends VP8: L1T3
_MAX_UINT32 = 0xFFFF_FFFF


@dataclass(frozen=True)
class Tag:
    """What a packet is, as it was sent."""

    layer: int
    frame: int
    part: int
    parts: int
    is_key: bool

    @property
    def captured_s(self) -> float:
        """Return when the picture was taken: the same for all layers."""
        return self.frame * FRAME_S


def tag_of(payload: bytes) -> Tag:
    layer, frame, part, parts, is_key = _TAG.unpack(payload[-_TAG.size :])
    return Tag(layer, frame, part, parts, bool(is_key))


@dataclass(frozen=True)
class Line:
    """How bad the line from the publisher is; rates are per packet."""

    loss: float = 0.0
    late: float = 0.0
    jitter_s: float = 0.004
    has_reports: bool = True


class Encoding:
    """One layer: its numbers begin anywhere, as in browsers."""

    def __init__(self, layer: int, codec: Codec, rng: random.Random) -> None:
        self.layer = layer
        self.codec = codec
        self.ssrc, self.rtx_ssrc = LAYER_SSRCS[layer]
        self.seq = rng.randrange(1 << 16)
        self.first_timestamp = rng.randrange(1 << 32)
        self.picture_id = rng.randrange(1 << 15)
        self.tl0 = rng.randrange(1 << 8)
        self.rtx_seq = rng.randrange(1 << 16)
        self.needs_key = True
        self.since_key = 0
        self.history: dict[int, bytes] = {}

    def picture(self, frame: int, rng: random.Random) -> list[bytes]:
        """Return the packets of the next picture."""
        is_key, self.needs_key = self.needs_key, False
        self.since_key = 0 if is_key else self.since_key + 1
        parts = rng.randint(2, 5) + self.layer if is_key else rng.randint(1, 2)
        if self.codec is VP8:
            self.picture_id = (self.picture_id + 1) & 0x7FFF
            if _TEMPORAL[self.since_key % 4] == 0:
                self.tl0 = (self.tl0 + 1) & 0xFF
        packets = []
        for part in range(parts):
            body = self._vp8(part, is_key=is_key) if self.codec is VP8 else _h264(part, is_key)
            packet = rtp.build(
                body + _TAG.pack(self.layer, frame, part, parts, is_key),
                payload_type=VIDEO_TYPE,
                marker=rtp.MARKER if part == parts - 1 else 0,
                seq=self.seq,
                timestamp=self.first_timestamp + frame * 3000,
                ssrc=self.ssrc,
            )
            self.history[self.seq & 0xFFFF] = packet
            self.seq += 1
            packets.append(packet)
        self.history.pop((self.seq - 3000) & 0xFFFF, None)
        return packets

    def _vp8(self, part: int, *, is_key: bool) -> bytes:
        tid = _TEMPORAL[self.since_key % 4]
        descriptor = bytes((0x80 | (0x10 if part == 0 else 0), 0xE0))
        ids = (0x8000 | self.picture_id).to_bytes(2) + bytes((self.tl0, tid << 6))
        return descriptor + ids + bytes((0 if is_key else 1,))

    def report(self, now: float, frame: int) -> rtcp.SenderReport:
        """Return a sender report of this moment; the pictures' clock is the machine's."""
        ntp_time = int((1000.0 + frame * FRAME_S) * (1 << 32))
        rtp_time = (self.first_timestamp + frame * 3000) & _MAX_UINT32
        return rtcp.SenderReport(self.ssrc, ntp_time, rtp_time, 0, 0)


def _h264(part: int, is_key: bool) -> bytes:
    """An FU-A of an IDR or another slice (RFC 6184 section 5.8), parameter sets before an IDR."""
    if not is_key:
        return b"\x41" if part == 0 else b"\x5c\x01"
    return b"\x68\xce" if part == 0 else bytes((0x7C, 0x85 if part == 1 else 0x05))


class SimulcastSource:
    """Send three layers into a lesson, do what the router asks, and lose what the line loses."""

    def __init__(self, lesson: Lesson, codec: Codec, line: Line, *, seed: int) -> None:
        self.lesson = lesson
        self.line = line
        self._rng = random.Random(seed)
        self.encodings = [Encoding(layer, codec, self._rng) for layer in range(3)]
        self.live = {0, 1, 2}
        self.frame = 0
        #: Of every packet that reached the router: (layer, its sequence number) and when.
        self.arrived_at: dict[tuple[int, int], float] = {}
        #: By (layer, picture, packet of it): its sequence number, never wrapped.
        self.sent_as: dict[tuple[int, int, int], int] = {}
        #: By (layer, picture): VP8's picture id and TL0PICIDX as sent.
        self.ids: dict[tuple[int, int], tuple[int, int]] = {}
        self._under_way: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._heard = 0
        self._requests: deque[tuple[float, rtcp.RtcpPacket]] = deque()

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self._one_frame()

    def _one_frame(self) -> None:
        now = self.lesson.now
        self._do_what_was_asked(now)
        for encoding in self.encodings:
            if encoding.layer not in self.live:
                encoding.needs_key = True
                continue
            first = encoding.seq
            packets = encoding.picture(self.frame, self._rng)
            self.ids[encoding.layer, self.frame] = (encoding.picture_id, encoding.tl0)
            for place, packet in enumerate(packets):
                self.sent_as[encoding.layer, self.frame, place] = first + place
                self._put_under_way(packet, now + 0.02 + 0.0004 * place)
            if self.line.has_reports and self.frame % 30 == encoding.layer * 7:
                self.lesson.router.receive_publisher_rtcp(
                    self.lesson.publishers["teacher"], [encoding.report(now, self.frame)], now
                )
        self.frame += 1
        self._deliver(now + FRAME_S)

    def _put_under_way(self, packet: bytes, at: float) -> None:
        if self._rng.random() < self.line.loss:
            return
        at += self._rng.random() * self.line.jitter_s
        if self._rng.random() < self.line.late:
            at += self._rng.random() * 0.08
        self._number += 1
        self._under_way.append((at, self._number, packet))

    def _deliver(self, until: float) -> None:
        due = sorted(one for one in self._under_way if one[0] < until)
        self._under_way = [one for one in self._under_way if one[0] >= until]
        for at, _, packet in due:
            self.lesson.pass_time(max(0.0, at - self.lesson.now))
            self._note(packet)
            self.lesson.receive("teacher", packet)
        self.lesson.pass_time(max(0.0, until - self.lesson.now))
        self._hear()

    def _note(self, packet: bytes) -> None:
        header = rtp.parse(packet, len(packet))
        for encoding in self.encodings:
            if header[4] == encoding.ssrc:
                key = (encoding.layer, header[2])
            elif header[4] == encoding.rtx_ssrc:
                key = (encoding.layer, int.from_bytes(packet[12:14]))
            else:
                continue
            self.arrived_at.setdefault(key, self.lesson.now)

    def _hear(self) -> None:
        """Take what the router sent this way; it takes 40 ms to get here."""
        sent = self.lesson.sent
        for link, packet in sent[self._heard :]:
            if link == "teacher up":
                for said in rtcp.parse(packet):
                    self._requests.append((self.lesson.now + 0.04, said))
        self._heard = len(sent)

    def _do_what_was_asked(self, now: float) -> None:
        while self._requests and self._requests[0][0] <= now:
            said = self._requests.popleft()[1]
            if isinstance(said, rtcp.Pli):
                for encoding in self.encodings:
                    encoding.needs_key = True
            elif isinstance(said, rtcp.Nack):
                self._resend(said, now)

    def _resend(self, nack: rtcp.Nack, now: float) -> None:
        for encoding in self.encodings:
            if encoding.ssrc != nack.media_ssrc:
                continue
            for seq in nack.lost:
                packet = encoding.history.get(seq)
                if packet is not None:
                    encoding.rtx_seq += 1
                    again = rtp.build_rtx(
                        packet,
                        payload_type=RTX_TYPE,
                        seq=encoding.rtx_seq,
                        ssrc=encoding.rtx_ssrc,
                    )
                    self._put_under_way(again, now + 0.02)
