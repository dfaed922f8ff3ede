"""Real media as RTP, for tests and benchmarks: encode with av, packetize as browsers do.

Pictures are a moving pattern that flashes white for the first frame of every second, sound is
a quiet tone that beeps for the first 40 ms of every second: picture and sound of a recording
can be compared.
"""

import math
import re
import struct
from array import array
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import av

from media.core import rtp

MAX_PAYLOAD = 1180
_START_CODE = re.compile(b"\x00\x00\x00?\x01")


class EncodedFrame(NamedTuple):
    at_s: float
    data: bytes
    is_keyframe: bool


class TimedPacket(NamedTuple):
    """`at_s` is media time: when the frame was captured."""

    at_s: float
    packet: bytes


def _picture(index: int, fps: int, size: tuple[int, int]) -> av.VideoFrame:
    frame = av.VideoFrame(*size, "yuv420p")
    is_flash = index % fps == 0
    for number, plane in enumerate(frame.planes):
        if number:
            plane.update(bytes([128]) * plane.buffer_size)
            continue
        row = bytearray([235] * plane.line_size if is_flash else [60] * plane.line_size)
        bar = index * 5 % size[0]
        if not is_flash:
            row[bar : bar + 24] = bytes([150] * 24)
        plane.update((bytes(row[: plane.line_size]) * plane.height)[: plane.buffer_size])
    frame.pts = index
    return frame


def _encode_video(
    codec: str,
    seconds: float,
    *,
    fps: int,
    size: tuple[int, int],
    gop: int,
    options: dict[str, str],
) -> list[EncodedFrame]:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, fps)
    encoder.framerate = Fraction(fps)
    encoder.gop_size = gop
    encoder.bit_rate = 400_000
    encoder.max_b_frames = 0
    encoder.thread_count = 1
    encoder.options = options
    packets = []
    for index in range(round(seconds * fps)):
        packets += encoder.encode(_picture(index, fps, size))
    packets += encoder.encode(None)
    return [
        EncodedFrame((packet.pts or 0) / fps, bytes(packet), packet.is_keyframe)
        for packet in packets
    ]


@lru_cache
def encode_h264(
    seconds: float, *, fps: int = 30, size: tuple[int, int] = (320, 240), gop: int = 60
) -> list[EncodedFrame]:
    """Constrained baseline in annex B, parameter sets in front of every key frame."""
    options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency"}
    return _encode_video("libx264", seconds, fps=fps, size=size, gop=gop, options=options)


@lru_cache
def encode_vp8(
    seconds: float, *, fps: int = 30, size: tuple[int, int] = (320, 240), gop: int = 60
) -> list[EncodedFrame]:
    options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    return _encode_video("libvpx", seconds, fps=fps, size=size, gop=gop, options=options)


@lru_cache
def encode_opus(seconds: float) -> list[EncodedFrame]:
    """Packets of 20 ms; a beep of 1 kHz for 40 ms in every second over a quiet 200 Hz tone."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate = 48_000
    encoder.layout = "stereo"
    encoder.format = av.AudioFormat("s16")
    packets = []
    for index in range(round(seconds * 50)):
        samples = array("h")
        for tick in range(index * 960, (index + 1) * 960):
            within = tick % 48_000
            value = round(300 * math.sin(2 * math.pi * 200 * tick / 48_000))
            if within < 1_920:
                value += round(20_000 * math.sin(2 * math.pi * 1_000 * within / 48_000))
            samples.extend((value, value))
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.sample_rate = 48_000
        frame.pts = index * 960
        frame.planes[0].update(samples.tobytes())
        packets += encoder.encode(frame)
    return [
        EncodedFrame(index * 0.02, bytes(packet), is_keyframe=True)
        for index, packet in enumerate(packets)
    ]


def split_annex_b(data: bytes) -> list[bytes]:
    return [nal for nal in _START_CODE.split(data) if nal]


def h264_payloads(nals: Sequence[bytes], *, max_payload: int = MAX_PAYLOAD) -> list[bytes]:
    """What Chromium sends: small units at the front in a STAP-A, the rest single or FU-A."""
    payloads: list[bytes] = []
    small = list(nals)
    head: list[bytes] = []
    while small and len(small[0]) < 300 and small[0][0] & 0x1F in (6, 7, 8):
        head.append(small.pop(0))
    if len(head) == 1:
        payloads += head
    elif head:
        payloads.append(b"\x78" + b"".join(struct.pack(">H", len(nal)) + nal for nal in head))
    for nal in small:
        payloads += [nal] if len(nal) <= max_payload else _fragments(nal, max_payload)
    return payloads


def _fragments(nal: bytes, max_payload: int) -> list[bytes]:
    indicator, kind, body = nal[0] & 0xE0 | 28, nal[0] & 0x1F, nal[1:]
    size = max_payload - 2
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    flags = [0] * len(pieces)
    flags[0] |= 0x80
    flags[-1] |= 0x40
    return [
        bytes([indicator, flag | kind]) + piece for flag, piece in zip(flags, pieces, strict=True)
    ]


def vp8_payloads(
    frame: bytes, *, picture_id: int = 0, max_payload: int = MAX_PAYLOAD
) -> list[bytes]:
    """One partition, 15-bit picture id (RFC 7741 section 4.2)."""
    ident = struct.pack(">H", 0x8000 | picture_id & 0x7FFF)
    pieces = [frame[at : at + max_payload] for at in range(0, len(frame), max_payload)]
    return [
        bytes([0x80 | (0x10 if index == 0 else 0), 0x80]) + ident + piece
        for index, piece in enumerate(pieces)
    ]


def packetize(
    codec: str,
    frames: Iterable[EncodedFrame],
    *,
    ssrc: int = 0x1234,
    first_seq: int = 65_500,
    first_time: int = 0xFFFF_0000,
    payload_type: int = 96,
) -> list[TimedPacket]:
    """RTP packets in order; sequence numbers and timestamps wrap early by default."""
    clock_rate = 48_000 if codec == "opus" else 90_000
    seq = first_seq
    out = []
    for index, frame in enumerate(frames):
        if codec == "opus":
            payloads = [frame.data]
        elif codec == "VP8":
            payloads = vp8_payloads(frame.data, picture_id=index)
        else:
            payloads = h264_payloads(split_annex_b(frame.data))
        for number, payload in enumerate(payloads):
            packet = rtp.build(
                payload,
                payload_type=payload_type,
                marker=rtp.MARKER if number == len(payloads) - 1 else 0,
                seq=seq,
                timestamp=first_time + round(frame.at_s * clock_rate),
                ssrc=ssrc,
            )
            out.append(TimedPacket(frame.at_s, packet))
            seq += 1
    return out
