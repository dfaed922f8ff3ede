"""Where the parts of a recording lie: in its folder, or in a second place the folder points to.

A part in the second place has a symbolic link of its name in the folder, so that whoever reads
finds it there. The last of a disk is kept for sound: pictures leave it while some is free.

A second place has a mark, a file on its disk. Where the mark is missing that disk is not mounted,
and what was written there would fill the disk it is mounted on. A place that does not say whether
it has its mark is not there either.
"""

import contextlib
import os
from pathlib import Path
from typing import Self

from media.recorder.inquiry import Inquiry

SECOND = "second-"
"""Names of links to second places begin with this; the epoch follows."""
MARK = ".three-classrooms-place"
"""The file that says that the folder it lies in, and all below, is a second place."""
_SHARE = 16
_MOST_RESERVED = 256 * 1024 * 1024
"""Enough for two hours of sound of ten seats."""
_BEGINS_AT = 2
"""Pictures come back when so many times the reserve are free, so that they do not come and go."""


def is_marked(place: Path) -> bool:
    """Return whether the mark of a second place is in a folder, which need not exist, or above it.

    No for a disk that cannot be asked.
    """
    with contextlib.suppress(OSError):
        return any((folder / MARK).is_file() for folder in (place, *place.parents))
    return False


class SecondPlace:
    """A folder on another disk, which may not be mounted, or not answer.

    All that are `below` one place ask it together: a disk that is away holds one thread.
    """

    def __init__(self, folder: Path, *, inquiry: Inquiry[bool] | None = None) -> None:
        self.folder = folder.absolute()
        self._inquiry = inquiry or Inquiry(lambda: is_marked(self.folder))

    def below(self, name: str) -> Self:
        """Return a folder in it, which need not exist."""
        return type(self)(self.folder / name, inquiry=self._inquiry)

    def is_there(self) -> bool:
        """Return whether it says in time that it has its mark."""
        return self.ask() is True

    def ask(self) -> bool | None:
        """Return whether it has its mark; None: it did not say so within `inquiry.WITHIN_S`."""
        return self._inquiry.answer()

    def silent_s(self) -> float:
        """Return for how many seconds it has been asked in vain."""
        return self._inquiry.silent_s()


class Places:
    """The folder of a recording and, if there is one, its second place; both may not exist yet.

    The folder has a link to the second place, made while there is room, and files have links
    through that one: those are so short that a full disk still takes them.
    """

    def __init__(self, folder: Path, second: SecondPlace | None, *, epoch: int) -> None:
        self._folder = folder
        self._second = second
        self._link = f"{SECOND}{epoch}"
        self._is_short = False

    def prepare(self) -> None:
        """Have the folder, which is there, point to the second place; raise OSError."""
        if self._second is not None and not (self._folder / self._link).is_symlink():
            (self._folder / self._link).symlink_to(self._second.folder)

    @property
    def has_second(self) -> bool:
        """Return whether there is anywhere else to go now: its disk may not be there."""
        return self._second is not None and self._second.is_there()

    def create(self, name: str, *, is_second: bool) -> Path:
        """Return where the file called `name` is to be created; raise OSError.

        Raise FileExistsError for a name that is taken in either place.
        """
        path = self._folder / name
        if os.path.lexists(path):
            raise FileExistsError(name)
        if not is_second:
            return path
        assert self._second is not None
        self._second.folder.mkdir(parents=True, exist_ok=True)
        target = self._second.folder / name
        if os.path.lexists(target):
            raise FileExistsError(name)
        path.symlink_to(Path(self._link) / name)
        return target

    def is_in_second(self, name: str) -> bool:
        """Return whether a file lies in the second place."""
        return (self._folder / name).is_symlink()

    def remove(self, name: str) -> None:
        """Remove a file, wherever it lies; nothing if there is none. Raise OSError."""
        remove(self._folder / name)

    def has_room_for_pictures(self) -> bool:
        """Return whether more of the folder's disk is free than is kept for sound.

        A disk that cannot be asked is left to say so itself when it is written to.
        """
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            return True
        reserved = min(_MOST_RESERVED, disk.f_blocks * disk.f_frsize // _SHARE)
        free = disk.f_bavail * disk.f_frsize
        self._is_short = free < reserved * (_BEGINS_AT if self._is_short else 1)
        return not self._is_short


def remove(path: Path) -> None:
    """Remove a file and what it points to; nothing if there is none. Raise OSError."""
    if path.is_symlink():
        (path.parent / path.readlink()).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
