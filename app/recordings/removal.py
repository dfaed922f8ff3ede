"""Files of recordings are removed with what they point to, which lies in the second place."""

import shutil
from pathlib import Path


def remove_file(path: Path) -> None:
    """Remove a file; nothing if there is none. Raise OSError."""
    if path.is_symlink():
        path.readlink().unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything that it, or what is in it, points to. Raise OSError."""
    if folder.is_symlink():
        target = folder.readlink()
        folder.unlink()
        if target.is_dir():
            shutil.rmtree(target)
        return
    for path in folder.iterdir():
        if path.is_symlink():
            remove_tree(path) if path.is_dir() else remove_file(path)
    shutil.rmtree(folder)
