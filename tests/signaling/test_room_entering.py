"""Who comes into a room, leaves it and returns, and what becomes of their media meanwhile."""

import pytest

from media.core.ids import PeerId
from signaling import messages as m
from signaling.effects import Admit, OpenSubscription, RemoveMedia, ReportPresence
from signaling.errors import CloseCode, SignalError
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    ALL,
    CAMERA,
    HUB,
    PAGE,
    DrivenRoom,
    admission,
    lesson_with,
    publish,
    seed,
    track,
)

# --- Entering and leaving ----------------------------------------------------------------


def test_who_enters_is_told_everything_and_the_others_that_they_came() -> None:
    room = lesson_with("a")
    room.wait(1.5)
    room.enter("b")
    (state,) = room.told("b", m.RoomState)
    assert (state.you, state.role, state.clock_ms) == ("b", m.Role.CLASSROOM, 1500)
    assert {seat.seat_id: seat.is_present for seat in state.seats} == {
        HUB: True,
        "a": True,
        "b": True,
        "c": False,
    }
    assert room.told("b", m.SeatChanged) == []
    assert [fact.seat.seat_id for fact in room.told("a", m.SeatChanged)] == ["b"]
    assert [(e.type, e.seat_id, e.clock_ms) for e in room.events()] == [
        (EventType.SEAT_JOINED, "b", 1500)
    ]


def test_a_new_connection_replaces_the_older_and_counts_once() -> None:
    room = lesson_with("a")
    room.send("a", publish(m.MediaSource.CAMERA))
    room.take(room.room.track_started("a", CAMERA, now=room.now))
    room.clear()
    room.enter("a")
    assert [(d.code, d.reason) for d in room.closed("a")] == [(CloseCode.REPLACED, "replaced")]
    assert [event.type for event in room.events()] == [
        EventType.SEAT_LEFT,
        EventType.TRACK_STOPPED,
        EventType.SEAT_JOINED,
    ]
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
    assert room.seat("a").publishing == ()
    room.wait(2)
    assert room.of(ReportPresence)[0].seat_ids == (HUB, "a")


def test_leaving_is_told_at_once_and_the_seat_stays() -> None:
    room = lesson_with("a", "b")
    room.wait(3)
    room.clear()
    room.leave("a")
    (fact,) = room.told("b", m.SeatChanged)
    assert (fact.seat.is_present, fact.seat.away_since_ms) == (False, 3000)
    assert fact.seat.link is m.Link.AWAY
    (event,) = room.events(EventType.SEAT_LEFT)
    assert event.payload == {"reason": "connection_lost"}
    assert all(PeerId("a") not in audience for audience in room.applied.audience.values())
    room.clear()
    room.leave("a")
    assert room.effects == []


def test_the_media_of_a_seat_that_left_is_removed_after_a_grace() -> None:
    room = lesson_with("a")
    room.wait(0.5)
    room.send("a", publish(m.MediaSource.CAMERA))
    room.take(room.room.track_started("a", CAMERA, now=room.now))
    room.leave("a")
    room.wait(9.9)
    assert room.of(RemoveMedia) == []
    room.wait(0.2)
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
    assert room.seat("a").publishing == ()
    assert [e.payload for e in room.events(EventType.TRACK_STOPPED)] == [{"source": "camera"}]
    room.clear()
    room.wait(60)
    assert room.of(RemoveMedia) == []


def test_a_page_that_comes_back_finds_its_media_as_it_was() -> None:
    room = lesson_with()
    room.enter("a", page=PAGE)
    room.send("a", publish(m.MediaSource.CAMERA))
    room.take(room.room.track_started("a", CAMERA, now=room.now))
    for is_noticed in (True, False):  # it may be back before the server missed it
        if is_noticed:
            room.leave("a")
            room.wait(5)
        room.clear()
        room.enter("a", page=PAGE)
        (state,) = room.told("a", m.RoomState)
        assert state.is_resumed
        assert room.seat("a").publishing == (m.MediaSource.CAMERA,)
    room.wait(60)
    assert room.of(RemoveMedia) == []
    room.clear()
    room.send("a", m.GetRoomState())
    assert not room.told("a", m.RoomState)[0].is_resumed


