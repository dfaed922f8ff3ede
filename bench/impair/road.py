"""The road between the server and the sites, whichever way it is made.

With network namespaces every byte between them is impaired: WebSocket, HTTP and media, UDP
and TCP, IPv4 and IPv6 (`NamespaceRoad`). Without, a proxy impairs the UDP of the media and
delays or cuts TCP (`bench.impair.proxy.ProxyRoad`).
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.impair.line import Conditions
from bench.impair.namespaces import OWN_NAMESPACE, furnish, new_namespace
from bench.servers import stop_process

_CHECKOUT = Path(__file__).resolve().parents[2]
# Blocks set aside for benchmarks: RFC 2544 (IPv4), RFC 5180 (IPv6).
SERVER_V4, SERVER_V6 = "198.18.0.1", "2001:2::1"
NAMESPACES = "network namespaces and a TUN bridge in user space"
_START_TIMEOUT_S = 15
_BRIDGE_NICENESS = -15


class RoadFailed(Exception):
    """The bridge refused a command or went away; the message is what it said."""


@dataclass(frozen=True, slots=True)
class SiteAddresses:
    """Where a site is. `namespace`: a path, when it has one of its own; it then has a road
    of its own out of it too, which a browser needs that looks for every way out.
    """

    v4: str
    v6: str
    outer: tuple[str, ...] = ()
    namespace: str = ""


class Road(Protocol):
    """What a lesson needs of the road. `kind` says in words what carries the packets.

    `carries_all`: every byte is impaired, TCP like UDP, and a site can have another address.
    """

    kind: str
    carries_all: bool

    async def set(self, site: str, *, down: Conditions, up: Conditions) -> None:
        """Give a site's line these conditions from now on."""

    async def move(self, site: str, *, to_other_address: bool) -> None:
        """Let the site's NAT forget its mappings."""

    async def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return what became of the packets: by site, by `down` and `up`, by name."""


@dataclass(slots=True)
class NamespaceRoad:
    """Every byte passes `bench.impair.bridge`. Made by `namespace_road`."""

    server_namespace: str
    sites: Mapping[str, SiteAddresses]
    process: asyncio.subprocess.Process
    kind: str = NAMESPACES
    carries_all: bool = True
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def in_server_namespace(self, *command: str) -> list[str]:
        """Return the command that runs `command` where the server lives."""
        return ["nsenter", f"--net={self.server_namespace}", "--", *command]

    async def set(self, site: str, *, down: Conditions, up: Conditions) -> None:
        """Give a site's line these conditions from now on."""
        await self._ask(do="set", site=site, down=down.as_json(), up=up.as_json())

    async def move(self, site: str, *, to_other_address: bool) -> None:
        """Let the site's NAT forget its mappings."""
        await self._ask(do="move", site=site, to_other_address=to_other_address)

    async def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return what became of the packets: by site, by `down` and `up`, by name."""
        return await self._ask(do="counts")

    async def _ask(self, **request: Any) -> dict[str, Any]:  # JSON both ways
        async with self._turn:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            line = await self.process.stdout.readline()
        if not line:
            raise RoadFailed("the bridge has ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RoadFailed(answer["error"])
        return answer


def site_addresses(
    number: int, *, is_behind_nat: bool = False, namespace: str = ""
) -> SiteAddresses:
    """Return the addresses of the site of this number (1 to 100)."""
    outer = (f"198.18.2.{number}", f"198.18.3.{number}") if is_behind_nat else ()
    return SiteAddresses(f"198.18.1.{number}", f"2001:2::1:{number:x}", outer, namespace)


@asynccontextmanager
async def namespace_road(
    sites: Sequence[str],
    *,
    behind_nat: Sequence[str] = (),
    apart: Sequence[str] = (),
    seed: int = 1,
) -> AsyncIterator[NamespaceRoad]:
    """Make the server's namespace, those of the sites `apart`, and the bridge between.

    The other sites share this process's own namespace. Raise NetworkUnavailable.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(new_namespace())
        placed = {}
        for number, name in enumerate(sites, start=1):
            own = await stack.enter_async_context(new_namespace()) if name in apart else ""
            placed[name] = site_addresses(number, is_behind_nat=name in behind_nat, namespace=own)
        process = await _start_bridge(server, placed, seed)
        stack.push_async_callback(_stop_bridge, process)
        await furnish(server, [SERVER_V4, SERVER_V6])
        here = [site for site in placed.values() if not site.namespace]
        if here:
            await furnish(OWN_NAMESPACE, [a for site in here for a in (site.v4, site.v6)])
        for site in placed.values():
            if site.namespace:
                await furnish(site.namespace, [site.v4, site.v6])
        yield NamespaceRoad(server, placed, process)


async def _start_bridge(
    server: str, sites: Mapping[str, SiteAddresses], seed: int
) -> asyncio.subprocess.Process:
    own = f"/proc/{os.getpid()}/ns/net"
    setup = {
        "seed": seed,
        "server": server,
        "sites": {
            name: {
                "addresses": [site.v4, site.v6],
                "outer": list(site.outer),
                "namespace": site.namespace or own,
            }
            for name, site in sites.items()
        },
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.impair.bridge", json.dumps(setup),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_CHECKOUT,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(_START_TIMEOUT_S):
        if not await process.stdout.readline():
            raise RoadFailed("the bridge did not start")
    put_first(process.pid, _BRIDGE_NICENESS)
    return process


def put_first(pid: int, niceness: int) -> None:
    """Let a process run before others where this user may: neighbours are no part of the line."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)


async def _stop_bridge(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    await stop_process(process)
