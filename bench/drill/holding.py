"""Lessons to break, held: the real server, teachers who send, classrooms that receive."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from app.attendance.seats import HUB
from bench.drill.lesson import IN_S, Drill, DrillFailed
from bench.drill.programme import Programme, Size
from bench.impair import school
from bench.impair.access import Access, Requests
from bench.impair.lesson import free_port
from bench.impair.seat import LightSeat
from bench.impair.server import LessonServer
from bench.impair.trace import wall_s

HOST = "127.0.0.1"
CLASSROOMS = 2
_AGAIN_S = 0.2
_preparing = asyncio.Lock()
"""Alembic keeps what it migrates in its module: one after the other."""
_NO_SETTINGS: Mapping[str, str] = {}


@asynccontextmanager
async def drill_lesson(
    folder: Path,
    *,
    settings: Mapping[str, str] = _NO_SETTINGS,
    database_url: str | None = None,
    recordings_dir: Path | None = None,
    size: Size | None = None,
) -> AsyncIterator[Drill]:
    """Prepare everything, start the server, 开课, and let everybody in; end it all on leaving."""
    async with drill_lessons(
        folder,
        count=1,
        settings=settings,
        database_url=database_url,
        recordings_dir=recordings_dir,
        size=size,
    ) as [drill]:
        yield drill


@asynccontextmanager
async def drill_lessons(
    folder: Path,
    *,
    count: int,
    settings: Mapping[str, str] = _NO_SETTINGS,
    database_url: str | None = None,
    recordings_dir: Path | None = None,
    size: Size | None = None,
) -> AsyncIterator[list[Drill]]:
    """Do the same with several lessons of one server, of several hubs."""
    recordings_dir = recordings_dir or folder / "recordings"
    url = database_url or school.database_url(folder)
    settings = {**settings, "CLASSROOMS_RECORDINGS_DIR": str(recordings_dir)}
    if database_url:
        settings["CLASSROOMS_DATABASE_URL"] = database_url
    async with _preparing:
        hubs = await school.prepare_hubs(folder, hubs=count, classrooms=CLASSROOMS, url=url)
    server = LessonServer(
        folder,
        http_host=HOST,
        http_port=free_port("tcp"),
        media_hosts=[HOST],
        media_port=_free_media_port(),
        settings=settings,
    )
    lessons = []
    for made in hubs:
        programme = Programme(size)
        watching, hub, sites = _seats(server, made, programme)
        [lesson_id] = made.lesson_ids
        lessons.append(
            Drill(folder, server, lesson_id, url, recordings_dir, watching, hub, programme, sites)
        )
    async with AsyncExitStack() as stack:
        await server.start()
        stack.push_async_callback(server.stop)
        for drill in lessons:
            stack.push_async_callback(drill.watching.close)
            for seat in (drill.hub, *drill.sites):
                stack.push_async_callback(seat.close)
            await drill.hub.requests.post(f"/api/lessons/{drill.lesson_id}/start")
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(work)
                for drill in lessons
                for work in (
                    *(seat.hold() for seat in (drill.hub, *drill.sites)),
                    drill.programme.run(drill.hub),
                )
            ]
            try:
                await _everybody_in(lessons)
                yield lessons
            finally:
                await end_all(running)


async def end_all(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancel tasks until all are over.

    Once is not enough: a group of tasks that fails at that very moment raises what failed and
    forgets that it was cancelled (Python before 3.13), and a seat that was lost comes back.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_AGAIN_S)


def _seats(
    server: LessonServer, made: school.School, programme: Programme
) -> tuple[Requests, LightSeat, list[LightSeat]]:
    """Return the teacher's other page, and the seats of a hub's lesson, which nobody has taken."""
    [lesson_id] = made.lesson_ids

    def access(cookies: Mapping[str, str], role: str) -> Access:
        return Access(server.url, HOST, cookies, lesson_id, role)

    def seat(cookies: Mapping[str, str], role: str) -> LightSeat:
        return LightSeat(access(cookies, role), on_keyframe_request=programme.keyframe_wanted)

    return (
        Requests(access(made.teacher, "lecturer")),
        seat(made.teacher, "lecturer"),
        [seat(cookies, "classroom") for cookies in made.classrooms],
    )


def _free_media_port() -> int:
    """Return a port nobody has now, neither for UDP nor for TCP: media is served on both."""
    while True:
        port = free_port("udp")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port


async def _everybody_in(lessons: Sequence[Drill]) -> None:
    try:
        async with asyncio.timeout(IN_S):
            for drill in lessons:
                while not drill.programme.connected_s:
                    await asyncio.sleep(0.02)
                for site in drill.sites:
                    await site.until_receiving((HUB, "microphone"), packets=5)
    except TimeoutError:
        raise DrillFailed(f"the lesson did not begin in {IN_S:.0f} s") from None
    for drill in lessons:
        drill.began_s = wall_s()
