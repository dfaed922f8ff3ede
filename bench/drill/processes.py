"""The processes of a server, told apart by what they do, and ended one by one; and those of others.

Linux: /proc.
"""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from bench.measure import machine_seconds

_LOOK_S = 0.005
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def children_of(pid: int, words: str) -> list[int]:
    """Return the processes a process has started whose command contains `words`."""
    found = []
    for child in _children(pid):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
            if words.encode() in command:
                found.append(child)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text().split())
    return found


def has_ended(pid: int) -> bool:
    """Return whether a process runs no more, asked already how it ended or not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] in {"Z", "X"}


class Beside:
    """What other programs take of the machine from now on: neither this process nor its own."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._busy_s, self._own_s = machine_seconds()[0], family_seconds(os.getpid())

    def cores(self) -> float:
        """Return how many processors they have kept busy, on the average."""
        busy_s = machine_seconds()[0] - self._busy_s
        own_s = family_seconds(os.getpid()) - self._own_s
        return max(0.0, busy_s - own_s) / (time.monotonic() - self._began_s)


def family_seconds(pid: int) -> float:
    """Return the CPU time of a process and of all it has started, dead or alive."""
    own_s = 0.0
    with contextlib.suppress(OSError):
        # The command name may hold spaces and parentheses: fields begin after the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        own_s = sum(map(int, fields[11:15])) / _TICKS_PER_SECOND
    return own_s + sum(map(family_seconds, _children(pid)))


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
