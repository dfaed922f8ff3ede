"""Numbers that never jump."""

from hypothesis import given
from hypothesis import strategies as st

from media.core.rewriter import Picture, RtpRewriter


def test_the_first_run_keeps_the_senders_timestamps() -> None:
    rewriter = RtpRewriter(clock_rate=90_000, first_seq=500)
    rewriter.begin(40_000, 12345, now=1.0, ticks_to_last=None)
    assert 40_000 + rewriter.seq_shift == 500
    assert rewriter.timestamp_shift == 0


def test_a_run_of_another_clock_follows_by_the_time_that_passed() -> None:
    rewriter = RtpRewriter(clock_rate=48_000, first_seq=0)
    rewriter.begin(10, 1000, now=1.0, ticks_to_last=None)
    rewriter.end(12, 2920, at=1.06)
    rewriter.begin(7, 99, now=3.06, ticks_to_last=None)
    assert 7 + rewriter.seq_shift == 3
    assert 99 + rewriter.timestamp_shift == 2920 + 2 * 48_000


def test_timestamps_move_on_even_if_no_time_passed() -> None:
    rewriter = RtpRewriter(clock_rate=90_000, first_seq=0)
    rewriter.begin(0, 50, now=1.0, ticks_to_last=None)
    rewriter.end(0, 50, at=1.0)
    rewriter.begin(0, 7, now=1.0, ticks_to_last=None)
    assert 7 + rewriter.timestamp_shift == 51


def test_pictures_are_counted_on() -> None:
    rewriter = RtpRewriter(clock_rate=90_000, first_seq=0)
    rewriter.begin(0, 0, now=0.0, ticks_to_last=None, picture=Picture(30, 4))
    assert rewriter.picture_shift == rewriter.tl0_shift == 0
    rewriter.end(9, 0, at=0.0, picture=Picture(0x7FFF, 255))
    rewriter.begin(20, 0, now=0.0, ticks_to_last=0, picture=Picture(700, 9))
    assert rewriter.map_picture(Picture(700, 9)) == Picture(0, 0)
    rewriter.end(30, 0, at=0.0, picture=Picture(705, 10))
    rewriter.begin(40, 0, now=0.0, ticks_to_last=0, picture=Picture(3, 3))
    assert rewriter.map_picture(Picture(3, 3)) == Picture(6, 2)


@given(
    st.integers(0, 0x7FFF),
    st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 500)), min_size=1),
)
def test_runs_join_without_a_gap(first_seq: int, runs: list[tuple[int, int]]) -> None:
    rewriter = RtpRewriter(clock_rate=90_000, first_seq=first_seq)
    expected = first_seq
    for start, length in runs:
        rewriter.begin(start, 0, now=0.0, ticks_to_last=0)
        assert start + rewriter.seq_shift == expected
        rewriter.end(start + length, 0, at=0.0)
        expected += length + 1
