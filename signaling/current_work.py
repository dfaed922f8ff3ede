"""Which room's rules run at this moment, for a thread that watches over the loop.

The rules of all rooms run on one loop. Rules that never come to an end, by a bug of ours,
would take every other room with them; the watching thread can break them off, and only
them: the room then fails like by any other bug, and the others go on.
"""

import ctypes
import threading
import time
from types import TracebackType
from typing import Final, Self

# Longer than any thread waits for its turn; the exception then has come, or never will.
_EXCEPTION_WITHIN_S: Final = 1.0
_LOOK_EVERY_S: Final = 0.001


class RoomStuck(Exception):
    """A room's rules did not come to an end and were broken off."""


class _Turn:
    """One run of one room's rules."""

    __slots__ = ("room_id",)

    def __init__(self, room_id: str) -> None:
        self.room_id = room_id


class CurrentWork:
    """Held by the hub; entered by a room's runner around its rules, never nested.

    There is no lock, which an exception
    from outside could leave locked: the watching thread first names the turn it breaks off,
    then raises, if it is still the turn's; whoever ends a turn so named waits for the blow,
    so that it never falls on what comes after.
    """

    def __init__(self) -> None:
        self._thread_id = 0
        self._turn: _Turn | None = None
        self._broken: _Turn | None = None

    @property
    def room_id(self) -> str | None:
        """Return whose rules run now, or None. Any thread may ask."""
        turn = self._turn
        return turn.room_id if turn is not None else None

    def of(self, room_id: str) -> "_Running":
        """Return the context in which this room's rules are run."""
        return _Running(self, _Turn(room_id))

    def break_off(self) -> str | None:
        """Raise RoomStuck in the rules that run now; return whose, None if there are none.

        Called by another thread. What blocks outside of Python is reached when it returns.
        """
        turn = self._turn
        if turn is None or turn is self._broken:
            return None
        self._broken = turn
        if self._turn is not turn:
            return None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self._thread_id), ctypes.py_object(RoomStuck)
        )
        return turn.room_id

    def begin(self, turn: _Turn) -> None:
        """Begin a turn; `_Running` calls it."""
        self._thread_id = threading.get_ident()
        self._turn = turn

    def end(self, turn: _Turn, *, is_broken: bool) -> None:
        """End it; `_Running` calls it. `is_broken`: what broke it off has been raised.

        Raise RoomStuck if it is being broken off right now.
        """
        self._turn = None
        if self._broken is not turn or is_broken:
            return
        give_up_at = time.monotonic() + _EXCEPTION_WITHIN_S
        while time.monotonic() < give_up_at:
            time.sleep(_LOOK_EVERY_S)


class _Running:
    """The context of one turn."""

    __slots__ = ("_current", "_turn")

    def __init__(self, current: CurrentWork, turn: _Turn) -> None:
        self._current = current
        self._turn = turn

    def __enter__(self) -> Self:
        self._current.begin(self._turn)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._current.end(self._turn, is_broken=isinstance(error, RoomStuck))
