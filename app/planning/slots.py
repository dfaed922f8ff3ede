"""The weekly slots an offering could have, what each costs each school, and why others cannot be.

A slot is a weekday and a period of the hub. On each date it meets, the lesson lasts as long as
the hub and every site that has school that day are in a lesson period together: never outside
anybody's bells. Sites that have no school that day miss it. Pure.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.calendars.days import SchoolDay, local_day
from app.calendars.models import PeriodKind
from app.clock import DISPLAY_ZONE
from app.planning.asking import Ask, Offering, PlannedSchool, Thing, ThingKind


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan asks of one school over the whole term, in things people can count.

    `away_minutes` outside the hours it wished for, `off_days` lessons on a weekday it did not,
    `cut_minutes` of its own periods left unused, `moved_breaks` beginnings and ends that are not
    its bells, `missed` lessons on days it has no school, `crowded` lessons beyond an even week.
    """

    away_minutes: int = 0
    off_days: int = 0
    cut_minutes: int = 0
    moved_breaks: int = 0
    missed: int = 0
    crowded: int = 0

    @property
    def total(self) -> int:
        """Return it in minutes: how many lost minutes each thing is as bad as."""
        return sum(getattr(self, name) * weight for name, weight in WEIGHTS.items())

    def __add__(self, other: "Cost") -> "Cost":
        """Return both together."""
        return Cost(
            self.away_minutes + other.away_minutes,
            self.off_days + other.off_days,
            self.cut_minutes + other.cut_minutes,
            self.moved_breaks + other.moved_breaks,
            self.missed + other.missed,
            self.crowded + other.crowded,
        )


WEIGHTS = {
    "away_minutes": 1,
    "off_days": 30,
    "cut_minutes": 1,
    "moved_breaks": 3,
    "missed": 40,
    "crowded": 15,
}


