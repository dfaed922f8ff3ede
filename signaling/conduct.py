"""The rules of the commands: what each may do, and what follows from it.

Every function checks first and changes afterwards: a SignalError has changed nothing.
That the sender's role may send the command at all is checked before, in `signaling.room`.
"""

from typing import Final

from signaling import messages as m
from signaling.book import RoomBook
from signaling.departures import cut_off, lower_hand, release, tell_stage
from signaling.effects import AcceptOffer, OpenSubscription
from signaling.errors import CloseCode, ErrorCode, SignalError
from signaling.floor import StageIsFull
from signaling.participant import Participant, SeatMove
from signaling.ports import EventType
from signaling.rates import TokenBucket

MAY_PUBLISH: Final = {
    m.Role.LECTURER: frozenset(m.MediaSource),
    m.Role.CLASSROOM: frozenset(m.MediaSource) - {m.MediaSource.SECOND_CAMERA},
}


def publish(book: RoomBook, seat: Participant, command: m.Publish) -> None:
    """A camera and a microphone may always be offered: the router drops what is not granted.

    A screen must be granted first: its picture is chosen by hand, so a refusal can be told
    before anything private is shown.
    """
    sources = tuple(command.sources.values())
    if len(set(sources)) < len(sources):
        raise SignalError(ErrorCode.MALFORMED, "Each source may be offered once.")
    if not MAY_PUBLISH[seat.role].issuperset(sources):
        raise SignalError(ErrorCode.NOT_ALLOWED, f"A {seat.role} has no such source.")
    if m.MediaSource.SCREEN in sources and not book.roster.permissions(seat).screen:
        raise _not_granted(book, "screen")
    limit(seat.rates.negotiation, book)
    seat.negotiate()
    book.do(AcceptOffer(seat.seat_id, command.ref, command.sdp, command.sources))


def subscribe(book: RoomBook, seat: Participant, command: m.Subscribe) -> None:
    """Begin to receive, or go on receiving over another road."""
    limit(seat.rates.negotiation, book)
    seat.negotiate()
    book.do(OpenSubscription(seat.seat_id, command.ref, command.is_restart))


def set_muted(book: RoomBook, seat: Participant, command: m.SetMuted) -> None:
    """Remember what the seat says of its own track; it stays in the plan, silent."""
    if command.source not in MAY_PUBLISH[seat.role]:
        raise SignalError(ErrorCode.NOT_ALLOWED, f"A {seat.role} has no such source.")
    limit(seat.rates.action, book)
    if (command.source in seat.muted) is command.is_muted:
        return
    (seat.muted.add if command.is_muted else seat.muted.discard)(command.source)
    book.note(
        EventType.MUTED,
        seat_id=seat.seat_id,
        actor=seat.seat_id,
        payload={"source": command.source, "is_muted": command.is_muted},
    )
    book.tell_seat(seat)


def raise_hand(book: RoomBook, seat: Participant) -> None:
    """Join the queue; a hand that is up stays where it is in it."""
    if book.roster.is_paused:
        raise SignalError(ErrorCode.PAUSED, "The lecturer has paused all interaction.")
    limit(seat.rates.action, book)
    if seat.hand_raised_at_ms is not None:
        return
    seat.hand_raised_at_ms = book.clock_ms
    book.floor.hands.append(seat.seat_id)
    book.note(EventType.HAND_RAISED, seat_id=seat.seat_id, actor=seat.seat_id)
    book.tell_seat(seat)
    book.tell_everybody(m.HandsChanged(seq=0, hands=tuple(book.floor.hands)))


def take_hand_down(book: RoomBook, seat: Participant, command: m.LowerHand) -> None:
    """Leave the queue, or (lecturer) take somebody out of it."""
    target = _target(book, seat, command.seat_id)
    limit(seat.rates.action, book)
    if lower_hand(book, target, actor=seat.seat_id, reason="lowered"):
        book.tell_seat(target)


