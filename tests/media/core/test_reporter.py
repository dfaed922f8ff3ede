"""RTCP both ways, and what happens by the clock."""

import itertools
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from media.core import rtcp, rtp
from media.core.allocation import LinkBudget, Priority
from media.core.events import LinkMeasured, SenderClock
from media.core.ids import PeerId, Source
from media.core.publisher import Publisher
from media.core.subscriber import ReceivedTrack, Subscriber
from tests.media.core.lesson import (
    AUDIO_SSRC,
    DELTA,
    KEY,
    VIDEO_SSRC,
    VIDEO_TYPE,
    Lesson,
    camera,
    microphone,
    track,
)

CAMERA = track("teacher")
TWCC_ID = 3
NTP_SECOND = 1 << 32


def lesson_with_site() -> tuple[Lesson, Subscriber]:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({CAMERA: ["site"], track("teacher", Source.MICROPHONE): ["site"]})
    return lesson, lesson.subscribe("site")


T = TypeVar("T", bound=rtcp.RtcpPacket)


def told(lesson: Lesson, link: str, kind: type[T]) -> list[T]:
    return [packet for packet in lesson.told(link) if isinstance(packet, kind)]


def numbered(seq: int, twcc: int) -> bytes:
    plain = rtp.build(
        KEY, payload_type=VIDEO_TYPE, marker=0, seq=seq, timestamp=seq, ssrc=VIDEO_SSRC
    )
    element = bytes((TWCC_ID << 4 | 1,)) + twcc.to_bytes(2) + b"\0"
    return b"\x90" + plain[1:12] + b"\xbe\xde\x00\x01" + element + plain[12:]


# -- towards the publisher ---------------------------------------------------------


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


def test_a_gap_too_wide_to_repair_asks_for_a_keyframe() -> None:
    lesson, _ = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.send("teacher", 3, DELTA)
    lesson.pass_time(0.6)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 5000, DELTA)
    lesson.pass_time(0.6)
    assert lesson.count("keyframe_requests") > before


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


def test_a_new_stream_that_nobody_announced_is_asked_for_a_keyframe_soon() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None, rtx_ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.send("teacher", 1, KEY, ssrc=5)
    lesson.pass_time(2.0)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 1, DELTA, ssrc=6)
    lesson.pass_time(0.05)
    assert lesson.count("keyframe_requests") == before + 1


def test_many_viewers_cost_one_keyframe_request() -> None:
    lesson = Lesson()
    lesson.publish("teacher")
    lesson.allow({CAMERA: [f"site {number}" for number in range(40)]})
    sites = [lesson.subscribe(f"site {number}") for number in range(40)]
    for site in sites:
        lesson.say(site, rtcp.Pli(1, site.sections[0].ssrc))
    lesson.pass_time(0.4)
    assert told(lesson, "teacher up", rtcp.Pli) == [
        rtcp.Pli(lesson.publishers["teacher"].local_ssrc, VIDEO_SSRC)
    ]


def test_one_who_joins_after_a_quiet_time_has_a_keyframe_asked_for_at_once() -> None:
    lesson, _ = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.allow({CAMERA: ["site", "late"]})
    for seq in range(2, 40):
        lesson.send("teacher", seq, DELTA)
        lesson.pass_time(0.03)
    before = lesson.count("keyframe_requests")
    lesson.subscribe("late")
    lesson.pass_time(0.0)
    assert lesson.count("keyframe_requests") == before + 1


def test_a_viewer_who_lost_the_picture_gets_a_keyframe_asked_for() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.say(site, rtcp.Fir(1, ((site.sections[0].ssrc, 1),)))
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1


@pytest.mark.parametrize("which", ["sound", "nobody's", "forbidden", "gone"])
def test_a_wish_without_sense_asks_for_nothing(which: str) -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    picture, sound = site.sections
    if which == "forbidden":
        lesson.allow({})
    if which == "gone":
        lesson.router.remove_publisher(PeerId("teacher"))
    ssrc = {"sound": sound.ssrc, "nobody's": 0xBAD}.get(which, picture.ssrc)
    lesson.say(site, rtcp.Pli(1, ssrc))
    lesson.pass_time(1.0)
    assert lesson.count("keyframe_requests") == before


