"""The VP8 RTP payload format (RFC 7741): what a forwarder and a recorder must read of it."""

from typing import NamedTuple

from media.core.errors import MalformedPacket

_START_CODE = b"\x9d\x01\x2a"  # RFC 6386 section 9.1: opens every key frame's header


class Vp8Descriptor(NamedTuple):
    """The payload descriptor in front of every VP8 payload (RFC 7741 section 4.2).

    `picture_id` has `picture_id_bits` (7 or 15; 0 when absent). `tl0picidx`, `tid` and
    `keyidx` are None when the publisher does not send them. `starts_partition` and `pid`
    together say whether the packet begins a frame: S set and partition 0.
    """

    header_len: int
    picture_id: int | None
    picture_id_bits: int
    tl0picidx: int | None
    tid: int | None
    layer_sync: bool
    keyidx: int | None
    starts_partition: bool
    pid: int

    @property
    def starts_frame(self) -> bool:
        """Return whether this packet is the first of its frame."""
        return self.starts_partition and self.pid == 0


def parse_descriptor(payload: bytes | memoryview) -> Vp8Descriptor:
    """Return the descriptor at the start of `payload`; raise MalformedPacket if it is cut short."""
    try:
        return _parse(payload)
    except IndexError:
        raise MalformedPacket("VP8 payload descriptor is cut short") from None


def _parse(payload: bytes | memoryview) -> Vp8Descriptor:
    first = payload[0]
    starts_partition, pid = bool(first & 0x10), first & 0x07
    if not first & 0x80:
        return Vp8Descriptor(1, None, 0, None, None, False, None, starts_partition, pid)
    present = payload[1]
    at = 2
    picture_id = tl0picidx = tid = keyidx = None
    bits = 0
    layer_sync = False
    if present & 0x80:
        picture_id, bits = payload[at], 7
        if picture_id & 0x80:
            picture_id, bits = (picture_id & 0x7F) << 8 | payload[at + 1], 15
        at += 2 if bits == 15 else 1
    if present & 0x40:
        tl0picidx = payload[at]
        at += 1
    if present & 0x30:
        layers = payload[at]
        at += 1
        if present & 0x20:
            tid, layer_sync = layers >> 6, bool(layers & 0x20)
        if present & 0x10:
            keyidx = layers & 0x1F
    return Vp8Descriptor(
        at, picture_id, bits, tl0picidx, tid, layer_sync, keyidx, starts_partition, pid
    )


def is_keyframe(payload: bytes | memoryview) -> bool:
    """Return whether `payload` begins a key frame; False for one too short to say.

    Only the first packet of a key frame answers True: the P bit is in the first byte of
    the frame's first partition (RFC 7741 section 4.3).
    """
    try:
        descriptor = _parse(payload)
        return descriptor.starts_frame and not payload[descriptor.header_len] & 0x01
    except IndexError:
        return False


def keyframe_size(payload: bytes | memoryview) -> tuple[int, int] | None:
    """Return (width, height) in pixels if `payload` begins a key frame, otherwise None.

    Raise MalformedPacket when a key frame's header is cut short or lacks its start code
    (RFC 6386 section 9.1). The upscaling hint in the top two bits is not part of the size.
    """
    if not is_keyframe(payload):
        return None
    return frame_size(payload[parse_descriptor(payload).header_len :])


def frame_size(frame: bytes | memoryview) -> tuple[int, int]:
    """Return (width, height) from a key frame without its descriptor; raise MalformedPacket."""
    if len(frame) < 10 or bytes(frame[3:6]) != _START_CODE:
        raise MalformedPacket("VP8 key frame header is cut short or has no start code")
    width = (frame[7] << 8 | frame[6]) & 0x3FFF
    height = (frame[9] << 8 | frame[8]) & 0x3FFF
    if not width or not height:
        raise MalformedPacket("VP8 key frame without a size")
    return width, height


def assemble(payloads: tuple[bytes, ...]) -> bytes:
    """Return the frame carried by its packets, in order; raise MalformedPacket."""
    if not payloads or not parse_descriptor(payloads[0]).starts_frame:
        raise MalformedPacket("VP8 frame does not begin with its first partition")
    return b"".join(payload[parse_descriptor(payload).header_len :] for payload in payloads)


def rewrite_picture_id(
    buf: bytearray | memoryview,
    offset: int,
    descriptor: Vp8Descriptor,
    picture_id: int,
    tl0picidx: int | None,
) -> None:
    """Overwrite the picture id and TL0PICIDX of the descriptor at `offset` in `buf`.

    Fields the descriptor lacks are left out, and each keeps its width, so the packet's
    length does not change: the ids are cut to 7 or 15 and to 8 bits. None leaves TL0PICIDX.
    """
    at = offset + 2
    if descriptor.picture_id_bits == 15:
        buf[at] = 0x80 | (picture_id >> 8) & 0x7F
        buf[at + 1] = picture_id & 0xFF
        at += 2
    elif descriptor.picture_id_bits == 7:
        buf[at] = picture_id & 0x7F
        at += 1
    if descriptor.tl0picidx is not None and tl0picidx is not None:
        buf[at] = tl0picidx & 0xFF
