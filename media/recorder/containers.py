"""The two file formats of parts, as far as av does not help: cutting back, and templates.

Fragmented MP4 (ISO/IEC 14496-12) is a header and then `moof`+`mdat` pairs; WebM (RFC 9559) is
a header and then clusters. Both can be cut after any whole one and stay playable.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_SEGMENT, _CLUSTER, _EBML_HEADER = 0x18538067, 0x1F43B675, 0x1A45DFA3


def whole_length(path: Path) -> int:
    """Return how many bytes of a part end in a whole fragment or cluster; 0 if none is whole."""
    return max((end for _, end in _media(path)), default=0)


def head_length(path: Path) -> int | None:
    """Return how many bytes come before the first fragment or cluster; None if none is whole."""
    return next((begin for begin, _ in _media(path)), None)


def _media(path: Path) -> Iterator[tuple[int, int]]:
    """Yield where each whole fragment or cluster begins and ends."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        yield from (_clusters if path.suffix == ".webm" else _fragments)(file, size)


def _fragments(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    at = previous_at = 0
    previous = b""
    while True:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length < 8 or at + length > size:
            return
        if kind == b"mdat" and previous == b"moof":
            yield previous_at, at + length
        previous, previous_at = kind, at
        at += length


def _clusters(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    at = 0
    while True:
        file.seek(at)
        head = file.read(12)
        element = _read_id(head)
        length = _read_length(head[element[1] :]) if element else None
        if element is None or length is None:
            return
        body = at + element[1] + length[1]
        if element[0] == _SEGMENT:
            at = body  # its children follow; a part's segment is of unknown size
            continue
        if length[0] is None or body + length[0] > size:
            return
        if element[0] == _CLUSTER:
            yield at, body + length[0]
        at = body + length[0]


def _read_id(data: bytes) -> tuple[int, int] | None:
    """Return an EBML element id and its length in bytes (RFC 8794 section 5)."""
    if not data or not data[0] & 0xF0:
        return None
    width = 9 - data[0].bit_length()
    return (int.from_bytes(data[:width], "big"), width) if len(data) >= width else None


def _read_length(data: bytes) -> tuple[int | None, int] | None:
    """Return an EBML data size (None: unknown) and its length in bytes (RFC 8794 section 6)."""
    if not data or not data[0]:
        return None
    width = 9 - data[0].bit_length()
    if len(data) < width:
        return None
    bits = 7 * width
    value = int.from_bytes(data[:width], "big") & (1 << bits) - 1
    return (None if value == (1 << bits) - 1 else value), width


def template(codec_id: str, *, private: bytes, size: tuple[int, int] | None) -> bytes:
    """Return a Matroska header with one track and no media.

    av lets a stream be muxed without an encoder only if it is like one of an opened file, and
    this is the smallest file that has codec data of our choice. `size` None means sound,
    two channels at 48 kHz. Codec ids: RFC 9559 section 27.
    """
    track = _unsigned(0xD7, 1) + _unsigned(0x73C5, 1) + _element(0x86, codec_id.encode())
    if private:
        track += _element(0x63A2, private)
    if size is None:
        sound = _element(0xB5, struct.pack(">d", 48_000.0)) + _unsigned(0x9F, 2)
        track += _unsigned(0x83, 2) + _element(0xE1, sound)
    else:
        picture = _unsigned(0xB0, size[0]) + _unsigned(0xBA, size[1])
        track += _unsigned(0x83, 1) + _element(0xE0, picture)
    head = _element(
        _EBML_HEADER,
        _unsigned(0x4286, 1)
        + _element(0x4282, b"matroska")
        + _unsigned(0x4287, 4)
        + _unsigned(0x4285, 2),
    )
    info = _element(0x1549A966, _unsigned(0x2AD7B1, 1_000_000))
    tracks = _element(0x1654AE6B, _element(0xAE, track))
    return head + _element(_SEGMENT, info + tracks + _element(_CLUSTER, _unsigned(0xE7, 0)))


def _element(identifier: int, body: bytes) -> bytes:
    width = (identifier.bit_length() + 7) // 8
    return identifier.to_bytes(width, "big") + (1 << 56 | len(body)).to_bytes(8, "big") + body


def _unsigned(identifier: int, value: int) -> bytes:
    return _element(identifier, value.to_bytes(8, "big"))
