"""Seats that are put out, and the end of a lesson for everybody."""

import pytest

from media.interface import ForwardingPlan
from signaling import messages as m
from signaling.effects import ApplyPlan, Disconnect, FinishLesson, RemoveMedia, ReportPresence, Tell
from signaling.errors import CloseCode, SignalError
from signaling.ports import EventType
from tests.signaling.live_rooms import (
    HUB,
    DrivenRoom,
    admission,
    lesson_with,
    publish,
    refused,
    seed,
)

# --- Putting out -------------------------------------------------------------------------


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


# --- The end -----------------------------------------------------------------------------


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