def test_who_will_receive_is_offered_everything_on_entering() -> None:
    room = lesson_with()
    room.enter("a", page=PAGE, receives=True)
    assert room.of(OpenSubscription) == [OpenSubscription("a", None, is_restart=False)]
    room.send("a", m.SubscribeAnswer(revision=1, sdp="v=0"))
    room.leave("a")
    room.clear()
    room.enter("a", page=PAGE, receives=True)
    assert room.of(OpenSubscription) == [OpenSubscription("a", None, is_restart=True)]
    room.clear()
    room.enter("a", page="another-page-of-it", receives=True)
    assert [type(effect) for effect in room.effects if isinstance(effect, RemoveMedia | Admit)] == [
        RemoveMedia,
        Admit,
    ]
    assert room.of(OpenSubscription) == [OpenSubscription("a", None, is_restart=False)]
    room.clear()
    room.enter("b", page=PAGE)
    assert room.of(OpenSubscription) == []


@pytest.mark.parametrize(
    ("reason", "is_awaited"), [("connection_lost", True), ("silent", True), ("left", False)]
)
def test_a_seat_whose_line_broke_is_sent_the_lesson_until_its_media_is_given_up(
    reason: str, is_awaited: bool
) -> None:
    room = lesson_with()
    room.enter(HUB)
    room.enter("a", page=PAGE, receives=True)

    def is_sent_the_lesson() -> bool:
        return "a" in room.room.plan.audience.get(track(HUB, CAMERA), frozenset())

    assert is_sent_the_lesson()
    room.clear()
    room.leave("a", reason=reason)
    assert is_sent_the_lesson() is is_awaited
    room.wait(9.9)
    assert is_sent_the_lesson() is is_awaited
    room.wait(0.2)
    assert not is_sent_the_lesson()
    assert room.applied == room.room.plan


def test_a_page_that_never_heard_that_it_starts_anew_is_told_so_again() -> None:
    """The line comes back, and the first socket breaks before its page hears of it."""
    room = lesson_with()
    room.enter("a", page=PAGE, receives=True)
    room.send("a", publish(m.MediaSource.CAMERA))
    room.leave("a", reason="silent")
    room.wait(120)
    for _ in range(2):
        room.enter("a", page=PAGE, receives=True)
        room.clear()
        room.enter("a", page=PAGE, receives=True)
        assert not room.told("a", m.RoomState)[0].is_resumed
        assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
        assert room.of(OpenSubscription) == [OpenSubscription("a", None, is_restart=False)]
    room.send("a", publish(m.MediaSource.CAMERA))
    room.clear()
    room.enter("a", page=PAGE, receives=True)
    assert room.told("a", m.RoomState)[0].is_resumed


def test_another_page_of_the_same_seat_finds_nothing_and_leaves_nobody_behind() -> None:
    for other in (None, "another-page-of-it"):
        room = lesson_with()
        room.enter("a", page=PAGE)
        room.send("a", publish(m.MediaSource.CAMERA))
        room.clear()
        room.enter("a", page=other)
        assert not room.told("a", m.RoomState)[0].is_resumed
        assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]


def test_a_page_whose_media_is_gone_begins_anew() -> None:
    room = lesson_with()
    room.enter("a", page=PAGE)
    room.send("a", publish(m.MediaSource.CAMERA))
    room.leave("a")
    room.wait(11)
    room.clear()
    room.enter("a", page=PAGE)
    assert not room.told("a", m.RoomState)[0].is_resumed


