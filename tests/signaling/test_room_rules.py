"""The rules of a room, one behaviour each: a command in, facts, events and a plan out."""

import json
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from media.core.ids import PeerId, Source, TrackKey
from media.interface import ForwardingPlan
from signaling import messages as m
from signaling.commands import MAY_SEND
from signaling.config import RoomConfig
from signaling.effects import (
    AcceptAnswer,
    AcceptOffer,
    Admit,
    ApplyPlan,
    Disconnect,
    FinishLesson,
    OpenSubscription,
    RemoveMedia,
    ReportPresence,
    SaveState,
    StartRecording,
    Tell,
)
from signaling.errors import CloseCode, SignalError
from signaling.participant import DEFAULT_PERMISSIONS
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    ALL,
    HUB,
    NONE,
    DrivenRoom,
    admission,
    lesson,
    lesson_with,
    seed,
)

CAMERA, MICROPHONE, SCREEN = Source.CAMERA, Source.MICROPHONE, Source.SCREEN
OFFER = "v=0"
PAGE = "the-page-of-a-classroom"


def track(seat_id: str, source: Source) -> TrackKey:
    return TrackKey(PeerId(seat_id), source)


def refused(room: DrivenRoom, seat_id: str, command: m.AnyClientMessage) -> str:
    """Return the code a command is refused with; a refusal changes nothing."""
    room.clear()
    before = room.room.summary(now=room.now)
    with pytest.raises(SignalError) as caught:
        room.send(seat_id, command)
    assert room.room.summary(now=room.now) == before
    room.take(room.room.leave("c", reason="nobody", now=room.now))
    assert room.effects == []
    return caught.value.code


def publish(*sources: m.MediaSource) -> m.Publish:
    return m.Publish(sdp=OFFER, sources={str(mid): source for mid, source in enumerate(sources)})


# --- Opening ----------------------------------------------------------------------------


def test_a_new_room_records_from_its_first_moment() -> None:
    room = DrivenRoom(seed(elapsed_s=2.5))
    (start,) = room.of(StartRecording)
    assert start.offset_s == 2.5
    assert [event.type for event in room.events()] == [EventType.LESSON_STARTED]
    assert room.events()[0].clock_ms == 2500
    assert track(HUB, CAMERA) in room.applied.recorded


@pytest.mark.parametrize(
    "changes", [{"recording_folder": None}, {"lesson": lesson(is_recorded=False)}]
)
def test_a_lesson_that_is_not_recorded_records_nothing(changes: dict[str, Any]) -> None:
    room = DrivenRoom(seed(**changes))
    room.enter(HUB, "a")
    assert room.of(StartRecording) == []
    assert room.applied.recorded == frozenset()


def test_invited_seats_are_shown_before_they_come() -> None:
    room = DrivenRoom(seed())
    seat = room.seat("a")
    assert not seat.is_present
    assert seat.away_since_ms is None
    assert seat.link is m.Link.AWAY
    assert seat.permissions == DEFAULT_PERMISSIONS


def test_a_class_default_may_come_with_the_seed() -> None:
    room = DrivenRoom(seed(class_permissions=NONE))
    assert room.seat("a").permissions == NONE


# --- Entering and leaving ---------------------------------------------------------------


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
        hub_camera = TrackKey(PeerId(HUB), Source.CAMERA)
        return "a" in room.room.plan.audience.get(hub_camera, frozenset())

    assert is_sent_the_lesson()
    room.clear()
    room.leave("a", reason=reason)
    assert is_sent_the_lesson() is is_awaited
    room.wait(9.9)
    assert is_sent_the_lesson() is is_awaited
    room.wait(0.2)
    assert not is_sent_the_lesson()
    assert room.applied == room.room.plan


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


def test_a_restart_restores_the_room_from_what_was_saved() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    room.send(HUB, m.SetStageLimit(limit=2))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send(HUB, m.SetPermissions(seat_id="b", permissions=NONE))
    room.send(HUB, m.Say(text="开始"))
    room.send("b", m.RaiseHand())
    room.send("b", m.SendQuickMessage(kind=m.QuickMessageKind.CANNOT_HEAR))
    room.send("b", m.ReportHeadcount(count=9))
    room.send("b", m.SetSaving(is_saving=True))
    room.send("a", m.SetMuted(source=m.MediaSource.CAMERA, is_muted=True))
    room.send(HUB, m.Eject(seat_id="c", is_blocked=True))
    room.send(HUB, m.PauseAll())
    room.wait(5)
    again = room.restart()
    assert again.events(EventType.LESSON_STARTED) == []
    assert again.seat("a").away_since_ms == 5000
    assert again.seat("c").is_blocked
    with pytest.raises(SignalError, match="put this seat out"):
        again.enter("c")
    again.enter(HUB, "a", "b", "supervisor-1")
    for seat_id in (HUB, "a", "b", "supervisor-1"):
        assert again.seat(seat_id) == room.seat(seat_id)
    assert again.applied == room.applied
    again.send(HUB, m.RestoreAll())
    room.send(HUB, m.RestoreAll())
    assert again.applied == room.applied
    (state,) = again.told(HUB, m.RoomState)
    assert [line.text for line in state.chat] == ["开始"]
    assert [(sent.seat_id, sent.kind) for sent in state.quick_messages] == [("b", "cannot_hear")]


