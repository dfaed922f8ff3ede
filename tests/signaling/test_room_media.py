"""What the media plane reports, as a room tells it."""

import pytest

from media.core.ids import PeerId, Source, TrackKey
from media.interface import (
    Direction,
    LinkBudget,
    LinkReport,
    OfferedTrack,
    PlannedTrack,
    RecordingStatus,
)
from signaling import messages as m
from signaling.effects import SetBudget, Tell
from signaling.errors import SignalError
from signaling.ports import EventType
from tests.signaling.live_rooms import HUB, DrivenRoom, admission, lesson_with

CAMERA, MICROPHONE = Source.CAMERA, Source.MICROPHONE


def report(room: DrivenRoom, seat_id: str, loss: float, *, after: float = 2.0) -> None:
    room.wait(after)
    measured = LinkReport(
        rtt_ms=123.4, loss_up=loss, loss_down=None, kbps_up=400.4, kbps_down=1999.6
    )
    room.take(room.room.link_report(seat_id, measured, now=room.now))


def status(room: DrivenRoom, *, is_healthy: bool = True, stored_s: float = 1.0) -> None:
    problem = None if is_healthy else "disk_full"
    reported = RecordingStatus(
        stored_s=stored_s, bytes_stored=1, is_healthy=is_healthy, problem=problem
    )
    room.take(room.room.recording_status(reported, now=room.now))


def test_an_offer_reaches_its_seat_with_names_for_its_tracks() -> None:
    room = lesson_with("a")
    tracks = (OfferedTrack("0", TrackKey(PeerId(HUB), CAMERA)),)

    def offer() -> None:
        effects = room.room.subscriber_offer(
            "a", revision=3, sdp="v=0", tracks=tracks, now=room.now
        )
        room.take(effects)

    offer()
    (told,) = room.of(Tell)
    assert told.seat_ids == ("a",)
    assert told.message == m.SubscribeOffer(
        revision=3,
        sdp="v=0",
        tracks=(m.TrackRef(mid="0", seat_id=HUB, source=m.MediaSource.CAMERA),),
    )
    room.leave("a")
    room.clear()
    offer()
    assert room.effects == []


def test_a_seat_publishes_what_has_come_until_it_is_offered_no_more() -> None:
    room = lesson_with("a")
    for source in (CAMERA, MICROPHONE):
        room.take(room.room.track_started("a", source, now=room.now))
    assert room.seat("a").publishing == (m.MediaSource.CAMERA, m.MediaSource.MICROPHONE)
    room.clear()
    both = (m.MediaSource.CAMERA, m.MediaSource.MICROPHONE)
    room.take(room.room.published("a", both, now=room.now))
    assert room.effects == []
    room.take(room.room.published("a", (m.MediaSource.MICROPHONE,), now=room.now))
    assert room.seat("a").publishing == (m.MediaSource.MICROPHONE,)
    assert [event.payload for event in room.events(EventType.TRACK_STOPPED)] == [
        {"source": "camera"}
    ]


def test_only_sound_comes_when_the_camera_is_still_and_not_muted() -> None:
    room = lesson_with("a")
    for source in (CAMERA, MICROPHONE):
        room.take(room.room.track_started("a", source, now=room.now))
    room.take(room.room.track_flow("a", CAMERA, is_stalled=True, now=room.now))
    assert room.seat("a").link is m.Link.SOUND_ONLY
    room.send("a", m.SetMuted(source=m.MediaSource.CAMERA, is_muted=True))
    assert room.seat("a").link is m.Link.UNKNOWN
    room.send("a", m.SetMuted(source=m.MediaSource.CAMERA, is_muted=False))
    room.take(room.room.track_flow("a", MICROPHONE, is_stalled=True, now=room.now))
    assert room.seat("a").link is m.Link.UNKNOWN
    room.take(room.room.track_flow("a", MICROPHONE, is_stalled=False, now=room.now))
    room.take(room.room.track_flow("a", CAMERA, is_stalled=False, now=room.now))
    assert room.seat("a").link is m.Link.UNKNOWN
    words = [event.payload["link"] for event in room.events(EventType.LINK_CHANGED)]
    assert words == ["sound_only", "unknown", "sound_only", "unknown"]


