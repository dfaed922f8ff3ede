"""RED payloads (RFC 2198): what is built is parsed, and bad input is told from good."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core import red
from media.core.errors import MalformedPacket

payload_types = st.integers(0, 127)
redundant_blocks = st.lists(
    st.builds(
        red.Redundant,
        payload_types,
        st.integers(0, red.MAX_OFFSET_TICKS),
        st.binary(max_size=red.MAX_BLOCK_BYTES),
    ),
    max_size=red.MAX_BLOCKS,
)


@given(payload_types, st.binary(min_size=1, max_size=400), redundant_blocks, st.binary(max_size=20))
def test_what_is_built_is_parsed(
    payload_type: int, primary: bytes, redundant: list[red.Redundant], before: bytes
) -> None:
    buffer = before + red.build(payload_type, primary, redundant) + b"behind"
    *earlier, last = red.parse(buffer, len(before), len(buffer) - len(b"behind"))
    assert (last.payload_type, last.offset_ticks) == (payload_type, 0)
    assert buffer[last.start : last.end] == primary
    assert [
        red.Redundant(one.payload_type, one.offset_ticks, buffer[one.start : one.end])
        for one in earlier
    ] == redundant


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_inside_themselves_or_refused(data: bytes) -> None:
    try:
        blocks = red.parse(data, 0, len(data))
    except MalformedPacket:
        return
    assert 1 <= len(blocks) <= red.MAX_BLOCKS + 1
    # One behind another, up to the end, behind their headers; the primary has something in it.
    assert blocks[0].start == 4 * (len(blocks) - 1) + 1
    assert all(one.end == next_one.start for one, next_one in pairwise(blocks))
    assert blocks[-1].start < blocks[-1].end == len(data)


@given(st.binary(min_size=1, max_size=60), redundant_blocks, st.data())
def test_a_packet_cut_short_is_refused_or_loses_only_of_its_primary(
    primary: bytes, redundant: list[red.Redundant], data: st.DataObject
) -> None:
    whole = red.build(111, primary, redundant)
    cut = data.draw(st.integers(0, len(whole) - 1))
    try:
        blocks = red.parse(whole, 0, cut)
    except MalformedPacket:
        return
    assert blocks[:-1] == red.parse(whole, 0, len(whole))[:-1]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "without a primary"),
        (b"\xef\x0f", "cut short"),
        (b"\xef\x0f\x00\x02", "without a primary"),
        (b"\x6f", "longer"),
        (b"\xef\x0f\x00\x05\x6fabc", "longer"),
        (b"\xef\x0f\x00\x03\x6fabc", "longer"),
        (b"\xef\x00\x00\x00" * (red.MAX_BLOCKS + 1) + b"\x6fx", "more RED blocks"),
    ],
)
def test_a_malformed_payload_is_refused(payload: bytes, why: str) -> None:
    with pytest.raises(MalformedPacket, match=why):
        red.parse(payload, 0, len(payload))


def test_the_bits_are_where_the_standard_puts_them() -> None:
    # RFC 2198 section 3: F=1, PT 111, offset 960, length 2; then F=0, PT 111.
    assert red.build(111, b"new", [red.Redundant(111, 960, b"ol")]) == (
        bytes([0x80 | 111, 960 >> 6, (960 & 0x3F) << 2, 2, 111]) + b"olnew"
    )
