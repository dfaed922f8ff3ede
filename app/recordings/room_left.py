"""How much room is left for recordings, and whether that is little."""

import os
from dataclasses import dataclass
from pathlib import Path

LEAST_BYTES = 10 * 1000**3
_LEAST_SHARE = 10
"""Less than 10 GB, or a tenth of a disk on which that is less, is little."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is free on the disk of one place, in bytes of its whole size."""

    free: int
    whole: int

    @property
    def is_little(self) -> bool:
        """Return whether somebody should make room."""
        return self.free < min(LEAST_BYTES, self.whole // _LEAST_SHARE)


def room_left(place: Path) -> Left | None:
    """Return what is left in a place; None of one that cannot be asked.

    A folder that is not made yet will lie where the nearest one above it lies.
    """
    try:
        disk = os.statvfs(nearest(place))
    except OSError:
        return None
    return Left(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)


def nearest(place: Path) -> Path:
    """Return the folder, or the nearest above it that there is. Raise OSError of a sick disk."""
    for each in (place, *place.absolute().parents):
        try:
            each.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return each
    raise FileNotFoundError(place)
