"""A province of made-up schools: who is where, who teaches whom, what is wanted and offered.

The same rows in every run of one day: ids count up, and who teaches whom follows from numbers.
What is taught is in `bench.data.taught`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from app.accounts.models import Person
from app.alliances.models import (
    Alliance,
    AllianceMember,
    HubOffer,
    MemberRole,
    Need,
    NeedState,
    Pairing,
    PairingChange,
    PairingKind,
    PairingParty,
    PairingState,
    PairingSubject,
    Side,
)
from app.calendars.models import BellSchedule, Period, Term
from app.clock import DISPLAY_ZONE
from app.schools.models import Classroom, Region, School, SchoolClass
from bench.data.rows import Ids, Rows, numbered

WEEKS = 18
#: The last weeks of the term are still to come, so that today has lessons of every state.
WEEKS_BEHIND = 16
LESSONS_A_WEEK = 7
_SITES = 6
_CLASS = 5  # the kind of their ids; those of lessons are in bench.data.taught
ROOMS_A_SCHOOL = 2
_REFUSES, _REFUSING = 20, 6  # of so many points this one has its pupils shown to nobody
TEACHING_POINT = "218"  # in the ministry's table of school categories
# Which word a lesson has for what it teaches, and the code of it in needs, offers and pairings.
SUBJECTS = (("音乐", "music"), ("美术", "fine_art"), ("英语", "english"), ("科学", "science"))
GRADES = ("一年级", "二年级", "三年级", "四年级", "五年级", "六年级")
# Minutes after midnight at which the periods of a day begin.
BELLS = (510, 560, 620, 670, 840, 890, 940)
PERIOD_MINUTES = 40


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    counties: int
    points: int
    alliances: int
    hub_rooms: int


#: As the province is: about 200 000 lessons and 1 200 000 of them at a site.
PROVINCE = Size(counties=88, points=10_000, alliances=43, hub_rooms=1_600)
#: A few counties of it: what a page asks of the database must not depend on which of the two it is.
CORNER = Size(counties=3, points=340, alliances=2, hub_rooms=54)


@dataclass(frozen=True, slots=True)
class Point:
    """A teaching point and its one classroom."""

    school_id: UUID
    room_id: UUID


@dataclass(frozen=True, slots=True)
class Pupils:
    """A class of a point, whose number is that among its county's."""

    id: UUID
    point: Point
    point_number: int
    grade: int


@dataclass(frozen=True, slots=True)
class Hub:
    """A school that gives lessons: its teachers, each with a classroom."""

    school_id: UUID
    rooms: tuple[UUID, ...]
    teachers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class County:
    """A county, its hubs and its points."""

    region_id: UUID
    code: str
    number: int
    hubs: tuple[Hub, ...]
    points: tuple[Point, ...]

    def listeners(self, room: int) -> list[Point]:
        """Return the points that listen to the county's hub classroom of this number."""
        return [self.points[(room * _SITES + each) % len(self.points)] for each in range(_SITES)]


def school_time(day: date, minute: int) -> datetime:
    """Return the moment so many minutes after a school's midnight."""
    return datetime.combine(day, time(), DISPLAY_ZONE) + timedelta(minutes=minute)


