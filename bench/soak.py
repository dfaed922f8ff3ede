"""`make soak`: lessons opened and closed in a loop; nothing of the server may grow.

    python -m bench.soak [--minutes 10] [--plane native]

Each data plane has a server of its own, side by side, and each server one lesson after the
other. A lesson has a hub and classrooms that publish and receive, somebody who leaves and comes
back, a line that breaks, and a recording. When it is over and its room is closed, the
server's memory, files, sockets, threads and tasks are counted. After the warm-up none of
these may rise from lesson to lesson (`bench.growth`, `bench.trend`). Exit code 1 if one does, or
if a room stayed open; 2 if there were too few lessons to tell. On the loopback interface.
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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
from websockets.exceptions import ConnectionClosed

from bench.growth import Sample, TooShort, judge
from bench.impair import school
from bench.impair.access import Access
from bench.impair.broadcast import Broadcast
from bench.impair.lesson import free_port
from bench.impair.media import LAYERS
from bench.impair.seat import LightSeat
from bench.impair.server import LessonServer
from bench.measure import machine, own_kb, resident_kb
from media.native_library import LIBRARY

RESULTS = Path("var/soak")
NATIVE = "native"
PLANES = (NATIVE, "reference")
_HOST = "127.0.0.1"
_CLASSROOMS = 3
_WATCH_S = 0.3  # between what happens
_ROOM_CLOSES_WITHIN_S = 20.0
_SETTLES_S = 0.5  # what follows a room's end: the ledger, and memory that is given back
_RECEIVES_WITHIN_S = 600.0  # on a machine that others keep busy
_LESSONS_PER_MINUTE = 12  # more than fit, so that the loop never runs out of them


class NotReceived(Exception):
    """A classroom was left without the hub's picture; the message says what both met."""


async def take_sample(server: LessonServer, client: httpx2.AsyncClient) -> Sample:
    """Count what the server has, once its rooms are closed or have had long enough for it."""
    give_up_at = time.monotonic() + _ROOM_CLOSES_WITHIN_S
    while True:
        gauges = await _gauges(client)
        if gauges["classrooms_rooms"] == 0 or time.monotonic() > give_up_at:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(_SETTLES_S)
    process = Path(f"/proc/{server.pid}")
    links = []
    for each in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed while we looked
            links.append(str(each.readlink()))
    return Sample(
        at_s=time.monotonic(),
        rss_kb=resident_kb(server.pid),
        own_kb=own_kb(server.pid),
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

    async def run(self) -> None:
        """Hold it and end it. Raise whatever went wrong."""
        try:
            await self._hub[0].requests.post(f"/api/lessons/{self._lesson_id}/start")
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(work)
                    for seat, broadcast in (self._hub, *self._sites)
                    for work in (seat.hold(), broadcast.run(seat))
                ]
                await self._happen()
                await self._command("end_lesson")
                for task in tasks:
                    task.cancel()
        finally:
            for seat, _ in (self._hub, *self._sites):
                await seat.close()

    async def _happen(self) -> None:
        seats = [seat for seat, _ in self._sites]
        await self._all_receive(seats)
        await self._command("invite_to_stage", seat_id=seats[0].seat_id)
        await asyncio.sleep(_WATCH_S)
        seats[1].break_line()
        await asyncio.sleep(_WATCH_S)
        await self._command("pause_all")
        await self._command("restore_all")
        self._hub[0].break_line()
        await asyncio.sleep(_WATCH_S)
        await self._all_receive(seats)

    async def _command(self, type_: str, **fields: Any) -> None:
        """Have the hub say something: on a busy machine it may be late, or say it in vain.

        Everything said here may be said twice.
        """
        hub = self._hub[0]
        try:
            async with asyncio.timeout(_RECEIVES_WITHIN_S):
                while not (hub.is_in_room and await self._says(type_, **fields)):
                    if hub.has_ended:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NotReceived(f"the hub did not come back to say {type_}") from None

    async def _says(self, type_: str, **fields: Any) -> bool:
        """Have the hub say something now; False if its connection was lost over it."""
        try:
            await self._hub[0].command(type_, **fields)
        except (ConnectionClosed, TimeoutError):
            return False
        return True

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


