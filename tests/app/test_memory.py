"""What a server that serves has done about its memory, seen in a process of its own."""

import asyncio
import ctypes
import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI

from app import memory
from app.live.plane import LivePlane
from app.settings import HOME
from bench.measure import own_kb

# Where `classrooms serve` says that it serves, it looks at itself and ends.
_SERVE = """
import ctypes, gc, json, os, signal, sys, threading, xml.etree.ElementTree as tree
from app import cli, memory

def arenas():
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.fclose.argtypes = [ctypes.c_void_p]
    path = os.path.join(os.environ["CLASSROOMS_VAR_DIR"], "arenas.xml")
    file = libc.fopen(os.fsencode(path), b"w")
    libc.malloc_info(0, file)
    libc.fclose(file)
    return len(tree.parse(path).findall("heap"))

def look(_):
    leave = threading.Event()
    threads = [threading.Thread(target=leave.wait) for _ in range(2 * memory.arenas())]
    for each in threads:
        each.start()
    print(json.dumps({
        "frozen": gc.get_freeze_count(), "watched": len(gc.get_objects()), "arenas": arenas(),
    }), flush=True)
    leave.set()
    for each in threads:
        each.join()
    os.kill(os.getpid(), signal.SIGINT)

cli.typer.echo = look
sys.argv = ["classrooms", "serve"]
cli.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="arenas are glibc's")
def test_a_server_leaves_what_it_loaded_alone_and_keeps_few_arenas(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SERVE],
        cwd=HOME,
        env={
            "CLASSROOMS_VAR_DIR": str(tmp_path),
            "CLASSROOMS_HTTP_PORT": "0",
            "CLASSROOMS_MEDIA_PORT": "0",
            "CLASSROOMS_MEDIA_BIND_HOST": "127.0.0.1",
            "CLASSROOMS_MEDIA_HOSTS": "127.0.0.1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(next(line for line in done.stdout.splitlines() if '"frozen"' in line))
    # A full round of the collector looks through what is watched, while no lesson is heard.
    assert found["watched"] < found["frozen"] / 20
    assert found["arenas"] <= memory.arenas()


_BLOCK, _BLOCKS = 2048, 20_000


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="asks glibc")
def test_what_is_free_between_what_is_kept_is_given_back() -> None:
    """A block a megabyte stays: what is free at the end of the heap goes back by itself."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    blocks = [libc.malloc(_BLOCK) for _ in range(_BLOCKS)]
    for block in blocks:
        libc.memset(block, 1, _BLOCK)
    kept = {*blocks[:: 1_000_000 // _BLOCK], blocks[-1]}
    for block in set(blocks) - kept:
        libc.free(block)
    before = own_kb(os.getpid())
    memory.give_back()
    given_back = before - own_kb(os.getpid())
    for block in kept:
        libc.free(block)
    assert given_back > 0.8 * _BLOCK * _BLOCKS / 1024


async def test_memory_is_given_back_when_the_last_lesson_is_over(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(memory, "give_back", lambda: loop.call_soon_threadsafe(given_back.set))
    plane: LivePlane = app.state.live
    plane.hub._when_empty()
    async with asyncio.timeout(10):
        await given_back.wait()


_LOADED = """
import json, sys
from app import cli, main
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_a_server_loads_what_few_ask_for_when_somebody_does() -> None:
    """Reports, calendar feeds and plans: libraries that no lesson uses."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], cwd=HOME, check=True, capture_output=True, text=True
    )
    loaded = set(json.loads(done.stdout))
    assert {"fastapi", "sqlalchemy", "av"} <= loaded
    assert not loaded & {"fpdf", "fontTools", "icalendar", "ortools"}


def test_no_round_of_the_collector_until_the_last_long_work_is_done() -> None:
    def broken_off() -> None:
        with memory.undisturbed():
            with memory.undisturbed():
                assert not gc.isenabled()
            assert not gc.isenabled()
            raise InterruptedError

    assert gc.isenabled()
    with pytest.raises(InterruptedError):
        broken_off()
    assert gc.isenabled()
