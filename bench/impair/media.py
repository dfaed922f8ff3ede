"""Synthetic sound and pictures that say what they are, whatever becomes of them on the way.

Every payload ends with a stamp: which layer, which frame (or audio packet), which part of
how many, keyframe or not, and when it was sent. So the receiver knows what it should have
got, although the server renumbers everything.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bench.media_load import AUDIO_PAYLOAD, h264_frame

AUDIO = 255
AUDIO_PACKET_S = 0.02
_STAMP = struct.Struct("!IBBBBIq")
_MAGIC = 0x33C1A55F


class Stamp(NamedTuple):
    """What a payload says of itself. `layer` is AUDIO for sound; `frame` then its number."""

    layer: int
    is_key: bool
    part: int
    parts: int
    frame: int
    sent_ns: int


def stamped(payload: bytes, stamp: Stamp) -> bytes:
    """Return the payload with its last bytes replaced by the stamp."""
    return payload[: -_STAMP.size] + _STAMP.pack(_MAGIC, *stamp)


def read_stamp(payload: bytes | memoryview) -> Stamp | None:
    """Return the stamp, None when there is none."""
    if len(payload) < _STAMP.size:
        return None
    magic, layer, is_key, part, parts, frame, sent_ns = _STAMP.unpack_from(
        payload, len(payload) - _STAMP.size
    )
    if magic != _MAGIC:
        return None
    return Stamp(layer, bool(is_key), part, parts, frame, sent_ns)


def red_blocks(payload: memoryview) -> list[memoryview]:
    """Return the blocks of a RED packet, the oldest first (RFC 2198 section 3)."""
    lengths: list[int] = []
    at = 0
    while payload[at] & 0x80:
        lengths.append((payload[at + 2] & 0x03) << 8 | payload[at + 3])
        at += 4
    at += 1
    blocks = []
    for length in lengths:
        blocks.append(payload[at : at + length])
        at += length
    return [*blocks, payload[at:]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoding of the hub's camera. A keyframe has three times the packets."""

    rid: str
    fps: int
    packets: int
    payload_bytes: int
    size: tuple[int, int]

    @property
    def kbps(self) -> float:
        """Return the payload rate without keyframes."""
        return self.fps * self.packets * self.payload_bytes * 8 / 1000


# 100, 432 and 1932 kbit/s: a quarter, a half and the whole of 720p.
LAYERS = (
    Layer("q", 15, 1, 830, (320, 176)),
    Layer("h", 30, 2, 900, (640, 352)),
    Layer("f", 30, 7, 1150, (1280, 720)),
)


class Encoder:
    """Frames of one layer, endlessly; a keyframe first and when asked for."""

    def __init__(self, number: int, layer: Layer) -> None:
        self.number = number
        self.layer = layer
        self.keyframe_wanted = True
        self._frame = 0
        self._payloads: Mapping[bool, list[bytes]] = {
            is_key: h264_frame(
                is_key=is_key,
                packets=max(2, layer.packets * 3) if is_key else layer.packets,
                payload_bytes=layer.payload_bytes,
                size=layer.size,
            )
            for is_key in (False, True)
        }

    def next_frame(self) -> Iterator[tuple[bytes, Stamp]]:
        """Yield the payloads of the next frame, and what their stamps will say."""
        is_key, self.keyframe_wanted = self.keyframe_wanted, False
        payloads = self._payloads[is_key]
        for part, payload in enumerate(payloads):
            yield payload, Stamp(self.number, is_key, part, len(payloads), self._frame, 0)
        self._frame += 1


def audio_packet(number: int, sent_ns: int) -> bytes:
    """Return 20 ms of sound."""
    return stamped(AUDIO_PAYLOAD, Stamp(AUDIO, False, 0, 1, number, sent_ns))