def invite_to_stage(book: RoomBook, lecturer: Participant, command: m.InviteToStage) -> None:
    """Bring a present classroom on stage; that takes its hand down."""
    seat = _classroom(book, command.seat_id)
    if book.roster.is_paused:
        raise SignalError(ErrorCode.PAUSED, "Restore the interaction first.")
    if not seat.is_present:
        raise SignalError(ErrorCode.SEAT_ABSENT, "This classroom is not here now.")
    if seat.seat_id in book.floor.stage:
        return
    try:
        replaced = book.floor.invite(seat.seat_id, is_present=book.roster.is_present)
    except StageIsFull:
        raise SignalError(ErrorCode.STAGE_FULL, "Take a classroom off stage first.") from None
    if replaced is not None:
        release(book, replaced, actor=lecturer.seat_id, reason="replaced")
    lower_hand(book, seat, actor=lecturer.seat_id, reason="invited")
    book.note(EventType.STAGE_GRANTED, seat_id=seat.seat_id, actor=lecturer.seat_id)
    book.tell_seat(seat)
    tell_stage(book)


def leave_stage(book: RoomBook, seat: Participant, command: m.LeaveStage) -> None:
    """Step down, or (lecturer) send somebody down."""
    target = _target(book, seat, command.seat_id)
    if target.seat_id not in book.floor.stage:
        raise SignalError(ErrorCode.NOT_ON_STAGE, "This seat is not on stage.")
    limit(seat.rates.action, book)
    book.floor.stage.remove(target.seat_id)
    reason = "left" if target is seat else "taken_off"
    release(book, target.seat_id, actor=seat.seat_id, reason=reason)
    tell_stage(book)


def set_stage_limit(book: RoomBook, lecturer: Participant, command: m.SetStageLimit) -> None:
    """Change how many may be on stage; the longest there go first when it shrinks."""
    if command.limit == book.floor.limit:
        return
    for released in book.floor.set_limit(command.limit):
        release(book, released, actor=lecturer.seat_id, reason="limit")
    book.change()
    tell_stage(book)


def set_permissions(book: RoomBook, lecturer: Participant, command: m.SetPermissions) -> None:
    """Set one classroom's permissions; or the class default, which ends every exception."""
    target = None if command.seat_id is None else _classroom(book, command.seat_id)
    if book.roster.is_paused:
        raise SignalError(ErrorCode.PAUSED, "Restore the interaction first.")
    book.note(
        EventType.PERMISSIONS_SET,
        seat_id=command.seat_id,
        actor=lecturer.seat_id,
        payload=dict(command.permissions.model_dump()),
    )
    if target is not None:
        target.override = command.permissions
        book.tell_seat(target)
        return
    book.roster.class_permissions = command.permissions
    book.tell_everybody(m.ClassPermissionsChanged(seq=0, permissions=command.permissions))
    for seat in _classrooms(book):
        seat.override = None
        book.tell_seat(seat)


def set_paused(book: RoomBook, lecturer: Participant, *, is_paused: bool) -> None:
    """一键暂停 and 恢复. What each seat held is untouched, so restoring restores exactly."""
    if book.roster.is_paused is is_paused:
        return
    book.roster.is_paused = is_paused
    event = EventType.PAUSED_ALL if is_paused else EventType.RESTORED_ALL
    book.note(event, actor=lecturer.seat_id)
    book.tell_everybody(m.PauseChanged(seq=0, is_paused=is_paused))
    for seat in _classrooms(book):
        book.tell_seat(seat)


def eject(book: RoomBook, lecturer: Participant, command: m.Eject) -> None:
    """Put a classroom out, off the floor and off the air; blocked, it may not come back."""
    seat = _classroom(book, command.seat_id)
    if not seat.is_present and not command.is_blocked:
        raise SignalError(ErrorCode.SEAT_ABSENT, "This classroom is not here now.")
    book.note(
        EventType.EJECTED,
        seat_id=seat.seat_id,
        actor=lecturer.seat_id,
        payload={"is_blocked": command.is_blocked, "reason": command.reason},
    )
    lower_hand(book, seat, actor=lecturer.seat_id, reason="put_out")
    is_leaving_stage = seat.seat_id in book.floor.stage
    if is_leaving_stage:
        book.floor.stage.remove(seat.seat_id)
        release(book, seat.seat_id, actor=lecturer.seat_id, reason="put_out")
        tell_stage(book)
    if command.is_blocked and not seat.is_present:
        seat.move(SeatMove.BLOCK)
    cut_off(book, seat, CloseCode.PUT_OUT, reason="put_out")
    if command.is_blocked and not seat.is_blocked:
        seat.move(SeatMove.BLOCK)
        book.tell_seat(seat)


