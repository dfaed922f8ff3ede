"""The cells of sites, as statements: what is required, taught locally and delivered of each.

A cell is a grade and a subject at a site. A site has the grades its timetables of the term say;
without any it has no cells, and is listed as lacking a timetable. All figures are tenths.
The rules are those of `app.coverage.rules`, which tests hold these statements against.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from app.calendars.models import Term
from app.coverage.inputs import still_holds, terms_that_hold
from app.coverage.models import CurriculumPeriods, Indicator, LocalPeriods, LocalTimetable
from app.coverage.sites import Basics
from app.coverage.totals import delivered as delivered_of


def _timetables(basics: Basics) -> ColumnElement[bool]:
    """Return the condition that a timetable is of the term in the middle of the period."""
    asked = basics.asked
    of_terms = (
        terms_that_hold(asked.period.middle)
        if asked.frozen is None
        else Term.id.in_(asked.frozen.inputs.terms)
    )
    holds = and_(Term.id == LocalTimetable.term_id, of_terms)
    return holds if asked.as_of is None else and_(holds, LocalTimetable.saved_at <= asked.as_of)


def timetables(basics: Basics) -> CTE:
    """Return the timetables of the sites: id, school_id, county, plan_id, grade_no, and of classes.

    `classes`: how many the grade has there, `several`: 1 where that is more than one; `first_id`:
    the first of them, `again`: 1 but for that one, so that each grade stands once. By windows, of
    which databases know how many rows they give, and asked by `!= 1`, of which PostgreSQL expects
    that nearly all hold.
    """
    sites = basics.sites.c
    grade = (LocalTimetable.school_id, LocalTimetable.grade_no)
    classes = func.count().over(partition_by=grade)
    first = func.first_value(LocalTimetable.id, type_=LocalTimetable.id.type).over(
        partition_by=grade, order_by=LocalTimetable.id
    )
    return (
        select(
            LocalTimetable.id,
            sites.school_id,
            sites.county,
            sites.plan_id,
            LocalTimetable.grade_no,
            classes.label("classes"),
            case((classes > 1, 1), else_=0).label("several"),
            first.label("first_id"),
            case((first == LocalTimetable.id, 0), else_=1).label("again"),
        )
        .select_from(LocalTimetable)
        .join(Term, _timetables(basics))
        .join(basics.sites, sites.school_id == LocalTimetable.school_id)
        .cte("timetables")
    )


def _as_it_stands(basics: Basics, at: CTE) -> ColumnElement[bool]:
    """Return the condition that a row of LocalPeriods is all there is to say of a cell.

    Most grades of a point have one class, and most subjects one name. Those rows are joined as they
    stand: a few by their index, a province's quarter of a million by going through them once.
    """
    return and_(
        LocalPeriods.timetable_id == at.c.id,
        at.c.several != 1,
        LocalPeriods.subject_id.in_(basics.plain_subjects),
        still_holds(LocalPeriods.saved_at, LocalPeriods.replaced_at, basics.asked.as_of),
    )


def _folded(basics: Basics, at: CTE) -> CTE:
    """Return (timetable_id, subject_id, tenths): what is taught locally a week of other cells.

    By the first of a grade's timetables. Of several classes, what the one that is taught least has.
    """
    row, plain = LocalPeriods, basics.plain_subjects
    rows = (
        select(
            at.c.id,
            at.c.first_id,
            at.c.classes,
            basics.fold(row.subject_id).label("subject_id"),
            row.tenths_a_week,
        )
        .select_from(at)
        .join(row, row.timetable_id == at.c.id)
        .where(still_holds(row.saved_at, row.replaced_at, basics.asked.as_of))
    )
    # Asked for apart, by subjects named: of either, few rows of one table remain to be joined.
    placed = union_all(
        rows.where(at.c.several == 1, row.subject_id.in_(basics.folded.keys())),
        rows.where(at.c.several != 1, row.subject_id.in_(basics.folded.keys() - plain)),
    ).subquery()
    p = placed.c
    keys = (p.first_id, p.subject_id, p.classes)
    of_class = (
        select(*keys, func.sum(p.tenths_a_week).label("tenths")).group_by(p.id, *keys).subquery()
    )
    c = of_class.c
    least_of_all = case((func.count() == c.classes, func.min(c.tenths)), else_=0)
    return (
        select(
            c.first_id.label("timetable_id"),
            c.subject_id,
            cast(least_of_all, Integer).label("tenths"),
        )
        .group_by(c.first_id, c.subject_id, c.classes)
        .cte("local_periods_folded")
    )


def least(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the smaller of two; no two databases call it the same."""
    return case((one < other, one), else_=other)


