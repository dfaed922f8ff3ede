"""What the media plane reports of tracks, echoes and the recording, as a room tells it."""

import pytest

from media.interface import OfferedTrack, RecordingStatus
from signaling import messages as m
from signaling.effects import Tell
from signaling.errors import SignalError
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    CAMERA,
    HUB,
    MICROPHONE,
    OFFER,
    PAGE,
    DrivenRoom,
    lesson_with,
    publish,
    track,
)


def status(room: DrivenRoom, *, is_healthy: bool = True, stored_s: float = 1.0) -> None:
    problem = None if is_healthy else "disk_full"
    reported = RecordingStatus(
        stored_s=stored_s, bytes_stored=1, is_healthy=is_healthy, problem=problem
    )
    room.take(room.room.recording_status(reported, now=room.now))


def test_an_offer_reaches_its_seat_with_names_for_its_tracks() -> None:
    room = lesson_with("a")
    tracks = (OfferedTrack("0", track(HUB, CAMERA)),)

    def offer() -> None:
        effects = room.room.subscriber_offer(
            "a", revision=3, sdp=OFFER, tracks=tracks, now=room.now
        )
        room.take(effects)

    offer()
    (told,) = room.of(Tell)
    assert told.seat_ids == ("a",)
    assert told.message == m.SubscribeOffer(
        revision=3,
        sdp=OFFER,
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


def test_what_is_wanted_of_a_seats_layers_is_told_to_it_alone_and_again_when_it_returns() -> None:
    room = lesson_with("b")
    room.enter("a", page=PAGE)
    room.ask("a", publish(m.MediaSource.CAMERA))
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"h", "f"}), now=room.now))
    (fact,) = room.told("a", m.LayersWanted)
    assert (fact.source, fact.rids) == (m.MediaSource.CAMERA, ("f", "h"))
    assert room.told(HUB, m.LayersWanted) == room.told("b", m.LayersWanted) == []
    room.leave("a")
    room.clear()
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"h"}), now=room.now))
    assert room.told("a", m.LayersWanted) == []
    room.enter("a", page=PAGE)
    (fact,) = room.told("a", m.LayersWanted)
    assert fact.rids == ("h",)


def test_what_was_wanted_of_media_that_is_gone_is_forgotten() -> None:
    room = lesson_with("a")
    room.ask("a", publish(m.MediaSource.CAMERA))
    room.take(room.room.layers_wanted("a", CAMERA, frozenset({"q"}), now=room.now))
    room.leave("a")
    room.clear()
    room.enter("a")
    assert room.told("a", m.LayersWanted) == []


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
    microphone = track("a", MICROPHONE)
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
