"""What is fuzzed: one function per parser of outside bytes.

A target takes any bytes and returns. It refuses what is malformed with the refusal its parser
documents, which is caught here; any other exception is a defect. Where a parser has an inverse,
what it read must survive being written and read again.
"""

from binascii import crc32
from collections.abc import Callable, Mapping
from contextlib import suppress

from app.recordings.caption_text import (
    CaptionsFaulty,
    read_captions,
    write_captions,
    written_captions,
)
from media.config import SfuConfig
from media.core import feedback_chunks, h264, opus, recovery, red, rtcp, rtp, vp8
from media.core.bandwidth import TwccRecorder
from media.core.codecs import H264, OPUS, VP8, rewrite_picture
from media.core.errors import MalformedPacket
from media.core.ids import PeerId, Source
from media.ice import MalformedStun, answer, parse_request, refuse
from media.interface import NegotiationRefused
from media.negotiation import accept_publication, accepted_codecs
from media.remote_description import parse_answer, parse_offer
from media.sdp_text import LocalParameters, publish_answer

_CONFIG = SfuConfig()
_PASSWORD = "p" * 32
_LOCAL = LocalParameters(
    ufrag="ours", password=_PASSWORD, fingerprint="sha-256 AB", hosts=("192.0.2.1",), port=7882
)
_SOURCES = {str(number): source for number, source in enumerate(Source)}


def stun(data: bytes) -> None:
    """Binding requests (RFC 8489), as they come and with a checksum that fits."""
    for datagram in (data, _with_fingerprint(data)):
        try:
            request = parse_request(datagram)
        except MalformedStun:
            continue
        request.is_signed_with(_PASSWORD)
        assert request.length == len(datagram)
        assert len(answer(request, _PASSWORD, ("192.0.2.7", 4711))) < 1500
        assert len(answer(request, _PASSWORD, ("2001:db8::7", 4711, 0, 0))) < 1500
        refuse(request, _PASSWORD)


def _with_fingerprint(data: bytes) -> bytes:
    """Return a binding request of these attributes with the FINGERPRINT they need."""
    attributes = data[20:]
    header = b"\x00\x01" + (len(attributes) + 8 & 0xFFFF).to_bytes(2) + b"\x21\x12\xa4\x42"
    signed = header + data[8:20].ljust(12, b"\0") + attributes
    return signed + b"\x80\x28\x00\x04" + (crc32(signed) ^ 0x5354554E).to_bytes(4)


def rtp_header(data: bytes) -> None:
    """RTP headers, extensions of both forms, retransmissions (RFC 3550, 8285, 4588)."""
    try:
        header = rtp.parse(data, len(data))
    except MalformedPacket:
        return
    start, end, extensions = header[5], header[6], header[7]
    assert rtp.HEADER_BYTES <= start <= end <= len(data)
    for number in range(16):
        found = rtp.find_extension(data, extensions, number)
        assert found is None or found[0] + found[1] <= start
        rtp.extension_u16(data, extensions, number)
        rtp.extension_text(data, extensions, number)
    try:
        original = rtp.unwrap_rtx(header, data, payload_type=96, ssrc=1)
    except MalformedPacket:
        return
    assert original[5] <= original[6]


def rtcp_compound(data: bytes) -> None:
    """RTCP of every type: what was read can be written, and read again as the same."""
    try:
        packets = rtcp.parse(data)
    except MalformedPacket:
        return
    for packet in packets:
        is_empty_feedback = isinstance(packet, rtcp.TransportFeedback) and not packet.deltas
        if isinstance(packet, rtcp.UnknownRtcp) or is_empty_feedback:
            continue
        if isinstance(packet, rtcp.Remb):  # 18 significant bits; more were never on the wire
            assert packet.bitrate_bps >= 0
        if isinstance(packet, rtcp.Bye) and not packet.ssrcs:
            continue
        assert rtcp.parse(packet.to_bytes()) == [packet] or _is_lossy(packet)


def _is_lossy(packet: rtcp.RtcpPacket) -> bool:
    """Return whether writing may differ: order of NACKs, and deltas past sixteen bits."""
    return isinstance(packet, rtcp.Nack | rtcp.TransportFeedback)