def test_where_pli_is_unknown_fir_is_used_with_a_number_that_counts() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_pli=False, has_fir=True))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(1.1)
    numbers = [fir.requests[0] for fir in told(lesson, "teacher up", rtcp.Fir)]
    assert numbers[:2] == [(VIDEO_SSRC, 1), (VIDEO_SSRC, 2)]


def test_where_neither_is_known_nothing_is_asked() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", has_pli=False))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(1.1)
    assert lesson.count("keyframe_requests") == 0


def test_a_publisher_not_yet_heard_is_asked_nothing() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher", ssrc=None))
    lesson.allow({CAMERA: ["site"]})
    lesson.subscribe("site")
    lesson.pass_time(0.9)
    assert lesson.told("teacher up") == []


def test_those_who_wait_are_not_forgotten_when_the_publisher_was_away_for_long() -> None:
    lesson, _ = lesson_with_site()
    lesson.pass_time(30.0)
    before = lesson.count("keyframe_requests")
    lesson.send("teacher", 1, DELTA)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1


def test_those_who_wait_are_not_forgotten_when_requests_were_in_vain() -> None:
    lesson, _ = lesson_with_site()
    for seq in range(80):
        lesson.send("teacher", seq, DELTA)
        lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") >= 14


def test_a_recorded_track_gets_keyframes_to_cut_at() -> None:
    lesson = Lesson()
    lesson.publish("teacher", camera("teacher"), microphone("teacher"))
    lesson.allow({}, recorded=[CAMERA, track("teacher", Source.MICROPHONE)])
    lesson.router.set_recording(lesson.now, is_recording=True)
    for seq in range(100):
        lesson.send("teacher", seq, KEY)
        lesson.send_audio("teacher", seq)
        lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == 3  # ten seconds: at 0, 4 and 8


