"""线路档案: what lessons measured of classrooms' lines, the last time and over the last weeks."""

import math
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import inspected_schools
from app.attendance.models import SeatLink
from app.database import Database
from app.lessons.models import LessonSite
from app.paging import MOST_PER_PAGE, Fetched, PageRequest, fetch_page
from app.schools.models import Classroom, School
from app.security import PersonCaller

#: How far back the lessons lie whose measurements a line is judged by.
WEEKS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which classrooms; empty or None: whatever."""

    school_id: UUID | None = None
    classroom_ids: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one figure, once a lesson: what a tenth, half and nine tenths of the lessons had at most.

    Values that were measured, no means of two (nearest rank).
    """

    p10: int
    p50: int
    p90: int

    @classmethod
    def of(cls, values: Sequence[int | None]) -> "Spread | None":
        """Return the spread of what was measured; None: nothing was."""
        ranked = sorted(value for value in values if value is not None)
        if not ranked:
            return None
        return cls(*(ranked[math.ceil(len(ranked) * tenths / 10) - 1] for tenths in (1, 5, 9)))


@dataclass(frozen=True, slots=True)
class LineHistory:
    """A classroom's line over its lessons of the last weeks. None: not measured in any.

    `down_kbps` is what the line would carry, by the estimate for it; without an estimate, and
    for `up_kbps` always, the most that was used of it, which it carries at least.
    """

    lessons: int
    down_kbps: Spread | None
    up_kbps: Spread | None
    rtt_ms: Spread | None
    loss_down_permille: Spread | None
    loss_up_permille: Spread | None

    @classmethod
    def of(cls, links: Sequence[SeatLink]) -> "LineHistory":
        """Sum up lessons, at least one."""
        return cls(
            lessons=len(links),
            down_kbps=Spread.of([carried(link) for link in links]),
            up_kbps=Spread.of([link.up_high_kbps for link in links]),
            rtt_ms=Spread.of([link.rtt_ms for link in links]),
            loss_down_permille=Spread.of([link.loss_down_permille for link in links]),
            loss_up_permille=Spread.of([link.loss_up_permille for link in links]),
        )


def carried(link: SeatLink) -> int | None:
    """Return what a line carried towards a classroom in a lesson."""
    known = link.estimate_down_kbps
    return link.down_high_kbps if known is None else known


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A classroom whose line was ever measured. `history` None: not in the last weeks."""

    classroom: Classroom
    school: str
    latest: SeatLink
    history: LineHistory | None


_ORDER = (School.name, Classroom.name, Classroom.id)


def _measured(person: PersonCaller, wanted: LineFilter) -> Select[Classroom, str]:
    is_measured = exists().where(
        LessonSite.classroom_id == Classroom.id, SeatLink.lesson_site_id == LessonSite.id
    )
    query = (
        select(Classroom, School.name)
        .join(School, School.id == Classroom.school_id)
        .where(School.id.in_(inspected_schools(person)), is_measured)
    )
    if wanted.school_id is not None:
        query = query.where(School.id == wanted.school_id)
    if wanted.classroom_ids:
        query = query.where(Classroom.id.in_(wanted.classroom_ids))
    return query


async def lines_seen(
    db: AsyncSession, person: PersonCaller, wanted: LineFilter, page: PageRequest, *, now: datetime
) -> Fetched[MeasuredLine]:
    """Return a page of the lines in scope that were ever measured, by school and classroom.

    Three statements, however many there are. Raise BadCursor.
    """
    found = await fetch_page(db, _measured(person, wanted), order=_ORDER, page=page)
    ids = [classroom.id for classroom, _ in found.items]
    latest, histories = await _latest(db, ids), await _histories(db, ids, since=now - WEEKS)
    return found.map(
        lambda row: MeasuredLine(row[0], row[1], latest[row[0].id], histories.get(row[0].id))
    )


async def _latest(db: AsyncSession, classroom_ids: Collection[UUID]) -> Mapping[UUID, SeatLink]:
    newest_first = func.row_number().over(
        partition_by=LessonSite.classroom_id,
        order_by=(SeatLink.measured_at.desc(), SeatLink.id.desc()),
    )
    ranked = (
        select(SeatLink.id, LessonSite.classroom_id, newest_first.label("place"))
        .join(LessonSite, LessonSite.id == SeatLink.lesson_site_id)
        .where(LessonSite.classroom_id.in_(classroom_ids))
        .subquery()
    )
    rows = await db.execute(
        select(ranked.c.classroom_id, SeatLink)
        .join(SeatLink, SeatLink.id == ranked.c.id)
        .where(ranked.c.place == 1)
    )
    return {row[0]: row[1] for row in rows}


async def _histories(
    db: AsyncSession, classroom_ids: Collection[UUID], *, since: datetime
) -> Mapping[UUID, LineHistory]:
    rows = await db.execute(
        select(LessonSite.classroom_id, SeatLink)
        .join(LessonSite, LessonSite.id == SeatLink.lesson_site_id)
        .where(LessonSite.classroom_id.in_(classroom_ids), SeatLink.measured_at > since)
    )
    links: dict[UUID, list[SeatLink]] = defaultdict(list)
    for classroom_id, link in rows:
        links[classroom_id].append(link)
    return {classroom_id: LineHistory.of(each) for classroom_id, each in links.items()}


async def pages_of_lines(
    database: Database, person: PersonCaller, wanted: LineFilter, *, now: datetime
) -> AsyncGenerator[Sequence[MeasuredLine], None]:
    """Give all lines of `lines_seen`, page by page, in a transaction of their own."""
    page = PageRequest(limit=MOST_PER_PAGE)
    async with database.unit_of_work() as db:
        while True:
            found = await lines_seen(db, person, wanted, page, now=now)
            yield found.items
            db.expunge_all()
            if found.next_cursor is None:
                return
            page = PageRequest(limit=MOST_PER_PAGE, cursor=found.next_cursor)
