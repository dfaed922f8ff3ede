"""The bucket that holds a publisher to its agreed rate."""

from hypothesis import given
from hypothesis import strategies as st

from media.core.policing import TokenBucket


def bucket(rate: float = 1000.0, burst: float = 1000.0) -> TokenBucket:
    return TokenBucket(per_s=rate, burst=burst, now=10.0)


def test_a_burst_goes_through_and_the_next_byte_does_not() -> None:
    held = bucket()
    assert held.take(1000, 10.0)
    assert not held.take(1, 10.0)
    assert held.take(125, 10.125)
    assert not held.take(1, 10.125)


def test_what_is_refused_costs_nothing() -> None:
    held = bucket()
    assert not held.take(1001, 10.0)
    assert held.take(1000, 10.0)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    held = bucket()
    assert held.take(1000, 10.0)
    assert not held.take(1, 5.0)
    assert not held.take(1, 10.0)


def test_a_smaller_agreement_holds_at_once_and_a_larger_one_grows_into_its_burst() -> None:
    held = bucket()
    held.set_rate(per_s=100.0, burst=100.0)
    assert not held.take(101, 10.0)
    held.set_rate(per_s=1000.0, burst=500.0)
    assert not held.take(101, 10.0)
    assert held.take(500, 11.0)


@given(
    st.lists(st.tuples(st.integers(1, 1500), st.floats(0, 0.1)), max_size=200),
    st.floats(1000, 1e6),
)
def test_no_more_than_rate_and_burst_ever_passes(
    packets: list[tuple[int, float]], rate: float
) -> None:
    held = bucket(rate=rate, burst=3000.0)
    now, passed = 10.0, 0
    for size, pause in packets:
        now += pause
        if held.take(size, now):
            passed += size
    assert passed <= 3000.0 + rate * (now - 10.0) + 1e-3
