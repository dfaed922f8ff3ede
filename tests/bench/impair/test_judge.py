"""The judges: a good trace passes, and each kind of bad one is seen for what it is."""

import math
import random
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.impair import judge
from bench.impair.judge import Rate
from bench.impair.media import AUDIO, Encoder, Layer, Stamp, audio_packet, read_stamp, stamped
from bench.impair.trace import Got, Trace

SECOND_NS = 1_000_000_000
Q, F = Layer("q", 15, 1, 830, (320, 176)), Layer("f", 30, 3, 1000, (1280, 720))


def sound(numbers: Iterator[int] | range, *, delay: Callable[[int], float]) -> list[Got]:
    """Audio packets sent every 20 ms from time 0, arriving after their delay."""
    return [
        Got(
            n * 0.02 + delay(n),
            1,
            n,
            120,
            Stamp(AUDIO, False, 0, 1, n, round(n * 0.02 * SECOND_NS)),
        )
        for n in numbers
    ]


def steady(_: int) -> float:
    return 0.04


def heard(packets: list[Got], last: int, end_s: float = 100.0) -> judge.Heard:
    return judge.hear(packets, first=0, last=last, end_s=end_s)


class TestHear:
    def test_a_whole_stream_is_heard_whole(self) -> None:
        found = heard(sound(range(500), delay=steady), 499)
        assert (found.played, found.expected, found.silences) == (500, 500, ())
        assert found.longest_silence_s == 0

    def test_jitter_within_the_buffer_is_not_heard(self) -> None:
        rng = random.Random(1)
        found = heard(sound(range(500), delay=lambda _: 0.04 + rng.random() * 0.05), 499)
        assert found.share == 1
        assert found.longest_silence_s == 0

    def test_a_lost_packet_is_a_silence_of_its_length(self) -> None:
        packets = sound((n for n in range(500) if n != 100), delay=steady)
        found = heard(packets, 499)
        assert found.played == 499
        assert [round(s.length_s, 6) for s in found.silences] == [0.02]

    def test_lost_packets_in_a_row_are_one_silence(self) -> None:
        packets = sound((n for n in range(500) if not 100 <= n < 115), delay=steady)
        # While what was buffered is played nothing is missing yet.
        expected_s = 0.3 - judge.START_BUFFER_S
        assert heard(packets, 499).longest_silence_s == pytest.approx(expected_s, abs=0.001)

    def test_a_stall_is_heard_once_and_what_comes_late_is_played(self) -> None:
        """The line stands still from 2.02 s to 2.5 s and then delivers everything."""
        packets = sound(range(500), delay=lambda n: max(0.04, 2.5 - n * 0.02) if n > 100 else 0.04)
        found = heard(packets, 499)
        expected_s = 0.48 - 0.04 - judge.START_BUFFER_S
        assert found.longest_silence_s == pytest.approx(expected_s, abs=0.021)
        assert len(found.silences) == 1
        assert found.share == 1

    def test_a_cut_is_one_silence_of_its_length(self) -> None:
        packets = sound((n for n in range(2000) if not 100 <= n < 1600), delay=steady)
        assert heard(packets, 1999).longest_silence_s == pytest.approx(30, abs=0.1)

    def test_an_end_without_a_return_is_silence_to_the_end(self) -> None:
        found = heard(sound(range(100), delay=steady), 499, end_s=10.0)
        assert found.longest_silence_s == pytest.approx(8, abs=0.2)
        assert found.share == 0.2

    @pytest.mark.parametrize("lost", [1, 3])
    def test_last_packets_that_are_lost_are_a_silence_of_their_length(self, lost: int) -> None:
        """What is sent after the time that is judged shows that the sound went on."""
        packets = sound((n for n in range(600) if not 500 - lost <= n < 500), delay=steady)
        found = heard(packets, 499, end_s=12.0)
        assert (found.played, found.expected) == (500 - lost, 500)
        assert found.longest_silence_s == pytest.approx(0.02 * lost)

    def test_nothing_at_all_is_silence_without_end(self) -> None:
        found = heard([], 499)
        assert found.share == 0
        assert math.isinf(found.longest_silence_s)

    def test_nothing_sent_is_not_measured(self) -> None:
        assert math.isnan(judge.hear([], first=0, last=-1, end_s=1.0).share)

    def test_a_growing_delay_is_caught_up_with(self) -> None:
        """After a step of the delay the buffer shrinks again, so a later one is not heard."""

        def delay(number: int) -> float:
            return 0.34 if 100 <= number < 120 else 0.04

        found = heard(sound(range(3000), delay=delay), 2999)
        assert len(found.silences) == 1
        last = 2999 * 0.02
        player_is_behind = judge.hear(
            sound(range(3000), delay=lambda n: 0.34 if n in range(100, 120) or n == 2500 else 0.04),
            first=0, last=2999, end_s=last + 5,
        )  # fmt: skip
        assert len(player_is_behind.silences) == 2, "caught up, so the late one is missed"

    @given(st.floats(0, 0.6), st.integers(0, 9999))
    def test_what_came_in_time_is_heard_and_every_gap_is_a_silence(
        self, loss: float, seed: int
    ) -> None:
        rng = random.Random(seed)
        packets = sound(
            (n for n in range(400) if n in (0, 399) or rng.random() >= loss), delay=steady
        )
        found = heard(packets, 399)
        assert found.played == len(packets)
        numbers = [packet.stamp.frame for packet in packets]
        gaps = [b - a - 1 for a, b in pairwise(numbers)]
        assert len(found.silences) <= sum(gap > 0 for gap in gaps)
        assert found.longest_silence_s <= max(gaps, default=0) * 0.02 + 1e-6


