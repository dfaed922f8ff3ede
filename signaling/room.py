"""The rules of a live room, sans-IO: who may do what, and what follows from it.

Call one method with `now` (seconds on the caller's monotonic clock), carry out the effects
it returns in their order, and call `handle_timer` no later than `deadline()`. A command
that is refused raises SignalError and has changed nothing. Who may send which command is in
`commands`, what each does in `conduct`, how seats are left in `departures`, what the media plane
reports in `media_facts`.
"""

from collections.abc import Iterable
from typing import Final

from media.core.ids import Source
from media.interface import (
    Direction,
    ForwardingPlan,
    LinkBudget,
    LinkReport,
    OfferedTrack,
    RecordingStatus,
)
from signaling import commands, departures, media_facts
from signaling import messages as m
from signaling.book import RoomBook
from signaling.config import RoomConfig
from signaling.effects import (
    Admit,
    Disconnect,
    Effects,
    OpenSubscription,
    ReportPresence,
    SetBudget,
    StartRecording,
)
from signaling.errors import CloseCode, ErrorCode, SignalError
from signaling.ports import Admission, EventType, Holders, RoomSeed, RoomSummary

#: How a session ends over which nothing comes any more (`signaling.session`).
_LINE_BROKEN: Final = frozenset({"connection_lost", "silent"})


