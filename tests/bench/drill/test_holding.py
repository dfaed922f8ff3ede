"""A lesson of the drill comes to its end, whatever its seats meet at that moment."""

import asyncio
from typing import Never

from bench.drill.holding import end_all


async def test_a_seat_that_is_lost_the_moment_it_is_let_go_of_does_not_come_back() -> None:
    lost = 0

    async def break_off(holding: "asyncio.Task[None]") -> Never:
        holding.cancel()
        raise ConnectionResetError

    async def hold() -> None:
        nonlocal lost
        holding = asyncio.current_task()
        assert holding is not None
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    if not lost:
                        group.create_task(break_off(holding))
                    await asyncio.sleep(60)
            except* ConnectionResetError:
                lost += 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        holding = group.create_task(hold())
        while not lost:
            await asyncio.sleep(0)
        assert not holding.done(), "what it was told to do is forgotten"
        await end_all([holding])
    assert holding.cancelled()