def test_a_state_saved_before_quick_messages_were_is_read() -> None:
    room = lesson_with("a")
    room.send("a", m.SendQuickMessage(kind=m.QuickMessageKind.CANNOT_HEAR))
    assert room.saved is not None
    state = {key: kept for key, kept in room.saved.state.items() if key != "quick_messages"}
    again = DrivenRoom(seed(saved_state=state))
    again.enter(HUB)
    assert again.told(HUB, m.RoomState)[0].quick_messages == ()


def test_a_saved_state_that_does_not_read_stops_the_opening() -> None:
    with pytest.raises(ValidationError):
        DrivenRoom(seed(saved_state={"version": 1, "is_paused": True}))


def test_a_seat_that_was_not_invited_by_the_seed_is_not_recorded_on_picture() -> None:
    room = lesson_with("a")
    room.enter("late")
    room.send(HUB, m.InviteToStage(seat_id="late"))
    assert track("late", CAMERA) in room.applied.audience
    assert track("late", CAMERA) not in room.applied.recorded
    assert track("late", MICROPHONE) in room.applied.recorded


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


def test_state_is_saved_only_when_it_changed() -> None:
    room = lesson_with("a")
    room.send("a", m.Ping())
    room.send("a", m.GetRoomState())
    room.wait(8)
    assert room.of(SaveState) == []
    room.send("a", m.RaiseHand())
    assert len(room.of(SaveState)) == 1


# --- The lecturer's absence -------------------------------------------------------------


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


# --- Who may send what ------------------------------------------------------------------


def test_every_command_has_its_roles() -> None:
    assert set(MAY_SEND) == set(get_args(m.AnyClientMessage))


SAMPLES: dict[type[m.Command], m.AnyClientMessage] = {
    m.GetRoomState: m.GetRoomState(),
    m.Publish: publish(m.MediaSource.CAMERA),
    m.Subscribe: m.Subscribe(),
    m.SubscribeAnswer: m.SubscribeAnswer(revision=1, sdp=OFFER),
    m.SetMuted: m.SetMuted(source=m.MediaSource.CAMERA, is_muted=True),
    m.RaiseHand: m.RaiseHand(),
    m.LowerHand: m.LowerHand(),
    m.InviteToStage: m.InviteToStage(seat_id="a"),
    m.LeaveStage: m.LeaveStage(),
    m.SetStageLimit: m.SetStageLimit(limit=2),
    m.SetPermissions: m.SetPermissions(seat_id=None, permissions=NONE),
    m.PauseAll: m.PauseAll(),
    m.RestoreAll: m.RestoreAll(),
    m.EndLesson: m.EndLesson(),
    m.ShutDown: m.ShutDown(reason="fire"),
    m.Eject: m.Eject(seat_id="a"),
    m.Unblock: m.Unblock(seat_id="a"),
    m.Say: m.Say(text="hello"),
    m.SendQuickMessage: m.SendQuickMessage(kind=m.QuickMessageKind.NEED_HELP),
    m.SetSaving: m.SetSaving(is_saving=True),
    m.ReportHeadcount: m.ReportHeadcount(count=1),
    m.Ping: m.Ping(),
}
SENDERS = {m.Role.LECTURER: HUB, m.Role.CLASSROOM: "b", m.Role.SUPERVISOR: "supervisor-1"}


@pytest.mark.parametrize("command", SAMPLES.values(), ids=lambda command: command.type)
@pytest.mark.parametrize("role", m.Role)
def test_a_command_of_the_wrong_role_is_not_allowed(
    role: m.Role, command: m.AnyClientMessage
) -> None:
    room = lesson_with("a", "b", "supervisor-1")
    if role in MAY_SEND[type(command)]:
        return
    assert refused(room, SENDERS[role], command) == "not_allowed"


@pytest.mark.parametrize(
    "command",
    [
        m.SetStageLimit(limit=2),
        m.PauseAll(),
        m.RestoreAll(),
        m.InviteToStage(seat_id="a"),
        m.Say(text="hello"),
    ],
    ids=lambda command: command.type,
)
def test_a_command_with_a_ref_is_acknowledged_once(command: m.AnyClientMessage) -> None:
    room = lesson_with("a")
    ref = room.ask(HUB, command)
    assert [done.ref for done in room.told(HUB, m.Done)] == [ref]


