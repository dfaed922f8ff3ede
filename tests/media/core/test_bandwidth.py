import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.core import rtcp
from media.core.bandwidth import BATCH, INTERVAL_S, MAX_SPAN, TwccRecorder
from media.core.rtcp import TransportFeedback

PROPERTY = settings(derandomize=True, deadline=None, max_examples=60)

MEDIA_SSRC = 77


def feedback_after(
    recorder: TwccRecorder, *arrivals: tuple[int, float], poll_at: float | None = None
) -> TransportFeedback | None:
    for seq, now in arrivals:
        recorder.received(seq & 0xFFFF, now)
    if poll_at is None:
        poll_at = arrivals[0][1] + INTERVAL_S
    return recorder.poll(poll_at, MEDIA_SSRC)


def statuses(feedback: TransportFeedback | None) -> dict[int, float | None]:
    """What a sender reads: arrival seconds by 16-bit number, None where lost."""
    assert feedback is not None
    (read,) = rtcp.parse(feedback.to_bytes())
    assert read == feedback
    now_s = feedback.reference_time_64ms * 0.064
    arrivals: dict[int, float | None] = {}
    for offset, delta in enumerate(feedback.deltas):
        if delta is not None:
            now_s += delta * 0.000_25
        arrivals[(feedback.base_seq + offset) & 0xFFFF] = None if delta is None else now_s
    return arrivals


def test_nothing_received_is_nothing_to_report() -> None:
    recorder = TwccRecorder(1)
    assert recorder.deadline() is None
    assert recorder.poll(now=10.0, media_ssrc=MEDIA_SSRC) is None


def test_feedback_is_due_an_interval_after_the_first_packet() -> None:
    recorder = TwccRecorder(1)
    recorder.received(5, now=10.0)
    recorder.received(6, now=10.04)
    assert recorder.deadline() == pytest.approx(10.05)
    assert recorder.poll(now=10.049, media_ssrc=MEDIA_SSRC) is None
    feedback = recorder.poll(now=10.051, media_ssrc=MEDIA_SSRC)
    assert feedback is not None
    assert (feedback.sender_ssrc, feedback.media_ssrc) == (1, MEDIA_SSRC)
    assert recorder.deadline() is None
    assert recorder.poll(now=10.2, media_ssrc=MEDIA_SSRC) is None


def test_a_full_batch_is_due_at_once() -> None:
    recorder = TwccRecorder(1)
    for seq in range(BATCH):
        recorder.received(seq, now=10.0)
    due_at = recorder.deadline()
    assert due_at is not None
    assert due_at <= 10.0
    feedback = recorder.poll(now=10.0, media_ssrc=MEDIA_SSRC)
    assert feedback is not None
    assert len(feedback.deltas) == BATCH


def test_gaps_are_reported_lost_and_arrivals_with_their_times() -> None:
    feedback = feedback_after(TwccRecorder(1), (5, 10.0), (7, 10.01), (8, 10.02))
    assert statuses(feedback) == {
        5: pytest.approx(10.0, abs=0.000_3),
        6: None,
        7: pytest.approx(10.01, abs=0.000_3),
        8: pytest.approx(10.02, abs=0.000_3),
    }


def test_a_batch_may_wrap() -> None:
    feedback = feedback_after(TwccRecorder(1), (65_534, 10.0), (65_535, 10.0), (1, 10.0))
    assert feedback is not None
    assert feedback.base_seq == 65_534
    assert [delta is None for delta in feedback.deltas] == [False, False, True, False]


def test_the_loss_between_two_reports_is_reported() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (5, 10.0))
    feedback = feedback_after(recorder, (8, 10.1))
    assert list(statuses(feedback)) == [6, 7, 8]


def test_reordered_packets_have_a_negative_delta() -> None:
    feedback = feedback_after(TwccRecorder(1), (5, 10.0), (7, 10.02), (6, 10.03))
    assert feedback is not None
    assert feedback.deltas[2] == -40


def test_a_packet_later_than_its_report_is_reported_with_what_followed_it() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (5, 10.0), (7, 10.0), (8, 10.0))
    feedback = feedback_after(recorder, (6, 10.1), (9, 10.11))
    assert list(statuses(feedback)) == [6, 7, 8, 9]
    assert None not in statuses(feedback).values()


def test_a_late_packet_alone_does_not_move_the_front_back() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (5, 10.0), (8, 10.0))
    assert list(statuses(feedback_after(recorder, (6, 10.1)))) == [6]
    assert list(statuses(feedback_after(recorder, (10, 10.2)))) == [9, 10]


def test_the_first_packets_may_come_in_another_order() -> None:
    recorder = TwccRecorder(1)
    assert list(statuses(feedback_after(recorder, (1, 10.0), (65_535, 10.0)))) == [65_535, 0, 1]
    assert list(statuses(feedback_after(recorder, (65_533, 10.1)))) == [65_533]


