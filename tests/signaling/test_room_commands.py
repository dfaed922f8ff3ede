"""Commands: who may send which, how they are answered, media and words among them."""

from typing import get_args

import pytest

from signaling import messages as m
from signaling.commands import MAY_SEND
from signaling.config import RoomConfig
from signaling.effects import AcceptAnswer, AcceptOffer, OpenSubscription, Tell
from signaling.participant import DEFAULT_PERMISSIONS
from signaling.ports import EventType
from tests.signaling.live_rooms import ALL, HUB, NONE, OFFER, lesson_with, publish, refused

# --- Who may send what -------------------------------------------------------------------


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


# --- Media -------------------------------------------------------------------------------


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


# --- Words -------------------------------------------------------------------------------


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
