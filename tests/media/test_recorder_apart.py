"""What works on recordings beside the server takes the processor only when lessons leave it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.media.recordings import MICROPHONE, opus_feed, record

NICEST = 19
SAY_HOW_NICE = """
import os, runpy, sys
sys.argv[0] = "media.recorder"
try:
    runpy.run_module("media.recorder", run_name="__main__")
except SystemExit as ended:
    print(ended.code, os.nice(0))
"""


@pytest.mark.parametrize("command", ["recover", "build", "verify"])
def test_whatever_is_done_to_a_recording_stands_back(tmp_path: Path, command: str) -> None:
    record(tmp_path / "rec", {MICROPHONE: opus_feed(1.0)})
    out = [str(tmp_path / "out")] if command == "build" else []
    done = subprocess.run(
        [sys.executable, "-c", SAY_HOW_NICE, command, str(tmp_path / "rec"), *out],
        check=True,
        text=True,
        capture_output=True,
        start_new_session=True,  # its own group of processes, which it may make nicer
    )
    assert done.stdout.splitlines()[-1] == f"0 {min(NICEST, os.nice(0) + 15)}"