def test_a_still_track_is_told_to_everybody_once_and_again_when_it_flows() -> None:
    room = lesson_with("a", "b")
    room.take(room.room.track_started("a", CAMERA, now=room.now))
    room.clear()
    for is_stalled in (True, True, False, False):
        room.take(room.room.track_flow("a", CAMERA, is_stalled=is_stalled, now=room.now))
    told = [fact.seat.stalled for fact in room.told("b", m.SeatChanged)]
    assert told == [(m.MediaSource.CAMERA,), ()]
    assert room.events() == []


def test_a_track_that_is_published_no_more_is_not_told_as_still() -> None:
    room = lesson_with("a")
    room.take(room.room.track_started("a", CAMERA, now=room.now))
    room.take(room.room.track_flow("a", CAMERA, is_stalled=True, now=room.now))
    room.take(room.room.published("a", [m.MediaSource.MICROPHONE], now=room.now))
    assert room.seat("a").stalled == ()


def test_a_lines_word_is_an_event_and_told_to_all_its_figures_to_staff_and_itself() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    report(room, "a", 0.0)
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.rtt_ms, fact.loss_up_percent, fact.loss_down_percent) == (123, 0.0, None)
    assert (fact.kbps_up, fact.kbps_down, fact.link) == (400, 2000, m.Link.GOOD)
    assert len(room.told(HUB, m.LinkMeasured)) == len(room.told("supervisor-1", m.LinkMeasured))
    assert room.told("b", m.LinkMeasured) == []
    assert room.told("b", m.SeatChanged)[-1].seat.link is m.Link.GOOD
    (event,) = room.events(EventType.LINK_CHANGED)
    assert event.payload["before"] == "unknown"
    room.clear()
    report(room, "a", 0.0)
    assert room.told("b", m.SeatChanged) == []
    assert room.events() == []


def test_what_is_wanted_of_a_seats_layers_is_told_to_it_alone_and_again_when_it_returns() -> None:
    room = lesson_with("b")
    room.enter("a", page="the-page-of-a-classroom")
    room.send("a", m.Publish(sdp="offer", sources={"0": m.MediaSource.CAMERA}, ref=1))
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"h", "f"}), now=room.now))
    (fact,) = room.told("a", m.LayersWanted)
    assert (fact.source, fact.rids) == (m.MediaSource.CAMERA, ("f", "h"))
    assert room.told(HUB, m.LayersWanted) == room.told("b", m.LayersWanted) == []
    room.leave("a")
    room.clear()
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"h"}), now=room.now))
    assert room.told("a", m.LayersWanted) == []
    room.enter("a", page="the-page-of-a-classroom")
    (fact,) = room.told("a", m.LayersWanted)
    assert fact.rids == ("h",)


def test_what_was_wanted_of_media_that_is_gone_is_forgotten() -> None:
    room = lesson_with("a")
    room.send("a", m.Publish(sdp="offer", sources={"0": m.MediaSource.CAMERA}, ref=1))
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"q"}), now=room.now))
    room.leave("a")
    room.clear()
    room.enter("a")
    assert room.told("a", m.LayersWanted) == []


def test_the_lecturers_own_line_is_told_once_to_the_lecturer() -> None:
    room = lesson_with("a")
    report(room, HUB, 0.0)
    (tell,) = [t for t in room.of(Tell) if isinstance(t.message, m.LinkMeasured)]
    assert tell.seat_ids == (HUB,)


def hear_echo(room: DrivenRoom, seat_id: str, *, is_echoing: bool = True) -> None:
    room.take(room.room.echo(seat_id, is_echoing=is_echoing, now=room.now))


def test_an_echo_is_shown_to_all_and_written_down_once() -> None:
    room = lesson_with("a", "b")
    for is_echoing in (True, True, False, False):
        hear_echo(room, "a", is_echoing=is_echoing)
    assert [fact.seat.is_echoing for fact in room.told("b", m.SeatChanged)] == [True, False]
    assert [(event.type, event.seat_id) for event in room.events()] == [
        (EventType.ECHO_DETECTED, "a"),
        (EventType.ECHO_CLEARED, "a"),
    ]


