"""The processes of a server, told apart by what they do, and ended one by one."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

_LOOK_S = 0.005


def children_of(pid: int, words: str) -> list[int]:
    """Return the processes a process has started whose command contains `words`."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
                if words.encode() in command:
                    found.append(child)
    return found


async def until_child(pid: int, words: str, *, within_s: float) -> int | None:
    """Return the first such process as soon as there is one."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        for child in children_of(pid, words):
            return child
        await asyncio.sleep(_LOOK_S)
    return None


async def kill_child(pid: int, words: str, *, within_s: float) -> int | None:
    """End the first such process as a crash would, as soon as there is one; return its id."""
    give_up_at = time.monotonic() + within_s
    while time.monotonic() < give_up_at:
        for child in children_of(pid, words):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
                return child
        await asyncio.sleep(_LOOK_S)
    return None
