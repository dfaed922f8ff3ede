"""What a choice of slots means to people: a week, its hours over the term, each school's cost."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.clock import DISPLAY_ZONE
from app.planning.choices import Chosen
from app.planning.limits import Question
from app.planning.slots import Cost, Slot, Table


@dataclass(frozen=True, slots=True)
class Timing:
    """How a slot is held on `lessons` dates from `first` to `last`: minutes after midnight.

    `periods`: each site's own period, by its classroom; a site that has no school is left out.
    """

    first: date
    last: date
    lessons: int
    starts_minute: int
    ends_minute: int
    periods: dict[str, int]


@dataclass(frozen=True, slots=True)
class PlannedSlot:
    """A weekly slot of an offering: the hub's weekday and period."""

    offering_id: str
    weekday: int
    period: int
    timings: tuple[Timing, ...]


@dataclass(frozen=True, slots=True)
class SchoolCost:
    """What a plan asks of a school; `total` in minutes, as `Cost.total` weighs them."""

    school_id: str
    name: str
    away_minutes: int
    off_days: int
    cut_minutes: int
    moved_breaks: int
    missed: int
    crowded: int
    total: int


@dataclass(frozen=True, slots=True)
class Lacking:
    """Periods a week of an offering that no plan could place together with the others."""

    offering_id: str
    periods: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to hold the offerings. `is_best`: it is proved that none costs less."""

    slots: tuple[PlannedSlot, ...]
    costs: tuple[SchoolCost, ...]
    total: int
    is_best: bool
    lacking: tuple[Lacking, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One lesson of a plan. `name`: its place in its offering. `classrooms` that take part."""

    offering_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    classrooms: tuple[str, ...]


def plan_of(table: Table, question: Question, chosen: Chosen) -> Plan:
    """Describe an answer."""
    costs = costs_of(table, question, chosen)
    names = {school.id: school.name for school in table.ask.schools}
    offerings = table.ask.offerings
    slots = sorted(
        (table.slots[index] for index in chosen.options),
        key=lambda slot: (offerings[slot.offering].id, slot.weekday, slot.period),
    )
    return Plan(
        slots=tuple(_planned(table, slot) for slot in slots),
        costs=tuple(
            SchoolCost(
                school,
                names[school],
                cost.away_minutes,
                cost.off_days,
                cost.cut_minutes,
                cost.moved_breaks,
                cost.missed,
                cost.crowded,
                cost.total,
            )
            for school, cost in sorted(costs.items())
        ),
        total=sum(cost.total for cost in costs.values()),
        is_best=chosen.is_best,
        lacking=tuple(
            Lacking(offerings[number].id, lacks)
            for number, lacks in enumerate(question.choices.unplaced(chosen.options))
            if lacks
        ),
    )


def costs_of(table: Table, question: Question, chosen: Chosen) -> dict[str, Cost]:
    """Return what an answer costs each school that takes part."""
    costs: dict[str, Cost] = {}
    for offering in table.ask.offerings:
        for school in (offering.hub.school, *(site.place.school for site in offering.sites)):
            costs[school] = Cost()
    for index in chosen.options:
        for school, cost in table.slots[index].costs.items():
            costs[school] += cost
    taken = set(chosen.options)
    for crowding in question.crowdings:
        crowd = crowding.crowd
        beyond = len(taken.intersection(crowd.options)) - crowd.free
        if beyond > 0:
            for school in crowding.schools:
                costs[school] += Cost(crowded=beyond * crowding.weeks)
    return costs


def _planned(table: Table, slot: Slot) -> PlannedSlot:
    offering = table.ask.offerings[slot.offering]
    dates: dict[tuple[int, int, tuple[int | None, ...]], list[date]] = defaultdict(list)
    for kind, meeting in slot.meetings.items():
        key = (meeting.starts, meeting.ends, meeting.periods)
        dates[key].extend(table.kinds[kind])
    timings = [
        Timing(
            min(days),
            max(days),
            len(days),
            starts,
            ends,
            {
                site.key: own
                for site, own in zip(offering.sites, periods, strict=True)
                if own is not None
            },
        )
        for (starts, ends, periods), days in dates.items()
    ]
    return PlannedSlot(
        offering.id,
        slot.weekday,
        slot.period,
        tuple(sorted(timings, key=lambda timing: (timing.first, timing.starts_minute))),
    )


def slots_of(table: Table, plan: Plan) -> list[Slot] | None:
    """Return the slots of a plan made earlier, None when one is no more as it was planned."""
    known = {
        (table.ask.offerings[slot.offering].id, slot.weekday, slot.period): slot
        for slot in table.slots
    }
    found = []
    for planned in plan.slots:
        slot = known.get((planned.offering_id, planned.weekday, planned.period))
        if slot is None or _planned(table, slot) != planned:
            return None
        found.append(slot)
    return found


def occurrences(table: Table, slots: list[Slot]) -> Iterator[Occurrence]:
    """Return the lessons of these slots, those of each offering in order of time.

    They are named by their ISO week and their number in it: "2026-W10-2".
    """
    dated = sorted(
        (
            (table.ask.offerings[slot.offering].id, day, meeting.starts, slot, kind)
            for slot in slots
            for kind, meeting in slot.meetings.items()
            for day in table.kinds[kind]
        ),
        key=lambda each: each[:3],
    )
    counted: dict[tuple[str, int, int], int] = defaultdict(int)
    for offering_id, day, _, slot, kind in dated:
        year, week, _ = day.isocalendar()
        counted[offering_id, year, week] += 1
        meeting = slot.meetings[kind]
        midnight = datetime.combine(day, time(), DISPLAY_ZONE)
        sites = table.ask.offerings[slot.offering].sites
        yield Occurrence(
            offering_id,
            f"{year}-W{week:02}-{counted[offering_id, year, week]}",
            midnight + timedelta(minutes=meeting.starts),
            midnight + timedelta(minutes=meeting.ends),
            tuple(
                site.key
                for site, own in zip(sites, meeting.periods, strict=True)
                if own is not None
            ),
        )
