from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.attendance.evidence import INTERRUPTION_MS, Stay, merge, weigh

MINUTE = 60_000
PLANNED = 40 * MINUTE

moments = st.integers(min_value=-5_000, max_value=60_000)
stays = st.lists(st.builds(Stay, moments, moments), max_size=12)
ends = st.integers(min_value=0, max_value=50_000)


def covered(them: list[Stay], end_ms: int) -> set[int]:
    """The slow, obvious union: every millisecond, one by one."""
    return {t for stay in them for t in range(max(0, stay.from_ms), min(end_ms, stay.to_ms))}


def test_a_site_that_never_came_has_nothing() -> None:
    evidence = weigh([], planned_ms=PLANNED, end_ms=PLANNED)
    assert evidence.connected_ms == 0
    assert evidence.first_joined_ms is None
    assert evidence.last_left_ms is None
    assert evidence.interruptions == 0


def test_rejoins_are_merged_and_overlaps_counted_once() -> None:
    evidence = weigh(
        [Stay(0, 10 * MINUTE), Stay(5 * MINUTE, 20 * MINUTE), Stay(20 * MINUTE, PLANNED)],
        planned_ms=PLANNED,
        end_ms=PLANNED,
    )
    assert evidence.connected_ms == PLANNED
    assert evidence.stays == (Stay(0, PLANNED),)
    assert evidence.interruptions == 0


def test_a_lesson_that_runs_over_earns_no_more_than_planned() -> None:
    evidence = weigh([Stay(0, PLANNED + MINUTE)], planned_ms=PLANNED, end_ms=PLANNED + MINUTE)
    assert evidence.connected_ms == PLANNED
    assert evidence.last_left_ms == PLANNED + MINUTE


def test_a_stay_is_cut_to_the_lesson() -> None:
    evidence = weigh([Stay(-500, 99 * MINUTE)], planned_ms=PLANNED, end_ms=10 * MINUTE)
    assert evidence.stays == (Stay(0, 10 * MINUTE),)
    assert evidence.connected_ms == 10 * MINUTE


def test_an_absence_of_three_seconds_is_no_interruption_and_one_longer_is() -> None:
    def interruptions(absence_ms: int) -> int:
        two = [Stay(0, MINUTE), Stay(MINUTE + absence_ms, PLANNED)]
        return weigh(two, planned_ms=PLANNED, end_ms=PLANNED).interruptions

    assert interruptions(INTERRUPTION_MS) == 0
    assert interruptions(INTERRUPTION_MS + 1) == 1


def test_leaving_before_the_end_is_an_interruption_and_coming_late_is_none() -> None:
    assert weigh([Stay(0, MINUTE)], planned_ms=PLANNED, end_ms=PLANNED).interruptions == 1
    assert weigh([Stay(MINUTE, PLANNED)], planned_ms=PLANNED, end_ms=PLANNED).interruptions == 0


@given(stays, ends)
def test_merging_is_the_union_and_nothing_else(them: list[Stay], end_ms: int) -> None:
    merged = merge(them, end_ms=end_ms)
    assert sum(s.to_ms - s.from_ms for s in merged) == len(covered(them, end_ms))
    assert all(a.to_ms < b.from_ms for a, b in pairwise(merged))


@given(stays, ends, st.integers(min_value=0, max_value=60_000))
def test_nobody_earns_more_than_planned_or_than_the_lesson_lasted(
    them: list[Stay], end_ms: int, planned_ms: int
) -> None:
    assert weigh(them, planned_ms=planned_ms, end_ms=end_ms).connected_ms >= 0
    assert weigh(them, planned_ms=planned_ms, end_ms=end_ms).connected_ms <= min(planned_ms, end_ms)


@given(stays, ends, st.randoms(use_true_random=False))
def test_the_order_of_the_stays_does_not_matter(
    them: list[Stay], end_ms: int, random: Random
) -> None:
    shuffled = list(them)
    random.shuffle(shuffled)
    assert weigh(shuffled, planned_ms=20_000, end_ms=end_ms) == weigh(
        them, planned_ms=20_000, end_ms=end_ms
    )


@given(stays, ends, st.integers(min_value=0, max_value=11))
def test_a_connection_counted_twice_earns_nothing_more(
    them: list[Stay], end_ms: int, index: int
) -> None:
    again = [*them, *them[index : index + 1]]
    assert weigh(again, planned_ms=20_000, end_ms=end_ms) == weigh(
        them, planned_ms=20_000, end_ms=end_ms
    )


@given(stays, st.builds(Stay, moments, moments), ends)
def test_a_further_stay_never_costs_anything(them: list[Stay], more: Stay, end_ms: int) -> None:
    before = weigh(them, planned_ms=20_000, end_ms=end_ms).connected_ms
    assert weigh([*them, more], planned_ms=20_000, end_ms=end_ms).connected_ms >= before