def video(
    layer: Layer,
    number: int,
    frames: range,
    *,
    key_at: frozenset[int],
    lost: frozenset[int] = frozenset(),
    delay_s: float = 0.05,
    start_s: float = 0.0,
) -> list[Got]:
    """Frames of one layer; `lost` are places in the order of packets."""
    encoder = Encoder(number, layer)
    found: list[Got] = []
    place = 0
    for frame in frames:
        encoder.keyframe_wanted = frame in key_at
        encoder._frame = frame
        sent_s = start_s + (frame - frames[0]) / layer.fps
        for payload, stamp in encoder.next_frame():
            if place not in lost:
                whole = stamp._replace(sent_ns=round(sent_s * SECOND_NS))
                found.append(Got(sent_s + delay_s, 1, place, len(payload), whole))
            place += 1
    return found


START = frozenset({0})


class TestShow:
    def test_a_whole_stream_is_shown_whole(self) -> None:
        pictures = judge.show(video(F, 2, range(90), key_at=START))
        assert [p.frame for p in pictures] == list(range(90))
        assert judge.frames_per_second(pictures, begin_s=0, end_s=3) == pytest.approx(30, abs=1)
        assert judge.longest_freeze_s(pictures, begin_s=0, end_s=3) < 0.1

    def test_nothing_is_shown_before_a_keyframe(self) -> None:
        pictures = judge.show(video(F, 2, range(90), key_at=frozenset({60})))
        assert pictures[0].frame == 60

    def test_one_missing_part_freezes_the_picture_until_a_keyframe(self) -> None:
        lost = frozenset({9 + 3 * 29})  # the first part of frame 30
        pictures = judge.show(video(F, 2, range(90), key_at=frozenset({0, 60}), lost=lost))
        assert {p.frame for p in pictures} == {*range(30), *range(60, 90)}
        assert judge.longest_freeze_s(pictures, begin_s=0, end_s=3) == pytest.approx(1.03, abs=0.05)

    def test_a_switch_of_layers_needs_a_keyframe(self) -> None:
        down = video(Q, 0, range(30, 45), key_at=frozenset({30}), start_s=3.0)
        blind = video(Q, 0, range(30, 45), key_at=frozenset(), start_s=3.0)
        high = video(F, 2, range(90), key_at=START)
        assert len(judge.show(high + down)) == 105
        assert len(judge.show(high + blind)) == 90

    def test_a_duplicate_shows_nothing_twice(self) -> None:
        packets = video(F, 2, range(30), key_at=START)
        assert len(judge.show([*packets, *packets])) == 30

    def test_nothing_shown_is_frozen_all_along(self) -> None:
        assert judge.longest_freeze_s([], begin_s=0, end_s=3) == 3
        assert judge.frames_per_second([], begin_s=0, end_s=3) == 0


