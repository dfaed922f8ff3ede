"""How this process keeps its memory; `app.serving` says when. Figures: docs/benchmarks.md."""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

# glibc's malloc.h. Other C libraries have no arenas, and no mallopt or one that does nothing.
_M_ARENA_MAX = -8


def arenas() -> int:
    """Return how many heaps C's allocator may have: the native plane has a thread a core."""
    return len(os.sched_getaffinity(0)) + 2


def share_arenas() -> None:
    """Let threads share few heaps of C's allocator; called before there are any.

    glibc gives new threads up to eight arenas a core in turn, and an arena keeps the most that
    any of its threads ever had. Recorders, database connections and workers come and go with
    lessons, so that in the end each arena is as large as the largest of them needed: seen from
    outside, a leak for the first fifty lessons. The threads that allocate for every packet are
    the native plane's; with these few they seldom meet anybody.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, arenas())


def give_back() -> None:
    """Return to the system the pages of C's heaps that nothing is in; takes milliseconds.

    glibc gives back only what is free at the end of a heap. What lessons leave free in between is
    used again, but seldom to the byte, so that the heaps grow for the first hundred lessons without
    anything being kept. Called when no lesson goes on: meanwhile nobody may allocate.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


def settle() -> None:
    """Take what was loaded for the start out of the garbage collector's rounds.

    These are some 200 000 objects that stay until the end. A full round over them holds up
    the event loop, and with it every lesson, for a tenth of a second; what a lesson leaves
    waits for the next full round, which is the rarer the more there is to look through.
    """
    gc.collect()
    gc.freeze()


_undisturbed = 0


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no round of the garbage collector look through what a long piece of work is making.

    A table of ten thousand rows becomes some hundred thousand objects that all stay until its end:
    each full round over them finds nothing, and holds up the event loop for a tenth of a second.
    What is left behind in cycles meanwhile waits for the end. For work of seconds, not of hours.
    """
    global _undisturbed  # noqa: PLW0603 - of the process, as the collector is
    _undisturbed += 1
    gc.disable()
    try:
        yield
    finally:
        _undisturbed -= 1
        if not _undisturbed:
            gc.enable()
