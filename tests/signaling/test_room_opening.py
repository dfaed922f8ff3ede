"""How a room opens, and what of it is saved for the next opening."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from signaling import messages as m
from signaling.effects import SaveState, StartRecording
from signaling.errors import SignalError
from signaling.participant import DEFAULT_PERMISSIONS
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    CAMERA,
    HUB,
    MICROPHONE,
    NONE,
    DrivenRoom,
    lesson,
    lesson_with,
    seed,
    track,
)


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


def test_state_is_saved_only_when_it_changed() -> None:
    room = lesson_with("a")
    room.send("a", m.Ping())
    room.send("a", m.GetRoomState())
    room.wait(8)
    assert room.of(SaveState) == []
    room.send("a", m.RaiseHand())
    assert len(room.of(SaveState)) == 1


def test_a_state_saved_before_there_was_saving_is_read() -> None:
    room = lesson_with("a")
    room.send("a", m.RaiseHand())
    assert room.saved is not None
    state = json.loads(json.dumps(room.saved.state))
    for each in state["seats"]:
        del each["is_saving"]
    room.saved = SaveState(state)
    assert not room.restart().seat("a").is_saving