class Why(StrEnum):
    """Why a slot cannot be."""

    NO_BELLS = "NO_BELLS"
    NO_WINDOW = "NO_WINDOW"
    KEPT_FREE = "KEPT_FREE"
    TAKEN = "TAKEN"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A slot that cannot be. `sites`: keys of all that stand in the way by themselves.

    NO_BELLS, NO_WINDOW without sites: only all of them together do.
    """

    weekday: int
    period: int
    why: Why
    sites: tuple[str, ...] = ()
    thing: Thing | None = None
    title: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Bout:
    """One lesson period of a day, in minutes after midnight."""

    number: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What a school does on a date: the weekday it runs, None for none, and its periods."""

    runs: int | None
    bouts: tuple[Bout, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A slot on dates of one kind. `periods`: each site's own period; None: it has no school."""

    starts: int
    ends: int
    periods: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot an offering can have. `meetings` by kind of day."""

    offering: int
    weekday: int
    period: int
    meetings: Mapping[int, Meeting]
    costs: Mapping[str, Cost]

    @property
    def cost(self) -> int:
        """Return what it costs all schools."""
        return sum(each.total for each in self.costs.values())


@dataclass(slots=True)
class Table:
    """All slots of all offerings. `kinds`: for each kind of day, the dates that are of it."""

    ask: Ask
    kinds: list[tuple[date, ...]]
    plans: list[dict[str, DayPlan]]
    slots: list[Slot] = field(default_factory=list)
    refusals: list[list[Refusal]] = field(default_factory=list)
    kind_of: dict[date, int] = field(default_factory=dict)
    _things: list[tuple[tuple[Thing, ...], ...]] = field(default_factory=list)

    def things_of(self, slot: Slot, meeting: Meeting) -> Iterator[Thing]:
        """Return what a meeting takes up: of a site without school that day, nothing."""
        hub, *sites = self._things[slot.offering]
        yield from hub
        for things, period in zip(sites, meeting.periods, strict=True):
            if period is not None:
                yield from things

    def note_things(self) -> None:
        """Write down what each offering takes up, at the hub and at each site: asked often."""
        self._things = [
            (
                (
                    Thing(ThingKind.TEACHER, each.teacher),
                    Thing(ThingKind.LINE, each.hub.school),
                    *each.hub.things,
                ),
                *(site.things for site in each.sites),
            )
            for each in self.ask.offerings
        ]


def table_of(ask: Ask) -> Table:
    """Return the slots of a question that is in order."""
    table = _kinds_of_days(ask)
    busy = _Busy(table)
    for number in range(len(ask.offerings)):
        refusals: list[Refusal] = []
        for found in _candidates(table, number):
            why = found if isinstance(found, Refusal) else busy.refusal(found)
            if why is not None:
                refusals.append(why)
            elif isinstance(found, Slot):
                table.slots.append(found)
        table.refusals.append(refusals)
    return table


def day_plan(day: SchoolDay) -> DayPlan:
    """Return a school's day without its date."""
    if day.runs is None or not day.periods:
        return DayPlan(None, ())
    return DayPlan(
        day.runs,
        tuple(
            Bout(each.number, minute_of(each.starts_at), minute_of(each.ends_at))
            for each in day.periods
            if each.kind is PeriodKind.LESSON
        ),
    )


def minute_of(moment: datetime) -> int:
    """Return the minute of the day at the schools."""
    local = moment.astimezone(DISPLAY_ZONE)
    return local.hour * 60 + local.minute


def _kinds_of_days(ask: Ask) -> Table:
    """Return the table without slots: dates on which all schools do the same are one kind."""
    by_date: dict[date, dict[str, DayPlan]] = defaultdict(dict)
    for school in ask.schools:
        for each in school.days:
            by_date[each.day][school.id] = day_plan(each)
    kinds: dict[tuple[tuple[str, DayPlan], ...], list[date]] = defaultdict(list)
    for day, plans in sorted(by_date.items()):
        kinds[tuple(plans.items())].append(day)
    table = Table(ask, [tuple(days) for days in kinds.values()], [dict(plans) for plans in kinds])
    table.note_things()
    table.kind_of = {day: kind for kind, days in enumerate(table.kinds) for day in days}
    return table


def _candidates(table: Table, number: int) -> Iterator[Slot | Refusal]:
    """Return each weekday and period of the hub as a slot, or why it is none."""
    offering = table.ask.offerings[number]
    schools = {school.id: school for school in table.ask.schools}
    asked: dict[tuple[int, int], list[int]] = defaultdict(list)
    for kind, plans in enumerate(table.plans):
        plan = plans.get(offering.hub.school, DayPlan(None, ()))
        if plan.runs is not None:
            for bout in plan.bouts:
                asked[plan.runs, bout.number].append(kind)
    for (weekday, period), kinds in sorted(asked.items()):
        if (weekday, period) in schools[offering.hub.school].kept_free:
            hub = Thing(ThingKind.LINE, offering.hub.school)
            yield Refusal(weekday, period, Why.KEPT_FREE, thing=hub)
            continue
        yield _candidate(table, number, schools, weekday, period, kinds)


def _candidate(  # noqa: PLR0917  # one caller
    table: Table,
    number: int,
    schools: Mapping[str, PlannedSchool],
    weekday: int,
    period: int,
    kinds: list[int],
) -> Slot | Refusal:
    offering = table.ask.offerings[number]
    meetings: dict[int, Meeting] = {}
    costs: dict[str, Cost] = defaultdict(Cost)
    for kind in kinds:
        plans = table.plans[kind]
        bout = next(each for each in plans[offering.hub.school].bouts if each.number == period)
        present = _present(plans, offering, weekday)
        days = len(table.kinds[kind])
        if all(each is None for each in present):
            _add_missed(costs, offering, present, days)
            continue
        meeting = meet(
            bout,
            [None if each is None else each.bouts for each in present],
            table.ask.least_minutes,
        )
        if meeting is None:
            return _no_window(table, offering, weekday, bout, present)
        for site, own in zip(offering.sites, meeting.periods, strict=True):
            if own is not None and (weekday, own) in schools[site.place.school].kept_free:
                return Refusal(weekday, period, Why.KEPT_FREE, (site.key,))
        meetings[kind] = meeting
        _add_costs(costs, offering, bout, present, meeting, weekday, days)
    if not meetings:
        return Refusal(weekday, period, Why.NO_BELLS, tuple(site.key for site in offering.sites))
    return Slot(number, weekday, period, meetings, dict(costs))


def _present(
    plans: Mapping[str, DayPlan], offering: Offering, weekday: int
) -> list[DayPlan | None]:
    """Return what each site does; None: it, or who passes it on to it, has no such weekday."""
    found: dict[str, DayPlan | None] = {}
    for site in offering.sites:
        plan = plans.get(site.place.school)
        found[site.key] = plan if plan is not None and plan.runs == weekday else None
    return [
        None if any(found[key] is None for key in offering.givers(site)) else found[site.key]
        for site in offering.sites
    ]


def meet(hub: Bout, sites: list[tuple[Bout, ...] | None], least_minutes: int) -> Meeting | None:
    """Return the longest window, of these the first, that all are in a lesson period together.

    Each may be in whichever of its periods: all windows are tried, and there are few, since
    a period overlaps two of another's only when it is twice as long.
    """
    found: dict[tuple[int, int], tuple[int | None, ...]] = {(hub.starts, hub.ends): ()}
    for bouts in sites:
        if bouts is None:
            found = {window: (*own, None) for window, own in found.items()}
            continue
        narrower: dict[tuple[int, int], tuple[int | None, ...]] = {}
        for (starts, ends), own in found.items():
            for bout in bouts:
                window = (max(starts, bout.starts), min(ends, bout.ends))
                if window[1] - window[0] >= max(least_minutes, 1):
                    narrower.setdefault(window, (*own, bout.number))
        found = narrower
    if not found:
        return None
    starts, ends = min(found, key=lambda window: (window[0] - window[1], window[0]))
    return Meeting(starts, ends, found[starts, ends])


def _no_window(
    table: Table, offering: Offering, weekday: int, bout: Bout, present: list[DayPlan | None]
) -> Refusal:
    least = table.ask.least_minutes
    without = [
        site.key
        for site, plan in zip(offering.sites, present, strict=True)
        if plan is not None and meet(bout, [plan.bouts], least) is None
    ]
    return Refusal(weekday, bout.number, Why.NO_WINDOW, tuple(without))


def _add_missed(
    costs: dict[str, Cost], offering: Offering, present: list[DayPlan | None], days: int
) -> None:
    for site, plan in zip(offering.sites, present, strict=True):
        if plan is None:
            costs[site.place.school] += Cost(missed=days)


def _add_costs(  # noqa: PLR0917  # one caller
    costs: dict[str, Cost],
    offering: Offering,
    bout: Bout,
    present: list[DayPlan | None],
    meeting: Meeting,
    weekday: int,
    days: int,
) -> None:
    """Add what a slot costs on so many days of one kind."""
    costs[offering.hub.school] += _bells_cost(bout, meeting, days)
    _add_missed(costs, offering, present, days)
    for site, plan, own in zip(offering.sites, present, meeting.periods, strict=True):
        if plan is None:
            continue
        mine = next(each for each in plan.bouts if each.number == own)
        costs[site.place.school] += _bells_cost(mine, meeting, days)
        if site.wish is not None:
            costs[site.place.school] += Cost(
                away_minutes=days
                * (
                    max(0, site.wish.earliest_minute - meeting.starts)
                    + max(0, meeting.ends - site.wish.latest_minute)
                ),
                off_days=days * (weekday not in site.wish.weekdays),
            )


def _bells_cost(bout: Bout, meeting: Meeting, days: int) -> Cost:
    late, early = meeting.starts - bout.starts, bout.ends - meeting.ends
    return Cost(cut_minutes=days * (late + early), moved_breaks=days * ((late > 0) + (early > 0)))


class _Busy:
    """What is taken already, by thing and date."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._lines = {school.id: school.line for school in table.ask.schools}
        self._taken: dict[Thing, list[tuple[date, int, int, str]]] = defaultdict(list)
        for each in table.ask.busy:
            day = local_day(each.starts_at)
            span = (minute_of(each.starts_at), minute_of(each.ends_at))
            self._taken[each.thing].append((day, *span, each.title))

    def refusal(self, slot: Slot) -> Refusal | None:
        """Return why a slot cannot be for what is planned already, the first clash of its term."""
        clashes = []
        for thing in sorted(
            {t for m in slot.meetings.values() for t in self._table.things_of(slot, m)}
        ):
            most = self._lines[thing.id] if thing.kind is ThingKind.LINE else 1
            for day, starts, ends, title in self._taken.get(thing, ()):
                meeting = slot.meetings.get(self._table.kind_of.get(day, -1))
                if meeting is None or thing not in self._table.things_of(slot, meeting):
                    continue
                overlaps = starts < meeting.ends and meeting.starts < ends
                if overlaps and self._crowd(thing, day, meeting) >= most:
                    clashes.append((day, thing, title))
        if not clashes:
            return None
        day, thing, title = min(clashes)
        return Refusal(slot.weekday, slot.period, Why.TAKEN, thing=thing, title=title, day=day)

    def _crowd(self, thing: Thing, day: date, meeting: Meeting) -> int:
        """Return how many lessons at once a line carries within a meeting."""
        spans = [
            (max(starts, meeting.starts), ends)
            for other, starts, ends, _ in self._taken[thing]
            if other == day and starts < meeting.ends and meeting.starts < ends
        ]
        return max(sum(s <= at < e for s, e in spans) for at, _ in spans)
