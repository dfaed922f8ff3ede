"""One way of a line: rate is rate, loss is loss, order is kept, a cut is a cut."""

import math
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.impair.line import Conditions, ConditionsInvalid, Line, read_conditions

SIZE = 1000


def line(seed: int = 1, **conditions: Any) -> Line:
    return Line(random.Random(seed), Conditions(**conditions))


def numbered(number: int, size: int = SIZE) -> bytes:
    return number.to_bytes(4, "big") + bytes(size - 4)


def arrivals(
    under_test: Line, sent_at: list[float], *, until: float = math.inf, size: int = SIZE
) -> list[tuple[float, int]]:
    """Put a numbered packet at each time; return (time, number) of what arrives."""
    found: list[tuple[float, int]] = []

    def drain(now: float) -> None:
        while (at := under_test.deadline()) is not None and at <= now:
            found.extend((at, int.from_bytes(p[:4], "big")) for p in under_test.take(at))

    for number, now in enumerate(sent_at):
        drain(now)
        under_test.put(numbered(number, size), now, is_udp=True)
    drain(until)
    return found


def test_a_clean_line_delivers_at_once_and_in_order() -> None:
    assert arrivals(line(), [0.0, 1.0, 1.0]) == [(0.0, 0), (1.0, 1), (1.0, 2)]


def test_the_delay_is_added_once() -> None:
    [(at, _)] = arrivals(line(delay_ms=40), [1.0])
    assert at == pytest.approx(1.04)


def test_a_rate_is_a_rate() -> None:
    under_test = line(rate_kbps=1000, queue_ms=300)
    got = arrivals(under_test, [n * 0.001 for n in range(5000)])
    span_s = got[-1][0] - got[0][0]
    assert (len(got) - 1) * SIZE * 8 / span_s == pytest.approx(1_000_000, rel=1e-6)
    assert under_test.counts.refused_by_queue == 5000 - len(got)


def test_no_packet_waits_longer_than_the_queue_and_one_transmission() -> None:
    sent_at = [n * 0.001 for n in range(2000)]
    got = arrivals(line(rate_kbps=1000, queue_ms=300), sent_at)
    longest_s = max(at - sent_at[number] for at, number in got)
    assert 0.29 < longest_s <= 0.3 + 2 * SIZE * 8 / 1e6 + 1e-9


def test_what_waits_is_served_at_the_new_rate_after_a_change() -> None:
    under_test = line(rate_kbps=8000, queue_ms=1000)
    for number in range(100):
        under_test.put(numbered(number), 0.0, is_udp=True)
    under_test.change(Conditions(rate_kbps=80, queue_ms=1000), 0.0505)
    assert len(under_test.take(0.0505)) == 50
    under_test.put(numbered(100), 0.0505, is_udp=True)
    assert under_test.counts.refused_by_queue == 1, "what waits already takes 5 s at the new rate"
    assert under_test.deadline() == pytest.approx(0.15)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_loss_is_loss(share: float) -> None:
    under_test = line(loss=share)
    got = len(arrivals(under_test, [n * 0.001 for n in range(20_000)]))
    # Four standard deviations of a binomial.
    margin = 4 * math.sqrt(share * (1 - share) / 20_000)
    assert 1 - got / 20_000 == pytest.approx(share, abs=margin)
    assert under_test.counts.lost == 20_000 - got


def test_bursts_have_the_mean_loss_and_length_of_their_model() -> None:
    begins, ends = 0.01, 0.25
    got = [n for _, n in arrivals(line(burst=(begins, ends)), [n * 1e-3 for n in range(100_000)])]
    gaps = [b - a - 1 for a, b in pairwise(got) if b - a > 1]
    assert 1 - len(got) / 100_000 == pytest.approx(begins / (begins + ends), rel=0.1)
    assert sum(gaps) / len(gaps) == pytest.approx(1 / ends, rel=0.1)


def test_duplicates_are_duplicates() -> None:
    under_test = line(duplicate=0.1)
    got = arrivals(under_test, [n * 0.001 for n in range(5000)])
    assert len(got) - len({n for _, n in got}) == under_test.counts.duplicated
    assert under_test.counts.duplicated == pytest.approx(500, rel=0.2)


