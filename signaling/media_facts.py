"""What the media plane reports, made into facts and events of the room."""

from collections.abc import Iterable

from media.core.ids import Source
from media.interface import Direction, LinkReport, RecordingStatus
from signaling import departures, link_facts
from signaling import messages as m
from signaling.book import RoomBook
from signaling.participant import Participant
from signaling.ports import EventType


def published(book: RoomBook, seat: Participant, sources: Iterable[m.MediaSource]) -> None:
    """The media plane took an offer: what the seat no longer offers has stopped."""
    stopped = seat.publishing - set(sources)
    for source in sorted(stopped):
        seat.publishing.discard(source)
        seat.stalled.discard(source)
        book.note(EventType.TRACK_STOPPED, seat_id=seat.seat_id, payload={"source": source})
    if stopped:
        book.tell_seat(seat)


def track_started(book: RoomBook, seat: Participant, source: Source) -> None:
    """The first packet of a track has come."""
    word = m.MediaSource(source)
    seat.publishing.add(word)
    seat.stalled.discard(word)
    book.note(EventType.TRACK_STARTED, seat_id=seat.seat_id, payload={"source": word})
    book.tell_seat(seat)


def track_flow(book: RoomBook, seat: Participant, source: Source, *, is_stalled: bool) -> None:
    """A track went still, or flows again: pages say so over the picture they keep."""
    word = m.MediaSource(source)
    if (word in seat.stalled) is is_stalled:
        return
    before = seat.link
    (seat.stalled.add if is_stalled else seat.stalled.discard)(word)
    if seat.link is before:
        book.tell_seat(seat)
    link_facts.weigh(book, seat, before, is_report=False)


def layers_wanted(book: RoomBook, seat: Participant, source: Source, rids: frozenset[str]) -> None:
    """Of the encodings of a seat's track, anybody wants these."""
    wanted = m.LayersWanted(seq=0, source=m.MediaSource(source), rids=tuple(sorted(rids)))
    seat.layers_wanted[wanted.source] = wanted
    if seat.is_present:
        book.tell((seat.seat_id,), wanted)


def tell_layers(book: RoomBook, seat: Participant) -> None:
    """Tell a seat that comes back to media that lives on what is wanted of it."""
    for wanted in seat.layers_wanted.values():
        book.tell((seat.seat_id,), wanted)


def peer_silence(
    book: RoomBook, seat: Participant, direction: Direction, *, is_silent: bool
) -> None:
    """One of the seat's connections went silent, or is heard again."""
    before = seat.link
    if is_silent:
        seat.meter.silence(direction, now=book.now)
    else:
        seat.meter.sound(direction)
    link_facts.weigh(book, seat, before, is_report=False)


def echo(book: RoomBook, seat: Participant, *, is_echoing: bool) -> None:
    """What the seat sends contains the hub's voice, or does no more."""
    if seat.is_echoing is is_echoing:
        return
    seat.is_echoing = is_echoing
    event = EventType.ECHO_DETECTED if is_echoing else EventType.ECHO_CLEARED
    book.note(event, seat_id=seat.seat_id)
    book.tell_seat(seat)


def link_report(book: RoomBook, seat: Participant, report: LinkReport) -> None:
    """A seat's line was measured."""
    if not seat.is_present:
        return
    before = seat.link
    seat.meter.report(report, now=book.now)
    seat.statistics.add(report)
    if seat.role is m.Role.CLASSROOM:
        _receive(book, seat, report)
    link_facts.weigh(book, seat, before, is_report=True)


def _receive(book: RoomBook, seat: Participant, report: LinkReport) -> None:
    """Keep what of the hub reached a classroom, and write it down when it is time."""
    hub = {each.seat_id for each in book.roster if each.role is m.Role.LECTURER}
    seat.reception.add(
        [row for row in report.received if row.track.peer_id in hub],
        clock_ms=book.clock_ms,
        is_sound_due=book.roster.is_sound_due(),
        is_line_silent=seat.meter.is_down_silent,
    )
    if seat.reception.is_due(book.clock_ms):
        departures.note_reception(book, seat)


def recording_started(book: RoomBook) -> None:
    """The recorder is at work: the light goes on."""
    book.light = m.RecordingLight(is_recording=True, is_healthy=True, stored_s=0.0)
    book.note(EventType.RECORDING_STARTED, payload={"epoch": book.seed.epoch})
    _tell_light(book)


def recording_refused(book: RoomBook, problem: str) -> None:
    """The recorder could not begin: the lesson goes on, and everybody sees the light."""
    book.light = m.RecordingLight(
        is_recording=False, is_healthy=False, stored_s=0.0, problem=problem
    )
    book.note(EventType.RECORDING_FAILED, payload={"problem": problem})
    _tell_light(book)


def recording_status(book: RoomBook, status: RecordingStatus) -> None:
    """The recorder says how far it has got. Trouble is told at once, progress now and then."""
    before = book.light
    book.light = m.RecordingLight(
        is_recording=True,
        is_healthy=status.is_healthy,
        stored_s=round(status.stored_s, 3),
        problem=status.problem,
    )
    if before.is_healthy and not status.is_healthy:
        book.note(EventType.RECORDING_FAILED, payload={"problem": status.problem})
    elif status.is_healthy and not before.is_healthy:
        book.note(EventType.RECORDING_RECOVERED, payload={"stored_s": book.light.stored_s})
    is_news = (before.is_healthy, before.problem) != (status.is_healthy, status.problem)
    if is_news or book.now >= book.light_told_at + book.config.light_interval_s:
        _tell_light(book)


def _tell_light(book: RoomBook) -> None:
    book.light_told_at = book.now
    book.tell_everybody(m.RecordingChanged(seq=0, recording=book.light))