def cells(basics: Basics, total: CTE) -> CTE:
    """Return the cells: school_id, county, grade_no, subject_id, and tenths over the period.

    Those are required, local, delivered; lacking, filled, taught and gap follow from them.
    `total`: what `app.coverage.totals` says of the sites.
    """
    at, came = timetables(basics), delivered_of(basics, total)
    folded = _folded(basics, at)
    required, weeks = CurriculumPeriods.subject_id, len(basics.asked.period.teaching)
    known = (
        select(
            at.c.school_id,
            at.c.county,
            at.c.grade_no,
            required,
            (CurriculumPeriods.tenths_a_week * weeks).label("required"),
            (func.coalesce(LocalPeriods.tenths_a_week, folded.c.tenths, 0) * weeks).label("local"),
            _tenths(came).label("delivered"),
        )
        .select_from(at)
        .join(CurriculumPeriods, _required(basics, at))
        .outerjoin(
            LocalPeriods, and_(_as_it_stands(basics, at), LocalPeriods.subject_id == required)
        )
        .outerjoin(folded, and_(folded.c.timetable_id == at.c.id, folded.c.subject_id == required))
        .outerjoin(came, _same(came, at, required))
        .where(at.c.again != 1)
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


def _required(basics: Basics, at: Any) -> ColumnElement[bool]:
    """Return the condition that a row of a plan is asked for in a grade of a site."""
    row = CurriculumPeriods
    return and_(
        basics.asks(row.plan_id, at.c.plan_id),
        row.grade_no == at.c.grade_no,
        still_holds(row.saved_at, row.replaced_at, basics.asked.as_of),
    )


def _same(one: CTE, other: Any, subject_id: Any) -> ColumnElement[bool]:
    return and_(
        one.c.school_id == other.c.school_id,
        one.c.grade_no == other.c.grade_no,
        one.c.subject_id == subject_id,
    )


def _tenths(came: Any) -> ColumnElement[int]:
    return func.coalesce(came.c.periods, 0) * 10


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


def county_sums(basics: Basics, at: CTE, total: CTE) -> CompoundSelect[*tuple[Any, ...]]:
    """Return (county, SUMS ...) in rows that are to be added up county by county.

    `at`: the `timetables`; `total`: what `app.coverage.totals` says of the sites.

    What `sums` gives of all cells, without going through each: most cells of a province are
    taught locally and by nobody else, or by nobody. So everything is counted as if nothing were
    taught; then what is taught locally, as if nothing were delivered, with cells that are alike
    counted together; then, of what was delivered, the difference that makes.
    """
    return union_all(_everything(basics, at), _own(basics, at), _brought(basics, at, total))


def _added(*columns: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return tuple(func.sum(column).label(name) for name, column in zip(SUMS, columns, strict=True))


def _is_offered(basics: Basics, taught: Any, required: Any) -> ColumnElement[Any]:
    enough = taught * 1000 >= required * basics.permille_of(Indicator.OFFER_RATE)
    return case((enough, 1), else_=0)


_NOTHING: ColumnElement[Any] = literal(0)


def _everything(basics: Basics, at: CTE) -> Select[*tuple[Any, ...]]:
    grades = (
        select(at.c.county, at.c.plan_id, at.c.grade_no, func.count().label("number"))
        .where(at.c.again != 1)
        .group_by(at.c.county, at.c.plan_id, at.c.grade_no)
        .subquery()
    )
    number = grades.c.number
    required = CurriculumPeriods.tenths_a_week * len(basics.asked.period.teaching) * number
    return (
        select(
            grades.c.county,
            *_added(number, _NOTHING, required, _NOTHING, required, _NOTHING, _NOTHING),
        )
        .select_from(grades)
        .join(CurriculumPeriods, _required(basics, grades))
        .group_by(grades.c.county)
    )


def _own(basics: Basics, at: CTE) -> Select[*tuple[Any, ...]]:
    t, weeks = at.c, len(basics.asked.period.teaching)
    folded = _folded(basics, at)
    of_grade = (t.county, t.plan_id, t.grade_no)
    local = union_all(
        select(*of_grade, LocalPeriods.subject_id, LocalPeriods.tenths_a_week.label("tenths"))
        .select_from(at)
        .join(LocalPeriods, _as_it_stands(basics, at)),
        select(*of_grade, folded.c.subject_id, folded.c.tenths)
        .select_from(at)
        .join(folded, folded.c.timetable_id == t.id),
    ).subquery()
    counted = select(*local.c, func.count().label("number")).group_by(*local.c).subquery()
    c = counted.c
    required, here = CurriculumPeriods.tenths_a_week * weeks, c.tenths * weeks
    taught = least(required, here) * c.number
    offered = _is_offered(basics, here, required) * c.number
    return (
        select(
            c.county,
            *_added(_NOTHING, offered, _NOTHING, taught, -taught, _NOTHING, _NOTHING),
        )
        .select_from(counted)
        .join(
            CurriculumPeriods,
            and_(_required(basics, counted), CurriculumPeriods.subject_id == c.subject_id),
        )
        .group_by(c.county)
    )


def _brought(basics: Basics, at: CTE, total: CTE) -> Select[*tuple[Any, ...]]:
    weeks = len(basics.asked.period.teaching)
    met = _local_where_delivered(basics, at, delivered_of(basics, total))
    m = met.c
    required, here = CurriculumPeriods.tenths_a_week * weeks, m.tenths * weeks
    delivered = _tenths(met)
    own = least(required, here)
    more = least(required, here + delivered) - own
    offered = _is_offered(basics, here + delivered, required) - _is_offered(basics, here, required)
    return (
        select(
            m.county, *_added(_NOTHING, offered, _NOTHING, more, _NOTHING, more, delivered)
        )
        .select_from(met)
        .join(
            CurriculumPeriods,
            and_(_required(basics, met), CurriculumPeriods.subject_id == m.subject_id),
        )
        .group_by(m.county)
    )  # fmt: skip


def _local_where_delivered(basics: Basics, at: CTE, came: CTE) -> CTE:
    """Return (county, plan_id, grade_no, subject_id, periods, tenths) of what was delivered.

    `tenths`: what is taught locally of the same grade and subject, 0 where nothing is. Most of what
    is taught locally is of others, so it is asked for anew, of these alone.
    """
    t = at.c
    cell = (t.school_id, t.county, t.plan_id, t.grade_no, came.c.subject_id, came.c.periods)
    of_class = (
        select(*cell, func.coalesce(func.sum(LocalPeriods.tenths_a_week), 0).label("tenths"))
        .select_from(at)
        .join(came, and_(came.c.school_id == t.school_id, came.c.grade_no == t.grade_no))
        .outerjoin(
            LocalPeriods,
            and_(
                LocalPeriods.timetable_id == t.id,
                basics.fold(LocalPeriods.subject_id) == came.c.subject_id,
                still_holds(LocalPeriods.saved_at, LocalPeriods.replaced_at, basics.asked.as_of),
            ),
        )
        .group_by(t.id, *cell)
        .subquery()
    )
    c = of_class.c
    whole = (c.county, c.plan_id, c.grade_no, c.subject_id, c.periods)
    least_of_all = cast(func.min(c.tenths), Integer).label("tenths")
    return select(*whole, least_of_all).group_by(c.school_id, *whole).cte("local_where_delivered")
