"""Black and silence: what stands in an HLS playlist where a track has nothing. Imports no av.

Players do not agree about EXT-X-GAP (docs/adr/0020), so a track that is played by one of them
has media everywhere. Fragments (ISO/IEC 14496-12) are written here around samples that are
always the same: one picture of H.264, encoded once, and the silent packet of Opus. A filler is
its name, which says from when to when in the ticks of its track, counted like those of parts.
"""

import re
import struct
from dataclasses import dataclass
from typing import Final

from media.core.ids import Kind

NAME: Final = r"^(video|audio)(-[0-9]{1,16}-[0-9]{1,7})?\.mp4$"
"""What a filler can be called: by itself its head, with two numbers a segment."""

_BRAND = b"iso5" + struct.pack(">I", 512) + b"iso5iso6mp41"
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_IS_SYNC = 0x02000000


@dataclass(frozen=True, slots=True)
class _Track:
    """`sample` is repeated, each for `step` ticks. `clock_rate` is that of parts."""

    clock_rate: int
    step: int
    sample: bytes
    handler: bytes
    media_header: bytes
    entry: bytes
    size: tuple[int, int] = (0, 0)
    #: Whether a sample may be shorter than the others: a packet of sound is as long as it is.
    can_be_shortened: bool = False


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, flags: int, *content: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


# Constrained baseline of level 3.1, as most cameras' parts are: 256x144 pixels, all of them
# black, in one slice.
_SPS = bytes.fromhex("6742c01fdc1013a1000003000100000300020f183380")
_PPS = bytes.fromhex("68ce0f2c80")
_IDR = bytes.fromhex("65888404bc98a00038a3" + "27" * 15 + "5d75d7" * 32 + "80")
_WIDTH, _HEIGHT = 256, 144

_AVCC = _box(
    b"avcC",
    bytes([1, *_SPS[1:4], 0xFF, 0xE1]),
    struct.pack(">H", len(_SPS)) + _SPS,
    bytes([1]) + struct.pack(">H", len(_PPS)) + _PPS,
)
_TRACKS: Final = {
    Kind.VIDEO: _Track(
        clock_rate=90_000,
        step=90_000,
        sample=struct.pack(">I", len(_IDR)) + _IDR,
        handler=b"vide",
        media_header=_full(b"vmhd", 1, bytes(8)),
        entry=_box(
            b"avc1",
            struct.pack(">6xH16xHHIIIH32xHh", 1, _WIDTH, _HEIGHT, 72 << 16, 72 << 16, 0, 1, 24, -1),
            _AVCC,
        ),
        size=(_WIDTH, _HEIGHT),
        can_be_shortened=True,
    ),
    Kind.AUDIO: _Track(
        clock_rate=48_000,
        step=960,
        sample=bytes.fromhex("fcfffe"),  # 20 ms of stereo (RFC 6716 section 3.1)
        handler=b"soun",
        media_header=_full(b"smhd", 0, bytes(4)),
        entry=_box(
            b"Opus",
            struct.pack(">6xH8xHHHHI", 1, 2, 16, 0, 0, 48_000 << 16),
            _box(b"dOps", struct.pack(">BBHIhB", 0, 2, 0, 48_000, 0, 0)),
        ),
    ),
}


def head_name(kind: Kind) -> str:
    """Return the name of the initialization section of a kind's filler."""
    return f"{kind}.mp4"


def segment_name(kind: Kind, from_s: float, until_s: float) -> str:
    """Return the name of a segment. Times are those of parts, from their `zero_s` on.

    One of sound ends up to a packet earlier, and holds one at least.
    """
    rate = _TRACKS[kind].clock_rate
    from_ticks = max(0, round(from_s * rate))
    return f"{kind}-{from_ticks}-{max(1, round(until_s * rate) - from_ticks)}.mp4"


def content(name: str) -> bytes:
    """Return what is called so. `name` matches `NAME`."""
    found = re.match(NAME, name)
    assert found is not None, "names are looked at where they come from"
    track = _TRACKS[Kind(found[1])]
    if found[2] is None:
        return _head(track)
    from_ticks, ticks = map(int, found[2][1:].split("-"))
    return _segment(track, from_ticks, ticks)


def _head(track: _Track) -> bytes:
    width, height = track.size
    # No times: nothing is in it. Track 1 is on, and in the movie.
    movie = struct.pack(">8xIIIH10x", 1000, 0, 0x10000, 0x100) + _MATRIX + bytes(24)
    is_sound = track.handler == b"soun"
    of_track = struct.pack(">8xI4xI8xHHH2x", 1, 0, 0, 0, 0x100 if is_sound else 0) + _MATRIX
    of_track += struct.pack(">II", width << 16, height << 16)
    data_here = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
    table = _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), track.entry),
        _full(b"stts", 0, bytes(4)),
        _full(b"stsc", 0, bytes(4)),
        _full(b"stsz", 0, bytes(8)),
        _full(b"stco", 0, bytes(4)),
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, struct.pack(">8xIIHH", track.clock_rate, 0, 0x55C4, 0)),
        _full(b"hdlr", 0, struct.pack(">4x4s13x", track.handler)),
        _box(b"minf", track.media_header, data_here, table),
    )
    return _box(b"ftyp", _BRAND) + _box(
        b"moov",
        _full(b"mvhd", 0, movie, struct.pack(">I", 2)),
        _box(b"trak", _full(b"tkhd", 3, of_track), media),
        _box(b"mvex", _full(b"trex", 0, struct.pack(">IIIII", 1, 1, 0, 0, _IS_SYNC))),
    )


def _segment(track: _Track, from_ticks: int, ticks: int) -> bytes:
    count, rest = divmod(ticks, track.step)
    lengths = [track.step] * count
    if rest and track.can_be_shortened:
        lengths.append(rest)
    lengths = lengths or [track.step]
    defaults = struct.pack(">III", 1, len(track.sample), _IS_SYNC)
    runs = struct.pack(f">{len(lengths)}I", *lengths)

    def fragment(data_offset: int) -> bytes:
        return _box(
            b"moof",
            _full(b"mfhd", 0, struct.pack(">I", 1)),
            _box(
                b"traf",
                _full(b"tfhd", 0x020030, defaults),  # counted from here; size and flags follow
                _full(b"tfdt", 0, struct.pack(">Q", from_ticks), version=1),
                _full(b"trun", 0x000101, struct.pack(">Ii", len(lengths), data_offset), runs),
            ),
        )

    offset = len(fragment(0)) + 8
    return fragment(offset) + _box(b"mdat", track.sample * len(lengths))
