"""The codecs this platform forwards, and how a new viewer may start in each."""

from collections.abc import Callable
from dataclasses import dataclass

from media.core import h264, vp8
from media.core.errors import MalformedPacket
from media.core.ids import Kind
from media.core.rewriter import Picture

Payload = bytes | memoryview


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """One codec: `name` as in SDP, `starts_anew(payload)` whether decoding may begin there."""

    name: str
    kind: Kind
    clock_rate: int
    starts_anew: Callable[[Payload], bool]
    picture: Callable[[Payload], Picture | None]


def _always(_payload: Payload) -> bool:
    return True


def _no_picture(_payload: Payload) -> Picture | None:
    return None


def _vp8_picture(payload: Payload) -> Picture | None:
    try:
        descriptor = vp8.parse_descriptor(payload)
    except MalformedPacket:
        return None
    if descriptor.picture_id is None:
        return None
    return Picture(descriptor.picture_id, descriptor.tl0picidx or 0)


OPUS = Codec("opus", Kind.AUDIO, 48_000, _always, _no_picture)
H264 = Codec("H264", Kind.VIDEO, 90_000, h264.is_keyframe, _no_picture)
VP8 = Codec("VP8", Kind.VIDEO, 90_000, vp8.is_keyframe, _vp8_picture)


def rewrite_picture(payload: memoryview, picture_shift: int, tl0_shift: int) -> None:
    """Shift the VP8 picture id and TL0PICIDX of a payload in place (RFC 7741 section 4.2)."""
    try:
        descriptor = vp8.parse_descriptor(payload)
    except MalformedPacket:
        return
    if descriptor.picture_id is None:
        return
    vp8.rewrite_picture_id(
        payload,
        0,
        descriptor,
        (descriptor.picture_id + picture_shift) & 0x7FFF,
        ((descriptor.tl0picidx or 0) + tl0_shift) & 0xFF,
    )
