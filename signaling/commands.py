"""Who may send which command, and what carries it out. Sans-IO, as the room is."""

from typing import Final, assert_never

from signaling import conduct, departures
from signaling import messages as m
from signaling.book import RoomBook
from signaling.effects import AcceptAnswer
from signaling.errors import ErrorCode, SignalError
from signaling.participant import Participant

_ANYBODY: Final = frozenset(m.Role)
_LECTURER: Final = frozenset({m.Role.LECTURER})
_CLASSROOM: Final = frozenset({m.Role.CLASSROOM})
_TEACHING: Final = _LECTURER | _CLASSROOM

MAY_SEND: Final[dict[type[m.Command], frozenset[m.Role]]] = {
    m.GetRoomState: _ANYBODY,
    m.Publish: _TEACHING,
    m.Subscribe: _ANYBODY,
    m.SubscribeAnswer: _ANYBODY,
    m.SetMuted: _TEACHING,
    m.RaiseHand: _CLASSROOM,
    m.LowerHand: _TEACHING,
    m.InviteToStage: _LECTURER,
    m.LeaveStage: _TEACHING,
    m.SetStageLimit: _LECTURER,
    m.SetPermissions: _LECTURER,
    m.PauseAll: _LECTURER,
    m.RestoreAll: _LECTURER,
    m.EndLesson: _LECTURER,
    m.ShutDown: _LECTURER,
    m.Eject: _LECTURER,
    m.Unblock: _LECTURER,
    m.Say: _TEACHING,
    m.SendQuickMessage: _CLASSROOM,
    m.SetSaving: _CLASSROOM,
    m.ReportHeadcount: _CLASSROOM,
    m.Ping: _ANYBODY,
}


def receive(book: RoomBook, seat: Participant, command: m.AnyClientMessage) -> None:
    """Carry out a command of a seat that is present, and answer it. Raise SignalError."""
    if seat.role not in MAY_SEND[type(command)]:
        raise SignalError(ErrorCode.NOT_ALLOWED, f"A {seat.role} does not {command.type}.")
    if _carry_out(book, seat, command) and command.ref is not None:
        book.tell((seat.seat_id,), m.Done(ref=command.ref))


def _carry_out(book: RoomBook, seat: Participant, command: m.AnyClientMessage) -> bool:  # noqa: C901, PLR0912, PLR0915 - one arm per message, nothing else
    """Carry out one command; return whether it is answered with `done`."""
    match command:
        case m.Ping():
            book.tell((seat.seat_id,), m.Pong(ref=command.ref, clock_ms=book.clock_ms))
            return False
        case m.GetRoomState():
            conduct.limit(seat.rates.negotiation, book)
            book.tell((seat.seat_id,), book.room_state(seat))
            return False
        case m.Publish():
            conduct.publish(book, seat, command)
            return False
        case m.Subscribe():
            conduct.subscribe(book, seat, command)
            return False
        case m.SubscribeAnswer():
            seat.negotiate()
            answer = AcceptAnswer(seat.seat_id, command.ref, command.revision, command.sdp)
            book.do(answer)
            return False
        case m.EndLesson():
            _end_by(book, seat, command, m.EndReason.ENDED_BY_LECTURER)
            return False
        case m.ShutDown():
            _end_by(book, seat, command, m.EndReason.SHUT_DOWN, detail=command.reason)
            return False
        case m.SetMuted():
            conduct.set_muted(book, seat, command)
        case m.RaiseHand():
            conduct.raise_hand(book, seat)
        case m.LowerHand():
            conduct.take_hand_down(book, seat, command)
        case m.InviteToStage():
            conduct.invite_to_stage(book, seat, command)
        case m.LeaveStage():
            conduct.leave_stage(book, seat, command)
        case m.SetStageLimit():
            conduct.set_stage_limit(book, seat, command)
        case m.SetPermissions():
            conduct.set_permissions(book, seat, command)
        case m.PauseAll():
            conduct.set_paused(book, seat, is_paused=True)
        case m.RestoreAll():
            conduct.set_paused(book, seat, is_paused=False)
        case m.Eject():
            conduct.eject(book, seat, command)
        case m.Unblock():
            conduct.unblock(book, seat, command)
        case m.Say():
            conduct.say(book, seat, command)
        case m.SendQuickMessage():
            conduct.send_quick_message(book, seat, command)
        case m.SetSaving():
            conduct.set_saving(book, seat, command)
        case m.ReportHeadcount():
            conduct.report_headcount(book, seat, command)
        case _:
            assert_never(command)
    return True


def _end_by(
    book: RoomBook,
    lecturer: Participant,
    command: m.Command,
    reason: m.EndReason,
    *,
    detail: str = "",
) -> None:
    """End the lesson at the lecturer's word; the answer comes before the close frame."""
    if command.ref is not None:
        book.tell((lecturer.seat_id,), m.Done(ref=command.ref))
    departures.end_lesson(book, reason, actor=lecturer.seat_id, detail=detail)
