"""What may not be together, and what had better not be: slots turned into a bare choice. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from app.calendars.days import local_day
from app.planning.asking import Thing, ThingKind
from app.planning.choices import Choices, Crowd, Limit, Option
from app.planning.slots import WEIGHTS, Slot, Table, minute_of


@dataclass(frozen=True, slots=True)
class Crowding:
    """A crowd of the choice, and the schools that each pay for it, in every one of `weeks`."""

    crowd: Crowd
    schools: tuple[str, ...]
    weeks: int


@dataclass(frozen=True, slots=True)
class Question:
    """The bare choice, with what its limits and crowds are about."""

    choices: Choices
    things: tuple[Thing, ...]  # of each limit
    crowdings: tuple[Crowding, ...]


def question_of(table: Table) -> Question:
    """Return the choice a table of slots leaves."""
    limits = _limits(table)
    crowdings = tuple(_crowdings(table))
    choices = Choices(
        wanted=tuple(each.periods_a_week for each in table.ask.offerings),
        options=tuple(Option(s.offering, s.weekday, s.cost) for s in table.slots),
        limits=tuple(limits),
        crowds=tuple(each.crowd for each in crowdings),
    )
    return Question(choices, tuple(limits.values()), crowdings)


Interval = tuple[int, int, int]  # starts, ends (minutes), index of a slot


def _limits(table: Table) -> dict[Limit, Thing]:
    """Return the limits and what each is for; of several for the same slots, the first thing."""
    lines = {school.id: school.line for school in table.ask.schools}
    by_thing: dict[Thing, dict[int, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for index, slot in enumerate(table.slots):
        for kind, meeting in slot.meetings.items():
            for thing in set(table.things_of(slot, meeting)):
                by_thing[thing][kind].append((meeting.starts, meeting.ends, index))
    limits: dict[Limit, Thing] = {}
    for thing, by_kind in sorted(by_thing.items()):
        most = lines[thing.id] if thing.kind is ThingKind.LINE else 1
        for intervals in by_kind.values():
            for together in _at_once(intervals):
                if len({table.slots[index].offering for index in together}) > 1:
                    limits.setdefault(Limit(together, most), thing)
        if most > 1:
            for limit in _beside_what_is_there(table, thing, by_kind, most):
                limits.setdefault(limit, thing)
    return limits


def _at_once(intervals: list[Interval]) -> Iterator[tuple[int, ...]]:
    """Return the slots that run at each beginning: whatever overlaps does so at one of them."""
    for at in sorted({starts for starts, _, _ in intervals}):
        yield _running(intervals, at)


def _running(intervals: Iterable[Interval], at: int) -> tuple[int, ...]:
    return tuple(sorted(index for starts, ends, index in intervals if starts <= at < ends))


def _beside_what_is_there(
    table: Table, thing: Thing, by_kind: dict[int, list[Interval]], most: int
) -> Iterator[Limit]:
    """Return what a line still carries on the days on which lessons are planned already."""
    taken: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for each in table.ask.busy:
        if each.thing == thing:
            day = local_day(each.starts_at)
            taken[day].append((minute_of(each.starts_at), minute_of(each.ends_at)))
    for day, spans in sorted(taken.items()):
        intervals = by_kind.get(table.kind_of.get(day, -1), [])
        beginnings = {s for s, _, _ in intervals} | {s for s, _ in spans}
        for at in sorted(beginnings):
            there = sum(starts <= at < ends for starts, ends in spans)
            together = _running(intervals, at)
            if there and together:
                yield Limit(together, most - there)


def _crowdings(table: Table) -> Iterator[Crowding]:
    """Return who would have more on one day than in an even week."""
    by_offering: dict[int, list[int]] = defaultdict(list)
    for index, slot in enumerate(table.slots):
        by_offering[slot.offering].append(index)
    for offering, indices in by_offering.items():
        schools = tuple(site.place.school for site in table.ask.offerings[offering].sites)
        yield from _of_each_day(table, indices, [offering], schools)
    groups: dict[tuple[Thing, str], list[int]] = defaultdict(list)
    for number, each in enumerate(table.ask.offerings):
        groups[Thing(ThingKind.TEACHER, each.teacher), each.hub.school].append(number)
        for place in {site.place for site in each.sites}:
            thing = place.things[-1]  # its class, or else its classroom
            groups[thing, place.school].append(number)
    for (_, school), offerings in sorted(groups.items()):
        if len(offerings) > 1:
            together = [index for each in offerings for index in by_offering[each]]
            yield from _of_each_day(table, together, offerings, (school,))


def _of_each_day(
    table: Table, indices: list[int], offerings: list[int], schools: tuple[str, ...]
) -> Iterator[Crowding]:
    by_day: dict[int, list[int]] = defaultdict(list)
    for index in indices:
        by_day[table.slots[index].weekday].append(index)
    wanted = sum(table.ask.offerings[each].periods_a_week for each in offerings)
    even = -(-wanted // max(len(by_day), 1))
    weeks = max((_weeks(table, table.slots[index]) for index in indices), default=0)
    for _, mine in sorted(by_day.items()):
        if len(mine) > even:
            weight = WEIGHTS["crowded"] * weeks * len(schools)
            yield Crowding(Crowd(tuple(mine), even, weight), schools, weeks)


def _weeks(table: Table, slot: Slot) -> int:
    return sum(len(table.kinds[kind]) for kind in slot.meetings)
