"""Which bytes a request asks for (RFC 9110 section 14): pure, decided once, here.

One range is served. A header this server does not understand, names another unit, or asks
for several ranges is ignored and the whole is sent, as section 14.2 allows: several ranges
would need multipart/byteranges, which no player asks for, and would multiply the reading.
"""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(?P<first>[0-9]*)-(?P<last>[0-9]*)[ \t]*", re.ASCII)
_MAX_DIGITS = 18  # beyond any file, and cheap to turn into an int


class NotSatisfiable(Exception):
    """The range begins after the end: 416, with the length, so that the client can ask again."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, of a representation of `size` bytes."""

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """Return how many bytes these are."""
        return self.last - self.first + 1

    @property
    def content_range(self) -> str:
        """Return the Content-Range header of a 206."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def choose_range(
    header: str | None, if_range: str | None, *, etag: str, size: int
) -> ByteRange | None:
    """Return the one range asked for, or None when the whole is to be sent.

    If-Range with anything but this exact strong tag sends the whole (section 13.1.5); dates
    are not compared: no Last-Modified is ever sent. Raise NotSatisfiable.
    """
    if header is None or (if_range is not None and if_range.strip() != etag):
        return None
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last = match["first"], match["last"]
    if max(len(first), len(last)) > _MAX_DIGITS or not (first or last):
        return None
    return _from_end(int(last), size) if not first else _from_start(int(first), last, size)


def _from_start(first: int, last: str, size: int) -> ByteRange | None:
    if last and int(last) < first:
        return None  # an invalid int-range is ignored (section 14.1.1)
    if first >= size:
        raise NotSatisfiable
    return ByteRange(first, min(int(last), size - 1) if last else size - 1, size)


def _from_end(suffix: int, size: int) -> ByteRange:
    if suffix == 0 or size == 0:
        raise NotSatisfiable
    return ByteRange(max(0, size - suffix), size - 1, size)