def test_a_command_without_a_ref_is_not_acknowledged() -> None:
    room = lesson_with("a")
    room.send("a", m.RaiseHand())
    assert room.told("a", m.Done) == []


def test_ping_and_get_room_state_are_answered_in_kind() -> None:
    room = lesson_with("a")
    room.wait(0.25)
    ref = room.ask("a", m.Ping())
    assert room.told("a", m.Pong) == [m.Pong(ref=ref, clock_ms=250)]
    room.ask("a", m.GetRoomState())
    assert len(room.told("a", m.RoomState)) == 1
    assert room.told("a", m.Done) == []


def test_get_room_state_is_bounded() -> None:
    room = lesson_with("a")
    for _ in range(10):
        room.send("a", m.GetRoomState())
    assert refused(room, "a", m.GetRoomState()) == "too_fast"


# --- Hands ------------------------------------------------------------------------------


def test_hands_queue_in_the_order_they_went_up() -> None:
    room = lesson_with("a", "b")
    room.send("b", m.RaiseHand())
    room.wait(0.1)
    room.send("a", m.RaiseHand())
    room.send("b", m.RaiseHand())
    assert room.hands == ("b", "a")
    assert room.told(HUB, m.HandsChanged)[-1].hands == ("b", "a")
    assert room.seat("a").hand_raised_at_ms == 100
    assert [e.seat_id for e in room.events(EventType.HAND_RAISED)] == ["b", "a"]


def test_a_hand_is_lowered_by_its_owner_or_the_lecturer() -> None:
    room = lesson_with("a", "b")
    room.send("a", m.RaiseHand())
    room.send("b", m.RaiseHand())
    assert refused(room, "a", m.LowerHand(seat_id="b")) == "not_allowed"
    room.send("a", m.LowerHand())
    room.send(HUB, m.LowerHand(seat_id="b"))
    assert room.hands == ()
    assert [(e.seat_id, e.actor) for e in room.events(EventType.HAND_LOWERED)] == [
        ("a", "a"),
        ("b", HUB),
    ]
    room.clear()
    room.send("a", m.LowerHand(seat_id="a"))
    assert room.effects == []


def test_hands_up_and_down_are_bounded() -> None:
    room = lesson_with("a")
    for _ in range(5):
        room.send("a", m.RaiseHand())
        room.send("a", m.LowerHand())
    assert refused(room, "a", m.RaiseHand()) == "too_fast"
    room.wait(1)
    room.send("a", m.RaiseHand())


# --- The stage --------------------------------------------------------------------------


def test_on_stage_everybody_sees_and_hears() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    assert room.applied.audience[track("a", CAMERA)] == {HUB, "supervisor-1"}
    assert track("a", MICROPHONE) not in room.applied.audience
    room.send("a", m.RaiseHand())
    room.clear()
    room.send(HUB, m.InviteToStage(seat_id="a"))
    everybody = {HUB, "b", "supervisor-1"}
    assert room.applied.audience[track("a", CAMERA)] == everybody
    assert room.applied.audience[track("a", MICROPHONE)] == everybody
    assert track("a", SCREEN) not in room.applied.audience
    assert room.hands == ()
    assert room.told("b", m.StageChanged)[-1].stage == ("a",)
    assert room.seat("a").is_on_stage
    assert [e.type for e in room.events()] == [EventType.HAND_LOWERED, EventType.STAGE_GRANTED]


def test_the_plan_is_applied_before_anybody_is_told() -> None:
    room = lesson_with("a")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    assert isinstance(room.effects[0], ApplyPlan)
    room.clear()
    room.send(HUB, m.PauseAll())
    assert isinstance(room.effects[0], ApplyPlan)
    room.clear()
    room.leave("a")
    assert isinstance(room.effects[0], ApplyPlan)


def test_with_one_place_on_stage_the_next_replaces() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.clear()
    room.send(HUB, m.InviteToStage(seat_id="b"))
    assert room.stage == ("b",)
    (event,) = room.events(EventType.STAGE_RELEASED)
    assert (event.seat_id, event.payload) == ("a", {"reason": "replaced"})
    assert not room.told("a", m.SeatChanged)[0].seat.is_on_stage


def test_with_more_places_a_full_stage_refuses_unless_one_is_away() -> None:
    room = lesson_with("a", "b", "c")
    room.send(HUB, m.SetStageLimit(limit=2))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send(HUB, m.InviteToStage(seat_id="b"))
    with pytest.raises(SignalError) as caught:
        room.send(HUB, m.InviteToStage(seat_id="c"))
    assert caught.value.code == "stage_full"
    room.leave("b")
    room.send(HUB, m.InviteToStage(seat_id="c"))
    assert room.stage == ("a", "c")


