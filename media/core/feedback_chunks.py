"""Packet statuses and receive deltas of transport-wide feedback.

The variable part of a transport-cc message: packet chunks, then receive deltas
(draft-holmer-rmcat-transport-wide-cc-extensions-01 sections 3.1.1 to 3.1.5).
A delta is in units of 250 us, None stands for a packet that was not received.
"""

import struct
from collections.abc import Iterator, Sequence

from media.core.errors import MalformedPacket

# A run of lost packets costs its sender two bytes and us a list entry per packet. At
# 1000 packets/s this is eight seconds of loss, longer than any estimator looks back.
MAX_STATUSES = 8192

_NOT_RECEIVED, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2
_MAX_RUN = 0x1FFF


def encode(deltas: Sequence[int | None]) -> bytes:
    """Return chunks and deltas; each delta must fit 16 signed bits, or `struct.error`."""
    chunks = list(_chunks([_symbol(delta) for delta in deltas]))
    encoded = bytearray(struct.pack(f"!{len(chunks)}H", *chunks))
    for delta in deltas:
        if delta is None:
            continue
        if 0 <= delta <= 0xFF:
            encoded.append(delta)
        else:
            encoded += struct.pack("!h", delta)
    return bytes(encoded)


def decode(body: memoryview, count: int) -> tuple[int | None, ...]:
    """Return the deltas of `count` packets; what follows the last one is padding."""
    if not 0 < count <= MAX_STATUSES:
        msg = f"feedback about {count} packets"
        raise MalformedPacket(msg)
    symbols, offset = _symbols(body, count)
    if symbols.count(_SMALL_DELTA) == count and offset + count <= len(body):
        return tuple(body[offset : offset + count])  # all is well, as nearly always
    deltas: list[int | None] = []
    try:
        for symbol in symbols:
            if symbol == _NOT_RECEIVED:
                deltas.append(None)
            elif symbol == _SMALL_DELTA:
                deltas.append(body[offset])
                offset += 1
            elif symbol == _LARGE_DELTA:
                deltas.append(struct.unpack_from("!h", body, offset)[0])
                offset += 2
            else:
                msg = "reserved packet status"
                raise MalformedPacket(msg)
    except (IndexError, struct.error) as error:
        msg = "receive deltas cut short"
        raise MalformedPacket(msg) from error
    return tuple(deltas)


def _symbol(delta: int | None) -> int:
    if delta is None:
        return _NOT_RECEIVED
    return _SMALL_DELTA if 0 <= delta <= 0xFF else _LARGE_DELTA


def _chunks(symbols: Sequence[int]) -> Iterator[int]:
    """Yield 16-bit chunks, at each place the kind that covers most packets."""
    start, end = 0, len(symbols)
    while start < end:
        vector_size = 7 if _LARGE_DELTA in symbols[start : start + 14] else 14
        run = _run_length(symbols, start)
        if run >= min(vector_size, end - start):
            yield symbols[start] << 13 | run
            start += run
            continue
        chunk = 0
        bits = 14 // vector_size
        for index in range(start, start + vector_size):
            chunk = chunk << bits | (symbols[index] if index < end else _NOT_RECEIVED)
        yield chunk | (0x8000 if bits == 1 else 0xC000)
        start += vector_size


def _run_length(symbols: Sequence[int], start: int) -> int:
    """Return how many equal symbols begin at `start`, as far as one chunk can say."""
    end = min(len(symbols), start + _MAX_RUN)
    index = start + 1
    while index < end and symbols[index] == symbols[start]:
        index += 1
    return index - start


def _symbols(body: memoryview, count: int) -> tuple[list[int], int]:
    """Return `count` status symbols and where the deltas begin."""
    symbols: list[int] = []
    offset = 0
    while len(symbols) < count:
        if offset + 2 > len(body):
            msg = "packet chunks cut short"
            raise MalformedPacket(msg)
        chunk = body[offset] << 8 | body[offset + 1]
        offset += 2
        if not chunk & 0x8000:
            symbols.extend([chunk >> 13 & 3] * (chunk & _MAX_RUN))
        elif not chunk & 0x4000:
            symbols.extend(chunk >> shift & 1 for shift in range(13, -1, -1))
        else:
            symbols.extend(chunk >> shift & 3 for shift in range(12, -1, -2))
    del symbols[count:]
    return symbols, offset
