"""Files of recordings are removed with what they point to, which lies in a second place.

The second place is on another disk (`media.recorder.places`). While that is not mounted nothing
of it is removed, nor what points there: pupils' pictures would stay there, forgotten.
"""

import errno
import shutil
from pathlib import Path

_PLACE = "second-"


def remove_file(path: Path) -> None:
    """Remove a file; nothing if there is none. Raise OSError."""
    if path.is_symlink():
        _target(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything that it, or what is in it, points to. Raise OSError."""
    if folder.is_symlink():
        target = _target(folder)
        if target.exists():
            shutil.rmtree(target)
        folder.unlink()
        return
    links = [path for path in folder.iterdir() if path.is_symlink()]
    places = [path for path in links if path.name.startswith(_PLACE)]
    for path in links:
        if path not in places:
            remove_tree(path) if path.is_dir() else remove_file(path)
    for path in places:  # last: the others lead through them
        if path.exists():
            shutil.rmtree(path.resolve())
        path.unlink()
    shutil.rmtree(folder)


def _target(link: Path) -> Path:
    target = link.parent / link.readlink()
    if not target.parent.exists():
        raise FileNotFoundError(errno.ENOENT, "its disk is not there", str(link))
    return target
