"""A network address translator between one site and the world, that can be told to move.

Mapping and filtering as RFC 4787 recommends for what lets most through: one outer port per
inner one whatever the destination, and whoever knows it may send to it. A move forgets
every UDP mapping, as a box does that restarts or times out; with another address it forgets
TCP too. What still comes for a forgotten port is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.impair.packets import TCP, UDP, Endpoint, Flow, readdressed

_FIRST_PORT = 20_000


@dataclass(slots=True)
class Nat:
    """`addresses`: packed outer addresses, used one after the other as the site moves."""

    addresses: Sequence[bytes]
    moves: int = 0
    _next_port: int = _FIRST_PORT
    _place: int = 0
    _outer: dict[tuple[int, Endpoint], Endpoint] = field(default_factory=dict)
    _inner: dict[tuple[int, Endpoint], Endpoint] = field(default_factory=dict)

    def outward(self, packet: bytes, flow: Flow) -> bytes | None:
        """Return a packet of the site as the world sees it; None for what has no ports."""
        if flow.protocol not in (TCP, UDP):
            return None
        key = (flow.protocol, flow.source)
        outer = self._outer.get(key)
        if outer is None:
            outer = Endpoint(self.addresses[self._place], self._next_port)
            self._next_port += 1
            self._outer[key] = outer
            self._inner[flow.protocol, outer] = flow.source
        return readdressed(packet, flow, source=outer)

    def inward(self, packet: bytes, flow: Flow) -> bytes | None:
        """Return a packet of the world as the site sees it; None when no mapping is left."""
        inner = self._inner.get((flow.protocol, flow.destination))
        return None if inner is None else readdressed(packet, flow, destination=inner)

    def move(self, *, to_other_address: bool) -> None:
        """Forget the mappings; new ones get other ports, and other addresses if so told."""
        self.moves += 1
        if to_other_address:
            self._place = (self._place + 1) % len(self.addresses)
            self._outer.clear()
            self._inner.clear()
            return
        for key, outer in list(self._outer.items()):
            if key[0] == UDP:
                del self._outer[key], self._inner[UDP, outer]
