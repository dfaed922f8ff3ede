"""RTCP to and from subscribers: clocks, counts, round trips, losses and declared lines."""

import pytest

from media.core import rtcp
from media.core.allocation import LinkBudget, Priority
from media.core.events import LinkMeasured
from media.core.ids import PeerId, Source
from media.core.subscriber import ReceivedTrack, Subscriber
from tests.media.core.lesson import (
    AUDIO_SSRC,
    CAMERA,
    DELTA,
    KEY,
    NTP_SECOND,
    SOUND,
    VIDEO_SSRC,
    Lesson,
    camera,
    lesson_with_site,
    told,
    track,
)

# --- towards the subscriber --------------------------------------------------------------


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


# --- links -------------------------------------------------------------------------------


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


# --- evidence ----------------------------------------------------------------------------


def witnessed_lesson() -> tuple[Lesson, Subscriber]:
    lesson, site = lesson_with_site()
    sound = SOUND
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
    ssrc = site.by_track[SOUND].ssrc
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


# --- declared lines ----------------------------------------------------------------------


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