def test_reordering_overtakes_and_loses_nothing() -> None:
    got = [n for _, n in arrivals(line(reorder=0.05), [n * 0.005 for n in range(2000)])]
    assert sorted(got) == list(range(2000))
    assert sum(b < a for a, b in pairwise(got)) == pytest.approx(100, rel=0.4)


@given(
    st.lists(st.floats(0, 0.02), min_size=1, max_size=60),
    st.floats(0, 500),
    st.floats(0, 200),
    st.one_of(st.none(), st.floats(50, 10_000)),
)
def test_jitter_and_rate_never_change_the_order(
    gaps: list[float], delay_ms: float, jitter_ms: float, rate_kbps: float | None
) -> None:
    sent_at = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    got = arrivals(
        line(delay_ms=delay_ms, jitter_ms=jitter_ms, rate_kbps=rate_kbps, queue_ms=50_000), sent_at
    )
    assert [n for _, n in got] == list(range(len(gaps)))
    assert all(at >= sent_at[n] + delay_ms / 1000 - 1e-9 for at, n in got)


@given(st.integers(0, 1000))
def test_the_same_seed_gives_the_same_fate(seed: int) -> None:
    sent_at = [n * 0.002 for n in range(200)]
    fates = [
        arrivals(line(seed, loss=0.1, jitter_ms=20, duplicate=0.05, reorder=0.05), sent_at)
        for _ in range(2)
    ]
    assert fates[0] == fates[1]


def test_other_seeds_give_other_fates() -> None:
    sent_at = [n * 0.002 for n in range(200)]
    assert arrivals(line(1, loss=0.1), sent_at) != arrivals(line(2, loss=0.1), sent_at)


def test_a_cut_takes_what_is_under_way_and_all_that_comes() -> None:
    under_test = line(delay_ms=100)
    under_test.put(numbered(0), 0.0, is_udp=True)
    under_test.change(Conditions(is_cut=True), 0.05)
    under_test.put(numbered(1), 0.06, is_udp=True)
    assert under_test.deadline() is None
    under_test.change(Conditions(), 0.2)
    under_test.put(numbered(2), 0.2, is_udp=True)
    assert under_test.take(1.0) == [numbered(2)]
    assert under_test.counts.cut == 2


def test_blocked_udp_lets_tcp_through() -> None:
    under_test = line(blocks_udp=True)
    under_test.put(numbered(0), 0.0, is_udp=True)
    under_test.put(numbered(1), 0.0, is_udp=False)
    assert under_test.take(0.0) == [numbered(1)]
    assert under_test.counts.blocked == 1


@given(
    st.lists(st.tuples(st.floats(0, 0.05), st.integers(40, 1500)), max_size=80),
    st.floats(0, 0.5),
    st.floats(100, 5000),
)
def test_every_packet_is_accounted_for(
    sent: list[tuple[float, int]], loss: float, rate_kbps: float
) -> None:
    under_test = line(loss=loss, rate_kbps=rate_kbps, queue_ms=50)
    now = 0.0
    for gap, size in sent:
        now += gap
        under_test.put(bytes(size), now, is_udp=True)
    under_test.take(1e9)
    counts = under_test.counts
    assert counts.offered == len(sent)
    assert counts.offered == counts.delivered + counts.lost + counts.refused_by_queue


@pytest.mark.parametrize(
    "content",
    [
        {"loss": 1.5},
        {"loss": -0.1},
        {"loss": "much"},
        {"loss": True},
        {"delay_ms": -1},
        {"delay_ms": math.nan},
        {"rate_kbps": 0},
        {"burst": [0.1]},
        {"burst": [0.1, 0]},
        {"burst": 0.1},
        {"is_cut": 1},
        {"speed": 9},
    ],
)
def test_conditions_of_no_line_are_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ConditionsInvalid, match=next(iter(content))):
        read_conditions(content)


def test_conditions_survive_json() -> None:
    conditions = Conditions(delay_ms=40, burst=(0.01, 0.25), rate_kbps=1000, is_cut=True)
    assert read_conditions(conditions.as_json()) == conditions
    assert Conditions().as_json() == {}
