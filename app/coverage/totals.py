"""What came to each site in a period, week by week taken together: what figures ask of facts.

A term of a province is half a million facts and more. Nearly all figures ask the same of them, so
they are gone through once in a statement, and what is left is some tens of thousands of rows.
"""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, case, cast, func, select

from app.coverage.models import Indicator
from app.coverage.sites import Basics
from app.coverage.week_bits import AnyBits, BitCount, WeekBits, mask_of


def totals(basics: Basics) -> CTE:
    """Return (school_id, kind, subject_id, grade_no, periods, weeks): whatever came, once each.

    `weeks`: those of the period in which a period counts, as bits (`app.coverage.week_bits`).
    Whoever asks twice in one statement hands the same one on: it is computed once.
    """
    facts, period, measure = basics.facts.c, basics.asked.period, basics.measure
    keys = (facts.school_id, facts.kind, facts.subject_id, facts.grade_no)
    week = case((measure > 0, facts.week_on))
    at = select(basics.sites.c.school_id)
    counted = (
        select(
            *keys,
            func.sum(measure).label("periods"),
            WeekBits(week, period.first).label("weeks"),
        )
        .where(facts.week_on.between(period.first, period.last))
        .group_by(*keys)
    )
    if not basics.are_many:
        return counted.where(facts.school_id.in_(at)).cte("totals")
    # To ask of each of half a million rows whose it is takes as long as to add them up.
    whole = counted.subquery()
    return select(whole).where(whole.c.school_id.in_(at)).cte("totals")


def reach(basics: Basics, total: CTE) -> CTE:
    """Return of each site something came to: reached and weeks (of its best subject), periods."""
    period, t = basics.asked.period, total.c

    def of(indicator: Indicator, number: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((t.kind.in_(basics.kinds_of(indicator)), number), else_=0)

    taught = t.weeks.bitwise_and(mask_of(period.teaching, period.first))
    placed = select(
        t.school_id,
        t.subject_id,
        of(Indicator.COV_REGULAR, taught).label("weeks"),
        of(Indicator.COV_REACHED, t.periods).label("reached"),
        of(Indicator.PERIOD_RATE, t.periods).label("periods"),
    ).subquery()
    p = placed.c
    of_subject = (
        select(
            p.school_id,
            p.subject_id,
            AnyBits(p.weeks).label("weeks"),
            func.sum(p.reached).label("reached"),
            func.sum(p.periods).label("periods"),
        )
        .group_by(p.school_id, p.subject_id)
        .subquery()
    )
    c = of_subject.c
    return (
        select(
            c.school_id,
            func.max(case((c.subject_id.is_not(None), BitCount(c.weeks)), else_=0)).label("weeks"),
            func.sum(c.reached).label("reached"),
            func.sum(c.periods).label("periods"),
        )
        .group_by(c.school_id)
        .cte("reach")
    )


def delivered(basics: Basics, total: CTE) -> CTE:
    """Return (school_id, grade_no, subject_id, periods) that were delivered: subjects folded."""
    t = total.c
    placed = (
        select(
            t.school_id, t.grade_no, basics.fold(t.subject_id).label("subject_id"), t.periods
        )
        .where(t.kind.in_(basics.kinds_of(Indicator.PERIOD_RATE)))
        .subquery()
    )  # fmt: skip
    p = placed.c
    keys = (p.school_id, p.grade_no, p.subject_id)
    # A whole number again, before a province's cells are each joined with it.
    periods = cast(func.sum(p.periods), Integer).label("periods")
    return select(*keys, periods).group_by(*keys).cte("came")
