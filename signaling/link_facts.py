"""What is told and written down of the seats' lines."""

from typing import Final

from pydantic import JsonValue

from media.core.ids import Source
from media.interface import LinkReport, PlannedTrack
from signaling import messages as m
from signaling.book import RoomBook
from signaling.link_judge import Line
from signaling.participant import Participant
from signaling.ports import EventType

_NOTHING: Final = LinkReport(rtt_ms=None, loss_up=None, loss_down=None, kbps_up=0, kbps_down=0)


def weigh(book: RoomBook, seat: Participant, before: m.Link, *, is_report: bool) -> None:
    """Judge a seat's line anew; news are told at once, figures at their own pace.

    `before` is the seat's word before what has just been heard of it.
    """
    if not seat.is_present:
        return
    own = seat.trouble
    # Nearly always nothing is wrong, and sixty lines need not be laid beside each other.
    lines = {} if own is None else _lines(book)
    is_news = seat.verdict.judge(own, seat.seat_id, lines, now=book.now)
    if seat.link is not before or is_news:
        _note(book, seat, before)
    if seat.link is not before:
        book.tell_seat(seat)
    if is_news or (is_report and seat.rates.link_measured.take(book.now)):
        book.tell_staff_and(seat.seat_id, _measured(seat))


def _lines(book: RoomBook) -> dict[str, Line]:
    return {seat.seat_id: Line(seat.role, seat.meter) for seat in book.roster if seat.is_present}


def _note(book: RoomBook, seat: Participant, before: m.Link) -> None:
    trouble, report = seat.verdict.trouble, seat.meter.last
    payload: dict[str, JsonValue] = {
        "link": seat.link,
        "before": before,
        "cause": None if trouble is None else trouble.cause,
        "leg": None if trouble is None else trouble.leg,
    }
    if report is not None:
        payload |= {
            "rtt_ms": report.rtt_ms,
            "loss_up": report.loss_up,
            "loss_down": report.loss_down,
        }
    book.note(EventType.LINK_CHANGED, seat_id=seat.seat_id, payload=payload)


def _measured(seat: Participant) -> m.LinkMeasured:
    meter, trouble = seat.meter, seat.verdict.trouble
    report = meter.last or _NOTHING
    return m.LinkMeasured(
        seq=0,
        seat_id=seat.seat_id,
        link=seat.link,
        rtt_ms=_rounded(report.rtt_ms),
        # As last measured: a browser that receives sound only reports every five seconds.
        loss_up_percent=_percent(meter.loss_up),
        loss_down_percent=_percent(meter.loss_down),
        kbps_up=round(report.kbps_up),
        kbps_down=round(report.kbps_down),
        estimate_down_kbps=_rounded(report.estimate_down_kbps),
        budget_down_kbps=seat.budget.down_kbps,
        budget_up_kbps=seat.budget.up_kbps,
        cause=None if trouble is None else trouble.cause,
        bad_leg=None if trouble is None else trouble.leg,
        plan=tuple(map(_planned, report.plan)),
    )


def _planned(planned: PlannedTrack) -> m.PlannedTrack:
    return m.PlannedTrack(
        seat_id=planned.track.peer_id,
        source=m.MediaSource(Source(planned.track.source)),
        layer=planned.layer,
        top_layer=planned.top_layer,
        kbps=round(planned.kbps),
    )


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(fraction * 100, 1)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