def test_an_absent_or_unknown_seat_or_one_that_is_no_classroom_is_not_invited() -> None:
    room = lesson_with("a", "supervisor-1")
    assert refused(room, HUB, m.InviteToStage(seat_id="b")) == "seat_absent"
    assert refused(room, HUB, m.InviteToStage(seat_id="nobody")) == "no_such_seat"
    assert refused(room, HUB, m.InviteToStage(seat_id="supervisor-1")) == "not_allowed"
    assert refused(room, HUB, m.InviteToStage(seat_id=HUB)) == "not_allowed"


def test_inviting_twice_changes_nothing() -> None:
    room = lesson_with("a")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.clear()
    room.send(HUB, m.InviteToStage(seat_id="a"))
    assert room.effects == []


def test_the_stage_is_left_by_its_seat_or_at_the_lecturers_word() -> None:
    room = lesson_with("a", "b")
    assert refused(room, "a", m.LeaveStage()) == "not_on_stage"
    room.send(HUB, m.InviteToStage(seat_id="a"))
    assert refused(room, "b", m.LeaveStage(seat_id="a")) == "not_allowed"
    room.send("a", m.LeaveStage())
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send(HUB, m.LeaveStage(seat_id="a"))
    assert room.stage == ()
    reasons = [e.payload["reason"] for e in room.events(EventType.STAGE_RELEASED)]
    assert reasons == ["left", "taken_off"]
    assert track("a", MICROPHONE) not in room.applied.audience


def test_a_smaller_stage_sends_the_longest_there_down() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetStageLimit(limit=2))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send(HUB, m.InviteToStage(seat_id="b"))
    room.clear()
    room.send(HUB, m.SetStageLimit(limit=1))
    assert room.stage == ("b",)
    assert [e.payload for e in room.events(EventType.STAGE_RELEASED)] == [{"reason": "limit"}]
    assert room.told("a", m.StageChanged)[-1].stage_limit == 1
    room.clear()
    room.send(HUB, m.SetStageLimit(limit=1))
    assert room.effects == []


def test_a_larger_stage_is_kept_across_a_restart() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetStageLimit(limit=2))
    again = room.restart()
    again.enter(HUB, "a", "b")
    for seat_id in ("a", "b"):
        again.send(HUB, m.InviteToStage(seat_id=seat_id))
    assert again.stage == ("a", "b")


# --- Permissions and the pause ----------------------------------------------------------


def test_one_seats_permissions_are_its_own() -> None:
    room = lesson_with("a", "b")
    no_video = DEFAULT_PERMISSIONS.model_copy(update={"video": False})
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=no_video))
    assert room.seat("a").permissions == no_video
    assert room.seat("b").permissions == DEFAULT_PERMISSIONS
    assert track("a", CAMERA) not in room.applied.audience
    assert track("b", CAMERA) in room.applied.audience
    (event,) = room.events(EventType.PERMISSIONS_SET)
    assert event.seat_id == "a"
    assert event.payload["video"] is False


def test_the_class_default_ends_every_exception() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=ALL))
    room.clear()
    room.send(HUB, m.SetPermissions(seat_id=None, permissions=NONE))
    assert room.seat("a").permissions == NONE
    assert room.seat("c").permissions == NONE
    assert room.told("b", m.ClassPermissionsChanged)[0].permissions == NONE
    assert {fact.seat.seat_id for fact in room.told("b", m.SeatChanged)} == {"a", "b", "c"}
    assert room.seat(HUB).permissions == ALL


def test_only_classrooms_are_given_permissions() -> None:
    room = lesson_with("a", "supervisor-1")
    command = m.SetPermissions(seat_id="supervisor-1", permissions=ALL)
    assert refused(room, HUB, command) == "not_allowed"


def test_a_pause_silences_everybody_but_the_hub() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.clear()
    room.send(HUB, m.PauseAll())
    assert {key.peer_id for key in room.applied.audience} == {HUB}
    assert {key.peer_id for key in room.applied.recorded} == {HUB}
    assert room.told("a", m.PauseChanged)[0].is_paused
    assert {fact.seat.permissions for fact in room.told("a", m.SeatChanged)} == {NONE}
    for seat_id, command in (
        ("a", m.RaiseHand()),
        ("a", m.Say(text="hello")),
        ("a", publish(m.MediaSource.SCREEN)),
        (HUB, m.InviteToStage(seat_id="b")),
        (HUB, m.SetPermissions(seat_id="a", permissions=ALL)),
        (HUB, m.SetPermissions(seat_id=None, permissions=ALL)),
    ):
        assert refused(room, seat_id, command) == "paused"
    room.send("a", m.SendQuickMessage(kind=m.QuickMessageKind.NEED_HELP))
    room.send("a", m.ReportHeadcount(count=3))
    room.send("a", m.SetSaving(is_saving=True))
    room.send(HUB, m.Say(text="请安静"))
    room.send("a", publish(m.MediaSource.CAMERA))
    assert {key.peer_id for key in room.applied.audience} == {HUB}


