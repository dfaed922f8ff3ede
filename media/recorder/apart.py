"""What a process beside the server does to be no burden, and to end with who began it."""

import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

_NICE = 15
_AUTOGROUP = Path("/proc/self/autogroup")


def stand_back() -> None:
    """Take the processor only when others leave it.

    Where Linux groups processes by their session, `nice` counts within a group only: the group is
    told as well (sched(7), "The autogroup feature").
    """
    os.nice(_NICE)
    with suppress(OSError):  # another system, or one without groups
        _AUTOGROUP.write_text(str(_NICE))


def end_with_parent() -> None:
    """End as soon as standard input does: its writer closed it, or died in whatever way."""

    def wait() -> None:
        while os.read(0, 1024):  # unbuffered: a reader's lock would outlive the main thread
            pass
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def tell(**values: Any) -> None:  # Any: JSON
    """Say something to who reads standard output: a JSON object a line."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()
