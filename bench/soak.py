"""`make soak`: lessons opened and closed in a loop; nothing of the server may grow.

    python -m bench.soak [--minutes 5]

Each lesson has a hub and classrooms that publish and receive, somebody who leaves and comes
back, a line that breaks, and a recording. When it is over and its room is closed, the
server's memory, files, sockets, threads and tasks are counted. After the warm-up none of
these may rise from lesson to lesson (`bench.trend`). Exit code 1 if one does, or if a room
stayed open; 2 if there were too few lessons to tell. On the loopback interface, one lesson
after the other.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench import trend
from bench.impair import school
from bench.impair.broadcast import Broadcast
from bench.impair.lesson import free_port
from bench.impair.media import LAYERS
from bench.impair.seat import Access, LightSeat
from bench.impair.server import LessonServer
from bench.measure import machine, resident_kb

RESULTS = Path("var/soak")
_HOST = "127.0.0.1"
_CLASSROOMS = 3
# Pools and caches fill: a third of the lessons, and no fewer than these, are not counted.
_LEAST_WARM_UP = 3
_ROOM_CLOSES_WITHIN_S = 20.0
_RECEIVES_WITHIN_S = 40.0  # on a machine that others keep busy
_LESSONS_PER_MINUTE = 12  # more than fit, so that the loop never runs out of them


class NotReceived(Exception):
    """A classroom was left without the hub's picture; the message says what both met."""


class TooShort(Exception):
    """Too few lessons were held to judge; the message says so."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server had after a lesson, with no room open."""

    at_s: float
    rss_kb: int
    files: int
    sockets: int
    threads: int
    tasks: int
    rooms: int


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a thing a lesson may leave behind before it counts as growth."""

    name: str
    unit: str
    per_lesson: float


# A leak leaves a whole file, socket, thread or task a lesson; memory is the allocator's too.
LIMITS = (
    Limit("rss_kb", "KB", 48.0),
    Limit("files", "", 0.05),
    Limit("sockets", "", 0.05),
    Limit("threads", "", 0.05),
    Limit("tasks", "", 0.05),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one measure after the warm-up."""

    name: str
    first: float
    last: float
    per_lesson: float
    grows: bool

    def line(self) -> str:
        """Return the verdict as a line of the table."""
        return (
            f"{'FAIL' if self.grows else 'PASS'}  {self.name:8} {self.first:10.0f} -> "
            f"{self.last:10.0f}   {self.per_lesson:+9.3f} a lesson"
        )


