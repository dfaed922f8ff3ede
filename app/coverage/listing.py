"""Lists behind the figures: sites, gaps, lessons. Statements, each for a page or an export."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, and_, func, not_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.among import Among
from app.attendance.delivered import ORIGIN_ID, counted_rows
from app.attendance.models import AttendanceRecord
from app.coverage import cells as cell_statements
from app.coverage.figures import is_regular, needs
from app.coverage.models import Basis, Indicator
from app.coverage.sites import FEW_SITES, Basics
from app.coverage.totals import reach, totals
from app.lessons.models import Lesson
from app.paging import Order
from app.schools.models import Classroom, School

Hub, Site = aliased(School), aliased(School)
_CELLS = ("subjects", "offered", "required", "taught", "lacking", "filled")


async def sites(
    db: AsyncSession, basics: Basics, *, indicator: Indicator | None, is_met: bool | None
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the sites with what each is counted by, and its order.

    `indicator` and `is_met`: only those in its numerator, or only those of its denominator that
    are not. Columns as `app.coverage.schemas.CoverageSite.of` reads them.
    """
    total = totals(basics)
    at, came, asking = basics.sites, reach(basics, total), await needs(db, basics)
    found = cell_statements.cells(basics, total)
    of_site = (
        select(found.c.school_id, *cell_statements.sums(basics, found))
        .group_by(found.c.school_id)
        .cte("cells_of_sites")
    )

    def number(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.coalesce(column, 0)

    query = (
        select(
            at.c.position,
            at.c.school_id,
            at.c.name,
            at.c.county,
            number(came.c.reached),
            number(came.c.weeks),
            number(asking.c.asking),
            number(asking.c.met),
            *(number(of_site.c[name]) for name in _CELLS),
        )
        .select_from(at)
        .outerjoin(came, came.c.school_id == at.c.school_id)
        .outerjoin(asking, asking.c.school_id == at.c.school_id)
        .outerjoin(of_site, of_site.c.school_id == at.c.school_id)
    )
    if indicator is not None and is_met is not None:
        c = of_site.c
        known: dict[Indicator, tuple[ColumnElement[bool], ColumnElement[bool]]] = {
            Indicator.COV_REACHED: (number(came.c.reached) > 0, true()),
            Indicator.COV_REGULAR: (is_regular(basics, number(came.c.weeks)), true()),
            Indicator.COV_NEED: (asking.c.met == asking.c.asking, asking.c.asking > 0),
            Indicator.COV_PERIODS: (c.filled == c.lacking, c.lacking > 0),
            Indicator.OFFER_RATE: (c.offered == c.subjects, c.subjects > 0),
            Indicator.PERIOD_RATE: (c.taught == c.required, c.required > 0),
        }
        counts, asked = known[indicator]
        query = query.where(and_(asked, counts if is_met else not_(counts)))
    return query, (at.c.position.asc(), at.c.school_id.asc())


def gaps(
    basics: Basics, *, subject_id: UUID | None = None, grade_no: int | None = None
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the cells where something is lacking still, and its order."""
    found = cell_statements.cells(basics, totals(basics))
    c, at = found.c, basics.sites.c
    query = _named(basics, found).where(*_lacking(c, subject_id, grade_no))
    return query, (at.position.asc(), c.school_id.asc(), c.grade_no.asc(), c.subject_id.asc())


def _named(basics: Basics, found: CTE) -> Select[*tuple[Any, ...]]:
    """Return a query of cells, each with its site's position and name."""
    at = basics.sites.c
    return select(at.position, at.name, *found.c).join(
        basics.sites, at.school_id == found.c.school_id
    )


def _lacking(c: Any, subject_id: UUID | None, grade_no: int | None) -> list[ColumnElement[bool]]:
    wanted = [c.gap > 0]
    if subject_id is not None:
        wanted.append(c.subject_id == subject_id)
    if grade_no is not None:
        wanted.append(c.grade_no == grade_no)
    return wanted


class GapKey(StrEnum):
    """By what gaps are added up."""

    SUBJECT = "SUBJECT"
    GRADE = "GRADE"


def gap_sums(
    basics: Basics,
    by: GapKey,
    *,
    subject_id: UUID | None = None,
    grade_no: int | None = None,
) -> Select[*tuple[Any, ...]]:
    """Return a query of what is lacking of each subject, or in each grade, at all sites together.

    Columns: its key, the gap and what is required of the cells that have one (tenths), sites.
    """
    c = cell_statements.cells(basics, totals(basics)).c
    key = (c.subject_id if by is GapKey.SUBJECT else c.grade_no).label("key")
    # Site by site first: to tell half a million cells' sites apart they would have to be sorted.
    at = (
        select(key, func.sum(c.gap).label("gap"), func.sum(c.required).label("required"))
        .where(*_lacking(c, subject_id, grade_no))
        .group_by(key, c.school_id)
        .subquery()
        .c
    )
    return select(at.key, func.sum(at.gap), func.sum(at.required), func.count(at.key)).group_by(
        at.key
    )


def school_cells(basics: Basics) -> Select[*tuple[Any, ...]]:
    """Return all cells of what is asked about, in order."""
    found = cell_statements.cells(basics, totals(basics))
    return _named(basics, found).order_by(found.c.grade_no, found.c.subject_id)


_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """Which rows that count. `most_sites`: how many sites there can be.

    Only of lessons whose origin is of one of `kinds` and has one of these words for its subject,
    its grade; None: whatever words.
    """

    most_sites: int
    kinds: Collection[str]
    subjects: Collection[str] | None = None
    grades: Collection[str] | None = None


def lessons(
    basics: Basics, wanted: RowsAsked, *, since: datetime | None = None, until: datetime = _EVER
) -> tuple[Select[*tuple[Any, ...]], Order]:
    """Return a query of the rows that count at the sites asked about, and its order.

    Of each its lesson and schools, the latest first. A row that came a second time by another
    lesson is listed as well: it shows by whom. Asked as of a moment, they are the rows that counted
    then, whatever was corrected since. `since` and `until`: only those of lessons planned from the
    one moment to the other, both included.
    """
    found = _rows_behind(basics, wanted, since, until).cte("behind")
    # Of few sites all rows are found first, then put in order; of more, nearly all count: they are
    # gone through in order until the page is full.
    if wanted.most_sites <= FEW_SITES:
        found = found.prefix_with("MATERIALIZED", dialect="postgresql")
    c = found.c
    query = (
        select(
            c.lesson_id,
            c.session_id,
            c.title,
            c.kind,
            c.subject,
            c.grade,
            c.planned_start,
            Hub.id.label("hub_id"),
            Hub.name.label("hub"),
            Site.id.label("site_id"),
            Site.name.label("site"),
            c.locked,
        )
        .select_from(found)
        .join(Hub, Hub.id == c.hub_school_id)
        .join(Site, Site.id == c.school_id)
    )
    return query, (c.planned_start.desc(), c.record_id.desc())


def _rows_behind(
    basics: Basics, wanted: RowsAsked, since: datetime | None, until: datetime
) -> Select[*tuple[Any, ...]]:
    asked = basics.asked
    at, first, last = select(basics.sites.c.school_id), asked.period.first, asked.period.last
    if since is None:
        rows = counted_rows(first, last, schools=at, as_of=asked.as_of)
    else:  # as the row itself says, where an index leads from a school's moment to its end
        rows = counted_rows(first, last, as_of=asked.as_of).where(
            Among(AttendanceRecord.school_id, at), AttendanceRecord.held_at.between(since, until)
        )
    origin = aliased(Lesson)
    query = (
        rows.add_columns(
            AttendanceRecord.session_id,
            Lesson.id.label("lesson_id"),
            Lesson.title,
            Lesson.kind,
            Lesson.subject,
            Lesson.grade,
            Lesson.planned_start,
            Lesson.hub_school_id,
        )
        .join(origin, origin.id == ORIGIN_ID)
        .where(origin.hub_school_id != Classroom.school_id, origin.kind.in_(wanted.kinds))
    )
    if wanted.subjects is not None:
        query = query.where(origin.subject.in_(wanted.subjects))
    if wanted.grades is not None:
        query = query.where(origin.grade.in_(wanted.grades))
    if asked.basis is Basis.LOCKED:
        query = query.where(rows.selected_columns.locked == 1)
    return query
