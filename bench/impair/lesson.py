"""A lesson over the road: the real server, a hub that broadcasts, light seats that receive."""

import asyncio
import contextlib
import functools
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.impair import school
from bench.impair.access import Access
from bench.impair.broadcast import Broadcast
from bench.impair.judge import Heard, Rate, Shown, hear, show
from bench.impair.line import Conditions
from bench.impair.media import LAYERS
from bench.impair.proxy import LOOPBACK, proxy_road
from bench.impair.road import SERVER_V4, SERVER_V6, NamespaceRoad, Road
from bench.impair.seat import LightSeat
from bench.impair.server import LessonServer
from bench.impair.trace import Trace, wall_s

HUB = "hub"
_RATE_SAMPLE_S = 0.1
_EVERYBODY_IN_S = 15.0
_HTTP_PORT, _MEDIA_PORT = 8000, 7882  # the server has a namespace of its own


@dataclass(slots=True)
class Member:
    """A site's seat and what it sends."""

    seat: LightSeat
    broadcast: Broadcast


@dataclass(slots=True)
class Lesson:
    """A lesson under way. `members` by site; the hub is one of them.

    `cookies` are those of the sites at which a browser sits instead.
    """

    road: Road
    server: LessonServer
    folder: Path
    members: dict[str, Member] = field(default_factory=dict)
    rates: dict[str, list[Rate]] = field(default_factory=dict)
    cookies: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def hub(self) -> Member:
        """Return the hub."""
        return self.members[HUB]

    def camera(self, site: str, *, of: str = HUB) -> Trace:
        """Return what a site has received of another's camera."""
        return self.members[site].seat.trace(self.members[of].seat.seat_id, "camera")

    def microphone(self, site: str, *, of: str = HUB) -> Trace:
        """Return what a site has received of another's microphone."""
        return self.members[site].seat.trace(self.members[of].seat.seat_id, "microphone")

    def shown(self, site: str, *, of: str = HUB) -> list[Shown]:
        """Return the pictures a site could show."""
        return show(self.camera(site, of=of).got)

    def heard(self, site: str, *, begin_s: float, end_s: float) -> Heard:
        """Return how the hub's sound, sent in this time, was heard at a site.

        A microphone never is late, but this process is, on a busy machine: each packet is
        given the time it spent on the way, counted from when it was due.
        """
        broadcast = self.hub.broadcast
        first, last = broadcast.audio_between(begin_s, end_s)
        on_time = [
            packet._replace(at_s=broadcast.due_s(packet.stamp.frame) + packet.at_s - packet.sent_s)
            for packet in self.microphone(site).got
        ]
        # What was sent at the end needs a moment to be played.
        return hear(on_time, first=first, last=last, end_s=end_s + 2)

    async def set(self, site: str, down: Conditions, up: Conditions | None = None) -> float:
        """Give a site's line these conditions (the same upwards); return when, in wall time."""
        await self.road.set(site, down=down, up=down if up is None else up)
        return wall_s()

    async def sample_rates(self) -> None:
        """Note ten times a second what has been offered to each line, until cancelled."""
        while True:
            counts = await self.road.counts()
            now = wall_s()
            for site, ways in counts.items():
                self.rates.setdefault(site, []).append(Rate(now, ways["down"]["offered_bytes"]))
            await asyncio.sleep(_RATE_SAMPLE_S)


AccessOf = Callable[[str, Mapping[str, str], str, str], Access]
"""Site, cookies, lesson, role: how the road lets that seat reach the server."""


@asynccontextmanager
async def lesson_over(
    road: NamespaceRoad,
    sites: Sequence[str],
    *,
    folder: Path,
    lines: Mapping[str, Conditions],
    is_v6: bool = False,
    pages: Sequence[str] = (),
    hub: Broadcast | None = None,
) -> AsyncIterator[Lesson]:
    """Hold a lesson in the road's namespaces: `sites` beside the hub, each on its line.

    `pages` are sites without a light seat, for browsers; `hub` what the hub sends.
    """
    host = SERVER_V6 if is_v6 else SERVER_V4
    server = LessonServer(
        folder,
        http_host=host,
        http_port=_HTTP_PORT,
        media_hosts=[host],
        media_port=_MEDIA_PORT,
        prefix=road.in_server_namespace(),
    )

    def access(site: str, cookies: Mapping[str, str], lesson_id: str, role: str) -> Access:
        where = road.sites[site]
        return Access(server.url, where.v6 if is_v6 else where.v4, cookies, lesson_id, role)

    async with held_lesson(
        road, server, sites, access=access, lines=lines, pages=pages, hub=hub or Broadcast()
    ) as lesson:
        yield lesson


