"""What fits into one site's line: a pure function from a budget and wishes to layers.

The order is fixed: the hub's sound, board and slides, sound of the stage, the teacher's
picture, everything else. Rates are kbit/s on the wire; layer 0 is the smallest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from typing import NamedTuple

from media.core.ids import Kind, TrackKey

# More is let in only when this much of the budget stays free: estimates and encoders waver,
# and a picture that comes and goes is worse than a smaller one.
HEADROOM = 1.18

# A picture that has just been given up waits, or it would come and go; but not as its smallest on
# a line that now carries twice what is used then: nothing at all is worse than to try.
_AMPLE = 2.0


class Priority(IntEnum):
    """What is protected first on a line that is too narrow; a lower number goes before."""

    HUB_AUDIO = 0
    SLIDES = 1
    STAGE_AUDIO = 2
    HUB_VIDEO = 3
    OTHER = 4


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """What a peer is sent of one track: encoding `layer` of 0..`top_layer`, None: held back."""

    track: TrackKey
    layer: int | None
    top_layer: int
    kbps: float


@dataclass(frozen=True, slots=True)
class LinkBudget:
    """What a site's line is declared to carry, each way, in kbit/s. None: only measured."""

    down_kbps: int | None = None
    up_kbps: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no line is: a budget of nothing would silence a classroom unseen."""
        for kbps in (self.down_kbps, self.up_kbps):
            if kbps is not None and kbps <= 0:
                raise ValueError("a declared link carries more than 0 kbit/s")


class Wish(NamedTuple):
    """A track somebody may have. `layers_kbps`: what each layer costs, smallest first.

    `current` is the layer that flows now, None if nothing does. `may_rise` False: not above
    `current` yet, because it has just been lowered; from nothing to the smallest only with ample
    room. Of sound, every packet is to carry
    `redundancy` earlier ones again, each for `redundancy_kbps` more, and carries
    `current_redundancy` now.
    """

    track: TrackKey
    priority: Priority
    layers_kbps: tuple[float, ...]
    current: int | None = None
    may_rise: bool = True
    redundancy: int = 0
    redundancy_kbps: float = 0.0
    current_redundancy: int = 0

    @property
    def is_audio(self) -> bool:
        """Return whether this is sound, which is never held back for want of headroom."""
        return self.track.source.kind is Kind.AUDIO


class Allotment(NamedTuple):
    """What a track gets: a layer, or None (held back); what that costs; earlier packets again."""

    track: TrackKey
    layer: int | None
    kbps: float
    redundancy: int = 0


def plan(budget_kbps: float | None, wishes: Sequence[Wish]) -> tuple[Allotment, ...]:
    """Return what each wish gets, in the order of `wishes`. No budget: everything.

    Never over budget, except that the hub's sound is never held back. First everything but
    the rest gets its smallest layer, in the order of protection; sound its redundancy once
    every sound above the teacher's picture has its place. Then, class by class, what is left
    makes pictures better, level by level within a class.
    """
    if _has_room_for_all(budget_kbps, wishes):
        return tuple(_best(wish) for wish in wishes)
    share = _Share(budget_kbps)
    ordered = sorted(wishes, key=_order)
    protected = [wish for wish in ordered if wish.priority <= Priority.STAGE_AUDIO]
    for wish in protected:
        share.admit(wish)
    share.repeat(protected)
    for wish in ordered:
        if wish.priority is Priority.HUB_VIDEO:
            share.admit(wish)
    for priority, group in groupby(ordered, key=lambda wish: wish.priority):
        same = list(group)
        if priority is Priority.OTHER:
            for wish in same:
                share.admit(wish)
            share.repeat(same)
        share.improve(same)
    return tuple(share.allotment(wish) for wish in wishes)


def _has_room_for_all(budget_kbps: float | None, wishes: Sequence[Wish]) -> bool:
    """Return whether everything gets its best, without looking at what goes before what.

    So it is on a line that carries more than enough of what may rise: as nearly always.
    """
    most_kbps = 0.0
    for wish in wishes:
        top = len(wish.layers_kbps) - 1
        if not (wish.may_rise or wish.is_audio or wish.current == top):
            return False
        most_kbps += max(wish.layers_kbps) + wish.redundancy * wish.redundancy_kbps
    return budget_kbps is None or most_kbps * HEADROOM <= budget_kbps


def _best(wish: Wish) -> Allotment:
    kbps = wish.layers_kbps[-1] + wish.redundancy * wish.redundancy_kbps
    return Allotment(wish.track, len(wish.layers_kbps) - 1, kbps, wish.redundancy)


def _order(wish: Wish) -> tuple[int, bool, TrackKey]:
    """Sort by protection; among equals sound first, then by name, so that it stays put."""
    return wish.priority, not wish.is_audio, wish.track


class _Share:
    """One plan in the making: what is used of the budget, and what each track has."""

    def __init__(self, budget_kbps: float | None) -> None:
        self._budget_kbps = float("inf") if budget_kbps is None else budget_kbps
        self._used_kbps = 0.0
        self._layers: dict[TrackKey, int] = {}
        self._redundancy: dict[TrackKey, int] = {}

    def admit(self, wish: Wish) -> None:
        """Give the smallest layer, if it fits; the hub's sound whether it fits or not."""
        if wish.priority is Priority.HUB_AUDIO or self._fits(wish, 0, wish.layers_kbps[0]):
            self._take(wish, 0, wish.layers_kbps[0])

    def repeat(self, wishes: Sequence[Wish]) -> None:
        """Let admitted sound carry earlier packets again, everybody's one before anybody's two."""
        most = max((wish.redundancy for wish in wishes), default=0)
        for level in range(1, most + 1):
            for wish in wishes:
                is_next = self._redundancy.get(wish.track, 0) == level - 1 < wish.redundancy
                room = 1.0 if level <= wish.current_redundancy else HEADROOM
                used = self._used_kbps + wish.redundancy_kbps
                if wish.track in self._layers and is_next and used * room <= self._budget_kbps:
                    self._used_kbps = used
                    self._redundancy[wish.track] = level

    def improve(self, wishes: Iterable[Wish]) -> None:
        """Give admitted tracks higher layers, everybody the second before anybody the third."""
        admitted = [wish for wish in wishes if wish.track in self._layers]
        levels = max((len(wish.layers_kbps) for wish in admitted), default=0)
        for layer in range(1, levels):
            for wish in admitted:
                if layer < len(wish.layers_kbps):
                    costs = wish.layers_kbps
                    more = costs[layer] - costs[self._layers[wish.track]]
                    if self._fits(wish, layer, more):
                        self._take(wish, layer, more)

    def _fits(self, wish: Wish, layer: int, more_kbps: float) -> bool:
        used = self._used_kbps + more_kbps
        is_kept = wish.is_audio or (wish.current is not None and layer <= wish.current)
        if is_kept:
            return used <= self._budget_kbps
        if not wish.may_rise and wish.current is None and layer == 0:
            return used * _AMPLE <= self._budget_kbps
        return wish.may_rise and used * HEADROOM <= self._budget_kbps

    def _take(self, wish: Wish, layer: int, more_kbps: float) -> None:
        self._used_kbps += more_kbps
        self._layers[wish.track] = layer

    def allotment(self, wish: Wish) -> Allotment:
        """Return what became of a wish."""
        layer = self._layers.get(wish.track)
        if layer is None:
            return Allotment(wish.track, None, 0.0)
        redundancy = self._redundancy.get(wish.track, 0)
        kbps = wish.layers_kbps[layer] + redundancy * wish.redundancy_kbps
        return Allotment(wish.track, layer, kbps, redundancy)
