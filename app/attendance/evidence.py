"""How presence becomes minutes: pure functions on the lesson clock, in milliseconds.

The rules, in the words of `docs/glossary.md`:

- *Connected* (在线时长) is the time in which at least one connection of the site was in the
  room, between 开课 and 下课. Connections that overlap or meet are one; time is never
  counted twice. It is never more than the planned minutes: a lesson that begins early or
  runs over earns nobody more than was promised.
- An *interruption* (中断) is an absence of more than three seconds after the site first came
  in. Shorter ones are a page reloading or a line changing, and nobody in class notices
  them. An absence lasting until 下课 is one too.
- A connection without an end (the server died) ends when it was last heard of.
"""

from collections.abc import Iterable
from dataclasses import dataclass

INTERRUPTION_MS = 3_000


@dataclass(frozen=True, slots=True, order=True)
class Stay:
    """One stay of a seat: from `from_ms` until `to_ms`, not included."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one site has earned in one lesson. `stays` are disjoint and in order."""

    connected_ms: int
    first_joined_ms: int | None
    last_left_ms: int | None
    interruptions: int
    stays: tuple[Stay, ...]


def merge(stays: Iterable[Stay], *, end_ms: int) -> tuple[Stay, ...]:
    """Return the union of `stays` within [0, `end_ms`], as disjoint stays in order.

    Stays that only touch become one; what is empty after the cut is left out.
    """
    merged: list[Stay] = []
    for stay in sorted(Stay(max(0, s.from_ms), min(end_ms, s.to_ms)) for s in stays):
        if stay.to_ms <= stay.from_ms:
            continue
        if merged and stay.from_ms <= merged[-1].to_ms:
            merged[-1] = Stay(merged[-1].from_ms, max(merged[-1].to_ms, stay.to_ms))
        else:
            merged.append(stay)
    return tuple(merged)


def weigh(stays: Iterable[Stay], *, planned_ms: int, end_ms: int) -> Evidence:
    """Return what a site earned by its stays in a lesson that lasted until `end_ms`."""
    merged = merge(stays, end_ms=end_ms)
    if not merged:
        return Evidence(0, None, None, 0, ())
    returns = [later.from_ms for later in merged[1:]] + [end_ms]
    absences = [back - stay.to_ms for stay, back in zip(merged, returns, strict=True)]
    return Evidence(
        connected_ms=min(planned_ms, sum(stay.to_ms - stay.from_ms for stay in merged)),
        first_joined_ms=merged[0].from_ms,
        last_left_ms=merged[-1].to_ms,
        interruptions=sum(absence > INTERRUPTION_MS for absence in absences),
        stays=merged,
    )
