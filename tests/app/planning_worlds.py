"""Small worlds to plan: hubs, sites with bells of their own, holidays, lessons that are there."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations

from hypothesis import strategies as st

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
from app.planning.choices import Choices

MONDAY = date(2026, 3, 2)
STARTS = (8 * 60 + 30, 9 * 60 + 20, 10 * 60 + 20)


@dataclass(frozen=True)
class Days:
    """When a school has school: `later` minutes after eight thirty, not on `free` days."""

    later: int = 0
    minutes: int = 40
    free: frozenset[date] = frozenset()
    made_up: tuple[tuple[date, int], ...] = ()
    weeks: int = 2
    periods: int = 3
    summer_later: int | None = None


def school(key: str, days: Days = Days(), **options: object) -> PlannedSchool:
    """Make a school whose days follow the rules of calendars."""
    first, last = MONDAY, MONDAY + timedelta(weeks=days.weeks, days=-1)
    exceptions = {day: UnlikeDay(DayKind.HOLIDAY, "放假") for day in days.free}
    exceptions |= {day: UnlikeDay(DayKind.MAKE_UP, "补课", f) for day, f in days.made_up}
    bells = [Bells("全年", Span(date(2020, 1, 1), None), None, _bells(days, days.later))]
    if days.summer_later is not None:
        second = MONDAY + timedelta(weeks=1)
        bells = [
            Bells("冬", Span(first, second - timedelta(days=1)), None, _bells(days, days.later)),
            Bells("夏", Span(second, last), None, _bells(days, days.summer_later)),
        ]
    calendar = Calendar([Span(first, last)], exceptions, bells)
    dates = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    planned = tuple(school_day(calendar, day) for day in dates)
    return PlannedSchool(key, f"学校{key}", planned, **options)  # type: ignore[arg-type]


def _bells(days: Days, later: int) -> tuple[Bell, ...]:
    return (
        Bell(0, PeriodKind.SELF_STUDY, STARTS[0] + later - 30, STARTS[0] + later - 10),
        *(
            Bell(n + 1, PeriodKind.LESSON, starts + later, starts + later + days.minutes)
            for n, starts in enumerate(STARTS[: days.periods])
        ),
    )


def site(key: str, *, wish: Wish | None = None, room: str = "", device: str = "") -> Site:
    """Make the classroom of a school."""
    devices = (device,) if device else ()
    return Site(Place(key, f"{key}-{room or '教室'}", f"{key}-班", devices), wish)


def offering(key: str, hub: str, sites: list[Site], /, **options: object) -> Offering:
    """Make an offering, by default of two periods a week by a teacher of its own."""
    values = {
        "teacher": f"{key}-老师",
        "hub": Place(hub, f"{hub}-{key}"),
        "periods_a_week": 2,
    } | options
    return Offering(key, f"课{key}", sites=tuple(sites), **values)  # type: ignore[arg-type]


def ask(
    offerings: list[Offering], schools: list[PlannedSchool], busy: tuple[Busy, ...] = ()
) -> Ask:
    """Ask for a plan; things are called by their ids."""
    names = {
        thing: thing.id
        for each in offerings
        for place in (each.hub, *(s.place for s in each.sites))
        for thing in (*place.things, Thing(ThingKind.TEACHER, each.teacher))
    }
    names |= {Thing(ThingKind.LINE, each.id): each.name for each in schools}
    return Ask(tuple(offerings), tuple(schools), busy, names)


def busy(thing: Thing, day: date, starts: int, minutes: int = 40) -> Busy:
    """Have a thing taken."""
    begins = datetime.combine(day, time(), DISPLAY_ZONE) + timedelta(minutes=starts)
    return Busy(thing, begins, begins + timedelta(minutes=minutes), "先有的课")


_DAYS = st.builds(
    Days,
    later=st.sampled_from([0, 5, 25, 45]),
    minutes=st.sampled_from([40, 45, 90]),
    free=st.frozensets(st.sampled_from([MONDAY, MONDAY + timedelta(days=9)])),
    made_up=st.sampled_from([(), ((MONDAY + timedelta(days=5), 1),)]),
    periods=st.integers(1, 3),
    summer_later=st.sampled_from([None, 5]),
)


@st.composite
def worlds(draw: st.DrawFn) -> Ask:
    """Draw up to three offerings of two hubs to three sites that share what there is."""
    schools = [
        school(key, draw(_DAYS), line=draw(st.integers(1, 2)), kept_free=draw(_KEPT_FREE))
        for key in ("H1", "H2", "S1", "S2", "S3")
    ]
    offerings = []
    for number in range(draw(st.integers(1, 3))):
        hub = draw(st.sampled_from(["H1", "H2"]))
        keys = draw(
            st.lists(st.sampled_from(["S1", "S2", "S3"]), min_size=1, max_size=2, unique=True)
        )
        sites = [
            site(key, wish=draw(_WISH), device=draw(st.sampled_from(["", "一台电脑"])))
            for key in keys
        ]
        offerings.append(
            offering(
                f"O{number}",
                hub,
                sites,
                teacher=draw(st.sampled_from([f"{hub}-王", f"{hub}-李"])),
                hub=Place(hub, draw(st.sampled_from([f"{hub}-一", f"{hub}-二"]))),
                periods_a_week=draw(st.integers(1, 2)),
            )
        )
    return ask(offerings, schools, tuple(draw(st.lists(_busy(), max_size=3))))


_KEPT_FREE = st.frozensets(st.tuples(st.integers(1, 5), st.integers(1, 3)), max_size=2)
_WISH = st.none() | st.builds(
    Wish,
    weekdays=st.frozensets(st.integers(1, 5), min_size=1),
    earliest_minute=st.sampled_from([480, 560]),
    latest_minute=st.sampled_from([600, 720]),
)


@st.composite
def _busy(draw: st.DrawFn) -> Busy:
    thing = draw(
        st.sampled_from(
            [
                Thing(ThingKind.TEACHER, "H1-王"),
                Thing(ThingKind.CLASSROOM, "S1-教室"),
                Thing(ThingKind.LINE, "H1"),
                Thing(ThingKind.LINE, "H2"),
            ]
        )
    )
    day = MONDAY + timedelta(days=draw(st.integers(0, 11)))
    return busy(thing, day, draw(st.sampled_from([480, 520, 565])))


def every_choice(choices: Choices) -> int:
    """Return the least cost of all choices there are, by trying each."""
    mine = [
        [i for i, option in enumerate(choices.options) if option.group == group]
        for group in range(len(choices.wanted))
    ]
    best = choices.cost(())

    def go_on(group: int, chosen: tuple[int, ...]) -> None:
        nonlocal best
        if group == len(mine):
            if choices.is_allowed(chosen):
                best = min(best, choices.cost(chosen))
            return
        for count in range(choices.wanted[group] + 1):
            for more in combinations(mine[group], count):
                go_on(group + 1, (*chosen, *more))

    go_on(0, ())
    return best
