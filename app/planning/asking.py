"""What is to be planned, in the planner's own words: no database here. Pure.

Ids are texts. Whatever order things are given in, `Ask.ordered` has one order of them, so that
the same question always is the same question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from app.calendars.days import SchoolDay


class ThingKind(StrEnum):
    """What can only be in one lesson at a time; of a LINE, in so many as it carries."""

    TEACHER = "TEACHER"
    CLASSROOM = "CLASSROOM"
    DEVICE = "DEVICE"
    CLASS = "CLASS"
    LINE = "LINE"


class Thing(NamedTuple):
    """A teacher, a classroom, a device, a class; or the line of a school that gives or passes on.

    A line's id is its school's.
    """

    kind: ThingKind
    id: str


@dataclass(frozen=True, slots=True)
class Wish:
    """When a site would like it: ISO weekdays, and minutes after midnight. Costs, never forbids."""

    weekdays: frozenset[int]
    earliest_minute: int
    latest_minute: int


@dataclass(frozen=True, slots=True)
class Place:
    """A classroom with what is used in it, at the hub or at a site, and who helps there."""

    school: str
    classroom: str | None
    school_class: str | None = None
    devices: tuple[str, ...] = ()
    assistant: str | None = None

    @property
    def things(self) -> tuple[Thing, ...]:
        """Return what a lesson here takes up: the class last, or else the classroom."""
        named = [
            *([(ThingKind.TEACHER, self.assistant)] if self.assistant else []),
            *[(ThingKind.DEVICE, each) for each in self.devices],
            *([(ThingKind.CLASSROOM, self.classroom)] if self.classroom else []),
            *([(ThingKind.CLASS, self.school_class)] if self.school_class else []),
        ]
        return tuple(Thing(kind, each) for kind, each in named)


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is to receive an offering, and when it would like to.

    `through`: the key of the site that passes it on to this one (一点带多点); None: the hub does.
    `passes_on`: it does so itself, and its school's line carries the lesson outwards too.
    """

    place: Place
    wish: Wish | None = None
    through: str | None = None
    passes_on: bool = False

    @property
    def key(self) -> str:
        """Return what tells it from the other sites of its offering."""
        assert self.place.classroom is not None
        return self.place.classroom

    @property
    def things(self) -> tuple[Thing, ...]:
        """Return what a lesson takes up here."""
        if not self.passes_on:
            return self.place.things
        return (Thing(ThingKind.LINE, self.place.school), *self.place.things)


@dataclass(frozen=True, slots=True)
class Offering:
    """So many periods a week of something, by one teacher from one place to its sites."""

    id: str
    name: str
    teacher: str
    hub: Place
    periods_a_week: int
    sites: tuple[Site, ...]

    def givers(self, site: Site) -> Iterator[str]:
        """Return the keys of the sites through which one receives it, the nearest first."""
        through = {each.key: each.through for each in self.sites}
        key = site.through
        while key is not None:
            yield key
            key = through[key]


@dataclass(frozen=True, slots=True)
class PlannedSchool:
    """A school's days of the term, the (weekday, period) it keeps free of lessons from afar.

    `line`: how many lessons at once its line carries outwards.
    """

    id: str
    name: str
    days: tuple[SchoolDay, ...] = field(repr=False)
    kept_free: frozenset[tuple[int, int]] = frozenset()
    line: int = 1


@dataclass(frozen=True, slots=True)
class Busy:
    """A thing is taken from a moment to a moment, by a lesson of this title."""

    thing: Thing
    starts_at: datetime
    ends_at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the planner. `least_minutes`: no lesson is shorter. `names` of things."""

    offerings: tuple[Offering, ...]
    schools: tuple[PlannedSchool, ...]
    busy: tuple[Busy, ...]
    names: Mapping[Thing, str]
    least_minutes: int = 35

    def ordered(self) -> "Ask":
        """Return the same question with everything in the order of its ids."""
        offerings = [
            replace(each, sites=tuple(sorted(each.sites, key=lambda site: site.key)))
            for each in self.offerings
        ]
        return replace(
            self,
            offerings=tuple(sorted(offerings, key=lambda each: each.id)),
            schools=tuple(sorted(self.schools, key=lambda each: each.id)),
            busy=tuple(sorted(self.busy, key=lambda each: (each.thing, each.starts_at))),
        )
