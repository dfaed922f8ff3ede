"""One way of one site's line, as a plain object: packets go in, some come out, later.

A packet waits its turn in a queue that the line empties at its rate, may then be lost, and
arrives after the delay. Loss is behind the queue, as on a radio link: what is lost has used
the line. The same seed, packets and times give the same result. Times are seconds on the
caller's monotonic clock.
"""

import dataclasses
import heapq
import math
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class ConditionsInvalid(ValueError):
    """The conditions cannot be those of a line; the message names the field."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one way of a line is like. Shares are 0..1.

    `burst` is Gilbert's model: the chance that a packet begins a run of losses, and the
    chance that one ends it; everything within a run is lost. Without `rate_kbps` the line
    is as fast as the machine. `queue_ms` is the longest a packet may wait for its turn
    before the next one is refused. `jitter_ms` keeps the order; `reorder` breaks it, by
    `reorder_ms` for the packets it hits.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    burst: tuple[float, float] | None = None
    rate_kbps: float | None = None
    queue_ms: float = 300.0
    reorder: float = 0.0
    reorder_ms: float = 30.0
    duplicate: float = 0.0
    is_cut: bool = False
    blocks_udp: bool = False

    def __post_init__(self) -> None:
        for name in ("delay_ms", "jitter_ms", "queue_ms", "reorder_ms"):
            value = getattr(self, name)
            if not (_is_number(value) and 0 <= value < 60_000):
                raise ConditionsInvalid(f"{name}: {value!r} is not 0 to 60000 ms")
        for name in ("loss", "reorder", "duplicate"):
            _require_share(name, getattr(self, name))
        if self.burst is not None:
            for share in self.burst:
                _require_share("burst", share)
            if len((*self.burst,)) != 2 or self.burst[1] == 0:
                raise ConditionsInvalid(f"burst: {self.burst!r} is no pair, or its runs never end")
        rate = self.rate_kbps
        if rate is not None and not (_is_number(rate) and rate > 0):
            raise ConditionsInvalid(f"rate_kbps: {rate!r} is not above 0")

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are not the default's."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
            if value != getattr(_CLEAN, name, None)
        }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _require_share(name: str, value: object) -> None:
    if not (_is_number(value) and 0 <= value <= 1):  # type: ignore[operator]  # a number by now
        raise ConditionsInvalid(f"{name}: {value!r} is not 0 to 1")


_CLEAN = Conditions()


def read_conditions(content: Mapping[str, Any]) -> Conditions:
    """Make conditions of JSON. Raise ConditionsInvalid, also for a field that is unknown."""
    unknown = set(content) - {each.name for each in dataclasses.fields(Conditions)}
    if unknown:
        raise ConditionsInvalid(f"unknown: {', '.join(sorted(unknown))}")
    fields = dict(content)
    for name in ("is_cut", "blocks_udp"):
        if not isinstance(fields.get(name, False), bool):
            raise ConditionsInvalid(f"{name}: {fields[name]!r} is neither true nor false")
    if fields.get("burst") is not None:
        if not isinstance(fields["burst"], list | tuple):
            raise ConditionsInvalid(f"burst: {fields['burst']!r} is no pair")
        fields["burst"] = tuple(fields["burst"])
    return Conditions(**fields)


@dataclass(slots=True)
class Counts:
    """What has become of the packets (`_bytes`: with their IP headers)."""

    offered: int = 0
    offered_bytes: int = 0
    delivered: int = 0
    delivered_bytes: int = 0
    lost: int = 0
    refused_by_queue: int = 0
    cut: int = 0
    blocked: int = 0
    duplicated: int = 0


@dataclass(slots=True)
class Line:
    """Call `put` with every packet, `take` no later than `deadline`."""

    rng: random.Random
    conditions: Conditions = _CLEAN
    counts: Counts = field(default_factory=Counts)
    _waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    _waiting_bytes: int = 0
    _served_until: float = -math.inf
    _under_way: list[tuple[float, int, bytes]] = field(default_factory=list)
    _number: int = 0
    _last_arrival: float = -math.inf
    _is_in_burst: bool = False

    def change(self, conditions: Conditions, now: float) -> None:
        """Go on under other conditions; what waits is served at the new rate from now on.

        A cut takes what waits and what is under way with it.
        """
        self._serve(now)
        self.conditions = conditions
        if conditions.is_cut:
            self.counts.cut += len(self._waiting) + len(self._under_way)
            self._waiting.clear()
            self._under_way.clear()
            self._waiting_bytes = 0

    def put(self, packet: bytes, now: float, *, is_udp: bool) -> None:
        """Take a packet at the line's entry."""
        self._serve(now)
        conditions, counts = self.conditions, self.counts
        counts.offered += 1
        counts.offered_bytes += len(packet)
        if conditions.is_cut:
            counts.cut += 1
        elif conditions.blocks_udp and is_udp:
            counts.blocked += 1
        elif self._wait_s() * 1000 > conditions.queue_ms:
            counts.refused_by_queue += 1
        else:
            self._waiting.append((now, packet))
            self._waiting_bytes += len(packet)
            self._serve(now)

    def take(self, now: float) -> list[bytes]:
        """Return the packets that have arrived at the other end by now."""
        self._serve(now)
        arrived = []
        while self._under_way and self._under_way[0][0] <= now:
            packet = heapq.heappop(self._under_way)[2]
            self.counts.delivered += 1
            self.counts.delivered_bytes += len(packet)
            arrived.append(packet)
        return arrived

    def deadline(self) -> float | None:
        """Return when `take` is next worth calling, None while the line is empty."""
        soonest = self._under_way[0][0] if self._under_way else math.inf
        if self._waiting:
            soonest = min(soonest, self._first_served_at())
        return None if soonest == math.inf else soonest

    def _transmission_s(self, length: int) -> float:
        rate = self.conditions.rate_kbps
        return 0.0 if rate is None else length * 8 / (rate * 1000)

    def _wait_s(self) -> float:
        return self._transmission_s(self._waiting_bytes)

    def _first_served_at(self) -> float:
        entered, packet = self._waiting[0]
        return max(entered, self._served_until) + self._transmission_s(len(packet))

    def _serve(self, now: float) -> None:
        """Send off everything whose last bit has left the queue by now."""
        while self._waiting and (left_at := self._first_served_at()) <= now:
            packet = self._waiting.popleft()[1]
            self._waiting_bytes -= len(packet)
            self._served_until = left_at
            if self._is_lost():
                self.counts.lost += 1
                continue
            self._send_off(packet, left_at)
            if self.rng.random() < self.conditions.duplicate:
                self.counts.duplicated += 1
                self._send_off(packet, left_at)

    def _is_lost(self) -> bool:
        burst = self.conditions.burst
        if burst is not None:
            begins, ends = burst
            chance = self.rng.random()
            self._is_in_burst = chance >= ends if self._is_in_burst else chance < begins
            if self._is_in_burst:
                return True
        return self.rng.random() < self.conditions.loss

    def _send_off(self, packet: bytes, left_at: float) -> None:
        conditions = self.conditions
        at = left_at + (conditions.delay_ms + self.rng.random() * conditions.jitter_ms) / 1000
        if self.rng.random() < conditions.reorder:
            at += conditions.reorder_ms / 1000
        else:
            at = self._last_arrival = max(at, self._last_arrival)
        self._number += 1
        heapq.heappush(self._under_way, (at, self._number, packet))
