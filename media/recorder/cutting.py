"""Cut a piece out of a film without encoding anything: packets are copied, an edit list cuts.

A picture can only be decoded from a key frame on, so the file begins with the one at or before
the mark, and its edit list (ISO/IEC 14496-12 section 8.6.6) says that it is shown from the mark
on. So do the last pictures that others need to be decoded, and the sound that a decoder needs to
settle: they are in the file, and outside of what is played.
"""

import heapq
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import av
from av.container import InputContainer
from av.stream import Stream

_SETTLES_S: Final = 0.08
"""Sound before the mark that its decoder is given: 80 ms for Opus (RFC 7845 section 4.2), and more
than the one frame of AAC that overlaps."""
_LOOK_BACK_S: Final = 10.0
_LAST_PICTURE_MS: Final = 40
"""A film of 25 pictures a second ends up to a picture before the lesson it shows."""
_MICROSECONDS: Final = 1_000_000


Told = Callable[[float], None]
"""Hears how many seconds of the piece are written."""


class NothingToCut(Exception):
    """There is no picture between the marks, or the marks are no marks of this film."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut: `lead_ms` of pictures before the first that is shown, to decode it with.

    `from_ms` is where the first picture that is shown lies in the film: at the mark, or the part
    of a picture before it.
    """

    from_ms: int
    duration_ms: int
    lead_ms: int


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """A packet to be muxed; sorted by when it is decoded."""

    at_s: float
    is_sound: bool
    packet: "av.Packet[Stream]" = field(compare=False)


def cut(film: Path, out: Path, *, from_ms: int, until_ms: int, told: Told) -> Cut:
    """Write `out` (MP4, the index in front): what `film` (MP4) shows from one mark to the other.

    It begins with the picture that is shown at the first mark. A second mark up to 40 ms after
    the end is the end. Takes as long as copying that part of the file. Raise NothingToCut,
    OSError, av.FFmpegError.
    """
    length_ms = _length_ms(film)
    if until_ms - length_ms <= _LAST_PICTURE_MS:
        until_ms = min(until_ms, length_ms)
    if not 0 <= from_ms < until_ms <= length_ms:
        raise NothingToCut(f"from {from_ms} until {until_ms} ms")
    first_s, key_s = _first_picture(film, from_ms / 1000)
    until_s = until_ms / 1000
    options = {"movflags": "faststart"}
    with ExitStack() as opened:
        into = opened.enter_context(av.open(out, "w", format="mp4", options=options))
        sources = []
        for is_sound in (False, True):
            source = opened.enter_context(av.open(film, "r"))
            streams = source.streams.audio if is_sound else source.streams.video
            if streams:
                stream = into.add_stream_from_template(streams[0], opaque=True)
                begin_s = first_s - _SETTLES_S if is_sound else key_s
                packets = _between(source, streams[0], begin_s, until_s)
                sources.append(_moved(packets, stream, is_sound=is_sound, by_s=first_s))
        told_s = 0.0
        for due in heapq.merge(*sources):
            into.mux_one(due.packet)
            if due.at_s - told_s >= 1.0:
                told_s = due.at_s
                told(told_s)
    duration_ms = until_ms - round(first_s * 1000)
    with out.open("r+b") as file:
        _show_only(file, duration_ms)
    return Cut(round(first_s * 1000), duration_ms, round((first_s - key_s) * 1000))


def _length_ms(film: Path) -> int:
    with av.open(film, "r") as container:
        return (container.duration or 0) // 1000


