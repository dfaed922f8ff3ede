"""How the clocks of two streams compare, and what an outgoing stream makes of it."""

import pytest

from media.core.rewriter import RtpRewriter
from media.core.stream_clock import StreamClock

NTP_SECOND = 1 << 32
RATE = 90_000


def clock(ntp_s: float, rtp_time: int) -> StreamClock:
    made = StreamClock(RATE)
    made.report = (int(ntp_s * NTP_SECOND), rtp_time, 0.0)
    return made


def test_two_reports_tell_how_two_clocks_compare() -> None:
    one, other = clock(50.0, 9_000), clock(51.5, 700_000)
    moment_on_one = 9_000 + 3 * RATE  # at 53 s
    assert moment_on_one + (one.ticks_to(other) or 0) == 700_000 + 1.5 * RATE
    assert (one.ticks_to(other) or 0) == -(other.ticks_to(one) or 0)


def test_one_clock_is_itself_and_without_a_report_nothing_is_known_of_another() -> None:
    silent = StreamClock(RATE)
    assert silent.ticks_to(silent) == 0
    assert silent.ticks_to(clock(1.0, 0)) is None
    assert clock(1.0, 0).ticks_to(silent) is None


def flowing() -> RtpRewriter:
    """A run whose last packet had timestamp 90 000 and came at 1 s."""
    rewriter = RtpRewriter(clock_rate=RATE, first_seq=0)
    rewriter.begin(0, 0, now=0.0, ticks_to_last=None)
    rewriter.end(9, 90_000, at=1.0)
    return rewriter


def test_a_layer_of_a_known_clock_keeps_the_time_between_pictures() -> None:
    rewriter = flowing()
    rewriter.begin(500, 7_003_000, now=1.2, ticks_to_last=-6_910_000)
    assert 7_003_000 + rewriter.timestamp_shift == 93_000


def test_a_picture_taken_before_the_last_one_sent_follows_it_by_one_tick() -> None:
    rewriter = flowing()
    rewriter.begin(500, 88_000, now=1.01, ticks_to_last=0)
    assert 88_000 + rewriter.timestamp_shift == 90_001


def test_many_switches_between_a_fast_and_a_slow_layer_do_not_add_up_to_a_drift() -> None:
    rewriter = flowing()
    for second in range(1, 1001):
        # Pictures of every other layer come one picture later: it is always behind.
        behind = 3_000 if second % 2 else 0
        rewriter.begin(second, second * RATE - behind + 3_000, now=second + 0.03, ticks_to_last=0)
        assert 0 <= rewriter.timestamp_shift <= 3_001
        rewriter.end(second, (second + 1) * RATE - behind, at=second + 1.0)


@pytest.mark.parametrize("ticks_to_last", [-500_000_000, 500_000_000])
def test_reports_that_contradict_what_arrives_are_not_believed(ticks_to_last: int) -> None:
    rewriter = flowing()
    rewriter.begin(500, 1_000, now=1.5, ticks_to_last=ticks_to_last)
    assert 1_000 + rewriter.timestamp_shift == 90_000 + RATE // 2


def test_a_pause_of_the_same_stream_is_as_long_as_its_own_clock_says() -> None:
    rewriter = flowing()
    rewriter.begin(500, 90_000 + 60 * RATE, now=11.0, ticks_to_last=0)
    assert rewriter.timestamp_shift == 0
