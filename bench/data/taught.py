"""One term of lessons of a province, and what became of them.

What lies behind has attendance: of twenty sites one heard too little of a lesson and one stayed
away. What the last two days brought waits to be confirmed; what is to come is published. What lies
more than eight weeks back is locked, so that teachers have hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.attendance.models import (
    AttendanceLock,
    AttendanceRecord,
    AttendanceState,
    NotCounted,
    Session,
)
from app.lessons.models import Lesson, LessonKind, LessonSite, LessonState, SiteState
from bench.data.province import (
    BELLS,
    GRADES,
    LESSONS_A_WEEK,
    PERIOD_MINUTES,
    ROOMS_A_SCHOOL,
    SUBJECTS,
    WEEKS,
    County,
    Hub,
    Point,
    Province,
    school_time,
)
from bench.data.rows import Rows, numbered

_LESSON, _SITE, _SESSION, _RECORD, _LOCK = 1, 2, 3, 4, 12
_PERIOD = timedelta(minutes=PERIOD_MINUTES)
PERIOD_MS = PERIOD_MINUTES * 60_000
_TOLD_AFTER = timedelta(days=2)
_LOCKED_AFTER = timedelta(weeks=8)
_LOCKED_BY = numbered(_LOCK, 0)
_DAYS = 5
_MOST_SITES = 8  # numbers of sites are counted on from lesson to lesson in steps of this


@dataclass(frozen=True, slots=True)
class Given:
    """A lesson: its number among all, who gives it to whom, and when."""

    number: int
    county: County
    hub: Hub
    room: int  # among the county's hub classrooms
    starts: datetime

    @property
    def id(self) -> UUID:
        return numbered(_LESSON, self.number)

    @property
    def session_id(self) -> UUID:
        return numbered(_SESSION, self.number)

    @property
    def ends(self) -> datetime:
        return self.starts + _PERIOD

    @property
    def lecturer_id(self) -> UUID:
        return self.hub.teachers[self.room % ROOMS_A_SCHOOL]

    @property
    def subject(self) -> str:
        return SUBJECTS[self.room % len(SUBJECTS)][0]

    @property
    def grade(self) -> str:
        return GRADES[self.number % 3]


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a site received: its minutes, and whether they suffice."""

    audible: int  # percent of the lesson
    came: bool
    counts: bool


_WELL, _BADLY, _AWAY = _Heard(97, True, True), _Heard(60, True, False), _Heard(0, False, False)


def _heard(site: int) -> _Heard:
    return {0: _AWAY, 1: _BADLY}.get(site * 7919 % 20, _WELL)