def test_the_recorder_is_told_what_the_publishers_clock_says() -> None:
    lesson = Lesson()
    publisher = lesson.publish("teacher")
    lesson.allow({}, recorded=[CAMERA])
    report = rtcp.SenderReport(VIDEO_SSRC, 5 * NTP_SECOND, 90_000, 1, 1)
    lesson.router.receive_publisher_rtcp(publisher, [report], lesson.now)
    lesson.router.set_recording(lesson.now, is_recording=True)
    lesson.router.receive_publisher_rtcp(
        publisher, [report, replace(report, ssrc=0xBAD), rtcp.Bye((1,))], lesson.now
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


# -- towards the subscriber --------------------------------------------------------


def send_reports(lesson: Lesson) -> None:
    """The publisher says: at NTP second 50 the picture was at 9000, the sound at 4800."""
    lesson.router.receive_publisher_rtcp(
        lesson.publishers["teacher"],
        [
            rtcp.SenderReport(VIDEO_SSRC, 50 * NTP_SECOND, 9000, 1, 1),
            rtcp.SenderReport(AUDIO_SSRC, 50 * NTP_SECOND, 4800, 1, 1),
        ],
        lesson.now,
    )


def test_sound_and_picture_are_on_one_clock_at_the_subscriber() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.send_audio("teacher", 1)
    send_reports(lesson)
    lesson.pass_time(1.1)
    reports = {r.ssrc: r for r in told(lesson, "site down", rtcp.SenderReport)}
    picture, sound = (reports[down.ssrc] for down in site.sections)
    assert picture.ntp_time == sound.ntp_time
    elapsed_s = (picture.ntp_time - 50 * NTP_SECOND) / NTP_SECOND
    shift_p, shift_s = (down.rewriter.timestamp_shift for down in site.sections)
    assert picture.rtp_time - shift_p == 9000 + round(elapsed_s * 90_000)
    assert sound.rtp_time - shift_s == 4800 + round(elapsed_s * 48_000)
    assert (picture.packet_count, picture.octet_count) == (1, len(KEY))
    names = dict(told(lesson, "site down", rtcp.SourceDescription)[0].chunks)
    assert set(names.values()) == {"teacher"}


def test_no_report_before_the_publisher_has_told_its_clock() -> None:
    lesson, _ = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.pass_time(3.0)
    assert told(lesson, "site down", rtcp.SenderReport) == []


def test_nothing_is_reported_to_one_who_cannot_be_reached() -> None:
    lesson, site = lesson_with_site()
    lesson.send_audio("teacher", 1)
    send_reports(lesson)
    site.is_connected = False
    lesson.pass_time(3.0)
    assert lesson.told("site down") == []


def test_counts_go_on_over_pauses_and_include_late_packets() -> None:
    lesson, _ = lesson_with_site()
    for seq, payload in ((1, KEY), (3, DELTA), (2, DELTA)):
        lesson.send("teacher", seq, payload)
    lesson.allow({})
    lesson.send("teacher", 4, DELTA)
    lesson.allow({CAMERA: ["site"]})
    lesson.send("teacher", 5, KEY)
    send_reports(lesson)
    lesson.pass_time(1.1)
    [report] = told(lesson, "site down", rtcp.SenderReport)
    assert report.packet_count == 4
    assert report.octet_count == 4 * len(KEY)


# -- links ---------------------------------------------------------------------------


def block(ssrc: int, *, lost: int = 0, highest: int = 0, lsr: int = 0) -> rtcp.ReportBlock:
    return rtcp.ReportBlock(ssrc, 0, lost, highest, 0, lsr, 65536 // 10)


def measured(lesson: Lesson, peer: str) -> LinkMeasured:
    return [
        event
        for event in lesson.events
        if isinstance(event, LinkMeasured) and event.peer_id == peer
    ][-1]


def test_the_round_trip_is_known_from_the_echoed_report() -> None:
    lesson, site = lesson_with_site()
    lesson.publish("site")
    lesson.send("teacher", 1, KEY)
    send_reports(lesson)
    lesson.pass_time(1.0)
    [report] = told(lesson, "site down", rtcp.SenderReport)
    lesson.now += 0.3
    ssrc = site.sections[0].ssrc
    lsr = (report.ntp_time >> 16) & 0xFFFFFFFF
    lesson.say(site, rtcp.ReceiverReport(1, (block(ssrc, lsr=lsr), block(0xBAD))))
    assert site.rtt_s == pytest.approx(0.2, abs=0.001)
    lesson.say(site, rtcp.ReceiverReport(1, (block(ssrc, lsr=lsr + 1),)))
    lesson.say(site, rtcp.ReceiverReport(1, (block(site.sections[0].rtx_ssrc, lsr=lsr),)))
    assert site.rtt_s == pytest.approx(0.2, abs=0.001)
    lesson.pass_time(2.0)
    assert measured(lesson, "site").rtt_ms == pytest.approx(200, abs=1)


def test_the_round_trip_also_paces_requests_for_tracks_that_want_none() -> None:
    lesson, site = lesson_with_site()
    lesson.publish("site", camera("site", has_nack=False))
    site.rtt_s = 0.2
    lesson.say(site, rtcp.ReceiverReport(1, ()))
    assert lesson.router.tracks[track("site")].up_tracks[0].nack is None


def test_old_reports_are_not_remembered_for_ever() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    send_reports(lesson)
    lesson.pass_time(20.0)
    first = told(lesson, "site down", rtcp.SenderReport)[0]
    lsr = (first.ntp_time >> 16) & 0xFFFFFFFF
    lesson.say(site, rtcp.ReceiverReport(1, (block(site.sections[0].ssrc, lsr=lsr),)))
    assert site.rtt_s is None


def test_losses_are_told_per_direction() -> None:
    lesson, site = lesson_with_site()
    for seq in (1, 2, 4, 5):
        lesson.send("teacher", seq, KEY)
    ssrc = site.sections[0].ssrc
    for lost, highest in ((0, 100), (5, 120), (3, 110)):  # the last came late: it is older
        lesson.say(site, rtcp.ReceiverReport(1, (block(ssrc, lost=lost, highest=highest),)))
    lesson.pass_time(1.1)
    assert measured(lesson, "teacher").loss_up == pytest.approx(1 / 5)
    assert measured(lesson, "teacher").loss_down is None
    assert measured(lesson, "site").loss_down == pytest.approx(5 / 20)
    assert measured(lesson, "site").loss_up is None
    assert measured(lesson, "teacher").kbps_up > 0
    assert measured(lesson, "site").kbps_down > 0
    lesson.pass_time(1.1)
    assert measured(lesson, "site").kbps_down == 0


def test_what_a_subscriber_says_besides_is_ignored() -> None:
    lesson, site = lesson_with_site()
    lesson.say(site, rtcp.Bye((1,)), rtcp.Remb(1, 5, ()))
    assert lesson.sent == []


def test_a_subscriber_that_moved_gets_a_keyframe() -> None:
    lesson, site = lesson_with_site()
    lesson.send("teacher", 1, KEY)
    lesson.send_audio("teacher", 1)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.router.lost_everything(site, lesson.now)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1
    lesson.allow({})
    lesson.router.lost_everything(site, lesson.now)
    lesson.pass_time(1.0)
    assert lesson.count("keyframe_requests") == before + 1


def test_a_subscriber_whose_line_was_cut_gets_a_keyframe_with_the_first_it_says() -> None:
    lesson, site = lesson_with_site()
    site.steering.history.use_extension(TWCC_ID)
    lesson.send("teacher", 1, KEY)

    def arrived(number: int) -> None:
        site.steering.history.sent(1000, lesson.now)
        reference = round(lesson.now * 1000 / 64)
        lesson.say(site, rtcp.TransportFeedback(1, 2, number, number, reference, (0,)))

    for number in range(5):
        lesson.pass_time(0.5)
        arrived(number)
    lesson.pass_time(1.0)
    before = lesson.count("keyframe_requests")
    lesson.pass_time(5.0)
    arrived(5)
    lesson.pass_time(0.1)
    assert lesson.count("keyframe_requests") == before + 1


# -- evidence --------------------------------------------------------------------------


def witnessed_lesson() -> tuple[Lesson, Subscriber]:
    lesson, site = lesson_with_site()
    sound = track("teacher", Source.MICROPHONE)
    hub = frozenset({PeerId("site")})
    lesson.router.set_plan(
        {CAMERA: hub, sound: hub},
        frozenset(),
        lesson.now,
        priority={CAMERA: Priority.HUB_VIDEO, sound: Priority.HUB_AUDIO},
    )
    return lesson, site


def received(lesson: Lesson) -> dict[Source, ReceivedTrack]:
    lesson.pass_time(1.1)
    return {row.track.source: row for row in measured(lesson, "site").received}


def test_what_became_of_the_hubs_tracks_is_told_second_by_second() -> None:
    lesson, site = witnessed_lesson()
    for seq in (1, 2, 3):
        lesson.send_audio("teacher", seq)
    rows = received(lesson)
    assert (rows[Source.MICROPHONE].packets_sent, rows[Source.MICROPHONE].has_come) == (3, True)
    assert (rows[Source.CAMERA].packets_sent, rows[Source.CAMERA].has_come) == (0, False)
    assert measured(lesson, "teacher").received == ()
    ssrc = site.by_track[track("teacher", Source.MICROPHONE)].ssrc
    for lost, highest in ((0, 100), (5, 120)):
        lesson.say(site, rtcp.ReceiverReport(1, (block(ssrc, lost=lost, highest=highest),)))
    sound = received(lesson)[Source.MICROPHONE]
    assert (sound.packets_sent, sound.packets_expected, sound.packets_lost) == (0, 20, 5)
    assert not sound.has_come
    assert received(lesson)[Source.MICROPHONE].packets_expected == 0


def test_of_a_seat_on_stage_nothing_is_told_as_evidence() -> None:
    lesson, _ = lesson_with_site()
    lesson.send_audio("teacher", 1)
    assert received(lesson) == {}


def test_a_sound_that_came_and_was_not_sent_on_shows() -> None:
    lesson, site = witnessed_lesson()
    lesson.router.set_connected(site, is_connected=False, now=lesson.now)
    lesson.send_audio("teacher", 1)
    sound = received(lesson)[Source.MICROPHONE]
    assert (sound.has_come, sound.packets_sent) == (True, 0)


# -- declared lines --------------------------------------------------------------------


def declared_down(lesson: Lesson) -> float | None:
    lesson.events.clear()
    lesson.pass_time(2.0)
    measured = [event for event in lesson.events if isinstance(event, LinkMeasured)]
    return next(event.budget_down_kbps for event in measured if event.peer_id == "site")


def test_a_declared_line_is_reported_until_it_is_taken_back() -> None:
    lesson, _ = lesson_with_site()
    assert declared_down(lesson) is None
    lesson.router.set_budget(PeerId("site"), LinkBudget(down_kbps=800))
    assert declared_down(lesson) == 800
    lesson.router.set_budget(PeerId("site"), LinkBudget())
    assert declared_down(lesson) is None


@pytest.mark.parametrize("budget", [{"down_kbps": 0}, {"up_kbps": -5}])
def test_a_line_that_carries_nothing_cannot_be_declared(budget: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="more than 0 kbit/s"):
        LinkBudget(**budget)
