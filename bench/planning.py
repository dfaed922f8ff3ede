"""How long a county takes to plan: `python -m bench.planning [--plans 3] [--effort 20]`.

114 points, 8 hubs, weeks of 30 periods, one term. `county_case` makes the question, always the
same one; `run` plans it as the server does and says how long each part took.
"""

import argparse
import asyncio
import random
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock

from app.calendars.days import Bell, Bells, Calendar, Span, UnlikeDay, school_day
from app.calendars.models import DayKind, PeriodKind
from app.clock import DISPLAY_ZONE
from app.planning.asking import (
    Ask,
    Busy,
    Offering,
    Place,
    PlannedSchool,
    Site,
    Thing,
    ThingKind,
    Wish,
)
from app.planning.solver import EFFORT, MOST_PLANS, Answer, answer_of, choose_apart, prepare

FIRST, WEEKS = date(2026, 3, 2), 18
POINTS, HUBS, PERIODS = 114, 8, 30
STARTS = (8 * 60 + 30, 9 * 60 + 20, 10 * 60 + 20, 11 * 60 + 10, 14 * 60 + 30, 15 * 60 + 20)
SUBJECTS = ("音乐", "美术", "英语")
A_GROUP = 5  # points that listen together
SEED = 114


@dataclass(frozen=True)
class Measured:
    """What planning took, in seconds of the wall clock, and what came of it."""

    slots: int
    limits: int
    prepare_s: float
    plan_s: tuple[float, ...]
    answer: Answer


def _bells(later: int, minutes: int) -> tuple[Bell, ...]:
    return tuple(
        Bell(n, PeriodKind.LESSON, starts + later, starts + later + minutes)
        for n, starts in enumerate(STARTS, start=1)
    )


def _school(key: str, rng: random.Random) -> PlannedSchool:
    """A school whose bells ring up to five minutes after the town's, all ten later in winter."""
    later, winter = rng.choice((0, 0, 3, 5)), 10
    summer = FIRST + timedelta(weeks=9)
    last = FIRST + timedelta(weeks=WEEKS, days=-1)
    minutes = rng.choice((40, 45))
    bells = [
        Bells("冬", Span(FIRST, summer - timedelta(days=1)), None, _bells(later + winter, minutes)),
        Bells("夏", Span(summer, last), None, _bells(later, minutes)),
    ]
    free = {
        day: UnlikeDay(DayKind.HOLIDAY, "放假")
        for day in (date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 4), date(2026, 6, 19))
    }
    if rng.random() < 0.1:
        free[FIRST + timedelta(days=rng.randrange(40, 100))] = UnlikeDay(DayKind.HOLIDAY, "停课")
    calendar = Calendar([Span(FIRST, last)], free, bells)
    days = tuple(
        school_day(calendar, FIRST + timedelta(days=n)) for n in range((last - FIRST).days + 1)
    )
    kept = frozenset({(rng.randint(1, 5), rng.randint(1, 6)) for _ in range(rng.randint(0, 2))})
    return PlannedSchool(key, f"学校{key}", days, kept_free=kept, line=2)


def _wish(rng: random.Random) -> Wish | None:
    if rng.random() < 0.4:
        return None
    return Wish(frozenset(rng.sample(range(1, 6), 3)), 8 * 60, rng.choice((12 * 60, 16 * 60)))


def county_case() -> Ask:
    """Return the question of a county; every point gets three subjects, two periods each."""
    rng = random.Random(SEED)
    hubs = [f"H{n}" for n in range(HUBS)]
    points = [f"P{n:03}" for n in range(POINTS)]
    offerings: list[Offering] = []
    names: dict[Thing, str] = {}
    for number, hub in enumerate(hubs):
        own, next_ones = points[number::HUBS], points[(number + 1) % HUBS :: HUBS]
        for subject in SUBJECTS:
            # English comes from the next hub: a point's week is not one hub's alone.
            listeners = next_ones if subject == "英语" else own
            for begin in range(0, len(listeners), A_GROUP):
                key = f"{hub}-{subject}-{begin // A_GROUP}"
                sites = tuple(
                    Site(Place(each, f"{each}-教室", f"{each}-班", (f"{each}-终端",)), _wish(rng))
                    for each in listeners[begin : begin + A_GROUP]
                )
                place = Place(hub, f"{hub}-{'一' if subject == '英语' else '二'}")
                offerings.append(Offering(key, key, f"{hub}-{subject}", place, 2, sites))
                names |= {thing: thing.id for site in sites for thing in site.place.things}
                names |= {thing: thing.id for thing in place.things}
                names[Thing(ThingKind.TEACHER, f"{hub}-{subject}")] = f"{hub}{subject}老师"
    schools = tuple(_school(key, rng) for key in (*hubs, *points))
    names |= {Thing(ThingKind.LINE, each.id): each.name for each in schools}
    return Ask(tuple(offerings), schools, tuple(_busy(hubs, rng)), names)


def _busy(hubs: list[str], rng: random.Random) -> list[Busy]:
    """Each hub's music teacher has a weekly lesson of her own already."""
    taken = []
    for hub in hubs:
        weekday, starts = rng.randrange(5), rng.choice(STARTS)
        for week in range(WEEKS):
            day = FIRST + timedelta(weeks=week, days=weekday)
            begins = datetime.combine(day, clock(), DISPLAY_ZONE) + timedelta(minutes=starts)
            thing = Thing(ThingKind.TEACHER, f"{hub}-音乐")
            taken.append(Busy(thing, begins, begins + timedelta(minutes=40), "本校音乐"))
    return taken


async def run(case: Ask, *, plans: int = MOST_PLANS, effort: float = EFFORT) -> Measured:
    """Plan a case as the server does."""
    began = time.perf_counter()
    table, question = prepare(case)
    prepared = time.perf_counter()
    found, took = [], []
    async for chosen in choose_apart(question.choices, plans=plans, effort=effort):
        found.append(chosen)
        took.append(time.perf_counter() - prepared)
    answer = answer_of(table, question, found)
    limits = len(question.choices.limits)
    return Measured(len(table.slots), limits, prepared - began, tuple(took), answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=MOST_PLANS)
    parser.add_argument("--effort", type=float, default=EFFORT)
    options = parser.parse_args()
    case = county_case()
    measured = asyncio.run(run(case, plans=options.plans, effort=options.effort))
    wanted = sum(each.periods_a_week for each in case.offerings)
    print(
        f"planning: {POINTS} points, {HUBS} hubs, {PERIODS} periods: {len(case.offerings)} "
        f"offerings, {wanted} periods a week, {measured.slots} slots, {measured.limits} limits"
    )
    print(f"  slots and limits  {measured.prepare_s:6.2f} s")
    for number, (plan, at_s) in enumerate(zip(measured.answer.plans, measured.plan_s, strict=True)):
        lacking = sum(each.periods for each in plan.lacking)
        print(
            f"  plan {number + 1} after      {at_s:6.2f} s  cost {plan.total} minutes, "
            f"{lacking} periods not placed{', proved best' if plan.is_best else ''}"
        )
    for conflict in measured.answer.conflicts:
        print(f"  {conflict.code} {conflict.values}")


if __name__ == "__main__":
    main()