def test_the_lecturer_silences_an_echo_and_nobody_else_does() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    hear_echo(room, "a")
    microphone = TrackKey(PeerId("a"), MICROPHONE)
    assert room.room.plan.audience[microphone] == {HUB, "b"}
    silenced = room.seat("a").permissions.model_copy(update={"audio": False})
    for seat_id in ("a", "b"):
        with pytest.raises(SignalError) as refused:
            room.send(seat_id, m.SetPermissions(seat_id="a", permissions=silenced))
        assert refused.value.code == "not_allowed"
    assert microphone in room.room.plan.audience
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=silenced))
    assert microphone not in room.room.plan.audience
    assert microphone not in room.room.plan.recorded
    room.leave("a")
    room.enter("a")
    assert microphone not in room.room.plan.audience
    heard = silenced.model_copy(update={"audio": True})
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=heard))
    assert room.room.plan.audience[microphone] == {HUB, "b"}


def test_figures_are_told_at_most_every_two_seconds_on_average() -> None:
    room = lesson_with("a")
    for _ in range(40):
        report(room, "a", 0.0, after=0.5)
    assert len(room.told(HUB, m.LinkMeasured)) <= 2 + 20 // 2


def test_the_line_of_an_absent_seat_is_away_and_then_measured_anew() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.5)
    assert room.seat("a").link is m.Link.WEAK
    room.leave("a")
    room.clear()
    report(room, "a", 0.0)
    assert room.told(HUB, m.LinkMeasured) == []
    assert room.seat("a").link is m.Link.AWAY
    room.enter("a")
    assert room.seat("a").link is m.Link.UNKNOWN


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("before", range(1, 8))
def test_the_teacher_hears_of_a_bad_leg_within_three_reports_of_its_beginning(
    before: int, phase: float
) -> None:
    """Reports come every second, and the first may lie half before the trouble: 3 s at most.

    However the pace of figures stands at that moment: news do not wait for it.
    """
    room = lesson_with("a", "b", "supervisor-1")
    room.wait(phase)
    for _ in range(before):
        for seat_id in ("a", "b"):
            report(room, seat_id, 0.0, after=0.5)
    room.clear()
    heard: list[m.LinkMeasured] = []
    for reports in range(1, 4):
        report(room, "b", 0.0, after=0.5)
        report(room, "a", 0.05 if reports == 1 else 0.12, after=0.5)
        told = [fact for fact in room.told(HUB, m.LinkMeasured) if fact.cause is not None]
        heard = told or heard
    (fact,) = heard
    assert (fact.seat_id, fact.cause, fact.bad_leg) == ("a", m.LinkCause.LOSS_UP, m.Leg.UP)
    assert (fact.link, fact.loss_up_percent) == (m.Link.WEAK, 12.0)
    for receiver in ("a", "supervisor-1"):
        assert fact in room.told(receiver, m.LinkMeasured)
    assert room.told("b", m.LinkMeasured) == [
        each for each in room.told(HUB, m.LinkMeasured) if each.seat_id == "b"
    ]
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["cause"], event.payload["leg"]) == ("loss_up", "up")


def test_the_end_of_a_trouble_is_told_at_once_too() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.2, after=1.0)
    for _ in range(4):
        report(room, "a", 0.0, after=1.0)
    room.clear()
    report(room, "a", 0.0, after=1.0)
    (fact,) = room.told(HUB, m.LinkMeasured)
    assert (fact.cause, fact.bad_leg, fact.link) == (None, None, m.Link.GOOD)
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["before"], event.payload["cause"]) == ("weak", None)


def test_of_a_seat_that_is_away_nothing_is_told_of_its_line() -> None:
    room = lesson_with("a")
    room.leave("a")
    room.clear()
    room.take(room.room.peer_silence("a", Direction.PUBLISH, is_silent=True, now=room.now))
    assert room.effects == []


