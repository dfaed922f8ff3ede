"""Synthetic media a forwarding server takes for real: parsable packets, stamped with the time.

No encoder: a benchmark must send the same packets every time. What a server looks at is
right (NAL types and fragments of RFC 6184, VP8 descriptors of RFC 7741, a valid SPS);
the picture itself is filler. A keyframe is as large as any other frame, so the load stays
constant when keyframes are asked for. The last 12 bytes of every payload are the stamp.
"""

import struct
from dataclasses import dataclass, field

STAMP_BYTES = 12
_STAMP = struct.Struct("!Iq")
_STAMP_MAGIC = 0x33C1A55E

FRAMES_PER_SECOND = 30
PACKETS_PER_FRAME = 7
VIDEO_PAYLOAD_BYTES = 1200  # 7 * 30 * 1200 * 8 = 2.016 Mbit/s
VIDEO_TICKS_PER_FRAME = 90_000 // FRAMES_PER_SECOND
AUDIO_PACKETS_PER_SECOND = 50
AUDIO_PAYLOAD_BYTES = 120
AUDIO_TICKS_PER_PACKET = 960

_NAL_SLICE, _NAL_IDR, _NAL_SPS, _NAL_PPS, _NAL_FILLER = 1, 5, 7, 8, 12
_STAP_A, _FU_A = 24, 28
_REFERENCE = 0x60  # nal_ref_idc 3


def stamp(payload: bytes, sent_ns: int) -> bytes:
    """Return `payload` with its last bytes replaced by the time of sending."""
    return payload[:-STAMP_BYTES] + _STAMP.pack(_STAMP_MAGIC, sent_ns)


def read_stamp(payload: bytes | memoryview) -> int | None:
    """Return the nanoseconds written by `stamp`, None when the payload carries no stamp."""
    if len(payload) < STAMP_BYTES:
        return None
    magic, sent_ns = _STAMP.unpack_from(payload, len(payload) - STAMP_BYTES)
    return int(sent_ns) if magic == _STAMP_MAGIC else None


def _bits(*fields: tuple[int, int | None]) -> bytes:
    """Write an RBSP: (value, width) pairs, width None for Exp-Golomb, then the stop bit."""
    text = ""
    for value, width in fields:
        if width is None:
            code = f"{value + 1:b}"
            text += "0" * (len(code) - 1) + code
        else:
            text += f"{value:0{width}b}"
    text += "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _parameter_sets(width: int, height: int) -> tuple[bytes, bytes]:
    """Return SPS and PPS of constrained baseline level 3.1 (H.264 sections 7.3.2.1, 7.3.2.2)."""
    sps = _bits(
        *((66, 8), (0xE0, 8), (31, 8), (0, None), (0, None), (2, None), (1, None), (0, 1)),
        *((width // 16 - 1, None), (height // 16 - 1, None), (1, 1), (1, 1), (0, 1), (0, 1)),
    )
    pps = _bits(
        *((0, None), (0, None), (0, 1), (0, 1), (0, None), (0, None), (0, None)),
        *((0, 1), (0, 2), (0, None), (0, None), (0, None), (1, 1), (0, 1), (0, 1)),
    )
    return bytes([_REFERENCE | _NAL_SPS]) + sps, bytes([_REFERENCE | _NAL_PPS]) + pps


def h264_frame(
    *,
    is_key: bool,
    packets: int = PACKETS_PER_FRAME,
    payload_bytes: int = VIDEO_PAYLOAD_BYTES,
    size: tuple[int, int] = (1280, 720),
) -> list[bytes]:
    """Return a frame's payloads (RFC 6184), all of one length: at least two for a keyframe."""
    parts = packets
    payloads = []
    if is_key:
        # One aggregation packet carries the parameter sets, filled up to the common size.
        sets = _parameter_sets(*size)
        body = b"".join(struct.pack("!H", len(nal)) + nal for nal in sets)
        room = payload_bytes - 1 - len(body) - 2
        filler = bytes([_NAL_FILLER]) + b"\xff" * (room - 1)
        payloads.append(
            bytes([_REFERENCE | _STAP_A]) + body + struct.pack("!H", len(filler)) + filler
        )
        parts -= 1
    nal_type = _NAL_IDR if is_key else _NAL_SLICE
    for part in range(parts):
        edge = (0x80 if part == 0 else 0) | (0x40 if part == parts - 1 else 0)
        head = bytes([_REFERENCE | _FU_A, edge | nal_type])
        payloads.append(head + b"\x5a" * (payload_bytes - 2))
    return payloads


def _vp8_frame(*, is_key: bool, picture_id: int) -> list[bytes]:
    packets = []
    for part in range(PACKETS_PER_FRAME):
        head = bytes([0x90 if part == 0 else 0x80, 0x80]) + struct.pack("!H", 0x8000 | picture_id)
        if part == 0:
            head += b"\x10\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02" if is_key else b"\x11\x00\x00"
        packets.append(head + b"\x5a" * (VIDEO_PAYLOAD_BYTES - len(head)))
    return packets


@dataclass(slots=True)
class VideoLoad:
    """An endless video: frames of seven packets, a keyframe first and when asked for."""

    codec: str
    keyframe_wanted: bool = True
    keyframes: int = 0
    _picture_id: int = 0
    _templates: dict[bool, list[bytes]] = field(default_factory=dict)

    def next_frame(self) -> list[bytes]:
        """Return the unstamped payloads of the next frame."""
        is_key, self.keyframe_wanted = self.keyframe_wanted, False
        self.keyframes += is_key
        if self.codec == "vp8":
            self._picture_id = (self._picture_id + 1) & 0x7FFF
            return _vp8_frame(is_key=is_key, picture_id=self._picture_id)
        if is_key not in self._templates:
            self._templates[is_key] = h264_frame(is_key=is_key)
        return self._templates[is_key]


# Opus: SILK wideband, 20 ms, mono, one frame (RFC 6716 section 3.1: config 9, code 0).
AUDIO_PAYLOAD = bytes([9 << 3]) + bytes(AUDIO_PAYLOAD_BYTES - 1)
