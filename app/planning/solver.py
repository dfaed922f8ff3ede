"""Find the best few plans: slots, the choice among them, and what came of it.

The choice itself is made in a process of its own (`app.planning.cpsat`), niced, so that the
lessons that run meanwhile lose nothing to it.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import app
from app.planning.asking import Ask
from app.planning.choices import Choices, Chosen
from app.planning.conflicts import Conflict, conflicts_of, crowded_of
from app.planning.limits import Question, question_of
from app.planning.plans import Plan, plan_of
from app.planning.slots import Table, table_of

MOST_PLANS = 3
# Of the solver's own deterministic seconds (docs/adr/0016); see `app.planning.cpsat`.
EFFORT = 20.0
ROOT = Path(app.__file__).parent.parent  # where `-m app...` finds it


@dataclass(frozen=True, slots=True)
class Answer:
    """The plans, the cheapest first, and a sentence for whatever could not be placed in it."""

    plans: tuple[Plan, ...]
    conflicts: tuple[Conflict, ...]


class SolverFailed(Exception):
    """The process that was to choose ended with an error; its last words are in the message."""


Told = Callable[[int], Awaitable[None]]


def prepare(ask: Ask) -> tuple[Table, Question]:
    """Return the slots and the choice a question leaves. Takes long enough to want a thread."""
    table = table_of(ask.ordered())
    return table, question_of(table)


def answer_of(table: Table, question: Question, found: list[Chosen]) -> Answer:
    """Describe what was chosen; conflicts are those of the cheapest plan."""
    crowded = crowded_of(table, question, found[0].options) if found else ()
    return Answer(
        plans=tuple(plan_of(table, question, each) for each in found),
        conflicts=(*conflicts_of(table), *crowded),
    )


async def solve(ask: Ask, *, told: Told, plans: int = MOST_PLANS, effort: float = EFFORT) -> Answer:
    """Answer a question; `told` hears how many plans are found. Raise SolverFailed."""
    table, question = await asyncio.to_thread(prepare, ask)
    found = []
    async for chosen in choose_apart(question.choices, plans=plans, effort=effort):
        found.append(chosen)
        await told(len(found))
    return await asyncio.to_thread(answer_of, table, question, found)


async def choose_apart(choices: Choices, *, plans: int, effort: float) -> AsyncIterator[Chosen]:
    """Have another process choose; it is killed when nobody waits for it any more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.planning.cpsat",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        limit=2**24,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        asked = {"choices": choices.as_json(), "plans": plans, "effort": effort}
        with suppress(ConnectionError):  # it ended already: its last words say why
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            await process.stdin.drain()
            process.stdin.close()
        async for line in process.stdout:
            value = json.loads(line)
            yield Chosen(tuple(value["options"]), value["is_best"])
        if await process.wait():
            words = (await process.stderr.read()).decode(errors="replace")
            raise SolverFailed(words[-2000:])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
