"""A mount whose server is gone: whoever asks of a file on it waits until the server is back."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class DeadMount:
    """Nobody has an answer before `is_back`; `held`: how many had to wait for one."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.is_back = threading.Event()
        self.held = 0
        self._stat = os.stat

    def stat(self, path: Any, **options: Any) -> os.stat_result:
        is_on_it = isinstance(path, str | Path) and Path(path).is_relative_to(self.place)
        if is_on_it and not self.is_back.is_set():
            self.held += 1
            self.is_back.wait()
        return self._stat(path, **options)


@contextmanager
def dead_mount(place: Path) -> Iterator[DeadMount]:
    """Have what is below `place` not answer until the block is left, or the mount is back."""
    mount = DeadMount(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "stat", mount.stat)
        try:
            yield mount
        finally:
            mount.is_back.set()
