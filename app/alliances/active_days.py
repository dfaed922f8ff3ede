"""Which days of a pairing count: those on which it was ACTIVE and its schools were open. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.alliances.models import PairingState
from app.calendars.days import Span

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of state as the history has it; `number` orders steps of one day."""

    number: int
    day: date
    to_state: PairingState


def active_spans(history: Iterable[Step], *, today: date) -> list[Span]:
    """Return the spans of days on which the pairing was ACTIVE, up to and with `today`.

    The last step of a day decides the whole day, so that a day counts once or not at all,
    however often the state changed in it. A day that has not come yet never counts.
    """
    last_of_day: dict[date, PairingState] = {}
    for step in sorted(history, key=lambda step: step.number):
        last_of_day[step.day] = step.to_state
    spans: list[Span] = []
    since: date | None = None
    for day, state in sorted(last_of_day.items()):
        if day > today:
            break
        is_active = state is PairingState.ACTIVE
        if is_active and since is None:
            since = day
        elif not is_active and since is not None:
            spans.append(Span(since, day - ONE_DAY))
            since = None
    if since is not None:
        spans.append(Span(since, today))
    return spans


def within(spans: Iterable[Span], limits: Span) -> list[Span]:
    """Return what of the closed `spans` lies within `limits`."""
    cut = []
    for span in spans:
        assert span.last is not None
        first = max(span.first, limits.first)
        last = span.last if limits.last is None else min(span.last, limits.last)
        if first <= last:
            cut.append(Span(first, last))
    return cut


def any_open(spans: Sequence[Span], opens: Iterable[Span]) -> list[Span]:
    """Return what of `spans` lies within at least one of `opens`, merged, in order."""
    pieces = sorted(
        (piece for limits in opens for piece in within(spans, limits)),
        key=lambda span: span.first,
    )
    merged: list[Span] = []
    for piece in pieces:
        assert piece.last is not None
        before = merged[-1].last if merged else None
        if before is not None and piece.first <= before + ONE_DAY:
            merged[-1] = Span(merged[-1].first, max(before, piece.last))
        else:
            merged.append(piece)
    return merged


def counted_spans(
    history: Iterable[Step], *, hub: Span, partners: Iterable[Span], today: date
) -> list[Span]:
    """Return the days that count: ACTIVE, the hub open and at least one partner open.

    `hub` and `partners` are the days on which each school is open. A school that closes takes
    no past day away.
    """
    return any_open(within(active_spans(history, today=today), hub), partners)


def active_days(spans: Iterable[Span], first: date, last: date) -> int:
    """Return how many days of the closed `spans` lie from `first` to `last`, both included."""
    return sum(
        (span.last - span.first).days + 1
        for span in within(spans, Span(first, last))
        if span.last is not None
    )
