"""RTCP: parse and write control packets, compound (RFC 3550) or reduced-size (RFC 5506).

Reports and descriptions are RFC 3550 section 6, generic NACK and PLI RFC 4585
sections 6.2.1 and 6.3.1, FIR RFC 5104 section 4.3.1, REMB
draft-alvestrand-rmcat-remb-03 and transport-wide feedback
draft-holmer-rmcat-transport-wide-cc-extensions-01. SSRCs are 32-bit integers.

Longer than 300 lines because every packet type stands beside its wire format.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from media.core import feedback_chunks
from media.core.errors import MalformedPacket

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
SOURCE_DESCRIPTION: Final = 202
BYE: Final = 203
TRANSPORT_LAYER_FEEDBACK: Final = 205
PAYLOAD_SPECIFIC_FEEDBACK: Final = 206

_FMT_NACK: Final = 1
_FMT_TRANSPORT_FEEDBACK: Final = 15
_FMT_PLI: Final = 1
_FMT_FIR: Final = 4
_FMT_APPLICATION: Final = 15

_SDES_END: Final = 0
_SDES_CNAME: Final = 1
_MAX_REMB_BPS: Final = 2**63 - 1


class ReportBlock(NamedTuple):
    """What one receiver saw of the source `ssrc` (RFC 3550 section 6.4.1).

    `fraction_lost` is in 1/256 of the last interval; `cumulative_lost` is signed, 24
    bits; `highest_seq` is extended by its cycle count; `last_sr` is the middle of an
    NTP time and `delay_since_last_sr` is in 1/65536 s.
    """

    ssrc: int
    fraction_lost: int
    cumulative_lost: int
    highest_seq: int
    jitter_ticks: int
    last_sr: int
    delay_since_last_sr: int

    def to_bytes(self) -> bytes:
        """Return the 24 bytes of the block."""
        return struct.pack(
            "!6I",
            self.ssrc,
            self.fraction_lost << 24 | self.cumulative_lost & 0xFF_FFFF,
            self.highest_seq,
            self.jitter_ticks,
            self.last_sr,
            self.delay_since_last_sr,
        )


class SenderReport(NamedTuple):
    """When and how much `ssrc` has sent (section 6.4.1): `ntp_time` is 32.32 fixed point."""

    ssrc: int
    ntp_time: int
    rtp_time: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        fields = struct.pack(
            "!IQ3I",
            self.ssrc,
            self.ntp_time,
            self.rtp_time,
            self.packet_count,
            self.octet_count,
        )
        blocks = b"".join(report.to_bytes() for report in self.reports)
        return _packet(SENDER_REPORT, len(self.reports), fields + blocks)


class ReceiverReport(NamedTuple):
    """What `ssrc`, which sends nothing itself, has received (section 6.4.2)."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        blocks = b"".join(report.to_bytes() for report in self.reports)
        body = struct.pack("!I", self.ssrc) + blocks
        return _packet(RECEIVER_REPORT, len(self.reports), body)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Canonical names as (ssrc, cname) pairs (section 6.5); other items are not kept."""

    chunks: tuple[tuple[int, str], ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet; a name may take 255 bytes of UTF-8."""
        body = bytearray()
        for ssrc, cname in self.chunks:
            text = cname.encode()
            body += struct.pack("!IBB", ssrc, _SDES_CNAME, len(text)) + text
            # One to four zeros: the end of the list, then up to the next word.
            body += bytes(4 - len(body) % 4)
        return _packet(SOURCE_DESCRIPTION, len(self.chunks), bytes(body))


