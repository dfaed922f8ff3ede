import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import feedback_chunks
from media.core.errors import MalformedPacket

PROPERTY = settings(derandomize=True, deadline=None)

Delta = st.one_of(st.none(), st.integers(0, 255), st.integers(-0x8000, 0x7FFF))


def decode(text: str, count: int) -> tuple[int | None, ...]:
    return feedback_chunks.decode(memoryview(bytes.fromhex(text)), count)


def test_a_run_of_equal_statuses_takes_one_chunk() -> None:
    assert feedback_chunks.encode([None] * 221 + [4]) == bytes.fromhex("00dd 2001 04")


def test_mixed_small_deltas_take_a_vector_of_one_bit_symbols() -> None:
    # Arrived, lost, arrived, then eleven symbols about nobody: 10 101000 00000000.
    assert feedback_chunks.encode([1, None, 2]) == bytes.fromhex("a800 01 02")


def test_mixed_large_deltas_take_a_vector_of_two_bit_symbols() -> None:
    # Small, large, lost, large: 11 01 10 00 10 then three symbols about nobody.
    encoded = feedback_chunks.encode([1, 256, None, -1])
    assert encoded == bytes.fromhex("d880 01 0100 ffff")


def test_a_run_too_long_for_one_chunk_takes_two() -> None:
    assert feedback_chunks.encode([None] * 8192) == bytes.fromhex("1fff 0001")


def test_a_delta_past_16_bits_cannot_be_written() -> None:
    with pytest.raises(struct.error):
        feedback_chunks.encode([0x8000])


def test_the_layouts_of_the_draft_are_read() -> None:
    # Section 3.1.3: a run of 221 lost packets; a run of 24 large deltas.
    assert decode("00dd", 221) == (None,) * 221
    assert decode("4018" + "0000" * 24, 24) == (0,) * 24
    # Section 3.1.4: one lost, five arrived, three lost, three arrived, two lost.
    one_bit = decode("9f1c 01 01 01 01 01 01 01 01", 14)
    assert one_bit == (None, 1, 1, 1, 1, 1, None, None, None, 1, 1, 1, None, None)
    # One lost, one large, three small, two lost.
    assert decode("c950 fffe 01 02 03", 7) == (None, -2, 1, 2, 3, None, None)


def test_statuses_past_the_count_and_bytes_past_the_deltas_are_ignored() -> None:
    assert decode("3fff 09 00 00", 1) == (9,)


def test_an_empty_run_is_skipped() -> None:
    assert decode("0000 2001 07", 1) == (7,)


@pytest.mark.parametrize("count", [0, feedback_chunks.MAX_STATUSES + 1])
def test_a_count_out_of_bounds_is_malformed(count: int) -> None:
    with pytest.raises(MalformedPacket, match="feedback about"):
        decode("1fff 1fff", count)


def test_chunks_cut_short_are_malformed() -> None:
    with pytest.raises(MalformedPacket, match="chunks cut short"):
        decode("0001 00", 2)


@pytest.mark.parametrize("text", ["2001", "4001 00"])
def test_deltas_cut_short_are_malformed(text: str) -> None:
    with pytest.raises(MalformedPacket, match="deltas cut short"):
        decode(text, 1)


def test_the_reserved_status_is_malformed() -> None:
    with pytest.raises(MalformedPacket, match="reserved"):
        decode("6001 0000", 1)


@PROPERTY
@given(st.lists(Delta, min_size=1, max_size=80))
def test_what_is_written_is_read_back(deltas: list[int | None]) -> None:
    encoded = feedback_chunks.encode(deltas)
    assert feedback_chunks.decode(memoryview(encoded), len(deltas)) == tuple(deltas)


@PROPERTY
@given(st.integers(0, 2**32), st.integers(1, feedback_chunks.MAX_STATUSES))
def test_long_runs_are_read_back(seed: int, size: int) -> None:
    rng = random.Random(seed)
    deltas: list[int | None] = []
    while len(deltas) < size:
        deltas += [rng.choice([None, 3, 300])] * rng.randint(1, 4000)
    del deltas[size:]
    encoded = feedback_chunks.encode(deltas)
    assert feedback_chunks.decode(memoryview(encoded), size) == tuple(deltas)


@PROPERTY
@given(st.binary(max_size=200), st.integers(0, 0xFFFF))
def test_any_bytes_are_statuses_or_malformed(body: bytes, count: int) -> None:
    try:
        deltas = feedback_chunks.decode(memoryview(body), count)
    except MalformedPacket:
        return
    assert len(deltas) == count
