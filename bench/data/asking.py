"""Ask a running server, and say what it took."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from bench.data.counted import STATEMENTS
from bench.data.people import Cookies, People
from bench.data.questions import Question
from bench.measure import percentile, resident_kb

_LOOKS_S = 0.05


class NotAnswered(Exception):
    """A request was refused or failed: its figures would say nothing. The message says which."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a question cost: milliseconds of each time it was asked, and SQL statements."""

    question: Question
    ms: Sequence[float]
    statements: frozenset[int]
    bytes: int

    @property
    def p50_ms(self) -> float:
        """Return the middle one."""
        return percentile(self.ms, 0.5)

    @property
    def p95_ms(self) -> float:
        """Return what one of twenty exceeds."""
        return percentile(self.ms, 0.95)


def client(url: str, cookies: Cookies) -> httpx2.AsyncClient:
    """Return a browser of somebody who is signed in."""
    return httpx2.AsyncClient(base_url=url, cookies=cookies, timeout=120)


async def ask(url: str, people: People, question: Question, times: int) -> Answered:
    """Ask it once to warm up, then `times` times in turn. Raise NotAnswered."""
    milliseconds, statements, size = [], set(), 0
    async with client(url, getattr(people, question.who)) as browser:
        for number in range(times + 1):
            began = time.perf_counter()
            answer = await browser.get(question.path(number))
            took_ms = (time.perf_counter() - began) * 1000
            if answer.status_code != 200:
                raise NotAnswered(
                    f"{question.path(number)}: {answer.status_code} {answer.text[:300]}"
                )
            size = max(size, len(answer.content))
            if number > 0:
                milliseconds.append(took_ms)
                statements.add(int(answer.headers[STATEMENTS]))
    return Answered(question, milliseconds, frozenset(statements), size)


@dataclass(frozen=True, slots=True)
class Exported:
    """A streamed export: its rows, the time, and the server's memory before and at its highest."""

    rows: int
    seconds: float
    before_kb: int
    highest_kb: int

    @property
    def rows_per_s(self) -> float:
        """Return the speed."""
        return self.rows / self.seconds


async def export(url: str, cookies: Cookies, path: str, pid: int) -> Exported:
    """Read an export to its end, watching the server's memory. Raise NotAnswered."""
    lines, looked = 0, [resident_kb(pid)]

    async def look() -> None:
        while True:
            looked.append(resident_kb(pid))
            await asyncio.sleep(_LOOKS_S)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        async with client(url, cookies) as browser, browser.stream("GET", path) as answer:
            async for part in answer.aiter_bytes():
                lines += part.count(b"\n")
        took = time.perf_counter() - began
        looking.cancel()
    if answer.status_code != 200:
        raise NotAnswered(f"{path}: {answer.status_code}")
    return Exported(lines - 1, took, looked[0], max(looked))
