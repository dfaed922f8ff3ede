"""What a publisher's RED packets bring back of what the line lost (RFC 2198)."""

from typing import NamedTuple

from media.core import red
from media.core.errors import MalformedPacket
from media.core.rtp import Buffer, ParsedRtp
from media.core.seqnum import delta16, delta32
from media.core.uptrack import UpTrack

# Browsers repeat the last one or two packets; nothing further back is looked for.
_LOOK_BACK = 32


class Repeated(NamedTuple):
    """Sound of an earlier moment, bytes `start:end` of the packet; its number is not told."""

    timestamp: int
    start: int
    end: int


def unwrap(
    header: ParsedRtp, buffer: Buffer, *, payload_type: int
) -> tuple[ParsedRtp, list[Repeated]]:
    """Return the header of the sound a RED packet carries, and what it repeats, oldest first.

    What is of another payload type than `payload_type` is no sound of this track. Raise
    MalformedPacket.
    """
    _, marker, seq, timestamp, ssrc, start, end, extensions = header
    if start == end:  # nothing but padding: a browser probes the line
        return (payload_type, *header[1:]), []
    *earlier, primary = red.parse(buffer, start, end)
    if primary.payload_type != payload_type:
        raise MalformedPacket("RED around another payload type than was agreed")
    plain = (payload_type, marker, seq, timestamp, ssrc, primary.start, primary.end, extensions)
    repeated = [
        Repeated((timestamp - block.offset_ticks) & 0xFFFF_FFFF, block.start, block.end)
        for block in earlier
        if block.payload_type == payload_type and block.offset_ticks and block.end > block.start
    ]
    return plain, repeated


def missed(up: UpTrack, plain: ParsedRtp, repeated: list[Repeated]) -> list[ParsedRtp]:
    """Return the headers of those of `repeated` that fill a gap in the sound of this track.

    `plain` is numbered as its sound is. Only its time says which packet a block repeats: by
    counting back one would meet padding, and what a sender left out.
    """
    if up.highest_ext < 0:
        return []
    payload_type, _, seq, after, ssrc, *_ = plain
    found: list[ParsedRtp] = []
    before = up.highest_ext + delta16(seq, up.highest_ext & 0xFFFF)
    for timestamp, start, end in reversed(repeated):
        if delta32(after, timestamp) <= 0:
            continue
        number = _missing_at(up, timestamp, before)
        if number is None:
            continue
        found.append((payload_type, 0, number & 0xFFFF, timestamp, ssrc, start, end, 0))
        before, after = number, timestamp
    return found[::-1]


def _missing_at(up: UpTrack, timestamp: int, before: int) -> int | None:
    """Return which packet of this time is missing before that one; None if there is no room.

    It lies between the newest that came of an earlier time and the oldest of a later one.
    """
    later = before
    for number in range(before - 1, before - 1 - _LOOK_BACK, -1):
        cached = up.cache.get(number)
        if cached is None:
            continue
        elapsed_ticks = delta32(timestamp, cached[0])
        if elapsed_ticks < 0:
            later = number
            continue
        has_room = elapsed_ticks > 0 and later - number > 1
        if not has_room:
            return None
        return min(number + max(1, up.numbers.packets_in(elapsed_ticks)), later - 1)
    return None