def test_restoring_undoes_exactly_the_pause() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=ALL))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    before, plan = room.room.summary(now=room.now), room.applied
    room.send(HUB, m.PauseAll())
    room.send(HUB, m.PauseAll())
    room.send(HUB, m.RestoreAll())
    room.send(HUB, m.RestoreAll())
    assert room.room.summary(now=room.now) == before
    assert room.applied == plan
    assert len(room.events(EventType.PAUSED_ALL, EventType.RESTORED_ALL)) == 2


def test_a_pause_holds_for_those_who_come_and_return() -> None:
    room = lesson_with("a")
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send(HUB, m.PauseAll())
    room.leave("a")
    room.enter("a", "b")
    assert {key.peer_id for key in room.applied.audience} == {HUB}
    assert room.told("a", m.RoomState)[-1].is_paused


# --- Media ------------------------------------------------------------------------------


def test_an_offer_and_an_answer_are_passed_on_without_a_done() -> None:
    room = lesson_with("a")
    ref = room.ask("a", publish(m.MediaSource.CAMERA, m.MediaSource.MICROPHONE))
    room.ask("a", m.Subscribe())
    room.ask("a", m.SubscribeAnswer(revision=4, sdp=OFFER))
    (offer,) = room.of(AcceptOffer)
    assert (offer.seat_id, offer.ref, offer.sdp) == ("a", ref, OFFER)
    assert len(room.of(OpenSubscription)) == 1
    assert room.of(AcceptAnswer)[0].revision == 4
    assert room.told("a", m.Done) == []


def test_a_classroom_offers_a_screen_only_when_granted_and_never_a_second_camera() -> None:
    room = lesson_with("a")
    assert refused(room, "a", publish(m.MediaSource.SCREEN)) == "not_allowed"
    assert refused(room, "a", publish(m.MediaSource.SECOND_CAMERA)) == "not_allowed"
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=ALL))
    room.send("a", publish(m.MediaSource.SCREEN))
    room.send(HUB, publish(*m.MediaSource))
    assert len(room.of(AcceptOffer)) == 2


def test_a_source_is_offered_once() -> None:
    room = lesson_with("a")
    twice = publish(m.MediaSource.CAMERA, m.MediaSource.CAMERA)
    assert refused(room, "a", twice) == "malformed"


def test_negotiations_are_bounded() -> None:
    room = lesson_with("a")
    for _ in range(10):
        room.send("a", m.Subscribe())
    assert refused(room, "a", m.Subscribe()) == "too_fast"
    assert refused(room, "a", publish(m.MediaSource.CAMERA)) == "too_fast"


def test_a_mute_is_told_written_once_and_stays_in_the_plan() -> None:
    room = lesson_with("a")
    plan = room.applied
    for _ in range(2):
        room.send("a", m.SetMuted(source=m.MediaSource.CAMERA, is_muted=True))
    assert room.seat("a").muted == (m.MediaSource.CAMERA,)
    assert len(room.events(EventType.MUTED)) == 1
    assert room.applied == plan
    room.send("a", m.SetMuted(source=m.MediaSource.CAMERA, is_muted=False))
    assert room.seat("a").muted == ()
    second = m.SetMuted(source=m.MediaSource.SECOND_CAMERA, is_muted=True)
    assert refused(room, "a", second) == "not_allowed"


# --- Words ------------------------------------------------------------------------------


def test_what_is_said_reaches_everybody_and_is_kept() -> None:
    room = lesson_with("a", "b", config=RoomConfig(chat_kept=3))
    for number in range(5):
        room.send(HUB, m.Say(text=f"line {number}"))
    (line,) = [fact.line for fact in room.told("b", m.ChatSaid) if fact.line.text == "line 4"]
    assert (line.seat_id, line.name) == (HUB, f"name of {HUB}")
    room.send("b", m.GetRoomState())
    state = room.told("b", m.RoomState)[-1]
    assert [line.text for line in state.chat] == ["line 2", "line 3", "line 4"]
    assert room.events(EventType.CHAT)[0].payload == {"text": "line 0"}


def test_saying_needs_the_text_permission_and_is_bounded() -> None:
    room = lesson_with("a", "b")
    silent = DEFAULT_PERMISSIONS.model_copy(update={"text": False})
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=silent))
    assert refused(room, "a", m.Say(text="hello")) == "not_allowed"
    for _ in range(5):
        room.send("b", m.Say(text="hello"))
    assert refused(room, "b", m.Say(text="hello")) == "too_fast"
    room.wait(2)
    room.send("b", m.Say(text="hello"))