def test_the_media_of_a_seat_that_returned_is_removed_before_it_negotiates_anew() -> None:
    room = lesson_with("a")
    room.send("a", m.Subscribe())
    room.leave("a")
    room.wait(1)
    room.clear()
    room.enter("a")
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
    room.send("a", m.Subscribe())
    room.wait(30)
    assert len(room.of(RemoveMedia)) == 1


def test_a_return_restores_permissions_mute_hand_and_stage() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=ALL))
    room.send("a", m.SetMuted(source=m.MediaSource.MICROPHONE, is_muted=True))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send("a", m.RaiseHand())
    room.send("a", m.ReportHeadcount(count=23))
    room.send("a", m.SetSaving(is_saving=True))
    before, plan = room.seat("a"), room.applied
    room.leave("a")
    assert room.applied != plan
    room.wait(300)
    room.enter("a")
    assert room.seat("a") == before
    assert room.applied == plan
    assert room.stage == ("a",)
    assert room.hands == ("a",)


def test_a_name_too_long_for_a_message_is_cut_and_ends_nothing() -> None:
    room = lesson_with("a")
    long = admission("b", name="很" * 500, school="长" * 500)
    room.take(room.room.enter(long, now=room.now))
    assert room.seat("b").name == "很" * m.NAME_LENGTH
    room.send("b", m.Say(text="hello"))


def test_a_seat_in_another_role_is_refused() -> None:
    room = lesson_with("a")
    with pytest.raises(SignalError) as caught:
        room.room.enter(admission("b", role=m.Role.LECTURER), now=room.now)
    assert caught.value.code == "not_invited"


# --- The lecturer's absence --------------------------------------------------------------


def test_a_lesson_ends_when_its_lecturer_has_been_gone_for_ten_minutes() -> None:
    room = lesson_with("a")
    room.wait(1000)
    room.leave(HUB)
    room.wait(599)
    assert not room.is_over()
    room.wait(2)
    assert room.is_over()
    (ended,) = room.told("a", m.LessonEnded)
    assert ended.reason is m.EndReason.LECTURER_ABSENT
    assert room.closed("a")[0].code is CloseCode.LESSON_OVER


def test_a_lecturer_who_returns_in_time_keeps_the_lesson() -> None:
    room = lesson_with("a")
    room.leave(HUB)
    room.wait(599)
    room.enter(HUB)
    room.wait(5000)
    assert not room.is_over()


def test_a_lecturer_who_never_comes_ends_the_lesson_too() -> None:
    room = DrivenRoom(seed())
    room.enter("a")
    room.wait(601)
    assert room.is_over()


def test_the_lecturers_tracks_survive_a_broken_websocket_for_the_grace() -> None:
    room = lesson_with("a")
    room.send(HUB, publish(m.MediaSource.CAMERA))
    room.leave(HUB)
    assert room.applied.audience[track(HUB, CAMERA)] == {"a"}
    assert room.of(RemoveMedia) == []
    room.wait(11)
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == [HUB]


# --- Supervisors -------------------------------------------------------------------------


def test_a_supervisor_receives_everything_and_is_seen_by_staff_only() -> None:
    room = lesson_with("a")
    room.enter("supervisor-1")
    assert [fact.seat.seat_id for fact in room.told(HUB, m.SeatChanged)] == ["supervisor-1"]
    assert room.told("a", m.SeatChanged) == []
    assert room.applied.audience[track("a", CAMERA)] == {HUB, "supervisor-1"}
    assert "supervisor-1" in room.applied.audience[track(HUB, CAMERA)]
    (state,) = room.told("supervisor-1", m.RoomState)
    assert "supervisor-1" in {seat.seat_id for seat in state.seats}
    room.send("a", m.GetRoomState())
    (seen,) = room.told("a", m.RoomState)
    assert "supervisor-1" not in {seat.seat_id for seat in seen.seats}
    room.leave("supervisor-1")
    types = [event.type for event in room.events()]
    assert types == [EventType.SEAT_JOINED, EventType.SEAT_LEFT]
    assert room.told("a", m.SeatChanged) == []