class Taught:
    """The lessons of the province's term, seen at `now`."""

    def __init__(self, province: Province, now: datetime) -> None:
        self._province, self.now = province, now

    def tables(self) -> Iterator[Rows]:
        """Give lessons, their sites, sessions, a lock and attendance, in this order."""
        yield Rows(
            Lesson,
            ("id", "kind", "title", "subject", "grade", "hub_school_id", "lecturer_id",
             "planned_start", "planned_end", "state", "started_at", "ended_at"),
            (self._lesson(given) for given in self._given()),
        )  # fmt: skip
        yield Rows(LessonSite, ("id", "lesson_id", "classroom_id", "state"), self._sites())
        yield Rows(
            Session,
            ("id", "lesson_id", "started_at", "ended_at", "end_reason", "epoch", "last_alive_ms"),
            (
                (given.session_id, given.id, given.starts, given.ends, "ended_by_lecturer", 1,
                 PERIOD_MS)
                for given in self.over()
            ),
        )  # fmt: skip
        yield Rows(
            AttendanceLock,
            ("id", "term_id", "person_id", "at"),
            [(_LOCKED_BY, self._province.term_id, self._province.keeper_id, self.now)],
        )
        yield Rows(
            AttendanceRecord,
            ("id", "session_id", "lesson_site_id", "held_at", "hub_school_id", "school_id",
             "state", "planned_ms", "connected_ms",
             "first_joined_ms", "last_left_ms", "audible_ms", "degraded_ms", "lost_ms",
             "offline_ms", "visible_ms", "silent_ms", "interruptions", "is_counted",
             "not_counted_reason", "rule_number", "headcount", "headcount_source",
             "locked_by_id"),
            self._records(),
        )  # fmt: skip

    def _given(self) -> Iterator[Given]:
        """Go through all lessons in the order of time, so that later ones have later ids."""
        rooms = [
            (county, county.hubs[room // ROOMS_A_SCHOOL], room)
            for county in self._province.counties
            for room in range(sum(len(hub.rooms) for hub in county.hubs))
        ]
        number = 0
        for week in range(WEEKS):
            for slot in range(LESSONS_A_WEEK):
                day = self._province.first_day + timedelta(weeks=week, days=slot % _DAYS)
                for county, hub, room in rooms:
                    minute = BELLS[(slot // _DAYS * 3 + room) % len(BELLS)]
                    yield Given(number, county, hub, room, school_time(day, minute))
                    number += 1

    def over(self) -> Iterator[Given]:
        """Go through the lessons that are over."""
        return (given for given in self._given() if self._is_over(given))

    def _is_over(self, given: Given) -> bool:
        return given.ends <= self.now

    def _state(self, given: Given) -> LessonState:
        return LessonState.ENDED if self._is_over(given) else LessonState.PUBLISHED

    def _lesson(self, given: Given) -> tuple[Any, ...]:
        is_over = self._is_over(given)
        return (
            given.id, LessonKind.DELIVERY.value, f"{given.subject}第{given.number % 40 + 1}课",
            given.subject, given.grade, given.hub.school_id,
            given.lecturer_id, given.starts, given.ends,
            self._state(given).value, given.starts if is_over else None,
            given.ends if is_over else None,
        )  # fmt: skip

    def _sites(self) -> Iterator[tuple[Any, ...]]:
        for given in self._given():
            for place, point in enumerate(given.county.listeners(given.room)):
                site = given.number * _MOST_SITES + place
                yield numbered(_SITE, site), given.id, point.room_id, self._site_state(given, site)

    def _site_state(self, given: Given, site: int) -> str:
        if not self._is_over(given):
            return SiteState.EXPECTED.value
        return (SiteState.COUNTED if _heard(site).counts else SiteState.NOT_COUNTED).value

    def _records(self) -> Iterator[tuple[Any, ...]]:
        for given in self.over():
            for place, point in enumerate(given.county.listeners(given.room)):
                yield self._record(given, point, given.number * _MOST_SITES + place)

    def _record(self, given: Given, point: Point, site: int) -> tuple[Any, ...]:
        heard = _heard(site)
        audible = PERIOD_MS * heard.audible // 100
        lost = PERIOD_MS - audible if heard.came else 0
        is_told = heard.came and given.ends <= self.now - _TOLD_AFTER
        is_locked = given.ends <= self.now - _LOCKED_AFTER
        state = AttendanceState.CONFIRMED if is_told else AttendanceState.AUTO_CLOSED
        return (
            numbered(_RECORD, site), given.session_id, numbered(_SITE, site),
            given.starts, given.hub.school_id, point.school_id,
            (AttendanceState.LOCKED if is_locked else state).value,
            PERIOD_MS, PERIOD_MS if heard.came else 0,
            0 if heard.came else None, PERIOD_MS if heard.came else None,
            audible, 0, lost, 0 if heard.came else PERIOD_MS, audible, 0, 0, heard.counts,
            _why_not(heard), 1, 12 if is_told else None, "assistant" if is_told else None,
            _LOCKED_BY if is_locked else None,
        )  # fmt: skip


def _why_not(heard: _Heard) -> str | None:
    if heard.counts:
        return None
    return (NotCounted.TOO_LITTLE_AUDIBLE if heard.came else NotCounted.NEVER_CAME).value