def test_a_change_of_cause_is_news_though_the_word_stays() -> None:
    room = lesson_with("a")
    for _ in range(2):
        report(room, "a", 0.2)
    room.clear()
    room.take(room.room.peer_silence("a", Direction.PUBLISH, is_silent=True, now=room.now))
    (fact,) = room.told(HUB, m.LinkMeasured)
    assert (fact.cause, fact.bad_leg, fact.link) == (m.LinkCause.SILENT, m.Leg.UP, m.Link.WEAK)
    assert room.told("a", m.SeatChanged) == []
    (event,) = room.events(EventType.LINK_CHANGED)
    assert (event.payload["link"], event.payload["before"]) == ("weak", "weak")


def test_what_the_hub_loses_is_named_at_the_hub() -> None:
    room = lesson_with("a", "b")

    def measure(loss_up: float, loss_down: float) -> None:
        room.wait(1)
        for seat_id in (HUB, "a", "b"):
            is_hub = seat_id == HUB
            measured = LinkReport(
                rtt_ms=50,
                loss_up=loss_up if is_hub else 0.0,
                loss_down=0.0 if is_hub else loss_down,
                kbps_up=1,
                kbps_down=1,
            )
            room.take(room.room.link_report(seat_id, measured, now=room.now))

    for _ in range(3):
        measure(0.0, 0.0)
    room.clear()
    for _ in range(3):
        measure(0.15, 0.12)
    causes = {fact.seat_id: fact.cause for fact in room.told(HUB, m.LinkMeasured) if fact.cause}
    assert causes == {HUB: m.LinkCause.LOSS_UP, "a": m.LinkCause.HUB_UP, "b": m.LinkCause.HUB_UP}


def test_a_loss_that_is_not_reported_every_second_stands_as_last_measured() -> None:
    room = lesson_with("a")
    report(room, "a", 0.02)
    measured = LinkReport(rtt_ms=50, loss_up=None, loss_down=None, kbps_up=1, kbps_down=1)
    room.wait(5)
    room.take(room.room.link_report("a", measured, now=room.now))
    figures = [(f.loss_up_percent, f.loss_down_percent) for f in room.told("a", m.LinkMeasured)]
    assert figures == [(2.0, None), (2.0, None)]


def test_a_camera_fallen_silent_is_a_narrow_way_up() -> None:
    room = lesson_with("a")
    for source in (CAMERA, MICROPHONE):
        room.take(room.room.track_started("a", source, now=room.now))
    room.take(room.room.track_flow("a", CAMERA, is_stalled=True, now=room.now))
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.cause, fact.bad_leg) == (m.LinkCause.NARROW_UP, m.Leg.UP)
    assert (fact.rtt_ms, fact.loss_down_percent, fact.kbps_up, fact.plan) == (None, None, 0, ())
    # What explains it on the same leg goes before it; trouble of the other leg does not.
    for loss_up, loss_down, cause in ((0.0, 0.2, "narrow_up"), (0.5, 0.2, "loss_up")):
        measured = LinkReport(
            rtt_ms=50, loss_up=loss_up, loss_down=loss_down, kbps_up=1, kbps_down=1
        )
        for _ in range(3):
            room.wait(1)
            room.take(room.room.link_report("a", measured, now=room.now))
        assert room.told("a", m.LinkMeasured)[-1].cause == cause
    assert room.seat("a").link is m.Link.SOUND_ONLY


def test_the_figures_carry_the_estimate_what_was_declared_and_the_plan() -> None:
    room = lesson_with()
    line = admission("a", budget_down_kbps=512, budget_up_kbps=256)
    room.take(room.room.enter(line, now=room.now))
    measured = LinkReport(
        rtt_ms=None,
        loss_up=None,
        loss_down=None,
        kbps_up=1,
        kbps_down=1,
        estimate_down_kbps=480.4,
        plan=(
            PlannedTrack(TrackKey(PeerId(HUB), MICROPHONE), 0, 0, 40.2),
            PlannedTrack(TrackKey(PeerId(HUB), CAMERA), None, 2, 0.0),
        ),
    )
    room.take(room.room.link_report("a", measured, now=room.now))
    (fact,) = room.told("a", m.LinkMeasured)
    assert (fact.estimate_down_kbps, fact.budget_down_kbps, fact.budget_up_kbps) == (480, 512, 256)
    assert fact.plan == (
        m.PlannedTrack(seat_id=HUB, source=m.MediaSource.MICROPHONE, layer=0, top_layer=0, kbps=40),
        m.PlannedTrack(seat_id=HUB, source=m.MediaSource.CAMERA, layer=None, top_layer=2, kbps=0),
    )


