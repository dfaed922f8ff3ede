"""RED: several encodings of sound in one packet (RFC 2198), parsed and built.

A packet carries its own (primary) encoding last and, before it, those of earlier moments
once more. Every earlier one has a header of four bytes, of which the bits are: 1 that more
follows, 7 payload type, 14 how many ticks before the packet's timestamp it belongs, 10 its
length. The primary's header is one byte, and its length is what is left.
"""

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from media.core.errors import MalformedPacket
from media.core.rtp import Buffer

MAX_OFFSET_TICKS = (1 << 14) - 1
"""How far back a block can lie: 341 ms of Opus."""
MAX_BLOCK_BYTES = (1 << 10) - 1

#: Browsers repeat one or two packets. Whoever sends more than this wants us to work.
MAX_BLOCKS = 8

_MORE = 0x80
_HEADER = Struct("!I")


class Block(NamedTuple):
    """One encoding inside a packet: bytes `start:end` of the buffer that was parsed.

    `offset_ticks` before the packet's timestamp; the primary has 0.
    """

    payload_type: int
    offset_ticks: int
    start: int
    end: int


class Redundant(NamedTuple):
    """An earlier encoding to send once more; the limits are those of its header's fields."""

    payload_type: int
    offset_ticks: int
    payload: bytes


def parse(buffer: Buffer, start: int, end: int) -> list[Block]:
    """Return the blocks of the payload `buffer[start:end]`, the primary last.

    Raise MalformedPacket: cut short, more than `MAX_BLOCKS`, or a primary with nothing in it.
    """
    heads: list[tuple[int, int, int]] = []
    at = start
    while at < end and buffer[at] & _MORE:
        if at + 4 > end:
            raise MalformedPacket("RED block header cut short")
        if len(heads) == MAX_BLOCKS:
            raise MalformedPacket("more RED blocks than anybody needs")
        (head,) = _HEADER.unpack_from(buffer, at)
        heads.append((head >> 24 & 0x7F, head >> 10 & MAX_OFFSET_TICKS, head & MAX_BLOCK_BYTES))
        at += 4
    if at >= end:
        raise MalformedPacket("RED without a primary block")
    primary_type = buffer[at]
    at += 1
    blocks: list[Block] = []
    for payload_type, offset_ticks, length in heads:
        blocks.append(Block(payload_type, offset_ticks, at, at + length))
        at += length
    if at >= end:
        raise MalformedPacket("RED blocks longer than their packet")
    blocks.append(Block(primary_type, 0, at, end))
    return blocks


def build(payload_type: int, primary: bytes, redundant: Sequence[Redundant] = ()) -> bytes:
    """Return a payload that carries `primary` and, before it, `redundant`, oldest first."""
    out = bytearray()
    for block in redundant:
        assert 0 <= block.offset_ticks <= MAX_OFFSET_TICKS, "14 bits"
        assert len(block.payload) <= MAX_BLOCK_BYTES, "10 bits"
        out += _HEADER.pack(
            (_MORE | block.payload_type) << 24 | block.offset_ticks << 10 | len(block.payload)
        )
    out.append(payload_type)
    for block in redundant:
        out += block.payload
    out += primary
    return bytes(out)