def _first_picture(film: Path, mark_s: float) -> tuple[float, float]:
    """Return when the picture begins that is shown at the mark, and the key frame it needs."""
    back_s = 0.0
    while True:
        first_s = key_s = None
        with av.open(film, "r") as container:
            if not container.streams.video:
                raise NothingToCut("the film has no pictures")
            stream = container.streams.video[0]
            _seek(container, mark_s - back_s)
            for packet in container.demux(stream):
                if packet.pts is None or packet.dts is None or packet.time_base is None:
                    break  # av ends a stream with an empty packet
                at_s = float(packet.pts * packet.time_base)
                if at_s <= mark_s:
                    if packet.is_keyframe:
                        key_s = at_s
                    if key_s is not None:
                        first_s = max(at_s, first_s or 0.0)
                if float(packet.dts * packet.time_base) > mark_s:
                    break
        if first_s is not None and key_s is not None:
            return first_s, key_s
        if mark_s <= back_s:
            raise NothingToCut(f"no picture is shown at {mark_s} s")
        back_s += _LOOK_BACK_S


def _seek(container: InputContainer, at_s: float) -> None:
    container.seek(round(max(0.0, at_s) * _MICROSECONDS), backward=True)


def _between(
    source: InputContainer, stream: Stream, begin_s: float, until_s: float
) -> "Iterator[av.Packet[Stream]]":
    """Yield packets in decoding order: from what is shown at `begin_s` to what ends `until_s`.

    With those that are shown later only if one that is shown before needs them.
    """
    _seek(source, begin_s - _LOOK_BACK_S)
    has_begun = False
    later: list[av.Packet[Stream]] = []
    for packet in source.demux(stream):
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            return
        at_s = float(packet.pts * packet.time_base)
        has_begun = has_begun or (packet.is_keyframe and at_s >= begin_s - 1e-6)
        if not has_begun:
            continue
        if float(packet.dts * packet.time_base) >= until_s:
            return
        later.append(packet)
        if at_s < until_s:
            yield from later
            later = []


def _moved(
    packets: "Iterator[av.Packet[Stream]]", stream: Stream, *, is_sound: bool, by_s: float
) -> Iterator[_Due]:
    """Yield packets of the file to be written, in which the first shown picture is at 0."""
    for packet in packets:
        assert packet.pts is not None
        assert packet.dts is not None
        assert packet.time_base is not None
        by = round(by_s / packet.time_base)
        packet.pts, packet.dts = packet.pts - by, packet.dts - by
        packet.stream = stream
        yield _Due(float(packet.dts * packet.time_base), is_sound, packet)


_Box = tuple[int, int]
"""Where the content of a box begins in a file, and where it ends."""


def _show_only(file: BinaryIO, duration_ms: int) -> None:
    """Have each track end with the mark: the muxer has them end with their last packet.

    The muxer counts a film in milliseconds, and writes one edit a track, after an empty one where
    the track begins late. Raise NothingToCut: it wrote none.
    """
    (movie,) = _boxes(file, (0, file.seek(0, os.SEEK_END)), b"moov")
    (header,) = _boxes(file, movie, b"mvhd")
    _set(file, header[0] + 16, duration_ms)
    for track in _boxes(file, movie, b"trak"):
        (header,) = _boxes(file, track, b"tkhd")
        _set(file, header[0] + 20, duration_ms)
        edits = [
            one for edit in _boxes(file, track, b"edts") for one in _boxes(file, edit, b"elst")
        ]
        if len(edits) != 1:
            raise NothingToCut("the file has no edit list")
        at = edits[0][0] + 4
        count = _get(file, at)
        late_ms = sum(_get(file, at + 4 + 12 * number) for number in range(count - 1))
        _set(file, at + 4 + 12 * (count - 1), duration_ms - late_ms)


def _boxes(file: BinaryIO, within: _Box, name: bytes) -> list[_Box]:
    """Return the boxes of a name that lie directly in another (ISO/IEC 14496-12 section 4.2)."""
    found, at = [], within[0]
    while at < within[1]:
        file.seek(at)
        size, kind, large = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
        begin = at + (16 if size == 1 else 8)
        size = large if size == 1 else size
        if kind == name:
            found.append((begin, at + size))
        at += size
    return found


def _get(file: BinaryIO, at: int) -> int:
    file.seek(at)
    value: int = struct.unpack(">I", file.read(4))[0]
    return value


def _set(file: BinaryIO, at: int, value: int) -> None:
    file.seek(at)
    file.write(struct.pack(">I", value))
