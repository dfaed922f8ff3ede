"""The lesson clock over restarts of the server, by a time that nobody sets.

How long a lesson has run is asked of the wall clock only where nothing better is known: it may
have been set meanwhile, by an hour and by hand. What a recording says of its epochs ties the lesson
to the machine's time since it was started.
"""

import time
from pathlib import Path

from media.recorder.manifest import ManifestDamaged, read_epochs

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT, _ZERO = "boot", "boot_zero_s"


def tie(elapsed_s: float) -> dict[str, str]:
    """Return what a recording is to say of a lesson that has run so long now."""
    zero_s = time.clock_gettime(time.CLOCK_BOOTTIME) - elapsed_s
    return {_BOOT: _boot_id(), _ZERO: f"{zero_s:.3f}"}


def elapsed_s(folder: Path) -> float | None:
    """Return how long a lesson has run by its recording; None where that does not say it.

    It does not when the machine was started since, or is another.
    """
    try:
        epochs = read_epochs(folder)
        said = epochs[-1].metadata if epochs else {}
        if said.get(_BOOT) != _boot_id():
            return None
        return time.clock_gettime(time.CLOCK_BOOTTIME) - float(said[_ZERO])
    except (OSError, ManifestDamaged, KeyError, ValueError):
        return None


def _boot_id() -> str:
    return _BOOT_ID.read_text().strip()
