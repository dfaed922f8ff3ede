"""A question to a disk that may never answer, asked so that nobody waits for it for long.

A mount whose server is gone holds whoever asks it for minutes, in the kernel, where nothing ends
the wait. So a thread of its own waits, and nothing more is asked before it has its answer.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")

WITHIN_S = 0.5
"""A disk that is well answers within milliseconds. The recorder is missed after five seconds."""


class Inquiry(Generic[T]):
    """Asks `ask`, which may hang, in a thread of its own. May be used from any thread."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._asked: Future[T] | None = None
        self._asked_at_s = 0.0

    def answer(self, within_s: float = WITHIN_S) -> T | None:
        """Return what is answered; None if that does not come in time. Raise what `ask` raises.

        In time is `within_s` after it was asked: who asks meanwhile does not wait once more.
        """
        with self._lock:
            asked = self._asked or self._begin()
            left_s = self._asked_at_s + within_s - time.monotonic()
        try:
            return asked.result(max(0.0, left_s))
        except TimeoutError:
            return None

    def silent_s(self) -> float:
        """Return for how many seconds an answer has been waited for; 0: for none."""
        with self._lock:
            return 0.0 if self._asked is None else time.monotonic() - self._asked_at_s

    def _begin(self) -> Future[T]:
        asked: Future[T] = Future()
        # A daemon: the process ends without it.
        threading.Thread(target=self._wait, args=(asked,), name="inquiry", daemon=True).start()
        self._asked, self._asked_at_s = asked, time.monotonic()
        return asked

    def _wait(self, asked: Future[T]) -> None:
        try:
            answer = self._ask()
        except Exception as error:  # whoever asked is told
            self._end()
            asked.set_exception(error)
        else:
            self._end()
            asked.set_result(answer)

    def _end(self) -> None:
        with self._lock:
            self._asked = None