class TestLossAndReturn:
    def test_what_never_came_is_counted_within_each_run(self) -> None:
        packets = video(F, 2, range(30), key_at=START, lost=frozenset({20, 21, 50}))
        assert judge.residual_loss(packets, begin_s=0, end_s=2) == (3, 9 + 29 * 3)
        anew = [p._replace(run=2, sequence=p.sequence + 5000) for p in packets]
        assert judge.residual_loss(packets + anew, begin_s=0, end_s=2) == (6, 2 * (9 + 29 * 3))

    def test_nothing_came_nothing_expected(self) -> None:
        assert judge.residual_loss([], begin_s=0, end_s=2) == (0, 0)

    def test_back_is_the_first_picture_made_after_the_return(self) -> None:
        late = video(F, 2, range(30), key_at=START, delay_s=9.0)  # sent before the return
        after = video(F, 2, range(300, 330), key_at=frozenset({300}), start_s=10.5)
        pictures = judge.show(late + after)
        assert judge.back_after_s(pictures, 10.0) == pytest.approx(0.55)
        assert judge.heard_again_s(after, 10.0) == pytest.approx(0.55)

    def test_never_back_is_never(self) -> None:
        assert math.isinf(judge.back_after_s([], 10.0))
        assert math.isinf(judge.heard_again_s([], 10.0))


def rates(*steps: tuple[float, float]) -> list[Rate]:
    """(seconds, kbit/s) one after the other, sampled ten times a second."""
    found, total, now = [Rate(0.0, 0)], 0.0, 0.0
    for seconds, rate in steps:
        for _ in range(round(seconds * 10)):
            now += 0.1
            total += rate * 1000 / 8 * 0.1
            found.append(Rate(now, round(total)))
    return found


class TestRates:
    def test_a_mean_is_a_mean(self) -> None:
        assert judge.kbps_between(rates((10, 1000)), 2, 8) == pytest.approx(1000, rel=0.01)
        assert math.isnan(judge.kbps_between([], 2, 8))

    def test_who_falls_in_time_is_seen_to(self) -> None:
        samples = rates((5, 2000), (1.5, 2000), (10, 900))
        assert judge.under_after_s(samples, limit_kbps=1000, step_s=5, end_s=16) == pytest.approx(
            1.5, abs=0.2
        )

    def test_who_never_falls_is_never_under(self) -> None:
        samples = rates((20, 2000))
        assert math.isinf(judge.under_after_s(samples, limit_kbps=1000, step_s=5, end_s=16))

    def test_a_moment_of_quiet_is_not_under(self) -> None:
        samples = rates((5, 2000), (0.5, 0), (10, 2500))
        assert math.isinf(judge.under_after_s(samples, limit_kbps=1000, step_s=5, end_s=15))

    def test_recovery_is_of_what_arrives(self) -> None:
        low = video(Q, 0, range(150), key_at=START)
        high = video(F, 2, range(300), key_at=START, start_s=10.0)
        goal = 0.8 * F.kbps
        back_s = judge.recovered_after_s(low + high, goal_kbps=goal, step_s=4.0, end_s=20.0)
        assert back_s == pytest.approx(6, abs=0.6)
        assert math.isinf(judge.recovered_after_s(low, goal_kbps=goal, step_s=4.0, end_s=10.0))


def test_a_stamp_survives_and_strangers_have_none() -> None:
    stamp = Stamp(1, True, 2, 7, 123_456, 99)
    assert read_stamp(stamped(bytes(100), stamp)) == stamp
    assert read_stamp(bytes(100)) is None
    assert read_stamp(b"short") is None
    whole = read_stamp(audio_packet(7, 5))
    assert whole is not None
    assert (whole.layer, whole.frame, whole.sent_ns) == (AUDIO, 7, 5)


def test_a_trace_unwraps_numbers_within_a_run() -> None:
    trace = Trace()
    stamp = Stamp(2, False, 0, 1, 0, 0)
    for run, sequence in ((1, 65534), (1, 0), (1, 65535), (2, 9)):
        trace.note(at_s=0.0, run=run, sequence=sequence, size=1, stamp=stamp)
    assert [(g.run, g.sequence) for g in trace.got] == [(1, 65534), (1, 65536), (1, 65535), (2, 9)]
