import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.nack import MAX_MISSING, MIN_RETRY_S, NackGenerator

PROPERTY = settings(derandomize=True, deadline=None)


def test_a_stream_without_gaps_asks_for_nothing() -> None:
    nacks = NackGenerator()
    assert all(nacks.received(seq & 0xFFFF, now=1.0) for seq in range(65_500, 65_600))
    assert nacks.deadline() is None
    assert nacks.poll(now=5.0) == []


def test_a_gap_is_asked_for_after_the_first_delay() -> None:
    nacks = NackGenerator(first_delay_s=0.01)
    nacks.received(10, now=1.0)
    nacks.received(13, now=1.0)
    assert nacks.deadline() == pytest.approx(1.01)
    assert nacks.poll(now=1.005) == []
    assert nacks.poll(now=1.01) == [11, 12]


def test_a_gap_across_the_wrap_is_asked_for_in_16_bits() -> None:
    nacks = NackGenerator()
    nacks.received(65_534, now=1.0)
    nacks.received(1, now=1.0)
    assert nacks.poll(now=1.1) == [65_535, 0]


def test_a_stream_may_begin_at_zero() -> None:
    nacks = NackGenerator()
    assert nacks.received(0, now=1.0)
    assert not nacks.received(0, now=1.0)
    assert nacks.received(2, now=1.0)
    assert nacks.poll(now=1.1) == [1]


def test_mere_reordering_is_neither_asked_for_nor_counted_as_recovered() -> None:
    nacks = NackGenerator()
    for seq in (10, 12, 11):
        assert nacks.received(seq, now=1.0)
    assert nacks.poll(now=2.0) == []
    assert nacks.deadline() is None
    assert (nacks.recovered, nacks.given_up) == (0, 0)


def test_a_packet_that_was_asked_for_and_came_is_recovered() -> None:
    nacks = NackGenerator()
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    nacks.poll(now=1.1)
    assert nacks.received(11, now=1.2)
    assert nacks.recovered == 1
    assert nacks.missing == 0


def test_duplicates_and_what_came_before_the_first_packet_are_refused() -> None:
    nacks = NackGenerator()
    nacks.received(10, now=1.0)
    nacks.received(11, now=1.0)
    assert not nacks.received(11, now=1.0)
    assert not nacks.received(10, now=1.0)
    assert not nacks.received(9, now=1.0)


def test_a_request_is_repeated_no_sooner_than_a_reply_can_come() -> None:
    nacks = NackGenerator()
    nacks.set_rtt(0.2)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    assert nacks.poll(now=1.01) == [11]
    assert nacks.poll(now=1.2) == []
    due_at = nacks.deadline()
    assert due_at is not None
    assert due_at >= 1.21
    assert nacks.poll(now=due_at) == [11]


def test_repetitions_on_a_short_line_keep_the_smallest_interval() -> None:
    nacks = NackGenerator()
    nacks.set_rtt(0.0)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    nacks.poll(now=1.01)
    assert nacks.deadline() == pytest.approx(1.01 + MIN_RETRY_S)


def test_packets_noticed_at_different_times_keep_their_own_deadlines() -> None:
    nacks = NackGenerator(first_delay_s=0.01)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    nacks.received(14, now=1.005)
    assert nacks.poll(now=1.011) == [11]
    assert nacks.deadline() == pytest.approx(1.015)
    assert nacks.poll(now=1.016) == [13]


def test_a_packet_is_given_up_after_its_last_attempt_had_time_to_be_answered() -> None:
    nacks = NackGenerator(max_attempts=2, max_age_s=60.0)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    requests, now = 0, 1.0
    while (due_at := nacks.deadline()) is not None:
        assert due_at >= now
        now = due_at
        requests += len(nacks.poll(now))
    assert requests == 2
    assert nacks.given_up == 1
    # Asked at 1.01 and a retry interval later; given up only after another.
    assert now > 1.01 + 2 * 0.1
    assert not nacks.received(11, now=now)


def test_a_packet_is_given_up_at_its_greatest_age() -> None:
    nacks = NackGenerator(max_attempts=100, max_age_s=0.5)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    now = 1.0
    while (due_at := nacks.deadline()) is not None:
        now = due_at
        nacks.poll(now)
    assert now == pytest.approx(1.5)
    assert nacks.given_up == 1


def test_a_gap_after_all_is_repaired_has_a_deadline_of_its_own() -> None:
    nacks = NackGenerator(first_delay_s=0.01)
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    nacks.received(11, now=1.0)
    nacks.received(14, now=5.0)
    assert nacks.deadline() == pytest.approx(5.01)


@PROPERTY
@given(noticed_at=st.floats(0.0, 1e6), max_age_s=st.floats(0.1, 3.0), rtt_s=st.floats(0.0, 1.0))
def test_rounding_never_makes_a_timer_that_is_due_again_at_once(
    noticed_at: float, max_age_s: float, rtt_s: float
) -> None:
    nacks = NackGenerator(max_attempts=100, max_age_s=max_age_s)
    nacks.set_rtt(rtt_s)
    nacks.received(10, now=noticed_at)
    nacks.received(12, now=noticed_at)
    while (due_at := nacks.deadline()) is not None:
        nacks.poll(now=due_at)
        next_due_at = nacks.deadline()
        assert next_due_at is None or next_due_at > due_at
    assert nacks.given_up == 1


def test_a_jump_past_all_repair_gives_up_and_wants_a_keyframe() -> None:
    nacks = NackGenerator()
    nacks.received(10, now=1.0)
    nacks.received(12, now=1.0)
    assert nacks.received(12 + MAX_MISSING + 2, now=1.0)
    assert nacks.needs_keyframe
    assert nacks.missing == 0
    assert nacks.given_up == 1 + MAX_MISSING + 1
    assert nacks.poll(now=2.0) == []


