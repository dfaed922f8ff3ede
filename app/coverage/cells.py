"""The cells of sites, as statements: what is required, taught locally and delivered of each.

A cell is a grade and a subject at a site. A site has the grades its timetables of the term say;
without any it has no cells, and is listed as lacking a timetable. All figures are tenths.
The rules are those of `app.coverage.rules`, which tests hold these statements against.
"""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, Select, and_, case, cast, func, select

from app.calendars.models import Term
from app.coverage.models import CurriculumPeriods, Indicator, LocalPeriods, LocalTimetable
from app.coverage.sites import Basics, still_holds


def _timetables(basics: Basics) -> ColumnElement[bool]:
    """Return the condition that a timetable is of the term in the middle of the period."""
    asked = basics.asked
    holds = and_(
        Term.id == LocalTimetable.term_id,
        Term.starts_on <= asked.period.middle,
        Term.ends_on >= asked.period.middle,
        LocalTimetable.school_id.in_(select(basics.sites.c.school_id)),
    )
    return holds if asked.as_of is None else and_(holds, LocalTimetable.saved_at <= asked.as_of)


def grades(basics: Basics) -> CTE:
    """Return (school_id, grade_no, classes) of the grades the sites have."""
    return (
        select(LocalTimetable.school_id, LocalTimetable.grade_no, func.count().label("classes"))
        .join(Term, _timetables(basics))
        .group_by(LocalTimetable.school_id, LocalTimetable.grade_no)
        .cte("grades")
    )


def _local(basics: Basics) -> CTE:
    """Return (school_id, grade_no, subject_id, classes, tenths a week): the least of any class."""
    placed = (
        select(
            LocalTimetable.id,
            LocalTimetable.school_id,
            LocalTimetable.grade_no,
            basics.fold(LocalPeriods.subject_id).label("subject_id"),
            LocalPeriods.tenths_a_week,
        )
        .join(LocalPeriods, LocalPeriods.timetable_id == LocalTimetable.id)
        .join(Term, _timetables(basics))
        .where(still_holds(LocalPeriods.saved_at, LocalPeriods.replaced_at, basics.asked.as_of))
        .subquery()
    )
    c = placed.c
    of_class = (
        select(c.school_id, c.grade_no, c.subject_id, func.sum(c.tenths_a_week).label("tenths"))
        .where(c.subject_id.is_not(None))
        .group_by(c.id, c.school_id, c.grade_no, c.subject_id)
        .subquery()
    )
    keys = (of_class.c.school_id, of_class.c.grade_no, of_class.c.subject_id)
    return (
        select(*keys, func.count().label("classes"), func.min(of_class.c.tenths).label("tenths"))
        .group_by(*keys)
        .cte("local_periods_of_grades")
    )


def _delivered(basics: Basics) -> CTE:
    """Return (school_id, grade_no, subject_id, periods) of what was delivered in the period."""
    facts, asked = basics.facts.c, basics.asked
    # Summed up before subjects are taken together: there are many more facts than cells.
    raw = (
        select(
            facts.school_id,
            facts.grade_no,
            facts.subject_id,
            func.sum(basics.measure).label("periods"),
        )
        .where(
            facts.school_id.in_(select(basics.sites.c.school_id)),
            facts.week_on.between(asked.period.first, asked.period.last),
            facts.kind.in_(basics.kinds_of(Indicator.PERIOD_RATE)),
        )
        .group_by(facts.school_id, facts.grade_no, facts.subject_id)
        .subquery()
    )
    placed = select(
        raw.c.school_id,
        raw.c.grade_no,
        basics.fold(raw.c.subject_id).label("subject_id"),
        raw.c.periods,
    ).subquery()
    keys = (placed.c.school_id, placed.c.grade_no, placed.c.subject_id)
    return select(*keys, func.sum(placed.c.periods).label("periods")).group_by(*keys).cte("came")


def least(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the smaller of two; no two databases call it the same."""
    return case((one < other, one), else_=other)


def cells(basics: Basics) -> CTE:
    """Return the cells: the site's columns, grade_no, subject_id, and tenths over the period.

    Those are required, local, delivered; lacking, filled, taught and gap follow from them.
    """
    sites, at, local = basics.sites.c, grades(basics), _local(basics)
    came = _delivered(basics)
    weeks = len(basics.asked.period.teaching)
    everybody = local.c.classes == at.c.classes
    known = (
        select(
            sites.school_id,
            sites.position,
            sites.name,
            sites.county,
            at.c.grade_no,
            CurriculumPeriods.subject_id,
            (CurriculumPeriods.tenths_a_week * weeks).label("required"),
            (cast(case((everybody, local.c.tenths), else_=0), Integer) * weeks).label("local"),
            (cast(func.coalesce(came.c.periods, 0), Integer) * 10).label("delivered"),
        )
        .join(at, at.c.school_id == sites.school_id)
        .join(
            CurriculumPeriods,
            and_(
                basics.asks(CurriculumPeriods),
                CurriculumPeriods.grade_no == at.c.grade_no,
                still_holds(
                    CurriculumPeriods.saved_at,
                    CurriculumPeriods.replaced_at,
                    basics.asked.as_of,
                ),
            ),
        )
        .outerjoin(local, _same(local, at))
        .outerjoin(came, _same(came, at))
        .cte("known")
    )
    c = known.c
    lacking = case((c.required > c.local, c.required - c.local), else_=0)
    taught = least(c.required, c.local + c.delivered)
    return select(
        *c,
        lacking.label("lacking"),
        least(lacking, c.delivered).label("filled"),
        taught.label("taught"),
        (c.required - taught).label("gap"),
    ).cte("cells")


def _same(other: CTE, at: CTE) -> ColumnElement[bool]:
    return and_(
        other.c.school_id == at.c.school_id,
        other.c.grade_no == at.c.grade_no,
        other.c.subject_id == CurriculumPeriods.subject_id,
    )


SUMS = ("subjects", "offered", "required", "taught", "lacking", "filled", "delivered")


def sums(basics: Basics, found: CTE) -> tuple[ColumnElement[Any], ...]:
    """Return the aggregates over cells, in the order of `SUMS`."""
    c = found.c
    permille = basics.permille_of(Indicator.OFFER_RATE)
    is_offered = (c.local + c.delivered) * 1000 >= c.required * permille
    return (
        func.count().label("subjects"),
        func.sum(case((is_offered, 1), else_=0)).label("offered"),
        func.sum(c.required).label("required"),
        func.sum(c.taught).label("taught"),
        func.sum(c.lacking).label("lacking"),
        func.sum(c.filled).label("filled"),
        func.sum(c.delivered).label("delivered"),
    )


def gaps(found: CTE) -> Select[*tuple[Any, ...]]:
    """Return the cells where something is lacking still."""
    return select(*found.c).where(found.c.gap > 0)