def test_silence_shows_a_weak_line_until_it_is_heard() -> None:
    room = lesson_with("a")
    report(room, "a", 0.0)
    publishing = Direction.PUBLISH
    room.take(room.room.peer_silence("a", publishing, is_silent=True, now=room.now))
    assert room.seat("a").link is m.Link.WEAK
    room.take(room.room.peer_silence("a", publishing, is_silent=False, now=room.now))
    assert room.seat("a").link is m.Link.GOOD


def test_the_recording_light_tells_trouble_at_once_and_progress_now_and_then() -> None:
    room = lesson_with("a")
    room.take(room.room.recording_started(now=room.now))
    assert room.told("a", m.RecordingChanged)[-1].recording.is_recording
    room.clear()
    for second in range(1, 11):
        room.wait(1)
        status(room, stored_s=second)
    assert [f.recording.stored_s for f in room.told("a", m.RecordingChanged)] == [5, 10]
    room.clear()
    status(room, is_healthy=False)
    light = room.told("a", m.RecordingChanged)[-1].recording
    assert (light.is_healthy, light.problem) == (False, "disk_full")
    status(room, is_healthy=False)
    assert len(room.told("a", m.RecordingChanged)) == 1
    status(room)
    types = [event.type for event in room.events()]
    assert types == [EventType.RECORDING_FAILED, EventType.RECORDING_RECOVERED]
    assert not room.is_over()


def test_a_recording_that_does_not_start_is_shown_and_the_lesson_goes_on() -> None:
    room = lesson_with("a")
    room.take(room.room.recording_refused("io_error", now=room.now))
    light = room.told("a", m.RecordingChanged)[-1].recording
    assert light == m.RecordingLight(
        is_recording=False, is_healthy=False, stored_s=0.0, problem="io_error"
    )
    room.clear()
    room.send(HUB, m.EndLesson())
    assert EventType.RECORDING_STOPPED not in {event.type for event in room.events()}


def test_a_status_after_the_end_is_not_news() -> None:
    room = lesson_with("a")
    room.send(HUB, m.EndLesson())
    room.clear()
    status(room, is_healthy=False)
    assert room.effects == []


@pytest.mark.parametrize("seat_id", [HUB, "a"])
def test_a_track_that_starts_again_is_not_still(seat_id: str) -> None:
    room = lesson_with("a")
    for source in (CAMERA, MICROPHONE):
        room.take(room.room.track_started(seat_id, source, now=room.now))
    room.take(room.room.track_flow(seat_id, CAMERA, is_stalled=True, now=room.now))
    room.take(room.room.track_started(seat_id, CAMERA, now=room.now))
    assert room.seat(seat_id).link is m.Link.UNKNOWN


def test_the_media_plane_is_told_each_time_what_a_line_is_declared_to_carry() -> None:
    room = lesson_with()
    line = admission("a", budget_down_kbps=4000, budget_up_kbps=1000)
    room.take(room.room.enter(line, now=room.now))
    room.leave("a")
    room.take(room.room.declare_line("a", LinkBudget(2000, None), now=room.now))
    room.take(room.room.enter(admission("a"), now=room.now))
    assert room.of(SetBudget) == [
        SetBudget("a", LinkBudget(4000, 1000)),
        SetBudget("a", LinkBudget(2000, None)),
        SetBudget("a", LinkBudget(None, None)),
    ]


def test_the_line_of_whoever_has_no_seat_here_is_nobodys_business() -> None:
    room = lesson_with("a")
    room.take(room.room.declare_line("z", LinkBudget(2000, None), now=room.now))
    room.send(HUB, m.EndLesson())
    room.clear()
    room.take(room.room.declare_line("a", LinkBudget(2000, None), now=room.now))
    assert room.of(SetBudget) == []
