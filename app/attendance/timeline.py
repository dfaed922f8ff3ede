"""What the page draws above the recording: who was on stage when, and when all was paused.

Pure functions on a lesson's events in the order of their numbers, in milliseconds on the
lesson clock. What is still open at the end lasts until the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Happening:
    """As much of an event as a time line needs."""

    type: str
    clock_ms: int
    seat_id: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when, and whose (None: everybody's)."""

    from_ms: int
    to_ms: int
    seat_id: str | None = None


def spans(
    happenings: Iterable[Happening], *, opened_by: str, closed_by: str, end_ms: int
) -> list[Span]:
    """Return the spans between the events `opened_by` and `closed_by`, per seat, in order.

    A second opening of what is open, and a closing of what is not, change nothing.
    """
    open_since: dict[str | None, int] = {}
    found: list[Span] = []
    for happening in happenings:
        if happening.type == opened_by:
            open_since.setdefault(happening.seat_id, happening.clock_ms)
        elif happening.type == closed_by and happening.seat_id in open_since:
            begun = open_since.pop(happening.seat_id)
            found.append(Span(begun, happening.clock_ms, happening.seat_id))
    found += [Span(begun, end_ms, seat_id) for seat_id, begun in open_since.items()]
    cut = (Span(max(0, s.from_ms), min(s.to_ms, end_ms), s.seat_id) for s in found)
    return sorted(
        (span for span in cut if span.to_ms > span.from_ms),
        key=lambda span: (span.from_ms, span.to_ms, span.seat_id or ""),
    )


def stage_spans(happenings: Iterable[Happening], *, end_ms: int) -> list[Span]:
    """Return who was on stage (上台), from when until when."""
    return spans(happenings, opened_by="stage_granted", closed_by="stage_released", end_ms=end_ms)


def pause_spans(happenings: Iterable[Happening], *, end_ms: int) -> list[Span]:
    """Return when 一键暂停 held."""
    everybodys = (Happening(h.type, h.clock_ms) for h in happenings)
    return spans(everybodys, opened_by="paused_all", closed_by="restored_all", end_ms=end_ms)
