import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.clock import PublisherClock, TrackClock

NTP_EPOCH_S = 3_900_000_000  # about now, in NTP seconds


def ntp(seconds: float) -> int:
    return round((NTP_EPOCH_S + seconds) * 2**32)


class Publisher:
    """Two tracks whose capture times are known, sent over a path with a delay."""

    def __init__(self, *, drift: float = 0.0, ntp_shift_s: float = 0.0) -> None:
        self.drift = drift
        self.ntp_shift_s = ntp_shift_s
        self.clock = PublisherClock()

    def ticks(self, at_s: float, rate: int, start: int) -> int:
        return (start + round(at_s * (1 + self.drift) * rate)) & 0xFFFF_FFFF

    def ntp_at(self, at_s: float) -> int:
        return ntp(at_s * (1 + self.drift) + self.ntp_shift_s)


def test_without_reports_time_is_that_of_the_quickest_packet() -> None:
    clock = TrackClock(1000, PublisherClock())
    for index, delay_s in enumerate((0.5, 0.2, 0.4)):
        clock.arrived(index * 100, 10 + index * 0.1 + delay_s)
    assert clock.time_of(0) == pytest.approx(10.2)


def test_ticks_wrap() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0xFFFF_FFF0, 1.0)
    assert clock.time_of(0xFFFF_FFF0) == pytest.approx(1.0)
    clock.arrived(84, 1.1)
    assert clock.time_of(84) == pytest.approx(1.1)


def test_reports_bring_two_tracks_of_one_publisher_into_step() -> None:
    publisher = Publisher()
    picture = TrackClock(90_000, publisher.clock)
    sound = TrackClock(48_000, publisher.clock)
    for step in range(500):
        at_s = step * 0.02
        # Encoding a picture takes 120 ms longer than encoding sound.
        picture.arrived(publisher.ticks(at_s, 90_000, 7), at_s + 0.15)
        sound.arrived(publisher.ticks(at_s, 48_000, 9), at_s + 0.03)
        if step == 60:
            for clock, rate, start in ((picture, 90_000, 7), (sound, 48_000, 9)):
                assert clock.sender_report(
                    ntp_time=publisher.ntp_at(at_s),
                    rtp_time=publisher.ticks(at_s, rate, start),
                    arrival_s=at_s + 0.03,
                )
        seen = picture.time_of(publisher.ticks(at_s, 90_000, 7))
        heard = sound.time_of(publisher.ticks(at_s, 48_000, 9))
        if step >= 60 + 150:
            assert abs(seen - heard) < 0.001


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 1000),
    drift=st.sampled_from([-100e-6, 0.0, 100e-6]),
    jitter_s=st.sampled_from([0.0, 0.05]),
)
def test_lips_stay_in_step_over_a_lesson_with_drift_and_jitter(
    seed: int, drift: float, jitter_s: float
) -> None:
    rng = random.Random(seed)
    publisher = Publisher(drift=drift)
    tracks = [(TrackClock(rate, publisher.clock), rate, rate % 977) for rate in (90_000, 48_000)]
    worst_s = last_s = 0.0
    for step in range(1350):  # 45 minutes, a frame and a report every two seconds
        at_s = 2.0 * step
        times = []
        for clock, rate, start in tracks:
            ticks = publisher.ticks(at_s, rate, start)
            arrival_s = at_s + 0.04 + rng.uniform(0, jitter_s)
            clock.arrived(ticks, arrival_s)
            clock.sender_report(
                ntp_time=publisher.ntp_at(at_s), rtp_time=ticks, arrival_s=arrival_s
            )
            times.append(clock.time_of(ticks))
            assert clock.time_of(ticks) == times[-1]
        assert times[0] >= last_s
        last_s = times[0]
        if step > 10:
            worst_s = max(worst_s, abs(times[0] - times[1]), abs(times[0] - at_s - 0.04))
    assert worst_s < 0.040 + jitter_s / 2


def test_drift_is_followed_without_reports() -> None:
    clock = TrackClock(48_000, PublisherClock())
    for step in range(27_000):
        at_s = step * 0.1
        ticks = round(at_s * 1.0002 * 48_000)
        clock.arrived(ticks & 0xFFFF_FFFF, at_s)
        seen = clock.time_of(ticks & 0xFFFF_FFFF)
    assert abs(seen - at_s) < 0.01


def test_correction_is_slewed_and_never_runs_backwards() -> None:
    publisher = PublisherClock()
    clock = TrackClock(1000, publisher)
    clock.arrived(0, 10.5)
    times = [clock.time_of(0)]
    clock.sender_report(ntp_time=ntp(0.0), rtp_time=0, arrival_s=10.0)
    for step in range(1, 400):
        clock.arrived(step * 33, 10.5 + step * 0.033)
        times.append(clock.time_of(step * 33))
    steps = [after - before for before, after in pairwise(times)]
    assert all(0.94 * 0.033 < step < 1.06 * 0.033 for step in steps)
    assert times[-1] == pytest.approx(10.0 + 399 * 0.033)


def test_time_does_not_go_back_where_ticks_do() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(5000, 1.0)
    assert clock.time_of(5000) == pytest.approx(1.0)
    assert clock.time_of(4000) == pytest.approx(1.0)