@dataclass(frozen=True, slots=True)
class Bye:
    """These sources are gone (section 6.6); a reason is not kept."""

    ssrcs: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        return _packet(BYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


@dataclass(frozen=True, slots=True)
class Nack:
    """Please send these packets of `media_ssrc` again (RFC 4585 section 6.2.1).

    `lost` holds 16-bit sequence numbers, at least one. Ascending order packs best.
    """

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        assert self.lost, "a NACK names at least one packet"
        pairs: list[tuple[int, int]] = []
        first = mask = 0
        for seq in self.lost:
            bit = 1 << ((seq - first - 1) & 0xFFFF) if (seq - first - 1) & 0xFFFF < 16 else 0
            if pairs and bit > mask:
                mask |= bit
                pairs[-1] = (first, mask)
            else:
                first, mask = seq, 0
                pairs.append((first, mask))
        body = struct.pack("!II", self.sender_ssrc, self.media_ssrc)
        body += b"".join(struct.pack("!HH", first, mask) for first, mask in pairs)
        return _packet(TRANSPORT_LAYER_FEEDBACK, _FMT_NACK, body)


@dataclass(frozen=True, slots=True)
class Pli:
    """Please send a keyframe of `media_ssrc`: Picture Loss Indication (RFC 4585 6.3.1)."""

    sender_ssrc: int
    media_ssrc: int

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        body = struct.pack("!II", self.sender_ssrc, self.media_ssrc)
        return _packet(PAYLOAD_SPECIFIC_FEEDBACK, _FMT_PLI, body)


@dataclass(frozen=True, slots=True)
class Fir:
    """Please send keyframes: Full Intra Request (RFC 5104 section 4.3.1).

    `requests` are (ssrc, seq_nr); a `seq_nr` (8 bits) seen before is a repetition.
    """

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        assert self.requests, "a FIR names at least one source"
        body = struct.pack("!II", self.sender_ssrc, 0)
        body += b"".join(struct.pack("!IB3x", ssrc, seq_nr) for ssrc, seq_nr in self.requests)
        return _packet(PAYLOAD_SPECIFIC_FEEDBACK, _FMT_FIR, body)


@dataclass(frozen=True, slots=True)
class Remb:
    """The receiver's estimate of what the path carries, over all of `ssrcs`.

    On the wire a number of 18 significant bits: writing rounds `bitrate_bps` down.
    """

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        exponent = max(0, self.bitrate_bps.bit_length() - 18)
        body = struct.pack(
            f"!II4sI{len(self.ssrcs)}I",
            self.sender_ssrc,
            0,
            b"REMB",
            len(self.ssrcs) << 24 | exponent << 18 | self.bitrate_bps >> exponent,
            *self.ssrcs,
        )
        return _packet(PAYLOAD_SPECIFIC_FEEDBACK, _FMT_APPLICATION, body)


class TransportFeedback(NamedTuple):
    """When packets arrived, by transport-wide sequence number (transport-cc).

    `deltas[i]` is about packet `base_seq + i`: None if it has not arrived, else its
    arrival in 250 us units after the arrived packet before it in this tuple; for the
    first, after `reference_time_64ms` (units of 64 ms, 24 bits signed, any epoch).
    """

    sender_ssrc: int
    media_ssrc: int
    base_seq: int
    feedback_count: int
    reference_time_64ms: int
    deltas: tuple[int | None, ...]

    def to_bytes(self) -> bytes:
        """Return the whole packet, zero-filled to a word as the draft says."""
        assert 0 < len(self.deltas) <= feedback_chunks.MAX_STATUSES
        body = struct.pack(
            "!IIHHI",
            self.sender_ssrc,
            self.media_ssrc,
            self.base_seq,
            len(self.deltas),
            (self.reference_time_64ms & 0xFF_FFFF) << 8 | self.feedback_count,
        )
        body += feedback_chunks.encode(self.deltas)
        body += bytes(-len(body) % 4)
        return _packet(TRANSPORT_LAYER_FEEDBACK, _FMT_TRANSPORT_FEEDBACK, body)


@dataclass(frozen=True, slots=True)
class UnknownRtcp:
    """A packet of a type or format we do not read; `count` is the header's 5-bit field."""

    packet_type: int
    count: int
    body: bytes

    def to_bytes(self) -> bytes:
        """Return the whole packet."""
        return _packet(self.packet_type, self.count, self.body)


RtcpPacket = (
    SenderReport
    | ReceiverReport
    | SourceDescription
    | Bye
    | Nack
    | Pli
    | Fir
    | Remb
    | TransportFeedback
    | UnknownRtcp
)


def compound(*packets: RtcpPacket) -> bytes:
    """Return the packets as one datagram, in this order."""
    return b"".join(packet.to_bytes() for packet in packets)


def parse(data: bytes | memoryview) -> list[RtcpPacket]:
    """Return every packet of a datagram, or raise `MalformedPacket` and return none.

    The first need not be a report: reduced-size RTCP is as good (RFC 5506).
    """
    view = memoryview(data)
    if not view:
        msg = "empty RTCP datagram"
        raise MalformedPacket(msg)
    packets: list[RtcpPacket] = []
    offset = statuses = 0
    while offset < len(view):
        if len(view) - offset < 4:
            msg = "RTCP header cut short"
            raise MalformedPacket(msg)
        first, packet_type, words = struct.unpack_from("!BBH", view, offset)
        start, offset = offset + 4, offset + 4 + 4 * words
        if first >> 6 != 2 or offset > len(view):
            msg = "not RTCP version 2" if first >> 6 != 2 else "RTCP packet cut short"
            raise MalformedPacket(msg)
        body = view[start:offset]
        if first & 0x20:
            body = _without_padding(body)
        packet = _parse_one(packet_type, first & 0x1F, body)
        if isinstance(packet, TransportFeedback):
            # Two bytes of run length unroll to thousands of statuses: once per datagram.
            statuses += len(packet.deltas)
            if statuses > feedback_chunks.MAX_STATUSES:
                msg = "feedback about too many packets"
                raise MalformedPacket(msg)
        packets.append(packet)
    return packets


def _packet(packet_type: int, count: int, body: bytes) -> bytes:
    """Return `body` behind a header, padded to a word (RFC 3550 section 6.4.1)."""
    assert 0 <= count <= 31, "the header counts to 31"
    first = 0x80 | count
    padding = -len(body) % 4
    if padding:
        first |= 0x20
        body += bytes(padding - 1) + bytes([padding])
    return struct.pack("!BBH", first, packet_type, len(body) // 4) + body


def _without_padding(body: memoryview) -> memoryview:
    """Strip padding, whose last byte is its length.

    Not only multiples of four: libwebrtc fills transport feedback up to a word this way.
    """
    if not body or not 0 < body[-1] <= len(body):
        msg = "RTCP padding longer than its packet"
        raise MalformedPacket(msg)
    return body[: -body[-1]]


def _parse_one(packet_type: int, count: int, body: memoryview) -> RtcpPacket:
    parser = _PARSERS.get(packet_type)
    if parser is None:
        parser = _FEEDBACK_PARSERS.get((packet_type, count))
    if parser is None:
        return UnknownRtcp(packet_type, count, bytes(body))
    try:
        return parser(count, body)
    except (struct.error, IndexError) as error:
        msg = f"RTCP packet of type {packet_type} is too short"
        raise MalformedPacket(msg) from error


def _report_blocks(count: int, body: memoryview, offset: int) -> tuple[ReportBlock, ...]:
    """Return `count` blocks; profile-specific extensions behind them are ignored."""
    return tuple(_report_block(body, offset + 24 * index) for index in range(count))


def _report_block(body: memoryview, offset: int) -> ReportBlock:
    ssrc, lost, highest_seq, jitter_ticks, last_sr, delay = struct.unpack_from("!6I", body, offset)
    cumulative_lost = ((lost & 0xFF_FFFF) ^ 0x80_0000) - 0x80_0000
    return ReportBlock(ssrc, lost >> 24, cumulative_lost, highest_seq, jitter_ticks, last_sr, delay)


def _parse_sender_report(count: int, body: memoryview) -> SenderReport:
    ssrc, ntp_time, rtp_time, packets, octets = struct.unpack_from("!IQ3I", body)
    blocks = _report_blocks(count, body, 24)
    return SenderReport(ssrc, ntp_time, rtp_time, packets, octets, blocks)


def _parse_receiver_report(count: int, body: memoryview) -> ReceiverReport:
    (ssrc,) = struct.unpack_from("!I", body)
    return ReceiverReport(ssrc, _report_blocks(count, body, 4))


def _parse_source_description(count: int, body: memoryview) -> SourceDescription:
    chunks: list[tuple[int, str]] = []
    offset = 0
    for _ in range(count):
        (ssrc,) = struct.unpack_from("!I", body, offset)
        cname, offset = _parse_items(body, offset + 4)
        if cname is not None:
            chunks.append((ssrc, cname))
    return SourceDescription(tuple(chunks))


def _parse_items(body: memoryview, offset: int) -> tuple[str | None, int]:
    """Return the canonical name among a chunk's items, and where the next chunk begins."""
    cname: str | None = None
    while True:
        item = body[offset]
        if item == _SDES_END:
            return cname, (offset // 4 + 1) * 4
        length = body[offset + 1]
        text = bytes(body[offset + 2 : offset + 2 + length])
        offset += 2 + length
        if item == _SDES_CNAME:
            cname = _decode_name(text)


def _decode_name(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        msg = "canonical name is not UTF-8"
        raise MalformedPacket(msg) from error


def _parse_bye(count: int, body: memoryview) -> Bye:
    return Bye(struct.unpack_from(f"!{count}I", body))


def _parse_nack(_count: int, body: memoryview) -> Nack:
    sender_ssrc, media_ssrc = struct.unpack_from("!II", body)
    _require_entries(body, 8, 4)
    lost: list[int] = []
    for first, mask in struct.iter_unpack("!HH", body[8:]):
        lost.append(first)
        lost.extend((first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return Nack(sender_ssrc, media_ssrc, tuple(lost))


def _parse_pli(_count: int, body: memoryview) -> Pli:
    return Pli(*struct.unpack_from("!II", body))


def _parse_fir(_count: int, body: memoryview) -> Fir:
    (sender_ssrc,) = struct.unpack_from("!I", body)
    _require_entries(body, 8, 8)
    return Fir(sender_ssrc, tuple(struct.iter_unpack("!IB3x", body[8:])))


def _require_entries(body: memoryview, offset: int, size: int) -> None:
    """Refuse feedback without entries, or with a part of one (RFC 4585 section 6.2)."""
    if len(body) <= offset or (len(body) - offset) % size:
        msg = "feedback control information has the wrong size"
        raise MalformedPacket(msg)


def _parse_application_feedback(count: int, body: memoryview) -> Remb | UnknownRtcp:
    if bytes(body[8:12]) != b"REMB":
        return UnknownRtcp(PAYLOAD_SPECIFIC_FEEDBACK, count, bytes(body))
    sender_ssrc, fields = struct.unpack_from("!I8xI", body)
    bitrate_bps = (fields & 0x3_FFFF) << (fields >> 18 & 0x3F)
    if bitrate_bps > _MAX_REMB_BPS:
        msg = "REMB bitrate past 63 bits"
        raise MalformedPacket(msg)
    return Remb(sender_ssrc, bitrate_bps, struct.unpack_from(f"!{fields >> 24}I", body, 16))


def _parse_transport_feedback(_count: int, body: memoryview) -> TransportFeedback:
    sender_ssrc, media_ssrc, base_seq, status_count, last = struct.unpack_from("!IIHHI", body)
    return TransportFeedback(
        sender_ssrc=sender_ssrc,
        media_ssrc=media_ssrc,
        base_seq=base_seq,
        feedback_count=last & 0xFF,
        reference_time_64ms=(last >> 8 ^ 0x80_0000) - 0x80_0000,
        deltas=feedback_chunks.decode(body[16:], status_count),
    )


_Parser = Callable[[int, memoryview], RtcpPacket]

_PARSERS: Final[dict[int, _Parser]] = {
    SENDER_REPORT: _parse_sender_report,
    RECEIVER_REPORT: _parse_receiver_report,
    SOURCE_DESCRIPTION: _parse_source_description,
    BYE: _parse_bye,
}

_FEEDBACK_PARSERS: Final[dict[tuple[int, int], _Parser]] = {
    (TRANSPORT_LAYER_FEEDBACK, _FMT_NACK): _parse_nack,
    (TRANSPORT_LAYER_FEEDBACK, _FMT_TRANSPORT_FEEDBACK): _parse_transport_feedback,
    (PAYLOAD_SPECIFIC_FEEDBACK, _FMT_PLI): _parse_pli,
    (PAYLOAD_SPECIFIC_FEEDBACK, _FMT_FIR): _parse_fir,
    (PAYLOAD_SPECIFIC_FEEDBACK, _FMT_APPLICATION): _parse_application_feedback,
}