async def _prepare(folder: Path, seconds: float) -> school.School:
    lessons = max(2, math.ceil(seconds / 60 * _LESSONS_PER_MINUTE))
    return await school.prepare(folder, classrooms=_CLASSROOMS, lesson_count=lessons)


async def _hold(
    folder: Path, made: school.School, *, seconds: float, plane: str, module: str
) -> list[Sample]:
    server = LessonServer(
        folder,
        http_host=_HOST,
        http_port=free_port("tcp"),
        media_hosts=[_HOST],
        media_port=free_port("udp"),
        module=module,
        settings={"CLASSROOMS_DATA_PLANE": plane},
    )
    samples: list[Sample] = []
    await server.start()
    try:
        began = time.monotonic()
        async with httpx2.AsyncClient(base_url=server.url, timeout=10) as client:
            for number, lesson_id in enumerate(made.lesson_ids, start=1):
                await OneLesson(server, made, lesson_id).run()
                samples.append(await take_sample(server, client))
                print(_progress(plane, number, samples[-1]), flush=True)
                if time.monotonic() - began > seconds:
                    break
    finally:
        await server.stop()
    return samples


def _progress(plane: str, number: int, sample: Sample) -> str:
    return (
        f"{plane:9} lesson {number:4}: RSS {sample.rss_kb / 1024:6.1f} MB, "
        f"own {sample.own_kb / 1024:6.1f} MB, {sample.files} files, {sample.sockets} sockets, "
        f"{sample.threads} threads, {sample.tasks} tasks, {sample.rooms} rooms"
    )


def planes_there_are() -> list[str]:
    """Return the data planes that can be had here."""
    return [each for each in PLANES if each != NATIVE or LIBRARY.exists()]


async def side_by_side(
    folder: Path, planes: Sequence[str], *, seconds: float, module: str
) -> dict[str, list[Sample]]:
    """Hold lessons on each plane for so long, at least one; return a sample after each.

    `module` is what serves (see LessonServer).
    """
    # One after the other: alembic keeps what it migrates in the module.
    made = {}
    for plane in planes:
        (folder / plane).mkdir()
        made[plane] = await _prepare(folder / plane, seconds)
    async with asyncio.TaskGroup() as group:
        soaking = {
            plane: group.create_task(
                _hold(
                    folder / plane,
                    made[plane],
                    seconds=seconds,
                    plane=plane,
                    module=module,
                )
            )
            for plane in planes
        }
    return {plane: task.result() for plane, task in soaking.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, judge, keep the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="make soak", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--plane", choices=PLANES, help="one data plane only; else all there are, side by side"
    )
    parser.add_argument("--server", default="app", help="the module that serves")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the figures")
    options = parser.parse_args(arguments)
    if options.minutes <= 0:
        parser.error("minutes must be positive")
    planes = planes_there_are()
    if options.plane and options.plane not in planes:
        parser.error("the native plane is not built: `make native`")
    planes = [options.plane] if options.plane else planes
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        held = asyncio.run(
            side_by_side(Path(folder), planes, seconds=options.minutes * 60, module=options.server)
        )
    return _report(held, options.minutes, options.results)


def _report(held: Mapping[str, Sequence[Sample]], minutes: float, results: Path) -> int:
    """Print the verdicts and keep the figures; return the exit code."""
    try:
        verdicts = {plane: judge(samples) for plane, samples in held.items()}
    except TooShort as reason:
        print(reason, file=sys.stderr)
        return 2
    for plane, judged in verdicts.items():
        print(f"{plane}, {len(held[plane])} lessons")
        for verdict in judged:
            print(f"  {verdict.line()}")
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"soak-{time.strftime('%Y%m%dT%H%M%S')}.json"
    content = {
        "machine": machine(),
        "minutes": minutes,
        "planes": {
            plane: {
                "samples": [dataclasses.asdict(sample) for sample in samples],
                "verdicts": [verdict.line() for verdict in verdicts[plane]],
            }
            for plane, samples in held.items()
        },
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written to {path}")
    return int(any(verdict.grows for judged in verdicts.values() for verdict in judged))


if __name__ == "__main__":
    sys.exit(main())