def test_a_quick_message_reaches_staff_and_its_sender_once_in_three_seconds() -> None:
    room = lesson_with("a", "b", "supervisor-1")
    slower = m.SendQuickMessage(kind=m.QuickMessageKind.SLOWER)
    room.send("a", slower)
    (tell,) = [t for t in room.of(Tell) if isinstance(t.message, m.QuickMessageSent)]
    assert set(tell.seat_ids) == {HUB, "supervisor-1", "a"}
    assert refused(room, "a", slower) == "too_fast"
    room.send("b", slower)
    room.wait(3.01)
    room.send("a", slower)


def test_quick_messages_are_there_again_for_a_lecturer_who_returns() -> None:
    room = lesson_with("a", "b")
    room.send("a", m.SendQuickMessage(kind=m.QuickMessageKind.CANNOT_HEAR))
    room.wait(5)
    room.send("b", m.SendQuickMessage(kind=m.QuickMessageKind.NEED_HELP))
    room.leave(HUB)
    room.clear()
    room.enter(HUB)
    (state,) = room.told(HUB, m.RoomState)
    assert state.quick_messages == (
        m.QuickMessage(seat_id="a", kind=m.QuickMessageKind.CANNOT_HEAR, clock_ms=0),
        m.QuickMessage(seat_id="b", kind=m.QuickMessageKind.NEED_HELP, clock_ms=5000),
    )


def test_a_classroom_that_returns_sees_no_quick_message_but_its_own() -> None:
    room = lesson_with("a", "b")
    room.send("a", m.SendQuickMessage(kind=m.QuickMessageKind.NEED_HELP))
    room.send("b", m.SendQuickMessage(kind=m.QuickMessageKind.SLOWER))
    room.clear()
    room.send("b", m.GetRoomState())
    (state,) = room.told("b", m.RoomState)
    assert [message.seat_id for message in state.quick_messages] == ["b"]


def test_only_the_last_quick_messages_are_kept() -> None:
    room = lesson_with("a", config=RoomConfig(quick_messages_kept=2))
    for kind in m.QuickMessageKind:
        room.send("a", m.SendQuickMessage(kind=kind))
        room.wait(4)
    room.clear()
    room.send(HUB, m.GetRoomState())
    (state,) = room.told(HUB, m.RoomState)
    assert [message.kind for message in state.quick_messages] == list(m.QuickMessageKind)[-2:]


def test_every_headcount_is_written_and_the_last_is_shown() -> None:
    room = lesson_with("a")
    for count in (20, 21):
        room.send("a", m.ReportHeadcount(count=count))
    assert [e.payload for e in room.events(EventType.HEADCOUNT)] == [{"count": 20}, {"count": 21}]
    assert room.told(HUB, m.SeatChanged)[-1].seat.headcount == 21


# --- Saving -----------------------------------------------------------------------------


def receives(room: DrivenRoom, seat_id: str) -> set[tuple[str, Source]]:
    return {(t.peer_id, t.source) for t, who in room.applied.audience.items() if seat_id in who}


def test_a_seat_that_saves_receives_sound_and_slides_and_sends_as_before() -> None:
    room = lesson_with("a", "b")
    room.send(HUB, m.SetPermissions(seat_id="b", permissions=ALL))
    room.send(HUB, m.InviteToStage(seat_id="b"))
    room.send(HUB, m.SetPermissions(seat_id="a", permissions=ALL))
    everything, of_others = receives(room, "a"), receives(room, "b")
    sent = {t: who for t, who in room.applied.audience.items() if t.peer_id == "a"}
    recorded = room.applied.recorded
    room.clear()
    ref = room.ask("a", m.SetSaving(is_saving=True))
    cameras = {Source.CAMERA, Source.SECOND_CAMERA}
    assert receives(room, "a") == {each for each in everything if each[1] not in cameras}
    assert receives(room, "a") >= {
        (HUB, Source.MICROPHONE),
        (HUB, Source.SCREEN),
        ("b", Source.MICROPHONE),
        ("b", Source.SCREEN),
    }
    assert receives(room, "b") == of_others
    assert {t: who for t, who in room.applied.audience.items() if t.peer_id == "a"} == sent
    assert room.applied.recorded == recorded
    assert [done.ref for done in room.told("a", m.Done)] == [ref]
    for viewer in (HUB, "a", "b"):
        assert room.told(viewer, m.SeatChanged)[-1].seat.is_saving
    room.send("a", m.SetSaving(is_saving=False))
    assert receives(room, "a") == everything
    assert [(e.seat_id, e.actor, e.payload) for e in room.events()] == [
        ("a", "a", {"is_saving": True}),
        ("a", "a", {"is_saving": False}),
    ]


