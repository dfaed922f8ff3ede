"""A subscriber's transport-wide feedback, judged by the sender's ledger."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.arrivals import ArrivalReport
from bench.feedback_ledger import FeedbackLedger
from media.core import rtcp

MS = 1_000_000


def sent_and_parsed(report: rtcp.TransportFeedback | None) -> rtcp.TransportFeedback:
    assert report is not None
    [parsed] = rtcp.parse(report.to_bytes())
    assert isinstance(parsed, rtcp.TransportFeedback)
    return parsed


def test_nothing_arrived_nothing_to_tell() -> None:
    report = ArrivalReport(1)
    assert report.take(2) is None
    report.arrived(5, 0)
    assert report.take(2) is not None
    assert report.take(2) is None


def test_times_are_told_in_quarters_of_a_millisecond() -> None:
    report = ArrivalReport(1)
    for number, at_ms in ((100, 64), (101, 65), (103, 70)):
        report.arrived(number, at_ms * MS)
    told = sent_and_parsed(report.take(2))
    assert (told.base_seq, told.reference_time_64ms) == (100, 1)
    assert told.deltas == (0, 4, None, 20)


def test_a_gap_between_two_reports_is_told() -> None:
    report = ArrivalReport(1)
    report.arrived(10, 0)
    report.take(2)
    report.arrived(13, MS)
    told = sent_and_parsed(report.take(2))
    assert told.base_seq == 11
    assert told.deltas == (None, None, 4)


def test_a_late_packet_is_told_of_after_it_was_called_missing() -> None:
    report = ArrivalReport(1)
    report.arrived(10, 0)
    report.arrived(12, MS)
    report.take(2)
    report.arrived(11, 2 * MS)
    told = sent_and_parsed(report.take(2))
    assert told.base_seq == 11
    assert told.deltas[0] is not None


def test_numbers_wrap() -> None:
    report = ArrivalReport(1)
    for number in (65534, 65535, 0, 1):
        report.arrived(number, MS)
    told = sent_and_parsed(report.take(2))
    assert told.base_seq == 65534
    assert None not in told.deltas


@given(st.integers(0, 65535), st.integers(0, 10_000), st.floats(0, 0.5))
def test_everything_that_arrived_is_acknowledged_and_nothing_else(
    first: int, seed: int, loss: float
) -> None:
    rng = random.Random(seed)
    ledger, report = FeedbackLedger(), ArrivalReport(1)
    arrived = 0
    for number in range(300):
        is_lost = rng.random() < loss
        transport_sequence = (first + number) & 0xFFFF
        ledger.sent(transport_sequence, was_dropped=is_lost)
        if not is_lost:
            arrived += 1
            report.arrived(transport_sequence, number * 5 * MS)
        if number % 10 == 9 and (feedback := report.take(2)) is not None:
            ledger.received(sent_and_parsed(feedback))
    if (feedback := report.take(2)) is not None:
        ledger.received(sent_and_parsed(feedback))
    assert ledger.false_acknowledgements == 0
    assert ledger.acknowledged == arrived


@pytest.mark.parametrize("gap_s", [9, 3600])
def test_a_long_silence_breaks_no_report(gap_s: int) -> None:
    report = ArrivalReport(1)
    report.arrived(1, 0)
    report.take(2)
    report.arrived(2, gap_s * 1000 * MS)
    report.arrived(3, gap_s * 1000 * MS + MS)
    assert sent_and_parsed(report.take(2)).deltas[-1] == 4
