"""One published RTP stream: its header, its extensions, its cache for retransmission."""

import struct
from collections import OrderedDict
from dataclasses import dataclass, field

_CACHED_PACKETS = 2048
_MID_PACKETS = 100  # Chromium too stops naming the mid once the receiver must have learnt it
_ONE_BYTE_EXTENSIONS = 0xBEDE  # RFC 8285 section 4.2
_HEADER = struct.Struct("!BBHII")


def _named(extension_id: int, name: str) -> bytes:
    return bytes([extension_id << 4 | len(name) - 1]) + name.encode()


@dataclass(slots=True)
class OutgoingStream:
    """Numbers packets and writes them, plain, into a caller's buffer.

    `rtx_payload_type` is None when the answer did not take RTX; a lost packet is then
    sent again under its own number. Ids of header extensions are None when not negotiated.
    With a `rid` it is one encoding of a section that has several (RFC 8852).
    """

    mid: str
    codec: str
    clock_rate: int
    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    rtx_ssrc: int = 0
    rtx_payload_type: int | None = None
    rtx_sequence: int = 0
    mid_extension_id: int | None = None
    transport_cc_id: int | None = None
    rid: str = ""
    rid_extension_id: int | None = None
    repaired_rid_extension_id: int | None = None
    packets: int = 0
    octets: int = 0
    retransmissions: int = 0
    last_sent_s: float = 0.0
    _cache: OrderedDict[int, tuple[int, bool, bytes]] = field(default_factory=OrderedDict)

    def write(
        self,
        buffer: memoryview,
        payload: bytes,
        *,
        marker: bool,
        timestamp_increment: int,
        transport_sequence: int,
    ) -> int:
        """Write the next packet and return its length in bytes.

        The media time advances by `timestamp_increment` before this packet: the
        packets of one frame pass 0 after the first.
        """
        self.timestamp = (self.timestamp + timestamp_increment) & 0xFFFFFFFF
        sequence = self.sequence
        self.sequence = (sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        self._cache[sequence] = (self.timestamp, marker, payload)
        if len(self._cache) > _CACHED_PACKETS:
            self._cache.popitem(last=False)
        return self._write(
            buffer,
            (self.payload_type, sequence, self.timestamp, self.ssrc),
            payload,
            marker=marker,
            transport_sequence=transport_sequence,
        )

    def write_again(
        self, buffer: memoryview, sequence: int, *, transport_sequence: int
    ) -> int | None:
        """Write a retransmission of `sequence`; None when it is no longer cached."""
        cached = self._cache.get(sequence)
        if cached is None:
            return None
        timestamp, marker, payload = cached
        self.retransmissions += 1
        head = (self.payload_type, sequence, timestamp, self.ssrc)
        if self.rtx_payload_type is not None:
            # RFC 4588 section 4: the original sequence number goes before the payload.
            payload = sequence.to_bytes(2, "big") + payload
            head = (self.rtx_payload_type, self.rtx_sequence, timestamp, self.rtx_ssrc)
            self.rtx_sequence = (self.rtx_sequence + 1) & 0xFFFF
        return self._write(
            buffer, head, payload, marker=marker, transport_sequence=transport_sequence
        )

    def _write(
        self,
        buffer: memoryview,
        head: tuple[int, int, int, int],
        payload: bytes,
        *,
        marker: bool,
        transport_sequence: int,
    ) -> int:
        payload_type, sequence, timestamp, ssrc = head
        extensions = self._extensions(transport_sequence, is_repair=ssrc != self.ssrc)
        _HEADER.pack_into(
            buffer,
            0,
            0x90 if extensions else 0x80,
            payload_type | (0x80 if marker else 0),
            sequence,
            timestamp,
            ssrc,
        )
        packet = extensions + payload
        end = 12 + len(packet)
        buffer[12:end] = packet
        return end

    def _extensions(self, transport_sequence: int, *, is_repair: bool) -> bytes:
        body = b""
        if self.transport_cc_id is not None:
            body += bytes([self.transport_cc_id << 4 | 1]) + transport_sequence.to_bytes(2, "big")
        if self.mid_extension_id is not None and self.packets <= _MID_PACKETS:
            body += _named(self.mid_extension_id, self.mid)
        rid_id = self.repaired_rid_extension_id if is_repair else self.rid_extension_id
        if rid_id is not None and self.rid and (is_repair or self.packets <= _MID_PACKETS):
            body += _named(rid_id, self.rid)
        if not body:
            return b""
        body += bytes(-len(body) % 4)
        return struct.pack("!HH", _ONE_BYTE_EXTENSIONS, len(body) // 4) + body