def test_saving_twice_is_done_and_nothing_new_and_has_a_limit() -> None:
    room = lesson_with("a")
    for _ in range(10):
        room.ask("a", m.SetSaving(is_saving=True))
    assert len(room.told("a", m.Done)) == 10
    assert len(room.events(EventType.SAVING_SET)) == 1
    assert refused(room, "a", m.SetSaving(is_saving=False)) == "too_fast"
    assert room.seat("a").is_saving


def test_a_state_saved_before_there_was_saving_is_read() -> None:
    room = lesson_with("a")
    room.send("a", m.RaiseHand())
    assert room.saved is not None
    state = json.loads(json.dumps(room.saved.state))
    for each in state["seats"]:
        del each["is_saving"]
    room.saved = SaveState(state)
    assert not room.restart().seat("a").is_saving


# --- Putting out ------------------------------------------------------------------------


def test_an_ejected_seat_loses_floor_media_and_connection_and_may_return() -> None:
    room = lesson_with("a", "b")
    room.send("a", publish(m.MediaSource.CAMERA))
    room.send(HUB, m.InviteToStage(seat_id="a"))
    room.send("a", m.RaiseHand())
    room.clear()
    room.send(HUB, m.Eject(seat_id="a", reason="noise"))
    assert [d.code for d in room.closed("a")] == [CloseCode.PUT_OUT]
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
    assert (room.stage, room.hands) == ((), ())
    assert [event.type for event in room.events()] == [
        EventType.EJECTED,
        EventType.HAND_LOWERED,
        EventType.STAGE_RELEASED,
        EventType.SEAT_LEFT,
    ]
    assert room.events()[0].payload == {"is_blocked": False, "reason": "noise"}
    room.enter("a")
    assert room.seat("a").is_present


def test_a_blocked_seat_is_kept_out_by_seat_account_and_device_until_unblocked() -> None:
    room = lesson_with("a")
    room.send(HUB, m.Eject(seat_id="a", is_blocked=True))
    assert room.seat("a").is_blocked
    stranger = {"account_id": "x", "device_id": "y"}
    for blocked in (
        admission("a"),
        admission("a", **stranger),
        admission("b", account_id="account-a"),
        admission("b", device_id="device-a"),
    ):
        with pytest.raises(SignalError) as caught:
            room.room.enter(blocked, now=room.now)
        assert caught.value.code == "blocked"
    room.enter("b")
    room.send(HUB, m.Unblock(seat_id="a"))
    room.enter("a")
    assert not room.seat("a").is_blocked
    assert len(room.events(EventType.UNBLOCKED)) == 1


def test_seats_without_account_or_device_do_not_block_each_other() -> None:
    room = lesson_with()
    nobody = {"account_id": None, "device_id": None}
    room.take(room.room.enter(admission("a", **nobody), now=room.now))
    room.send(HUB, m.Eject(seat_id="a", is_blocked=True))
    room.take(room.room.enter(admission("b", **nobody), now=room.now))
    assert room.seat("b").is_present


def test_an_absent_seat_is_blocked_but_not_ejected() -> None:
    room = lesson_with("a")
    assert refused(room, HUB, m.Eject(seat_id="b")) == "seat_absent"
    room.send(HUB, m.Eject(seat_id="b", is_blocked=True))
    room.send(HUB, m.Eject(seat_id="b", is_blocked=True))
    assert room.told("a", m.SeatChanged)[-1].seat.is_blocked
    with pytest.raises(SignalError):
        room.enter("b")


def test_neither_a_supervisor_nor_the_lecturer_is_put_out() -> None:
    room = lesson_with("supervisor-1")
    assert refused(room, HUB, m.Eject(seat_id="supervisor-1")) == "not_allowed"
    assert refused(room, HUB, m.Eject(seat_id=HUB)) == "not_allowed"
    assert refused(room, HUB, m.Unblock(seat_id="a")) == "not_blocked"


@pytest.mark.parametrize("by", ["account_id", "device_id"])
def test_a_revoked_account_or_device_is_cut_off_media_and_all(by: str) -> None:
    room = lesson_with("a", "b")
    room.send("a", publish(m.MediaSource.CAMERA))
    room.clear()
    holder = {"account_id": None, "device_id": None, by: f"{by.removesuffix('_id')}-a"}
    room.take(room.room.revoke(**holder, now=room.now))
    (closed,) = room.of(Disconnect)
    assert (closed.seat_id, closed.code, closed.reason) == (
        "a",
        CloseCode.NOT_ADMITTED,
        "revoked",
    )
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]
    assert not room.told("b", m.SeatChanged)[-1].seat.is_present


