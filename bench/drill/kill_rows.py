"""Rows in which a process is killed: the server, and what makes a recording playable."""

import asyncio
import math
from pathlib import Path

from bench.drill.holding import drill_lesson, drill_lessons
from bench.drill.lesson import kill_server, start_server
from bench.drill.processes import kill_child, until_child
from bench.drill.verdict import Outcome, together
from bench.impair.trace import wall_s

_BEFORE_S, _AFTER_S = 9.0, 9.0
_LESSON_S = 9.0
_LESSONS = 3
_STARTS_WITHIN_S = 20.0
RECORDER = "media.recorder"
"""What repairs a recording and makes it playable is a process of its own, with this name."""


async def server(folder: Path) -> Outcome:
    """`kill -9` of the server in the middle of a lesson, and a new one at once."""
    async with drill_lesson(folder) as drill:
        await asyncio.sleep(_BEFORE_S)
        await drill.kill_server()
        await drill.start_server()
        await asyncio.sleep(_AFTER_S)
        await drill.ring()
        return await drill.judge("server", playable_s=await drill.until_playable())


async def server_lessons(folder: Path) -> Outcome:
    """`kill -9` of the server while it has several lessons, which end on one bell."""
    async with drill_lessons(folder, count=_LESSONS) as lessons:
        await asyncio.sleep(_BEFORE_S)
        await kill_server(lessons)
        await start_server(lessons)
        await asyncio.sleep(_AFTER_S)
        for drill in lessons:
            await drill.ring()
        playable_s = await asyncio.gather(*(drill.until_playable() for drill in lessons))
        judged = [
            await drill.judge("server-lessons", playable_s=each_s)
            for drill, each_s in zip(lessons, playable_s, strict=True)
        ]
        return together(judged)


async def server_after_bell(folder: Path) -> Outcome:
    """`kill -9` of the server while the replay is made: what it was at it takes up again."""
    async with drill_lesson(folder) as drill:
        await asyncio.sleep(_LESSON_S)
        await drill.ring()
        words = f"{RECORDER} build"
        child = await until_child(drill.server.pid, words, within_s=_STARTS_WITHIN_S)
        await drill.kill_server()
        await drill.server.start()
        drill.mended_s = wall_s()
        playable_s = await drill.until_playable() - (drill.mended_s - drill.bell_s)
        drill.back_s = playable_s
        outcome = await drill.judge("server-after-bell", playable_s=playable_s)
        outcome.again_s = math.nan  # the lesson was over
        outcome.others.append((f"no {words} to be at", child is not None))
        return outcome


async def recorder(folder: Path) -> Outcome:
    """`kill -9` of the process that makes the recording playable, at each of its two steps."""
    async with drill_lesson(folder) as drill:
        await asyncio.sleep(_LESSON_S)
        await drill.ring()
        killed = []
        for step in ("recover", "build"):
            words = f"{RECORDER} {step}"
            child = await kill_child(drill.server.pid, words, within_s=_STARTS_WITHIN_S)
            killed.append((f"no {words} to kill", child is not None))
        outcome = await drill.judge("recorder", playable_s=await drill.until_playable())
        outcome.others += killed
        return outcome