def test_duplicates_are_not_news() -> None:
    recorder = TwccRecorder(1)
    first = feedback_after(recorder, (5, 10.0), (5, 10.04))
    assert statuses(first) == {5: pytest.approx(10.0, abs=0.000_3)}
    assert feedback_after(recorder, (5, 10.1)) is None
    assert recorder.deadline() is None


def test_feedback_is_numbered_modulo_256() -> None:
    recorder = TwccRecorder(1)
    counts = []
    for number in range(258):
        feedback = feedback_after(recorder, (number, 10.0 + number))
        assert feedback is not None
        counts.append(feedback.feedback_count)
    assert counts == [*range(256), 0, 1]


def test_the_reference_time_wraps_with_its_24_bits() -> None:
    wrap_s = 2**24 * 0.064
    feedback = feedback_after(TwccRecorder(1), (5, 2 * wrap_s - 0.064))
    assert feedback is not None
    assert feedback.reference_time_64ms == -1
    feedback = feedback_after(TwccRecorder(1), (5, wrap_s + 0.128))
    assert feedback is not None
    assert feedback.reference_time_64ms == 2


def test_a_big_gap_is_reported_no_further_back_than_the_span() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (0, 10.0))
    feedback = feedback_after(recorder, (20_000, 10.1))
    assert feedback is not None
    assert feedback.base_seq == 20_000 - MAX_SPAN + 1
    assert len(feedback.deltas) == MAX_SPAN
    assert len(feedback.to_bytes()) < 40


def test_what_is_forgotten_is_never_declared_lost() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (5, 10.0), (7, 10.0), (8, 10.0))
    feedback_after(recorder, (9, 13.0))
    assert feedback_after(recorder, (6, 13.1)) is None
    assert list(statuses(feedback_after(recorder, (10, 13.2)))) == [10]


def test_a_batch_left_lying_reports_only_what_is_recent() -> None:
    feedback = feedback_after(TwccRecorder(1), (5, 10.0), (6, 10.0), (7, 30.0), poll_at=30.1)
    assert list(statuses(feedback)) == [7]


def test_past_the_bound_what_is_not_reported_is_not_acknowledged() -> None:
    recorder = TwccRecorder(1)
    for seq in range(MAX_SPAN + 10):
        recorder.received(seq, now=10.0)
    feedback = recorder.poll(now=10.0, media_ssrc=MEDIA_SSRC)
    assert feedback is not None
    assert len(feedback.deltas) == MAX_SPAN


def test_memory_is_bounded_by_the_span() -> None:
    recorder = TwccRecorder(1)
    for batch in range(10):
        for seq in range(1000):
            recorder.received(batch * 1000 + seq, now=10.0 + batch * 0.01)
        assert recorder.poll(now=10.0 + batch * 0.01, media_ssrc=MEDIA_SSRC) is not None
    # The newest are still remembered, the oldest not.
    assert feedback_after(recorder, (9_999, 10.2)) is None
    recorder.received(10_000, now=10.3)
    assert list(statuses(recorder.poll(10.4, MEDIA_SSRC))) == [10_000]


def test_a_sequence_that_starts_anew_is_followed() -> None:
    recorder = TwccRecorder(1)
    feedback_after(recorder, (30_000, 10.0))
    feedback = feedback_after(recorder, (30_001, 10.1), (100, 10.1), (102, 10.11))
    assert list(statuses(feedback)) == [100, 101, 102]
    assert list(statuses(feedback_after(recorder, (103, 10.2)))) == [103]


@PROPERTY
@given(
    first=st.integers(0, 0xFFFF),
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.0, 0.1, 0.6]),
    reorder_s=st.sampled_from([0.0, 0.01, 0.3]),
    duplication=st.sampled_from([0.0, 0.2]),
)
def test_over_any_line_feedback_tells_the_truth_and_all_of_it(
    first: int, seed: int, loss: float, reorder_s: float, duplication: float
) -> None:
    """What arrived is acknowledged at its time and never again called lost."""
    rng = random.Random(seed)
    line = [
        (100.0 + number * 0.002 + rng.random() * reorder_s, number)
        for number in range(600)
        for _copy in range(1 + (rng.random() < duplication))
        if rng.random() >= loss
    ]
    recorder = TwccRecorder(1)
    arrived: dict[int, float] = {}
    acknowledged: set[int] = set()

    def poll(now: float) -> None:
        feedback = recorder.poll(now, MEDIA_SSRC)
        if feedback is None:
            return
        for seq, time in statuses(feedback).items():
            number = (seq - first) & 0xFFFF
            if time is None:
                assert number not in arrived
            else:
                assert abs(time - arrived[number]) <= 0.000_26
                acknowledged.add(number)

    for now, number in sorted(line):
        due_at = recorder.deadline()
        if due_at is not None and due_at < now:
            poll(max(due_at, 0.0))
        recorder.received((first + number) & 0xFFFF, now)
        arrived.setdefault(number, now)
    poll(now=200.0)
    assert acknowledged == set(arrived)
