"""What is taken for other programs' work is no process's that the drill has started itself."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.drill.processes import Beside, family_seconds, has_ended

BURNT_S = 0.4
# The kernel counts in hundredths.
COUNTED_S = BURNT_S * 0.9
_BURN = f"""
import time
while time.process_time() < {BURNT_S}: pass
print("burnt", flush=True)
input()
"""
_OF_NOBODY = "import os\nif os.fork(): os._exit(0)\n" + _BURN


@contextmanager
def burnt(program: str) -> Iterator[None]:
    """Run a program that has burnt what it burns, and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "burnt\n"
        yield
        process.communicate("\n")


def test_what_the_drill_has_started_is_its_own_alive_and_dead() -> None:
    before_s = family_seconds(os.getpid())
    with burnt(_BURN):
        assert family_seconds(os.getpid()) - before_s >= COUNTED_S
    assert family_seconds(os.getpid()) - before_s >= COUNTED_S


def test_what_others_have_started_is_beside_it() -> None:
    before_s, beside, began_s = family_seconds(os.getpid()), Beside(), time.monotonic()
    with burnt(_OF_NOBODY):
        assert family_seconds(os.getpid()) - before_s < COUNTED_S
        assert beside.cores() * (time.monotonic() - began_s) >= COUNTED_S


def test_a_process_has_ended_though_nobody_asked_how() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not has_ended(process.pid)
        process.kill()
        # Waits for the end, and leaves it to be asked.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(process.pid)
    assert has_ended(process.pid)