@asynccontextmanager
async def lesson_by_proxy(
    sites: Sequence[str], *, folder: Path, lines: Mapping[str, Conditions], seed: int
) -> AsyncIterator[Lesson]:
    """Hold a lesson on the loopback interface, each site behind a proxy of its own."""
    http_port, media_port = free_port("tcp"), free_port("udp")
    server = LessonServer(
        folder,
        http_host=LOOPBACK,
        http_port=http_port,
        media_hosts=[LOOPBACK],
        media_port=media_port,
    )
    async with proxy_road(
        [HUB, *sites], http_port=http_port, media_port=media_port, seed=seed
    ) as road:

        def access(site: str, cookies: Mapping[str, str], lesson_id: str, role: str) -> Access:
            url = f"http://{LOOPBACK}:{road.sites[site].tcp_port}"
            through = functools.partial(road.through, site, media_port=media_port)
            return Access(url, LOOPBACK, cookies, lesson_id, role, through)

        async with held_lesson(
            road, server, sites, access=access, lines=lines, pages=(), hub=Broadcast()
        ) as lesson:
            yield lesson


@asynccontextmanager
async def held_lesson(
    road: Road,
    server: LessonServer,
    sites: Sequence[str],
    *,
    access: AccessOf,
    lines: Mapping[str, Conditions],
    pages: Sequence[str],
    hub: Broadcast,
) -> AsyncIterator[Lesson]:
    """Start the server, 开课, let the hub and then all sites enter; end it all on leaving."""
    server.folder.mkdir(parents=True, exist_ok=True)
    made = await school.prepare(server.folder, classrooms=len(sites) + len(pages))
    [lesson_id] = made.lesson_ids
    lesson = Lesson(road, server, server.folder)
    async with AsyncExitStack() as stack:
        await server.start()
        stack.push_async_callback(server.stop)
        teacher = access(HUB, made.teacher, lesson_id, "lecturer")
        lesson.members[HUB] = _member(teacher, hub)
        for site, cookies in zip((*sites, *pages), made.classrooms, strict=True):
            if site in pages:
                lesson.cookies[site] = cookies
                continue
            entry = access(site, cookies, lesson_id, "classroom")
            lesson.members[site] = _member(entry, Broadcast(LAYERS[:1]))
        for member in lesson.members.values():
            stack.push_async_callback(member.seat.close)
        await lesson.hub.seat.requests.post(f"/api/lessons/{lesson_id}/start")
        for site, conditions in lines.items():
            await lesson.set(site, conditions)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(lesson.sample_rates())]
            await _enter(lesson, group, running)
            yield lesson
            for task in running:
                task.cancel()


def _member(access: Access, broadcast: Broadcast) -> Member:
    seat = LightSeat(access, rids=broadcast.rids, on_keyframe_request=broadcast.keyframe_wanted)
    return Member(seat, broadcast)


async def _enter(
    lesson: Lesson, group: asyncio.TaskGroup, running: list["asyncio.Task[None]"]
) -> None:
    def begin(work: Awaitable[None]) -> None:
        running.append(group.create_task(work))  # type: ignore[arg-type]  # all are coroutines

    begin(lesson.hub.seat.hold())
    begin(lesson.hub.broadcast.run(lesson.hub.seat))
    async with asyncio.timeout(20):
        while not (lesson.hub.seat.publisher and lesson.hub.seat.publisher.is_connected):
            await asyncio.sleep(0.05)
    for site, member in lesson.members.items():
        if site == HUB:
            continue
        begin(member.seat.hold())
        begin(member.broadcast.run(member.seat))
        await asyncio.sleep(0.1)
    # A site that does not get in is what its row must show: the others begin without it.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_EVERYBODY_IN_S):
            for site, member in lesson.members.items():
                if site != HUB:
                    await member.seat.until_receiving((lesson.hub.seat.seat_id, "camera"))


def free_port(protocol: Literal["tcp", "udp"]) -> int:
    """Return a port of the loopback interface nobody listens on now."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
