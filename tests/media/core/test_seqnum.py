from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.seqnum import Unwrapper16, Unwrapper32, delta16, delta32

PROPERTY = settings(derandomize=True, deadline=None)

Seq = st.integers(0, 0xFFFF)
Timestamp = st.integers(0, 0xFFFF_FFFF)


def test_delta16_counts_forwards_and_backwards_across_the_wrap() -> None:
    assert delta16(2, 65534) == 4
    assert delta16(65534, 2) == -4
    assert delta16(7, 7) == 0


def test_delta16_takes_half_the_circle_as_behind() -> None:
    assert delta16(0x8000, 0) == -0x8000
    assert delta16(0x7FFF, 0) == 0x7FFF


def test_delta32_counts_forwards_and_backwards_across_the_wrap() -> None:
    assert delta32(90, 2**32 - 10) == 100
    assert delta32(2**32 - 10, 90) == -100
    assert delta32(2**31, 0) == -(2**31)


@PROPERTY
@given(newer=Seq, older=Seq)
def test_delta16_undoes_the_difference(newer: int, older: int) -> None:
    assert (older + delta16(newer, older)) & 0xFFFF == newer
    assert -0x8000 <= delta16(newer, older) <= 0x7FFF


@PROPERTY
@given(newer=Timestamp, older=Timestamp)
def test_delta32_undoes_the_difference(newer: int, older: int) -> None:
    assert (older + delta32(newer, older)) & 0xFFFF_FFFF == newer
    assert -(2**31) <= delta32(newer, older) < 2**31


def test_unwrapper_starts_at_the_first_value() -> None:
    assert Unwrapper16().unwrap(40_000) == 40_000
    assert Unwrapper32().unwrap(3_000_000_000) == 3_000_000_000


def test_what_precedes_the_first_value_may_be_negative() -> None:
    unwrapper = Unwrapper16()
    unwrapper.unwrap(1)
    assert unwrapper.unwrap(65535) == -1


def test_unwrapper_keeps_its_place_when_an_old_number_comes_late() -> None:
    unwrapper = Unwrapper16()
    unwrapper.unwrap(65_530)
    assert unwrapper.unwrap(20_000) == 85_536
    assert unwrapper.unwrap(65_531) == 65_531
    # Next to the highest, not next to the late one.
    assert unwrapper.unwrap(50_000) == 115_536


def assert_followed(
    unwrapper: Unwrapper16 | Unwrapper32, first: int, walk: list[tuple[int, int]], *, mask: int
) -> None:
    """Each step moves the front ahead, then shows a number some way behind it."""
    assert unwrapper.unwrap(first) == first
    front = first
    for step, behind in walk:
        front += step
        assert unwrapper.unwrap(front & mask) == front
        assert unwrapper.unwrap((front - behind) & mask) == front - behind


@PROPERTY
@given(
    first=Seq,
    walk=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 20_000)), max_size=60),
)
def test_unwrapper16_follows_any_reordered_walk(first: int, walk: list[tuple[int, int]]) -> None:
    assert_followed(Unwrapper16(), first, walk, mask=0xFFFF)


@PROPERTY
@given(
    first=Timestamp,
    walk=st.lists(st.tuples(st.integers(0, 2**30), st.integers(0, 2**30)), max_size=60),
)
def test_unwrapper32_follows_any_reordered_walk(first: int, walk: list[tuple[int, int]]) -> None:
    assert_followed(Unwrapper32(), first, walk, mask=0xFFFF_FFFF)
