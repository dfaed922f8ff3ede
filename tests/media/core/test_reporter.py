"""RTCP to and from publishers, and what happens by the clock."""

import itertools
from typing import Any

import pytest

from media.core import rtcp, rtp
from media.core.allocation import LinkBudget
from media.core.events import SenderClock
from media.core.ids import PeerId
from media.core.publisher import Publisher
from media.core.subscriber import Subscriber
from tests.media.core.lesson import (
    CAMERA,
    KEY,
    NTP_SECOND,
    TWCC_ID,
    VIDEO_SSRC,
    VIDEO_TYPE,
    Lesson,
    lesson_with_site,
    told,
    with_extensions,
)


def numbered(seq: int, twcc: int) -> bytes:
    plain = rtp.build(
        KEY, payload_type=VIDEO_TYPE, marker=0, seq=seq, timestamp=seq, ssrc=VIDEO_SSRC
    )
    return with_extensions(plain, {TWCC_ID: twcc.to_bytes(2)})


def test_arrivals_are_acknowledged_every_50_ms_even_of_what_nobody_may_have() -> None:
    lesson = Lesson()
    lesson.publish("teacher", twcc_id=TWCC_ID)
    lesson.receive("teacher", numbered(1, 700))
    lesson.receive("teacher", numbered(2, 701))
    lesson.pass_time(0.06)
    [feedback] = told(lesson, "teacher up", rtcp.TransportFeedback)
    assert feedback.base_seq == 700
    assert len(feedback.deltas) == 2
    assert lesson.count("dropped_not_granted") == 2


def test_a_packet_without_the_number_is_not_acknowledged() -> None:
    lesson = Lesson()
    lesson.publish("teacher", twcc_id=TWCC_ID)
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(0.5)
    assert told(lesson, "teacher up", rtcp.TransportFeedback) == []


def test_feedback_goes_on_after_renegotiation() -> None:
    lesson = Lesson()
    lesson.publish("teacher", twcc_id=TWCC_ID)
    lesson.receive("teacher", numbered(1, 1))
    lesson.publish("teacher", twcc_id=TWCC_ID, again=True)
    lesson.pass_time(0.1)
    assert len(told(lesson, "teacher up", rtcp.TransportFeedback)) == 1
    lesson.publish("teacher", twcc_id=0, again=True)
    lesson.receive("teacher", numbered(2, 2))
    lesson.pass_time(0.1)
    assert len(told(lesson, "teacher up", rtcp.TransportFeedback)) == 1


def test_without_reduced_size_every_packet_begins_with_a_report() -> None:
    lesson = Lesson()
    lesson.publish("teacher", twcc_id=TWCC_ID, is_reduced_size=False)
    lesson.receive("teacher", numbered(1, 1))
    lesson.pass_time(0.1)
    assert isinstance(lesson.told("teacher up")[0], rtcp.ReceiverReport)


def test_missing_packets_are_asked_for_and_paced_by_the_same_peers_round_trip() -> None:
    lesson, _ = lesson_with_site()
    publisher = lesson.publishers["teacher"]
    for seq in (1, 3):
        lesson.send("teacher", seq, KEY)
    lesson.pass_time(0.02)
    assert told(lesson, "teacher up", rtcp.Nack) == [
        rtcp.Nack(publisher.local_ssrc, VIDEO_SSRC, (2,))
    ]
    assert lesson.count("nack_sent") == 1


def test_a_publisher_is_left_alone_until_something_is_due_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[str] = []
    reports = Publisher.reports

    def counted(publisher: Publisher, now: float) -> list[rtcp.RtcpPacket]:
        looked_at.append(publisher.peer_id)
        return reports(publisher, now)

    monkeypatch.setattr(Publisher, "reports", counted)
    lesson = Lesson()
    lesson.publish("teacher", twcc_id=TWCC_ID)
    for number in range(20):
        lesson.publish(f"site {number}")
    lesson.pass_time(0.2)
    looked_at.clear()
    for number in range(40):
        lesson.receive("teacher", numbered(number, number))
        lesson.pass_time(0.02)
    assert len(told(lesson, "teacher up", rtcp.TransportFeedback)) >= 8
    assert looked_at.count("teacher") >= 8
    assert looked_at.count("site 0") <= 2


