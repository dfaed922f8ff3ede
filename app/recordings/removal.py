"""Files of recordings are removed with what they point to, which lies in a second place.

The second place is on another disk (`media.recorder.places`). While that is not mounted nothing
of it is removed, nor what points there: pupils' pictures would stay there, forgotten.
"""

import errno
import shutil
from pathlib import Path

_PLACE = "second-"


def remove_file(path: Path) -> None:
    """Remove a file, through all links to it; nothing if there is none. Raise OSError."""
    if path.is_symlink():
        remove_file(_target(path))
    path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything that it, or whatever is in it, points to. Raise OSError."""
    if folder.is_symlink():
        target = _target(folder)
        if target.exists():
            remove_tree(target)
        folder.unlink()
        return
    inside = list(folder.iterdir())
    places = [path for path in inside if path.is_symlink() and path.name.startswith(_PLACE)]
    for path in inside:
        if path in places:
            continue
        if path.is_dir():
            remove_tree(path)
        elif path.is_symlink():
            remove_file(path)
    for path in places:  # last: the others lead through them
        if path.exists():
            shutil.rmtree(path.resolve())
        path.unlink()
    shutil.rmtree(folder)


def remove_workplace(place: Path) -> None:
    """Remove a folder to work in, wherever it lies; not what the links in it point to.

    Raise FileNotFoundError when its disk is not there, OSError.
    """
    if place.is_symlink():
        target = _target(place)
        if target.exists():
            shutil.rmtree(target)
        place.unlink()
    else:
        shutil.rmtree(place)


def _target(link: Path) -> Path:
    target = link.parent / link.readlink()
    if not target.parent.exists():
        raise FileNotFoundError(errno.ENOENT, "its disk is not there", str(link))
    return target
