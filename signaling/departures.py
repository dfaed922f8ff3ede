"""How seats are left and lessons end: what every way out has in common."""

from signaling import messages as m
from signaling.book import RoomBook
from signaling.effects import Disconnect, FinishLesson, RemoveMedia
from signaling.errors import CloseCode
from signaling.participant import Participant
from signaling.ports import EventType


def depart(book: RoomBook, seat: Participant, *, reason: str) -> None:
    """Make a present seat absent and write it down; its floor and its rights stay."""
    seat.go(clock_ms=book.clock_ms)
    if seat.role is m.Role.LECTURER:
        book.lecturer_gone_at = book.now
    book.note(EventType.SEAT_LEFT, seat_id=seat.seat_id, payload={"reason": reason})
    if (summary := seat.statistics.summary()) is not None:
        book.note(EventType.LINK_SUMMARY, seat_id=seat.seat_id, payload=summary)
    if seat.role is m.Role.CLASSROOM:
        seat.reception.end(clock_ms=book.clock_ms, is_sound_due=book.roster.is_sound_due())
        note_reception(book, seat)


def note_reception(book: RoomBook, seat: Participant) -> None:
    """Write down what reached a classroom, as far as it is known and not written yet."""
    while (payload := seat.reception.take(book.clock_ms)) is not None:
        book.note(EventType.RECEPTION, seat_id=seat.seat_id, payload=payload)


def remove_media(book: RoomBook, seat: Participant) -> None:
    """Close the seat's peer connections, if it may have any."""
    if seat.has_media:
        book.do(RemoveMedia(seat.seat_id))
    for source in seat.drop_media():
        book.note(EventType.TRACK_STOPPED, seat_id=seat.seat_id, payload={"source": source})
    book.change()


def cut_off(book: RoomBook, seat: Participant, code: CloseCode, *, reason: str) -> None:
    """Put a seat out at once, media and all; harmless when it is not here."""
    if seat.is_present:
        book.do(Disconnect(seat.seat_id, code, reason))
        depart(book, seat, reason=reason)
    remove_media(book, seat)
    book.tell_seat(seat)


def release(book: RoomBook, seat_id: str, *, actor: str | None, reason: str) -> None:
    """Write down that a seat is off stage, and tell everybody how it is now."""
    book.note(EventType.STAGE_RELEASED, seat_id=seat_id, actor=actor, payload={"reason": reason})
    book.tell_seat(book.roster[seat_id])


def lower_hand(book: RoomBook, seat: Participant, *, actor: str | None, reason: str) -> bool:
    """Take a hand down; return whether it was up."""
    if seat.hand_raised_at_ms is None:
        return False
    seat.hand_raised_at_ms = None
    book.floor.hands.remove(seat.seat_id)
    book.note(EventType.HAND_LOWERED, seat_id=seat.seat_id, actor=actor, payload={"reason": reason})
    book.tell_everybody(m.HandsChanged(seq=0, hands=tuple(book.floor.hands)))
    return True


def tell_stage(book: RoomBook) -> None:
    """Say who is on stage now."""
    book.tell_everybody(
        m.StageChanged(seq=0, stage=tuple(book.floor.stage), stage_limit=book.floor.limit)
    )


def empty(book: RoomBook, code: CloseCode, *, reason: str) -> None:
    """Send everybody away and stop the recording; the media plane closes with the room."""
    for seat in book.roster:
        if seat.is_present:
            book.do(Disconnect(seat.seat_id, code, reason))
            depart(book, seat, reason=reason)
        for source in seat.drop_media():
            book.note(EventType.TRACK_STOPPED, seat_id=seat.seat_id, payload={"source": source})
    if book.light.is_recording:
        book.light = book.light.model_copy(update={"is_recording": False})
        book.note(EventType.RECORDING_STOPPED, payload={"stored_s": book.light.stored_s})
    book.is_over = True
    book.change()


def end_lesson(book: RoomBook, reason: m.EndReason, *, actor: str | None, detail: str = "") -> None:
    """End the lesson for everybody."""
    if reason is m.EndReason.SHUT_DOWN:
        book.note(
            EventType.INCIDENT, actor=actor, payload={"action": "shut_down", "reason": detail}
        )
    book.tell_everybody(m.LessonEnded(seq=0, reason=reason, clock_ms=book.clock_ms))
    empty(book, CloseCode.LESSON_OVER, reason=reason)
    book.note(EventType.LESSON_ENDED, actor=actor, payload={"reason": reason})
    book.do(FinishLesson(reason, book.clock_ms, actor))
