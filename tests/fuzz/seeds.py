"""Well-formed inputs to begin from: a fuzzer that must invent a codec finds little."""

from collections.abc import Mapping, Sequence

from aioice import stun

from media.core import red, rtcp, rtp
from tests.media.offers import offer


def _check(**attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction_id=b"seed seed se")
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 12345
    message.attributes.update(attributes)
    message.add_message_integrity(b"p" * 32)
    message.add_fingerprint()
    return bytes(message)


def _stun() -> Sequence[bytes]:
    return [
        _check(**{"ICE-CONTROLLING": 99}),
        _check(**{"ICE-CONTROLLED": 99, "USE-CANDIDATE": None}),
    ]


def _rtp() -> Sequence[bytes]:
    plain = rtp.build(b"media", payload_type=96, marker=0x80, seq=7, timestamp=9, ssrc=11)
    one_byte = bytes.fromhex("bede0002 10300031 0b000100")
    two_byte = bytes.fromhex("10000002 01010002 0203000b")
    extended = [
        bytes([0x90]) + plain[1:12] + extension + plain[12:] for extension in (one_byte, two_byte)
    ]
    padded = bytes([0xA0]) + plain[1:] + b"\0\0\3"
    return [plain, padded, *extended, rtp.build_rtx(plain, payload_type=97, seq=8, ssrc=12)]


def _rtcp() -> Sequence[bytes]:
    block = rtcp.ReportBlock(1, 12, -3, 70_000, 9, 5, 6)
    feedback = rtcp.TransportFeedback(1, 2, 65_530, 3, -5, (0, None, 300, -7, None, 255))
    each: list[rtcp.RtcpPacket] = [
        rtcp.SenderReport(1, 1 << 60, 2, 3, 4, (block,)),
        rtcp.ReceiverReport(1, (block, block)),
        rtcp.SourceDescription(((1, "classroom"), (2, "教室"))),
        rtcp.Bye((1, 2)),
        rtcp.Nack(1, 2, (5, 6, 7, 40, 65_535)),
        rtcp.Pli(1, 2),
        rtcp.Fir(1, ((2, 3), (4, 5))),
        rtcp.Remb(1, 1_500_000, (2, 3)),
        feedback,
    ]
    return [*(packet.to_bytes() for packet in each), rtcp.compound(*each)]


def _twcc() -> Sequence[bytes]:
    body = rtcp.TransportFeedback(1, 2, 9, 3, 7, (0, None, 300, -7) * 20).to_bytes()[20:]
    arrivals = b"".join(number.to_bytes(2) + b"\x05" for number in (65_534, 65_535, 1, 0, 2))
    return [(80).to_bytes(2) + body, arrivals * 3]


def _sdp() -> Sequence[bytes]:
    return [offer().encode(), offer(setup="passive").replace("sendonly", "recvonly").encode()]


def _vp8() -> Sequence[bytes]:
    key_frame = bytes.fromhex("500000 9d012a 80026801") + b"rest of it"
    descriptors = ("10", "9080 05", "90e0 8123 07 25", "90f0 8123 07 3f")
    return [bytes.fromhex(descriptor) + key_frame for descriptor in descriptors]


def _h264() -> Sequence[bytes]:
    sps = bytes.fromhex("6742c01fda014016e806d0a135")
    pps = bytes.fromhex("68ce3c80")
    stap = b"\x78" + b"".join(len(nal).to_bytes(2) + nal for nal in (sps, pps))
    first, last = b"\x7c\x85slice", b"\x7c\x45slice"
    return [b"".join(bytes([len(one)]) + one for one in (stap, first, last))]


def _opus() -> Sequence[bytes]:
    return [b"\xf8\xff\xfe", b"\x0b\x03abc", b"\x4bxyz"]


def _red() -> Sequence[bytes]:
    older, old = red.Redundant(111, 1920, b"older"), red.Redundant(111, 960, b"old")
    return [
        red.build(111, b"new"),
        red.build(111, b"new", [old]),
        red.build(111, b"new", [older, old]),
        red.build(111, b"n", [red.Redundant(0, 0, b"")]),
    ]


def _captions() -> Sequence[bytes]:
    srt = "1\n00:00:01,000 --> 00:00:02,500\n<i>你好</i> {\\an8}3 < 5\n\n2\n00:00:03,000 --> "
    srt += "00:00:04,000\n再见\n"
    vtt = "WEBVTT\n\nNOTE x\n\nid\n00:01.000 --> 00:02.000 line:0\n<v 李老师>你&amp;我<b>好\n-</b>"
    return [srt.encode(), srt.encode("gb18030"), srt.encode("utf-16"), vtt.encode()]


def seeds() -> Mapping[str, Sequence[bytes]]:
    """Return by target the inputs every run begins with."""
    return {
        "stun": _stun(),
        "rtp": _rtp(),
        "rtcp": _rtcp(),
        "twcc": _twcc(),
        "sdp": _sdp(),
        "vp8": _vp8(),
        "h264": _h264(),
        "opus": _opus(),
        "red": _red(),
        "captions": _captions(),
    }
