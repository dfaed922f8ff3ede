"""RTP headers (RFC 3550 section 5.1) and header extensions (RFC 8285), without objects.

A parsed header is a plain tuple: it is made once per received packet, and on CPython 3.11
a tuple costs 30 ns where a dataclass costs 110.
"""

from struct import Struct

from media.core.errors import MalformedPacket

HEADER_BYTES = 12
MARKER = 0x80
_ONE_BYTE_EXTENSIONS = 0xBEDE
_TWO_BYTE_EXTENSIONS = 0x1000

_HEADER = Struct("!BBHII")
_EXTENSION_HEADER = Struct("!HH")
_U16 = Struct("!H")

#: (payload_type, marker 0 or 0x80, seq, timestamp, ssrc, payload_start, payload_end,
#: extensions_start or 0). Offsets count bytes from the start of the datagram.
ParsedRtp = tuple[int, int, int, int, int, int, int, int]

Buffer = bytes | bytearray | memoryview


def parse(buffer: Buffer, length: int) -> ParsedRtp:
    """Parse the header of the RTP packet in the first `length` bytes of `buffer`.

    Padding lies outside `payload_start:payload_end`. Raise MalformedPacket.
    """
    if length < HEADER_BYTES or length > len(buffer):
        raise MalformedPacket("shorter than an RTP header")
    first, second, seq, timestamp, ssrc = _HEADER.unpack_from(buffer)
    if first & 0xC0 != 0x80:
        raise MalformedPacket("not RTP version 2")
    start = HEADER_BYTES + 4 * (first & 0x0F)
    extensions = 0
    if first & 0x10:
        if start + 4 > length:
            raise MalformedPacket("extension header cut short")
        extensions = start
        start += 4 + 4 * _U16.unpack_from(buffer, start + 2)[0]
    end = length
    if first & 0x20:
        padding = buffer[length - 1]
        end = length - padding if padding else -1
    if start > end:
        raise MalformedPacket("header or padding longer than the packet")
    return second & 0x7F, second & 0x80, seq, timestamp, ssrc, start, end, extensions


def find_extension(buffer: Buffer, extensions: int, extension_id: int) -> tuple[int, int] | None:
    """Return (offset, length) of the extension element's data, or None if it is not there.

    `extensions` is the last item of `parse`, which has checked that the block lies inside
    the packet. Elements that claim to reach past the block end the search.
    """
    if not extensions:
        return None
    profile, words = _EXTENSION_HEADER.unpack_from(buffer, extensions)
    at = extensions + 4
    end = at + 4 * words
    if profile == _ONE_BYTE_EXTENSIONS:
        return _find_one_byte(buffer, at, end, extension_id)
    if profile & 0xFFF0 == _TWO_BYTE_EXTENSIONS:
        return _find_two_byte(buffer, at, end, extension_id)
    return None


def _find_one_byte(buffer: Buffer, at: int, end: int, wanted: int) -> tuple[int, int] | None:
    """Search elements of RFC 8285 section 4.2; id 15 ends the block, 0 is padding."""
    while at < end:
        head = buffer[at]
        if head == 0:
            at += 1
            continue
        found, length = head >> 4, (head & 0x0F) + 1
        at += 1
        if found == 15 or at + length > end:
            return None
        if found == wanted:
            return at, length
        at += length
    return None


def _find_two_byte(buffer: Buffer, at: int, end: int, wanted: int) -> tuple[int, int] | None:
    """Search elements of RFC 8285 section 4.3; id 0 is padding without a length."""
    while at < end:
        found = buffer[at]
        if found == 0:
            at += 1
            continue
        if at + 2 > end:
            return None
        length = buffer[at + 1]
        at += 2
        if at + length > end:
            return None
        if found == wanted:
            return at, length
        at += length
    return None


def extension_u16(buffer: Buffer, extensions: int, extension_id: int) -> int:
    """Return a 16-bit extension (transport-wide sequence number), or -1 if it is not there."""
    found = find_extension(buffer, extensions, extension_id)
    if found is None or found[1] != 2:
        return -1
    number: int = _U16.unpack_from(buffer, found[0])[0]
    return number


def extension_level(buffer: Buffer, extensions: int, extension_id: int) -> int:
    """Return how loud the packet's sound is, -dBov 0..127 (RFC 6464), or -1 if not told."""
    found = find_extension(buffer, extensions, extension_id)
    return -1 if found is None or found[1] != 1 else buffer[found[0]] & 0x7F


def extension_text(buffer: Buffer, extensions: int, extension_id: int) -> str | None:
    """Return an extension that carries ASCII (mid, RFC 8843 section 15), or None."""
    found = find_extension(buffer, extensions, extension_id)
    if found is None:
        return None
    raw = bytes(buffer[found[0] : found[0] + found[1]])
    return raw.decode("ascii") if raw.isascii() else None


def build(
    payload: Buffer, *, payload_type: int, marker: int, seq: int, timestamp: int, ssrc: int
) -> bytes:
    """Return a packet with a bare 12-byte header; `marker` is 0 or 0x80.

    Numbers are cut to their field's width, so extended ones may be given.
    """
    return (
        _HEADER.pack(
            0x80, marker | payload_type, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc & 0xFFFFFFFF
        )
        + payload
    )


def build_padding(number: int, *, payload_type: int, seq: int, ssrc: int) -> bytes:
    """Return a packet that carries `number` (1 to 255) bytes of padding and nothing else."""
    return (
        _HEADER.pack(0xA0, payload_type, seq & 0xFFFF, 0, ssrc)
        + bytes(number - 1)
        + bytes((number,))
    )


def build_rtx(original: bytes, *, payload_type: int, seq: int, ssrc: int) -> bytes:
    """Wrap a packet made by `build` for retransmission (RFC 4588 section 4)."""
    _, second, original_seq, timestamp, _ = _HEADER.unpack_from(original)
    return (
        _HEADER.pack(0x80, (second & MARKER) | payload_type, seq & 0xFFFF, timestamp, ssrc)
        + _U16.pack(original_seq)
        + original[HEADER_BYTES:]
    )


def unwrap_rtx(header: ParsedRtp, buffer: Buffer, *, payload_type: int, ssrc: int) -> ParsedRtp:
    """Return the header the retransmitted packet had (RFC 4588 section 4).

    Raise MalformedPacket if there is no original sequence number, as in padding sent to probe.
    """
    _, marker, _, timestamp, _, start, end, extensions = header
    if end - start < 2:
        raise MalformedPacket("retransmission without an original sequence number")
    original: int = _U16.unpack_from(buffer, start)[0]
    return payload_type, marker, original, timestamp, ssrc, start + 2, end, extensions
