"""Who is seen and heard: hands, the stage, permissions, the pause, and a seat that saves."""

import pytest

from media.core.ids import Source
from signaling import messages as m
from signaling.effects import ApplyPlan
from signaling.errors import SignalError
from signaling.participant import DEFAULT_PERMISSIONS
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    ALL,
    CAMERA,
    HUB,
    MICROPHONE,
    NONE,
    SCREEN,
    DrivenRoom,
    lesson_with,
    publish,
    refused,
    track,
)

# --- Hands -------------------------------------------------------------------------------


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


# --- The stage ---------------------------------------------------------------------------


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


# --- Permissions and the pause -----------------------------------------------------------


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


# --- Saving ------------------------------------------------------------------------------


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
