"""The peer's own counting, which other tests trust."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bench.feedback_ledger import FeedbackLedger
from bench.reception import Reception
from media.core.rtcp import TransportFeedback


def stream(first: int) -> Reception:
    return Reception("1", 5, 90_000, 0.0, first, first)


@given(first=st.integers(0, 0xFFFF), count=st.integers(1, 300), seed=st.integers())
def test_every_packet_is_received_lost_or_duplicate_whatever_the_order(
    first: int, count: int, seed: int
) -> None:
    rng = random.Random(seed)
    sent = [0, *(number for number in range(1, count) if rng.random() > 0.2)]
    order = sorted(sent, key=lambda number: number + rng.uniform(0, 20) * (number > 0))
    reception = stream(first)
    for number in order:
        assert reception.received((first + number) & 0xFFFF, number * 3000, 100, number / 30)
        assert not reception.received((first + number) & 0xFFFF, number * 3000, 100, number / 30)
    assert reception.packets == len(sent)
    assert reception.duplicates == len(sent)
    assert reception.expected == max(sent) + 1
    assert reception.lost == reception.expected - len(sent)


def test_a_repair_fills_its_hole_once() -> None:
    reception = stream(65535)
    reception.received(65535, 0, 100, 0.0)
    reception.received(1, 0, 100, 0.0)
    assert list(reception.missing) == [65536]
    assert reception.repair(0, 100)
    assert not reception.repair(0, 100)
    assert (reception.lost, reception.repaired, reception.packets) == (0, 1, 3)


def test_a_repair_may_come_before_anything_newer() -> None:
    reception = stream(10)
    reception.received(10, 0, 100, 0.0)
    assert reception.repair(12, 100)
    assert list(reception.missing) == [11]


def test_a_report_covers_the_interval_and_the_whole() -> None:
    reception = stream(100)
    for sequence in (100, 101, 103):
        reception.received(sequence, 0, 100, 0.0)
    first = reception.report_block(now=1.0)
    assert (first.fraction_lost, first.cumulative_lost, first.highest_seq) == (64, 1, 103)
    assert first.last_sr == first.delay_since_last_sr == 0
    reception.sender_report(0x1122_3344_5566_7788, now=2.0)
    reception.received(104, 0, 100, 2.0)
    second = reception.report_block(now=2.5)
    assert (second.fraction_lost, second.cumulative_lost) == (0, 1)
    assert (second.last_sr, second.delay_since_last_sr) == (0x3344_5566, 32768)


def test_even_arrivals_have_no_jitter_and_uneven_ones_do() -> None:
    even, uneven = stream(0), stream(0)
    for number in range(100):
        even.received(number, number * 3000, 100, number / 30)
        uneven.received(number, number * 3000, 100, number / 30 + (number % 2) * 0.01)
    assert even.report_block(4.0).jitter_ticks == 0
    assert 800 <= uneven.report_block(4.0).jitter_ticks <= 900


def test_a_hole_of_thousands_is_bounded_and_still_counted() -> None:
    reception = stream(0)
    reception.received(0, 0, 100, 0.0)
    reception.received(20_000, 0, 100, 0.0)
    assert len(reception.missing) == 4096
    assert reception.lost == 19_999


def test_the_ledger_tells_a_true_acknowledgement_from_a_false_one() -> None:
    ledger = FeedbackLedger()
    for number, was_dropped in ((65535, False), (0, True), (1, False)):
        ledger.sent(number, was_dropped=was_dropped)
    ledger.received(TransportFeedback(1, 2, 65535, 0, 0, (4, None, 4)))
    assert (ledger.acknowledged, ledger.reported_lost, ledger.false_acknowledgements) == (2, 1, 0)
    ledger.received(TransportFeedback(1, 2, 0, 1, 0, (4, 4, 4)))
    # Number 0 was dropped on the way and 2 was never sent.
    assert ledger.false_acknowledgements == 2
    assert ledger.reports == 2


def test_a_packet_is_asked_for_by_itself_whatever_was_asked_for_before() -> None:
    reception = stream(10)
    reception.received(10, 0, 100, 0.0)
    reception.received(12, 0, 100, 1.0)
    assert reception.ask(1.0, again_after_s=0.6, most=2) == [11]
    reception.received(14, 0, 100, 1.1)
    assert (reception.has_news, reception.ask_at()) == (True, 0.0)
    assert reception.ask(1.1, again_after_s=0.6, most=2) == [13]
    assert (reception.has_news, reception.ask_at()) == (False, 1.6)
    assert reception.ask(1.6, again_after_s=0.6, most=2) == [11]
    assert reception.ask(1.75, again_after_s=0.6, most=2) == [13]
    assert reception.ask(3.0, again_after_s=0.6, most=2) == []
    assert (reception.forgotten, reception.lost, reception.ask_at()) == (2, 2, None)