def _shares(total: int, parts: int) -> list[int]:
    """Split a number as evenly as it goes."""
    return [total * (each + 1) // parts - total * each // parts for each in range(parts)]


class Province:
    """All of it: ids are given when it is made, rows come one table at a time."""

    def __init__(self, size: Size, today: date) -> None:
        self.size, self.today = size, today
        self.first_day = today - timedelta(days=today.weekday(), weeks=WEEKS_BEHIND)
        self.last_day = self.first_day + timedelta(weeks=WEEKS, days=-1)
        self._ids = Ids()
        self.region_id = self._ids()
        points = _shares(size.points, size.counties)
        rooms = _shares(size.hub_rooms, size.counties)
        self.counties = tuple(
            self._county(number, points[number], rooms[number]) for number in range(size.counties)
        )
        self.term_id = self._ids()

    def _county(self, number: int, points: int, rooms: int) -> County:
        hubs = []
        while rooms > 0:
            here = min(ROOMS_A_SCHOOL, rooms)
            rooms -= here
            hubs.append(
                Hub(
                    self._ids(),
                    tuple(self._ids() for _ in range(here)),
                    tuple(self._ids() for _ in range(here)),
                )
            )
        return County(
            region_id=self._ids(),
            code=f"99{number // 9 + 1:02d}{number % 9 + 21}",
            number=number,
            hubs=tuple(hubs),
            points=tuple(Point(self._ids(), self._ids()) for _ in range(points)),
        )

    @property
    def keeper_id(self) -> UUID:
        """Return somebody to whom what people did is ascribed."""
        return self.counties[0].hubs[0].teachers[0]

    def tables(self) -> Iterator[Rows]:
        """Give the rows in an order in which every reference exists already."""
        yield Rows(Region, ("id", "code", "name", "parent_id", "path"), self._regions())
        yield Rows(
            School,
            ("id", "name", "category", "region_id", "parent_id", "moe_code", "opened_on",
             "may_publish_pupils"),
            self._schools(),
        )  # fmt: skip
        yield Rows(
            Classroom,
            ("id", "school_id", "name", "budget_down_kbps", "may_broadcast"),
            self._rooms(),
        )
        yield Rows(
            SchoolClass,
            ("id", "school_id", "name", "stage", "grade_no", "entry_year", "pupil_count",
             "language_of_instruction"),
            self._classes(),
        )  # fmt: skip
        yield Rows(Person, ("id", "name", "school_id"), self._teachers())
        yield Rows(
            Term,
            ("id", "region_id", "name", "starts_on", "ends_on"),
            [(self.term_id, self.region_id, "本学期", self.first_day, self.last_day)],
        )
        yield from self._bells()
        yield from self._alliances()
        yield from self._pairings()
        yield from self._needs()

    def _regions(self) -> Iterator[tuple[Any, ...]]:
        yield self.region_id, "990000", "示范省", None, "/990000/"
        for each in self.counties:
            name = f"示范{each.number + 1}县"
            yield each.region_id, each.code, name, self.region_id, f"/990000/{each.code}/"

    def _schools(self) -> Iterator[tuple[Any, ...]]:
        opened = date(2001, 9, 1)
        for county in self.counties:
            for number, hub in enumerate(county.hubs):
                name = f"示范{county.number + 1}县第{number + 1}小学"
                code = f"21{county.number:03d}{number:05d}"
                yield hub.school_id, name, "211", county.region_id, None, code, opened, True
            for number, point in enumerate(county.points):
                parent = county.hubs[number % len(county.hubs)].school_id
                name = f"示范{county.number + 1}县{number + 1}村小"
                code = f"31{county.number:03d}{number:05d}"
                yield (
                    point.school_id, name, TEACHING_POINT, county.region_id, parent, code, opened,
                    number % _REFUSES != _REFUSING,
                )  # fmt: skip

    def _rooms(self) -> Iterator[tuple[Any, ...]]:
        for county in self.counties:
            for hub in county.hubs:
                for number, room_id in enumerate(hub.rooms):
                    yield room_id, hub.school_id, f"录播教室{number + 1}", 20_000, True
            for point in county.points:
                yield point.room_id, point.school_id, "多媒体教室", 4_000, False

    def classes(self) -> Iterator[Pupils]:
        """Return the classes of all points, each time the same."""
        number = 0
        for county in self.counties:
            for place, point in enumerate(county.points):
                for grade in range(1, 4):
                    yield Pupils(numbered(_CLASS, number), point, place, grade)
                    number += 1

    def _classes(self) -> Iterator[tuple[Any, ...]]:
        year = self.first_day.year
        for each in self.classes():
            yield (
                each.id, each.point.school_id, f"{GRADES[each.grade - 1]}一班", "1", each.grade,
                year - each.grade + 1, 5 + each.grade * 2, "zh",
            )  # fmt: skip

    def _teachers(self) -> Iterator[tuple[Any, ...]]:
        for county in self.counties:
            for hub in county.hubs:
                for number, teacher in enumerate(hub.teachers):
                    yield teacher, f"老师{county.number + 1}-{number + 1}", hub.school_id

    def _all_schools(self) -> Iterator[UUID]:
        for county in self.counties:
            yield from (hub.school_id for hub in county.hubs)
            yield from (point.school_id for point in county.points)

    def _bells(self) -> Iterator[Rows]:
        schedules = [(self._ids(), school) for school in self._all_schools()]
        yield Rows(
            BellSchedule,
            ("id", "school_id", "name", "valid_from"),
            ((schedule, school, "作息", self.first_day) for schedule, school in schedules),
        )
        yield Rows(
            Period,
            ("id", "bell_schedule_id", "number", "starts_minute", "ends_minute"),
            (
                (self._ids(), schedule, number, begins, begins + PERIOD_MINUTES)
                for schedule, _ in schedules
                for number, begins in enumerate(BELLS, 1)
            ),
        )

    def _alliances(self) -> Iterator[Rows]:
        made = [
            (self._ids(), self.counties[number % len(self.counties)], number)
            for number in range(self.size.alliances)
        ]
        yield Rows(
            Alliance,
            ("id", "region_id", "name", "starts_on"),
            (
                (alliance, county.region_id, f"教学联盟{number + 1}", self.first_day)
                for alliance, county, number in made
            ),
        )
        yield Rows(
            AllianceMember,
            ("id", "alliance_id", "school_id", "role", "from_on"),
            (
                (self._ids(), alliance, school, role.value, self.first_day)
                for alliance, county, _ in made
                for school, role in _members(county)
            ),
        )

    def _pairings(self) -> Iterator[Rows]:
        made = [
            (self._ids(), county, number, hub)
            for county in self.counties
            for number, hub in enumerate(county.hubs)
        ]
        began = school_time(self.first_day, BELLS[0])
        yield Rows(
            Pairing,
            ("id", "kind", "name", "periods_a_week", "starts_on", "state"),
            (
                (pairing, PairingKind.DELIVERY.value, f"结对{county.number + 1}-{number + 1}",
                 LESSONS_A_WEEK, self.first_day, PairingState.ACTIVE.value)
                for pairing, county, number, _ in made
            ),
        )  # fmt: skip
        yield Rows(
            PairingParty,
            ("id", "pairing_id", "school_id", "side", "agreed_at", "agreed_by"),
            (
                (self._ids(), pairing, school, side.value, began, self.keeper_id)
                for pairing, county, number, hub in made
                for school, side in _parties(county, number, hub)
            ),
        )
        yield Rows(
            PairingSubject,
            ("pairing_id", "subject"),
            ((pairing, code) for pairing, *_ in made for _, code in SUBJECTS[:2]),
        )
        yield Rows(
            PairingChange,
            ("id", "pairing_id", "number", "at", "day", "from_state", "to_state", "by_person_id"),
            (
                (self._ids(), pairing, number, began, self.first_day, old.value, new.value,
                 self.keeper_id)
                for pairing, *_ in made
                for number, (old, new) in enumerate(_STEPS, 1)
            ),
        )  # fmt: skip

    def _needs(self) -> Iterator[Rows]:
        yield Rows(
            HubOffer,
            ("id", "school_id", "subject", "grade_from", "grade_to", "language", "periods_a_week",
             "valid_from"),
            (
                (self._ids(), hub.school_id, code, 1, 6, "zh", 10, self.first_day)
                for county in self.counties
                for hub in county.hubs
                for _, code in SUBJECTS
            ),
        )  # fmt: skip
        yield Rows(
            Need,
            ("id", "school_id", "subject", "grade_no", "language", "periods_a_week", "weekdays",
             "earliest_minute", "latest_minute", "starts_on", "ends_on", "state", "posted_at",
             "posted_by"),
            (
                (self._ids(), point.school_id, SUBJECTS[number % len(SUBJECTS)][1], 1 + number % 6,
                 "zh", 2, "12345", BELLS[0], BELLS[-1] + PERIOD_MINUTES, self.first_day,
                 self.last_day, NeedState.OPEN.value, school_time(self.first_day, BELLS[0]),
                 self.keeper_id)
                for county in self.counties
                for number, point in enumerate(county.points)
                if number % 3 == 0
            ),
        )  # fmt: skip


_STEPS = (
    (PairingState.DRAFT, PairingState.PROPOSED),
    (PairingState.PROPOSED, PairingState.ACCEPTED),
    (PairingState.ACCEPTED, PairingState.ACTIVE),
)


def _members(county: County) -> Iterator[tuple[UUID, MemberRole]]:
    for hub in county.hubs[:3]:
        yield hub.school_id, MemberRole.HUB
    for point in islice(county.points, 20):
        yield point.school_id, MemberRole.MEMBER


def _parties(county: County, number: int, hub: Hub) -> Iterator[tuple[UUID, Side]]:
    yield hub.school_id, Side.HUB
    rooms = range(number * ROOMS_A_SCHOOL, number * ROOMS_A_SCHOOL + len(hub.rooms))
    points = {point.school_id: None for room in rooms for point in county.listeners(room)}
    for school in points:
        yield school, Side.PARTNER