class Room:
    """A lesson while it is live."""

    def __init__(self, seed: RoomSeed, config: RoomConfig, *, now: float) -> None:
        self._book = RoomBook(seed, config, now=now)
        self._presence_at = now + config.presence_interval_s

    @property
    def is_over(self) -> bool:
        """Return whether the room is closed; nothing is accepted after that."""
        return self._book.is_over

    @property
    def plan(self) -> ForwardingPlan:
        """Return what may flow at this moment."""
        return self._book.plan()

    def summary(self, *, now: float) -> RoomSummary:
        """Return the room at a glance."""
        return self._at(now).summary()

    def holders(self) -> Holders:
        """Return with which accounts and devices the seats are held."""
        return self._book.roster.holders()

    # Coming and going

    def open(self, *, now: float) -> Effects:
        """Begin, or go on after a restart: recording starts before anybody is in."""
        book = self._at(now)
        if book.seed.saved_state is None:
            book.note(EventType.LESSON_STARTED, payload={"epoch": book.seed.epoch})
        if book.is_recorded:
            book.do(StartRecording(offset_s=book.clock_s))
        return book.settle()

    def enter(
        self,
        admission: Admission,
        *,
        page: str | None = None,
        number: int = 0,
        receives: bool = False,
        now: float,
    ) -> Effects:
        """Give a seat to a new connection; an earlier one of the same seat is closed.

        Where the same `page` had it before, its media lives on if it still does; whatever another
        page had open is removed, so that nobody is seen twice or goes on unseen. A socket that a
        page had given up may come in behind the one it uses: opened before that one (`number`) it
        is refused.
        Who `receives` is offered what there is at once: to be asked costs a round trip.
        Raise SignalError `blocked`, `not_invited`, `lesson_over` or `ticket_used`.
        """
        book = self._at(now)
        if book.is_over:
            raise SignalError(ErrorCode.LESSON_OVER, "The lesson is over.")
        seat = book.roster.admit(admission)
        if seat.is_present:
            is_same_page = page is not None and page == seat.page
            if is_same_page and number < seat.number:
                raise SignalError(
                    ErrorCode.TICKET_USED, "This page has gone on with another socket."
                )
            code = CloseCode.SUPERSEDED if is_same_page else CloseCode.REPLACED
            book.do(Disconnect(seat.seat_id, code, code.name.lower()))
            departures.depart(book, seat, reason="replaced")
        is_resumed = seat.is_resumed_by(page)
        if not is_resumed:
            departures.remove_media(book, seat)
        seat.come(admission, page=page, number=number)
        if seat.role is m.Role.CLASSROOM:
            seat.reception.begin(book.clock_ms)
        if seat.role is m.Role.LECTURER:
            book.lecturer_gone_at = None
        book.note(EventType.SEAT_JOINED, seat_id=seat.seat_id, actor=seat.seat_id)
        book.do(Admit(seat.seat_id))
        book.do(SetBudget(seat.seat_id, seat.budget))
        book.tell((seat.seat_id,), book.room_state(seat, is_resumed=is_resumed))
        media_facts.tell_layers(book, seat)
        if receives:
            seat.has_media = True
            book.do(OpenSubscription(seat.seat_id, None, is_restart=is_resumed))
        book.tell_seat(seat, except_to=seat.seat_id)
        return book.settle()

    def leave(self, seat_id: str, *, reason: str, now: float) -> Effects:
        """Note that the seat's connection is gone; its media lives on for `media_grace_s`."""
        book = self._at(now)
        seat = book.roster[seat_id]
        if seat.is_present:
            departures.depart(book, seat, reason=reason)
            seat.media_until = now + book.config.media_grace_s if seat.has_media else None
            seat.is_line_broken = reason in _LINE_BROKEN
            book.tell_seat(seat)
        return book.settle()

    def declare_line(self, seat_id: str, budget: LinkBudget, *, now: float) -> Effects:
        """Keep to what a seat's line is now declared to carry, whether it is here or not."""
        book = self._at(now)
        if not book.is_over and seat_id in book.roster:
            book.roster[seat_id].budget = budget
            book.do(SetBudget(seat_id, budget))
        return book.settle()

    def revoke(self, *, account_id: str | None, device_id: str | None, now: float) -> Effects:
        """Cut off whoever came with this account or this device, media and all."""
        book = self._at(now)
        for seat in book.roster:
            is_account = account_id is not None and seat.account_id == account_id
            is_device = device_id is not None and seat.device_id == device_id
            if is_account or is_device:
                departures.cut_off(book, seat, CloseCode.NOT_ADMITTED, reason="revoked")
        return book.settle()

    def end(self, reason: m.EndReason, *, actor: str | None, now: float) -> Effects:
        """End the lesson for everybody. Ending twice does nothing."""
        book = self._at(now)
        if not book.is_over:
            departures.end_lesson(book, reason, actor=actor)
        return book.settle()

    def stop(self, *, now: float) -> Effects:
        """Empty the room but leave the lesson live: this process goes down in order."""
        book = self._at(now)
        if not book.is_over:
            departures.empty(book, CloseCode.SERVICE_RESTART, reason="server_stopped")
        return book.settle()

    # Time

    def deadline(self) -> float | None:
        """Return when `handle_timer` is next due, or None once the room is over."""
        book = self._book
        if book.is_over:
            return None
        waiting = [seat.media_until for seat in book.roster if seat.media_until is not None]
        if book.lecturer_gone_at is not None:
            waiting.append(book.lecturer_gone_at + book.config.lecturer_absent_s)
        return min([*waiting, self._presence_at])

    def handle_timer(self, *, now: float) -> Effects:
        """Do what is due."""
        book = self._at(now)
        if book.is_over:
            return ()
        gone_at = book.lecturer_gone_at
        if gone_at is not None and now >= gone_at + book.config.lecturer_absent_s:
            departures.end_lesson(book, m.EndReason.LECTURER_ABSENT, actor=None)
            return book.settle()
        for seat in book.roster:
            if seat.media_until is not None and now >= seat.media_until:
                departures.remove_media(book, seat)
                book.tell_seat(seat)
        if now >= self._presence_at:
            self._presence_at = now + book.config.presence_interval_s
            if present := book.roster.present():
                book.do(ReportPresence(present, book.clock_ms))
        return book.settle()

    # Commands

    def receive(self, seat_id: str, command: m.AnyClientMessage, *, now: float) -> Effects:
        """Carry out a command of a seat that is present. Raise SignalError."""
        book = self._at(now)
        seat = book.roster[seat_id]
        assert seat.is_present, "only the connection that holds a seat sends for it"
        commands.receive(book, seat, command)
        return book.settle()

    # What the media plane reports

    def subscriber_offer(
        self,
        seat_id: str,
        *,
        revision: int,
        sdp: str,
        tracks: Iterable[OfferedTrack],
        now: float,
    ) -> Effects:
        """Pass an offer on to the seat that must answer it."""
        book = self._at(now)
        if book.roster.is_present(seat_id):
            refs = (
                m.TrackRef(
                    mid=offered.mid,
                    seat_id=offered.track.peer_id,
                    source=m.MediaSource(offered.track.source),
                )
                for offered in tracks
            )
            offer = m.SubscribeOffer(revision=revision, sdp=sdp, tracks=tuple(refs))
            book.tell((seat_id,), offer)
        return book.settle()

    def published(self, seat_id: str, sources: Iterable[m.MediaSource], *, now: float) -> Effects:
        """Note that the media plane took a seat's offer."""
        book = self._at(now)
        media_facts.published(book, book.roster[seat_id], sources)
        return book.settle()

    def track_started(self, seat_id: str, source: Source, *, now: float) -> Effects:
        """Note the first packet of a track."""
        book = self._at(now)
        media_facts.track_started(book, book.roster[seat_id], source)
        return book.settle()

    def track_flow(self, seat_id: str, source: Source, *, is_stalled: bool, now: float) -> Effects:
        """Note that a track went still, or flows again."""
        book = self._at(now)
        media_facts.track_flow(book, book.roster[seat_id], source, is_stalled=is_stalled)
        return book.settle()

    def peer_silence(
        self, seat_id: str, direction: Direction, *, is_silent: bool, now: float
    ) -> Effects:
        """Note that a connection went silent, or is heard."""
        book = self._at(now)
        media_facts.peer_silence(book, book.roster[seat_id], direction, is_silent=is_silent)
        return book.settle()

    def is_line_silent(self, seat_id: str) -> bool:
        """Return whether a connection of the seat that was heard is heard no more."""
        return self._book.roster[seat_id].meter.is_silent

    def layers_wanted(
        self, seat_id: str, source: Source, rids: frozenset[str], *, now: float
    ) -> Effects:
        """Note which encodings of a seat's track anybody wants."""
        book = self._at(now)
        media_facts.layers_wanted(book, book.roster[seat_id], source, rids)
        return book.settle()

    def echo(self, seat_id: str, *, is_echoing: bool, now: float) -> Effects:
        """Note that a seat sends the hub's voice back, or does no more."""
        book = self._at(now)
        media_facts.echo(book, book.roster[seat_id], is_echoing=is_echoing)
        return book.settle()

    def link_report(self, seat_id: str, report: LinkReport, *, now: float) -> Effects:
        """Note how a seat's line is."""
        book = self._at(now)
        media_facts.link_report(book, book.roster[seat_id], report)
        return book.settle()

    def recording_started(self, *, now: float) -> Effects:
        """Note that the recorder is at work."""
        book = self._at(now)
        media_facts.recording_started(book)
        return book.settle()

    def recording_refused(self, problem: str, *, now: float) -> Effects:
        """Note that the recorder could not begin."""
        book = self._at(now)
        media_facts.recording_refused(book, problem)
        return book.settle()

    def recording_status(self, status: RecordingStatus, *, now: float) -> Effects:
        """Note how far the recorder has got."""
        book = self._at(now)
        if not book.is_over:
            media_facts.recording_status(book, status)
        return book.settle()

    def _at(self, now: float) -> RoomBook:
        self._book.now = now
        return self._book
