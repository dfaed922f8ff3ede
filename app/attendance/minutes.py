"""How what a site received becomes minutes: pure functions on the lesson clock, in milliseconds.

Every millisecond of a lesson is, at each site, exactly one of:

- *audible* (听清): the hub's sound arrived, or there was none to arrive;
- *degraded* (不清): it arrived in part;
- *lost* (未听到): the site was connected, and the sound it should have had did not arrive;
- *offline* (离线): it was not connected.

The four add up to the lesson, or to the plan where the lesson ran over. What is heard while a
lesson runs over makes up for what was missed in it, the best first, and nobody earns more than was
planned. *Visible* (看到) is the time in which a picture of the hub arrived besides.

What a seat received is written when it changes, and otherwise once in five minutes. So what is
not written of a stay is as what was written last, for `CARRIED_MS`; after that, and before anything
was written, nobody vouches for it, and it is lost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.attendance.evidence import Stay, merge

#: `signaling.reception`: written after 300 s at the latest, of what was 20 s ago at the latest.
CARRIED_MS = 330_000
SILENT = "silent"


class Minute(StrEnum):
    """What a stretch of a lesson was at a site."""

    AUDIBLE = "audible"
    DEGRADED = "degraded"
    LOST = "lost"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Heard:
    """One span of a `reception` event. `word`: audible, silent (the hub was), degraded or lost."""

    from_ms: int
    to_ms: int
    word: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class Portion:
    """A stretch of the lesson in which nothing changed at the site."""

    from_ms: int
    to_ms: int
    minute: Minute
    is_visible: bool = False
    is_hub_silent: bool = False

    @property
    def length_ms(self) -> int:
        """Return how long it lasted."""
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Minutes:
    """What a site had of a lesson. `silent_ms` is the part of audible in which the hub was."""

    audible_ms: int = 0
    degraded_ms: int = 0
    lost_ms: int = 0
    offline_ms: int = 0
    visible_ms: int = 0
    silent_ms: int = 0


def portions(heard: Iterable[Heard], stays: Iterable[Stay], *, end_ms: int) -> list[Portion]:
    """Return the lesson from 0 to `end_ms` in portions, in order, without gap or overlap.

    What was heard outside a stay does not count: a connection that nobody holds is nobody's.
    Of spans that overlap, the one that begins first is right as far as it reaches.
    """
    written = sorted(heard, key=lambda span: span.from_ms)
    found: list[Portion] = []
    at_ms = 0
    for stay in merge(stays, end_ms=end_ms):
        _put(found, Portion(at_ms, stay.from_ms, Minute.OFFLINE))
        for portion in _of_stay(written, stay):
            _put(found, portion)
        at_ms = stay.to_ms
    _put(found, Portion(at_ms, end_ms, Minute.OFFLINE))
    return found


def total(parts: Sequence[Portion], *, planned_ms: int) -> Minutes:
    """Add up portions that cover a lesson, within what was planned."""
    left = counted = min(planned_ms, sum(part.length_ms for part in parts))
    sums: dict[Minute, int] = {}
    for minute in Minute:
        whole = sum(part.length_ms for part in parts if part.minute is minute)
        sums[minute] = min(whole, left)
        left -= sums[minute]
    silent = sum(part.length_ms for part in parts if part.is_hub_silent)
    visible = sum(part.length_ms for part in parts if part.is_visible)
    return Minutes(
        audible_ms=sums[Minute.AUDIBLE],
        degraded_ms=sums[Minute.DEGRADED],
        lost_ms=sums[Minute.LOST],
        offline_ms=sums[Minute.OFFLINE],
        visible_ms=min(visible, counted - sums[Minute.OFFLINE]),
        silent_ms=min(silent, sums[Minute.AUDIBLE]),
    )


def _of_stay(written: Iterable[Heard], stay: Stay) -> Iterable[Portion]:
    at_ms, last = stay.from_ms, None
    for span in written:
        from_ms, to_ms = max(at_ms, span.from_ms), min(stay.to_ms, span.to_ms)
        if to_ms <= from_ms:
            continue
        yield from _unwritten(last, at_ms, from_ms)
        yield _portion(span, from_ms, to_ms)
        at_ms, last = to_ms, span
    yield from _unwritten(last, at_ms, stay.to_ms)


def _unwritten(last: Heard | None, from_ms: int, to_ms: int) -> Iterable[Portion]:
    carried_to = from_ms if last is None else min(to_ms, from_ms + CARRIED_MS)
    if last is not None:
        yield _portion(last, from_ms, carried_to)
    yield Portion(carried_to, to_ms, Minute.LOST)


def _portion(span: Heard, from_ms: int, to_ms: int) -> Portion:
    is_silent = span.word == SILENT
    minute = Minute.AUDIBLE if is_silent else Minute(span.word)
    return Portion(from_ms, to_ms, minute, span.is_visible, is_silent)


def _put(found: list[Portion], portion: Portion) -> None:
    """Append a portion that lasts, as one with the last where nothing changed."""
    if portion.length_ms <= 0:
        return
    last = found[-1] if found else None
    new = (portion.minute, portion.is_visible, portion.is_hub_silent)
    if last is not None and new == (last.minute, last.is_visible, last.is_hub_silent):
        found[-1] = Portion(last.from_ms, portion.to_ms, *new)
    else:
        found.append(portion)