def test_the_largest_repairable_gap_is_repaired() -> None:
    nacks = NackGenerator()
    nacks.received(10, now=1.0)
    nacks.received(11 + MAX_MISSING, now=1.0)
    assert not nacks.needs_keyframe
    assert nacks.poll(now=1.1) == list(range(11, 11 + MAX_MISSING))


def test_gaps_that_add_up_to_too_much_lose_the_oldest_and_want_a_keyframe() -> None:
    nacks = NackGenerator()
    nacks.received(0, now=1.0)
    nacks.received(MAX_MISSING, now=1.0)
    nacks.received(MAX_MISSING + 3, now=1.0)
    assert nacks.needs_keyframe
    assert nacks.missing == MAX_MISSING
    assert nacks.given_up == 1
    assert nacks.poll(now=1.1)[:2] == [2, 3]


def test_after_a_jump_the_stream_goes_on_as_before() -> None:
    nacks = NackGenerator()
    nacks.received(10, now=1.0)
    nacks.received(2_000, now=1.0)
    nacks.needs_keyframe = False
    assert nacks.received(2_002, now=1.0)
    assert nacks.poll(now=1.1) == [2_001]
    assert not nacks.needs_keyframe


@PROPERTY
@given(
    first=st.integers(0, 0xFFFF),
    loss=st.sampled_from([0.05, 0.2, 0.5]),
    seed=st.integers(0, 2**32),
)
def test_over_any_lossy_reordering_line_every_packet_is_accounted_for_once(
    first: int, loss: float, seed: int
) -> None:
    """Requests and replies are lost, too; a packet per millisecond, round trip 30 ms."""
    rng = random.Random(seed)
    nacks = NackGenerator(max_attempts=4)
    nacks.set_rtt(0.03)
    total = 400
    nacks.received(first, now=0.0)
    line = [
        (number * 0.001 + rng.random() * 0.02, number)
        for number in range(1, total)
        if rng.random() >= loss
    ]
    accepted, asked = {0}, dict.fromkeys(range(total), 0)
    now = 0.0
    while line or nacks.deadline() is not None:
        due_at = nacks.deadline()
        line.sort(reverse=True)
        if line and (due_at is None or line[-1][0] < due_at):
            now, number = line.pop()
            if nacks.received((first + number) & 0xFFFF, now):
                assert number not in accepted
                accepted.add(number)
            continue
        assert due_at is not None
        now = max(now, due_at)
        for seq in nacks.poll(now):
            number = (seq - first) & 0xFFFF
            assert number not in accepted
            asked[number] += 1
            if rng.random() >= loss:
                line.append((now + 0.03 + rng.random() * 0.02, number))
    assert max(asked.values()) <= 4
    assert not nacks.needs_keyframe
    assert nacks.missing == 0
    assert nacks.given_up + len(accepted) == max(accepted) + 1
    assert nacks.recovered == sum(1 for number in accepted if asked[number])


# -- the round trip, where nobody measures it ---------------------------------------------


def asked_again_after(nacks: NackGenerator, *, start_s: float) -> float:
    """Lose a packet now; return how long after the first request the second comes."""
    nacks.received(nacks._highest + 2, start_s)
    first = second = None
    now = start_s
    while second is None:
        now += 0.001
        if nacks.poll(now):
            first, second = (now, None) if first is None else (first, now)
    assert first is not None
    return second - first


def repaired_after(nacks: NackGenerator, rtt_s: float, *, start_s: float) -> None:
    lost = nacks._highest + 1
    nacks.received(lost + 1, start_s)
    nacks.poll(start_s + 0.02)
    for step in range(1, 200):
        now = start_s + 0.02 + step * rtt_s / 4
        if step % 4 == 0:
            nacks.repaired(lost & 0xFFFF, now)
            assert nacks.received(lost & 0xFFFF, now)
            return
        nacks.poll(now)


def test_a_far_publisher_is_asked_again_no_sooner_than_it_can_answer() -> None:
    nacks = NackGenerator()
    nacks.received(1, 0.0)
    assert asked_again_after(nacks, start_s=1.0) < 0.2
    repaired_after(nacks, 0.6, start_s=10.0)
    assert asked_again_after(nacks, start_s=20.0) == pytest.approx(0.66, abs=0.01)


def test_a_request_that_was_lost_does_not_make_a_line_long() -> None:
    nacks = NackGenerator()
    nacks.received(1, 0.0)
    for number, took_s in enumerate((0.1, 0.5, 0.3)):
        repaired_after(nacks, took_s, start_s=10.0 * (number + 1))
    assert asked_again_after(nacks, start_s=50.0) == pytest.approx(0.11, abs=0.01)


def test_a_measured_round_trip_overrides_what_repairs_tell() -> None:
    nacks = NackGenerator()
    nacks.received(1, 0.0)
    nacks.set_rtt(0.05)
    repaired_after(nacks, 0.6, start_s=10.0)
    assert asked_again_after(nacks, start_s=20.0) == pytest.approx(0.055, abs=0.01)


def test_what_was_not_asked_for_tells_nothing() -> None:
    nacks = NackGenerator()
    nacks.repaired(7, 0.0)
    nacks.received(1, 0.0)
    nacks.received(3, 0.0)
    nacks.repaired(2, 5.0)
    nacks.repaired(9, 5.0)
    assert asked_again_after(nacks, start_s=20.0) < 0.2
