"""Which place a packet of sound has among those that carry sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.core.errors import MalformedPacket
from media.core.sound_numbers import SoundNumbers

SOUND = b"\xf8sound"  # 20 ms
LONG = b"\x18sound"  # 60 ms
TICKS = 960


def test_sound_alone_keeps_its_numbers() -> None:
    numbers = SoundNumbers()
    sent = [(65_530 + nth) & 0xFFFF for nth in range(20)]
    assert [numbers.number(seq, TICKS * nth, SOUND) for nth, seq in enumerate(sent)] == sent


def test_what_was_lost_leaves_its_place() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    assert numbers.number(14, 4 * TICKS, SOUND) == 14


def test_what_is_no_sound_has_no_place() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    assert numbers.number(14, TICKS, SOUND) == 11
    assert numbers.number(20, 3 * TICKS, SOUND) == 13


def test_a_pause_is_no_loss() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    assert numbers.number(12, 500 * TICKS, SOUND) == 12


def test_time_that_stands_still_or_goes_back_still_moves_on() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 5 * TICKS, SOUND) == 10
    assert numbers.number(11, 5 * TICKS, SOUND) == 11
    assert numbers.number(12, 0, SOUND) == 12


def test_packets_of_another_length_are_counted_by_the_one_before() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    assert numbers.number(12, TICKS, LONG) == 11
    assert numbers.number(14, 4 * TICKS, LONG) == 12
    assert numbers.number(16, 10 * TICKS, SOUND) == 14


def test_what_comes_late_gets_the_place_it_left_and_twice_the_same() -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    assert numbers.number(15, 3 * TICKS, SOUND) == 13
    assert numbers.number(12, TICKS, SOUND) == 11
    assert numbers.number(14, 2 * TICKS, SOUND) == 12
    assert numbers.number(15, 3 * TICKS, SOUND) == 13


@pytest.mark.parametrize("payload", [b"", b"\xfb", b"\xfb\x3f"])
def test_what_is_no_opus_is_malformed_and_moves_nothing(payload: bytes) -> None:
    numbers = SoundNumbers()
    assert numbers.number(10, 0, SOUND) == 10
    with pytest.raises(MalformedPacket):
        numbers.number(11, TICKS, payload)
    assert numbers.number(12, 2 * TICKS, SOUND) == 12


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=80),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF_FFFF),
)
def test_places_differ_as_moments_do_whatever_is_lost_reordered_or_in_between(
    moments: list[tuple[int, bool]], first_seq: int, first_time: int
) -> None:
    """Each moment: how much padding comes after it, and whether it changes place with the next."""
    seq, sent = first_seq, []
    for nth, (padding, _) in enumerate(moments):
        sent.append((nth, seq & 0xFFFF, first_time + TICKS * nth & 0xFFFF_FFFF))
        seq += 1 + padding
    arrives = sent[1:]
    for at, (_, is_late) in enumerate(moments[1:-1]):
        if is_late:
            arrives[at], arrives[at + 1] = arrives[at + 1], arrives[at]
    numbers = SoundNumbers()
    first = numbers.number(sent[0][1], sent[0][2], SOUND)
    for nth, number, timestamp in arrives:
        assert (numbers.number(number, timestamp, SOUND) - first) & 0xFFFF == nth