def twcc(data: bytes) -> None:
    """Transport-wide feedback both ways: chunks decoded, and arrivals in any order recorded."""
    if len(data) > 2:
        try:
            deltas = feedback_chunks.decode(memoryview(data)[2:], int.from_bytes(data[:2]))
        except MalformedPacket:
            deltas = ()
        assert len(deltas) <= feedback_chunks.MAX_STATUSES
    recorder = TwccRecorder(1)
    now = 0.0
    for at in range(0, len(data) - 3, 3):
        now += data[at + 2] / 500
        recorder.received(int.from_bytes(data[at : at + 2]), now)
        feedback = recorder.poll(now, 2)
        if feedback is not None:
            assert rtcp.parse(feedback.to_bytes())


def sdp(data: bytes) -> None:
    """Offers and answers: refused with a code, or answered."""
    text = data.decode("utf-8", "surrogateescape")
    with suppress(NegotiationRefused):
        remote = parse_offer(text, _CONFIG)
        publication = accept_publication(remote, _SOURCES, PeerId("peer"), _CONFIG)
        publish_answer(
            publication.sections,
            _LOCAL,
            setup="passive",
            start_bitrate_kbps=1000,
            session_id=1,
            version=1,
        )
    with suppress(NegotiationRefused):
        accepted_codecs(parse_answer(text))


def vp8_payload(data: bytes) -> None:
    """VP8 descriptors, key frames, and picture ids shifted in place (RFC 7741)."""
    VP8.starts_anew(data)
    VP8.picture(data)
    with suppress(MalformedPacket):
        vp8.keyframe_size(data)
    with suppress(MalformedPacket):
        vp8.assemble((data, data[1:]))
    shifted = bytearray(data)
    rewrite_picture(memoryview(shifted), 32767, 255)
    rewrite_picture(memoryview(shifted), 1, 1)
    assert len(shifted) == len(data)
    assert bytes(shifted) == data, "a shift and its opposite leave a packet as it was"


def h264_payload(data: bytes) -> None:
    """H.264 payloads cut at length bytes into a picture's packets (RFC 6184)."""
    H264.starts_anew(data)
    depacketizer = h264.Depacketizer()
    tracker = h264.ParameterTracker()
    rest = memoryview(data)
    while rest:
        length = rest[0] + 1
        packet, rest = rest[1:length], rest[length:]
        try:
            depacketizer.add(packet)
        except MalformedPacket:
            continue
    try:
        unit = depacketizer.finish()
        unit.avcc()
        current = tracker.update(unit)
    except MalformedPacket:
        return
    if current is not None:
        assert min(current.size) > 0
        current.avcc()


def opus_payload(data: bytes) -> None:
    """Opus packets: how long they play (RFC 6716 section 3)."""
    OPUS.starts_anew(data)
    with suppress(MalformedPacket):
        assert 0 < opus.duration_ticks(data) <= 5760


def red_payload(data: bytes) -> None:
    """Sound that carries earlier sound (RFC 2198): read, built again, taken apart at the router."""
    try:
        blocks = red.parse(data, 0, len(data))
    except MalformedPacket:
        return
    *earlier, primary = blocks
    again = red.build(
        primary.payload_type,
        data[primary.start : primary.end],
        [red.Redundant(one[0], one[1], data[one[2] : one[3]]) for one in earlier],
    )
    # Only the first bit of the last header says nothing, and is not kept.
    assert red.parse(again, 0, len(again)) == blocks
    header = (63, 0, 1, 500, 7, 0, len(data), 0)
    plain, repeated = recovery.unwrap(header, data, payload_type=primary.payload_type)
    assert data[plain[5] : plain[6]] == data[primary.start : primary.end]
    assert len(repeated) <= len(earlier)


def captions(data: bytes) -> None:
    """Files of captions: what was read is the same when it was written and is read again."""
    try:
        cues = read_captions(data, duration_ms=3_600_000)
    except CaptionsFaulty:
        return
    text = write_captions(cues)
    assert read_captions(text.encode(), duration_ms=3_600_000) == cues
    assert list(written_captions(text)) == cues


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "stun": stun,
    "rtp": rtp_header,
    "rtcp": rtcp_compound,
    "twcc": twcc,
    "sdp": sdp,
    "vp8": vp8_payload,
    "h264": h264_payload,
    "opus": opus_payload,
    "red": red_payload,
    "captions": captions,
}