def test_after_a_pause_the_best_known_time_is_taken_at_once() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 1.0)
    clock.time_of(0)
    clock.new_run()
    clock.arrived(100, 8.0)  # the ticks stood still while the machine slept
    assert clock.time_of(100) == pytest.approx(8.0)


def test_after_a_pause_a_report_from_before_it_still_holds() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 10.3)
    assert clock.sender_report(ntp_time=ntp(0.0), rtp_time=0, arrival_s=10.0)
    clock.new_run()
    clock.arrived(60_000, 70.4)
    assert clock.time_of(60_000) == pytest.approx(70.0, abs=1e-5)


def test_after_a_pause_a_report_that_arrivals_contradict_is_left_aside() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 10.0)
    assert clock.sender_report(ntp_time=ntp(0.0), rtp_time=0, arrival_s=10.0)
    clock.new_run()
    clock.arrived(1000, 70.0)
    assert clock.time_of(1000) == pytest.approx(70.0)


@pytest.mark.parametrize("ticks", [12_000, -12_000])
def test_ticks_that_part_from_arrivals_are_refused_until_a_new_stream(ticks: int) -> None:
    clock = TrackClock(1000, PublisherClock())
    assert clock.arrived(50_000, 1.0)
    assert clock.time_of(50_000) == pytest.approx(1.0)
    assert not clock.arrived(50_000 + ticks, 1.1)
    clock.new_stream()
    assert clock.arrived(50_000 + ticks, 1.1)
    assert clock.time_of(50_000 + ticks) == pytest.approx(1.1)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=50))
def test_whatever_the_ticks_say_time_stays_with_arrivals(ticks: list[int]) -> None:
    clock = TrackClock(90_000, PublisherClock())
    last_s = float("-inf")
    for step, rtp_time in enumerate(ticks):
        arrival_s = 100 + step * 0.02
        if not clock.arrived(rtp_time, arrival_s):
            clock.new_stream()
            assert clock.arrived(rtp_time, arrival_s)
        seen_s = clock.time_of(rtp_time)
        assert last_s <= seen_s <= arrival_s + 1.0
        last_s = seen_s


def test_a_new_stream_does_not_reach_back_before_the_old_one() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 5.0)
    clock.arrived(1000, 5.9)
    assert clock.time_of(1000) == pytest.approx(5.9)
    clock.new_stream()
    clock.arrived(123_456, 5.5)
    assert clock.time_of(123_456) == pytest.approx(5.9)


def test_a_report_before_any_packet_is_not_used() -> None:
    clock = TrackClock(1000, PublisherClock())
    assert not clock.sender_report(ntp_time=ntp(0.0), rtp_time=0, arrival_s=0.0)


def test_a_report_that_contradicts_arrivals_is_not_used() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 1.0)
    assert not clock.sender_report(ntp_time=ntp(1.0), rtp_time=0x7000_0000, arrival_s=1.0)
    assert clock.time_of(0) == pytest.approx(1.0)


def test_a_publisher_s_clock_is_believed_again_after_four_reports_that_agree() -> None:
    clock = PublisherClock()
    assert clock.observe(ntp_s=100.0, arrival_s=10.0)
    answers = [clock.observe(ntp_s=200.0 + step, arrival_s=11.0 + step) for step in range(4)]
    assert answers == [False, False, False, True]
    assert clock.generation == 1
    assert clock.offset_s == pytest.approx(11.0 - 200.0)


def test_reports_that_disagree_with_each_other_are_never_believed() -> None:
    clock = PublisherClock()
    clock.observe(ntp_s=100.0, arrival_s=10.0)
    assert not any(clock.observe(ntp_s=step * 1000.0, arrival_s=11.0) for step in range(2, 9))
    assert clock.offset_s == pytest.approx(-90.0)


def test_setting_the_publisher_s_clock_does_not_move_media_time() -> None:
    publisher = Publisher()
    clock = TrackClock(1000, publisher.clock)
    other = TrackClock(1000, publisher.clock)
    for step in range(60):
        at_s = step * 1.0
        publisher.ntp_shift_s = 0.0 if step < 20 else 3600.0
        for track in (clock, other):
            track.arrived(publisher.ticks(at_s, 1000, 5), at_s + 0.05)
        for track in (clock, other) if step < 20 else (clock,):
            track.sender_report(
                ntp_time=publisher.ntp_at(at_s),
                rtp_time=publisher.ticks(at_s, 1000, 5),
                arrival_s=at_s + 0.05,
            )
        for track in (clock, other):
            assert track.time_of(publisher.ticks(at_s, 1000, 5)) == pytest.approx(
                at_s + 0.05, abs=1e-5
            )
    assert publisher.clock.generation == 1


def test_old_delays_are_forgotten() -> None:
    clock = TrackClock(1000, PublisherClock())
    clock.arrived(0, 1.0)
    clock.arrived(1000, 22.0 - 12.0)
    clock.arrived(2000, 22.0 - 11.5)
    assert clock.time_of(2000) == pytest.approx(3.0)
    clock.new_run()
    clock.arrived(3000, 12.0)
    assert clock.time_of(3000) == pytest.approx(12.0)
