import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core.jitter import ReceptionStats

PROPERTY = settings(derandomize=True, deadline=None)


def receive(stats: ReceptionStats, *seqs: int) -> None:
    for seq in seqs:
        stats.received(seq, rtp_time=0, now=0.0)


def test_before_the_first_packet_nothing_is_expected() -> None:
    stats = ReceptionStats(90_000)
    assert (stats.expected, stats.lost, stats.jitter_ticks) == (0, 0, 0)
    assert stats.take_interval_loss() is None
    block = stats.report_block(7, now=1.0)
    assert (block.ssrc, block.fraction_lost, block.cumulative_lost) == (7, 0, 0)
    assert (block.highest_seq, block.last_sr, block.delay_since_last_sr) == (0, 0, 0)


def test_gaps_count_as_lost_until_they_are_filled() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 10, 11, 14)
    assert (stats.expected, stats.lost) == (5, 2)
    receive(stats, 12)
    assert (stats.expected, stats.lost) == (5, 1)


def test_duplicates_make_the_loss_negative_but_not_the_fraction() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 10, 10, 11, 11)
    assert stats.lost == -2
    block = stats.report_block(1, now=0.0)
    assert block.cumulative_lost == -2
    assert block.fraction_lost == 0


def test_the_highest_sequence_number_counts_its_cycles() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 65_534, 65_535, 0, 1)
    assert stats.report_block(1, now=0.0).highest_seq == 0x1_0001
    assert stats.lost == 0


def test_a_late_packet_from_before_the_wrap_does_not_count_a_cycle() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 65_534, 0, 65_535, 1)
    assert stats.report_block(1, now=0.0).highest_seq == 0x1_0001
    assert stats.lost == 0


def test_each_report_tells_the_loss_since_the_one_before() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 0, 1, 2, 4)
    assert stats.report_block(1, now=0.0).fraction_lost == 256 // 5
    receive(stats, 5, 8)
    assert stats.report_block(1, now=0.0).fraction_lost == 128
    assert stats.report_block(1, now=0.0).fraction_lost == 0


def test_a_fraction_of_all_but_everything_fits_its_byte() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 0)
    stats.report_block(1, now=0.0)
    receive(stats, 30_000)
    assert stats.report_block(1, now=0.0).fraction_lost == 255


def test_the_interval_loss_has_an_interval_of_its_own() -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 0, 1, 2, 4)
    stats.report_block(1, now=0.0)
    assert stats.take_interval_loss() == pytest.approx(0.2)
    assert stats.take_interval_loss() is None
    receive(stats, 5, 6)
    assert stats.take_interval_loss() == 0.0


@pytest.mark.parametrize(
    ("lost", "reported"),
    [(0x7F_FFFF, 0x7F_FFFF), (0x80_0000, 0x7F_FFFF), (-0x80_0001, -0x80_0000)],
)
def test_the_cumulative_loss_stays_within_24_bits(lost: int, reported: int) -> None:
    stats = ReceptionStats(90_000)
    receive(stats, 0)
    while stats.lost < lost:
        step = min(30_000, lost - stats.lost + 1)
        receive(stats, (stats.expected - 1 + step) & 0xFFFF)
    # Eight million duplicates would take seconds to receive.
    stats.packets_received += max(0, stats.lost - lost)
    assert stats.lost == lost
    assert stats.report_block(1, now=0.0).cumulative_lost == reported


def test_an_even_stream_has_no_jitter_across_the_timestamp_wrap() -> None:
    stats = ReceptionStats(90_000)
    for number in range(100):
        rtp_time = (2**32 - 90_000 + number * 3_000) & 0xFFFF_FFFF
        stats.received(number, rtp_time, now=5.0 + number / 30)
    assert stats.jitter_ticks == 0


def test_jitter_follows_the_formula_of_the_standard() -> None:
    stats = ReceptionStats(8_000)
    stats.received(0, rtp_time=0, now=0.0)
    stats.received(1, rtp_time=160, now=0.03)
    # 240 ticks on the way for 160 of media: the difference of 80 enters with 1/16.
    assert stats.jitter_ticks == 5
    stats.received(2, rtp_time=320, now=0.05)
    assert stats.jitter_ticks == int(5 - 5 / 16)


def test_jitter_of_an_endless_pause_fits_its_field() -> None:
    stats = ReceptionStats(90_000)
    stats.received(0, rtp_time=0, now=0.0)
    stats.received(1, rtp_time=0, now=1e9)
    assert stats.report_block(1, now=1e9).jitter_ticks == 0xFFFF_FFFF


def test_a_report_names_the_last_sender_report_and_its_age() -> None:
    stats = ReceptionStats(90_000)
    stats.sender_report(0x0123_4567_89AB_CDEF, now=10.0)
    block = stats.report_block(1, now=11.5)
    assert block.last_sr == 0x4567_89AB
    assert block.delay_since_last_sr == 3 * 0x8000


def test_the_age_of_a_sender_report_fits_its_field() -> None:
    stats = ReceptionStats(90_000)
    stats.sender_report(0x0123_4567_89AB_CDEF, now=0.0)
    assert stats.report_block(1, now=1e6).delay_since_last_sr == 0xFFFF_FFFF


@PROPERTY
@given(
    first=st.integers(0, 0xFFFF),
    steps=st.lists(st.integers(1, 0x7FFF), max_size=50),
)
def test_without_reordering_the_loss_is_the_sum_of_the_gaps(first: int, steps: list[int]) -> None:
    stats = ReceptionStats(90_000)
    receive(stats, first)
    extended = first
    for step in steps:
        extended += step
        receive(stats, extended & 0xFFFF)
    assert stats.lost == sum(step - 1 for step in steps)
    assert stats.report_block(1, now=0.0).highest_seq == extended
