"""The figures of a question, by county and in all: as many statements for a province as for one.

What a site is counted by stands here once, for the figures and for the list of sites behind them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.coverage.cells import SUMS, county_sums, timetables
from app.coverage.inputs import kept_needs, standing_needs
from app.coverage.models import Indicator
from app.coverage.sites import Basics
from app.coverage.totals import reach, totals
from app.coverage.week_numbers import WeekNumber, taught_before

Figure = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """The figures of a county, or of all: (numerator, denominator) of each indicator.

    `without_timetable`: sites that handed none in; `unplaced`: periods that came and belong to no
    grade and subject that is required.
    """

    sites: int
    without_timetable: int
    unplaced: int
    figures: Mapping[Indicator, Figure]


#: What is counted of the sites of a county, beside what `SUMS` adds up of their cells.
_COUNTED = ("sites", "reached", "regular", "asking", "met", "with_timetable", "periods")
_NAMES = (*_COUNTED, *SUMS)


def _found(sums: Mapping[str, int]) -> Found:
    return Found(
        sums["sites"],
        sums["sites"] - sums["with_timetable"],
        sums["periods"] - sums["delivered"] // 10,
        {
            Indicator.COV_REACHED: (sums["reached"], sums["sites"]),
            Indicator.COV_REGULAR: (sums["regular"], sums["sites"]),
            Indicator.COV_NEED: (sums["met"], sums["asking"]),
            Indicator.COV_PERIODS: (sums["filled"], sums["lacking"]),
            Indicator.OFFER_RATE: (sums["offered"], sums["subjects"]),
            Indicator.PERIOD_RATE: (sums["taught"], sums["required"]),
        },
    )


async def needs(db: AsyncSession, basics: Basics) -> CTE:
    """Return of each site that posted a need in the period: asking (how many), met (how many).

    A need asks for its periods in each teaching week that lies in its days, wholly or in part.
    """
    facts, period = basics.facts.c, basics.asked.period
    frozen, schools = basics.asked.frozen, select(basics.sites.c.school_id)
    posted = (
        await standing_needs(db, period, schools)
        if frozen is None
        else kept_needs(frozen.sheet_id, schools)
    ).subquery("posted")
    need = posted.c
    # Its days in the period as weeks of it, told as numbers: the statement is the same whatever
    # weeks are asked about, and composing it takes longer than to find a county's sites by it.
    first, last = literal(period.first), literal(period.last)
    begins = WeekNumber(case((need.starts_on < first, first), else_=need.starts_on), period.first)
    ends = WeekNumber(case((need.ends_on > last, last), else_=need.ends_on), period.first)
    weeks = taught_before(period, ends + 1) - taught_before(period, begins)
    week = WeekNumber(facts.week_on, period.first)
    came = and_(
        facts.school_id == need.school_id,
        facts.grade_no == need.grade_no,
        facts.subject_id == need.subject_id,
        facts.kind.in_(basics.kinds_of(Indicator.COV_NEED)),
        facts.week_on.in_(period.teaching),
        begins <= week,
        ends >= week,
    )
    of_need = (
        select(
            need.school_id,
            (need.periods_a_week * weeks).label("due"),
            func.coalesce(func.sum(basics.measure), 0).label("came"),
        )
        .select_from(posted)
        .outerjoin(basics.facts, came)
        .where(weeks > 0)
        .group_by(need.need_id, need.school_id, need.periods_a_week, need.starts_on, need.ends_on)
        .cte("of_need")
    )
    n = of_need.c
    is_met = n.came * 1000 >= n.due * basics.permille_of(Indicator.COV_NEED)
    return (
        select(
            n.school_id,
            func.count().label("asking"),
            func.sum(case((is_met, 1), else_=0)).label("met"),
        )
        .group_by(n.school_id)
        .cte("needs_of_sites")
    )


def is_regular(basics: Basics, weeks: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that so many weeks are regular."""
    asked_for = len(basics.asked.period.teaching) * basics.permille_of(Indicator.COV_REGULAR)
    return weeks * 1000 >= asked_for


def _number(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def figures(db: AsyncSession, basics: Basics) -> tuple[Found, dict[str, Found]]:
    """Return the figures in all, and by the county's code: of one statement, thus of one moment."""
    total, at, asking = totals(basics), timetables(basics), await needs(db, basics)
    cells = county_sums(basics, at, total).subquery()
    statement = union_all(
        _of_sites(basics, reach(basics, total), asking, at),
        select(cells.c.county, *_nothing(_COUNTED), *(cells.c[name] for name in SUMS)),
    )
    counties: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for county, *numbers in await db.execute(statement):
        counties[county].update(dict(zip(_NAMES, map(int, numbers), strict=True)))
    whole: Counter[str] = Counter()
    for each in counties.values():
        whole.update(each)
    return _found(whole), {code: _found(each) for code, each in sorted(counties.items())}


def _nothing(names: Iterable[str]) -> list[ColumnElement[int]]:
    return [literal(0).label(name) for name in names]


def _of_sites(basics: Basics, came: CTE, asking: CTE, at: CTE) -> Select[*tuple[Any, ...]]:
    sites = basics.sites
    taught = select(at.c.school_id).distinct().cte("with_timetable")
    counted = (
        func.count(),
        _number(came.c.reached > 0),
        _number(is_regular(basics, came.c.weeks)),
        _number(asking.c.asking > 0),
        _number(asking.c.met == asking.c.asking),
        func.count(taught.c.school_id),
        func.coalesce(func.sum(came.c.periods), 0),
    )
    return (
        select(
            sites.c.county,
            *(number.label(name) for number, name in zip(counted, _COUNTED, strict=True)),
            *_nothing(SUMS),
        )
        .select_from(sites)
        .outerjoin(came, came.c.school_id == sites.c.school_id)
        .outerjoin(asking, asking.c.school_id == sites.c.school_id)
        .outerjoin(taught, taught.c.school_id == sites.c.school_id)
        .group_by(sites.c.county)
    )
