"""The router between the server and the sites: one TUN device a namespace, two lines a site.

    python -m bench.impair.bridge '{"seed": 1, "server": {...}, "sites": {...}}'

A process of its own, so that a busy client does not delay the packets. It is told what to
do by JSON lines on its standard input, answers each with one on its standard output, and
ends with its input:

    {"do": "set", "site": "village", "down": {"rate_kbps": 1000}, "up": {}}
    {"do": "move", "site": "village", "to_other_address": true}
    {"do": "counts"}

What cannot be done is answered with {"error": "..."} and has changed nothing.
"""

import dataclasses
import json
import os
import random
import select
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.impair.line import ConditionsInvalid, Line, read_conditions
from bench.impair.namespaces import open_tun
from bench.impair.nat import Nat
from bench.impair.packets import UDP, packed, read_flow

_PACKET_BYTES = 65_535
_PACKETS_PER_TURN = 64
_LONGEST_WAIT_S = 1.0


@dataclass(slots=True)
class Site:
    """A site's two lines, its NAT, and the file its packets leave by."""

    down: Line
    up: Line
    nat: Nat | None
    file: int


class Router:
    """Where a packet goes; no I/O. Call `deliver` no later than `deadline`."""

    def __init__(self, *, server_file: int) -> None:
        self.server_file = server_file
        self.sites: dict[str, Site] = {}
        self._site_of: dict[bytes, Site] = {}
        self.stray = 0

    def add(
        self,
        name: str,
        *,
        addresses: list[str],
        outer: list[str],
        file: int,
        seed: int,
    ) -> None:
        """Add a site; with `outer` addresses it is behind a NAT that uses them in turn."""
        site = self.sites[name] = Site(
            down=Line(random.Random(f"{seed} {name} down")),
            up=Line(random.Random(f"{seed} {name} up")),
            nat=Nat([packed(each) for each in outer]) if outer else None,
            file=file,
        )
        for each in (*addresses, *outer):
            self._site_of[packed(each)] = site

    def take(self, packet: bytes, now: float, *, from_server: bool) -> None:
        """Put a packet into the line it belongs to; count and drop what belongs to none."""
        flow = read_flow(packet)
        site = None
        if flow is not None:
            end = flow.destination if from_server else flow.source
            site = self._site_of.get(end.address)
        if flow is None or site is None:
            self.stray += 1
            return
        is_udp = flow.protocol == UDP
        if not from_server:
            site.up.put(packet, now, is_udp=is_udp)
            return
        inward = packet if site.nat is None else site.nat.inward(packet, flow)
        if inward is None:
            self.stray += 1
        else:
            site.down.put(inward, now, is_udp=is_udp)

    def deliver(self, now: float) -> list[tuple[int, bytes]]:
        """Return the packets that have arrived, each with the file it leaves by."""
        out = []
        for site in self.sites.values():
            out += [(site.file, packet) for packet in site.down.take(now)]
            for packet in site.up.take(now):
                outward: bytes | None = packet
                if site.nat is not None and (flow := read_flow(packet)) is not None:
                    outward = site.nat.outward(packet, flow)
                if outward is not None:
                    out.append((self.server_file, outward))
        return out

    def deadline(self) -> float | None:
        """Return when `deliver` is next due, None while every line is empty."""
        due = [
            at
            for site in self.sites.values()
            for line in (site.down, site.up)
            if (at := line.deadline()) is not None
        ]
        return min(due, default=None)

    def command(self, request: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Do what a line of the standard input says; return the answer."""
        try:
            return self._command(request, now)
        except (ConditionsInvalid, KeyError, TypeError) as reason:
            return {"error": f"{type(reason).__name__}: {reason}"}

    def _command(self, request: Mapping[str, Any], now: float) -> dict[str, Any]:
        match request["do"]:
            case "set":
                site = self.sites[request["site"]]
                down, up = (read_conditions(request[way]) for way in ("down", "up"))
                site.down.change(down, now)
                site.up.change(up, now)
                return {}
            case "move":
                site = self.sites[request["site"]]
                if site.nat is None:
                    raise ConditionsInvalid("the site is behind no NAT")
                site.nat.move(to_other_address=request["to_other_address"])
                return {}
            case "counts":
                return {
                    name: {
                        "down": dataclasses.asdict(site.down.counts),
                        "up": dataclasses.asdict(site.up.counts),
                    }
                    for name, site in self.sites.items()
                }
        raise ConditionsInvalid(f"cannot do {request['do']!r}")


class Bridge:
    """The router's hands: files, the clock, standard input and output."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        namespaces = [setup["server"], *(site["namespace"] for site in setup["sites"].values())]
        self._files = {namespace: open_tun(namespace) for namespace in dict.fromkeys(namespaces)}
        self.router = Router(server_file=self._files[setup["server"]])
        for name, site in setup["sites"].items():
            self.router.add(
                name,
                addresses=site["addresses"],
                outer=site["outer"],
                file=self._files[site["namespace"]],
                seed=setup["seed"],
            )
        self._unread = b""

    def run(self) -> None:
        """Carry packets until the standard input ends."""
        waiting = select.epoll()
        for file in (*self._files.values(), sys.stdin.fileno()):
            waiting.register(file, select.EPOLLIN)
        while True:
            deadline = self.router.deadline()
            wait_s = _LONGEST_WAIT_S if deadline is None else deadline - time.monotonic()
            for file, _ in waiting.poll(min(max(wait_s, 0.0), _LONGEST_WAIT_S)):
                if file != sys.stdin.fileno():
                    self._receive(file)
                elif not self._listen():
                    return
            for file, packet in self.router.deliver(time.monotonic()):
                self._send(file, packet)

    def _receive(self, file: int) -> None:
        from_server = file == self.router.server_file
        for _ in range(_PACKETS_PER_TURN):
            try:
                packet = os.read(file, _PACKET_BYTES)
            except BlockingIOError:
                return
            self.router.take(packet, time.monotonic(), from_server=from_server)

    def _send(self, file: int, packet: bytes) -> None:
        try:
            os.write(file, packet)
        except BlockingIOError:
            self.router.stray += 1

    def _listen(self) -> bool:
        data = os.read(sys.stdin.fileno(), 65_536)
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            answer = self.router.command(json.loads(line), time.monotonic())
            sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        return bool(data)


def main() -> None:
    """Open the devices, say so, and carry packets."""
    bridge = Bridge(json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    bridge.run()


if __name__ == "__main__":
    main()
