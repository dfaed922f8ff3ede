"""What a publisher's RED packets bring back of what the line lost (RFC 2198)."""

from media.core import red
from media.core.errors import MalformedPacket
from media.core.rtp import Buffer, ParsedRtp
from media.core.seqnum import delta16, delta32
from media.core.uptrack import UpTrack

# Browsers repeat the last one or two packets; nothing further back is looked for.
_LOOK_BACK = 32


def unwrap(
    header: ParsedRtp, buffer: Buffer, *, payload_type: int
) -> tuple[ParsedRtp, list[ParsedRtp]]:
    """Return the header of the sound a RED packet carries, and those of what it repeats.

    The repeated come oldest first. A block's sequence number is not told: the k-th before the
    primary is taken for the k-th packet before this one. What is of another payload type than
    `payload_type` is no sound of this track. Raise MalformedPacket.
    """
    _, marker, seq, timestamp, ssrc, start, end, extensions = header
    if start == end:  # nothing but padding: a browser probes the line
        return (payload_type, *header[1:]), []
    *earlier, primary = red.parse(buffer, start, end)
    if primary.payload_type != payload_type:
        raise MalformedPacket("RED around another payload type than was agreed")
    plain = (payload_type, marker, seq, timestamp, ssrc, primary.start, primary.end, extensions)
    repeated = [
        (
            payload_type,
            0,
            (seq - back) & 0xFFFF,
            (timestamp - block.offset_ticks) & 0xFFFF_FFFF,
            ssrc,
            block.start,
            block.end,
            0,
        )
        for back, block in zip(range(len(earlier), 0, -1), earlier, strict=True)
        if block.payload_type == payload_type and block.end > block.start
    ]
    return plain, repeated


def missed(up: UpTrack, plain: ParsedRtp, repeated: list[ParsedRtp]) -> list[ParsedRtp]:
    """Return those of `repeated` that fill a gap in what has come of this track.

    A sender that left a moment out counts its blocks differently: one that does not lie in
    time between its neighbours is somebody else's and is left alone.
    """
    if up.highest_ext < 0:
        return []
    found: list[ParsedRtp] = []
    newest = up.highest_ext + delta16(plain[2], up.highest_ext & 0xFFFF)
    after = plain[3]
    for header in reversed(repeated):
        ext_seq = newest - ((plain[2] - header[2]) & 0xFFFF)
        cached = up.cache.get(ext_seq)
        if cached is not None:
            after = cached[0]
            continue
        before = _timestamp_before(up, ext_seq)
        if before is None or not delta32(before, header[3]) < 0 < delta32(after, header[3]):
            continue
        found.append(header)
        after = header[3]
    return found[::-1]


def _timestamp_before(up: UpTrack, ext_seq: int) -> int | None:
    """Return when the newest packet before `ext_seq` belongs; None if there was none lately."""
    for back in range(1, _LOOK_BACK + 1):
        cached = up.cache.get(ext_seq - back)
        if cached is not None:
            return cached[0]
    return None