def test_subscribers_reports_fall_due_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[str] = []
    reports = Subscriber.reports

    def counted(subscriber: Subscriber, *arguments: Any) -> list[bytes]:
        looked_at.append(subscriber.peer_id)
        return reports(subscriber, *arguments)

    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: [f"site {number}" for number in range(50)]})
    for number in range(50):
        lesson.subscribe(f"site {number}")
        lesson.pass_time(0.013)
    lesson.pass_time(1.0)
    monkeypatch.setattr(Subscriber, "reports", counted)
    lesson.pass_time(1.0)
    assert 1 <= looked_at.count("site 0") <= 11


def test_the_recorder_is_told_what_the_publishers_clock_says() -> None:
    lesson = Lesson()
    publisher = lesson.publish("teacher")
    lesson.allow({}, recorded=[CAMERA])
    report = rtcp.SenderReport(VIDEO_SSRC, 5 * NTP_SECOND, 90_000, 1, 1)
    lesson.router.receive_publisher_rtcp(publisher, [report], lesson.now)
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.router.receive_publisher_rtcp(
        publisher, [report, report._replace(ssrc=0xBAD), rtcp.Bye((1,))], lesson.now
    )
    lesson.drain()
    assert lesson.events == [SenderClock(CAMERA, 5 * NTP_SECOND, 90_000, lesson.now)]


def test_a_publisher_learns_what_was_lost() -> None:
    lesson, _ = lesson_with_site()
    for seq in (1, 2, 4):
        lesson.send("teacher", seq, KEY)
    lesson.pass_time(1.1)
    report = told(lesson, "teacher up", rtcp.ReceiverReport)[0]
    assert [(block.ssrc, block.cumulative_lost) for block in report.reports] == [(VIDEO_SSRC, 1)]


@pytest.mark.parametrize(
    ("kept", "least_bps", "most_bps"), [(1, 1_000_000, 1_000_000), (2, 0, 500_000)]
)
def test_remb_leads_a_sender_that_knows_no_better(kept: int, least_bps: int, most_bps: int) -> None:
    lesson = Lesson()
    lesson.publish("teacher", has_remb=True)
    for seq in range(0, 400, kept):
        lesson.send("teacher", seq, bytes(100))
    lesson.pass_time(1.1)
    [remb] = told(lesson, "teacher up", rtcp.Remb)
    assert remb.ssrcs == (VIDEO_SSRC,)
    assert least_bps <= remb.bitrate_bps <= most_bps


def test_remb_is_silent_before_anything_came() -> None:
    lesson = Lesson()
    lesson.publish("teacher", has_remb=True)
    lesson.pass_time(1.1)
    assert told(lesson, "teacher up", rtcp.Remb) == []


@pytest.mark.parametrize("twcc_id", [0, TWCC_ID])
def test_a_declared_uplink_is_told_to_the_sender_and_that_it_ended(twcc_id: int) -> None:
    lesson = Lesson()
    lesson.router.set_budget(PeerId("teacher"), LinkBudget(up_kbps=700))
    lesson.publish("teacher", has_remb=True, twcc_id=twcc_id)

    numbers = itertools.count()

    def told_bps() -> int:
        lesson.sent.clear()
        for seq in itertools.islice(numbers, 100):
            lesson.send("teacher", seq, bytes(1000))
        lesson.pass_time(1.1)
        return told(lesson, "teacher up", rtcp.Remb)[-1].bitrate_bps

    assert told_bps() == pytest.approx(700_000, rel=0.001)
    lesson.router.set_budget(PeerId("teacher"), LinkBudget(up_kbps=400))
    assert told_bps() == pytest.approx(400_000, rel=0.001)
    lesson.router.set_budget(PeerId("teacher"), LinkBudget())
    assert told_bps() > 700_000


def test_a_sender_with_feedback_and_no_declared_line_is_told_no_limit() -> None:
    lesson = Lesson()
    lesson.publish("teacher", has_remb=True, twcc_id=TWCC_ID)
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(2.0)
    assert told(lesson, "teacher up", rtcp.Remb) == []
