"""The figures of a question, by county and in all: as many statements for a province as for one.

What a site is counted by stands here once, for the figures and for the list of sites behind them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.alliances.models import Need, NeedState
from app.codes import service as codes
from app.codes.models import CodeKind
from app.coverage.cells import SUMS, county_sums, timetables
from app.coverage.distinct_weeks import DistinctWeeks
from app.coverage.models import Indicator
from app.coverage.sites import Basics

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


_COUNTED = ("sites", "reached", "regular", "asking", "met", "with_timetable", "periods")


@dataclass(slots=True)
class _Sum:
    """What is added up of one county."""

    sites: int = 0
    reached: int = 0
    regular: int = 0
    asking: int = 0
    met: int = 0
    with_timetable: int = 0
    periods: int = 0
    cells: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))

    def add(self, other: "_Sum") -> None:
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in SUMS:
            self.cells[name] += other.cells[name]

    def found(self) -> Found:
        cells = self.cells
        return Found(
            self.sites,
            self.sites - self.with_timetable,
            self.periods - cells["delivered"] // 10,
            {
                Indicator.COV_REACHED: (self.reached, self.sites),
                Indicator.COV_REGULAR: (self.regular, self.sites),
                Indicator.COV_NEED: (self.met, self.asking),
                Indicator.COV_PERIODS: (cells["filled"], cells["lacking"]),
                Indicator.OFFER_RATE: (cells["offered"], cells["subjects"]),
                Indicator.PERIOD_RATE: (cells["taught"], cells["required"]),
            },
        )


def _within(basics: Basics) -> ColumnElement[bool]:
    period, facts = basics.asked.period, basics.facts.c
    return and_(
        facts.school_id.in_(select(basics.sites.c.school_id)),
        facts.week_on.between(period.first, period.last),
    )


def reach(basics: Basics) -> CTE:
    """Return of each site something came to: reached and weeks (of its best subject), periods."""
    facts, period = basics.facts.c, basics.asked.period
    measure = basics.measure
    kinds = basics.kinds_of(Indicator.COV_REACHED)
    is_counted = and_(measure > 0, facts.kind.in_(basics.kinds_of(Indicator.COV_REGULAR)))
    week = case((and_(is_counted, facts.week_on.in_(period.teaching)), facts.week_on))
    of_subject = (
        select(
            facts.school_id,
            facts.subject_id,
            DistinctWeeks(week, period.first).label("weeks"),
            func.sum(case((facts.kind.in_(kinds), measure), else_=0)).label("reached"),
            func.sum(
                case((facts.kind.in_(basics.kinds_of(Indicator.PERIOD_RATE)), measure), else_=0)
            ).label("periods"),
        )
        .where(_within(basics))
        .group_by(facts.school_id, facts.subject_id)
        .cte("of_subject")
    )
    c = of_subject.c
    return (
        select(
            c.school_id,
            func.max(case((c.subject_id.is_not(None), c.weeks), else_=0)).label("weeks"),
            func.sum(c.reached).label("reached"),
            func.sum(c.periods).label("periods"),
        )
        .group_by(c.school_id)
        .cte("reach")
    )


async def needs(db: AsyncSession, basics: Basics) -> CTE:
    """Return of each site that posted a need in the period: asking (how many), met (how many).

    A need asks for its periods in each teaching week that lies in its days, wholly or in part.
    """
    facts, teaching = basics.facts.c, basics.asked.period.teaching
    sets = await codes.catalogue(db)
    known = {each.code: literal(each.id, Uuid()) for each in sets.of_kind(CodeKind.SUBJECT)}
    # A week's Sunday, told by its Monday: no arithmetic on days that two databases share.
    sundays = {week: week + timedelta(days=6) for week in teaching}
    weeks = sum(
        (
            case((and_(Need.starts_on <= sunday, Need.ends_on >= week), 1), else_=0)
            for week, sunday in sundays.items()
        ),
        start=literal(0),
    )
    came = and_(
        facts.school_id == Need.school_id,
        facts.grade_no == Need.grade_no,
        facts.subject_id == case(known, value=Need.subject, else_=cast(null(), Uuid())),
        facts.kind.in_(basics.kinds_of(Indicator.COV_NEED)),
        facts.week_on.in_(teaching),
        Need.starts_on
        <= case({week: literal(day) for week, day in sundays.items()}, value=facts.week_on),
        Need.ends_on >= facts.week_on,
    )
    of_need = (
        select(
            Need.school_id,
            (Need.periods_a_week * weeks).label("due"),
            func.coalesce(func.sum(basics.measure), 0).label("came"),
        )
        .outerjoin(basics.facts, came)
        .where(
            Need.state != NeedState.WITHDRAWN,
            Need.school_id.in_(select(basics.sites.c.school_id)),
            weeks > 0,
        )
        .group_by(Need.id, Need.school_id, Need.periods_a_week, Need.starts_on, Need.ends_on)
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
    """Return the figures in all, and by the county's code."""
    counties: dict[str, _Sum] = {}
    await _add_sites(db, basics, counties)
    await _add_cells(db, basics, counties)
    whole = _Sum()
    for each in counties.values():
        whole.add(each)
    return whole.found(), {code: each.found() for code, each in sorted(counties.items())}


async def _add_sites(db: AsyncSession, basics: Basics, counties: dict[str, _Sum]) -> None:
    sites, came, asking = basics.sites, reach(basics), await needs(db, basics)
    taught = select(timetables(basics).c.school_id).distinct().cte("with_timetable")
    rows = await db.execute(
        select(
            sites.c.county,
            func.count(),
            _number(came.c.reached > 0),
            _number(is_regular(basics, came.c.weeks)),
            _number(asking.c.asking > 0),
            _number(asking.c.met == asking.c.asking),
            func.count(taught.c.school_id),
            func.coalesce(func.sum(came.c.periods), 0),
        )
        .select_from(sites)
        .outerjoin(came, came.c.school_id == sites.c.school_id)
        .outerjoin(asking, asking.c.school_id == sites.c.school_id)
        .outerjoin(taught, taught.c.school_id == sites.c.school_id)
        .group_by(sites.c.county)
    )
    for county, *numbers in rows:
        counties[county] = _Sum()
        for name, number in zip(_COUNTED, numbers, strict=True):
            setattr(counties[county], name, int(number))


async def _add_cells(db: AsyncSession, basics: Basics, counties: dict[str, _Sum]) -> None:
    for county, *numbers in await db.execute(county_sums(basics)):
        cells = counties[county].cells
        for name, number in zip(SUMS, numbers, strict=True):
            cells[name] += int(number)
