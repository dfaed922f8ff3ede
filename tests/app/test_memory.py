"""What a server that serves has done about its memory, seen in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import memory
from app.settings import HOME

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
