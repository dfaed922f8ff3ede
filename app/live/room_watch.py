"""How much room there is for recordings, in each of their places, looked at from time to time.

A disk that does not answer keeps nobody waiting: it is asked in threads of its own
(`media.recorder.inquiry`), and what it would have said is left out meanwhile.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from app.recordings.room_left import Left, room_left
from media.recorder.inquiry import Inquiry
from media.recorder.places import SecondPlace

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 15.0
_TOLD_EVERY_S = 600.0


class RoomWatch:
    """Looks, remembers what it saw, and says in the log what somebody should do.

    `left`: what is free in each place that answers. `second_away_since`: since when there is no
    second place although there should be; None: it is there, or there should be none.
    """

    def __init__(
        self, first: Path, second: SecondPlace | None, *, clock: Callable[[], datetime]
    ) -> None:
        self._second = second
        self._clock = clock
        self._first_room = Inquiry(partial(room_left, first))
        self._second_room = Inquiry(partial(room_left, second.folder)) if second else None
        self.left: dict[str, Left] = {}
        self.second_away_since: datetime | None = None
        self._is_silent = False

    async def run(self) -> None:
        """Look until cancelled."""
        told_at = float("-inf")
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.exception("room_not_watched")
            if time.monotonic() - told_at >= _TOLD_EVERY_S and self.tell():
                told_at = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Ask each place; takes two seconds at most."""
        asked = {"first": self._first_room}
        is_there = None if self._second is None else self._second.ask()
        if self._second_room is not None and is_there:
            asked["second"] = self._second_room
        answers = {place: inquiry.answer() for place, inquiry in asked.items()}
        self.left = {place: left for place, left in answers.items() if left is not None}
        is_away = self._second is not None and not is_there
        self.second_away_since = (self.second_away_since or self._clock()) if is_away else None
        self._is_silent = is_away and is_there is None

    def tell(self) -> bool:
        """Say what is wrong with the places; return whether anything is."""
        little = {place: left for place, left in self.left.items() if left.is_little}
        for place, left in little.items():
            log.warning("recordings_disk_low", place=place, free_bytes=left.free)
        second = self._second
        if second is None or self.second_away_since is None:
            return bool(little)
        if self._is_silent:
            log.error(
                "recordings_second_place_silent",
                folder=str(second.folder),
                for_s=round(second.silent_s()),
                remedy="Its disk does not answer: see to it, or unmount it.",
            )
        else:
            log.error(
                "recordings_second_place_missing",
                folder=str(second.folder),
                remedy="Mount its disk. New, or right as it is: classrooms recordings place.",
            )
        return True
