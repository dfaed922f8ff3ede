"""Why something could not be placed: one sentence each, as a code and its values. Pure.

The page has the sentences (`planning.conflict.*`), in each language.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.planning.asking import Offering, Thing
from app.planning.limits import Question
from app.planning.slots import Bout, DayPlan, Refusal, Table, Why


class ConflictCode(StrEnum):
    """What the sentence says."""

    HUB_WITHOUT_BELLS = "hub-without-bells"
    SITE_WITHOUT_BELLS = "site-without-bells"
    NO_SHARED_WINDOW = "no-shared-window"
    SITES_WITHOUT_COMMON_WINDOW = "sites-without-common-window"
    TOO_FEW_WINDOWS = "too-few-windows"
    KEPT_FREE = "kept-free"
    TAKEN = "taken"
    CROWDED = "crowded"


_NOTHING = DayPlan(None, ())


@dataclass(frozen=True, slots=True)
class Conflict:
    """One sentence about one offering; `values` are what its words need: names and numbers."""

    code: ConflictCode
    offering_id: str
    values: dict[str, str | int]


def conflicts_of(table: Table) -> Iterator[Conflict]:
    """Say for each offering that has too few slots of its own what stands in the way most."""
    free = Counter(slot.offering for slot in table.slots)
    for number, offering in enumerate(table.ask.offerings):
        if free[number] < offering.periods_a_week:
            yield from _too_few(table, number, offering, free[number])


def _too_few(table: Table, number: int, offering: Offering, free: int) -> Iterator[Conflict]:
    names = {school.id: school.name for school in table.ask.schools}
    refusals = table.refusals[number]
    said: dict[str, str | int] = {
        "offering": offering.name,
        "hub": names[offering.hub.school],
        "wanted": offering.periods_a_week,
        "free": free,
    }
    if not refusals and not free:
        yield Conflict(ConflictCode.HUB_WITHOUT_BELLS, offering.id, said)
        return
    alone = list(_sites_alone(table, offering, refusals, free, said))
    if alone:
        yield from alone
        return
    blocked = Counter(refusal.why for refusal in refusals)
    if blocked[Why.TAKEN] and free + blocked[Why.TAKEN] >= offering.periods_a_week:
        yield _taken(table, offering, refusals, said)
    elif blocked[Why.KEPT_FREE] and free + blocked[Why.KEPT_FREE] >= offering.periods_a_week:
        yield Conflict(
            ConflictCode.KEPT_FREE, offering.id, said | {"blocked": blocked[Why.KEPT_FREE]}
        )
    elif (pair := _pair(offering, refusals)) is not None and not free:
        one, other = (names[school] for school in pair)
        yield Conflict(
            ConflictCode.SITES_WITHOUT_COMMON_WINDOW,
            offering.id,
            said | {"site": one, "other": other},
        )
    else:
        yield Conflict(
            ConflictCode.TOO_FEW_WINDOWS,
            offering.id,
            said | {"sites": len(offering.sites), "minutes": table.ask.least_minutes},
        )


def _sites_alone(
    table: Table,
    offering: Offering,
    refusals: list[Refusal],
    free: int,
    said: dict[str, str | int],
) -> Iterator[Conflict]:
    """Name each site that shares no window with the hub, whoever else takes part."""
    if free:
        return
    schools = {school.id: school for school in table.ask.schools}
    against = Counter(key for refusal in refusals for key in refusal.sites)
    windowless = [each for each in refusals if each.why in {Why.NO_WINDOW, Why.NO_BELLS}]
    for site in offering.sites:
        school = schools[site.place.school]
        if not any(day.periods for day in school.days):
            yield Conflict(
                ConflictCode.SITE_WITHOUT_BELLS, offering.id, said | {"site": school.name}
            )
        elif windowless and len(windowless) == len(refusals) == against[site.key]:
            yield Conflict(
                ConflictCode.NO_SHARED_WINDOW,
                offering.id,
                said
                | {"site": school.name, "minutes": table.ask.least_minutes}
                | _nearest(table, offering.hub.school, school.id),
            )


def _nearest(table: Table, hub: str, site: str) -> dict[str, str | int]:
    """Return the two periods of hub and site that come nearest to a window, and by how much.

    A slot is as good as in its worst season.
    """
    worst: dict[tuple[int, int], tuple[int, int]] = {}
    for plans in table.plans:
        one, other = plans.get(hub, _NOTHING), plans.get(site, _NOTHING)
        if one.runs is None or one.runs != other.runs or not other.bouts:
            continue
        for mine in one.bouts:
            overlap, own = max((_overlap(mine, each), -each.number) for each in other.bouts)
            slot = (one.runs, mine.number)
            worst[slot] = min(worst.get(slot, (overlap, own)), (overlap, own))
    if not worst:
        return {"overlap": 0, "weekday": 0, "hub_period": 0, "site_period": 0}
    weekday, period = slot = max(worst, key=lambda each: (worst[each], (-each[0], -each[1])))
    overlap, own = worst[slot]
    return {
        "overlap": max(0, overlap),
        "weekday": weekday,
        "hub_period": period,
        "site_period": -own,
    }


def _overlap(one: Bout, other: Bout) -> int:
    return min(one.ends, other.ends) - max(one.starts, other.starts)


def _pair(offering: Offering, refusals: list[Refusal]) -> tuple[str, str] | None:
    """Return two sites of which one or the other stands in the way of every window.

    The pair that comes first by its sites' keys, so that the same question names the same.
    """
    walls: dict[str, set[int]] = defaultdict(set)
    for index, refusal in enumerate(refusals):
        for key in refusal.sites:
            walls[key].add(index)
    everything = set(range(len(refusals)))
    sites = [site for site in offering.sites if site.key in walls]
    for index, one in enumerate(sites):
        for other in sites[index + 1 :]:
            if one.place.school != other.place.school and (
                walls[one.key] | walls[other.key] == everything
            ):
                return one.place.school, other.place.school
    return None


def _taken(
    table: Table, offering: Offering, refusals: list[Refusal], said: dict[str, str | int]
) -> Conflict:
    """Name who is taken most often, and one lesson that takes her."""
    taken = [refusal for refusal in refusals if refusal.why is Why.TAKEN]
    often = Counter(refusal.thing for refusal in taken)
    thing = min(often, key=lambda each: (-often[each], str(each)))
    example = next(refusal for refusal in taken if refusal.thing == thing)
    assert thing is not None
    assert example.day is not None
    return Conflict(
        ConflictCode.TAKEN,
        offering.id,
        said
        | _named(table, thing)
        | {
            "blocked": often[thing],
            "weekday": example.weekday,
            "period": example.period,
            "day": example.day.isoformat(),
            "title": example.title,
        },
    )


def crowded_of(table: Table, question: Question, chosen: tuple[int, ...]) -> Iterator[Conflict]:
    """Say of each offering that had slots enough, but not beside the others, who is in the way."""
    mine: dict[int, list[int]] = defaultdict(list)
    for index, slot in enumerate(table.slots):
        mine[slot.offering].append(index)
    taken = set(chosen)
    full = [
        (set(limit.options), thing)
        for limit, thing in zip(question.choices.limits, question.things, strict=True)
        if len(taken.intersection(limit.options)) >= limit.most
    ]
    for number, lacks in enumerate(question.choices.unplaced(chosen)):
        offering = table.ask.offerings[number]
        if not lacks or len(mine[number]) < offering.periods_a_week:
            continue
        left = [index for index in mine[number] if index not in taken]
        in_way = Counter(
            thing for index in left for thing in {t for options, t in full if index in options}
        )
        thing = min(in_way, key=lambda each: (-in_way[each], each))
        values: dict[str, str | int] = {
            "offering": offering.name,
            "lacking": lacks,
            "windows": len(mine[number]),
            "blocked": in_way[thing],
        }
        yield Conflict(ConflictCode.CROWDED, offering.id, values | _named(table, thing))


def _named(table: Table, thing: Thing) -> dict[str, str | int]:
    return {"kind": thing.kind.value, "name": table.ask.names.get(thing, "")}
