"""Ways to break a machine under a server: file systems of one's own, a shim, a PostgreSQL."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from media.recorder.places import MARK

_CLONE_NEWNS = 0x00020000
_EXT4_SHUTDOWN, _WITHOUT_FLUSHING = 0x8004587D, 2  # linux/ext4: EXT4_IOC_SHUTDOWN, NOLOGFLUSH
_CONTROL = struct.Struct("=qIIII")
_WAIT_AT = 16  # bytes, in the same
_UNMOUNTS_WITHIN = 100
_SHIM = Path(__file__).with_name("shim.c")


class NotShown(Exception):
    """This machine or user cannot show a row; the message says what is missing."""


def enter_mount_namespace() -> None:
    """Have what this process and its children mount be seen by them alone, and end with them.

    Raise NotShown. To be called before any thread begins.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise NotShown(f"mounting a file system needs root ({reason})")
    _run("mount", "--make-rprivate", "/")


def _run(*command: str) -> None:
    tool = shutil.which(command[0])
    if tool is None:
        raise NotShown(f"`{command[0]}` is not installed")
    done = subprocess.run(
        [tool, *command[1:]], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise NotShown(f"`{' '.join(command)}` failed: {done.stderr.strip()}")


def second_place(folder: Path) -> Path:
    """Return a second place for recordings, marked as one (`classrooms recordings place`)."""
    place = folder / "second"
    place.mkdir()
    (place / MARK).touch()
    return place


@contextmanager
def small_disk(place: Path, *, megabytes: int) -> Iterator[None]:
    """Mount an empty file system of this size. Raise NotShown."""
    place.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "drill", str(place))
    try:
        yield
    finally:
        _unmount(place)


class Image:
    """An ext4 file system in a file, whose power can be cut."""

    def __init__(self, place: Path, *, megabytes: int) -> None:
        self._place = place
        self._image = place.with_suffix(".image")
        with self._image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        place.mkdir()
        self.mount()

    def mount(self) -> None:
        """Mount it; what its journal holds is done. Raise NotShown."""
        _run("mount", "-o", "loop", str(self._image), str(self._place))

    def cut_power(self) -> None:
        """Write nothing more from now on: what the disk was not told stays untold."""
        descriptor = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _EXT4_SHUTDOWN, struct.pack("=I", _WITHOUT_FLUSHING))
        finally:
            os.close(descriptor)

    def unmount(self) -> None:
        """Let go of it."""
        _unmount(self._place)


def _unmount(place: Path) -> None:
    """Unmount, as soon as nobody uses it any more."""
    for _ in range(_UNMOUNTS_WITHIN):
        done = subprocess.run(["umount", str(place)], capture_output=True, check=False)
        if done.returncode == 0:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "0.05"], check=False)
    subprocess.run(["umount", "--lazy", str(place)], check=False)


class Shim:
    """A server's wall clock and the luck of its disk, changed while it runs (`shim.c`)."""

    def __init__(self, folder: Path, *, below: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            raise NotShown("`cc` is not installed")
        library, self._control = folder / "shim.so", folder / "shim.control"
        _run(compiler, "-O2", "-fPIC", "-shared", "-o", str(library), str(_SHIM), "-ldl")
        self._below = below
        self._library = library
        self._offset_s = self._rate = 0
        self._control.write_bytes(_CONTROL.pack(0, 0, 0, 0, 0))

    @property
    def settings(self) -> Mapping[str, str]:
        """Return the environment of a server under it."""
        return {
            "LD_PRELOAD": str(self._library),
            "DRILL_CONTROL": str(self._control),
            "DRILL_FOLDER": str(self._below),
        }

    @property
    def failed(self) -> int:
        """Return how many calls have failed so far."""
        return int(_CONTROL.unpack(self._control.read_bytes())[2])

    @property
    def waited(self) -> int:
        """Return how many waits for the disk were made longer so far."""
        return int(_CONTROL.unpack(self._control.read_bytes())[4])

    def set_clock(self, offset_s: int) -> None:
        """Set the server's wall clock to so much after the machine's."""
        self._offset_s = offset_s
        self._write(struct.pack("=qI", self._offset_s, self._rate), 0)

    def fail(self, per_million: int) -> None:
        """Have so many of a million writes and syncs fail with EIO."""
        self._rate = per_million
        self._write(struct.pack("=qI", self._offset_s, self._rate), 0)

    def slow(self, wait_ms: int) -> None:
        """Have each wait for the disk take so many milliseconds longer."""
        self._write(struct.pack("=I", wait_ms), _WAIT_AT)

    def _write(self, values: bytes, at: int) -> None:
        descriptor = os.open(self._control, os.O_WRONLY)
        try:  # in place, and not the counts: the file is mapped
            os.pwrite(descriptor, values, at)
        finally:
            os.close(descriptor)