def unblock(book: RoomBook, lecturer: Participant, command: m.Unblock) -> None:
    """Let a blocked seat, its account and its device come back."""
    seat = _classroom(book, command.seat_id)
    if not seat.is_blocked:
        raise SignalError(ErrorCode.NOT_BLOCKED, "This seat is not blocked.")
    seat.move(SeatMove.UNBLOCK)
    book.note(EventType.UNBLOCKED, seat_id=seat.seat_id, actor=lecturer.seat_id)
    book.tell_seat(seat)


def say(book: RoomBook, seat: Participant, command: m.Say) -> None:
    """Say something to everybody."""
    if not book.roster.permissions(seat).text:
        raise _not_granted(book, "text")
    limit(seat.rates.say, book)
    line = m.ChatLine(
        clock_ms=book.clock_ms, seat_id=seat.seat_id, name=seat.name, text=command.text
    )
    book.chat.append(line)
    book.note(
        EventType.CHAT,
        seat_id=seat.seat_id,
        actor=seat.seat_id,
        payload={"text": command.text},
    )
    book.tell_everybody(m.ChatSaid(seq=0, line=line))


def send_quick_message(book: RoomBook, seat: Participant, command: m.SendQuickMessage) -> None:
    """Tell the hub at one touch. A pause does not silence it: it is how help is called."""
    limit(seat.rates.quick_message, book)
    book.note(
        EventType.QUICK_MESSAGE,
        seat_id=seat.seat_id,
        actor=seat.seat_id,
        payload={"kind": command.kind},
    )
    sent = m.QuickMessage(seat_id=seat.seat_id, kind=command.kind, clock_ms=book.clock_ms)
    book.quick_messages.append(sent)
    book.tell_staff_and(seat.seat_id, m.QuickMessageSent(seq=0, **sent.model_dump()))


def set_saving(book: RoomBook, seat: Participant, command: m.SetSaving) -> None:
    """Send a seat sound and slides only, or everything again; also while paused."""
    limit(seat.rates.action, book)
    if seat.is_saving is command.is_saving:
        return
    seat.is_saving = command.is_saving
    book.note(
        EventType.SAVING_SET,
        seat_id=seat.seat_id,
        actor=seat.seat_id,
        payload={"is_saving": command.is_saving},
    )
    book.tell_seat(seat)


def report_headcount(book: RoomBook, seat: Participant, command: m.ReportHeadcount) -> None:
    """Keep the assistant's count; every report is an event, for the last before the bell counts."""
    limit(seat.rates.action, book)
    seat.headcount = command.count
    book.note(
        EventType.HEADCOUNT,
        seat_id=seat.seat_id,
        actor=seat.seat_id,
        payload={"count": command.count},
    )
    book.tell_seat(seat)


def limit(bucket: TokenBucket, book: RoomBook) -> None:
    """Count one use. Raise SignalError `too_fast`."""
    if not bucket.take(book.now):
        raise SignalError(ErrorCode.TOO_FAST, "Wait a moment before doing this again.")


def _classrooms(book: RoomBook) -> tuple[Participant, ...]:
    return tuple(seat for seat in book.roster if seat.role is m.Role.CLASSROOM)


def _classroom(book: RoomBook, seat_id: str) -> Participant:
    """Return the seat a lecturer's command is about; only classrooms are conducted."""
    seat = book.roster[seat_id]
    if seat.role is not m.Role.CLASSROOM:
        raise SignalError(ErrorCode.NOT_ALLOWED, f"This cannot be done to a {seat.role}.")
    return seat


def _target(book: RoomBook, sender: Participant, seat_id: str | None) -> Participant:
    """Return whom a command is about: oneself, or for the lecturer anybody."""
    if seat_id is None or seat_id == sender.seat_id:
        return sender
    if sender.role is not m.Role.LECTURER:
        raise SignalError(ErrorCode.NOT_ALLOWED, "Only the lecturer does this to another seat.")
    return book.roster[seat_id]


def _not_granted(book: RoomBook, permission: str) -> SignalError:
    if book.roster.is_paused:
        return SignalError(ErrorCode.PAUSED, "The lecturer has paused all interaction.")
    return SignalError(ErrorCode.NOT_ALLOWED, f"The lecturer has not granted {permission}.")
