"""What a light seat makes of RED: every block of it, the oldest first."""

import struct

from bench.impair.media import audio_packet, read_stamp, red_blocks


def red(*payloads: bytes) -> memoryview:
    """Write RFC 2198 section 3: four bytes for each earlier block, one for the last."""
    *earlier, last = payloads
    heads = b"".join(
        struct.pack("!I", 0x80 << 24 | 111 << 24 | 960 * (len(earlier) - place) << 10 | len(block))
        for place, block in enumerate(earlier)
    )
    return memoryview(heads + bytes([111]) + b"".join(earlier) + last)


def test_each_block_says_which_packet_it_is() -> None:
    packets = [audio_packet(number, 0) for number in (7, 8, 9)]
    blocks = red_blocks(red(*packets))
    assert [bytes(block) for block in blocks] == packets
    stamps = [read_stamp(block) for block in blocks]
    assert [stamp.frame for stamp in stamps if stamp] == [7, 8, 9]


def test_a_packet_alone_is_its_own_block() -> None:
    assert [bytes(block) for block in red_blocks(red(b"sound"))] == [b"sound"]