def test_revoking_removes_the_media_of_a_seat_whose_connection_is_already_gone() -> None:
    room = lesson_with("a")
    room.send("a", publish(m.MediaSource.CAMERA))
    room.leave("a")
    room.clear()
    room.take(room.room.revoke(account_id="account-a", device_id=None, now=room.now))
    assert room.of(Disconnect) == []
    assert [effect.seat_id for effect in room.of(RemoveMedia)] == ["a"]


# --- Supervisors ------------------------------------------------------------------------


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


# --- The end ----------------------------------------------------------------------------


def test_the_lecturer_ends_the_lesson_for_everybody() -> None:
    room = lesson_with("a", "b")
    room.take(room.room.recording_started(now=room.now))
    room.clear()
    room.wait(1.0)
    ref = room.ask(HUB, m.EndLesson())
    assert room.applied == ForwardingPlan()
    assert isinstance(room.effects[0], ApplyPlan)
    assert [done.ref for done in room.told(HUB, m.Done)] == [ref]
    for seat_id in (HUB, "a", "b"):
        (ended,) = room.told(seat_id, m.LessonEnded)
        assert (ended.reason, ended.clock_ms) == (m.EndReason.ENDED_BY_LECTURER, 1000)
        assert [d.code for d in room.closed(seat_id)] == [CloseCode.LESSON_OVER]
    assert [event.type for event in room.events()] == [
        EventType.SEAT_LEFT,
        EventType.SEAT_LEFT,
        EventType.RECEPTION,
        EventType.SEAT_LEFT,
        EventType.RECEPTION,
        EventType.RECORDING_STOPPED,
        EventType.LESSON_ENDED,
    ]
    assert room.of(FinishLesson) == [FinishLesson(m.EndReason.ENDED_BY_LECTURER, 1000, HUB)]
    assert room.room.deadline() is None


def test_everything_told_at_the_end_comes_before_the_close() -> None:
    room = lesson_with("a")
    room.ask(HUB, m.EndLesson())
    for seat_id in (HUB, "a"):
        closed_at = room.effects.index(room.closed(seat_id)[0])
        told_at = [
            index
            for index, effect in enumerate(room.effects)
            if isinstance(effect, Tell) and seat_id in effect.seat_ids
        ]
        assert max(told_at) < closed_at


def test_a_shut_down_is_an_incident() -> None:
    room = lesson_with("a")
    room.send(HUB, m.ShutDown(reason="强行闯入"))
    (incident,) = room.events(EventType.INCIDENT)
    assert incident.actor == HUB
    assert incident.payload["reason"] == "强行闯入"
    assert room.told("a", m.LessonEnded)[0].reason is m.EndReason.SHUT_DOWN
    assert room.of(FinishLesson)[0].reason is m.EndReason.SHUT_DOWN


def test_nothing_is_accepted_after_the_end() -> None:
    room = lesson_with("a")
    end = m.EndReason.ENDED_BY_ADMINISTRATOR
    room.take(room.room.end(end, actor="administrator-1", now=room.now))
    assert room.events(EventType.LESSON_ENDED)[0].actor == "administrator-1"
    room.clear()
    room.take(room.room.end(end, actor=None, now=room.now))
    room.take(room.room.stop(now=room.now))
    room.take(room.room.handle_timer(now=room.now + 10_000))
    assert room.effects == []
    with pytest.raises(SignalError) as caught:
        room.enter("b")
    assert caught.value.code == "lesson_over"


def test_a_stop_empties_the_room_and_leaves_the_lesson_live() -> None:
    room = lesson_with("a")
    room.take(room.room.recording_started(now=room.now))
    room.clear()
    room.take(room.room.stop(now=room.now))
    assert {d.code for d in room.of(Disconnect)} == {CloseCode.SERVICE_RESTART}
    assert room.of(FinishLesson) == []
    assert [event.type for event in room.events()] == [
        EventType.SEAT_LEFT,
        EventType.SEAT_LEFT,
        EventType.RECORDING_STOPPED,
    ]
    again = room.restart()
    again.enter(HUB, "a")
    assert not again.is_over()


def test_an_empty_room_that_stops_records_nothing_more() -> None:
    room = DrivenRoom(seed())
    assert room.applied.recorded
    room.take(room.room.stop(now=room.now))
    assert room.applied == ForwardingPlan()


def test_presence_is_reported_every_two_seconds_while_somebody_is_here() -> None:
    room = DrivenRoom(seed())
    room.wait(10)
    assert room.of(ReportPresence) == []
    room.enter(HUB, "a")
    room.wait(4.1)
    reports = room.of(ReportPresence)
    assert [(r.seat_ids, r.clock_ms) for r in reports] == [
        ((HUB, "a"), 12_000),
        ((HUB, "a"), 14_000),
    ]
