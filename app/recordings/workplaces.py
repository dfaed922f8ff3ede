"""Where what is made of a recording is made: in its folder, or where that has no room, elsewhere.

The folder points to whatever lies elsewhere from before it is made: whoever removes the recording
finds it, however its making ended.
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from app.recordings.removal import remove_workplace
from app.recordings.room_left import nearest

log = structlog.get_logger(__name__)

#: Begin the names of the folders in which jobs make files: `<this>-<job>-<lease>`.
COMPOSING: Final = "making"
CUTTING: Final = "cutting"
MENDING: Final = "mending"
_OF_JOB: Final = re.compile(f"(?:{COMPOSING}|{CUTTING}|{MENDING})-([0-9a-f]{{32}})-.+")

_MOST_KEPT_FREE = 1024**3
"""No replay takes the last of a disk on which lessons are being recorded."""


def with_room(places: Mapping[Path, int], *, need: int) -> Path | None:
    """Return the first folder on whose disk there is room for `need` bytes; None: there is none.

    `places`: of each how many bytes are reserved there. One that cannot be asked has no room; one
    that is not made yet will lie where the nearest folder above it lies.
    """
    for place, reserved in places.items():
        with suppress(OSError):
            if spare_bytes(nearest(place)) - need > reserved:
                return place
    return None


def spare_bytes(folder: Path) -> int:
    """Return how many bytes are free on a folder's disk beyond what is always left. Raise OSError.

    Negative where less is free than that.
    """
    disk = os.statvfs(folder)
    kept_free = min(_MOST_KEPT_FREE, disk.f_blocks * disk.f_frsize // 8)
    return disk.f_bavail * disk.f_frsize - kept_free


def begin(folder: Path, place: Path, name: str) -> Path:
    """Return where to make what a recording's folder is to have by this name. Raise OSError.

    In `place`, to which the folder points from now on, if it is not the folder itself.
    """
    made = place / name
    if place != folder:
        place.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(made.absolute())
    return made


def clear(folder: Path, prefix: str) -> None:
    """Remove what earlier attempts left, by how its names begin. Raise OSError.

    What lies on a disk that is not there stays until it is.
    """
    for left_over in list(folder.glob(f"{prefix}*")):
        try:
            remove_workplace(left_over)
        except FileNotFoundError as error:
            log.warning("left_over_not_removed", name=left_over.name, reason=error.strerror)


def of_jobs(folder: Path) -> dict[Path, UUID]:
    """Return the folders in a recording's in which jobs make files, each with its job.

    Raise OSError.
    """
    found = ((path, _OF_JOB.fullmatch(path.name)) for path in folder.iterdir())
    return {path: UUID(named[1]) for path, named in found if named is not None}