def judge(samples: Sequence[Sample]) -> list[Verdict]:
    """Judge each measure after the warm-up; `rooms` must be 0 throughout. Raise TooShort."""
    counted = samples[max(_LEAST_WARM_UP, len(samples) // 3) :]
    if len(counted) < trend.LEAST_POINTS:
        raise TooShort(
            f"{len(samples)} lessons are too few to tell growth from chance: give it more minutes."
        )
    verdicts = []
    for limit in LIMITS:
        values = [float(getattr(sample, limit.name)) for sample in counted]
        growth = trend.slope(values)
        grows = growth > limit.per_lesson and trend.rises(values)
        verdicts.append(Verdict(limit.name, values[0], values[-1], growth, grows))
    left = [sample.rooms for sample in samples]
    verdicts.append(Verdict("rooms", left[0], max(left), trend.slope(left), any(left)))
    return verdicts


async def take_sample(server: LessonServer, client: httpx2.AsyncClient) -> Sample:
    """Count what the server has, once its rooms are closed or have had long enough for it."""
    give_up_at = time.monotonic() + _ROOM_CLOSES_WITHIN_S
    while True:
        gauges = await _gauges(client)
        if gauges["classrooms_rooms"] == 0 or time.monotonic() > give_up_at:
            break
        await asyncio.sleep(0.1)
    process = Path(f"/proc/{server.pid}")
    links = []
    for each in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed while we looked
            links.append(str(each.readlink()))
    return Sample(
        at_s=time.monotonic(),
        rss_kb=resident_kb(server.pid),
        files=len(links),
        sockets=sum(link.startswith("socket:") for link in links),
        threads=sum(1 for _ in (process / "task").iterdir()),
        tasks=int(gauges["classrooms_tasks"]),
        rooms=int(gauges["classrooms_rooms"]),
    )


async def _gauges(client: httpx2.AsyncClient) -> dict[str, float]:
    text = (await client.get("/metrics")).text
    plain = (line.split(" ") for line in text.splitlines() if line and line[0] != "#")
    return {words[0]: float(words[1]) for words in plain if "{" not in words[0]}


class OneLesson:
    """A lesson with everything that happens in one, in a few seconds."""

    def __init__(self, server: LessonServer, made: school.School, lesson_id: str) -> None:
        self._lesson_id = lesson_id
        self._hub = self._member(server, made.teacher, "lecturer")
        self._sites = [self._member(server, each, "classroom") for each in made.classrooms]

    def _member(
        self, server: LessonServer, cookies: dict[str, str], role: str
    ) -> tuple[LightSeat, Broadcast]:
        broadcast = Broadcast(LAYERS[:1])
        access = Access(server.url, _HOST, cookies, self._lesson_id, role)
        return LightSeat(access, on_keyframe_request=broadcast.keyframe_wanted), broadcast

    async def run(self, *, watch_s: float) -> None:
        """Hold it and end it. Raise whatever went wrong."""
        try:
            await self._hub[0].post(f"/api/lessons/{self._lesson_id}/start")
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(work)
                    for seat, broadcast in (self._hub, *self._sites)
                    for work in (seat.hold(), broadcast.run(seat))
                ]
                await self._happen(watch_s)
                await self._hub[0].command("end_lesson")
                for task in tasks:
                    task.cancel()
        finally:
            for seat, _ in (self._hub, *self._sites):
                await seat.close()

    async def _happen(self, watch_s: float) -> None:
        seats = [seat for seat, _ in self._sites]
        await self._all_receive(seats)
        await self._hub[0].command("invite_to_stage", seat_id=seats[0].seat_id)
        await asyncio.sleep(watch_s)
        seats[1].break_line()
        await asyncio.sleep(watch_s)
        await self._hub[0].command("pause_all")
        await self._hub[0].command("restore_all")
        self._hub[0].break_line()
        await asyncio.sleep(watch_s)
        await self._all_receive(seats)

    async def _all_receive(self, seats: Sequence[LightSeat]) -> None:
        for seat in seats:
            try:
                async with asyncio.timeout(_RECEIVES_WITHIN_S):
                    await self._receives(seat)
            except TimeoutError:
                raise NotReceived(_told(self._hub[0], seat)) from None

    async def _receives(self, seat: LightSeat) -> None:
        while not (self._hub[0].room and seat.room and seat.is_receiving):
            await asyncio.sleep(0.02)
        camera = (self._hub[0].seat_id, "camera")
        await seat.until_receiving(camera, packets=len(seat.trace(*camera).got) + 5)


def _told(hub: LightSeat, seat: LightSeat) -> str:
    told = "; ".join(f"{each.at_s:.1f} {each.what}" for each in hub.happenings)
    said = "; ".join(f"{each.at_s:.1f} {each.what}" for each in seat.happenings)
    return (
        f"no picture of the hub in {_RECEIVES_WITHIN_S:.0f} s. Hub: {told}. Classroom "
        f"(connected: {seat.is_receiving}): {said}. Counts: {dict(seat.counts)}"
    )


async def soak(folder: Path, *, seconds: float, watch_s: float = 1.0) -> list[Sample]:
    """Hold lessons for so long, at least one; return a sample after each."""
    lessons = max(2, math.ceil(seconds / 60 * _LESSONS_PER_MINUTE))
    made = await school.prepare(folder, classrooms=_CLASSROOMS, lesson_count=lessons)
    server = LessonServer(
        folder,
        http_host=_HOST,
        http_port=free_port("tcp"),
        media_hosts=[_HOST],
        media_port=free_port("udp"),
    )
    samples: list[Sample] = []
    await server.start()
    try:
        began = time.monotonic()
        async with httpx2.AsyncClient(base_url=server.url, timeout=10) as client:
            for number, lesson_id in enumerate(made.lesson_ids, start=1):
                await OneLesson(server, made, lesson_id).run(watch_s=watch_s)
                samples.append(await take_sample(server, client))
                print(_progress(number, samples[-1]), flush=True)
                if time.monotonic() - began > seconds:
                    break
    finally:
        await server.stop()
    return samples


def _progress(number: int, sample: Sample) -> str:
    return (
        f"lesson {number:4}: RSS {sample.rss_kb / 1024:6.1f} MB, {sample.files} files, "
        f"{sample.sockets} sockets, {sample.threads} threads, {sample.tasks} tasks, "
        f"{sample.rooms} rooms"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, judge, keep the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="make soak", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    options = parser.parse_args(arguments)
    if options.minutes <= 0:
        parser.error("minutes must be positive")
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        samples = asyncio.run(soak(Path(folder), seconds=options.minutes * 60))
    try:
        verdicts = judge(samples)
    except TooShort as reason:
        print(reason, file=sys.stderr)
        return 2
    for verdict in verdicts:
        print(verdict.line())
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"soak-{time.strftime('%Y%m%dT%H%M%S')}.json"
    content = {
        "machine": machine(),
        "minutes": options.minutes,
        "samples": [dataclasses.asdict(sample) for sample in samples],
        "verdicts": [str(verdict.line()) for verdict in verdicts],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written to {path}")
    return 1 if any(verdict.grows for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
