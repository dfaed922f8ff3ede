"""The recordings of a term: every lesson that is over has one, a third of them is published.

Each was looked at by who gave it, a published one by two teachers more, and every fifth by a
classroom that looked back while the lesson ran. There are rows only, no files: without a manifest
the server compares none of them with its disk.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.recordings.models import Recording, RecordingPurpose, RecordingState, RecordingView
from app.recordings.publishing import RecordingPublication, RecordingSchool
from bench.data.rows import Rows, numbered
from bench.data.taught import PERIOD_MS, Given, Taught

_RECORDING, _PUBLICATION, _SCHOOL, _VIEW = 8, 9, 10, 11  # kinds of ids
_BYTES = 760_000_000  # 19 MB a minute
_MADE_AFTER = timedelta(seconds=20)
_SHOWN_AFTER = timedelta(days=1)
_SEEN_AFTER = (timedelta(hours=20), timedelta(days=2), timedelta(days=5))
_LOOKED_BACK_AFTER = timedelta(minutes=20)
_PUBLISHED, _LOOKED_BACK = 3, 5
_MOST_VIEWS = 4  # numbers of looks are counted on from lesson to lesson in steps of this
_ADDRESS = "10.20.30.40"


class Recorded:
    """The recordings of what was taught, seen when that was."""

    def __init__(self, taught: Taught) -> None:
        self._taught, self._now = taught, taught.now

    def tables(self) -> Iterator[Rows]:
        """Give recordings, where they are shown, and who looked at them, in this order."""
        yield Rows(
            Recording,
            ("id", "session_id", "lesson_id", "state", "folder", "started_at", "ready_at",
             "duration_ms", "bytes", "missing", "purpose"),
            (self._recording(given) for given in self._taught.over()),
        )  # fmt: skip
        yield Rows(
            RecordingPublication, ("id", "recording_id", "person_id", "at"), self._publications()
        )
        yield Rows(RecordingSchool, ("id", "recording_id", "school_id"), self._schools())
        yield Rows(
            RecordingView,
            ("id", "recording_id", "person_id", "classroom_id", "at", "address", "taken",
             "micro_lesson"),
            self._views(),
        )  # fmt: skip

    def _is_published(self, given: Given) -> bool:
        # The quotient, so that no classroom has all of its lessons published and others none.
        is_chosen = (given.number + given.number // _PUBLISHED) % _PUBLISHED == 0
        return is_chosen and _shown(given) <= self._now

    def _recording(self, given: Given) -> tuple[Any, ...]:
        is_published = self._is_published(given)
        return (
            _id(given), given.session_id, given.id,
            (RecordingState.PUBLISHED if is_published else RecordingState.READY).value,
            f"{given.starts:%Y-%m}/{given.session_id}", given.starts, given.ends + _MADE_AFTER,
            PERIOD_MS, _BYTES, "[]", RecordingPurpose.LESSON.value,
        )  # fmt: skip

    def _publications(self) -> Iterator[tuple[Any, ...]]:
        for given in self._taught.over():
            if self._is_published(given):
                number = numbered(_PUBLICATION, given.number)
                yield number, _id(given), given.lecturer_id, _shown(given)

    def _schools(self) -> Iterator[tuple[Any, ...]]:
        """Say who is seen: the hub's pupils, and those of the first site, which was on stage."""
        for given in self._taught.over():
            if self._is_published(given):
                first = given.county.listeners(given.room)[0]
                for place, school in enumerate((given.hub.school_id, first.school_id)):
                    yield numbered(_SCHOOL, 2 * given.number + place), _id(given), school

    def _views(self) -> Iterator[tuple[Any, ...]]:
        for given in self._taught.over():
            for place, (at, person_id, room_id) in enumerate(self._looks(given)):
                number = given.number * _MOST_VIEWS + place
                yield (
                    numbered(_VIEW, number), _id(given), person_id, room_id, at, _ADDRESS, None,
                    None,
                )  # fmt: skip

    def _looks(self, given: Given) -> Iterator[tuple[datetime, UUID | None, UUID | None]]:
        """Give when a recording was looked at, and by whom: a person or else a classroom."""
        if given.number % _LOOKED_BACK == 0:
            room_id = given.county.listeners(given.room)[0].room_id
            yield given.starts + _LOOKED_BACK_AFTER, None, room_id
        for person_id, after in zip(self._watchers(given), _SEEN_AFTER, strict=False):
            if given.ends + after <= self._now:
                yield given.ends + after, person_id, None

    def _watchers(self, given: Given) -> Iterator[UUID]:
        yield given.lecturer_id
        if self._is_published(given):
            hubs = given.county.hubs
            for step in (1, 2):
                yield hubs[(given.number + step) % len(hubs)].teachers[0]


def _id(given: Given) -> UUID:
    return numbered(_RECORDING, given.number)


def _shown(given: Given) -> datetime:
    return given.ends + _SHOWN_AFTER
