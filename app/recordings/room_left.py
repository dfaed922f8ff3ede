"""How much room is left for recordings, and whether that is little."""

import os
from collections.abc import Mapping
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


def room_left(places: Mapping[str, Path]) -> dict[str, Left]:
    """Return what is left in each place; one that cannot be asked is left out.

    A folder that is not made yet will lie where the nearest one above it lies.
    """
    found = {}
    for name, place in places.items():
        try:
            disk = os.statvfs(nearest(place))
        except OSError:
            continue
        found[name] = Left(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)
    return found


def nearest(place: Path) -> Path:
    """Return the folder, or the nearest above it that there is. Raise OSError of a sick disk."""
    for each in (place, *place.absolute().parents):
        try:
            each.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return each
    raise FileNotFoundError(place)
